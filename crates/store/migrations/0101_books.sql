DO $m$
DECLARE
    name text;
BEGIN
    -- The rows of every register; what its columns are is said in the domain. A key sorts by its bytes, so that a file has one order.
    CREATE TABLE register_rows (
        tenant_id uuid NOT NULL,
        book text NOT NULL,
        key text COLLATE "C" NOT NULL,
        unit_id uuid NOT NULL,
        began_on date NOT NULL,
        ended_on date CHECK (ended_on >= began_on),
        fields jsonb NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, book, key),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE INDEX register_rows_by_unit ON register_rows (tenant_id, book, unit_id, began_on);
    CREATE INDEX register_rows_of_people ON register_rows (tenant_id, book, (fields ->> 'person'));
    -- A file that comes in parts; its rows wait beside the register until they are applied.
    CREATE TABLE imports (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        book text NOT NULL,
        format text NOT NULL CHECK (format IN ('csv', 'ndjson')),
        header text[],
        parts bigint NOT NULL,
        lines bigint NOT NULL,
        rows bigint NOT NULL,
        faults bigint NOT NULL,
        begun_at timestamptz NOT NULL,
        applied_at timestamptz,
        added bigint,
        changed bigint,
        unchanged bigint,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    CREATE TABLE import_rows (
        tenant_id uuid NOT NULL,
        import_id uuid NOT NULL,
        line bigint NOT NULL,
        key text COLLATE "C" NOT NULL,
        unit_id uuid NOT NULL,
        began_on date NOT NULL,
        ended_on date,
        fields jsonb NOT NULL,
        PRIMARY KEY (tenant_id, import_id, line),
        UNIQUE (tenant_id, import_id, key),
        FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE TABLE import_faults (
        tenant_id uuid NOT NULL,
        import_id uuid NOT NULL,
        line bigint NOT NULL,
        field text NOT NULL,
        detail text NOT NULL,
        fix text NOT NULL,
        PRIMARY KEY (tenant_id, import_id, line, field),
        FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id)
    );
    -- Who of the pools advises on a case, and why somebody does not any more.
    CREATE TABLE advisers (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        person text COLLATE "C" NOT NULL,
        assigned_at timestamptz NOT NULL,
        recused_at timestamptz,
        reason text,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        CHECK ((recused_at IS NULL) = (reason IS NULL))
    );
    CREATE UNIQUE INDEX advisers_of_topic ON advisers (tenant_id, topic_id, person);
    CREATE INDEX advisers_of_person ON advisers (tenant_id, person) WHERE recused_at IS NULL;
    FOREACH name IN ARRAY ARRAY['register_rows', 'imports', 'import_rows', 'import_faults', 'advisers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO yishi_app', name);
    END LOOP;
    GRANT UPDATE (unit_id, began_on, ended_on, fields, changed_at) ON register_rows TO yishi_app;
    GRANT UPDATE (header, parts, lines, rows, faults, applied_at, added, changed, unchanged) ON imports TO yishi_app;
    GRANT UPDATE (recused_at, reason) ON advisers TO yishi_app;
END
$m$;
