//! `/platform/reports`: all cities side by side, and the log of who looked.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use poem_openapi::{Object, OpenApi, param::Query, payload::Json};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::reports::{LEAST_PEOPLE, Target};
use yishi_service::provinces::{self, City, PlatformEvent, Tier};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::Cursor,
    problems::Problem,
    resources::{
        Tag,
        quotas::QuotaUses,
        reports::{ReportTarget, ReportValue, bad, indicators_of, read_period},
    },
    sessions::Session,
};

/// The operations of the province.
pub struct ProvincesApi;

/// All cities side by side.
#[derive(Debug, Object)]
pub struct ProvinceReport {
    /// The first day of the period.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The least number of people that is told; a figure of fewer is suppressed, and with one that would stand alone the smallest of its siblings.
    pub least_people: i64,
    /// The cities, in the order of their slugs.
    pub cities: Vec<ProvinceCity>,
}

/// A city as the province sees it.
#[derive(Debug, Object)]
pub struct ProvinceCity {
    /// The tenant's slug.
    pub tenant: String,
    /// Its statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `production` or `sandbox`.
    pub mode: String,
    /// How many events of its record are counted.
    pub position: u64,
    /// How many units of each level it has.
    pub units: BTreeMap<String, i64>,
    /// Communities with a working mechanism, of all.
    pub coverage: ReportValue,
    /// The last phase of the plan whose coverage it reaches; absent where it does not reach the pilot's.
    #[oai(skip_serializing_if_is_none)]
    pub stage: Option<String>,
    /// The coverage that the plan asks for in the period.
    #[oai(skip_serializing_if_is_none)]
    pub planned: Option<ReportTarget>,
    /// Its figures.
    pub figures: Vec<ProvinceFigure>,
    /// The rule set that holds; absent where the standard rules do.
    #[oai(skip_serializing_if_is_none)]
    pub rules: Option<ProvinceRules>,
    /// The widest tier of limits that is open to its rule sets: `native` or `script`.
    pub tier: String,
    /// Its quotas with what is used of each.
    pub quotas: QuotaUses,
}

/// A figure of a city.
#[derive(Debug, Object)]
pub struct ProvinceFigure {
    /// The indicator.
    pub indicator: String,
    /// The version of its definition.
    pub version: u32,
    /// The group that it is of.
    #[oai(skip_serializing_if_is_none)]
    pub group: Option<String>,
    /// Whether it is left out because it is of too few people.
    pub suppressed: bool,
    /// Its value, unless it is left out.
    #[oai(skip_serializing_if_is_none)]
    pub value: Option<ReportValue>,
    /// What the plan asks for.
    #[oai(skip_serializing_if_is_none)]
    pub target: Option<ReportTarget>,
}

/// A rule set that holds in a city.
#[derive(Debug, Object)]
pub struct ProvinceRules {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The digest of its component.
    pub digest: String,
    /// Since when it holds.
    pub since: Instant,
}

/// An event of the platform's log.
#[derive(Debug, Object)]
pub struct PlatformLogEvent {
    /// Its identifier.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Who did it.
    pub principal: String,
    /// When.
    pub at: Instant,
    /// What it was about.
    pub body: Value,
}

#[OpenApi(tag = "Tag::Platform")]
impl ProvincesApi {
    /// Looks at all cities side by side: coverage against the plan, indicators, the rules in use, and quotas. No case can be seen; every look is logged.
    #[oai(path = "/platform/reports", method = "get", operation_id = "get_province_report")]
    async fn get_province_report(
        &self,
        session: Session,
        /// The indicators, by their identifiers with commas between; all unless given.
        indicators: Query<Option<String>>,
        /// The period, of whole months, as in a city's reports; this year unless given.
        period: Query<Option<String>>,
    ) -> Result<Json<ProvinceReport>, Problem> {
        let indicators = indicators_of(indicators.as_deref())?;
        let this_year = session.ctx.wall.with_timezone(&chrono_tz::Asia::Shanghai).year().to_string();
        let period = read_period(period.as_deref().unwrap_or(&this_year))?;
        if !period.is_of_months() {
            let text = "a province is looked at by whole months";
            return Err(bad("period", "report.bad_period", text, "give months, quarters, years or a phase"));
        }
        let cities = provinces::look(&session.app, &session, &indicators, period).await?;
        let cities = cities.into_iter().map(ProvinceCity::from).collect();
        Ok(Json(ProvinceReport { from: period.from, to: period.last(), least_people: LEAST_PEOPLE, cities }))
    }

    /// Lists the platform's own log: who looked across cities at what, or set which quotas of a city, and when.
    #[oai(path = "/platform/log", method = "get", operation_id = "list_platform_log")]
    async fn list_platform_log(
        &self,
        session: Session,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many events at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<PlatformLogEvent>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let loaded = provinces::log(&session.app, uuid_cursor(&wanted.after)?, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), PlatformLogEvent::from)))
    }
}

impl From<PlatformEvent> for PlatformLogEvent {
    fn from(it: PlatformEvent) -> Self {
        Self { id: it.id, kind: it.kind, principal: it.principal, at: it.at.into(), body: it.body }
    }
}

impl From<City> for ProvinceCity {
    fn from(it: City) -> Self {
        let target = |(target, reached): (Target, Option<bool>)| ReportTarget::of(target, reached);
        let figures = it.figures.into_iter().map(|(figure, suppressed)| ProvinceFigure {
            indicator: figure.indicator.id.into(),
            version: figure.indicator.version,
            group: figure.group,
            suppressed,
            value: (!suppressed).then(|| figure.value.into()),
            target: figure.target.filter(|_| !suppressed).map(target),
        });
        let rules = it.rules.map(|it| ProvinceRules {
            name: it.descriptor.name,
            version: it.descriptor.version,
            digest: it.digest.to_string(),
            since: it.activated_at.into(),
        });
        Self {
            tenant: it.tenant.slug,
            code: it.tenant.code,
            name: it.tenant.name,
            mode: it.tenant.mode,
            position: it.position,
            units: it.units.into_iter().collect(),
            coverage: it.coverage.into(),
            stage: it.stage.map(str::to_owned),
            planned: it.planned.map(target),
            figures: figures.collect(),
            rules,
            tier: match it.tier {
                Tier::Native => "native".into(),
                Tier::Script => "script".into(),
            },
            quotas: QuotaUses::of(&it.quotas),
        }
    }
}
