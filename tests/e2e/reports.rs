//! Reports: every figure of a small history, as it is counted by hand, and how figures follow what is corrected.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
    programs,
    reports::{figure, of_group, whole},
    servers::Setup,
};

const POPULATION: &str = "unit,name,valid_from,source,number,age_band
330106002051,population,2020-01-01,台账,6,from18
330106002051,population,2020-01-01,台账,4,from60
330106002052,population,2020-01-01,台账,30,
";

/// Says who lives in two communities.
async fn inhabit(community: &Community) {
    let list = [HOME, "330106002052"]
        .into_iter()
        .fold(POPULATION.to_owned(), |list, code| list.replace(code, &community.city.code(code)));
    community.boss().await.post_bytes("/facts", "text/csv", list).await.expect(201);
}

/// One case from submission to a rated result, and one that is rejected.
async fn history(community: &Community) -> (String, String) {
    let adopted = community.done().await;
    community.rate(0, &adopted.resolution, 90).await.expect(204);
    community.rate(1, &adopted.resolution, 81).await.expect(204);
    community.city.advance_clock(7 * 24 + 1).await;
    let rejected = created(community.resident(1).post("/topics", community.topic().await).await);
    let reason = json!({"reason": "不属于本社区。"});
    community.coordinator().post(&format!("/topics/{rejected}/rejection"), reason).await.expect(200);
    (adopted.topic, rejected)
}

#[tokio::test]
async fn the_figures_of_a_small_history_are_those_that_are_counted_by_hand() {
    let community = Community::gathered(3).await;
    inhabit(&community).await;
    let (topic, rejected) = history(&community).await;
    let home = community.city.unit(HOME).await.to_owned();
    let report = community.report(&format!("unit={home}&groups=true&compare=siblings,previous")).await;
    for (indicator, numerator, denominator) in [
        ("meetings", 1, Some(1)),
        ("topics", 2, Some(1)),
        ("response_rate", 1, Some(2)),
        ("answer_rate", 2, Some(2)),
        ("procedural_compliance", 1, Some(1)),
        ("participation_rate", 3, Some(10)),
        ("funnel_deliberated", 1, Some(2)),
        ("funnel_decided", 1, Some(2)),
        ("funnel_carried_out", 1, Some(2)),
        ("funnel_rated", 1, Some(2)),
        ("conversion_rate", 1, Some(1)),
        ("overdue", 0, Some(1)),
        ("satisfaction", 171, Some(2)),
        ("digital_coverage", 1, Some(1)),
        ("coverage", 1, Some(1)),
        ("escalations", 0, None),
    ] {
        assert_eq!(figure(&report, indicator), (numerator, denominator), "{indicator} in {report}");
    }
    let unit = &report["units"][0];
    assert_eq!(of_group(unit, "vote_channels", &json!("online")), (3, Some(3)));
    assert_eq!(of_group(unit, "response_rate", &json!("online")), (1, Some(2)));
    assert_eq!(of_group(unit, "structure_presence", &json!("on_site")), (1, Some(1)));
    let old = whole(unit, "structure_age", &json!("from60"));
    assert_eq!((&old["residents"], &old["residents_of"]), (&json!(4), &json!(10)), "nobody of them came: {old}");
    let cycle = whole(unit, "cycle_time", &Value::Null);
    assert_eq!(cycle["cases"], 1);
    let satisfied = whole(unit, "satisfaction", &Value::Null);
    assert_eq!((&satisfied["per_mille"], &satisfied["previous"]["denominator"]), (&json!(85_500), &json!(0)));
    let answered = whole(unit, "topics", &Value::Null);
    assert_eq!((&answered["siblings"]["place"], &answered["siblings"]["above"]["numerator"]), (&json!(1), &json!(2)));

    // The same from the city's end: its communities one by one, and all of them together.
    let city = community.report("").await;
    assert_eq!(figure(&city, "participation_rate"), (3, Some(40)));
    assert_eq!(figure(&city, "response_rate"), (1, Some(2)));
    let communities = figure(&city, "meetings").1.expect("communities");
    assert_eq!(figure(&city, "coverage"), (1, Some(communities)));
    let listed = community.report("level=community&indicators=topics,participation_rate&limit=500").await;
    let units = listed["units"].as_array().expect("units");
    assert_eq!(units.len() as i64, communities);
    let sum: i64 = units.iter().map(|it| of_group(it, "topics", &Value::Null).0).sum();
    assert_eq!(sum, 2, "{listed}");

    let behind = async |indicator: &str| {
        let page =
            community.read(&format!("/reports/cases?indicator={indicator}&period={}", community.years().await)).await;
        page["items"].as_array().expect("a list").iter().map(|it| text(&it["topic"])).collect::<Vec<_>>()
    };
    assert_eq!(behind("response_rate").await, [topic.as_str()]);
    assert_eq!(behind("topics").await, [topic.as_str(), rejected.as_str()]);
    assert_eq!(behind("conversion_rate").await, [topic.as_str()]);
    community.resident(0).get("/reports/cases?indicator=topics").await.refused(403, "session.forbidden");
    let problem = community.boss().await.get("/reports/cases?indicator=brands").await.refused(422, "report.no_cases");
    assert_eq!(problem["field"], "indicator");
}

#[tokio::test]
async fn figures_follow_what_is_corrected_and_what_is_taken_back() {
    let community = Community::gathered(3).await;
    inhabit(&community).await;
    let (_, ballot) = community.opened().await;
    community.vote(0, &ballot, "against").await.expect(201);
    let batch =
        created(community.coordinator().post(&format!("/ballots/{ballot}/batches"), community.batch(1..3)).await);
    let report = community.report("").await;
    let channels = |report: &Value| of_group(&report["units"][0], "vote_channels", &json!("paper")).0;
    assert_eq!((channels(&report), figure(&report, "participation_rate").0), (2, 3), "{report}");
    let path = format!("/ballots/{ballot}/batches/{batch}/voiding");
    community.coordinator().post(&path, json!({"reason": "重复录入。"})).await.expect(204);
    let report = community.report("").await;
    assert_eq!(of_group(&report["units"][0], "vote_channels", &json!("online")), (1, Some(1)), "{report}");
    assert_eq!(figure(&report, "participation_rate").0, 1, "who stood in the batch alone did not take part");

    let boss = community.boss().await;
    let row = async |key: &str, fields: Value| {
        let row = json!({"unit": community.city.code(HOME), "fields": fields});
        boss.put(&format!("/registers/disputes/rows/{key}"), row).await.expect(200);
    };
    let day = &community.years().await[12..22];
    row("d-1", json!({"title": "楼上漏水", "brought_on": day})).await;
    row("d-2", json!({"title": "车位", "brought_on": day, "settled_on": day, "by_deliberation": "no"})).await;
    assert_eq!(figure(&community.report("").await, "disputes_resolved"), (0, Some(2)));
    row("d-1", json!({"title": "楼上漏水", "brought_on": day, "settled_on": day, "by_deliberation": "yes"})).await;
    row("d-2", json!({"title": "车位", "brought_on": "2001-01-01", "settled_on": day, "by_deliberation": "yes"})).await;
    assert_eq!(figure(&community.report("").await, "disputes_resolved"), (1, Some(1)), "it belongs to another year");
    assert_eq!(figure(&community.read("/reports?period=2001-Q1").await, "disputes_resolved"), (1, Some(1)));
}

#[tokio::test]
async fn a_report_comes_as_json_csv_and_ndjson_and_is_not_sent_again_while_nothing_was_counted() {
    let community = Community::gathered(1).await;
    community.raised().await;
    community.counted().await;
    let boss = community.boss().await;
    let path = "/reports?indicators=topics,satisfaction&level=street";
    let first = boss.get(path).await;
    let tag = first.header("etag").to_owned();
    let report = first.expect(200);
    assert_eq!(boss.get_with(path, &[("if-none-match", &tag)]).await.status, 304, "{tag}");
    let streets = report["units"].as_array().expect("units").len();
    let csv = boss.get("/reports/file?indicators=topics,satisfaction&level=street").await;
    assert_eq!((csv.status, csv.text.lines().count()), (200, 1 + 2 * streets), "{}", csv.text);
    assert!(
        csv.text.starts_with("unit,name,level,indicator,version,group,scale,numerator,denominator,"),
        "{}",
        csv.text
    );
    assert!(csv.header("content-disposition").contains(".csv"));
    let lines = boss.get("/reports/file?indicators=topics,satisfaction&level=street&format=ndjson").await;
    let read: Vec<Value> = lines.text.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    assert_eq!(
        read.iter().filter(|it| it["indicator"] == "topics").map(|it| it["numerator"].as_i64()).sum::<Option<i64>>(),
        Some(1)
    );
    community.raised().await;
    community.counted().await;
    assert_eq!(boss.get_with(path, &[("if-none-match", &tag)]).await.status, 200);
    let pages = boss.get("/reports?indicators=topics&level=community&limit=1").await.expect(200);
    let next = text(&pages["next"]);
    let second =
        boss.get(&format!("/reports?indicators=topics&level=community&limit=1&cursor={next}")).await.expect(200);
    assert_ne!(pages["units"][0]["code"], second["units"][0]["code"]);

    let known = boss.get("/indicators").await.expect(200);
    let meetings = known.as_array().expect("a list").iter().find(|it| it["id"] == "meetings").expect("meetings");
    assert_eq!(meetings["targets"][1], json!({"phase": "2027", "at_most": false, "numerator": 12, "denominator": 1}));
    let quarter = boss.get("/reports?indicators=meetings&period=2026-Q1").await.expect(200);
    let target = &quarter["units"][0]["figures"][0]["target"];
    assert_eq!(
        (&target["numerator"], &target["denominator"], &target["reached"]),
        (&json!(24), &json!(12), &json!(false))
    );
    for (query, code, field) in [
        ("period=2026-Q5", "report.bad_period", "period"),
        ("indicators=happiness", "report.unknown_indicator", "indicators"),
        ("compare=others", "report.bad_comparison", "compare"),
    ] {
        let problem = boss.get(&format!("/reports?{query}")).await.refused(422, code);
        assert_eq!(problem["field"], field);
        assert!(problem["fix"].as_str().is_some_and(|it| !it.is_empty()), "{problem}");
    }
}

#[tokio::test]
async fn a_recount_from_the_events_comes_to_what_is_kept_also_after_a_restart() {
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 3).await;
    inhabit(&community).await;
    history(&community).await;
    let before = community.report("").await;
    let folder = server.stop().await;
    let data_dir = folder.path().to_str().expect("a plain name").to_owned();
    let recount = ["reports", "recount", "--json", "--data-dir", &data_dir];
    let told: Value = serde_json::from_str(&programs::run(recount).await.done()).expect("JSON");
    assert_eq!((&told[0]["equal"], &told[0]["repaired"]), (&json!(true), &json!(false)), "{told}");
    assert!(told[0]["events"].as_u64() >= before["position"].as_u64(), "{told}");
    let said = programs::run(["reports", "recount", "--tenant", "none", "--data-dir", &data_dir]).await.failed(1);
    assert!(said.contains("there is no tenant none"), "{said}");
}

#[tokio::test]
async fn a_community_is_rated_by_the_published_formula_and_listed_by_the_published_rule() {
    let community = Community::gathered(3).await;
    inhabit(&community).await;
    history(&community).await;
    community.counted().await;
    let boss = community.boss().await;
    let (home, period) = (community.city.unit(HOME).await, community.years().await);
    let formula = boss.get("/star-formula").await.expect(200);
    let sheet = boss.get(&format!("/units/{home}/sheet?period={period}")).await.expect(200);
    assert_eq!((&sheet["formula"], &sheet["from"]), (&formula["version"], &json!(&period[..10])));
    // The formula as anybody computes it from the sheet, in whole numbers.
    let number = |it: &Value| it.as_i64().expect("a number");
    let (mut sum, mut weight) = (0, 0);
    for (part, known) in
        sheet["parts"].as_array().expect("parts").iter().zip(formula["parts"].as_array().expect("parts"))
    {
        assert_eq!((&part["indicator"], &part["weight"]), (&known["indicator"], &known["weight"]));
        let (of, asked) = (number(&part["target_denominator"]), number(&part["target_numerator"]));
        let denominator = part["denominator"].as_i64().unwrap_or(1);
        if denominator > 0 {
            let reached = (number(&part["numerator"]) * of * 1_000 / (denominator * asked)).min(1_000);
            assert_eq!(part["points"], reached * number(&part["weight"]), "{part}");
            sum += number(&part["points"]);
            weight += number(&part["weight"]);
        } else {
            assert_eq!(part["points"], Value::Null, "nothing was measured: {part}");
        }
    }
    assert_eq!(sheet["total"], sum / weight, "{sheet}");
    let stars = formula["stars"].as_array().expect("bounds").iter().filter(|it| sum / weight >= number(it)).count();
    assert_eq!(sheet["stars"], stars, "{sheet}");

    let league = boss.get(&format!("/league?period={period}")).await.expect(200);
    let places = league["items"].as_array().expect("a list");
    assert_eq!(
        (&places[0]["unit"], &places[0]["place"], &places[0]["total"]),
        (&json!(home), &json!(1), &sheet["total"])
    );
    let totals: Vec<_> = places.iter().map(|it| it["total"].as_i64().unwrap_or(-1)).collect();
    assert!(totals.is_sorted_by(|a, b| a >= b), "{league}");
    let first = boss.get(&format!("/league?period={period}&limit=1")).await.expect(200);
    let next = text(&first["next"]);
    let second = boss.get(&format!("/league?period={period}&limit=1&cursor={next}")).await.expect(200);
    assert_eq!(second["items"][0]["unit"], places[1]["unit"]);
}
