//! `/v1/{tenant}/funds/incomes/file`: what came into the funds as a file, in and out.

use poem::Body;
use poem_openapi::{
    ApiRequest, ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
};
use yishi_service::{books::Format, failures::Failure, income_files, lines};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, books::FileFormat},
    sessions::Session,
    streams,
};

/// The operations on files of incomes.
pub struct IncomeFilesApi;

/// A file of what came in: at most 5,000 lines a request.
#[derive(ApiRequest)]
pub enum IncomeFile {
    /// A line an entry, with the header `reference,keeper,fund,unit,kind,amount_fen,note,reverses`: what the entry is known by, the code of the unit that
    /// keeps the fund, the fund's name, the code of the unit for which it came in, `budget`, `grant`, `donation` or `crowdfunding`, the amount in fen,
    /// what it is about, and the reference of what it undoes, with an amount below nothing, or empty.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
    /// An object a line, with the fields that the CSV has as columns.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Vec<u8>>),
}

/// What a file of incomes does.
#[derive(Debug, Object)]
pub struct IncomesBooked {
    /// Entries that were not there.
    pub booked: u64,
    /// Entries that were there as the file says.
    pub unchanged: u64,
}

/// What came in, as a file.
#[derive(ApiResponse)]
pub enum IncomesWritten {
    /// The entries in the order in which they were booked, as they can be booked elsewhere.
    #[oai(status = 200)]
    File(
        Binary<Body>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Money")]
impl IncomeFilesApi {
    /// Books what a file says came in and is not there yet, known by its reference: all of it, or nothing with what is wrong with each line.
    ///
    /// It counts in the quarter in which it is booked. A longer file is sent in parts, one after the other; what is sent again is not booked again.
    #[oai(path = "/v1/:tenant/funds/incomes/file", method = "post", operation_id = "import_incomes")]
    async fn import_incomes(
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
        body: IncomeFile,
    ) -> Result<Json<IncomesBooked>, Problem> {
        let lines = match body {
            IncomeFile::Csv(Binary(bytes)) => lines::csv(&bytes),
            IncomeFile::Ndjson(Binary(bytes)) => lines::ndjson(&bytes),
        };
        let lines = lines.map_err(Failure::from)?;
        let app = &session.app;
        let import = income_files::import(app, &session, lines, dry_run.unwrap_or_default());
        let income_files::Done { booked, unchanged } = session.once(app, import).await?;
        Ok(Json(IncomesBooked { booked, unchanged }))
    }

    /// Gets all that came in as a file, streamed; booked in an empty city with the same funds it gives the same file again.
    #[oai(path = "/v1/:tenant/funds/incomes/file", method = "get", operation_id = "export_incomes")]
    async fn export_incomes(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How entries are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<IncomesWritten, Problem> {
        let format = format.map_or(Format::Csv, Format::from);
        let name = format!("attachment; filename=\"incomes.{}\"", format.code());
        let first = income_files::export(&session.app, &session, format, None).await?;
        let body = streams::in_parts(session, first, move |session, after| async move {
            income_files::export(&session.app, &session, format, Some(after)).await
        });
        Ok(IncomesWritten::File(Binary(body), name))
    }
}
