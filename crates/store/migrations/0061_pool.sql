DO $m$
DECLARE
    name text;
BEGIN
    -- Where a topic is about, in millionths of a degree (WGS 84), and what it was split off from.
    ALTER TABLE topics
        ADD COLUMN latitude integer CHECK (latitude BETWEEN -90000000 AND 90000000),
        ADD COLUMN longitude integer CHECK (longitude BETWEEN -180000000 AND 180000000),
        ADD COLUMN split_from uuid,
        ADD COLUMN mandate_id uuid,
        ADD CONSTRAINT topics_split_from FOREIGN KEY (tenant_id, split_from) REFERENCES topics (tenant_id, id),
        ADD CONSTRAINT topics_mandate FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, id),
        ADD CONSTRAINT topics_place CHECK ((latitude IS NULL) = (longitude IS NULL));
    CREATE INDEX topics_by_target ON topics (tenant_id, merged_into) WHERE merged_into IS NOT NULL;
    -- The words by which a topic is found. Equality is all that is asked of them, which an index serves beneath row level security.
    CREATE TABLE topic_words (
        tenant_id uuid NOT NULL,
        word text NOT NULL,
        topic_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, word, topic_id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id)
    );
    CREATE TABLE topic_supports (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        member_id uuid NOT NULL,
        since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, topic_id, member_id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE topic_followers (
        tenant_id uuid NOT NULL,
        topic_id uuid NOT NULL,
        member_id uuid NOT NULL,
        since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, topic_id, member_id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
    );
    CREATE TABLE topic_comments (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        parent_id uuid,
        member_id uuid NOT NULL,
        text text NOT NULL,
        written_at timestamptz NOT NULL,
        hidden_at timestamptz,
        hidden_reason text,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id),
        FOREIGN KEY (tenant_id, parent_id) REFERENCES topic_comments (tenant_id, id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
        CHECK ((hidden_at IS NULL) = (hidden_reason IS NULL))
    );
    CREATE INDEX topic_comments_by_topic ON topic_comments (tenant_id, topic_id, id);
    -- What those who raised a topic or support it were answered.
    CREATE TABLE topic_answers (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        topic_id uuid NOT NULL,
        text text NOT NULL,
        told bigint NOT NULL CHECK (told >= 0),
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, topic_id) REFERENCES topics (tenant_id, id)
    );
    CREATE INDEX topic_answers_by_topic ON topic_answers (tenant_id, topic_id, id);
    FOREACH name IN ARRAY ARRAY['topic_words', 'topic_supports', 'topic_followers', 'topic_comments', 'topic_answers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO yishi_app USING (tenant_id = current_setting(''yishi.tenant'')::uuid)
             WITH CHECK (tenant_id = current_setting(''yishi.tenant'')::uuid)', name);
    END LOOP;
    GRANT SELECT, INSERT ON topic_words, topic_answers TO yishi_app;
    GRANT SELECT, INSERT, DELETE ON topic_supports, topic_followers TO yishi_app;
    GRANT SELECT, INSERT, UPDATE ON topic_comments TO yishi_app;
END
$m$;
