//! Who advises on cases, from a file and as one: a line an assignment, known by its case and its person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    AdviserId, Event, Refusal, TopicId,
    books::{Book, Cells, Fault},
    workflow::FINAL,
};
use yishi_store::{
    Chosen, WriteTx,
    advisers::{self, Adviser},
    books::{self as rows, Kept},
    topics::{self, Topic},
};

use crate::{
    App,
    books::{Format, line, row_of},
    failures::Failure,
    lines::{Line, Reading, fault, require_sound},
    people::{assigned, recused, require_free, require_serving},
    sessions::Session,
};

/// The columns of a file.
const COLUMNS: [&str; 5] = ["topic", "person", "assigned_at", "recused_at", "reason"];

/// How many lines a request has at most; a longer file is sent in parts.
const MOST: usize = 5_000;

/// What a file does, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Assignments that were not there.
    pub assigned: u64,
    /// Assignments that were there, of people who are recused by the file.
    pub recused: u64,
    /// Assignments that were there as the file says.
    pub unchanged: u64,
}

/// A line that was read.
struct Wanted {
    topic: TopicId,
    person: String,
    assigned_at: Option<DateTime<Utc>>,
    recused: Option<(DateTime<Utc>, String)>,
}

/// The cases and people that a file names, and what becomes of them.
struct Sheet {
    topics: BTreeMap<TopicId, Topic>,
    people: BTreeMap<String, Kept>,
    /// On how many cases people advise, with those of the lines before.
    busy: BTreeMap<String, u64>,
    there: BTreeMap<(TopicId, String), Adviser>,
    seen: BTreeSet<(TopicId, String)>,
    fresh: Vec<Adviser>,
    recusals: Vec<(AdviserId, DateTime<Utc>, String)>,
    events: Vec<Event>,
    unchanged: u64,
}

/// Assigns and recuses as a file says, within what each person can take on: all of it, or nothing with what is wrong with each line.
/// A dry run changes nothing.
pub async fn import(app: &App, session: &Session, lines: Vec<Line>, dry_run: bool) -> Result<Done, Failure> {
    if lines.is_empty() || lines.len() > MOST {
        let refusal = Refusal::invalid("adviser.bad_file", "body", format!("send 1 to {MOST} lines"));
        return Err(refusal.with_fix("send a longer file in parts, one after the other").into());
    }
    let (mut wanted, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    for (number, cells) in lines {
        match cells.and_then(|cells| read(cells, session.ctx.now)) {
            Ok(it) => wanted.push((number, it)),
            Err(found) => faults.extend(found.into_iter().map(|fault| (number, fault))),
        }
    }
    let mut tx = app.db.write(&session.ctx).await?;
    let mut sheet = Sheet::of(&mut tx, &wanted).await?;
    for (number, it) in wanted {
        if let Err(fault) = sheet.take(session, it) {
            faults.push((number, fault));
        }
    }
    require_sound("adviser.bad_line", faults)?;
    let Sheet { fresh, recusals, mut events, unchanged, .. } = sheet;
    let done = Done { assigned: fresh.len() as u64, recused: recusals.len() as u64, unchanged };
    if dry_run || events.is_empty() {
        return Ok(done);
    }
    let added = advisers::insert(&mut tx, &fresh).await?;
    // Whoever recuses somebody by a request waits for nothing of this.
    if (added, advisers::recuse(&mut tx, &recusals).await?) != (done.assigned, done.recused) {
        let refusal = Refusal::conflict("adviser.changed", "somebody of the file was assigned or recused meanwhile");
        return Err(refusal.with_fix("send the file again").into());
    }
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, done).await?)
}

/// A part of a file of all assignments, after one, and the last one in it; none when the file is over. The first part of CSV begins with the header.
pub async fn export(
    app: &App,
    session: &Session,
    format: Format,
    after: Option<Option<Uuid>>,
) -> Result<Option<(Option<Uuid>, Vec<u8>)>, Failure> {
    const ROWS: u16 = 1_000;
    if after == Some(None) {
        // There is nothing at all, and the header is told.
        return Ok(None);
    }
    let mut tx = app.db.read(&session.ctx).await?;
    let all = advisers::some(&mut tx, Chosen::After(after.flatten(), ROWS)).await?;
    let mut bytes = Vec::new();
    if after.is_none() && format == Format::Csv {
        line(&mut bytes, COLUMNS.iter())?;
    }
    let last = all.last().map(|it| it.id.uuid());
    for it in all {
        let (recused_at, reason) = it.recused.map(|(at, reason)| (instant(at), Value::from(reason))).unzip();
        let cells = vec![
            Some(it.topic.to_string().into()),
            Some(it.person.into()),
            Some(instant(it.assigned_at)),
            recused_at,
            reason,
        ];
        row_of(&mut bytes, format, &COLUMNS, cells)?;
    }
    Ok((!bytes.is_empty()).then_some((last, bytes)))
}

impl Sheet {
    /// Finds what lines name, and keeps whom they name from being assigned by others until the transaction ends.
    async fn of(tx: &mut WriteTx, wanted: &[(u64, Wanted)]) -> Result<Self, Failure> {
        let topics: BTreeSet<_> = wanted.iter().map(|(_, it)| it.topic).collect();
        let topics: Vec<_> = topics.into_iter().collect();
        let people: BTreeSet<_> = wanted.iter().map(|(_, it)| it.person.as_str()).collect();
        let people: Vec<_> = people.into_iter().collect();
        let kept = rows::lock_all(tx, Book::People, &people).await?;
        let there = advisers::of_topics(tx, &topics).await?;
        Ok(Self {
            topics: topics::of_ids(tx, &topics).await?.into_iter().map(|it| (it.id, it)).collect(),
            people: kept.into_iter().map(|it| (it.row.key.clone(), it)).collect(),
            busy: advisers::busy(tx, &people).await?,
            there: there.into_iter().map(|it| ((it.topic, it.person.clone()), it)).collect(),
            seen: BTreeSet::new(),
            fresh: Vec::new(),
            recusals: Vec::new(),
            events: Vec::new(),
            unchanged: 0,
        })
    }

    fn take(&mut self, session: &Session, it: Wanted) -> Result<(), Fault> {
        let unknown = || Fault::new("topic", "there is no such topic in this tenant", "see GET topics");
        let topic = self.topics.get(&it.topic).ok_or_else(unknown)?;
        if session.require_reach(&topic.path).is_err() {
            return Err(Fault::new("topic", "your role does not reach its unit", "leave the line out"));
        }
        let at_rest = FINAL.contains(&topic.stage);
        if !self.seen.insert((it.topic, it.person.clone())) {
            let detail = "an earlier line assigns them to this case";
            return Err(Fault::new("person", detail, "give each person of a case one line"));
        }
        match self.there.get(&(it.topic, it.person.clone())).cloned() {
            Some(known) => self.beside(session, it, known, at_rest),
            None => self.assign(session, it, at_rest),
        }
    }

    /// Takes a line of somebody who is not assigned to its case.
    fn assign(&mut self, session: &Session, it: Wanted, at_rest: bool) -> Result<(), Fault> {
        let (ctx, Wanted { topic, person, assigned_at, recused: recusal }) = (&session.ctx, it);
        let unknown = || {
            let detail = "nobody in the register of people has this key";
            Fault::new("person", detail, "bring the register of people first")
        };
        let kept = self.people.get(&person).ok_or_else(unknown)?;
        let assigned_at = assigned_at.unwrap_or(ctx.now);
        require_serving(kept, assigned_at.date_naive()).map_err(|it| fault("assigned_at", it))?;
        if recusal.is_none() && !at_rest {
            let busy = self.busy.entry(person.clone()).or_default();
            require_free(kept, *busy).map_err(|it| fault("person", it))?;
            *busy += 1;
        }
        let adviser = Adviser { id: ctx.new_id(), topic, person, assigned_at, recused: recusal };
        self.events.push(assigned(ctx, &adviser, kept));
        if let Some((_, reason)) = &adviser.recused {
            self.events.push(recused(ctx, &adviser, reason));
        }
        self.fresh.push(adviser);
        Ok(())
    }

    /// Takes a line of somebody who is assigned to its case, and may be recused by it. A line from before a recusal still tells of it.
    fn beside(&mut self, session: &Session, it: Wanted, known: Adviser, at_rest: bool) -> Result<(), Fault> {
        if it.assigned_at.is_some_and(|at| at != known.assigned_at) {
            let detail = format!("they were assigned to this case at {}", written(known.assigned_at));
            return Err(Fault::new("assigned_at", detail, "write this instant, or leave it out"));
        }
        match (it.recused, &known.recused) {
            (Some(told), Some(was)) if told != *was => {
                let detail = format!("they were recused at {}, and this says something else of it", written(was.0));
                Err(Fault::new("recused_at", detail, "write what is there; a recusal is not changed"))
            }
            (Some((at, _)), None) if at < known.assigned_at => Err(early(known.assigned_at)),
            (Some((at, reason)), None) => {
                if !at_rest && let Some(busy) = self.busy.get_mut(&known.person) {
                    *busy = busy.saturating_sub(1);
                }
                self.events.push(recused(&session.ctx, &known, &reason));
                self.recusals.push((known.id, at, reason));
                Ok(())
            }
            (_, _) => {
                self.unchanged += 1;
                Ok(())
            }
        }
    }
}

fn read(cells: Cells, now: DateTime<Utc>) -> Result<Wanted, Vec<Fault>> {
    let mut it = Reading::new(cells);
    let topic = it.parsed::<Uuid>("topic", || "give the topic's id".into()).map(TopicId);
    let person = it.text("person", 60);
    let mut instant = |name: &str| {
        let at = it.parsed_if_given::<DateTime<Utc>>(name, || "give an instant as 2026-03-05T01:30:00Z".into());
        if at.is_some_and(|at| at > now) {
            it.fault(name, "it has not come yet", "give an instant that has come");
        }
        at
    };
    let (assigned_at, recused_at) = (instant("assigned_at"), instant("recused_at"));
    let reason = it.optional("reason", 500).filter(|it| !it.trim().is_empty());
    if reason.is_some() != recused_at.is_some() {
        let missing = if reason.is_some() { "recused_at" } else { "reason" };
        it.fault(missing, "it is missing", "give when somebody was recused and why, or neither");
    }
    if let Some(fault) = assigned_at.filter(|at| recused_at.is_some_and(|it| it < *at)).map(early) {
        it.fault(&fault.field, fault.detail, fault.fix);
    }
    it.end(&COLUMNS, topic.map(|topic| Wanted { topic, person, assigned_at, recused: recused_at.zip(reason) }))
}

fn early(assigned_at: DateTime<Utc>) -> Fault {
    let detail = format!("they were assigned later, at {}", written(assigned_at));
    Fault::new("recused_at", detail, "give an instant from then on")
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn instant(at: DateTime<Utc>) -> Value {
    written(at).into()
}
