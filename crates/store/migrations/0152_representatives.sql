DO $m$
BEGIN
    -- A mandate may be for one meeting, as it may be for one ballot.
    ALTER TABLE mandates
        ADD COLUMN meeting_id uuid,
        ADD FOREIGN KEY (tenant_id, meeting_id) REFERENCES meetings (tenant_id, id),
        ADD CHECK (ballot_id IS NULL OR meeting_id IS NULL);
    -- By which mandate somebody came, or who came that is no member.
    ALTER TABLE attendances
        ADD COLUMN mandate_id uuid,
        ADD COLUMN representative text,
        ADD FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, id),
        ADD CHECK (mandated_id IS NULL OR representative IS NULL);
    -- For whom somebody speaks.
    ALTER TABLE speeches
        ADD COLUMN principal_id uuid,
        ADD FOREIGN KEY (tenant_id, principal_id) REFERENCES members (tenant_id, id);
END
$m$;
