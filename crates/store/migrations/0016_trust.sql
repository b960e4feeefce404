DO $m$
DECLARE
    name text;
BEGIN
    -- Who vouches for a rule set by a detached signature over its digest.
    CREATE TABLE rule_set_signatures (
        tenant_id uuid NOT NULL,
        digest bytea NOT NULL,
        signer text NOT NULL,
        signature bytea NOT NULL CHECK (length(signature) = 64),
        signed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, digest, signer),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    -- What the province says of a rule set; the latest holds.
    CREATE TABLE rule_set_approvals (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        digest bytea NOT NULL,
        decision text NOT NULL,
        reason text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    CREATE INDEX rule_set_approvals_by_digest ON rule_set_approvals (tenant_id, digest, id);
    -- How often a rule set failed in a row, and since when it is suspended for new work.
    CREATE TABLE rule_set_faults (
        tenant_id uuid NOT NULL,
        digest bytea NOT NULL,
        failures integer NOT NULL CHECK (failures > 0),
        cause text NOT NULL,
        failed_at timestamptz NOT NULL,
        suspended_at timestamptz,
        PRIMARY KEY (tenant_id, digest),
        FOREIGN KEY (tenant_id, digest) REFERENCES rule_sets (tenant_id, digest)
    );
    -- What a member is told in the application itself.
    CREATE TABLE notices (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        member_id uuid NOT NULL,
        event_id uuid NOT NULL,
        kind text NOT NULL,
        facts jsonb NOT NULL,
        told_at timestamptz NOT NULL,
        read_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE INDEX notices_by_member ON notices (tenant_id, member_id, id);
    FOREACH name IN ARRAY ARRAY['rule_set_signatures', 'rule_set_approvals', 'rule_set_faults', 'notices'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT ON rule_set_signatures, rule_set_approvals, notices TO yishi_app;
    GRANT UPDATE (read_at) ON notices TO yishi_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON rule_set_faults TO yishi_app;
END
$m$;
