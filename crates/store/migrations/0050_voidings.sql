DO $m$
BEGIN
    -- A batch is voided whole and stays; one that was entered after a recount may stand in its place.
    ALTER TABLE paper_batches
        ADD COLUMN voided_at timestamptz,
        ADD COLUMN void_reason text,
        ADD COLUMN recount_id uuid,
        ADD CHECK ((voided_at IS NULL) = (void_reason IS NULL)),
        ADD FOREIGN KEY (tenant_id, recount_id) REFERENCES paper_batches (tenant_id, id),
        -- Of a secret batch it is kept, until the box is sealed, by what its contents are known again, and not what they are.
        ADD COLUMN contents_salt bytea CHECK (length(contents_salt) = 32),
        ADD COLUMN contents_commitment bytea CHECK (length(contents_commitment) = 32);
    CREATE INDEX paper_batches_by_ballot ON paper_batches (tenant_id, ballot_id, id);
    GRANT UPDATE (voided_at, void_reason, recount_id, contents_salt, contents_commitment) ON paper_batches TO yishi_app;
    -- The votes of a voided batch leave the tally; their events stay.
    GRANT DELETE ON votes TO yishi_app;
    -- Why somebody voted as they did, where they say so; and how many papers among options wanted none of those that were chosen.
    ALTER TABLE votes ADD COLUMN reason text;
    GRANT UPDATE (reason) ON votes TO yishi_app;
    ALTER TABLE ballots ADD COLUMN dissent bigint CHECK (dissent >= 0);
END
$m$;
