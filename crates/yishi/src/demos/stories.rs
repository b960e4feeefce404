//! The story of one topic, from its raising to its end, as the people of a city live it.

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};
use yishi_domain::MemberId;
use yishi_service::tokens::Bearer;

use super::{
    callers::Service,
    reports::{self, Told},
};
use crate::{callers::Caller, rule_sets};

/// A city with the rules that it chose.
pub struct City {
    /// Its slug.
    pub tenant: &'static str,
    /// The rule set.
    pub rule_set: &'static str,
    /// Its configuration.
    pub configuration: Value,
}

/// The flats of the building: voting unit, floor area in hundredths of a square metre, what it says, and whether on paper.
const FLATS: [(&str, u64, Option<&str>, bool); 12] = [
    ("1-101", 5_500, Some("in_favour"), false),
    ("1-102", 5_500, Some("in_favour"), false),
    ("1-201", 5_500, Some("in_favour"), false),
    ("1-202", 5_500, Some("in_favour"), false),
    ("1-301", 5_500, Some("in_favour"), false),
    ("1-302", 5_500, Some("in_favour"), true),
    ("1-401", 5_500, Some("in_favour"), true),
    ("1-402", 5_500, Some("in_favour"), true),
    ("1-501", 25_000, Some("against"), false),
    ("1-502", 25_000, Some("against"), true),
    ("1-601", 13_000, None, false),
    ("1-602", 13_000, None, false),
];

struct Cast<'a> {
    service: &'a Service<'a>,
    tenant: &'static str,
    unit: Value,
    boss: Caller,
    coordinator: Caller,
    officer: Caller,
    witness: String,
    residents: Vec<String>,
}

/// Tells the story in a city. Each request carries a key, so that a second telling finds what the first one did.
pub async fn tell(service: &Service<'_>, city: &City) -> Result<Told> {
    let cast = Cast::gather(service, city).await?;
    let rules = activate(&cast, city).await?;
    let (topic, raised_at, raised) = raise(&cast).await?;
    deliberate(&cast, &topic, raised_at).await?;
    let (ballot, twice) = vote(&cast, &topic).await?;
    let resolution = decide(&cast, &ballot).await?;
    if let Some(resolution) = &resolution {
        carry_out(&cast, resolution, raised_at).await?;
    }
    let seen = reports::Seen { rules, raised, topic, ballot, resolution, twice };
    reports::gather(service, city.tenant, &cast.boss, seen).await
}

impl<'a> Cast<'a> {
    async fn gather(service: &'a Service<'a>, city: &City) -> Result<Self> {
        let tenant = city.tenant;
        ensure!(
            service.tenant(tenant).await?["mode"] == "sandbox",
            "the tenant {tenant} is in earnest; the story needs a sandbox: choose another --data-dir"
        );
        let path = format!("/platform/tenants/{tenant}/administrators");
        let boss = service.operator().create(&path, "demo-administrator", &json!({"name": "王芳"})).await?;
        let boss = member(service, tenant, &boss)?;
        let page = boss.get(&format!("/v1/{tenant}/units?level=community&limit=1")).await?;
        let unit = page["items"][0].clone();
        let person = |name: &str| json!({"name": name, "unit": unit["id"]});
        let mut people = vec![person("李明"), person("陈静"), person("赵强")];
        people.extend(FLATS.iter().map(|(flat, ..)| person(&format!("{flat} 业主"))));
        let path = format!("/v1/{tenant}/members");
        let ids = boss.post_once(&path, "demo-members", &json!({"members": people})).await?["ids"].clone();
        let ids: Vec<String> = serde_json::from_value(ids)?;
        let [coordinator, officer, witness, residents @ ..] = ids.as_slice() else {
            anyhow::bail!("the members were not created")
        };
        let roles = [(coordinator, "coordinator"), (officer, "officer")];
        for (member, role) in roles.into_iter().chain(residents.iter().map(|it| (it, "resident"))) {
            let grant = json!({"member": member, "unit": unit["id"], "role": role});
            boss.post_once(&format!("/v1/{tenant}/grants"), &format!("demo-grant-{member}"), &grant).await?;
        }
        Ok(Self {
            coordinator: member(service, tenant, coordinator)?,
            officer: member(service, tenant, officer)?,
            witness: witness.clone(),
            residents: residents.to_vec(),
            service,
            tenant,
            unit,
            boss,
        })
    }

    fn resident(&self, i: usize) -> Result<Caller> {
        member(self.service, self.tenant, &self.residents[i])
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/{}{rest}", self.tenant)
    }

    async fn advance(&self, key: &str, hours: u32) -> Result<()> {
        self.boss.post_once(&self.path("/sandbox/clock"), key, &json!({"hours": hours})).await.map(drop)
    }
}

fn member(service: &Service<'_>, tenant: &str, id: &str) -> Result<Caller> {
    let member: MemberId = id.parse().context("a member's identifier")?;
    Ok(service.caller(&Bearer::Member { tenant: tenant.into(), member }))
}

async fn activate(cast: &Cast<'_>, city: &City) -> Result<Value> {
    let uploaded = cast.boss.upload(&cast.path("/rule-sets"), rule_sets::component(city.rule_set)?.to_vec()).await?;
    let digest = uploaded["digest"].as_str().context("an upload answers with a digest")?;
    let path = cast.path(&format!("/rule-sets/{digest}"));
    let body = json!({"configuration": city.configuration});
    cast.boss.create(&format!("{path}/activations"), "demo-activation", &body).await?;
    cast.boss.get(&path).await
}

/// Three topics by three channels: one goes on, one waits in the pool, one is rejected with a reason.
async fn raise(cast: &Cast<'_>) -> Result<(String, DateTime<Utc>, Vec<String>)> {
    let topics = cast.path("/topics");
    let topic = |title: &str, body: &str, channel: &str, behalf: Option<&String>| {
        json!({
            "unit": cast.unit["id"], "title": title, "body": body, "channel": channel, "on_behalf_of": behalf,
        })
    };
    let contract = topic("续聘物业服务企业", "现物业服务合同下月到期，建议业主共同决定是否续聘三年。", "online", None);
    let contract = cast.resident(0)?.create(&topics, "demo-topic-online", &contract).await?;
    let lights = topic("楼道灯不亮", "入户走访时老人反映三楼楼道灯坏了两周。", "home_visit", Some(&cast.residents[7]));
    let lights = cast.coordinator.create(&topics, "demo-topic-home-visit", &lights).await?;
    let ring = topic("调整全市地铁票价", "来电人建议下调地铁票价。", "hotline", None);
    let ring = cast.coordinator.create(&topics, "demo-topic-hotline", &ring).await?;

    let step = |id: &str, step: &str| cast.path(&format!("/topics/{id}/{step}"));
    let accept = json!({"category": "property", "significance": "major"});
    cast.coordinator.post_once(&step(&contract, "acceptance"), "demo-accept", &accept).await?;
    cast.coordinator
        .post_once(&step(&lights, "acceptance"), "demo-accept-2", &json!({"category": "facilities"}))
        .await?;
    let reason = json!({"reason": "票价由市级部门定价，不属于社区议事范围，已转送市交通运输局。"});
    cast.coordinator.post_once(&step(&ring, "rejection"), "demo-reject", &reason).await?;

    let raised = cast.boss.get(&cast.path(&format!("/topics/{contract}"))).await?;
    let raised_at = raised["raised_at"].as_str().context("an instant")?.parse()?;
    Ok((contract.clone(), raised_at, vec![contract, lights, ring]))
}

async fn deliberate(cast: &Cast<'_>, topic: &str, raised_at: DateTime<Utc>) -> Result<()> {
    let coordinator = &cast.coordinator;
    let meeting = json!({"place": "社区议事厅", "starts_at": instant(raised_at + Duration::hours(20))});
    let path = cast.path(&format!("/topics/{topic}/meetings"));
    let meeting = coordinator.create(&path, "demo-meeting", &meeting).await?;
    cast.advance("demo-clock-meeting", 24).await?;
    let present =
        |(i, id): (usize, &String)| json!({"member": id, "presence": if i < 7 { "on_site" } else { "online" }});
    let present: Vec<_> = cast.residents.iter().take(9).enumerate().map(present).collect();
    let path = cast.path(&format!("/meetings/{meeting}"));
    let list = json!({"attendances": present});
    coordinator.post_once(&format!("{path}/attendances"), "demo-attendance", &list).await?;
    let minutes =
        json!({"text": "与会九人。物业企业说明三年服务方案与收费；多数同意续聘，两户认为收费偏高。提交业主共同决定。"});
    coordinator.post_once(&format!("{path}/minutes"), "demo-minutes", &minutes).await?;
    coordinator.post_once(&format!("{path}/minutes/adoption"), "demo-adoption", &Value::Null).await.map(drop)
}

/// The ballot: the rule is there before the first vote, some vote online and some on paper, and nobody twice.
async fn vote(cast: &Cast<'_>, topic: &str) -> Result<(String, (u16, String))> {
    let flats = FLATS.iter().zip(&cast.residents);
    let roll: Vec<_> = flats
        .clone()
        .map(|((flat, area, ..), owner)| json!({"voting_unit": flat, "floor_area": area, "agents": [owner]}))
        .collect();
    let ballot = json!({
        "question": "是否续聘现物业服务企业三年？",
        "matter": "property_service",
        "electorate": "owners",
        "roll": roll,
    });
    let path = cast.path(&format!("/topics/{topic}/ballots"));
    let id = cast.coordinator.create(&path, "demo-ballot", &ballot).await?;
    let path = cast.path(&format!("/ballots/{id}"));
    for (i, ((flat, _, choice, _), _)) in
        flats.clone().enumerate().filter(|(_, ((_, _, choice, paper), _))| choice.is_some() && !paper)
    {
        let vote = json!({"voting_unit": flat, "choice": choice});
        cast.resident(i)?.post_once(&format!("{path}/votes"), "demo-vote", &vote).await?;
    }
    let papers: Vec<_> = FLATS
        .iter()
        .filter(|(.., paper)| *paper)
        .map(|(flat, _, choice, _)| json!({"voting_unit": flat, "choice": choice}))
        .collect();
    let batch = json!({
        "station": "1号楼大堂",
        "witness": cast.witness,
        "scan_reference": "scans/1.pdf",
        "control": {"papers": 4, "in_favour": 3, "against": 1, "abstained": 0},
        "papers": papers,
    });
    cast.coordinator.post_once(&format!("{path}/batches"), "demo-batch", &batch).await?;
    let again = json!({"voting_unit": FLATS[0].0, "choice": "against"});
    let twice = cast.resident(0)?.refused(&format!("{path}/votes"), &again).await?;
    Ok((id, twice))
}

/// The ballot closes when its window ends; it is counted from the record, and the city's rules decide.
async fn decide(cast: &Cast<'_>, ballot: &str) -> Result<Option<String>> {
    cast.advance("demo-clock-ballot", 73).await?;
    let path = cast.path(&format!("/ballots/{ballot}/count"));
    let ended = cast.coordinator.post_once(&path, "demo-count", &Value::Null).await?;
    Ok(ended["resolution"].as_str().map(str::to_owned))
}

/// The three lists, a deadline missed, an escalation by the rules, completion, bad ratings, and deliberation again.
async fn carry_out(cast: &Cast<'_>, resolution: &str, raised_at: DateTime<Utc>) -> Result<()> {
    let path = cast.path(&format!("/resolutions/{resolution}"));
    let lists = json!({
        "responsibility": {"lead_unit": cast.unit["id"], "first_responsible_post": "社区居委会主任"},
        "resources": {"budget_fen": 3_600_000, "source_of_funds": "业主物业费"},
        "deadlines": {
            "due_at": instant(raised_at + Duration::days(10)),
            "milestones": [{"name": "签订合同", "due_at": instant(raised_at + Duration::days(7))}],
        },
    });
    cast.coordinator.post_once(&format!("{path}/lists"), "demo-lists", &lists).await?;
    cast.advance("demo-clock-overdue", 200).await?;
    let evidence = json!({"evidence": "合同已签订，服务交接单见附件。"});
    cast.officer.post_once(&format!("{path}/completion"), "demo-completion", &evidence).await?;
    for (i, score) in [20, 30, 25].into_iter().enumerate() {
        let rating = json!({"score": score, "words": "保洁不及时。"});
        cast.resident(i)?.post_once(&format!("{path}/ratings"), "demo-rating", &rating).await?;
    }
    cast.advance("demo-clock-survey", 169).await
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
