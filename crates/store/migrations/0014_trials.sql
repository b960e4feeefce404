DO $m$
DECLARE
    name text;
BEGIN
    -- A rule set that runs beside the one in force, to see what it would answer; the latest one that was not ended.
    CREATE TABLE shadows (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        digest bytea NOT NULL,
        configuration jsonb NOT NULL,
        since timestamptz NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    CREATE TABLE shadow_answers (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        shadow_id uuid NOT NULL,
        subject uuid NOT NULL,
        function text NOT NULL,
        comparison text NOT NULL,
        why text,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, shadow_id) REFERENCES shadows (tenant_id, id)
    );
    CREATE INDEX shadow_answers_by_shadow ON shadow_answers (tenant_id, shadow_id, id);
    -- All past decisions under a candidate: how many come out the same; those that do not are kept one by one.
    CREATE TABLE replays (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        digest bytea NOT NULL,
        configuration jsonb NOT NULL,
        total bigint NOT NULL CHECK (total >= 0),
        done bigint NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND total),
        same bigint NOT NULL DEFAULT 0,
        flipped bigint NOT NULL DEFAULT 0,
        not_comparable bigint NOT NULL DEFAULT 0,
        last_ballot uuid,
        requested_at timestamptz NOT NULL,
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    CREATE INDEX replays_unfinished ON replays (tenant_id, id) WHERE finished_at IS NULL;
    CREATE TABLE replay_differences (
        tenant_id uuid NOT NULL,
        replay_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        comparison text NOT NULL,
        why text NOT NULL,
        PRIMARY KEY (tenant_id, replay_id, ballot_id),
        FOREIGN KEY (tenant_id, replay_id) REFERENCES replays (tenant_id, id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
    );
    CREATE INDEX ballots_decided ON ballots (tenant_id, id) WHERE state = 'decided';
    FOREACH name IN ARRAY ARRAY['shadows', 'shadow_answers', 'replays', 'replay_differences'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON shadows, replays TO yishi_app;
    GRANT SELECT, INSERT ON shadow_answers, replay_differences TO yishi_app;
END
$m$;
