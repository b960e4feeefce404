//! The performance sheet of a unit and the league of communities, by the published formula.

use yishi_domain::{
    UnitId,
    reports::{FORMULA, Indicator, PHASES, Period, Rating, Target},
};
use yishi_store::{reports as stored, units::Unit};

use super::{
    Figure,
    figures::{Read, scaled},
    queries::{ids, root},
};
use crate::{
    App,
    directory::{find_unit, require_unit},
    failures::Failure,
    sessions::Session,
};

/// How many communities are rated together.
const PART: u16 = 1_000;

/// A rating with the figures that it is made of, each with the target that it was held against.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The unit.
    pub unit: Unit,
    /// The rating.
    pub rating: Rating,
    /// The figures, in the order of the formula.
    pub figures: Vec<(Figure, Target)>,
}

/// A community in the league.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its place, from 1; none without a rating.
    pub place: Option<u64>,
    /// Its sheet.
    pub sheet: Sheet,
}

/// The performance sheet of a unit for a period.
pub async fn sheet(app: &App, session: &Session, unit: UnitId, period: Period) -> Result<(u64, Sheet), Failure> {
    let mut tx = app.db.snapshot(&session.ctx).await?;
    let position = stored::counted(&mut tx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    let read = Read::of(&mut tx, &ids(std::slice::from_ref(&unit)), &indicators(), period).await?;
    Ok((position, rated(&read, unit, period)))
}

/// The league of the communities under a unit for a period.
pub async fn league(
    app: &App,
    session: &Session,
    unit: Option<UnitId>,
    period: Period,
) -> Result<(u64, Vec<Placed>), Failure> {
    let mut tx = app.db.snapshot(&session.ctx).await?;
    let position = stored::counted(&mut tx).await?;
    let unit = match unit {
        Some(unit) => require_unit(&mut tx, unit, "unit").await?,
        None => root(&mut tx, session).await?,
    };
    let (mut sheets, mut after) = (Vec::new(), String::new());
    loop {
        let part = stored::levels(&mut tx, (&unit.path, "community"), &after, PART).await?;
        let Some(last) = part.last() else { break };
        after.clone_from(&last.code);
        let read = Read::of(&mut tx, &ids(&part), &indicators(), period).await?;
        sheets.extend(part.into_iter().map(|unit| rated(&read, unit, period)));
    }
    // Those without a rating come last; what is equal stays in the order of the codes.
    sheets.sort_by_key(|it| it.rating.total.map_or(1, |total| -total));
    let (mut place, mut last) = (0, None);
    let placed = sheets.into_iter().zip(1..).map(|(sheet, number)| {
        if sheet.rating.total != last {
            (place, last) = (number, sheet.rating.total);
        }
        Placed { place: sheet.rating.total.map(|_| place), sheet }
    });
    Ok((position, placed.collect()))
}

fn indicators() -> Vec<&'static Indicator> {
    FORMULA.parts.iter().filter_map(|it| Indicator::of(it.indicator)).collect()
}

fn rated(read: &Read, unit: Unit, period: Period) -> Sheet {
    // Before the plan the pilot's targets hold, and after it the last ones; where a phase has none, those of the next.
    let phase = period.phase().unwrap_or(if period.from < PHASES[0].period().from { 0 } else { PHASES.len() - 1 });
    let target = |it: &Indicator| it.targets[phase..].iter().flatten().next().map(|target| scaled(it, *target, period));
    let figures: Vec<_> = indicators()
        .into_iter()
        .filter_map(|it| Some((read.figures(unit.id, it, period, false).into_iter().next()?, target(it)?)))
        .collect();
    let rating = FORMULA.rate(|it| {
        let (figure, target) = figures.iter().find(|(figure, _)| figure.indicator.id == it.id)?;
        Some(((figure.value.numerator, figure.value.denominator.unwrap_or(1)), *target))
    });
    Sheet { unit, rating, figures }
}
