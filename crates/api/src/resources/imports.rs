//! `/v1/{tenant}/registers/{register}/imports` and `/v1/{tenant}/imports`: files of rows, in parts.

use poem_openapi::{
    ApiRequest, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
    types::Example,
};
use uuid::Uuid;
use yishi_domain::ImportId;
use yishi_service::imports::{self, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        books::{FileFormat, Register, book_of},
        members::Created,
    },
    sessions::Session,
};

/// The operations on imports.
pub struct ImportsApi;

/// A part of a file, of 1 MiB at most; it ends where a row ends.
#[derive(ApiRequest)]
enum ImportPart {
    /// CSV in UTF-8; the first part begins with the header.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
    /// A JSON object a line, in UTF-8.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Vec<u8>>),
}

/// An import to begin.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ImportInput {
    /// How rows are written.
    pub format: FileFormat,
}

/// How far an import is.
#[derive(Debug, Object)]
pub struct Import {
    /// Its identifier.
    pub id: Uuid,
    /// The register.
    pub register: Register,
    /// How many parts are there; the next one has the number after it.
    pub parts: u64,
    /// How many lines these have.
    pub lines: u64,
    /// How many sound rows.
    pub rows: u64,
    /// How many faults.
    pub faults: u64,
    /// The first faults, by line.
    pub listed: Vec<ImportFault>,
    /// When it was begun.
    pub begun_at: Instant,
    /// When it was applied.
    #[oai(skip_serializing_if_is_none)]
    pub applied_at: Option<Instant>,
    /// What it did.
    #[oai(skip_serializing_if_is_none)]
    pub changes: Option<ImportChanges>,
}

/// What is wrong with a line.
#[derive(Debug, Object)]
pub struct ImportFault {
    /// The line in the file, from 1.
    pub line: u64,
    /// The column; `line` where it is the whole line.
    pub field: String,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

/// What an import does to its register.
#[derive(Debug, Object)]
pub struct ImportChanges {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that said something else.
    pub changed: u64,
    /// Rows that said the same.
    pub unchanged: u64,
}

/// How many parts are there.
#[derive(Debug, Object)]
pub struct ImportParts {
    /// How many.
    pub parts: u64,
}

/// What becomes of a file of which some rows are faulty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ImportMode {
    /// Nothing of it is taken.
    AllOrNothing,
    /// Its sound rows are taken, the faulty ones left out.
    Partial,
}

/// How an import is applied.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ApplyInput {
    /// What becomes of faulty rows.
    pub mode: ImportMode,
}

#[OpenApi(tag = "Tag::Register")]
impl ImportsApi {
    /// Begins an import into a register.
    #[oai(path = "/v1/:tenant/registers/:register/imports", method = "post", operation_id = "begin_import")]
    async fn begin_import(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The register, such as `disputes`.
        register: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ImportInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let begin = imports::begin(app, &session, book_of(&register)?, body.0.format.into());
        Ok(Created::one(session.once(app, begin).await?.uuid()))
    }

    /// Sends the next part of a file; every row of it is checked. A part that is there already is not taken again, so that sending can go on
    /// after an interruption.
    #[oai(path = "/v1/:tenant/imports/:import/parts", method = "post", operation_id = "send_import_part")]
    async fn send_import_part(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The import's id.
        import: Path<Uuid>,
        /// The part's number, from 1.
        #[oai(validator(minimum(value = "1")))]
        number: Query<u64>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        part: ImportPart,
    ) -> Result<Json<ImportParts>, Problem> {
        let (ImportPart::Csv(Binary(bytes)) | ImportPart::Ndjson(Binary(bytes))) = part;
        let app = &session.app;
        let send = imports::send(app, &session, ImportId(*import), *number, &bytes);
        Ok(Json(ImportParts { parts: session.once(app, send).await? }))
    }

    /// Gets how far an import is, with the first 100 faults.
    #[oai(path = "/v1/:tenant/imports/:import", method = "get", operation_id = "get_import")]
    async fn get_import(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The import's id.
        import: Path<Uuid>,
    ) -> Result<Json<Import>, Problem> {
        let (it, faults) = imports::get(&session.app, &session, ImportId(*import)).await?;
        let fault = |(line, it): (u64, yishi_domain::books::Fault)| {
            let yishi_domain::books::Fault { field, detail, fix } = it;
            ImportFault { line, field, detail, fix }
        };
        Ok(Json(Import {
            id: it.id.uuid(),
            register: it.book.into(),
            parts: it.parts,
            lines: it.lines,
            rows: it.rows,
            faults: it.faults,
            listed: faults.into_iter().map(fault).collect(),
            begun_at: it.begun_at.into(),
            applied_at: it.applied.map(|(at, _)| at.into()),
            changes: it.applied.map(|(_, changes)| changes.into()),
        }))
    }

    /// Tells what applying the sound rows would do, and does nothing: a dry run.
    #[oai(path = "/v1/:tenant/imports/:import/preview", method = "get", operation_id = "preview_import")]
    async fn preview_import(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The import's id.
        import: Path<Uuid>,
    ) -> Result<Json<ImportChanges>, Problem> {
        Ok(Json(imports::preview(&session.app, &session, ImportId(*import)).await?.into()))
    }

    /// Applies an import to its register, in one transaction.
    #[oai(path = "/v1/:tenant/imports/:import/application", method = "post", operation_id = "apply_import")]
    async fn apply_import(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The import's id.
        import: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ApplyInput>,
    ) -> Result<Json<ImportChanges>, Problem> {
        let mode = match body.0.mode {
            ImportMode::AllOrNothing => imports::Mode::AllOrNothing,
            ImportMode::Partial => imports::Mode::Partial,
        };
        let app = &session.app;
        Ok(Json(session.once(app, imports::apply(app, &session, ImportId(*import), mode)).await?.into()))
    }
}

impl From<stored::Changes> for ImportChanges {
    fn from(it: stored::Changes) -> Self {
        let stored::Changes { added, changed, unchanged } = it;
        Self { added, changed, unchanged }
    }
}

impl Example for ImportInput {
    fn example() -> Self {
        Self { format: FileFormat::Csv }
    }
}

impl Example for ApplyInput {
    fn example() -> Self {
        Self { mode: ImportMode::AllOrNothing }
    }
}
