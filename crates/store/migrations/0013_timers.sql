DO $m$
BEGIN
    -- Deadlines, by the tenant's clock; each fires once, in the transaction of what it does, and one that is no longer needed is taken away.
    CREATE TABLE timers (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL,
        subject uuid NOT NULL,
        due_at timestamptz NOT NULL,
        fired_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    CREATE INDEX timers_by_subject ON timers (tenant_id, subject) WHERE fired_at IS NULL;
    CREATE INDEX timers_due ON timers (tenant_id, due_at, id) WHERE fired_at IS NULL;
    ALTER TABLE timers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE timers FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON timers TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, DELETE, UPDATE (fired_at) ON timers TO yishi_app;
END
$m$;
