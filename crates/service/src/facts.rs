//! Facts of units: what deliberations, budgets and indicators measure against, imported row by row, all or nothing.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use yishi_domain::{
    FactId, Refusal, TopicId, UnitId,
    facts::{self as domain, Cell, POPULATION, Population},
};
use yishi_store::{
    TenantTx,
    facts::{self, Fact},
    units::{self, Unit},
};

use crate::{
    App,
    directory::find_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    topics,
};

pub use yishi_store::facts as stored;

/// How many rows one request brings at most.
pub const MOST: usize = 100_000;

/// How many versions of a fact are shown at most.
const VERSIONS: u16 = 1_000;

/// A row: one count of one version of a fact. Rows of the same unit, name and day make one version together.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands in the request, such as `line 3` or `facts[0].cells[2]`.
    pub at: String,
    /// The unit's statistical code.
    pub unit: String,
    /// What it is about.
    pub name: String,
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// Where it comes from.
    pub source: String,
    /// The count.
    pub cell: Cell,
}

/// Who lives in a unit on a day, and from what that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who lives there.
    pub population: Population,
    /// The facts that it was added up from: the unit's own one, or those of the highest units below that have one.
    pub from: Vec<Fact>,
}

/// Reads CSV in UTF-8 with the columns `unit`, `name`, `valid_from`, `source` and `number`; each further one is a dimension.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<Row>, Failure> {
    let mut reader = csv::Reader::from_reader(bytes);
    let bad = |at: &str, text: String| Refusal::invalid("fact.bad_row", at, text).with_fix("see the columns in /docs");
    let headers = reader.headers().map_err(|error| bad("line 1", error.to_string()))?.clone();
    let (mut list, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Ok(record) => {
                let at = format!("line {}", record.position().map_or(0, csv::Position::line));
                let cells = headers.iter().zip(record.iter()).filter(|(_, value)| !value.is_empty());
                let mut row: serde_json::Map<_, _> = cells.map(|(key, value)| (key.to_owned(), json!(value))).collect();
                if let Some(number) = row.get_mut("number") {
                    // What is no number stays a text, and is named as such.
                    *number =
                        number.as_str().and_then(|it| it.parse::<u64>().ok()).map_or(number.take(), |it| json!(it));
                }
                read_row(at, row.into(), &mut list, &mut faults);
            }
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                faults.push(bad(&format!("line {line}"), error.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(list) } else { Err(Failure::Faults(faults)) }
}

/// Reads newline-delimited JSON: an object a line, with the fields that the CSV has as columns.
pub fn read_ndjson(bytes: &[u8]) -> Result<Vec<Row>, Failure> {
    let (mut list, mut faults) = (Vec::new(), Vec::new());
    for (i, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let at = format!("line {}", i + 1);
        match serde_json::from_slice(line) {
            Ok(value) => read_row(at, value, &mut list, &mut faults),
            Err(error) => faults.push(Refusal::invalid("fact.bad_row", at, error.to_string())),
        }
    }
    if faults.is_empty() { Ok(list) } else { Err(Failure::Faults(faults)) }
}

/// Whether a value is what a column holds.
type Fits = fn(&serde_json::Value) -> bool;

fn read_row(at: String, mut value: serde_json::Value, list: &mut Vec<Row>, faults: &mut Vec<Refusal>) {
    #[derive(Deserialize)]
    struct Line {
        unit: String,
        name: String,
        valid_from: NaiveDate,
        source: String,
        number: u64,
        #[serde(flatten)]
        groups: BTreeMap<String, String>,
    }
    // Each column by itself, so that what is wrong has a name.
    let fields: [(&str, &str, Fits); 5] = [
        ("unit", "the unit's statistical code", serde_json::Value::is_string),
        ("name", "what it is about, such as population", serde_json::Value::is_string),
        ("valid_from", "a day such as 2026-01-01", |it| it.as_str().is_some_and(|it| it.parse::<NaiveDate>().is_ok())),
        ("source", "where it comes from", serde_json::Value::is_string),
        ("number", "a whole number from 0", serde_json::Value::is_u64),
    ];
    let before = faults.len();
    for (field, what, fits) in fields {
        if !fits(&value[field]) {
            let text = format!("this is missing, or not {what}");
            faults
                .push(Refusal::invalid("fact.bad_row", format!("{at}.{field}"), text).with_fix(format!("give {what}")));
        }
    }
    if faults.len() > before {
        return;
    }
    match serde_json::from_value::<Line>(value.take()) {
        Ok(it) => {
            let Line { unit, name, valid_from, source, number, groups } = it;
            list.push(Row { at, unit, name, valid_from, source, cell: Cell { groups, number } });
        }
        Err(error) => faults.push(Refusal::invalid("fact.bad_row", at, error.to_string())),
    }
}

/// Records facts: all of the rows, or none, with what is wrong with each.
pub async fn record(app: &App, session: &Session, rows: Vec<Row>) -> Result<Vec<FactId>, Failure> {
    let ctx = &session.ctx;
    if rows.is_empty() || rows.len() > MOST {
        return Err(Refusal::invalid("fact.bad_number_of_rows", "facts", format!("give 1 to {MOST} rows")).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let mut codes: Vec<_> = rows.iter().map(|row| row.unit.clone()).collect();
    codes.sort_unstable();
    codes.dedup();
    let known: HashMap<_, Unit> =
        units::with_codes(&mut tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
    for unit in known.values() {
        session.require_reach(&unit.path)?;
    }
    let mut faults = Vec::new();
    let mut versions: BTreeMap<_, (String, Vec<(String, Cell)>)> = BTreeMap::new();
    for Row { at, unit, name, valid_from, source, cell } in rows {
        let mut wrong =
            |code, field: &str, text: &str| faults.push(Refusal::invalid(code, format!("{at}.{field}"), text));
        if !known.contains_key(&unit) {
            wrong("unit.unknown", "unit", "no unit of this tenant has this code");
        }
        if !domain::is_name(&name) {
            wrong("fact.bad_name", "name", "a name has up to 40 small letters, digits and underscores");
        }
        if source.trim().is_empty() || source.chars().count() > 200 {
            wrong("fact.bad_source", "source", "give 1 to 200 characters");
        }
        let version = versions.entry((unit, name, valid_from)).or_insert_with(|| (source.clone(), Vec::new()));
        if version.0 != source {
            wrong("fact.two_sources", "source", "other rows of the same unit, name and day have another source");
        }
        version.1.push((at, cell));
    }
    let (mut list, mut events) = (Vec::with_capacity(versions.len()), Vec::with_capacity(versions.len()));
    for ((code, name, valid_from), (source, cells)) in versions {
        let (places, cells): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        let wrong = domain::faults(&name, &cells).into_iter();
        faults.extend(
            wrong.map(|(i, it)| Refusal { field: it.field.map(|field| format!("{}.{field}", places[i])), ..it }),
        );
        let Some(unit) = known.get(&code) else { continue };
        let (unit, path, recorded_at) = (unit.id, unit.path.clone(), ctx.now);
        let fact = Fact { id: ctx.new_id(), unit, path, name, valid_from, source, cells, recorded_at };
        let body =
            json!({"fact": fact.id, "name": fact.name, "valid_from": fact.valid_from, "cells": fact.cells.len()});
        let content = json!({"source": fact.source, "cells": fact.cells});
        events.push(commit_to(ctx, event(ctx, "fact.recorded", fact.unit.uuid(), body), "content", content));
        list.push(fact);
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    facts::insert(&mut tx, &list).await?;
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, list.into_iter().map(|it| it.id).collect()).await?)
}

/// Lists the facts of a unit that are in force on a day; today unless given.
pub async fn list(app: &App, session: &Session, unit: UnitId, on: Option<NaiveDate>) -> Result<Vec<Fact>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    find_unit(&mut tx, unit).await?;
    Ok(facts::in_force(&mut tx, unit, on.unwrap_or_else(|| session.ctx.now.date_naive())).await?)
}

/// Lists the versions of one fact of a unit, the latest first.
pub async fn versions(app: &App, session: &Session, unit: UnitId, name: &str) -> Result<Vec<Fact>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    find_unit(&mut tx, unit).await?;
    Ok(facts::versions(&mut tx, unit, name, VERSIONS).await?)
}

/// Who lives in a unit on a day; today unless given.
pub async fn population(app: &App, session: &Session, unit: UnitId, on: Option<NaiveDate>) -> Result<Known, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    let known = population_of(&mut tx, &unit.path, on.unwrap_or_else(|| session.ctx.now.date_naive())).await?;
    let unknown = || Refusal::not_found("fact.no_population", "nobody has said yet who lives in this unit on that day");
    Ok(known.ok_or_else(unknown)?)
}

/// Who lives at a path on a day: by the unit's own fact, or added up from the highest units below that have one.
pub(crate) async fn population_of(tx: &mut TenantTx, path: &str, day: NaiveDate) -> Result<Option<Known>, Failure> {
    let (mut population, mut from) = (Population::default(), Vec::<Fact>::new());
    for fact in facts::under(tx, path, POPULATION, day).await? {
        if !from.iter().any(|above| fact.path.starts_with(&above.path)) {
            population.add(&Population::of(&fact.cells));
            from.push(fact);
        }
    }
    Ok((!from.is_empty()).then_some(Known { population, from }))
}

/// The facts in force in a topic's unit, its background.
pub async fn background(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Fact>, Failure> {
    let topic = topics::get(app, session, topic).await?;
    list(app, session, topic.unit, None).await
}
