DO $m$
BEGIN
    -- A department belongs to a unit of some level and is called, and carries out, like any unit.
    ALTER TABLE units DROP CONSTRAINT units_level_check;
    ALTER TABLE units ADD CONSTRAINT units_level_check
        CHECK (level IN ('city', 'district', 'street', 'community', 'department'));
END
$m$;
