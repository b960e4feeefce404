//! An election as a case of a sandbox city: raised, deliberated, cast vote by vote, counted; and what it comes to beside what its file states.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use yishi_domain::{
    MemberId,
    voting::{
        Choice, Completion, EqualShares, Measure, Method, Procedure, Selection, Tie, Utility, VotingRule,
        contests::{self, Paper},
    },
};
use yishi_service::{App, tokens::Bearer};

use super::files::{Election, Vote};
use crate::{
    callers::{Caller, made},
    demos::callers::Service,
    rule_sets,
};

/// How many votes, papers or voting units one request has.
const ROWS: usize = 1_000;

/// A procedure that spends a budget.
type Spending = fn(u64) -> Procedure;

/// The procedures that can be asked for.
pub const PROCEDURES: [(&str, Spending); 5] = [
    ("greedy_skip", Procedure::GreedySkip),
    ("greedy_stop", Procedure::GreedyStop),
    ("equal_shares_cost", |budget| shares(budget, Utility::Cost)),
    ("equal_shares_number", |budget| shares(budget, Utility::Number)),
    ("equal_shares_points", |budget| shares(budget, Utility::Points)),
];

const fn shares(budget: u64, utility: Utility) -> Procedure {
    Procedure::EqualShares(EqualShares { budget, utility, completion: Completion::None })
}

/// What an election came to.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// Its file.
    pub file: String,
    /// Its ballot.
    pub ballot: String,
    /// How many votes were counted.
    pub votes: u64,
    /// Whether every project has the votes or points that its file states, of which there are as many as the file has.
    pub votes_equal: bool,
    /// The procedure and how ties are broken.
    pub procedure: String,
    /// The projects that are funded.
    pub winners: Vec<String>,
    /// Whether these are the official ones, where the file states any.
    pub winners_equal: Option<bool>,
}

/// Somebody who runs elections in a city, and votes for everybody there.
pub struct Importer {
    tenant: String,
    by: Caller,
    member: String,
    witness: String,
    unit: Value,
    rules: String,
}

impl Importer {
    /// Gathers whom it takes.
    pub async fn begin(app: &Arc<App>, base: &str, tenant: &str) -> Result<Self> {
        let service = Service::new(app, base);
        let operator = service.caller(&Bearer::Operator("import".into()));
        let found = operator.get(&format!("/platform/tenants/{tenant}")).await?;
        ensure!(found["mode"] == "sandbox", "the tenant {tenant} is in earnest; elections are run in a sandbox");
        let path = format!("/platform/tenants/{tenant}/administrators");
        let member = made(&operator.post(&path, &json!({"name": "导入员"})).await?)?;
        let id: MemberId = member.parse()?;
        let by = service.caller(&Bearer::Member { tenant: tenant.into(), member: id });
        let page = by.get(&format!("/v1/{tenant}/units?level=community&limit=1")).await?;
        let unit = page["items"][0]["id"].clone();
        let people = json!({"members": [{"name": "监票人", "unit": unit}]});
        let witness = made(&by.post(&format!("/v1/{tenant}/members"), &people).await?)?;
        for role in ["coordinator", "resident"] {
            let grant = json!({"member": member, "unit": unit, "role": role});
            by.post(&format!("/v1/{tenant}/grants"), &grant).await?;
        }
        let component = rule_sets::component("rule-book")?.to_vec();
        let rules = by.upload(&format!("/v1/{tenant}/rule-sets"), component).await?;
        let rules = rules["digest"].as_str().context("an upload answers with a digest")?.to_owned();
        Ok(Self { tenant: tenant.into(), by, member, witness, unit, rules })
    }

    /// Runs an election; tells of votes as they are cast.
    pub async fn run(&self, it: &Election, procedure: Option<&str>, cast: impl Fn(u64)) -> Result<Imported> {
        let (name, procedure, tie) = chosen(it, procedure)?;
        let ballot = self.open(it, selection(procedure, tie)).await?;
        let path = format!("/ballots/{ballot}");
        let numbered = || it.votes.iter().enumerate().map(|(i, vote)| ((i + 1).to_string(), vote));
        let online: Vec<_> = numbered().filter(|(_, vote)| !vote.paper).collect();
        for chunk in online.chunks(ROWS) {
            let votes: Vec<_> = chunk.iter().map(|(unit, vote)| said(unit, vote)).collect();
            let answer = self.post(&format!("{path}/votes/bulk"), &json!({"votes": votes})).await?;
            let outcomes = answer["outcomes"].as_array().context("a bulk cast answers with outcomes")?;
            if let Some(refused) = outcomes.iter().find(|it| it["event"].is_null()) {
                anyhow::bail!("a vote was refused: {refused}");
            }
            cast(chunk.len() as u64);
        }
        let paper: Vec<_> = numbered().filter(|(_, vote)| vote.paper).collect();
        for (i, chunk) in paper.chunks(ROWS).enumerate() {
            let batch = json!({
                "station": it.name, "witness": self.witness, "scan_reference": format!("{}#{i}", it.name),
                "control": control(chunk), "papers": chunk.iter().map(|(unit, vote)| said(unit, vote)).collect::<Vec<_>>(),
            });
            self.post(&format!("{path}/batches"), &batch).await?;
            cast(chunk.len() as u64);
        }
        self.advance(49).await?;
        self.post(&format!("{path}/count"), &Value::Null).await?;
        let shown = self.by.get(&self.path(&path)).await?;
        compared(it, ballot, &shown, format!("{name}, {}", json!(tie).as_str().unwrap_or_default()))
    }

    /// Brings an election to the point where it takes votes.
    async fn open(&self, it: &Election, selection: Value) -> Result<String> {
        let method = match it.method {
            Method::Cumulative(most) => json!({"cumulative": most}),
            Method::Approval(most) => json!({"approval": most}),
            Method::YesNo | Method::Ranked(_) => anyhow::bail!("no such method is imported"),
        };
        let rule = json!({
            "method": method, "selection": selection, "conditions": [], "secrecy": "open", "notice_hours": 24,
            "window_hours": 48, "laws": [], "custom": null,
        });
        let configuration = json!({"configuration": {"rules": [{"rule": rule}]}});
        self.post(&format!("/rule-sets/{}/activations", self.rules), &configuration).await?;

        let title: String = it.description.chars().take(100).collect();
        let topic = json!({"unit": self.unit, "title": title, "body": it.name, "channel": "online"});
        let topic = made(&self.post("/topics", &topic).await?)?;
        self.post(&format!("/topics/{topic}/acceptance"), &json!({})).await?;
        let now: DateTime<Utc> = self.advance(1).await?;
        let starts_at = (now + Duration::hours(1)).to_rfc3339_opts(SecondsFormat::Micros, true);
        let meeting = json!({"place": it.name, "starts_at": starts_at});
        let meeting = made(&self.post(&format!("/topics/{topic}/meetings"), &meeting).await?)?;
        self.advance(2).await?;
        let present = json!({"attendances": [{"member": self.member, "presence": "on_site"}]});
        self.post(&format!("/meetings/{meeting}/attendances"), &present).await?;
        self.post(&format!("/meetings/{meeting}/minutes"), &json!({"text": it.name})).await?;
        self.post(&format!("/meetings/{meeting}/minutes/adoption"), &Value::Null).await?;

        let units: Vec<_> = it.votes.iter().enumerate().map(|(i, vote)| self.unit_of(i, vote)).collect();
        let (first, rest) = units.split_at(units.len().min(ROWS));
        let options: Vec<_> = it
            .projects
            .iter()
            .map(|it| json!({"code": it.option.code, "title": it.title, "cost": it.option.cost}))
            .collect();
        let ballot = json!({
            "question": title, "electorate": "residents", "roll": first, "options": options, "budget": it.budget,
        });
        let ballot = made(&self.post(&format!("/topics/{topic}/ballots"), &ballot).await?)?;
        for added in rest.chunks(ROWS) {
            self.post(&format!("/ballots/{ballot}/roll-changes"), &json!({"added": added})).await?;
        }
        self.advance(25).await?;
        Ok(ballot)
    }

    /// A voter is a voting unit; whoever voted online did so by the importer.
    fn unit_of(&self, i: usize, vote: &Vote) -> Value {
        let agents: &[_] = if vote.paper { &[] } else { &[self.member.as_str()] };
        json!({"voting_unit": (i + 1).to_string(), "agents": agents})
    }

    async fn advance(&self, hours: u32) -> Result<DateTime<Utc>> {
        let moved = self.post("/sandbox/clock", &json!({"hours": hours})).await?;
        Ok(moved["now"].as_str().context("the clock tells its instant")?.parse()?)
    }

    async fn post(&self, rest: &str, body: &Value) -> Result<Value> {
        self.by.post(&self.path(rest), body).await
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/{}{rest}", self.tenant)
    }
}

/// The procedure that was asked for, or the greedy one that explains what the file says was selected.
fn chosen(it: &Election, asked: Option<&str>) -> Result<(&'static str, Procedure, Tie)> {
    let named = |name: &str| PROCEDURES.iter().find(|(known, _)| *known == name);
    if let Some(name) = asked {
        let (name, of) = named(name).context("no such procedure")?;
        return Ok((name, of(it.budget), Tie::ListedFirst));
    }
    let greedy = PROCEDURES[..2]
        .iter()
        .flat_map(|(name, of)| [Tie::ListedFirst, Tie::CheaperFirst].map(|tie| (*name, of(it.budget), tie)));
    for (name, procedure, tie) in greedy {
        let rule = VotingRule {
            method: it.method,
            selection: Some(Selection { measure: Measure::Heads, procedure, tie }),
            ..VotingRule::of(Vec::new())
        };
        let papers = it.votes.iter().map(|vote| Paper { choice: &vote.choice, heads: 1, floor_area: None });
        let tally = contests::count(&rule, &it.options(), &[(Measure::Heads, it.votes.len() as u64)], papers)?;
        let explains = |(project, standing): (&super::files::Project, &yishi_domain::voting::Standing)| {
            project.selected.is_none_or(|selected| selected == standing.chosen)
        };
        if it.projects.iter().zip(&tally.standings).all(explains) {
            return Ok((name, procedure, tie));
        }
    }
    Ok((PROCEDURES[0].0, Procedure::GreedySkip(it.budget), Tie::ListedFirst))
}

/// A selection as a rule book writes it: the budget is the ballot's own, and 0 stands in its place.
fn selection(procedure: Procedure, tie: Tie) -> Value {
    let procedure = match procedure {
        Procedure::GreedySkip(_) => Procedure::GreedySkip(0),
        Procedure::GreedyStop(_) => Procedure::GreedyStop(0),
        Procedure::EqualShares(it) => Procedure::EqualShares(EqualShares { budget: 0, ..it }),
        other => other,
    };
    json!({"measure": "heads", "procedure": procedure, "tie": tie})
}

fn said(unit: &str, vote: &Vote) -> Value {
    match &vote.choice {
        Choice::Approved(codes) => json!({"voting_unit": unit, "approved": codes}),
        Choice::Points(points) => json!({"voting_unit": unit, "points": points}),
        other => json!({"voting_unit": unit, "choice": other}),
    }
}

/// What whoever emptied the box would have counted.
fn control(papers: &[(String, &Vote)]) -> Value {
    let mut options = BTreeMap::<_, u64>::new();
    for (code, points) in papers.iter().flat_map(|(_, vote)| vote.choice.marks()) {
        *options.entry(code).or_default() += u64::from(points);
    }
    let abstained = papers.iter().filter(|(_, vote)| vote.choice == Choice::Abstained).count();
    json!({"papers": papers.len(), "abstained": abstained, "options": options})
}

/// What the counted ballot says beside what the file states.
fn compared(it: &Election, ballot: String, shown: &Value, procedure: String) -> Result<Imported> {
    let standings = shown["standings"].as_array().context("a counted ballot tells how its options stand")?;
    let of = |code: &str| standings.iter().find(|it| it["code"] == *code);
    let votes = shown["voted"].as_u64().unwrap_or(0);
    let stated = |project: &super::files::Project| {
        project.stated.is_some_and(|stated| of(&project.option.code).is_some_and(|it| it["score"] == stated))
    };
    let votes_equal = votes == it.votes.len() as u64 && it.projects.iter().all(stated);
    let funded = |code: &str| of(code).is_some_and(|it| it["chosen"] == true);
    let official: Option<Vec<_>> = it.projects.iter().map(|it| it.selected).collect();
    let winners_equal = official
        .map(|official| it.projects.iter().zip(official).all(|(it, selected)| funded(&it.option.code) == selected));
    let winners = it.projects.iter().map(|it| it.option.code.clone()).filter(|code| funded(code)).collect();
    Ok(Imported { file: it.name.clone(), ballot, votes, votes_equal, procedure, winners, winners_equal })
}
