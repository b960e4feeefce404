DO $m$
BEGIN
    -- A unit that was merged lies under the one that it went into.
    ALTER TABLE units ADD COLUMN merged_into uuid;
    ALTER TABLE units ADD FOREIGN KEY (tenant_id, merged_into) REFERENCES units (tenant_id, id);
    -- Where units lay before they were moved or merged, each until an instant.
    CREATE TABLE former_paths (
        tenant_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        until timestamptz NOT NULL,
        path text NOT NULL,
        PRIMARY KEY (tenant_id, unit_id, until),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    ALTER TABLE former_paths ENABLE ROW LEVEL SECURITY;
    ALTER TABLE former_paths FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON former_paths TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT ON former_paths TO yishi_app;
END
$m$;
