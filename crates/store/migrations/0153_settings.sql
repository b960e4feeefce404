DO $m$
BEGIN
    -- What a city decides for itself where its rules have no say; without a row the defaults hold.
    CREATE TABLE settings (
        tenant_id uuid NOT NULL,
        satisfaction_floor_per_mille integer NOT NULL CHECK (satisfaction_floor_per_mille BETWEEN 0 AND 1000),
        look_back_days integer NOT NULL CHECK (look_back_days BETWEEN 1 AND 3650),
        closing_needs_look_back boolean NOT NULL,
        closing_needs_findings_closed boolean NOT NULL,
        PRIMARY KEY (tenant_id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
    ALTER TABLE settings FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON settings TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON settings TO yishi_app;
END
$m$;
