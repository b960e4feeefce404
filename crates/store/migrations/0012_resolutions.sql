DO $m$
DECLARE
    name text;
BEGIN
    CREATE TABLE resolutions (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        adopted_at timestamptz NOT NULL,
        lists jsonb,
        lead_unit_id uuid,
        due_at timestamptz,
        assigned_at timestamptz,
        completed_at timestamptz,
        evidence text,
        survey_closes_at timestamptz,
        satisfaction_per_mille bigint CHECK (satisfaction_per_mille BETWEEN 0 AND 1000),
        surveyed_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, ballot_id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id),
        FOREIGN KEY (tenant_id, lead_unit_id) REFERENCES units (tenant_id, id),
        CHECK ((lists IS NULL) = (due_at IS NULL))
    );
    CREATE INDEX resolutions_by_topic ON resolutions (tenant_id, topic_id, id);
    CREATE TABLE ratings (
        tenant_id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        member_id uuid NOT NULL,
        score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
        words text,
        rated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, resolution_id, member_id),
        FOREIGN KEY (tenant_id, resolution_id) REFERENCES resolutions (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    -- What the rules answered to a late, unanswered or unsatisfying case, and what they answered from.
    CREATE TABLE escalations (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        asked jsonb NOT NULL,
        answer jsonb NOT NULL,
        fallback text,
        escalated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id)
    );
    CREATE INDEX escalations_by_topic ON escalations (tenant_id, topic_id, id);
    FOREACH name IN ARRAY ARRAY['resolutions', 'ratings', 'escalations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON resolutions TO yishi_app;
    GRANT SELECT, INSERT ON ratings, escalations TO yishi_app;
END
$m$;
