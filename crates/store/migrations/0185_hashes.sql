DO $m$
BEGIN
    -- What one transaction of the sequencer adds to the tree lies side by side in the stored order, so that a row holds a run of hashes, from its index
    -- on, and not one: there are two hashes for each event.
    ALTER TABLE record_hashes RENAME COLUMN hash TO hashes;
    ALTER TABLE record_hashes
        DROP CONSTRAINT record_hashes_hash_check,
        ADD CONSTRAINT record_hashes_hashes_check CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0);
END
$m$;
