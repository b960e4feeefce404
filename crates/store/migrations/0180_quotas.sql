DO $m$
DECLARE
    name text;
BEGIN
    -- How much the province lets a tenant keep, and do in a day: a row a quota, and where there is none there is no limit. Whoever takes some of one
    -- holds its row, so that those without quotas wait for nobody.
    CREATE TABLE quotas (
        tenant_id uuid NOT NULL,
        quota text NOT NULL,
        most bigint NOT NULL CHECK (most >= 0),
        PRIMARY KEY (tenant_id, quota),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    ALTER TABLE quotas ENABLE ROW LEVEL SECURITY;
    ALTER TABLE quotas FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON quotas TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE, DELETE ON quotas TO yishi_app;
    -- That they were set stands in the platform's log too, and is committed with them: a tenant's transaction adds this to it, of itself, and nothing else.
    ALTER TABLE platform_events ENABLE ROW LEVEL SECURITY;
    CREATE POLICY platform ON platform_events TO yishi_platform USING (true) WITH CHECK (true);
    CREATE POLICY own_quotas ON platform_events FOR INSERT TO yishi_app WITH CHECK (
        kind = 'quotas.set'
        AND body ->> 'tenant' = (SELECT t.slug FROM tenants t WHERE t.id = current_setting('yishi.tenant')::uuid));
    GRANT INSERT ON platform_events TO yishi_app;
    -- Of a tenant that it looks at the platform's role counts what is used. It sees that there is a member, a topic of an instant, an attachment of a
    -- size under the digest that the record tells anyway, a webhook; not who, what about, of which case, or where to.
    FOREACH name IN ARRAY ARRAY['quotas', 'members', 'webhooks'] LOOP
        EXECUTE format(
            'CREATE POLICY province ON %I FOR SELECT TO yishi_platform USING (tenant_id = current_setting(''yishi.looks_at'')::uuid)', name);
    END LOOP;
    CREATE POLICY province ON topics FOR SELECT TO yishi_platform
        USING (tenant_id = current_setting('yishi.looks_at')::uuid AND split_from IS NULL);
    CREATE POLICY province ON attachments FOR SELECT TO yishi_platform
        USING (tenant_id = current_setting('yishi.looks_at')::uuid AND erased_at IS NULL);
    GRANT SELECT ON quotas TO yishi_platform;
    GRANT SELECT (tenant_id) ON members, webhooks TO yishi_platform;
    GRANT SELECT (tenant_id, raised_at, split_from) ON topics TO yishi_platform;
    GRANT SELECT (tenant_id, digest, size, erased_at) ON attachments TO yishi_platform;
END
$m$;
