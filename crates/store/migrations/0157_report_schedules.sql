DO $m$
BEGIN
    -- Reports that members have come by themselves; the timer of each has its identifier.
    CREATE TABLE report_schedules (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        member_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        report text NOT NULL,
        cadence text NOT NULL,
        indicators text[] NOT NULL,
        begun_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX report_schedules_by_member ON report_schedules (tenant_id, member_id, id);
    ALTER TABLE report_schedules ENABLE ROW LEVEL SECURITY;
    ALTER TABLE report_schedules FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON report_schedules TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, DELETE ON report_schedules TO yishi_app;
END
$m$;
