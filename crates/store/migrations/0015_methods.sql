DO $m$
BEGIN
    -- A vote says more than one of three words where options are chosen among, and it may replace an earlier one where the rule allows it.
    ALTER TABLE votes ALTER COLUMN choice TYPE jsonb USING to_jsonb(choice);
    GRANT UPDATE (choice, channel, member_id, batch_id, event_id, cast_at) ON votes TO yishi_app;
    -- What the options are called, in their published order; how often the ballot was extended; the ballot of the round before.
    ALTER TABLE ballots
        ADD COLUMN titles jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN extended integer NOT NULL DEFAULT 0 CHECK (extended >= 0),
        ADD COLUMN after_id uuid,
        ADD FOREIGN KEY (tenant_id, after_id) REFERENCES ballots (tenant_id, id);
    -- A secret ballot keeps who voted apart from what the votes say: the box, until it is sealed, and then only how many papers say the same.
    ALTER TABLE votes ALTER COLUMN choice DROP NOT NULL;
    CREATE TABLE box_papers (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        id uuid NOT NULL,
        choice jsonb NOT NULL,
        PRIMARY KEY (tenant_id, ballot_id, id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
    );
    ALTER TABLE box_papers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE box_papers FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON box_papers TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, DELETE ON box_papers TO yishi_app;
    -- The digest of a request tells a secret vote to whoever tries the few that there are, so none is kept with it.
    ALTER TABLE idempotency_keys ALTER COLUMN request DROP NOT NULL;
END
$m$;
