DO $m$
DECLARE
    name text;
BEGIN
    -- Outbox, audit entry, leaf of the record and source of every projection. Only the sequencer sets a position.
    CREATE TABLE events (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL,
        subject uuid NOT NULL,
        actor text NOT NULL,
        principal text NOT NULL,
        request uuid NOT NULL,
        at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        body jsonb NOT NULL,
        position bigint CHECK (position >= 0),
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, position),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    CREATE INDEX events_without_position ON events (tenant_id, id) WHERE position IS NULL;
    CREATE INDEX events_by_subject ON events (tenant_id, subject, position);
    -- What commitments in bodies stand for; a row here can be erased without touching the record.
    CREATE TABLE openings (
        tenant_id uuid NOT NULL,
        event_id uuid NOT NULL,
        field text NOT NULL,
        salt bytea NOT NULL CHECK (length(salt) = 32),
        value jsonb NOT NULL,
        PRIMARY KEY (tenant_id, event_id, field),
        FOREIGN KEY (tenant_id, event_id) REFERENCES events (tenant_id, id)
    );
    -- The hashes of the Merkle tree in the stored order of tlog-tiles, and its signed heads.
    CREATE TABLE record_hashes (
        tenant_id uuid NOT NULL,
        index bigint NOT NULL CHECK (index >= 0),
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (tenant_id, index),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    CREATE TABLE checkpoints (
        tenant_id uuid NOT NULL,
        size bigint NOT NULL CHECK (size >= 0),
        signed_at timestamptz NOT NULL,
        note text NOT NULL,
        PRIMARY KEY (tenant_id, size, signed_at),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    FOREACH name IN ARRAY ARRAY['events', 'openings', 'record_hashes', 'checkpoints'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    -- Events are appended and given their position, nothing else; openings may be erased.
    GRANT SELECT, INSERT, UPDATE (position) ON events TO yishi_app;
    GRANT SELECT, INSERT, DELETE ON openings TO yishi_app;
    GRANT SELECT, INSERT ON record_hashes, checkpoints TO yishi_app;
END
$m$;
