//! `/v1/{tenant}/funds/file`: the funds as a file, in and out.

use poem_openapi::{
    ApiRequest, ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
};
use yishi_service::{books::Format, failures::Failure, fund_files, lines};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, books::FileFormat},
    sessions::Session,
};

/// The operations on files of funds.
pub struct FundFilesApi;

/// A file of funds.
#[derive(ApiRequest)]
pub enum FundFile {
    /// A line a fund, with the header `unit,name,kind,may_overdraw`: a statistical code, what it is called, `budget`, `special` or `donations`, and
    /// `yes` or `no`, which is `no` where it is empty.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
    /// An object a line, with the fields that the CSV has as columns.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Vec<u8>>),
}

/// What a file of funds does.
#[derive(Debug, Object)]
pub struct FundsOpened {
    /// Funds that were not there.
    pub opened: u64,
    /// Funds that were there as the file says.
    pub unchanged: u64,
}

/// The funds as a file.
#[derive(ApiResponse)]
pub enum FundsWritten {
    /// The funds, in order of their units and names, as they can be opened elsewhere.
    #[oai(status = 200)]
    File(
        Binary<Vec<u8>>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Money")]
impl FundFilesApi {
    /// Opens the funds of a file that are not there yet, known by their unit and name: all of them, or none with what is wrong with each line.
    #[oai(path = "/v1/:tenant/funds/file", method = "post", operation_id = "import_funds")]
    async fn import_funds(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Whether it is tried only; it is not unless said so.
        dry_run: Query<Option<bool>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: FundFile,
    ) -> Result<Json<FundsOpened>, Problem> {
        let lines = match body {
            FundFile::Csv(Binary(bytes)) => lines::csv(&bytes),
            FundFile::Ndjson(Binary(bytes)) => lines::ndjson(&bytes),
        };
        let lines = lines.map_err(Failure::from)?;
        let app = &session.app;
        let import = fund_files::import(app, &session, lines, dry_run.unwrap_or_default());
        let fund_files::Done { opened, unchanged } = session.once(app, import).await?;
        Ok(Json(FundsOpened { opened, unchanged }))
    }

    /// Gets all funds as a file; another city's funds are opened from it.
    #[oai(path = "/v1/:tenant/funds/file", method = "get", operation_id = "export_funds")]
    async fn export_funds(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How funds are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<FundsWritten, Problem> {
        let format = format.map_or(Format::Csv, Format::from);
        let bytes = fund_files::export(&session.app, &session, format).await?;
        Ok(FundsWritten::File(Binary(bytes), format!("attachment; filename=\"funds.{}\"", format.code())))
    }
}
