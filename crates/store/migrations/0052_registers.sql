DO $m$
BEGIN
    -- When somebody was born, which is personal and stays out of the record.
    ALTER TABLE members ADD COLUMN born_on date;
    -- Who may vote in which capacity: from here the roll of a ballot is drawn, which is then its own.
    CREATE TABLE registrations (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        member_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        capacity text NOT NULL,
        voting_unit text NOT NULL,
        floor_area bigint CHECK (floor_area >= 0),
        registered_at timestamptz NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE UNIQUE INDEX registrations_that_hold ON registrations (tenant_id, unit_id, capacity, voting_unit, member_id)
        WHERE ended_at IS NULL;
    ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
    ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON registrations TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON registrations TO yishi_app;
    -- Between the announcement of a ballot and its opening its roll may still be corrected.
    GRANT DELETE ON roll_units, roll_agents TO yishi_app;
    ALTER TABLE ballots ADD COLUMN roll_changes integer NOT NULL DEFAULT 0 CHECK (roll_changes >= 0);
END
$m$;
