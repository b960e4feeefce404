//! Standard reports as files: the performance sheet of a unit, a quarter of a city, and a quarter of the province.

use poem_openapi::{
    ApiResponse, Enum, OpenApi,
    param::{Path, Query},
    payload::Binary,
};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{UnitId, reports::Period};
use yishi_service::provinces;

use crate::{
    prints::{self, Document, Frame, Subject},
    problems::Problem,
    resources::{
        Tag,
        disclosures::quarter_of,
        preferences::Locale,
        reports::{period_of, read_period},
    },
    sessions::Session,
    standard_reports,
    tables::Tables,
};

/// The operations on standard reports.
pub struct StandardReportsApi;

/// What a report is written as; each says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ReportFormat {
    /// A page of A4 sheets that refers to nothing outside itself.
    Html,
    /// The same page as PDF (ISO 32000-2).
    Pdf,
    /// A workbook (ISO/IEC 29500), with a sheet a table.
    Xlsx,
    /// CSV (RFC 4180) in UTF-8, the tables one below the other.
    Csv,
}

/// A standard report.
#[derive(ApiResponse)]
pub enum StandardReport {
    /// A file.
    #[oai(status = 200)]
    File(
        Binary<Vec<u8>>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi]
impl StandardReportsApi {
    /// Gets the performance sheet of a unit as a file: its rating part by part, every indicator with its target, and who took part.
    #[oai(
        path = "/v1/:tenant/units/:unit/sheet/file",
        method = "get",
        operation_id = "export_performance_sheet",
        tag = "Tag::Reports"
    )]
    async fn export_performance_sheet(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The period, as in reports; this year unless given.
        period: Query<Option<String>>,
        /// How it is written; as PDF unless given.
        format: Query<Option<ReportFormat>>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<StandardReport, Problem> {
        let period = period_of(&session, period.as_deref())?;
        let locale = locale.unwrap_or(Locale::Chinese);
        let (unit, tables) = standard_reports::sheet(&session, UnitId(*unit), period, locale).await?;
        of_city(&session, tables, (&format!("sheet-{}-{period}", unit.code), &unit.name), *format, locale).await
    }

    /// Gets the quarterly report of the city, or of a unit in it, as a file: every indicator, the units under it side by side, and the first of the league.
    #[oai(
        path = "/v1/:tenant/reports/quarters/:quarter/file",
        method = "get",
        operation_id = "export_quarter_report",
        tag = "Tag::Reports"
    )]
    async fn export_quarter_report(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The quarter, in the tenant's zone, such as `2026-Q3`; what happened so far where it is not over.
        #[oai(validator(pattern = "^2[0-9]{3}-Q[1-4]$"))]
        quarter: Path<String>,
        /// The unit; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// How it is written; as PDF unless given.
        format: Query<Option<ReportFormat>>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<StandardReport, Problem> {
        let (named, period) = days_of(&quarter)?;
        let locale = locale.unwrap_or(Locale::Chinese);
        let unit = unit.map(UnitId);
        let (unit, tables) = standard_reports::quarter(&session, unit, period, &named, locale).await?;
        of_city(&session, tables, (&format!("quarter-{}-{named}", unit.code), &unit.name), *format, locale).await
    }

    /// Gets the quarterly report of the province as a file: its cities side by side, without their cases. Every look is logged.
    #[oai(
        path = "/platform/reports/quarters/:quarter/file",
        method = "get",
        operation_id = "export_province_quarter",
        tag = "Tag::Platform"
    )]
    async fn export_province_quarter(
        &self,
        session: Session,
        /// The quarter, such as `2026-Q3`.
        #[oai(validator(pattern = "^2[0-9]{3}-Q[1-4]$"))]
        quarter: Path<String>,
        /// How it is written; as PDF unless given.
        format: Query<Option<ReportFormat>>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<StandardReport, Problem> {
        let (named, period) = days_of(&quarter)?;
        let locale = locale.unwrap_or(Locale::Chinese);
        let cities = provinces::look(&session.app, &session, &standard_reports::rated(), period).await?;
        let tables = standard_reports::province(&cities, period, &named, locale);
        let name = format!("province-{named}");
        written(&session, &tables, &name, *format, locale, |facts| {
            let frame = Frame {
                name: match locale {
                    Locale::Chinese => "全省",
                    Locale::English => "The province",
                },
                zone: chrono_tz::Asia::Shanghai.name(),
                sandbox: false,
                checkpoint: None,
                now: session.ctx.wall,
            };
            let subject = Subject { place: None, proof: None, facts };
            std::future::ready(prints::fill(&session.app, Document::Report, locale, frame, subject))
        })
        .await
    }
}

/// A quarter's name in its one written form, and its days.
fn days_of(quarter: &str) -> Result<(String, Period), Problem> {
    let named = quarter_of(quarter)?.to_string();
    let period = read_period(&named)?;
    Ok((named, period))
}

async fn of_city(
    session: &Session,
    tables: Tables,
    (file, place): (&str, &str),
    format: Option<ReportFormat>,
    locale: Locale,
) -> Result<StandardReport, Problem> {
    let tenant = session.tenant()?;
    let place = (tenant.name != place).then(|| place.to_owned());
    // Whoever doubts a figure can compute it again from what the city publishes.
    let proof = Some(format!("/public/{}/data/datapackage.json", tenant.slug));
    written(session, &tables, file, format, locale, |facts| {
        prints::page(session, Document::Report, locale, Subject { place, proof, facts })
    })
    .await
}

async fn written<F>(
    session: &Session,
    tables: &Tables,
    file: &str,
    format: Option<ReportFormat>,
    locale: Locale,
    page: impl FnOnce(Value) -> F,
) -> Result<StandardReport, Problem>
where
    F: Future<Output = Result<String, yishi_service::failures::Failure>>,
{
    let facts = || {
        serde_json::to_value(tables)
            .map_err(|error| yishi_service::failures::Failure::Inconsistent(format!("a report is no JSON: {error}")))
    };
    let (bytes, ending) = match format.unwrap_or(ReportFormat::Pdf) {
        ReportFormat::Csv => (tables.csv()?, "csv"),
        ReportFormat::Xlsx => (tables.xlsx(locale)?, "xlsx"),
        ReportFormat::Html => (page(facts()?).await?.into_bytes(), "html"),
        ReportFormat::Pdf => (session.app.printer.print(&page(facts()?).await?).await?, "pdf"),
    };
    Ok(StandardReport::File(Binary(bytes), format!("attachment; filename=\"{file}.{ending}\"")))
}
