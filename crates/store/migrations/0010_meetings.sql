DO $m$
DECLARE
    name text;
BEGIN
    CREATE TABLE meetings (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        form text NOT NULL,
        place text NOT NULL,
        starts_at timestamptz NOT NULL,
        convened_at timestamptz NOT NULL,
        minutes text,
        recording_reference text,
        recording_digest bytea CHECK (length(recording_digest) = 32),
        minuted_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        CHECK ((minutes IS NULL) = (minuted_at IS NULL)),
        CHECK ((recording_reference IS NULL) = (recording_digest IS NULL))
    );
    CREATE INDEX meetings_by_topic ON meetings (tenant_id, topic_id, id);
    CREATE TABLE attendances (
        tenant_id uuid NOT NULL,
        meeting_id uuid NOT NULL,
        member_id uuid NOT NULL,
        presence text NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, meeting_id, member_id),
        FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['meetings', 'attendances'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON meetings TO yishi_app;
    GRANT SELECT, INSERT ON attendances TO yishi_app;
END
$m$;
