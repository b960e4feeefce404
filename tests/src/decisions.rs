//! A decision, with all that has to come before it: raised, accepted, deliberated, voted on paper, counted.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::cities::City;

/// The flats of the building: floor area in hundredths of a square metre, and what its owner says.
const FLATS: [(u64, Option<&str>); 12] = [
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (5_500, Some("in_favour")),
    (25_000, Some("against")),
    (25_000, Some("against")),
    (13_000, None),
    (13_000, None),
];

/// Whether to keep the property management company: eight owners of twelve for it with 440 m² of 940 m² that voted, two against.
///
/// Gives the ballot after its verdict. The window of the rules in force must be 72 hours.
pub async fn decided(city: &City) -> Value {
    let unit = "330106002051";
    let coordinator = city.member("李明", unit).await;
    city.grant(&coordinator, unit, "coordinator").await;
    let (witness, owner) = (city.member("赵强", unit).await, city.member("1-101 业主", unit).await);
    city.grant(&owner, unit, "resident").await;
    let by = city.by(&coordinator);
    let id = |created: &Value| created["ids"][0].as_str().expect("an id").to_owned();

    let topic = json!({
        "unit": city.unit(unit).await, "title": "续聘物业服务企业", "body": "合同下月到期，建议共同决定。", "channel": "online",
    });
    let topic = id(&city.by(&owner).post("/topics", topic).await.expect(201));
    let path = format!("/topics/{topic}");
    let accept = json!({"category": "property", "significance": "major"});
    by.post(&format!("{path}/acceptance"), accept).await.expect(200);
    let raised = by.get(&path).await.expect(200);
    let raised: DateTime<Utc> = raised["raised_at"].as_str().expect("an instant").parse().expect("an instant");
    let starts_at = (raised + TimeDelta::hours(20)).to_rfc3339_opts(SecondsFormat::Micros, true);
    let meeting = json!({"place": "社区议事厅", "starts_at": starts_at});
    let meeting = id(&by.post(&format!("{path}/meetings"), meeting).await.expect(201));
    city.advance_clock(24).await;
    let present = json!({"attendances": [{"member": owner.id, "presence": "on_site"}]});
    by.post(&format!("/meetings/{meeting}/attendances"), present).await.expect(200);
    let minutes = json!({"text": "多数同意续聘。提交业主共同决定。"});
    by.post(&format!("/meetings/{meeting}/minutes"), minutes).await.expect(200);
    by.post(&format!("/meetings/{meeting}/minutes/adoption"), Value::Null).await.expect(200);

    let name = |i: usize| format!("1-{}", 101 + i);
    let unit = |(i, (area, _)): (usize, &(u64, Option<&str>))| json!({"voting_unit": name(i), "floor_area": area});
    let ballot = json!({
        "question": "是否续聘现物业服务企业三年？",
        "matter": "property_service",
        "electorate": "owners",
        "roll": FLATS.iter().enumerate().map(unit).collect::<Vec<_>>(),
    });
    let ballot = id(&by.post(&format!("{path}/ballots"), ballot).await.expect(201));
    let path = format!("/ballots/{ballot}");
    let paper = |(i, (_, choice)): (usize, &(u64, Option<&str>))| {
        choice.map(|choice| json!({"voting_unit": name(i), "choice": choice}))
    };
    let batch = json!({
        "station": "1号楼大堂",
        "witness": witness.id,
        "scan_reference": "scans/1.pdf",
        "control": {"papers": 10, "in_favour": 8, "against": 2, "abstained": 0},
        "papers": FLATS.iter().enumerate().filter_map(paper).collect::<Vec<_>>(),
    });
    by.post(&format!("{path}/batches"), batch).await.expect(201);
    city.advance_clock(73).await;
    by.post(&format!("{path}/count"), Value::Null).await.expect(200);
    by.get(&path).await.expect(200)
}
