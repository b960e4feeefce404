DO $m$
DECLARE
    name text;
BEGIN
    -- Where a member is reached: personal data, told to nobody else, gone when it is taken away.
    CREATE TABLE contacts (
        tenant_id uuid NOT NULL,
        member_id uuid NOT NULL,
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        address text NOT NULL,
        changed_at timestamptz NOT NULL,
        refused_at timestamptz,
        refusal text,
        PRIMARY KEY (tenant_id, member_id, channel),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((refused_at IS NULL) = (refusal IS NULL))
    );
    -- How a member wants to hear of things; whoever has said nothing has no row.
    CREATE TABLE preferences (
        tenant_id uuid NOT NULL,
        member_id uuid NOT NULL,
        email text NOT NULL CHECK (email IN ('nothing', 'urgent', 'everything')),
        sms text NOT NULL CHECK (sms IN ('nothing', 'urgent', 'everything')),
        pace text NOT NULL CHECK (pace IN ('at_once', 'daily', 'weekly')),
        quiet_from time,
        quiet_to time,
        locale text NOT NULL CHECK (locale IN ('zh-CN', 'en')),
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, member_id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
    );
    -- What a city says in place of the text that comes with the program.
    CREATE TABLE templates (
        tenant_id uuid NOT NULL,
        kind text NOT NULL,
        locale text NOT NULL CHECK (locale IN ('zh-CN', 'en')),
        subject text NOT NULL,
        body text NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, kind, locale),
        FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    );
    -- What is sent to a member and what became of it. `due_at` is by the tenant's clock, and also the end of the lease of whoever is sending it;
    -- a digest gathers until an instant, and is closed by its first attempt.
    CREATE TABLE letters (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        member_id uuid NOT NULL,
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        urgency smallint NOT NULL CHECK (urgency BETWEEN 0 AND 2),
        gathers_until timestamptz,
        written_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        failure text,
        settled_at timestamptz,
        outcome text CHECK (outcome IN ('sent', 'refused', 'dead', 'dropped')),
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, member_id, channel, gathers_until),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((settled_at IS NULL) = (outcome IS NULL))
    );
    CREATE INDEX letters_due ON letters (tenant_id, due_at) WHERE settled_at IS NULL;
    CREATE INDEX letters_by_urgency ON letters (tenant_id, urgency, due_at, id) WHERE settled_at IS NULL;
    CREATE INDEX letters_settled ON letters (tenant_id, settled_at) WHERE settled_at IS NOT NULL;
    CREATE INDEX letters_by_outcome ON letters (tenant_id, outcome, id);
    -- Which notices a letter tells of.
    CREATE TABLE letter_notices (
        tenant_id uuid NOT NULL,
        letter_id uuid NOT NULL,
        notice_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, letter_id, notice_id),
        FOREIGN KEY (tenant_id, letter_id) REFERENCES letters (tenant_id, id) ON DELETE CASCADE,
        FOREIGN KEY (tenant_id, notice_id) REFERENCES notices (tenant_id, id)
    );
    FOREACH name IN ARRAY ARRAY['contacts', 'preferences', 'templates', 'letters', 'letter_notices'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE, DELETE ON contacts, preferences, templates, letters TO yishi_app;
    GRANT SELECT, INSERT, DELETE ON letter_notices TO yishi_app;
    -- So that one question finds the tenants in which something is due; of the letters themselves it shows nothing.
    CREATE POLICY platform ON letters FOR SELECT TO yishi_platform USING (true);
    GRANT SELECT (tenant_id, due_at, settled_at) ON letters TO yishi_platform;
    -- A person is told of an event once, whatever makes them somebody who is told.
    ALTER TABLE notices NO FORCE ROW LEVEL SECURITY;
    DELETE FROM notices a USING notices b
        WHERE b.tenant_id = a.tenant_id AND b.member_id = a.member_id AND b.event_id = a.event_id AND b.id < a.id;
    ALTER TABLE notices FORCE ROW LEVEL SECURITY;
    ALTER TABLE notices ADD CONSTRAINT notices_once UNIQUE (tenant_id, member_id, event_id);
END
$m$;
