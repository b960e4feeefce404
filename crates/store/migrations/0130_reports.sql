DO $m$
DECLARE
    name text;
BEGIN
    -- How far a tenant's events are counted; whoever counts holds this row.
    CREATE TABLE report_cursors (
        tenant_id uuid NOT NULL,
        position bigint NOT NULL CHECK (position >= 0),
        PRIMARY KEY (tenant_id),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    -- Sums by the parts of the calendar, of each unit with all that lies under it.
    CREATE TABLE report_counters (
        tenant_id uuid NOT NULL,
        measure text NOT NULL,
        grain text NOT NULL CHECK (grain IN ('day', 'month', 'quarter', 'year')),
        start date NOT NULL,
        unit_id uuid NOT NULL,
        dimension text NOT NULL,
        value bigint NOT NULL,
        PRIMARY KEY (tenant_id, measure, grain, start, unit_id, dimension)
    );
    -- A case as its events tell it, from which follows what it counts as.
    CREATE TABLE report_cases (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        facts jsonb NOT NULL,
        PRIMARY KEY (tenant_id, topic_id)
    );
    -- The cases behind a figure.
    CREATE TABLE report_marks (
        tenant_id uuid NOT NULL,
        measure text NOT NULL,
        day date NOT NULL,
        topic_id uuid NOT NULL,
        dimension text NOT NULL,
        unit_id uuid NOT NULL,
        value bigint NOT NULL,
        PRIMARY KEY (tenant_id, measure, day, topic_id, dimension)
    );
    -- On which days somebody took part in a unit, and how often.
    CREATE TABLE report_people (
        tenant_id uuid NOT NULL,
        person text COLLATE "C" NOT NULL,
        unit_id uuid NOT NULL,
        day date NOT NULL,
        times bigint NOT NULL,
        PRIMARY KEY (tenant_id, person, unit_id, day)
    );
    CREATE INDEX report_people_by_day ON report_people (tenant_id, day, unit_id);
    -- How many different people took part in a month whose time before was in another one.
    CREATE TABLE report_persons (
        tenant_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        month date NOT NULL,
        before date NOT NULL,
        persons bigint NOT NULL,
        PRIMARY KEY (tenant_id, unit_id, month, before)
    );
    -- Who lives in a unit from a day on, by its own fact or those under it.
    CREATE TABLE report_residents (
        tenant_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        valid_from date NOT NULL,
        population jsonb NOT NULL,
        PRIMARY KEY (tenant_id, unit_id, valid_from)
    );
    -- The rows of registers as they are counted.
    CREATE TABLE report_rows (
        tenant_id uuid NOT NULL,
        book text NOT NULL,
        key text COLLATE "C" NOT NULL,
        unit_id uuid NOT NULL,
        began_on date NOT NULL,
        ended_on date,
        code text NOT NULL,
        PRIMARY KEY (tenant_id, book, key)
    );
    FOREACH name IN ARRAY ARRAY['report_cursors', 'report_counters', 'report_cases', 'report_marks', 'report_people', 'report_persons',
        'report_residents', 'report_rows'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO yishi_app', name);
    END LOOP;
END
$m$;
