//! Some events that are counted together: what they need is read once, and what they come to is written once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    StoredEvent, UnitId,
    books::Book,
    facts::POPULATION,
    reports::{CaseFacts, KINDS, Mark, Measure, Pair, changes, marks_of, pairs},
};
use yishi_record::facts::{BATCH_VOIDED, BatchVoided, VOTE_CAST, VoteCast};
use yishi_store::{
    RecordTx, StoreError, facts,
    reports::{self as stored, Scope},
    running,
};

use super::populations;

/// What people do as themselves, and nobody for them.
const ACTS: &[&str] = &[
    "topic.supported",
    "comment.written",
    "position.stated",
    "stance.taken",
    "amendment.proposed",
    "speech.requested",
    "minutes.objected",
    "objection.raised",
];

/// An event with who acted.
type Told = (StoredEvent, String);

/// What is known before some events are counted, and what they come to.
#[derive(Default)]
pub(super) struct Batch {
    before: HashMap<Uuid, CaseFacts>,
    cases: HashMap<Uuid, CaseFacts>,
    represented: HashMap<Uuid, Uuid>,
    /// Who was recorded at meetings and who rated resolutions, by the events that tell it.
    attended: HashMap<Uuid, Vec<Uuid>>,
    rated: HashMap<Uuid, Vec<Uuid>>,
    agents: HashMap<(Uuid, String), Vec<Uuid>>,
    /// Votes that count, and those that count no more.
    votes: Vec<(Told, i64)>,
    deltas: BTreeMap<(UnitId, Mark), i64>,
    taken: BTreeMap<(String, UnitId, NaiveDate), i64>,
}

impl Batch {
    /// Reads what some events need.
    pub async fn load(tx: &mut RecordTx, events: &[Told]) -> Result<Self, StoreError> {
        let mut batch = Self { votes: votes(tx, events).await?, ..Self::default() };
        let of = |kind: &str| -> Vec<Uuid> {
            events.iter().filter(|(event, _)| event.kind == kind).map(|(event, _)| event.id.uuid()).collect()
        };
        let mut subjects: Vec<_> = events.iter().map(|(event, _)| event.subject).collect();
        subjects.extend(batch.votes.iter().map(|((event, _), _)| event.subject));
        subjects.sort_unstable();
        subjects.dedup();
        batch.before = stored::cases(tx, &subjects).await?.into_iter().collect();
        batch.cases = batch.before.clone();
        let raised: Vec<_> =
            events.iter().filter(|(it, _)| it.body["represented"] == true).map(|(it, _)| it.subject).collect();
        if !raised.is_empty() {
            batch.represented = stored::represented(tx, &raised).await?.into_iter().collect();
        }
        let recorded = of("attendance.recorded");
        if !recorded.is_empty() {
            for (event, member) in stored::attended(tx, &recorded).await? {
                batch.attended.entry(event).or_default().push(member);
            }
        }
        let ratings = of("resolution.rated");
        if !ratings.is_empty() {
            for (event, member) in stored::rated(tx, &ratings).await? {
                batch.rated.entry(event).or_default().push(member);
            }
        }
        let cast = batch.votes.iter().filter_map(|((event, _), _)| VoteCast::deserialize(&event.body).ok());
        let (ballots, units): (Vec<_>, Vec<_>) =
            cast.filter(|it| it.channel != "online").map(|it| (it.ballot.uuid(), it.voting_unit)).unzip();
        if !ballots.is_empty() {
            for (ballot, unit, member) in stored::agents(tx, &ballots, &units).await? {
                batch.agents.entry((ballot, unit)).or_default().push(member);
            }
        }
        Ok(batch)
    }

    /// Counts the events.
    pub async fn count(
        mut self,
        tx: &mut RecordTx,
        events: &[Told],
        day_of: &impl Fn(DateTime<Utc>) -> NaiveDate,
    ) -> Result<(), StoreError> {
        let mut registers = BTreeSet::new();
        let mut population = false;
        for (event, principal) in events {
            self.count_one(event, principal, day_of);
            match event.kind.as_str() {
                "fact.recorded" => population |= event.body["name"] == POPULATION,
                "register.changed" | "register.imported" => {
                    let unit = (event.kind == "register.changed").then_some(UnitId(event.subject));
                    let book = event.body["register"].as_str().and_then(|it| it.parse::<Book>().ok());
                    registers.extend(book.map(|book| (book, unit.map_or(Scope::Whole, Scope::Unit))));
                }
                _ => {}
            }
        }
        for (told, sign) in std::mem::take(&mut self.votes) {
            self.count_vote(&told, sign, day_of);
        }
        self.save_cases(tx).await?;
        for (book, scope) in registers {
            for changed in stored::change_rows(tx, book, scope).await? {
                for (side, sign) in [(changed.before, -1), (changed.now, 1)] {
                    let Some((unit, span)) = side else { continue };
                    for (mark, value) in marks_of(book, &span) {
                        self.add(unit, mark, sign * value);
                    }
                }
            }
        }
        let deltas: Vec<_> = std::mem::take(&mut self.deltas).into_iter().filter(|(_, value)| *value != 0).collect();
        let deltas: Vec<_> = deltas.into_iter().map(|((unit, mark), value)| (unit, mark, value)).collect();
        stored::add(tx, &deltas).await?;
        save_people(tx, self.taken).await?;
        if population {
            let facts = facts::all(tx, POPULATION).await?;
            let units: Vec<_> = facts.iter().map(|it| it.unit.uuid()).collect();
            let above = stored::ancestors(tx, &units).await?;
            stored::replace_residents(tx, &populations::known(&facts, &above)).await?;
        }
        Ok(())
    }

    fn count_one(&mut self, event: &StoredEvent, principal: &str, day_of: &impl Fn(DateTime<Utc>) -> NaiveDate) {
        let (kind, body, day) = (event.kind.as_str(), &event.body, day_of(event.at));
        if KINDS.contains(&kind) {
            self.cases.entry(event.subject).or_default().add(event, day_of);
        }
        if kind == "entry.booked" {
            self.count_entry(body, day);
        }
        let Some((unit, facts)) = self.cases.get(&event.subject).and_then(|it| Some((it.unit?, it))) else { return };
        let acting = principal.strip_prefix("member:").map(str::to_owned);
        let people: Vec<_> = match kind {
            "topic.raised" if body["represented"] == true => {
                self.represented.get(&event.subject).map(Uuid::to_string).into_iter().collect()
            }
            "topic.raised" if body["channel"] == "online" => acting.into_iter().collect(),
            "attendance.recorded" => {
                let meeting = id(&body["meeting"]).unwrap_or_default();
                let on = facts.meets_on(meeting).unwrap_or(day);
                for member in self.attended.get(&event.id.uuid()).into_iter().flatten() {
                    *self.taken.entry((member.to_string(), unit, on)).or_default() += 1;
                }
                return;
            }
            "resolution.rated" => {
                let channel = body["channel"].as_str().unwrap_or_default().to_owned();
                if channel == "online" {
                    self.add(unit, Mark { measure: Measure::OnlineActs, day, group: "ratings".into() }, 1);
                }
                self.add(unit, Mark { measure: Measure::Ratings, day, group: channel }, 1);
                self.rated.get(&event.id.uuid()).into_iter().flatten().map(Uuid::to_string).collect()
            }
            kind if ACTS.contains(&kind) => acting.into_iter().collect(),
            _ => Vec::new(),
        };
        for person in people {
            *self.taken.entry((person, unit, day)).or_default() += 1;
        }
    }

    /// Whoever votes online is the person; who stands behind paper, hands and proxies is known where one person alone acts for the voting unit,
    /// and else the voting unit counts as one.
    fn count_vote(&mut self, told: &Told, sign: i64, day_of: &impl Fn(DateTime<Utc>) -> NaiveDate) {
        let (event, principal) = told;
        let Ok(vote) = VoteCast::deserialize(&event.body) else { return };
        let Some(unit) = self.cases.get(&event.subject).and_then(|it| it.unit) else { return };
        let day = day_of(event.at);
        if vote.channel == "online" {
            self.add(unit, Mark { measure: Measure::OnlineActs, day, group: "votes".into() }, sign);
        }
        self.add(unit, Mark { measure: Measure::Votes, day, group: vote.channel.clone() }, sign);
        let agents = self.agents.get(&(vote.ballot.uuid(), vote.voting_unit.clone())).map_or(&[][..], Vec::as_slice);
        let person = match (principal.strip_prefix("member:"), agents) {
            (Some(member), _) if vote.channel == "online" => member.to_owned(),
            (_, [only]) => only.to_string(),
            _ => format!("unit:{}", vote.voting_unit),
        };
        *self.taken.entry((person, unit, day)).or_default() += sign;
    }

    fn count_entry(&mut self, body: &Value, day: NaiveDate) {
        let kind = body["kind"].as_str().unwrap_or_default();
        for posting in body["postings"].as_array().into_iter().flatten() {
            let (Some(unit), Some(fen)) = (id(&posting["unit"]).map(UnitId), posting["fen"].as_i64()) else { continue };
            let mark = |measure, group: &str| Mark { measure, day, group: group.to_owned() };
            match posting["account"].as_str() {
                Some("income") => {
                    self.add(unit, mark(Measure::IncomeFen, kind), -fen);
                    if kind == "budget" {
                        self.add(unit, mark(Measure::BudgetFen, ""), -fen);
                    }
                }
                Some("spent") => {
                    let on = body["spent"]["kind"].as_str().unwrap_or_default();
                    self.add(unit, mark(Measure::SpentFen, on), fen);
                }
                Some("allocated") => self.add(unit, mark(Measure::SetAsideFen, ""), fen),
                _ => {}
            }
        }
    }

    fn add(&mut self, unit: UnitId, mark: Mark, value: i64) {
        *self.deltas.entry((unit, mark)).or_default() += value;
    }

    /// Keeps the cases that changed, and adds what they count as now to counters, less what they counted as.
    async fn save_cases(&mut self, tx: &mut RecordTx) -> Result<(), StoreError> {
        let nothing = CaseFacts::default();
        let changed = self.cases.iter().filter(|(id, facts)| self.before.get(id) != Some(facts));
        let (mut saved, mut marks) = (Vec::new(), Vec::new());
        for (id, facts) in changed {
            saved.push((*id, facts));
            let Some(unit) = facts.unit else { continue };
            let before = self.before.get(id).unwrap_or(&nothing).marks();
            for (mark, value) in changes(&before, &facts.marks()) {
                *self.deltas.entry((unit, mark.clone())).or_default() += value;
                if mark.measure.is_of_cases() {
                    marks.push((*id, unit, mark, value));
                }
            }
        }
        stored::save_cases(tx, &saved).await?;
        stored::marks(tx, &marks).await
    }
}

/// The votes that count from now on, and those that count no more.
async fn votes(tx: &mut RecordTx, events: &[Told]) -> Result<Vec<(Told, i64)>, StoreError> {
    let (mut votes, mut replaced) = (Vec::new(), Vec::new());
    for (event, principal) in events {
        match event.kind.as_str() {
            VOTE_CAST => {
                replaced.extend(id(&event.body["replaces"]));
                votes.push(((event.clone(), principal.clone()), 1));
            }
            BATCH_VOIDED => {
                if let Ok(voided) = BatchVoided::deserialize(&event.body) {
                    // Who entered a batch is nobody's vote.
                    let left = running::left_of_batch(tx, event.subject, voided.batch).await?;
                    votes.extend(left.into_iter().map(|it| ((it, String::new()), -1)));
                }
            }
            _ => {}
        }
    }
    if !replaced.is_empty() {
        votes.extend(stored::told(tx, &replaced).await?.into_iter().map(|told| (told, -1)));
    }
    Ok(votes)
}

async fn save_people(tx: &mut RecordTx, taken: BTreeMap<(String, UnitId, NaiveDate), i64>) -> Result<(), StoreError> {
    let taken: Vec<_> =
        taken.into_iter().filter(|(_, by)| *by != 0).map(|((person, unit, day), by)| (person, unit, day, by)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let mut people: Vec<_> = taken.iter().map(|it| it.0.clone()).collect();
    people.dedup();
    let mut days: HashMap<String, BTreeMap<(UnitId, NaiveDate), i64>> = HashMap::new();
    for (person, unit, day, times) in stored::days(tx, &people).await? {
        days.entry(person).or_default().insert((unit, day), times);
    }
    let units: BTreeSet<_> = taken
        .iter()
        .map(|it| it.1.uuid())
        .chain(days.values().flat_map(|it| it.keys().map(|(unit, _)| unit.uuid())))
        .collect();
    let above = stored::ancestors(tx, &units.into_iter().collect::<Vec<_>>()).await?;
    let above = |unit: UnitId| above.get(&unit).map_or(&[][..], Vec::as_slice);
    let mut persons: BTreeMap<(UnitId, Pair), i64> = BTreeMap::new();
    let mut at = 0;
    for person in &people {
        let mine = taken[at..].iter().take_while(|it| it.0 == *person);
        let known = days.entry(person.clone()).or_default();
        for pair in pairs(known.keys().copied(), above) {
            *persons.entry(pair).or_default() -= 1;
        }
        for (_, unit, day, by) in mine {
            *known.entry((*unit, *day)).or_default() += by;
            at += 1;
        }
        for pair in pairs(known.iter().filter(|(_, times)| **times > 0).map(|(key, _)| *key), above) {
            *persons.entry(pair).or_default() += 1;
        }
    }
    stored::save_days(tx, &taken).await?;
    let changes: Vec<_> =
        persons.into_iter().filter(|(_, by)| *by != 0).map(|((unit, pair), by)| (unit, pair, by)).collect();
    stored::change_persons(tx, &changes).await
}

fn id(value: &Value) -> Option<Uuid> {
    value.as_str().and_then(|it| it.parse().ok())
}
