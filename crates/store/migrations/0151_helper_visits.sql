DO $m$
BEGIN
    -- Whoever has no device, or does not know how, is helped at home or at a desk: by whom, with what, and for how long. Who was helped may be no
    -- member, and is then known by a name.
    CREATE TABLE helper_visits (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        helper_id uuid NOT NULL,
        helped_id uuid,
        helped_name text,
        help text NOT NULL,
        topic_id uuid,
        minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
        visited_on date NOT NULL,
        note text,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
        FOREIGN KEY (tenant_id, helper_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, helped_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        CHECK ((helped_id IS NULL) <> (helped_name IS NULL) AND helped_id <> helper_id)
    );
    CREATE INDEX helper_visits_by_unit ON helper_visits (tenant_id, unit_id, visited_on);
    ALTER TABLE helper_visits ENABLE ROW LEVEL SECURITY;
    ALTER TABLE helper_visits FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON helper_visits TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT ON helper_visits TO yishi_app;
END
$m$;
