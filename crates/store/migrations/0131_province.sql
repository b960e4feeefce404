DO $m$
DECLARE
    name text;
BEGIN
    -- What operators of the platform read across tenants: their own log, which belongs to no tenant and is only added to.
    CREATE TABLE platform_events (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        principal text NOT NULL,
        request uuid NOT NULL,
        at timestamptz NOT NULL,
        body jsonb NOT NULL
    );
    GRANT SELECT, INSERT ON platform_events TO yishi_platform;
    -- Of a tenant whose data it names the platform's role sees sums of the whole city, in which communities something happened at all, and which rules
    -- hold. No case, no person and no day of a community.
    CREATE POLICY province ON units FOR SELECT TO yishi_platform USING (tenant_id = current_setting('yishi.looks_at')::uuid);
    CREATE POLICY province ON report_counters FOR SELECT TO yishi_platform
        USING (tenant_id = current_setting('yishi.looks_at')::uuid AND (
            EXISTS (SELECT FROM units u WHERE u.tenant_id = report_counters.tenant_id AND u.id = unit_id AND u.level = 'city')
            OR (grain <> 'day' AND measure IN ('meetings_held', 'online_acts'))));
    FOREACH name IN ARRAY ARRAY['report_persons', 'report_residents'] LOOP
        EXECUTE format(
            'CREATE POLICY province ON %I FOR SELECT TO yishi_platform
             USING (tenant_id = current_setting(''yishi.looks_at'')::uuid AND EXISTS (
                 SELECT FROM units u WHERE u.tenant_id = %I.tenant_id AND u.id = unit_id AND u.level = ''city''))', name, name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['report_cursors', 'activations', 'rule_sets'] LOOP
        EXECUTE format(
            'CREATE POLICY province ON %I FOR SELECT TO yishi_platform USING (tenant_id = current_setting(''yishi.looks_at'')::uuid)', name);
    END LOOP;
    GRANT SELECT ON units, report_counters, report_persons, report_residents, report_cursors TO yishi_platform;
    GRANT SELECT (tenant_id, number, digest, activated_at) ON activations TO yishi_platform;
    GRANT SELECT (tenant_id, digest, descriptor) ON rule_sets TO yishi_platform;
END
$m$;
