//! Registers: people who advise, volunteer and lead, and files of rows that come in whole or not at all, through whatever interrupts them.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    cities::City,
    communities::{Community, HOME},
    servers::Setup,
};

/// How many rows a file has unless `YISHI_TESTS_ROWS` says so; 100,000 are a large province's.
const ROWS: usize = 3_000;

/// How many lines a part has: well below its limit.
const PART: usize = 5_000;

async fn put(community: &Community, register: &str, key: &str, fields: Value) {
    let row = json!({"unit": community.city.code(HOME), "fields": fields});
    community.coordinator().put(&format!("/registers/{register}/rows/{key}"), row).await.expect(200);
}

#[tokio::test]
async fn an_adviser_is_assigned_within_their_capacity_and_recused_with_a_reason() {
    let community = Community::gathered(1).await;
    let expert = json!({"name": "钱律师", "pool": "expert", "field": "物权法", "capacity": 1, "since": "2026-01-01"});
    put(&community, "people", "E-001", expert).await;
    let (topic, other) = (community.raised().await, community.raised().await);
    let assign = async |topic: &str| {
        community.coordinator().post(&format!("/topics/{topic}/advisers"), json!({"person": "E-001"})).await
    };
    let adviser = created(assign(&topic).await);
    let busy = assign(&other).await.refused(409, "person.busy");
    assert_eq!(busy["detail"], "they advise on 1 cases, and can take on 1");
    let recusal = format!("/advisers/{adviser}/recusal");
    let reason = json!({"reason": "与当事人有亲属关系"});
    community.resident(0).post(&recusal, reason.clone()).await.refused(403, "session.forbidden");
    community.coordinator().post(&recusal, reason.clone()).await.expect(204);
    community.coordinator().post(&recusal, reason).await.refused(409, "adviser.recused");
    assign(&topic).await.refused(409, "adviser.assigned");
    assign(&other).await.expect(201);
    let listed = community.read(&format!("/topics/{topic}/advisers")).await;
    assert_eq!(listed[0]["reason"], "与当事人有亲属关系");
    let unknown = community.coordinator().post(&format!("/topics/{topic}/advisers"), json!({"person": "E-9"})).await;
    unknown.refused(404, "person.unknown");
}

#[tokio::test]
async fn a_volunteers_points_are_earned_by_the_published_rule_and_undone_once() {
    let community = Community::gathered(0).await;
    let volunteer = json!({"name": "周大姐", "pool": "volunteer", "capacity": 0, "since": "2026-01-01"});
    put(&community, "people", "V-1", volunteer).await;
    let credit = async |day: &str| {
        let done = json!({"activity": "巡查", "hours": 3, "served_on": day});
        community.coordinator().post("/people/V-1/volunteering", done).await
    };
    credit("2026-03-05").await.refused(422, "volunteering.no_rule");
    put(
        &community,
        "point_rules",
        "R-1",
        json!({"activity": "巡查", "points_per_hour": 2, "since": "2026-01-01", "until": "2026-03-31"}),
    )
    .await;
    put(&community, "point_rules", "R-2", json!({"activity": "巡查", "points_per_hour": 5, "since": "2026-04-01"}))
        .await;
    let first = credit("2026-03-05").await.expect(200)["key"].as_str().expect("a key").to_owned();
    credit("2026-04-05").await.expect(200);
    for (i, hours) in [24, 15].into_iter().enumerate() {
        let training = json!({"person": "V-1", "title": "议事规则", "hours": hours, "held_on": "2026-05-01"});
        put(&community, "trainings", &format!("T-{i}"), training).await;
    }
    let standing = async || community.read("/people/V-1?year=2026").await;
    let now = standing().await;
    assert_eq!((&now["volunteer_hours"], &now["points"]), (&json!(6), &json!(3 * 2 + 3 * 5)), "{now}");
    assert_eq!((&now["training_hours"], &now["trained_enough"]), (&json!(39), &json!(false)));
    let undo = format!("/volunteering/{first}/reversal");
    community.coordinator().post(&undo, Value::Null).await.expect(200);
    community.coordinator().post(&undo, Value::Null).await.refused(409, "volunteering.undone");
    put(&community, "trainings", "T-9", json!({"person": "V-1", "title": "调解", "hours": 1, "held_on": "2026-06-01"}))
        .await;
    let now = standing().await;
    assert_eq!((&now["volunteer_hours"], &now["points"]), (&json!(3), &json!(15)), "{now}");
    assert_eq!(now["trained_enough"], true);
}

#[tokio::test]
async fn a_community_earns_and_loses_its_number_of_leaders() {
    let community = Community::gathered(0).await;
    let unit = community.city.unit(HOME).await.to_owned();
    let suffice = async || {
        let told = community.read(&format!("/units/{unit}/people")).await;
        (told["leaders"].as_u64().expect("a number"), told["leaders_suffice"].as_bool().expect("of a community"))
    };
    for i in 1..=11 {
        let leader = json!({"name": format!("骨干{i}"), "pool": "leader", "capacity": 3, "since": "2026-01-01"});
        put(&community, "people", &format!("L-{i}"), leader).await;
        if [4, 5, 10, 11].contains(&i) {
            assert_eq!(suffice().await, (i, (5..=10).contains(&i)));
        }
    }
    for i in 1..=7 {
        let left = json!({"name": format!("骨干{i}"), "pool": "leader", "capacity": 3, "since": "2026-01-01", "until": "2026-02-01"});
        put(&community, "people", &format!("L-{i}"), left).await;
    }
    assert_eq!(suffice().await, (4, false));
}

/// Disputes as a file has them, by line.
fn disputes(city: &City, rows: usize) -> Vec<String> {
    let row =
        |i: usize| format!("D-{i:06},{},\"漏水, 第{i}起\",2026-03-{:02},2026-04-01,yes\n", city.code(HOME), i % 28 + 1);
    let header = "key,unit,title,brought_on,settled_on,by_deliberation\n".to_owned();
    std::iter::once(header).chain((0..rows).map(row)).collect()
}

/// Sends parts of a file, from one on, as far as a server takes them.
async fn send(community: &Community, import: &str, lines: &[String], from: usize) {
    for (number, part) in (1..).zip(lines.chunks(PART.min(lines.len() / 4 + 1))).skip(from) {
        let path = format!("/imports/{import}/parts?number={number}");
        community.coordinator().post_bytes(&path, "text/csv", part.concat()).await.expect(200);
    }
}

async fn exported(community: &Community, format: &str) -> String {
    let file = community.coordinator().get(&format!("/registers/disputes/file?format={format}")).await;
    assert_eq!(file.status, 200, "{}", file.text);
    file.text
}

async fn begun(community: &Community, format: &str) -> String {
    created(community.coordinator().post("/registers/disputes/imports", json!({"format": format})).await)
}

#[tokio::test]
async fn a_file_that_a_kill_interrupts_goes_on_and_comes_out_as_it_went_in() {
    let rows = std::env::var("YISHI_TESTS_ROWS").map_or(ROWS, |it| it.parse().expect("a number of rows"));
    let server = Setup::fresh().start().await;
    let mut community = Community::on(server.site(), 0).await;
    let lines = disputes(&community.city, rows);
    let import = begun(&community, "csv").await;
    let half = lines.len() / 2;
    let size = PART.min(lines.len() / 4 + 1);
    for (number, part) in (1..).zip(lines[..half].chunks(size)).take(half / size) {
        let path = format!("/imports/{import}/parts?number={number}");
        community.coordinator().post_bytes(&path, "text/csv", part.concat()).await.expect(200);
    }
    let folder = server.kill().await;
    let server = Setup::on(folder).start().await;
    community = community.moved(server.site());
    let far = community.coordinator().get(&format!("/imports/{import}")).await.expect(200);
    let parts = usize::try_from(far["parts"].as_u64().expect("a number")).expect("few");
    assert_eq!((parts, &far["faults"]), (half / size, &json!(0)), "{far}");
    send(&community, &import, &lines, parts).await;
    let preview = community.coordinator().get(&format!("/imports/{import}/preview")).await.expect(200);
    assert_eq!(preview, json!({"added": rows, "changed": 0, "unchanged": 0}));
    assert_eq!(exported(&community, "csv").await, lines[0], "a dry run changes nothing");
    let apply = format!("/imports/{import}/application");
    let applied = community.coordinator().post(&apply, json!({"mode": "all_or_nothing"})).await.expect(200);
    assert_eq!(applied, preview);
    community.coordinator().post(&apply, json!({"mode": "partial"})).await.refused(409, "import.applied");
    assert_eq!(exported(&community, "csv").await, lines.concat(), "it comes out as it went in");

    // Another, empty city takes the export, and gives the same bytes.
    let other = Community::on(server.site(), 0).await;
    let ours = exported(&community, "ndjson").await;
    let moved = ours.replace(&community.city.code(HOME), &other.city.code(HOME));
    let import = begun(&other, "ndjson").await;
    let all: Vec<_> = moved.split_inclusive('\n').collect();
    for (number, part) in (1..).zip(all.chunks(PART)) {
        let path = format!("/imports/{import}/parts?number={number}");
        other.coordinator().post_bytes(&path, "application/x-ndjson", part.concat()).await.expect(200);
    }
    let apply = format!("/imports/{import}/application");
    other.coordinator().post(&apply, json!({"mode": "all_or_nothing"})).await.expect(200);
    assert_eq!(exported(&other, "ndjson").await, moved);
}

#[tokio::test]
async fn one_bad_row_names_its_line_its_column_and_the_fix_and_nothing_of_the_file_is_taken() {
    let community = Community::gathered(0).await;
    let mut lines = disputes(&community.city, 400);
    lines[257] = lines[257].replace("2026-04-01", "2026-4-1");
    let import = begun(&community, "csv").await;
    send(&community, &import, &lines, 0).await;
    let apply = format!("/imports/{import}/application");
    let refused = community.coordinator().post(&apply, json!({"mode": "all_or_nothing"})).await;
    let faults = refused.refused(422, "request.faults")["faults"].clone();
    assert_eq!(faults.as_array().expect("faults").len(), 1);
    assert_eq!(
        (&faults[0]["field"], &faults[0]["fix"]),
        (&json!("line 258: settled_on"), &json!("give a day as 2026-01-31"))
    );
    assert_eq!(exported(&community, "csv").await.lines().count(), 1);
    let taken = community.coordinator().post(&apply, json!({"mode": "partial"})).await.expect(200);
    assert_eq!(taken["added"], 399);
    // What is wrong otherwise is told as well: a unit, a key that comes twice, a cell too many, a part too early, a header.
    let import = begun(&community, "csv").await;
    let parts = |number: u32| format!("/imports/{import}/parts?number={number}");
    let by = community.coordinator();
    by.post_bytes(&parts(2), "text/csv", lines[0].clone()).await.refused(409, "import.gap");
    by.post_bytes(&parts(1), "text/csv", "key,colour\n").await.refused(422, "import.bad_header");
    let text = format!("{}{}{}A,000000,漏水,2026-03-01,,\nB,1\n", lines[0], lines[1], lines[1]);
    by.post_bytes(&parts(1), "text/csv", text).await.expect(200);
    let told = by.get(&format!("/imports/{import}")).await.expect(200);
    let told: Vec<_> =
        told["listed"].as_array().expect("faults").iter().map(|it| (it["line"].clone(), it["field"].clone())).collect();
    assert_eq!(told, [(json!(3), json!("key")), (json!(4), json!("unit")), (json!(5), json!("line"))]);
}
