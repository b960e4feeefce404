DO $m$
BEGIN
    -- Whom a helper visited, what was noted of it, and who came for a member are erased by whoever may, and the rest of the row stays and counts.
    ALTER TABLE helper_visits ADD COLUMN erased_at timestamptz;
    ALTER TABLE helper_visits DROP CONSTRAINT helper_visits_check;
    ALTER TABLE helper_visits ADD CONSTRAINT helper_visits_whom CHECK (
        CASE WHEN erased_at IS NULL THEN (helped_id IS NULL) <> (helped_name IS NULL)
        ELSE helped_id IS NULL AND helped_name IS NULL AND note IS NULL END AND (helped_id IS NULL OR helped_id <> helper_id));
    GRANT UPDATE (helped_id, helped_name, note, erased_at) ON helper_visits TO yishi_app;
    GRANT UPDATE (representative) ON attendances TO yishi_app;
END
$m$;
