DO $m$
DECLARE
    name text;
BEGIN
    -- The keys that have signed a tenant's record: each but the first with the note by which the one before handed over to it. Secrets are
    -- not here; a key is derived from the installation's secret with this number.
    CREATE TABLE record_keys (
        tenant_id uuid NOT NULL,
        number integer NOT NULL CHECK (number > 0),
        secret integer NOT NULL CHECK (secret > 0),
        key text NOT NULL,
        handover text,
        since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, number),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        CHECK ((number = 1) = (handover IS NULL))
    );
    -- What witnesses say of checkpoints: their signature lines.
    CREATE TABLE cosignatures (
        tenant_id uuid NOT NULL,
        size bigint NOT NULL,
        signed_at timestamptz NOT NULL,
        witness text NOT NULL,
        line text NOT NULL,
        cosigned_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, size, signed_at, witness),
        FOREIGN KEY (tenant_id, size, signed_at) REFERENCES checkpoints (tenant_id, size, signed_at)
    );
    FOREACH name IN ARRAY ARRAY['record_keys', 'cosignatures'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO yishi_app', name);
    END LOOP;
END
$m$;
