DO $m$
DECLARE
    name text;
BEGIN
    -- A ballot keeps the rule, the rule set and the configuration that it was opened under, whatever is activated later.
    CREATE TABLE ballots (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        state text NOT NULL,
        question text NOT NULL,
        subject jsonb NOT NULL,
        rule jsonb NOT NULL,
        rule_receipt jsonb,
        activation_id uuid,
        roll_root bytea NOT NULL CHECK (length(roll_root) = 32),
        opened_at timestamptz NOT NULL,
        opens_at timestamptz NOT NULL,
        closes_at timestamptz NOT NULL,
        votes bigint CHECK (votes >= 0),
        votes_root bytea CHECK (length(votes_root) = 32),
        tally jsonb,
        verdict jsonb,
        verdict_receipt jsonb,
        reason text,
        ended_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, activation_id) REFERENCES activations (tenant_id, id),
        CHECK (closes_at > opens_at)
    );
    CREATE INDEX ballots_by_topic ON ballots (tenant_id, topic_id, id);
    CREATE TABLE roll_units (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        voting_unit text NOT NULL,
        heads bigint NOT NULL CHECK (heads >= 0),
        floor_area bigint CHECK (floor_area >= 0),
        PRIMARY KEY (tenant_id, ballot_id, voting_unit),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
    );
    CREATE TABLE roll_agents (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        voting_unit text NOT NULL,
        member_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, ballot_id, voting_unit, member_id),
        FOREIGN KEY (tenant_id, ballot_id, voting_unit) REFERENCES roll_units (tenant_id, ballot_id, voting_unit),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE paper_batches (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        station text NOT NULL,
        operator_id uuid NOT NULL,
        witness_id uuid NOT NULL,
        scan_reference text NOT NULL,
        control jsonb NOT NULL,
        entered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id),
        FOREIGN KEY (tenant_id, operator_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, witness_id) REFERENCES members (tenant_id, id),
        CHECK (operator_id <> witness_id)
    );
    -- One vote a voting unit, whatever the channel; each is an event.
    CREATE TABLE votes (
        tenant_id uuid NOT NULL,
        ballot_id uuid NOT NULL,
        voting_unit text NOT NULL,
        choice text NOT NULL,
        channel text NOT NULL,
        member_id uuid,
        batch_id uuid,
        event_id uuid NOT NULL,
        cast_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, ballot_id, voting_unit),
        FOREIGN KEY (tenant_id, ballot_id, voting_unit) REFERENCES roll_units (tenant_id, ballot_id, voting_unit),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        FOREIGN KEY (tenant_id, batch_id) REFERENCES paper_batches (tenant_id, id),
        CHECK ((member_id IS NULL) <> (batch_id IS NULL))
    );
    FOREACH name IN ARRAY ARRAY['ballots', 'roll_units', 'roll_agents', 'paper_batches', 'votes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE ON ballots TO yishi_app;
    GRANT SELECT, INSERT ON roll_units, roll_agents, paper_batches, votes TO yishi_app;
END
$m$;
