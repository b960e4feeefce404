//! Units that are moved and merged: what they did counts where they lie, and what was disclosed stays.

use serde_json::{Value, json};
use yishi_tests::{
    communities::{Community, HOME, text},
    programs,
    reports::{figure, of_group},
    servers::Setup,
};

use crate::money::{fund, quarter_of, wait};

const NEIGHBOUR: &str = "330106002052";
const STREET: &str = "330106002";
const OTHER_STREET: &str = "330106004";
const FAR: &str = "330102001051";

/// How many topics are counted in a unit.
async fn topics(community: &Community, unit: &str) -> i64 {
    let report = community.report(&format!("unit={unit}&indicators=topics")).await;
    figure(&report, "topics").0
}

#[tokio::test]
async fn a_community_that_is_moved_and_then_merged_counts_where_it_lies_with_all_that_it_did() {
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 2).await;
    let boss = community.boss().await;
    let unit = async |code: &str| community.city.unit(code).await.to_owned();
    let (home, neighbour, far) = (unit(HOME).await, unit(NEIGHBOUR).await, unit(FAR).await);
    let (street, other, district) = (unit(STREET).await, unit(OTHER_STREET).await, unit("330106").await);
    community.done().await;
    assert_eq!((topics(&community, &street).await, topics(&community, &other).await), (1, 0));
    let before = community.report("level=community&indicators=topics,meetings").await;
    assert_eq!(before["units"].as_array().map(Vec::len), Some(3), "{before}");

    // What is disclosed of a quarter stays, wherever a unit goes later.
    let (_, path, _) = fund(&community, json!({"kind": "donations"})).await;
    let donation = json!({"unit": home, "amount_fen": 5_000, "note": "辖区企业捐赠"});
    boss.post(&format!("{path}/donations"), donation).await.expect(201);
    let (quarter, hours) = quarter_of(&community.city.advance_clock(1).await);
    wait(&community, hours).await;
    let public = community.city.public();
    let disclosed = async |unit: &str| public.get(&format!("/units/{unit}/disclosures/{quarter}")).await.expect(200);
    let mut told = Vec::new();
    for unit in [&home, &neighbour, &street, &other, &district] {
        told.push(disclosed(unit).await);
    }

    let to = |under: &str| json!({"under": under});
    let path = format!("/units/{home}/move");
    community.resident(0).post(&path, to(&other)).await.refused(403, "session.forbidden");
    for (under, code) in
        [(&neighbour, "unit.wrong_level"), (&home, "unit.below_itself"), (&community.residents[0].id, "unit.unknown")]
    {
        let refused = boss.post(&path, to(under)).await.refused(422, code);
        assert_eq!(refused["field"], "under", "{refused}");
    }
    let root = unit("3301").await;
    boss.post(&format!("/units/{root}/move"), to(&street)).await.refused(409, "unit.is_root");
    boss.post(&path, to(&street)).await.refused(409, "unit.there");
    let moved = boss.post(&path, to(&other)).await.expect(200);
    assert_eq!(moved["parent"], other.as_str(), "{moved}");
    assert!(text(&moved["path"]).contains(&format!("/{}/", community.city.code(OTHER_STREET))), "{moved}");
    assert_eq!(
        (topics(&community, &street).await, topics(&community, &other).await),
        (0, 1),
        "it takes its past along"
    );
    assert_eq!(topics(&community, &district).await, 1);

    let into = |unit: &str| json!({"into": unit});
    let path = format!("/units/{home}/merge");
    boss.post(&path, into(&street)).await.refused(422, "unit.wrong_level");
    let merged = boss.post(&path, into(&neighbour)).await.expect(200);
    assert_eq!((&merged["merged_into"], &merged["parent"]), (&json!(neighbour), &json!(neighbour)), "{merged}");
    let after = community.report("level=community&indicators=topics,meetings").await;
    let units = after["units"].as_array().expect("units");
    assert_eq!(units.len(), 2, "it is no community of its own any more: {after}");
    let of = |id: &str| units.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("{id} in {after}"));
    assert_eq!(of_group(of(&neighbour), "topics", &Value::Null), (1, Some(1)), "and its past is the other one's");
    assert_eq!(of_group(of(&far), "topics", &Value::Null), (0, Some(1)));
    let street_now = community.report(&format!("unit={street}&indicators=meetings")).await;
    assert_eq!(figure(&street_now, "meetings"), (1, Some(1)), "of one community");

    // Nothing new begins there, and nothing else is done to it.
    let mut topic = community.topic().await;
    topic["unit"] = json!(home);
    let refused = community.resident(1).post("/topics", topic).await.refused(422, "unit.merged");
    assert!(text(&refused["fix"]).contains(&neighbour), "{refused}");
    boss.post(&path, into(&neighbour)).await.refused(409, "unit.merged");
    boss.post(&format!("/units/{neighbour}/merge"), into(&home)).await.refused(422, "unit.merged");
    for (unit, told) in [&home, &neighbour, &street, &other, &district].into_iter().zip(&told) {
        assert_eq!(&disclosed(unit).await, told, "what was disclosed comes out as it did");
    }
    let kinds = community.shown("unit.merged", 1).await;
    assert_eq!(kinds[0]["body"]["into"], neighbour.as_str());
    community.shown("unit.moved", 1).await;

    let folder = server.stop().await;
    let data_dir = folder.path().to_str().expect("a plain name").to_owned();
    let told = programs::run(["reports", "recount", "--json", "--data-dir", &data_dir]).await.done();
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told[0]["equal"], &told[0]["repaired"]), (&json!(true), &json!(false)), "{told}");
}
