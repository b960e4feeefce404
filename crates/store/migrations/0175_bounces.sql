-- A letter that was sent may come back, by mail that names the letter alone.
DO $m$
BEGIN
    ALTER TABLE letters DROP CONSTRAINT letters_outcome_check;
    ALTER TABLE letters ADD CONSTRAINT letters_outcome_check CHECK (outcome IN ('sent', 'bounced', 'refused', 'dead', 'dropped'));
    GRANT SELECT (id) ON letters TO yishi_platform;
END
$m$;
