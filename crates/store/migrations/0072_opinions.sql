DO $m$
DECLARE
    name text;
BEGIN
    CREATE TABLE positions (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        member_id uuid NOT NULL,
        id uuid NOT NULL,
        side text NOT NULL,
        reason text NOT NULL,
        stated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, topic_id, member_id),
        UNIQUE (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE amendments (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        member_id uuid NOT NULL,
        base integer NOT NULL,
        text text NOT NULL,
        reason text NOT NULL,
        proposed_at timestamptz NOT NULL,
        accepted boolean,
        answer text,
        decided_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((accepted IS NULL) = (answer IS NULL) AND (answer IS NULL) = (decided_at IS NULL))
    );
    CREATE INDEX amendments_by_topic ON amendments (tenant_id, topic_id, id);
    -- Every version of the wording on which a topic is to be decided.
    CREATE TABLE wordings (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        version integer NOT NULL,
        text text NOT NULL,
        amendment_id uuid,
        worded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, topic_id, version),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, amendment_id) REFERENCES amendments (tenant_id, id)
    );
    CREATE TABLE statements (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        number integer NOT NULL,
        member_id uuid NOT NULL,
        text text NOT NULL,
        added_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, topic_id, number),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE stances (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        member_id uuid NOT NULL,
        statement_id uuid NOT NULL,
        stance text NOT NULL,
        taken_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, topic_id, member_id, statement_id),
        FOREIGN KEY (tenant_id, statement_id) REFERENCES statements (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['positions', 'amendments', 'wordings', 'statements', 'stances'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON positions, amendments, stances TO yishi_app;
    GRANT SELECT, INSERT ON wordings, statements TO yishi_app;
END
$m$;
