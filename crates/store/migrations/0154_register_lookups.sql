DO $m$
BEGIN
    -- A row is looked up by its key. As long as nobody has counted how large a register grew, each index that begins with tenant and register looks as
    -- good as the key's, and the planner read the whole register for a few rows; so the others begin with what they are there for.
    DROP INDEX register_rows_by_unit;
    DROP INDEX register_rows_of_people;
    CREATE INDEX register_rows_by_unit ON register_rows (tenant_id, unit_id, book, began_on);
    CREATE INDEX register_rows_of_people ON register_rows (tenant_id, (fields ->> 'person'), book);
END
$m$;
