DO $m$
BEGIN
    -- Who may vote for whom, in one ballot or in all, and until when.
    CREATE TABLE mandates (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        principal_id uuid NOT NULL,
        proxy_id uuid NOT NULL,
        ballot_id uuid,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, principal_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, proxy_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id),
        CHECK (principal_id <> proxy_id AND ends_at > starts_at)
    );
    CREATE INDEX mandates_by_proxy ON mandates (tenant_id, proxy_id, id);
    CREATE INDEX mandates_by_principal ON mandates (tenant_id, principal_id, id);
    ALTER TABLE mandates ENABLE ROW LEVEL SECURITY;
    ALTER TABLE mandates FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON mandates TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, UPDATE ON mandates TO yishi_app;
    ALTER TABLE votes
        ADD COLUMN mandate_id uuid,
        ADD FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, id);
    GRANT UPDATE (mandate_id) ON votes TO yishi_app;
    -- A batch is of paper, or of hands that were raised at a meeting.
    ALTER TABLE paper_batches
        ADD COLUMN meeting_id uuid,
        ADD FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id);
END
$m$;
