DO $m$
BEGIN
    -- What a repeated request is answered with: stored in the transaction of the act that answered it first.
    CREATE TABLE idempotency_keys (
        tenant_id uuid NOT NULL,
        principal text NOT NULL,
        operation text NOT NULL,
        key text NOT NULL,
        request bytea NOT NULL CHECK (length(request) = 32),
        answer jsonb NOT NULL,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, principal, operation, key),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    CREATE INDEX idempotency_keys_by_age ON idempotency_keys (tenant_id, answered_at);
    ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON idempotency_keys TO yishi_app
        USING (tenant_id = current_setting('yishi.tenant')::uuid)
        WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid);
    GRANT SELECT, INSERT, DELETE ON idempotency_keys TO yishi_app;
END
$m$;
