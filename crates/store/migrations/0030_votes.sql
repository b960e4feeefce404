DO $m$
BEGIN
    -- Whoever adds a vote holds the ballot and has just read from its roll that there is the voting unit, and who acts for it; a roll changes only
    -- while its ballot is held alone. Two foreign keys asked the same again, and took as long for each vote as all the rest.
    ALTER TABLE votes
        DROP CONSTRAINT votes_tenant_id_ballot_id_voting_unit_fkey,
        DROP CONSTRAINT votes_tenant_id_member_id_fkey;
END
$m$;
