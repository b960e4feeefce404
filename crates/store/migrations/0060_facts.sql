DO $m$
BEGIN
    -- What is known of a unit: counts by groups under a name, each version from a day on. Versions are added and never changed; of two for the same
    -- day the later one holds.
    CREATE TABLE unit_facts (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        name text NOT NULL,
        valid_from date NOT NULL,
        source text NOT NULL,
        cells jsonb NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX unit_facts_in_force ON unit_facts (tenant_id, unit_id, name, valid_from DESC, id DESC);
    ALTER TABLE unit_facts ENABLE ROW LEVEL SECURITY;
    ALTER TABLE unit_facts FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON unit_facts TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT ON unit_facts TO yishi_app;
END
$m$;
