//! What is asked of reports: figures of a unit, or of all units of a level under it, and the cases behind one.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use yishi_domain::{
    Refusal, TopicId, UnitId,
    reports::{Indicator, Period},
};
use yishi_store::{
    TenantTx,
    reports::{self as stored},
    units::{self, Unit},
};

use super::figures::{Figure, Ranked, Read, Value};
use crate::{App, directory::require_unit, failures::Failure, sessions::Session};

pub use yishi_store::reports::Behind;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The indicators, in order.
    pub indicators: Vec<&'static Indicator>,
    /// The unit; the whole city unless given.
    pub unit: Option<UnitId>,
    /// The level of the units under it that are told one by one; the unit itself unless given.
    pub level: Option<String>,
    /// The period.
    pub period: Period,
    /// Whether each group is told besides the whole.
    pub grouped: bool,
    /// Whether the period before is told beside.
    pub previous: bool,
    /// Whether siblings are told beside.
    pub siblings: bool,
    /// The code after which units are told.
    pub after: String,
    /// How many units are told at most.
    pub limit: u16,
}

/// Figures by unit, as of a position.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many events were counted.
    pub position: u64,
    /// Units with their figures.
    pub units: Vec<(Unit, Vec<Figure>)>,
}

/// How many of a tenant's events are counted.
pub async fn counted(app: &App, session: &Session) -> Result<u64, Failure> {
    Ok(stored::counted(&mut app.db.read(&session.ctx).await?).await?)
}

/// Makes a report.
pub async fn report(app: &App, session: &Session, asked: &Asked) -> Result<Report, Failure> {
    let mut tx = app.db.snapshot(&session.ctx).await?;
    let position = stored::counted(&mut tx).await?;
    let unit = match asked.unit {
        Some(unit) => require_unit(&mut tx, unit, "unit").await?,
        None => root(&mut tx, session).await?,
    };
    let told = match &asked.level {
        None => vec![unit],
        Some(level) => stored::levels(&mut tx, (&unit.path, level), &asked.after, asked.limit).await?,
    };
    let siblings = if asked.siblings { stored::siblings(&mut tx, &ids(&told)).await? } else { Vec::new() };
    let parents = told.iter().filter(|_| asked.siblings).filter_map(|it| it.parent_id);
    let mut known: BTreeSet<_> = ids(&told).into_iter().chain(parents).collect();
    known.extend(siblings.iter().map(|(sibling, _)| sibling.uuid()));
    let known: Vec<_> = known.into_iter().collect();
    let read = Read::of(&mut tx, &known, &asked.indicators, asked.period).await?;
    let before = match asked.previous {
        false => None,
        true => Some(Read::of(&mut tx, &ids(&told), &asked.indicators, asked.period.previous()).await?),
    };
    drop(tx);
    let mut listed = Vec::with_capacity(told.len());
    // A unit's figures are asked for again with each of its siblings.
    let mut made: HashMap<UnitId, HashMap<(&str, Option<String>), Value>> = HashMap::new();
    if asked.siblings {
        for unit in known.iter().copied().map(UnitId) {
            made.insert(unit, values(&figures(&read, unit, asked, asked.period)));
        }
    }
    for unit in told {
        let mut mine = figures(&read, unit.id, asked, asked.period);
        let earlier = before.as_ref().map(|read| values(&figures(read, unit.id, asked, asked.period.previous())));
        let beside: Vec<_> =
            siblings.iter().filter(|(_, parent)| Some(parent.uuid()) == unit.parent_id).map(|(it, _)| *it).collect();
        for figure in &mut mine {
            let key = (figure.indicator.id, figure.group.clone());
            let nothing = Value { numerator: 0, denominator: figure.value.denominator.map(|_| 0) };
            figure.previous = earlier.as_ref().map(|it| it.get(&key).copied().unwrap_or(nothing));
            let above = unit.parent_id.and_then(|parent| made.get(&UnitId(parent))?.get(&key).copied());
            figure.ranked = above.filter(|_| figure.value.is_known()).map(|above| {
                let others = beside.iter().filter_map(|it| made.get(it)?.get(&key).copied());
                ranked(figure, above, others.filter(|it| it.is_known()))
            });
        }
        listed.push((unit, mine));
    }
    Ok(Report { position, units: listed })
}

/// The cases behind a figure, after one, by the day on which they count.
pub async fn behind(
    app: &App,
    session: &Session,
    (indicator, unit, period): (&Indicator, Option<UnitId>, Period),
    after: Option<(NaiveDate, TopicId)>,
    limit: u16,
) -> Result<Vec<Behind>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = match unit {
        Some(unit) => require_unit(&mut tx, unit, "unit").await?,
        None => root(&mut tx, session).await?,
    };
    session.require_reach(&unit.path)?;
    let Some(measure) = indicator.cases() else {
        let text = format!("{} is not made of cases", indicator.id);
        return Err(Refusal::invalid("report.no_cases", "indicator", text)
            .with_fix("ask for an indicator whose definition says `cases`")
            .into());
    };
    Ok(stored::behind(&mut tx, (measure, &unit.path), period, after, limit).await?)
}

pub(super) async fn root(tx: &mut TenantTx, session: &Session) -> Result<Unit, Failure> {
    let code = &session.tenant()?.code;
    let missing = || Failure::Inconsistent("the tenant has no unit of its own".into());
    units::find_by_code(tx, code).await?.ok_or_else(missing)
}

pub(super) fn ids(units: &[Unit]) -> Vec<uuid::Uuid> {
    units.iter().map(|it| it.id.uuid()).collect()
}

fn figures(read: &Read, unit: UnitId, asked: &Asked, period: Period) -> Vec<Figure> {
    asked.indicators.iter().flat_map(|it| read.figures(unit, it, period, asked.grouped)).collect()
}

fn values(figures: &[Figure]) -> HashMap<(&'static str, Option<String>), Value> {
    figures.iter().map(|it| ((it.indicator.id, it.group.clone()), it.value)).collect()
}

fn ranked(figure: &Figure, above: Value, others: impl Iterator<Item = Value>) -> Ranked {
    let (mut place, mut of) = (1, 0);
    for other in others {
        of += 1;
        let better = match figure.indicator.less_is_better() {
            true => figure.value.exceeds(other),
            false => other.exceeds(figure.value),
        };
        place += u64::from(better);
    }
    Ranked { place, of, above }
}
