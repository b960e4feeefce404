DO $m$
BEGIN
    -- Keys of other systems: for which member each speaks, where what comes with it belongs, and by which channel it comes. Of the key itself only
    -- a digest is kept.
    CREATE TABLE api_keys (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        name text NOT NULL,
        member_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        channel text NOT NULL,
        digest bytea NOT NULL CHECK (octet_length(digest) = 32),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON api_keys TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON api_keys TO yishi_app;
    CREATE INDEX topics_by_raising ON topics (tenant_id, raised_at);
END
$m$;
