DO $m$
DECLARE
    name text;
BEGIN
    -- How a meeting is held: the room, a link or both; who hosts it; what it goes through, under which rules; how long a speech lasts.
    ALTER TABLE meetings
        ADD COLUMN mode text NOT NULL DEFAULT 'on_site',
        ADD COLUMN host_id uuid,
        ADD COLUMN agenda text[] NOT NULL DEFAULT '{}',
        ADD COLUMN rules text,
        ADD COLUMN link text,
        ADD COLUMN speech_seconds integer NOT NULL DEFAULT 180 CHECK (speech_seconds BETWEEN 10 AND 3600),
        ADD FOREIGN KEY (tenant_id, host_id) REFERENCES members (tenant_id, id);
    -- What is known of those who took part, and who came for somebody else.
    ALTER TABLE attendances
        ADD COLUMN mandated_id uuid,
        ADD COLUMN age_band text,
        ADD COLUMN sex text,
        ADD COLUMN occupation text,
        ADD FOREIGN KEY (tenant_id, mandated_id) REFERENCES members (tenant_id, id);
    CREATE TABLE invitations (
        tenant_id uuid NOT NULL,
        meeting_id uuid NOT NULL,
        member_id uuid NOT NULL,
        part text NOT NULL,
        invited_at timestamptz NOT NULL,
        reply text,
        replied_at timestamptz,
        PRIMARY KEY (tenant_id, meeting_id, member_id),
        FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((reply IS NULL) = (replied_at IS NULL))
    );
    CREATE TABLE speeches (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        meeting_id uuid NOT NULL,
        member_id uuid NOT NULL,
        turn integer NOT NULL,
        item integer,
        seconds integer NOT NULL,
        requested_at timestamptz NOT NULL,
        began_at timestamptz,
        ended_at timestamptz,
        cut boolean NOT NULL DEFAULT false,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, meeting_id, turn),
        FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['invitations', 'speeches'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON invitations, speeches TO yishi_app;
END
$m$;
