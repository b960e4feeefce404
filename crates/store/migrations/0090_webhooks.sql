DO $m$
DECLARE
    name text;
BEGIN
    -- Where events are sent, and from which position on they have not been taken over into `deliveries`. Secrets are derived, not kept.
    CREATE TABLE webhooks (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        url text NOT NULL,
        kinds text[] NOT NULL,
        unit_id uuid,
        position bigint NOT NULL CHECK (position >= 0),
        secret integer NOT NULL CHECK (secret > 0),
        number integer NOT NULL CHECK (number > 0),
        previous_until timestamptz,
        disabled_at timestamptz,
        why text,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
        CHECK ((disabled_at IS NULL) = (why IS NULL))
    );
    -- What is sent, and what was: an event a webhook, once. `due_at` is also the end of the lease of whoever is sending it.
    CREATE TABLE deliveries (
        tenant_id uuid NOT NULL,
        webhook_id uuid NOT NULL,
        position bigint NOT NULL,
        event_id uuid NOT NULL,
        subject uuid NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        status integer,
        failure text,
        delivered_at timestamptz,
        PRIMARY KEY (tenant_id, webhook_id, position),
        FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id),
        FOREIGN KEY (tenant_id, event_id) REFERENCES events (tenant_id, id)
    );
    CREATE INDEX deliveries_due ON deliveries (tenant_id, due_at) WHERE delivered_at IS NULL;
    CREATE INDEX deliveries_by_subject ON deliveries (tenant_id, webhook_id, subject, position) WHERE delivered_at IS NULL;
    CREATE INDEX deliveries_delivered ON deliveries (tenant_id, delivered_at) WHERE delivered_at IS NOT NULL;
    FOREACH name IN ARRAY ARRAY['webhooks', 'deliveries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, deliveries TO yishi_app;
END
$m$;
