DO $m$
DECLARE
    name text;
BEGIN
    CREATE TABLE items (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        parent_id uuid,
        unit_id uuid NOT NULL,
        state text NOT NULL,
        due_at timestamptz NOT NULL,
        late_at timestamptz,
        done_at timestamptz,
        version bigint NOT NULL,
        facts jsonb NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, resolution_id) REFERENCES resolutions (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, parent_id) REFERENCES items (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX items_by_resolution ON items (tenant_id, resolution_id, id);
    -- What was done about an item, with the digests of what shows it.
    CREATE TABLE item_reports (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        item_id uuid NOT NULL,
        member_id uuid NOT NULL,
        report jsonb NOT NULL,
        reported_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, item_id) REFERENCES items (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE INDEX item_reports_by_item ON item_reports (tenant_id, item_id, id);
    CREATE TABLE calls (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        escalation_id uuid,
        matter text NOT NULL,
        lead_unit_id uuid,
        called_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        state text NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, escalation_id) REFERENCES escalations (tenant_id, id),
        FOREIGN KEY (tenant_id, lead_unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX calls_by_topic ON calls (tenant_id, topic_id, id);
    CREATE TABLE called_units (
        tenant_id uuid NOT NULL,
        call_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        place integer NOT NULL,
        answer jsonb,
        PRIMARY KEY (tenant_id, call_id, unit_id),
        FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX called_units_by_unit ON called_units (tenant_id, unit_id, call_id);
    CREATE TABLE findings (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        item_id uuid,
        unit_id uuid NOT NULL,
        escalation_id uuid,
        kind text NOT NULL,
        text text NOT NULL,
        answer_by timestamptz,
        state text NOT NULL,
        answer text,
        outcome text,
        noted_at timestamptz NOT NULL,
        closed_at timestamptz,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, item_id) REFERENCES items (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
        FOREIGN KEY (tenant_id, escalation_id) REFERENCES escalations (tenant_id, id)
    );
    CREATE INDEX findings_by_topic ON findings (tenant_id, topic_id, id);
    FOREACH name IN ARRAY ARRAY['items', 'item_reports', 'calls', 'called_units', 'findings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON items, calls, called_units, findings TO yishi_app;
    GRANT SELECT, INSERT ON item_reports TO yishi_app;
END
$m$;
