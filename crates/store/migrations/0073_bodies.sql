DO $m$
DECLARE
    name text;
BEGIN
    -- Standing bodies: councils that sit at least once in each period of so many months, counted from their founding.
    CREATE TABLE bodies (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        months integer NOT NULL CHECK (months BETWEEN 1 AND 12),
        founded_at timestamptz NOT NULL,
        period integer NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE TABLE body_members (
        tenant_id uuid NOT NULL,
        body_id uuid NOT NULL,
        member_id uuid NOT NULL,
        since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, body_id, member_id),
        FOREIGN KEY (tenant_id, body_id) REFERENCES bodies (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    -- What each period that has ended came to; a cause is a finding.
    CREATE TABLE sittings (
        tenant_id uuid NOT NULL,
        body_id uuid NOT NULL,
        period integer NOT NULL,
        from_at timestamptz NOT NULL,
        until_at timestamptz NOT NULL,
        meetings bigint NOT NULL,
        cause text,
        PRIMARY KEY (tenant_id, body_id, period),
        FOREIGN KEY (tenant_id, body_id) REFERENCES bodies (tenant_id, id)
    );
    ALTER TABLE meetings
        ADD COLUMN body_id uuid,
        ADD FOREIGN KEY (tenant_id, body_id) REFERENCES bodies (tenant_id, id);
    CREATE INDEX meetings_by_body ON meetings (tenant_id, body_id, starts_at) WHERE body_id IS NOT NULL;
    FOREACH name IN ARRAY ARRAY['bodies', 'body_members', 'sittings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON bodies TO yishi_app;
    GRANT SELECT, INSERT, DELETE ON body_members TO yishi_app;
    GRANT SELECT, INSERT ON sittings TO yishi_app;
END
$m$;
