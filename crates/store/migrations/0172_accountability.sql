-- On which ground a finding stands, and what followed for the unit; of findings from before nobody said either.
ALTER TABLE findings ADD COLUMN ground text, ADD COLUMN measure text;
