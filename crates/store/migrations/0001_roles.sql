-- The login roles own nothing. Databases that migrate at the same time race to create them, which is no fault.
DO $m$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['yishi_app', 'yishi_platform'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$m$;
