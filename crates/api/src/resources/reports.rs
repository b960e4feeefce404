//! `/v1/{tenant}/reports`: figures of any unit over any period, and the cases behind them.

use chrono::{Datelike as _, NaiveDate};
use poem::{Body, http::StatusCode};
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
};
use uuid::Uuid;
use yishi_domain::{TopicId, UnitId, reports as domain};
use yishi_service::{
    directory::Unit,
    reports::{self, Asked, files},
};

use crate::{
    conditions,
    pages::{Page, Wanted, bad_cursor},
    parameters::Cursor,
    problems::Problem,
    resources::{Tag, books::FileFormat},
    sessions::Session,
};

/// The operations on reports.
pub struct ReportsApi;

/// How many units a page of a report has unless asked otherwise.
const UNITS: u16 = 50;

/// How many units are written to a file together.
const PART: u16 = 500;

/// The level of the units that are told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ReportLevel {
    /// Districts and counties.
    District,
    /// Streets and townships.
    Street,
    /// Communities and villages.
    Community,
}

/// Figures.
#[derive(Debug, Object)]
pub struct Report {
    /// How many events of the record are counted.
    pub position: u64,
    /// The first day of the period.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The plan's phase in which the last day lies, whose targets are held against the figures.
    #[oai(skip_serializing_if_is_none)]
    pub phase: Option<String>,
    /// The units, in the order of their codes.
    pub units: Vec<ReportUnit>,
    /// Where the next page begins; absent on the last one.
    #[oai(skip_serializing_if_is_none)]
    pub next: Option<String>,
}

/// A unit with its figures.
#[derive(Debug, Object)]
pub struct ReportUnit {
    /// Its identifier.
    pub id: Uuid,
    /// Its statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: String,
    /// Its figures, in the order of the indicators.
    pub figures: Vec<ReportFigure>,
}

/// A figure. Nothing is rounded but `per_mille`, which is rounded down.
#[derive(Debug, Object)]
pub struct ReportFigure {
    /// The indicator.
    pub indicator: String,
    /// The version of its definition.
    pub version: u32,
    /// The group that it is of; absent for the whole.
    #[oai(skip_serializing_if_is_none)]
    pub group: Option<String>,
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator; absent where the figure is a number. Where it is 0 there is nothing to measure.
    #[oai(skip_serializing_if_is_none)]
    pub denominator: Option<i64>,
    /// Thousandths.
    #[oai(skip_serializing_if_is_none)]
    pub per_mille: Option<i64>,
    /// How many cases a number of days is made from.
    #[oai(skip_serializing_if_is_none)]
    pub cases: Option<i64>,
    /// How many residents are of the group.
    #[oai(skip_serializing_if_is_none)]
    pub residents: Option<u64>,
    /// Of how many whose group is known.
    #[oai(skip_serializing_if_is_none)]
    pub residents_of: Option<u64>,
    /// What the plan asks for in such a period.
    #[oai(skip_serializing_if_is_none)]
    pub target: Option<ReportTarget>,
    /// The same in the period before.
    #[oai(skip_serializing_if_is_none)]
    pub previous: Option<ReportValue>,
    /// Where it stands among the units of its level under the same unit.
    #[oai(skip_serializing_if_is_none)]
    pub siblings: Option<ReportSiblings>,
}

/// What is to be reached.
#[derive(Debug, Object)]
pub struct ReportTarget {
    /// Whether it is the most, and not the least.
    pub at_most: bool,
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator.
    pub denominator: i64,
    /// Whether it is reached; absent where there is nothing to measure.
    #[oai(skip_serializing_if_is_none)]
    pub reached: Option<bool>,
}

/// A value beside a figure.
#[derive(Debug, Object)]
pub struct ReportValue {
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator.
    #[oai(skip_serializing_if_is_none)]
    pub denominator: Option<i64>,
    /// Thousandths.
    #[oai(skip_serializing_if_is_none)]
    pub per_mille: Option<i64>,
}

/// A place among siblings.
#[derive(Debug, Object)]
pub struct ReportSiblings {
    /// The place, from 1; those that are as good share one.
    pub place: u64,
    /// How many of them have a figure.
    pub of: u64,
    /// The figure of the unit above.
    pub above: ReportValue,
}

/// A case behind a figure.
#[derive(Debug, Object)]
pub struct ReportCase {
    /// The topic.
    pub topic: Uuid,
    /// Its unit.
    pub unit: Uuid,
    /// The day on which it counts.
    pub day: NaiveDate,
    /// The group in which it counts, such as its channel or the days that it took.
    pub group: String,
    /// As how many it counts.
    pub value: i64,
}

/// A report.
#[derive(ApiResponse)]
pub enum ReportAnswer {
    /// Figures.
    #[oai(status = 200)]
    Figures(
        Json<Report>,
        /// The same as long as nothing more is counted.
        #[oai(header = "ETag")]
        String,
    ),
    /// Nothing more was counted since.
    #[oai(status = 304)]
    Unchanged(
        /// The tag that was sent.
        #[oai(header = "ETag")]
        String,
    ),
}

/// A report as a file.
#[derive(ApiResponse)]
pub enum ReportFile {
    /// A line a figure, of all units.
    #[oai(status = 200)]
    File(
        Binary<Body>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Reports")]
impl ReportsApi {
    /// Makes a report: indicators of a unit, or of each unit of a level under it, over a period.
    ///
    /// Figures are kept from the record as it grows, with the position up to which it is counted. What came in late, was corrected or reversed counts on
    /// the day to which it belongs.
    #[oai(path = "/v1/:tenant/reports", method = "get", operation_id = "get_report")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn get_report(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The indicators, by their identifiers with commas between; all unless given.
        indicators: Query<Option<String>>,
        /// The unit; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// Tells each unit of this level under it; the unit itself unless given.
        level: Query<Option<ReportLevel>>,
        /// The period in the city's zone: `2026`, `2026-Q3`, `2026-09`, `2026-09-14`, `2026-09-14..2026-10-03`, or a phase of the plan such as
        /// `phase:2025-26`; this year unless given.
        period: Query<Option<String>>,
        /// Whether each group is told besides the whole, such as each channel, category or level.
        groups: Query<Option<bool>>,
        /// What is told beside, with commas between: `previous` (the period before) and `siblings` (place among units of the level under the same unit).
        compare: Query<Option<String>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many units at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "500")))]
        limit: Query<Option<u16>>,
        /// Answered with 304 where nothing more was counted since the answer with this tag.
        #[oai(name = "If-None-Match")]
        known: Header<Option<String>>,
    ) -> Result<ReportAnswer, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), Some(limit.unwrap_or(UNITS)))?;
        let asked = Asked {
            after: wanted.after.clone(),
            limit: wanted.load(),
            ..asked(&session, (indicators.0, *unit, *level), (period.0, *groups, compare.0))?
        };
        let position = reports::counted(&session.app, &session).await?;
        let tag = conditions::tag_of(format!("{position} {asked:?}").as_bytes());
        if known.as_deref().is_some_and(|it| conditions::matches(it, &tag)) {
            return Ok(ReportAnswer::Unchanged(tag));
        }
        let mut report = reports::report(&session.app, &session, &asked).await?;
        let page = wanted.page(std::mem::take(&mut report.units), |it| it.0.code.clone(), unit_of);
        let (period, phase) = (asked.period, asked.period.phase());
        // Where more was counted in between, the tag is one of nobody's.
        let tag = if report.position == position { tag } else { conditions::tag_of(tag.as_bytes()) };
        let report = Report {
            position: report.position,
            from: period.from,
            to: period.last(),
            phase: phase.map(|it| domain::PHASES[it].code.into()),
            units: page.items,
            next: page.next,
        };
        Ok(ReportAnswer::Figures(Json(report), tag))
    }

    /// Gets a report as a file, with a line a figure of all units that it tells.
    #[oai(path = "/v1/:tenant/reports/file", method = "get", operation_id = "export_report")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn export_report(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The indicators, by their identifiers with commas between; all unless given.
        indicators: Query<Option<String>>,
        /// The unit; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// Tells each unit of this level under it; the unit itself unless given.
        level: Query<Option<ReportLevel>>,
        /// The period, as in reports; this year unless given.
        period: Query<Option<String>>,
        /// Whether each group is told besides the whole.
        groups: Query<Option<bool>>,
        /// What is told beside: `previous`, `siblings`, or both with a comma between.
        compare: Query<Option<String>>,
        /// How lines are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<ReportFile, Problem> {
        let mut asked = asked(&session, (indicators.0, *unit, *level), (period.0, *groups, compare.0))?;
        let format = format.unwrap_or(FileFormat::Csv);
        let mut bytes = Vec::new();
        loop {
            let report = reports::report(&session.app, &session, &asked).await?;
            bytes.extend(match format {
                FileFormat::Csv => files::csv(&report, asked.after.is_empty())?,
                FileFormat::Ndjson => files::ndjson(&report)?,
            });
            match report.units.last().filter(|_| report.units.len() == usize::from(PART)) {
                Some((unit, _)) => asked.after.clone_from(&unit.code),
                None => break,
            }
        }
        let ending = if matches!(format, FileFormat::Csv) { "csv" } else { "ndjson" };
        let name = format!("attachment; filename=\"report-{}.{ending}\"", asked.period);
        Ok(ReportFile::File(Binary(Body::from(bytes)), name))
    }

    /// Lists the cases behind a figure: those of its numerator, by the day on which they count.
    #[oai(path = "/v1/:tenant/reports/cases", method = "get", operation_id = "list_report_cases")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn list_report_cases(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The indicator.
        indicator: Query<String>,
        /// The unit; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// The period, as in reports; this year unless given.
        period: Query<Option<String>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many cases at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<ReportCase>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = match wanted.after.split_once(' ') {
            None if wanted.after.is_empty() => None,
            None => return Err(bad_cursor()),
            Some((day, topic)) => {
                let day: NaiveDate = day.parse().map_err(|_| bad_cursor())?;
                Some((day, TopicId(topic.parse().map_err(|_| bad_cursor())?)))
            }
        };
        let indicator = indicator_of(&indicator, "indicator")?;
        let period = period_of(&session, period.as_deref())?;
        let asked = (indicator, unit.map(UnitId), period);
        let loaded = reports::behind(&session.app, &session, asked, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| format!("{} {}", it.day, it.topic), ReportCase::from)))
    }
}

/// What a query asks for, for files in parts of so many units.
fn asked(
    session: &Session,
    (indicators, unit, level): (Option<String>, Option<Uuid>, Option<ReportLevel>),
    (period, groups, compare): (Option<String>, Option<bool>, Option<String>),
) -> Result<Asked, Problem> {
    let (previous, siblings) = compared(compare.as_deref())?;
    Ok(Asked {
        indicators: indicators_of(indicators.as_deref())?,
        unit: unit.map(UnitId),
        level: level.map(|it| level_code(it).to_owned()),
        period: period_of(session, period.as_deref())?,
        grouped: groups.unwrap_or(false),
        previous,
        siblings,
        after: String::new(),
        limit: PART,
    })
}

const fn level_code(level: ReportLevel) -> &'static str {
    match level {
        ReportLevel::District => "district",
        ReportLevel::Street => "street",
        ReportLevel::Community => "community",
    }
}

pub(crate) fn bad(field: &str, code: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).with_field(field).with_fix(fix)
}

fn indicator_of(id: &str, field: &str) -> Result<&'static domain::Indicator, Problem> {
    let unknown = || {
        let ids: Vec<_> = domain::INDICATORS.iter().map(|it| it.id).collect();
        bad(
            field,
            "report.unknown_indicator",
            format!("there is no indicator `{id}`"),
            format!("name some of {}", ids.join(", ")),
        )
    };
    domain::Indicator::of(id).ok_or_else(unknown)
}

pub(crate) fn indicators_of(given: Option<&str>) -> Result<Vec<&'static domain::Indicator>, Problem> {
    match given {
        None => Ok(domain::INDICATORS.iter().collect()),
        Some(text) => text.split(',').map(|id| indicator_of(id.trim(), "indicators")).collect(),
    }
}

fn compared(given: Option<&str>) -> Result<(bool, bool), Problem> {
    let (mut previous, mut siblings) = (false, false);
    for it in given.unwrap_or_default().split(',').map(str::trim).filter(|it| !it.is_empty()) {
        match it {
            "previous" => previous = true,
            "siblings" => siblings = true,
            other => {
                let text = format!("`{other}` is nothing to compare with");
                return Err(bad(
                    "compare",
                    "report.bad_comparison",
                    text,
                    "give `previous`, `siblings`, or both with a comma between",
                ));
            }
        }
    }
    Ok((previous, siblings))
}

/// The period that a query names; this year where it names none.
pub(crate) fn period_of(session: &Session, given: Option<&str>) -> Result<domain::Period, Problem> {
    let text = match given {
        Some(text) => text.to_owned(),
        None => {
            let zone = session.tenant()?.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
            session.ctx.now.with_timezone(&zone).year().to_string()
        }
    };
    read_period(&text)
}

/// Reads a period.
pub(crate) fn read_period(text: &str) -> Result<domain::Period, Problem> {
    text.parse().map_err(|error: domain::NotAPeriod| {
        bad("period", "report.bad_period", format!("`{text}` is not a period"), error.to_string())
    })
}

fn unit_of((unit, figures): (Unit, Vec<reports::Figure>)) -> ReportUnit {
    ReportUnit {
        id: unit.id.uuid(),
        code: unit.code,
        name: unit.name,
        level: unit.level,
        figures: figures.into_iter().map(ReportFigure::from).collect(),
    }
}

impl ReportTarget {
    pub(crate) const fn of(target: domain::Target, reached: Option<bool>) -> Self {
        let domain::Target { at_most, numerator, denominator } = target;
        Self { at_most, numerator, denominator, reached }
    }
}

impl From<reports::Value> for ReportValue {
    fn from(it: reports::Value) -> Self {
        Self { numerator: it.numerator, denominator: it.denominator, per_mille: it.per_mille() }
    }
}

impl From<reports::Figure> for ReportFigure {
    fn from(it: reports::Figure) -> Self {
        let target = it.target.map(|(target, reached)| ReportTarget::of(target, reached));
        let reports::Value { numerator, denominator } = it.value;
        Self {
            indicator: it.indicator.id.into(),
            version: it.indicator.version,
            group: it.group,
            numerator,
            denominator,
            per_mille: it.value.per_mille(),
            cases: it.cases,
            residents: it.population.map(|it| it.residents),
            residents_of: it.population.map(|it| it.of),
            target,
            previous: it.previous.map(ReportValue::from),
            siblings: it.ranked.map(|it| ReportSiblings { place: it.place, of: it.of, above: it.above.into() }),
        }
    }
}

impl From<reports::Behind> for ReportCase {
    fn from(it: reports::Behind) -> Self {
        Self { topic: it.topic.uuid(), unit: it.unit.uuid(), day: it.day, group: it.dimension, value: it.value }
    }
}
