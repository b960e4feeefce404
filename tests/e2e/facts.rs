//! Facts of units: imported from files, all or nothing, and read as they were in force on a day.

use serde_json::json;
use yishi_tests::communities::{Community, HOME};

const CENSUS: &str = "unit,name,valid_from,source,number,age_band,sex,occupation,kind
330106002051,population,2020-11-01,第七次人口普查,1200,from18,female,,
330106002051,population,2020-11-01,第七次人口普查,900,from60,male,,
330106002051,population,2020-11-01,第七次人口普查,400,,,retired,
330106002052,population,2020-11-01,第七次人口普查,1000,,,,
330106002051,facilities,2026-01-01,街道台账,14,,,,lift
";

/// A list with the codes that units have in this city.
fn here(community: &Community, list: &str) -> String {
    [HOME, "330106002052"]
        .into_iter()
        .fold(list.to_owned(), |list, code| list.replace(code, &community.city.code(code)))
}

#[tokio::test]
async fn a_unit_is_known_by_the_version_that_is_in_force() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let unit = community.city.unit(HOME).await;
    let import = async |kind: &str, text: String| boss.post_bytes("/facts", kind, text).await;
    let made = import("text/csv", here(&community, CENSUS)).await.expect(201);
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(3), "rows of one unit, name and day are one version");
    let people = boss.get(&format!("/units/{unit}/population")).await.expect(200);
    assert_eq!(people["residents"], 2_100);
    assert_eq!(people["by_age_band"], json!({"from18": 1200, "from60": 900}));
    assert_eq!((&people["by_sex"]["male"], &people["by_occupation"]["retired"]), (&json!(900), &json!(400)));
    let street = community.city.unit("330106002").await;
    let people = boss.get(&format!("/units/{street}/population")).await.expect(200);
    assert_eq!((&people["residents"], people["from"].as_array().map(Vec::len)), (&json!(3_100), Some(2)));

    let row = json!({"unit": community.city.code(HOME), "name": "population", "valid_from": "2026-07-01", "source": "社区台账", "number": 2_250});
    import("application/x-ndjson", format!("{row}\n\n")).await.expect(201);
    let on = async |day: &str| boss.get(&format!("/units/{unit}/population?on={day}")).await;
    assert_eq!(on("2026-06-30").await.expect(200)["residents"], 2_100);
    assert_eq!(on("2026-07-01").await.expect(200)["residents"], 2_250);
    on("2019-01-01").await.refused(404, "fact.no_population");
    let versions = boss.get(&format!("/units/{unit}/facts/population")).await.expect(200);
    let days: Vec<_> = versions.as_array().expect("a list").iter().map(|it| it["valid_from"].clone()).collect();
    assert_eq!(days, ["2026-07-01", "2020-11-01"]);

    let topic = community.raised().await;
    let background = community.resident(0).get(&format!("/topics/{topic}/background")).await.expect(200);
    let lifts = background.as_array().expect("a list").iter().find(|it| it["name"] == "facilities").expect("known");
    assert_eq!(lifts["cells"], json!([{"groups": {"kind": "lift"}, "number": 14}]));
    assert_eq!(community.shown("fact.recorded", 4).await.len(), 4);
}

#[tokio::test]
async fn a_faulty_import_says_what_is_wrong_with_each_row_and_changes_nothing() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let bad =
        here(&community, CENSUS).replace(",1200,", ",viele,").replace(&community.city.code("330106002052"), "999");
    let problem = boss.post_bytes("/facts", "text/csv", bad.clone()).await.expect(422);
    assert_eq!(problem["faults"][0]["field"], "line 2.number", "{problem}");
    let bad = bad.replace(",viele,", ",1200,").replace("from60", "sixty");
    let problem = boss.post_bytes("/facts", "text/csv", bad).await.expect(422);
    let faults: Vec<_> =
        problem["faults"].as_array().expect("faults").iter().map(|it| (&it["field"], &it["code"])).collect();
    let expected = [("line 5.unit", "unit.unknown"), ("line 3.age_band", "fact.unknown_group")];
    assert_eq!(faults, expected.map(|(field, code)| (json!(field), json!(code))).each_ref().map(|(a, b)| (a, b)));
    let unit = community.city.unit(HOME).await;
    assert_eq!(boss.get(&format!("/units/{unit}/facts")).await.expect(200), json!([]));
    let fact = json!({"facts": [{"unit": community.city.code(HOME), "name": "population", "valid_from": "2026-01-01", "source": "台账", "cells": [
        {"number": 10}, {"number": 11},
    ]}]});
    let problem = boss.post("/facts", fact.clone()).await.expect(422);
    assert_eq!(problem["faults"][0]["field"], "facts[0].cells[1].number", "{problem}");
    community.resident(0).post("/facts", fact).await.refused(403, "session.forbidden");
}
