DO $m$
DECLARE
    name text;
BEGIN
    -- Components as uploaded; never changed, since decisions name them by their digest.
    CREATE TABLE rule_sets (
        tenant_id uuid NOT NULL,
        digest bytea NOT NULL CHECK (length(digest) = 32),
        component bytea NOT NULL,
        descriptor jsonb NOT NULL,
        uploaded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, digest),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    -- Which rule set holds from when, with its configuration. Numbers are given one after the other, so that of two decisions made at once one fails.
    CREATE TABLE activations (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        number bigint NOT NULL CHECK (number > 0),
        digest bytea NOT NULL,
        configuration jsonb NOT NULL,
        activated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, number),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    CREATE INDEX activations_by_time ON activations (tenant_id, activated_at, number);
    FOREACH name IN ARRAY ARRAY['rule_sets', 'activations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT ON rule_sets, activations TO yishi_app;
END
$m$;
