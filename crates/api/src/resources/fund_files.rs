//! `/v1/{tenant}/funds/file`: the funds as a file, in and out.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use yishi_service::{books::Format, fund_files};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        books::FileFormat,
        files::{FileOfRows, FileWritten},
    },
    sessions::Session,
};

/// The operations on files of funds.
pub struct FundFilesApi;

/// What a file of funds does.
#[derive(Debug, Object)]
pub struct FundsOpened {
    /// Funds that were not there.
    pub opened: u64,
    /// Funds that were there as the file says.
    pub unchanged: u64,
}

#[OpenApi(tag = "Tag::Money")]
impl FundFilesApi {
    /// Opens the funds of a file that are not there yet, known by their unit and name: all of them, or none with what is wrong with each line.
    ///
    /// The columns are `unit` (its statistical code), `name`, `kind` (`budget`, `special` or `donations`) and `may_overdraw` (`yes` or `no`, which is `no`
    /// where it is empty).
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
        body: FileOfRows,
    ) -> Result<Json<FundsOpened>, Problem> {
        let (app, lines) = (&session.app, body.lines()?);
        let import = fund_files::import(app, &session, lines, dry_run.unwrap_or_default());
        let fund_files::Done { opened, unchanged } = session.once(app, import).await?;
        Ok(Json(FundsOpened { opened, unchanged }))
    }

    /// Gets all funds as a file, in order of their units and names; another city's funds are opened from it.
    #[oai(path = "/v1/:tenant/funds/file", method = "get", operation_id = "export_funds")]
    async fn export_funds(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How funds are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<FileWritten, Problem> {
        let format = format.map_or(Format::Csv, Format::from);
        let bytes = fund_files::export(&session.app, &session, format).await?;
        Ok(FileWritten::new("funds", format, bytes.into()))
    }
}
