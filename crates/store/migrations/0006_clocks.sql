DO $m$
BEGIN
    -- A tenant's own transaction may move its clock, so that the move is committed with its event; and nothing else of the directory.
    GRANT UPDATE (clock_offset_ms) ON tenants TO yishi_app;
    ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
    CREATE POLICY platform ON tenants TO yishi_platform USING (true) WITH CHECK (true);
    CREATE POLICY reading ON tenants FOR SELECT TO yishi_app USING (true);
    CREATE POLICY own_clock ON tenants FOR UPDATE TO yishi_app
        USING (id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (id = current_setting('yishi.tenant')::uuid);
END
$m$;
