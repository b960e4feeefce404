DO $m$
BEGIN
    -- Work orders that changed since an instant, however many there are.
    CREATE INDEX topics_by_stage_since ON topics (tenant_id, stage_since);
    CREATE INDEX work_orders_by_call_back ON work_orders (tenant_id, called_back_at) WHERE called_back_at IS NOT NULL;
    CREATE INDEX calls_by_time ON calls (tenant_id, called_at);
END
$m$;
