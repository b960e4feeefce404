DO $m$
DECLARE
    name text;
BEGIN
    -- How the hotline writes its work orders: its columns and its words.
    CREATE TABLE work_order_mappings (
        tenant_id uuid NOT NULL,
        mapping jsonb NOT NULL,
        set_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    -- Work orders by their number, each with the topic that it became, and what whoever raised it said when called back.
    CREATE TABLE work_orders (
        tenant_id uuid NOT NULL,
        number text NOT NULL,
        topic_id uuid NOT NULL,
        received_at timestamptz NOT NULL,
        called_back_at timestamptz,
        score smallint CHECK (score BETWEEN 0 AND 100),
        words text,
        PRIMARY KEY (tenant_id, number),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id)
    );
    CREATE INDEX work_orders_by_topic ON work_orders (tenant_id, topic_id);
    FOREACH name IN ARRAY ARRAY['work_order_mappings', 'work_orders'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON work_order_mappings, work_orders TO yishi_app;
END
$m$;
