DO $m$
BEGIN
    -- Who is told of which events: a city's own rules where it has some, and from which position on nobody was told yet.
    CREATE TABLE notice_rules (
        tenant_id uuid NOT NULL,
        rules jsonb,
        position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
        PRIMARY KEY (tenant_id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    -- Nobody is told of what happened before there were rules.
    ALTER TABLE checkpoints NO FORCE ROW LEVEL SECURITY;
    INSERT INTO notice_rules (tenant_id, position) SELECT tenant_id, max(size) FROM checkpoints GROUP BY tenant_id;
    ALTER TABLE checkpoints FORCE ROW LEVEL SECURITY;
    -- However much somebody was told, what they have not read is counted from this alone.
    CREATE INDEX notices_unread ON notices (tenant_id, member_id) WHERE read_at IS NULL;
    ALTER TABLE notice_rules ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notice_rules FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON notice_rules TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON notice_rules TO yishi_app;
    -- So that one question finds the tenants whose record has grown since; how far it has is public anyway.
    CREATE POLICY platform ON notice_rules FOR SELECT TO yishi_platform USING (true);
    GRANT SELECT (tenant_id, position) ON notice_rules TO yishi_platform;
    CREATE POLICY platform ON checkpoints FOR SELECT TO yishi_platform USING (true);
    GRANT SELECT (tenant_id, size) ON checkpoints TO yishi_platform;
END
$m$;
