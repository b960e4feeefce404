//! Tenancy as the login role sees it, and as the catalogue declares it.

use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;
use yishi_domain::{
    Actor, Event, MemberId, TenantId, UnitId,
    reports::{Mark, Measure},
};
use yishi_store::{Db, StoreError, events, members, reports, tenants, testing, units};

const OPERATOR: &str = "operator";

/// Tables that follow other rules, each with its reason.
const EXEMPT: &[(&str, &str)] = &[
    ("_sqlx_migrations", "the migrations' own ledger; no login role may touch it"),
    ("tenants", "the directory of tenants, read before a tenant is known"),
    ("platform_events", "the platform's own log of what it looks at and sets; no tenant's data"),
];

/// The tables of a case and of what serves it, which the catalogue must show and hold to the same as all others.
const CASES: &[&str] = &[
    "idempotency_keys",
    "rule_sets",
    "activations",
    "topics",
    "attachments",
    "meetings",
    "attendances",
    "invitations",
    "speeches",
    "minutes_objections",
    "positions",
    "wordings",
    "amendments",
    "statements",
    "stances",
    "bodies",
    "body_members",
    "sittings",
    "ballots",
    "roll_units",
    "roll_agents",
    "votes",
    "paper_batches",
    "resolutions",
    "ratings",
    "escalations",
    "objections",
    "registrations",
    "items",
    "item_reports",
    "calls",
    "called_units",
    "findings",
    "timers",
    "look_backs",
    "settings",
    "quotas",
    "helper_visits",
    "topic_words",
    "topic_supports",
    "topic_followers",
    "topic_comments",
    "topic_answers",
    "unit_facts",
    "former_paths",
    "report_schedules",
    "funds",
    "accounts",
    "entries",
    "file_references",
    "postings",
    "vouchers",
    "campaigns",
    "pledges",
    "provisions",
    "draws",
    "contacts",
    "preferences",
    "templates",
    "letters",
    "letter_notices",
    "notice_rules",
    "special_days",
    "webhooks",
    "deliveries",
    "register_rows",
    "imports",
    "import_rows",
    "import_faults",
    "advisers",
    "report_cursors",
    "report_counters",
    "report_cases",
    "report_marks",
    "report_people",
    "report_persons",
    "report_residents",
    "report_rows",
];

async fn tenant(db: &Db, n: u128) -> TenantId {
    let id = TenantId(Uuid::from_u128(n));
    let mut tx = db.platform().await.expect("begin");
    let tenant = tenants::Tenant {
        id,
        slug: format!("city-{n}"),
        code: n.to_string(),
        name: format!("City {n}"),
        mode: "production".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: 0,
        created_at: testing::ctx(id, Actor::System("test"), 0).now,
    };
    tenants::insert(&mut tx, &tenant).await.expect("insert");
    tx.commit().await.expect("commit");
    id
}

fn root(id: u128, code: &str) -> units::Unit {
    let path = format!("{code}/");
    units::Unit {
        id: UnitId(Uuid::from_u128(id)),
        code: code.into(),
        level: "city".into(),
        name: code.into(),
        parent_id: None,
        path,
        merged_into: None,
    }
}

fn event(ctx: &yishi_domain::Ctx, subject: Uuid) -> Event {
    Event { id: ctx.new_id(), kind: "letter.revived", subject, body: serde_json::json!({}), openings: vec![] }
}

async fn add_root(db: &Db, tenant: TenantId, unit: u128) {
    let ctx = testing::ctx(tenant, Actor::Operator(OPERATOR.into()), unit as u64);
    let mut tx = db.write(&ctx).await.expect("begin");
    units::upsert(&mut tx, &[root(unit, "3301")]).await.expect("upsert");
    let subject = Uuid::from_u128(unit);
    tx.commit([event(&ctx, subject)], ()).await.expect("commit");
}

#[tokio::test]
async fn one_tenant_does_not_see_another() {
    let (db, _) = testing::database().await;
    let (a, b) = (tenant(&db, 1).await, tenant(&db, 2).await);
    add_root(&db, a, 11).await;
    let system = |tenant| testing::ctx(tenant, Actor::System("test"), 9);
    let mut mine = db.read(&system(a)).await.expect("begin");
    let mut other = db.read(&system(b)).await.expect("begin");
    assert_eq!(units::all(&mut mine).await.expect("read").len(), 1);
    assert_eq!(units::all(&mut other).await.expect("read"), []);
    assert_eq!(units::find(&mut other, UnitId(Uuid::from_u128(11))).await.expect("read"), None);
}

#[tokio::test]
async fn a_row_cannot_point_into_another_tenant() {
    let (db, _) = testing::database().await;
    let (a, b) = (tenant(&db, 1).await, tenant(&db, 2).await);
    add_root(&db, a, 11).await;
    let ctx = testing::ctx(b, Actor::System("test"), 9);
    let mut tx = db.write(&ctx).await.expect("begin");
    let unit_id = UnitId(Uuid::from_u128(11));
    let member = members::Member {
        id: MemberId(Uuid::from_u128(5)),
        unit_id,
        name: "n".into(),
        born_on: None,
        created_at: ctx.now,
    };
    let error = members::insert(&mut tx, &[member]).await.expect_err("the unit is another tenant's");
    let StoreError::Database(sqlx::Error::Database(error)) = error else { panic!("{error}") };
    assert!(error.is_foreign_key_violation(), "{error}");
}

#[tokio::test]
async fn a_forgotten_tenant_is_an_error_and_not_an_empty_answer() {
    let (_, urls) = testing::database().await;
    let mut login = PgConnection::connect(&urls.app).await.expect("the login role connects");
    let error = sqlx::query("SELECT * FROM units").fetch_all(&mut login).await.expect_err("no tenant is set");
    assert!(error.to_string().contains("yishi.tenant"), "{error}");
}

#[tokio::test]
async fn a_login_role_cannot_rewrite_history_or_the_schema() {
    let (db, urls) = testing::database().await;
    let a = tenant(&db, 1).await;
    add_root(&db, a, 11).await;
    let mut login = PgConnection::connect(&urls.app).await.expect("the login role connects");
    sqlx::query("SET yishi.tenant = '00000000-0000-0000-0000-000000000001'").execute(&mut login).await.expect("set");
    for forbidden in [
        "UPDATE events SET body = '{}'",
        "DELETE FROM events",
        "DELETE FROM record_hashes",
        "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
        "TRUNCATE events",
        "SET ROLE yishi_owner",
        "UPDATE tenants SET mode = 'sandbox'",
    ] {
        let error = sqlx::query(forbidden).execute(&mut login).await.expect_err(forbidden).to_string();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{forbidden}: {error}");
    }
}

#[tokio::test]
async fn a_dropped_write_leaves_nothing() {
    let (db, _) = testing::database().await;
    let a = tenant(&db, 1).await;
    let ctx = testing::ctx(a, Actor::System("test"), 1);
    let mut tx = db.write(&ctx).await.expect("begin");
    units::upsert(&mut tx, &[root(11, "3301")]).await.expect("upsert");
    drop(tx);
    let mut tx = db.read(&ctx).await.expect("begin");
    assert_eq!(units::all(&mut tx).await.expect("read"), []);
    assert_eq!(events::of_subject(&mut tx, Uuid::from_u128(11)).await.expect("read"), []);
}

#[tokio::test]
async fn a_number_that_the_record_cannot_hold_is_not_committed() {
    let (db, _) = testing::database().await;
    let a = tenant(&db, 1).await;
    let ctx = testing::ctx(a, Actor::System("test"), 1);
    for number in [serde_json::json!(1_u64 << 53), serde_json::json!(0.5)] {
        let body = serde_json::json!({"deep": [{"n": number}]});
        let tx = db.write(&ctx).await.expect("begin");
        let error = tx.commit([Event { body, ..event(&ctx, a.uuid()) }], ()).await.expect_err("it is not exact");
        assert!(matches!(error, StoreError::Inexact { kind: "letter.revived", .. }), "{error}");
    }
    let mut tx = db.read(&ctx).await.expect("begin");
    assert_eq!(yishi_store::records::pending(&mut tx, 10).await.expect("read"), []);
}

#[tokio::test]
async fn a_tenant_moves_its_own_clock_and_no_other() {
    let (db, urls) = testing::database().await;
    let (_, _) = (tenant(&db, 1).await, tenant(&db, 2).await);
    let mut login = PgConnection::connect(&urls.app).await.expect("the login role connects");
    sqlx::query("SET yishi.tenant = '00000000-0000-0000-0000-000000000001'").execute(&mut login).await.expect("set");
    let other = "UPDATE tenants SET clock_offset_ms = 0 WHERE id = '00000000-0000-0000-0000-000000000002'";
    assert_eq!(sqlx::query(other).execute(&mut login).await.expect("no row is visible to it").rows_affected(), 0);
    let own = "UPDATE tenants SET clock_offset_ms = 5 WHERE id = '00000000-0000-0000-0000-000000000001'";
    let error = sqlx::query(own).execute(&mut login).await.expect_err("a production tenant's clock does not move");
    assert!(error.to_string().contains("check constraint"), "{error}");
}

#[tokio::test]
async fn the_province_sees_sums_of_the_city_that_it_looks_at_and_nothing_of_its_cases() {
    let (db, urls) = testing::database().await;
    let (a, b) = (tenant(&db, 1).await, tenant(&db, 2).await);
    for (tenant, unit) in [(a, 11), (b, 21)] {
        add_root(&db, tenant, unit).await;
        let ctx = testing::ctx(tenant, Actor::System("test"), unit as u64 + 100);
        let mut tx = db.write(&ctx).await.expect("begin");
        let community = units::Unit {
            level: "community".into(),
            parent_id: Some(Uuid::from_u128(unit)),
            path: "3301/1/".into(),
            merged_into: None,
            ..root(unit + 1, "1")
        };
        units::upsert(&mut tx, &[community]).await.expect("upsert");
        tx.commit([event(&ctx, Uuid::from_u128(unit + 1))], ()).await.expect("commit");
        let mut tx = db.record(&ctx).await.expect("begin");
        let day = "2026-01-01".parse().expect("a day");
        let mark = |measure| Mark { measure, day, group: String::new() };
        let unit = UnitId(Uuid::from_u128(unit + 1));
        let deltas = [(unit, mark(Measure::TopicsSubmitted), 1), (unit, mark(Measure::MeetingsHeld), 1)];
        reports::add(&mut tx, &deltas).await.expect("added");
        tx.commit().await.expect("commit");
    }
    let mut login = PgConnection::connect(&urls.platform).await.expect("the platform's role connects");
    let error =
        sqlx::query("SELECT * FROM report_counters").fetch_all(&mut login).await.expect_err("it looks at nobody");
    assert!(error.to_string().contains("yishi.looks_at"), "{error}");
    sqlx::query("SET yishi.looks_at = '00000000-0000-0000-0000-000000000001'").execute(&mut login).await.expect("set");
    for forbidden in [
        "SELECT * FROM topics",
        "SELECT title FROM topics",
        "SELECT name FROM members",
        "SELECT topic_id FROM attachments",
        "SELECT url FROM webhooks",
        "UPDATE quotas SET most = 0",
        "SELECT * FROM report_cases",
        "SELECT * FROM report_people",
        "SELECT * FROM events",
        "SELECT configuration FROM activations",
        "DELETE FROM platform_events",
        "UPDATE report_counters SET value = 0",
    ] {
        let error = sqlx::query(forbidden).execute(&mut login).await.expect_err(forbidden).to_string();
        assert!(error.contains("permission denied"), "{forbidden}: {error}");
    }
    let seen: Vec<(Uuid, String, String, String)> = sqlx::query_as(
        "SELECT c.tenant_id, u.level, c.measure, c.grain FROM report_counters c JOIN units u ON u.tenant_id = c.tenant_id AND u.id = c.unit_id",
    )
    .fetch_all(&mut login)
    .await
    .expect("sums");
    assert!(seen.iter().all(|it| it.0 == a.uuid()), "{seen:?}");
    assert_eq!(seen.iter().filter(|it| it.1 == "city").count(), 8, "two measures in four grains: {seen:?}");
    let below: Vec<_> = seen.iter().filter(|it| it.1 != "city").map(|it| (it.2.as_str(), it.3.as_str())).collect();
    assert!(below.len() == 3 && below.iter().all(|it| it.0 == "meetings_held" && it.1 != "day"), "{below:?}");
}

#[tokio::test]
async fn a_tenants_act_adds_to_the_platforms_log_that_its_own_quotas_were_set_and_nothing_else() {
    let (db, urls) = testing::database().await;
    let (_, _) = (tenant(&db, 1).await, tenant(&db, 2).await);
    let mut login = PgConnection::connect(&urls.app).await.expect("the login role connects");
    sqlx::query("SET yishi.tenant = '00000000-0000-0000-0000-000000000001'").execute(&mut login).await.expect("set");
    let mut add = async |kind: &str, tenant: &str| {
        let query = sqlx::query(
            "INSERT INTO platform_events (id, kind, principal, request, at, body)
             VALUES (gen_random_uuid(), $1, 'operator:ops', gen_random_uuid(), now(), jsonb_build_object('tenant', $2::text))",
        );
        query.bind(kind).bind(tenant).execute(&mut login).await.map_err(|error| error.to_string())
    };
    add("quotas.set", "city-1").await.expect("its own");
    for (kind, tenant) in [("quotas.set", "city-2"), ("province.looked_at", "city-1")] {
        let error = add(kind, tenant).await.expect_err(kind);
        assert!(error.contains("row-level security"), "{kind} of {tenant}: {error}");
    }
    for forbidden in ["SELECT * FROM platform_events", "UPDATE platform_events SET body = '{}'"] {
        let error = sqlx::query(forbidden).execute(&mut login).await.expect_err(forbidden).to_string();
        assert!(error.contains("permission denied"), "{forbidden}: {error}");
    }
}

#[tokio::test]
async fn a_recount_of_one_tenant_lets_the_counting_of_others_go_by() {
    let (db, _) = testing::database().await;
    let ctx = testing::ctx(tenant(&db, 1).await, Actor::System("test"), 100);
    let mut first = db.record(&ctx).await.expect("begin");
    assert_eq!(reports::position(&mut first).await.expect("held"), Some(0));
    first.commit().await.expect("commit");
    let mut recount = db.record(&ctx).await.expect("begin");
    reports::hold(&mut recount).await.expect("held");
    reports::begin_anew(&mut recount).await.expect("put aside");
    let mut counting = db.record(&ctx).await.expect("begin");
    let position = tokio::time::timeout(std::time::Duration::from_secs(10), reports::position(&mut counting)).await;
    assert_eq!(position.expect("it does not wait").expect("read"), None, "another one counts");
    drop(recount);
}

#[tokio::test]
async fn every_table_forces_row_level_security_and_leads_its_keys_with_the_tenant() {
    let (_, urls) = testing::database().await;
    let mut owner = PgConnection::connect(&urls.owner).await.expect("the owner connects");
    let tables = sqlx::query(
        "SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity,
                (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polroles <> '{0}'
                 AND pg_get_expr(p.polqual, c.oid) LIKE '%current_setting(''yishi.tenant''::text))::uuid%')
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogue");
    let exempt = |name: &str| EXEMPT.iter().any(|(table, _)| *table == name);
    let known: Vec<String> = tables.iter().map(|row| row.get(0)).collect();
    for table in CASES {
        assert!(known.iter().any(|name| name == table), "the catalogue does not show {table}");
    }
    for row in &tables {
        let (name, forced, policies): (String, bool, i64) = (row.get(0), row.get(1), row.get(2));
        assert!(
            exempt(&name) || (forced && policies == 1),
            "{name}: forced {forced}, {policies} tenant policies that name a role"
        );
    }
    let keys = sqlx::query(
        "SELECT k.conrelid::regclass::text, k.conname::text, a.attname::text, k.confrelid::regclass::text
         FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
         WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f')",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogue");
    for row in &keys {
        let (table, key, first): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        assert!(exempt(&table) || first == "tenant_id", "{table}: {key} leads with {first}");
    }
    let owned = sqlx::query("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) LIKE 'yishi\\_%' AND relowner <> 'yishi_owner'::regrole")
        .fetch_one(&mut owner)
        .await
        .expect("the catalogue");
    assert_eq!(owned.get::<i64, _>(0), 0, "the login roles own nothing");
}

#[test]
fn migrations_and_statements_keep_to_what_a_distributed_database_takes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join("migrations")).expect("the folder").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a text").to_lowercase();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        let statements =
            if code.contains("do $m$") { code.matches("$m$").count() / 2 } else { code.matches(';').count() };
        assert_eq!(statements, 1, "{:?} must be one statement or one block", entry.path());
        for forbidden in
            ["serial", "generated always as identity", "on delete set null", "create trigger", ", true)::uuid"]
        {
            assert!(!code.contains(forbidden), "{:?} uses {forbidden}", entry.path());
        }
    }
    for entry in
        std::fs::read_dir(root.join("src")).expect("the folder").flatten().filter(|entry| entry.path().is_file())
    {
        let text = std::fs::read_to_string(entry.path()).expect("a text");
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (i, _) in squeezed.match_indices("INSERT INTO") {
            let statement = squeezed[i..].split('"').next().unwrap_or_default();
            assert!(!statement.contains(" SELECT "), "{:?}: {statement}", entry.path());
        }
        assert!(!squeezed.contains("set_config("), "{:?} must use SET LOCAL", entry.path());
    }
}
