DO $m$
BEGIN
    -- Days of a city that are not what their weekday says: holidays, and days on which work is made up (調休).
    CREATE TABLE special_days (
        tenant_id uuid NOT NULL,
        day date NOT NULL,
        working boolean NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (tenant_id, day),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    ALTER TABLE special_days ENABLE ROW LEVEL SECURITY;
    ALTER TABLE special_days FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON special_days TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, DELETE ON special_days TO yishi_app;
END
$m$;
