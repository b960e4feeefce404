DO $m$
BEGIN
    -- Minutes are a draft until they are adopted: then they are committed to with a salt, signed, and published with that salt.
    ALTER TABLE meetings
        ADD COLUMN adopted_at timestamptz,
        ADD COLUMN minutes_salt bytea CHECK (length(minutes_salt) = 32),
        ADD COLUMN minutes_commitment bytea CHECK (length(minutes_commitment) = 32),
        ADD COLUMN minutes_signature text,
        ADD CHECK (adopted_at IS NULL OR minutes IS NOT NULL);
    CREATE TABLE minutes_objections (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        meeting_id uuid NOT NULL,
        member_id uuid NOT NULL,
        text text NOT NULL,
        raised_at timestamptz NOT NULL,
        upheld boolean,
        answer text,
        answered_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((upheld IS NULL) = (answer IS NULL) AND (answer IS NULL) = (answered_at IS NULL))
    );
    CREATE INDEX minutes_objections_by_meeting ON minutes_objections (tenant_id, meeting_id, id);
    ALTER TABLE minutes_objections ENABLE ROW LEVEL SECURITY;
    ALTER TABLE minutes_objections FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON minutes_objections TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON minutes_objections TO yishi_app;
    -- The meeting, and its minutes, that a resolution comes from.
    ALTER TABLE resolutions
        ADD COLUMN meeting_id uuid,
        ADD COLUMN minutes_commitment bytea CHECK (length(minutes_commitment) = 32),
        ADD FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id);
END
$m$;
