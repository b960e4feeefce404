DO $m$
BEGIN
    -- By which event a rating or an attendance is told: two of them may be told at the same instant.
    ALTER TABLE ratings ADD COLUMN event_id uuid;
    ALTER TABLE attendances ADD COLUMN event_id uuid;
    ALTER TABLE events NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE ratings NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE attendances NO FORCE ROW LEVEL SECURITY;
    -- Of ratings at the same instant, which were kept until now, each gets one of their events; which one tells of whom makes no difference to any sum.
    UPDATE ratings r SET event_id = told.id
    FROM (
        SELECT tenant_id, id, body ->> 'resolution' AS resolution, at,
            row_number() OVER (PARTITION BY tenant_id, body ->> 'resolution', at ORDER BY id) AS place
        FROM events WHERE kind = 'resolution.rated'
    ) told, (
        SELECT tenant_id, resolution_id, member_id,
            row_number() OVER (PARTITION BY tenant_id, resolution_id, rated_at ORDER BY member_id) AS place
        FROM ratings
    ) placed
    WHERE placed.tenant_id = r.tenant_id AND placed.resolution_id = r.resolution_id AND placed.member_id = r.member_id
        AND told.tenant_id = r.tenant_id AND told.resolution = r.resolution_id::text AND told.at = r.rated_at AND told.place = placed.place;
    UPDATE attendances a SET event_id = told.id
    FROM (
        SELECT DISTINCT ON (tenant_id, body ->> 'meeting', at) tenant_id, id, body ->> 'meeting' AS meeting, at
        FROM events WHERE kind = 'attendance.recorded' ORDER BY tenant_id, body ->> 'meeting', at, id
    ) told
    WHERE told.tenant_id = a.tenant_id AND told.meeting = a.meeting_id::text AND told.at = a.recorded_at;
    ALTER TABLE events FORCE ROW LEVEL SECURITY;
    ALTER TABLE ratings FORCE ROW LEVEL SECURITY;
    ALTER TABLE attendances FORCE ROW LEVEL SECURITY;
    CREATE INDEX ratings_by_event ON ratings (tenant_id, event_id);
    CREATE INDEX attendances_by_event ON attendances (tenant_id, event_id);
END
$m$;
