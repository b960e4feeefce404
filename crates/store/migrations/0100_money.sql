DO $m$
DECLARE
    name text;
BEGIN
    CREATE TABLE funds (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        may_overdraw boolean NOT NULL,
        opened_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    -- What a fund's money in a unit is; the item is the resolution that it is set aside for, and nil where it is for none.
    CREATE TABLE accounts (
        tenant_id uuid NOT NULL,
        fund_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        kind text NOT NULL,
        item_id uuid NOT NULL,
        balance_fen bigint NOT NULL,
        PRIMARY KEY (tenant_id, fund_id, unit_id, kind, item_id),
        FOREIGN KEY (tenant_id, fund_id) REFERENCES funds (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
        CHECK (kind <> 'allocated' OR balance_fen >= 0)
    );
    -- Entries and their postings are only ever added.
    CREATE TABLE entries (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        fund_id uuid NOT NULL,
        kind text NOT NULL,
        booked_at timestamptz NOT NULL,
        note text NOT NULL,
        spending_kind text,
        voucher_number text,
        voucher_digest bytea CHECK (length(voucher_digest) = 32),
        reverses uuid,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, reverses),
        FOREIGN KEY (tenant_id, fund_id) REFERENCES funds (tenant_id, id),
        FOREIGN KEY (tenant_id, reverses) REFERENCES entries (tenant_id, id),
        CHECK ((kind = 'spending') = (spending_kind IS NOT NULL)),
        CHECK ((voucher_number IS NULL) = (voucher_digest IS NULL) AND (kind = 'spending') = (voucher_number IS NOT NULL))
    );
    CREATE INDEX entries_by_fund ON entries (tenant_id, fund_id, id);
    CREATE INDEX entries_by_time ON entries (tenant_id, booked_at);
    CREATE TABLE postings (
        tenant_id uuid NOT NULL,
        entry_id uuid NOT NULL,
        number smallint NOT NULL,
        fund_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        kind text NOT NULL,
        item_id uuid NOT NULL,
        amount_fen bigint NOT NULL CHECK (amount_fen <> 0),
        PRIMARY KEY (tenant_id, entry_id, number),
        FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, id),
        FOREIGN KEY (tenant_id, fund_id, unit_id, kind, item_id) REFERENCES accounts (tenant_id, fund_id, unit_id, kind, item_id)
    );
    CREATE INDEX postings_by_unit ON postings (tenant_id, unit_id, entry_id);
    -- A voucher pays once in a fund, unless what it paid was reversed.
    CREATE TABLE vouchers (
        tenant_id uuid NOT NULL,
        fund_id uuid NOT NULL,
        number text NOT NULL,
        entry_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, fund_id, number),
        FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, id)
    );
    CREATE TABLE campaigns (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        fund_id uuid NOT NULL,
        unit_id uuid NOT NULL,
        title text NOT NULL,
        goal_fen bigint NOT NULL CHECK (goal_fen > 0),
        pledged_fen bigint NOT NULL DEFAULT 0 CHECK (pledged_fen >= 0),
        opened_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        collected boolean,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, fund_id) REFERENCES funds (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE TABLE pledges (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        campaign_id uuid NOT NULL,
        member_id uuid NOT NULL,
        amount_fen bigint NOT NULL CHECK (amount_fen > 0),
        pledged_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    -- A street's pool besides its money: goods, services, volunteers' hours.
    CREATE TABLE provisions (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        unit_id uuid NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        measure text NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND quantity),
        offered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id)
    );
    CREATE TABLE draws (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        provision_id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        drawn_at timestamptz NOT NULL,
        returned_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, provision_id) REFERENCES provisions (tenant_id, id),
        FOREIGN KEY (tenant_id, resolution_id) REFERENCES resolutions (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['funds', 'accounts', 'entries', 'postings', 'vouchers', 'campaigns', 'pledges', 'provisions', 'draws'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO yishi_app', name);
    END LOOP;
    GRANT UPDATE (balance_fen) ON accounts TO yishi_app;
    GRANT UPDATE (pledged_fen, collected) ON campaigns TO yishi_app;
    GRANT UPDATE (remaining) ON provisions TO yishi_app;
    GRANT UPDATE (returned_at) ON draws TO yishi_app;
    GRANT DELETE ON vouchers TO yishi_app;
END
$m$;
