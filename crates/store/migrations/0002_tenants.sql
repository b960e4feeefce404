DO $m$
BEGIN
    -- The directory of tenants: no tenant's own data, so it has no tenant key.
    CREATE TABLE tenants (
        id uuid PRIMARY KEY,
        slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
        code text NOT NULL UNIQUE,
        name text NOT NULL,
        mode text NOT NULL CHECK (mode IN ('production', 'sandbox')),
        zone text NOT NULL,
        clock_offset_ms bigint NOT NULL DEFAULT 0 CHECK (clock_offset_ms >= 0),
        created_at timestamptz NOT NULL,
        CHECK (mode = 'sandbox' OR clock_offset_ms = 0)
    );
    GRANT SELECT, INSERT, UPDATE ON tenants TO yishi_platform;
    GRANT SELECT ON tenants TO yishi_app;
END
$m$;
