DO $m$
DECLARE
    name text;
BEGIN
    -- Until when a role holds; without an end, until it is taken away.
    ALTER TABLE grants ADD COLUMN ends_at timestamptz;
    -- The keys with which outside evaluators sign, and what they signed: each evaluation is a row of the register as well.
    CREATE TABLE evaluator_keys (
        tenant_id uuid NOT NULL,
        member_id uuid NOT NULL,
        institute text NOT NULL,
        key bytea NOT NULL CHECK (octet_length(key) = 32),
        registered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, member_id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE signed_evaluations (
        tenant_id uuid NOT NULL,
        row_key text NOT NULL,
        member_id uuid NOT NULL,
        key bytea NOT NULL CHECK (octet_length(key) = 32),
        scores jsonb NOT NULL,
        report bytea NOT NULL CHECK (octet_length(report) = 32),
        statement text NOT NULL,
        signature bytea NOT NULL CHECK (octet_length(signature) = 64),
        filed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, row_key),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['evaluator_keys', 'signed_evaluations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON evaluator_keys TO yishi_app;
    GRANT SELECT, INSERT ON signed_evaluations TO yishi_app;
END
$m$;
