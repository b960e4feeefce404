//! `/v1/{tenant}/registers/{register}`: the registers that a city keeps, row by row and as files.

use poem::Body;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
    types::Example,
};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{Refusal, UnitId, books as domain};
use yishi_service::{
    books::{self, stored},
    failures::Failure,
    imports::cells_of,
};

use crate::{
    pages::{Page, Wanted},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{Tag, codes::wire_enum},
    sessions::Session,
    streams,
};

/// The operations on registers.
pub struct BooksApi;

wire_enum! {
    /// A register.
    Register = domain::Book {
        /// Experts, mediators, leaders and volunteers (人才库): name, pool, field, capacity, since, until.
        People,
        /// Training (培训档案): person, title, hours, held_on.
        Trainings,
        /// Points an hour of an activity (积分规则): activity, points_per_hour, since, until.
        PointRules,
        /// Hours of volunteers: person, activity, hours, points, served_on, undoes.
        VolunteerHours,
        /// Honours (议事之星): person, title, awarded_on.
        Honours,
        /// Disputes (矛盾纠纷): title, brought_on, settled_on, by_deliberation.
        Disputes,
        /// Livelihood matters (民生事项): title, raised_on, closed_on.
        LivelihoodMatters,
        /// Old and hard matters (老大难问题): title, raised_on, closed_on.
        HardMatters,
        /// Rule documents (制度文件): title, level, text, in_force_from, in_force_until.
        RuleDocuments,
        /// Recognised brands (议事品牌): name, recognised_on, recognised_by.
        Brands,
        /// Published case studies (案例集): title, published_on, text.
        CaseStudies,
        /// Third-party evaluations (第三方评估): year, evaluator, score, report, filed_on.
        Evaluations,
    }
}

/// How rows are written in files.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum FileFormat {
    /// CSV (RFC 4180) in UTF-8 with a header.
    Csv,
    /// A JSON object a line, in UTF-8.
    Ndjson,
}

/// A row to keep.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RowInput {
    /// The unit's statistical code.
    pub unit: String,
    /// The register's other columns: texts, whole numbers, and days as `2026-01-31`.
    pub fields: Value,
}

/// A row of a register.
#[derive(Debug, Object)]
pub struct RegisterRow {
    /// What it is known by.
    pub key: String,
    /// The unit's statistical code.
    pub unit: String,
    /// The register's other columns.
    pub fields: Value,
}

/// The key of a row that is kept.
#[derive(Debug, Object)]
pub struct KeptRow {
    /// The key.
    pub key: String,
}

/// A file of a register.
#[derive(ApiResponse)]
pub enum RegisterFile {
    /// The rows, in the order of their keys, as they can be imported again.
    #[oai(status = 200)]
    File(
        Binary<Body>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Register")]
impl BooksApi {
    /// Adds a row, or changes the one that has its key. The record has what it says as a commitment only.
    #[oai(path = "/v1/:tenant/registers/:register/rows/:key", method = "put", operation_id = "put_register_row")]
    async fn put_register_row(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The register, such as `disputes`.
        register: Path<String>,
        /// What the row is known by.
        key: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _once: Header<Option<RequestKey>>,
        body: Json<RowInput>,
    ) -> Result<Json<KeptRow>, Problem> {
        let book = book_of(&register)?;
        let bad = |detail: String| Failure::from(Refusal::invalid("register.bad_row", "fields", detail));
        let mut cells = cells_of(body.0.fields).map_err(bad)?;
        cells.insert("key".into(), key.0);
        cells.insert("unit".into(), body.0.unit);
        let app = &session.app;
        let key = session.once(app, books::put(app, &session, book, cells)).await?;
        Ok(Json(KeptRow { key }))
    }

    /// Lists the rows of a register, in the order of their keys.
    #[oai(path = "/v1/:tenant/registers/:register/rows", method = "get", operation_id = "list_register_rows")]
    async fn list_register_rows(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The register, such as `disputes`.
        register: Path<String>,
        /// The unit; with it come those under it. All unless given.
        unit: Query<Option<Uuid>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many rows at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<RegisterRow>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let (book, unit) = (book_of(&register)?, unit.map(UnitId));
        let loaded = books::list(&session.app, &session, book, unit, &wanted.after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.row.key.clone(), RegisterRow::from)))
    }

    /// Gets a whole register as a file, streamed; imported into an empty register it gives the same file again.
    #[oai(path = "/v1/:tenant/registers/:register/file", method = "get", operation_id = "export_register")]
    async fn export_register(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The register, such as `disputes`.
        register: Path<String>,
        /// How rows are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<RegisterFile, Problem> {
        let (book, format) = (book_of(&register)?, format.map_or(books::Format::Csv, books::Format::from));
        let first = books::export(&session.app, &session, book, format, None).await?;
        let name = format!("attachment; filename=\"{book}.{}\"", format.code());
        let body = streams::in_parts(session, first, move |session, after| async move {
            books::export(&session.app, &session, book, format, Some(&after)).await
        });
        Ok(RegisterFile::File(Binary(body), name))
    }
}

/// The register that a path names.
pub(crate) fn book_of(name: &str) -> Result<domain::Book, Problem> {
    let known = || domain::Book::ALL.iter().map(|it| it.code()).collect::<Vec<_>>().join(", ");
    let unknown = || {
        let text = "there is no such register";
        Failure::from(Refusal::not_found("register.no_such", text).with_fix(format!("name one of {}", known())))
    };
    Ok(name.parse().map_err(|_| unknown())?)
}

impl From<FileFormat> for books::Format {
    fn from(it: FileFormat) -> Self {
        match it {
            FileFormat::Csv => Self::Csv,
            FileFormat::Ndjson => Self::Ndjson,
        }
    }
}

impl From<stored::Kept> for RegisterRow {
    fn from(it: stored::Kept) -> Self {
        Self { key: it.row.key, unit: it.row.unit, fields: it.row.fields.into() }
    }
}

impl Example for RowInput {
    fn example() -> Self {
        let fields = json!({"title": "楼上漏水纠纷", "brought_on": "2026-03-01", "settled_on": "2026-03-09", "by_deliberation": "yes"});
        Self { unit: "330106002051".into(), fields }
    }
}
