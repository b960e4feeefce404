DO $m$
BEGIN
    CREATE TABLE units (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        code text NOT NULL,
        level text NOT NULL CHECK (level IN ('city', 'district', 'street', 'community')),
        name text NOT NULL,
        parent_id uuid,
        path text NOT NULL,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, code),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        FOREIGN KEY (tenant_id, parent_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX units_by_path ON units (tenant_id, path text_pattern_ops);
    ALTER TABLE units ENABLE ROW LEVEL SECURITY;
    ALTER TABLE units FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON units TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON units TO yishi_app;
END
$m$;
