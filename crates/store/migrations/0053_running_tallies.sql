DO $m$
DECLARE
    name text;
BEGIN
    -- What a ballot comes to as far as its record goes: kept by the sequencer with the positions that it gives, and by nothing else.
    CREATE TABLE running_tallies (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        eligible jsonb NOT NULL,
        PRIMARY KEY (tenant_id, ballot_id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
    );
    -- Votes that say the same, together; those of a secret ballot say nothing. A paper is known by a digest, since a ranking may be long.
    CREATE TABLE running_papers (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        paper bytea NOT NULL CHECK (length(paper) = 32),
        choice jsonb,
        votes bigint NOT NULL,
        heads bigint NOT NULL,
        floor_area bigint,
        PRIMARY KEY (tenant_id, ballot_id, paper)
    );
    FOREACH name IN ARRAY ARRAY['running_tallies', 'running_papers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO yishi_app', name);
    END LOOP;
END
$m$;
