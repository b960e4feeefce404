DO $m$
BEGIN
    -- What an entry that came in by a file is known by there; without a row it is known by its identifier.
    CREATE TABLE entry_references (
        tenant_id uuid NOT NULL,
        entry_id uuid NOT NULL,
        reference text NOT NULL,
        PRIMARY KEY (tenant_id, entry_id),
        UNIQUE (tenant_id, reference),
        FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, id)
    );
    ALTER TABLE entry_references ENABLE ROW LEVEL SECURITY;
    ALTER TABLE entry_references FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON entry_references TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT ON entry_references TO yishi_app;
END
$m$;
