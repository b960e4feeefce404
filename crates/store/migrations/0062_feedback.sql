DO $m$
BEGIN
    -- How a rating came in, and who entered what was given on paper or by telephone.
    ALTER TABLE ratings
        ADD COLUMN channel text NOT NULL DEFAULT 'online',
        ADD COLUMN entered_by uuid,
        ADD CONSTRAINT ratings_entered_by FOREIGN KEY (tenant_id, entered_by) REFERENCES members (tenant_id, id);
    -- When a result that was unsatisfying a second time was put to the supervisors, and what they concluded.
    ALTER TABLE resolutions
        ADD COLUMN referred_at timestamptz,
        ADD COLUMN conclusion text,
        ADD CONSTRAINT resolutions_concluded CHECK (conclusion IS NULL OR referred_at IS NOT NULL);
    -- A finished matter is visited again (回頭看): whether what was done has lasted.
    CREATE TABLE look_backs (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        member_id uuid NOT NULL,
        lasting boolean NOT NULL,
        text text NOT NULL,
        looked_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, resolution_id) REFERENCES resolutions (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE INDEX look_backs_by_resolution ON look_backs (tenant_id, resolution_id, id);
    ALTER TABLE look_backs ENABLE ROW LEVEL SECURITY;
    ALTER TABLE look_backs FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON look_backs TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT ON look_backs TO yishi_app;
END
$m$;
