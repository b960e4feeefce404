-- What rows that came in by files are known by there: entries of the books, and what pools hold, draws, crowdfundings and pledges as well.
DO $m$
BEGIN
    ALTER TABLE entry_references DROP CONSTRAINT entry_references_tenant_id_entry_id_fkey;
    ALTER TABLE entry_references DROP CONSTRAINT entry_references_tenant_id_reference_key;
    ALTER TABLE entry_references RENAME TO file_references;
    ALTER TABLE file_references RENAME COLUMN entry_id TO subject_id;
    ALTER TABLE file_references ADD COLUMN file text NOT NULL DEFAULT 'entries';
    ALTER TABLE file_references ALTER COLUMN file DROP DEFAULT;
    ALTER TABLE file_references ADD UNIQUE (tenant_id, file, reference);
    -- A crowdfunding that had ended elsewhere: what it collected came with the entries, and its pledges still come.
    ALTER TABLE campaigns ADD COLUMN carried_over boolean NOT NULL DEFAULT false;
END
$m$;
