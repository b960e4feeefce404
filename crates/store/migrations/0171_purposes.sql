-- Money and goods are for a resolution as a whole, or for one of its action items; nil stands for none, as a key holds no NULL.
DO $m$
BEGIN
    ALTER TABLE postings DROP CONSTRAINT postings_tenant_id_fund_id_unit_id_kind_item_id_fkey;
    ALTER TABLE postings RENAME COLUMN item_id TO resolution_id;
    ALTER TABLE postings ADD COLUMN item_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
    ALTER TABLE accounts DROP CONSTRAINT accounts_pkey;
    ALTER TABLE accounts RENAME COLUMN item_id TO resolution_id;
    ALTER TABLE accounts ADD COLUMN item_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
    ALTER TABLE accounts ADD PRIMARY KEY (tenant_id, fund_id, unit_id, kind, resolution_id, item_id);
    ALTER TABLE postings ADD FOREIGN KEY (tenant_id, fund_id, unit_id, kind, resolution_id, item_id)
        REFERENCES accounts (tenant_id, fund_id, unit_id, kind, resolution_id, item_id);
    ALTER TABLE draws ADD COLUMN item_id uuid;
    ALTER TABLE draws ADD FOREIGN KEY (tenant_id, item_id) REFERENCES items (tenant_id, id);
END
$m$;
