DO $m$
BEGIN
    -- So that one question finds the tenants in which a kind of work waits, and those in which none does cost nothing. The platform's role sees that
    -- something waits and from when on; not what, of which case, or where to.
    CREATE POLICY platform ON events FOR SELECT TO yishi_platform USING (position IS NULL);
    CREATE POLICY platform ON timers FOR SELECT TO yishi_platform USING (fired_at IS NULL);
    CREATE POLICY platform ON deliveries FOR SELECT TO yishi_platform USING (delivered_at IS NULL);
    CREATE POLICY platform ON replays FOR SELECT TO yishi_platform USING (finished_at IS NULL);
    CREATE POLICY platform ON webhooks FOR SELECT TO yishi_platform USING (true);
    CREATE POLICY platform ON report_cursors FOR SELECT TO yishi_platform USING (true);
    GRANT SELECT (tenant_id, position) ON events TO yishi_platform;
    GRANT SELECT (tenant_id, due_at, fired_at) ON timers TO yishi_platform;
    GRANT SELECT (tenant_id, webhook_id, due_at, delivered_at) ON deliveries TO yishi_platform;
    GRANT SELECT (tenant_id, finished_at) ON replays TO yishi_platform;
    GRANT SELECT (id, position, disabled_at) ON webhooks TO yishi_platform;
    GRANT SELECT (signed_at) ON checkpoints TO yishi_platform;
END
$m$;
