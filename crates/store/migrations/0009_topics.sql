DO $m$
BEGIN
    -- A topic, and the case that grows from it. `version` counts its changes.
    CREATE TABLE topics (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        author_id uuid NOT NULL,
        on_behalf_of uuid,
        channel text NOT NULL,
        title text NOT NULL,
        body text NOT NULL,
        category text NOT NULL,
        significance text NOT NULL CHECK (significance IN ('general', 'major')),
        form text NOT NULL,
        stage text NOT NULL,
        level text NOT NULL,
        reason text,
        merged_into uuid,
        marked_at timestamptz,
        version bigint NOT NULL CHECK (version > 0),
        raised_at timestamptz NOT NULL,
        stage_since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
        FOREIGN KEY (tenant_id, author_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, on_behalf_of) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, merged_into) REFERENCES topics (tenant_id, id)
    );
    CREATE INDEX topics_by_stage ON topics (tenant_id, stage, id);
    CREATE INDEX topics_by_unit ON topics (tenant_id, unit_id, id);
    ALTER TABLE topics ENABLE ROW LEVEL SECURITY;
    ALTER TABLE topics FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON topics TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON topics TO yishi_app;
END
$m$;
