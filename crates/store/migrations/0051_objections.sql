DO $m$
BEGIN
    -- Until when a resolution is published for objections, and when one of these set it aside.
    ALTER TABLE resolutions
        ADD COLUMN published_until timestamptz,
        ADD COLUMN set_aside_at timestamptz;
    CREATE TABLE objections (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        member_id uuid NOT NULL,
        text text NOT NULL,
        raised_at timestamptz NOT NULL,
        upheld boolean,
        answer text,
        answered_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, resolution_id, member_id),
        FOREIGN KEY (tenant_id, resolution_id) REFERENCES resolutions (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((upheld IS NULL) = (answer IS NULL) AND (answer IS NULL) = (answered_at IS NULL))
    );
    ALTER TABLE objections ENABLE ROW LEVEL SECURITY;
    ALTER TABLE objections FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON objections TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON objections TO yishi_app;
END
$m$;
