//! Documents to print of minutes, resolutions, findings and disclosures: `.html`, and `.pdf` of the same.

use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::{Binary, PlainText},
    types::ToJSON,
};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{FindingId, MeetingId, ResolutionId, UnitId, money::Quarter};
use yishi_service::{ballots, directory, disclosures, execution, findings, meetings, minutes, topics};

use crate::{
    prints::{self, Document, Subject},
    problems::Problem,
    resources::{
        Tag, ballots::Ballot, disclosures::Disclosure, disclosures::quarter_of, findings::Finding, meetings::Meeting,
        minutes::PublishedMinutes, preferences::Locale, resolutions::Resolution,
    },
    sessions::Visitor,
};

/// The operations on documents to print.
pub struct PrintsApi;

/// A document as a page.
#[derive(ApiResponse)]
pub enum Page {
    /// A page of A4 sheets that refers to nothing outside itself.
    #[oai(status = 200, content_type = "text/html; charset=utf-8")]
    Html(PlainText<String>),
}

/// A document as a file.
#[derive(ApiResponse)]
pub enum Sheets {
    /// The same page as PDF (ISO 32000-2).
    #[oai(status = 200, content_type = "application/pdf")]
    Pdf(Binary<Vec<u8>>),
}

#[OpenApi]
impl PrintsApi {
    /// Gets the minutes of a meeting to print, once they are adopted.
    #[oai(
        path = "/public/:tenant/meetings/:meeting/minutes.html",
        method = "get",
        operation_id = "print_minutes",
        tag = "Tag::Deliberation"
    )]
    async fn print_minutes(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Page, Problem> {
        Ok(Page::Html(PlainText(minutes_page(&visitor, MeetingId(*meeting), *locale).await?)))
    }

    /// Gets the minutes of a meeting as PDF, once they are adopted.
    #[oai(
        path = "/public/:tenant/meetings/:meeting/minutes.pdf",
        method = "get",
        operation_id = "print_minutes_as_pdf",
        tag = "Tag::Deliberation"
    )]
    async fn print_minutes_as_pdf(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Sheets, Problem> {
        let page = minutes_page(&visitor, MeetingId(*meeting), *locale).await?;
        Ok(Sheets::Pdf(Binary(visitor.app.printer.print(&page).await?)))
    }

    /// Gets the notice of a resolution to print: the rule, every figure of the count, the verdict, the dissent and the three lists.
    #[oai(
        path = "/public/:tenant/resolutions/:resolution/notice.html",
        method = "get",
        operation_id = "print_resolution",
        tag = "Tag::Decision"
    )]
    async fn print_resolution(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Page, Problem> {
        Ok(Page::Html(PlainText(resolution_page(&visitor, ResolutionId(*resolution), *locale).await?)))
    }

    /// Gets the notice of a resolution as PDF.
    #[oai(
        path = "/public/:tenant/resolutions/:resolution/notice.pdf",
        method = "get",
        operation_id = "print_resolution_as_pdf",
        tag = "Tag::Decision"
    )]
    async fn print_resolution_as_pdf(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Sheets, Problem> {
        let page = resolution_page(&visitor, ResolutionId(*resolution), *locale).await?;
        Ok(Sheets::Pdf(Binary(visitor.app.printer.print(&page).await?)))
    }

    /// Gets a finding to print: its ground, the unit's answer, the outcome and the measure.
    #[oai(
        path = "/public/:tenant/findings/:finding/notice.html",
        method = "get",
        operation_id = "print_finding",
        tag = "Tag::Execution"
    )]
    async fn print_finding(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Page, Problem> {
        Ok(Page::Html(PlainText(finding_page(&visitor, FindingId(*finding), *locale).await?)))
    }

    /// Gets a finding as PDF.
    #[oai(
        path = "/public/:tenant/findings/:finding/notice.pdf",
        method = "get",
        operation_id = "print_finding_as_pdf",
        tag = "Tag::Execution"
    )]
    async fn print_finding_as_pdf(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Sheets, Problem> {
        let page = finding_page(&visitor, FindingId(*finding), *locale).await?;
        Ok(Sheets::Pdf(Binary(visitor.app.printer.print(&page).await?)))
    }

    /// Gets the disclosure of a unit for a quarter that is over, to print.
    #[oai(
        path = "/public/:tenant/units/:unit/disclosures/:quarter/notice.html",
        method = "get",
        operation_id = "print_disclosure",
        tag = "Tag::Money"
    )]
    async fn print_disclosure(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The quarter, in the tenant's zone, such as `2026-Q3`.
        #[oai(validator(pattern = "^2[0-9]{3}-Q[1-4]$"))]
        quarter: Path<String>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Page, Problem> {
        let quarter = quarter_of(&quarter)?;
        Ok(Page::Html(PlainText(disclosure_page(&visitor, UnitId(*unit), quarter, *locale).await?)))
    }

    /// Gets the disclosure of a unit for a quarter that is over, as PDF.
    #[oai(
        path = "/public/:tenant/units/:unit/disclosures/:quarter/notice.pdf",
        method = "get",
        operation_id = "print_disclosure_as_pdf",
        tag = "Tag::Money"
    )]
    async fn print_disclosure_as_pdf(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The quarter, in the tenant's zone, such as `2026-Q3`.
        #[oai(validator(pattern = "^2[0-9]{3}-Q[1-4]$"))]
        quarter: Path<String>,
        /// The language; Chinese unless given.
        locale: Query<Option<Locale>>,
    ) -> Result<Sheets, Problem> {
        let page = disclosure_page(&visitor, UnitId(*unit), quarter_of(&quarter)?, *locale).await?;
        Ok(Sheets::Pdf(Binary(visitor.app.printer.print(&page).await?)))
    }
}

async fn minutes_page(visitor: &Visitor, id: MeetingId, locale: Option<Locale>) -> Result<String, Problem> {
    let adopted = minutes::published(&visitor.app, visitor, id).await?;
    let held = meetings::get(&visitor.app, visitor, id).await?;
    let topic = topics::get(&visitor.app, visitor, held.meeting.topic).await?;
    let facts = json!({
        "topic": topic.title,
        "meeting": Meeting::from(held.meeting).to_json(),
        "minutes": PublishedMinutes::from(adopted).to_json(),
    });
    let proof = format!("/public/{}/meetings/{}/minutes", visitor.tenant()?.slug, id.uuid());
    let unit = directory::get_unit(&visitor.app, visitor, topic.unit).await?;
    page(visitor, Document::Minutes, locale, Subject { place: Some(unit.name), proof: Some(proof), facts }).await
}

async fn resolution_page(visitor: &Visitor, id: ResolutionId, locale: Option<Locale>) -> Result<String, Problem> {
    let app = &visitor.app;
    let (resolution, topic) = execution::get(app, visitor, id).await?;
    let standing = ballots::get(app, visitor, resolution.ballot).await?;
    let unit = directory::get_unit(app, visitor, topic.unit).await?;
    let (mut lead, mut cooperating) = (Value::Null, Vec::new());
    if let Some(lists) = &resolution.lists {
        lead = directory::get_unit(app, visitor, lists.responsibility.lead_unit).await?.name.into();
        for unit in &lists.responsibility.cooperating_units {
            cooperating.push(directory::get_unit(app, visitor, *unit).await?.name);
        }
    }
    let title = topic.title.clone();
    let ballot = Ballot::from(standing);
    let titles: serde_json::Map<_, _> =
        ballot.options.iter().map(|it| (it.code.clone(), Value::from(it.title.clone()))).collect();
    let facts = json!({
        "topic": title,
        "resolution": Resolution::from((resolution, topic)).to_json(),
        "ballot": ballot.to_json(),
        "titles": titles,
        "lead": lead,
        "cooperating": cooperating,
    });
    let proof = format!("/public/{}/resolutions/{}/bundle", visitor.tenant()?.slug, id.uuid());
    page(visitor, Document::Resolution, locale, Subject { place: Some(unit.name), proof: Some(proof), facts }).await
}

async fn finding_page(visitor: &Visitor, id: FindingId, locale: Option<Locale>) -> Result<String, Problem> {
    let app = &visitor.app;
    let finding = findings::get(app, visitor, id).await?;
    let topic = topics::get(app, visitor, finding.topic).await?;
    let unit = directory::get_unit(app, visitor, finding.unit).await?;
    let place = directory::get_unit(app, visitor, topic.unit).await?.name;
    let facts = json!({"topic": topic.title, "unit": unit.name, "finding": Finding::from(finding).to_json()});
    page(visitor, Document::Finding, locale, Subject { place: Some(place), proof: None, facts }).await
}

async fn disclosure_page(
    visitor: &Visitor,
    unit: UnitId,
    quarter: Quarter,
    locale: Option<Locale>,
) -> Result<String, Problem> {
    let (found, figures) = disclosures::get(&visitor.app, visitor, unit, quarter).await?;
    let proof = format!("/public/{}/units/{}/disclosures/{quarter}", visitor.tenant()?.slug, unit.uuid());
    let facts = json!({"disclosure": Disclosure::of(found, quarter, figures).to_json()});
    page(visitor, Document::Disclosure, locale, Subject { place: None, proof: Some(proof), facts }).await
}

async fn page(
    visitor: &Visitor,
    document: Document,
    locale: Option<Locale>,
    subject: Subject,
) -> Result<String, Problem> {
    Ok(prints::page(visitor, document, locale.unwrap_or(Locale::Chinese), subject).await?)
}
