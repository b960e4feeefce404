DO $m$
BEGIN
    -- What is kept beside a case. The bytes are not here: they lie under their digest, once a tenant, for as long as a row that is not erased
    -- names them.
    CREATE TABLE attachments (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        meeting_id uuid,
        item_id uuid,
        digest bytea NOT NULL CHECK (length(digest) = 32),
        size bigint NOT NULL CHECK (size > 0),
        media_type text NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        member_id uuid NOT NULL,
        event_id uuid NOT NULL,
        added_at timestamptz NOT NULL,
        erased_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        FOREIGN KEY (tenant_id, item_id) REFERENCES items (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK (meeting_id IS NULL OR item_id IS NULL),
        CHECK (erased_at IS NULL OR name = '')
    );
    CREATE INDEX attachments_by_topic ON attachments (tenant_id, topic_id, id);
    CREATE INDEX attachments_kept ON attachments (tenant_id, digest) WHERE erased_at IS NULL;
    ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
    ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON attachments TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE (name, erased_at) ON attachments TO yishi_app;
END
$m$;
