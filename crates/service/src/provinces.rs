//! The province (全省概覽): all cities side by side, by their figures as a whole and never by their cases. Every look is an event of the platform's log.

use chrono::Duration;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    quotas::Standing,
    reports::{Indicator, PHASES, Period, Target, Way, is_small, left_out},
};
use yishi_store::{
    LOOKS,
    provinces::{self, InForce},
    reports as stored,
    tenants::{self, Tenant},
    units,
};

use crate::{
    App,
    failures::Failure,
    quotas,
    reports::{Figure, Read, Value},
    sessions::Session,
};

pub use yishi_policy::limits::Tier;
pub use yishi_store::provinces::PlatformEvent;

/// The kind of the event that tells of a look.
const LOOKED: &str = "province.looked_at";

/// A city as the province sees it.
#[derive(Clone, Debug)]
pub struct City {
    /// The tenant.
    pub tenant: Tenant,
    /// How many events of its record are counted.
    pub position: u64,
    /// How many units of each level it has.
    pub units: Vec<(String, i64)>,
    /// How far the mechanism has spread: its communities with one, of all, and the last phase of the plan whose target that reaches.
    pub coverage: Value,
    /// The phase that the coverage reaches; none where it is not even the pilot's.
    pub stage: Option<&'static str>,
    /// What the plan asks for now, and whether it is reached.
    pub planned: Option<(Target, Option<bool>)>,
    /// The figures, each with whether it is left out because it is of too few people.
    pub figures: Vec<(Figure, bool)>,
    /// The rule set that holds; none where the standard rules do.
    pub rules: Option<InForce>,
    /// The widest tier of limits that is open to its rule sets.
    pub tier: Tier,
    /// Its quotas with what is used of each. These are figures of the whole city's accounts and files, which say of nobody what they did; so none is left out
    /// for being small.
    pub quotas: Vec<Standing>,
}

/// What is asked of each city.
#[derive(Clone, Copy)]
struct Asked<'a> {
    app: &'a App,
    session: &'a Session,
    indicators: &'a [&'static Indicator],
    /// The same with the coverage, which is read once, also where it is asked for.
    read: &'a [&'static Indicator],
    coverage: &'static Indicator,
    period: Period,
}

/// Looks at every city, each as it is when it is read, which its position in its record tells.
pub async fn look(
    app: &App,
    session: &Session,
    indicators: &[&'static Indicator],
    period: Period,
) -> Result<Vec<City>, Failure> {
    let all = tenants::list(&mut app.db.platform().await?).await?;
    let coverage = Indicator::of("coverage").ok_or_else(|| Failure::Inconsistent("coverage is no indicator".into()))?;
    let mut read = indicators.to_vec();
    read.extend((!indicators.iter().any(|it| it.id == coverage.id)).then_some(coverage));
    let asked = Asked { app, session, indicators, read: &read, coverage, period };
    let looks: Vec<_> = all.into_iter().map(|tenant| asked.of(tenant)).collect();
    let cities: Vec<_> = stream::iter(looks).buffered(LOOKS as usize).try_collect().await?;
    let cities: Vec<_> = cities.into_iter().flatten().collect();
    let looked: Vec<_> = cities.iter().map(|it| &it.tenant.slug).collect();
    let ids: Vec<_> = indicators.iter().map(|it| it.id).collect();
    let body = json!({"tenants": looked, "indicators": ids, "from": period.from, "to": period.last()});
    app.db.province().await?.commit(&session.ctx, LOOKED, body).await?;
    Ok(cities)
}

impl Asked<'_> {
    /// Reads a city; none where it has no units yet.
    async fn of(self, tenant: Tenant) -> Result<Option<City>, Failure> {
        let Self { app, session, indicators, read, coverage, period } = self;
        let now = session.ctx.wall + Duration::milliseconds(tenant.clock_offset_ms);
        let mut tx = app.db.province().await?;
        let tx = tx.look_at(tenant.id).await?;
        let Some(root) = units::find_by_code(tx, &tenant.code).await? else { return Ok(None) };
        let read = Read::of(tx, &[root.id.uuid()], read, period).await?;
        let spread = read.figures(root.id, coverage, period, false).pop();
        let spread = spread.ok_or_else(|| Failure::Inconsistent("there is no figure of the coverage".into()))?;
        let figures = indicators.iter().flat_map(|it| suppressed(read.figures(root.id, it, period, false))).collect();
        Ok(Some(City {
            position: stored::counted(tx).await?,
            units: provinces::units_by_level(tx).await?,
            stage: stage(coverage, spread.value),
            coverage: spread.value,
            planned: spread.target,
            figures,
            rules: provinces::in_force(tx, now).await?,
            tier: app.trust.tier_of(&tenant.slug),
            quotas: quotas::standings(tx, now, &tenant).await?,
            tenant,
        }))
    }
}

/// Lists the platform's log after an event, the earliest first.
pub async fn log(app: &App, after: Option<Uuid>, limit: u16) -> Result<Vec<PlatformEvent>, Failure> {
    Ok(provinces::log(&mut app.db.platform().await?, after, limit).await?)
}

/// The figures of an indicator, those of too few people marked.
fn suppressed(figures: Vec<Figure>) -> Vec<(Figure, bool)> {
    let of_people = figures.first().is_some_and(|it| match it.indicator.way {
        Way::Participants => true,
        Way::Structure(measure, _) => measure.is_of_people(),
        _ => false,
    });
    // A mean over few people tells what each of them said.
    let few = |it: &Figure| match it.indicator.way {
        Way::Ratio(_, of) => of.is_of_people() && it.value.denominator.is_some_and(is_small),
        _ => false,
    };
    if !of_people {
        return figures.into_iter().map(|it| (few(&it), it)).map(|(few, it)| (it, few)).collect();
    }
    if figures.iter().all(|it| it.group.is_none()) {
        return figures
            .into_iter()
            .map(|it| (is_small(it.value.numerator), it))
            .map(|(small, it)| (it, small))
            .collect();
    }
    let out = left_out(&figures.iter().map(|it| it.value.numerator).collect::<Vec<_>>());
    figures.into_iter().zip(out).collect()
}

/// The last phase whose target a coverage reaches.
fn stage(coverage: &Indicator, value: Value) -> Option<&'static str> {
    let reached = |target: &Option<Target>| target.is_some_and(|target| value.reaches(target) == Some(true));
    coverage.targets.iter().rposition(reached).map(|i| PHASES[i].code)
}
