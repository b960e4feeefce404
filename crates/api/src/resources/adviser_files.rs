//! `/v1/{tenant}/advisers/file`: who advises on cases, as a file, in and out.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use yishi_service::{adviser_files, books::Format};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        books::FileFormat,
        files::{FileOfRows, FileWritten},
    },
    sessions::Session,
    streams,
};

/// The operations on files of advisers.
pub struct AdviserFilesApi;

/// What a file of advisers does.
#[derive(Debug, Object)]
pub struct AdvisersTaken {
    /// Assignments that were not there.
    pub assigned: u64,
    /// Assignments that were there, of people whom the file recuses.
    pub recused: u64,
    /// Assignments that were there as the file says.
    pub unchanged: u64,
}

#[OpenApi(tag = "Tag::Register")]
impl AdviserFilesApi {
    /// Assigns people to cases and recuses them as a file says, known by the case and the person: all of it, or nothing with what is wrong with each line.
    ///
    /// The columns are `topic` (its id), `person` (the key in the register of people), `assigned_at` (an instant; now where it is empty), `recused_at` and
    /// `reason`, both or neither. Nobody is assigned to more cases than they can take on, but for cases that are at rest; what is sent again does nothing.
    #[oai(path = "/v1/:tenant/advisers/file", method = "post", operation_id = "import_advisers")]
    async fn import_advisers(
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
    ) -> Result<Json<AdvisersTaken>, Problem> {
        let (app, lines) = (&session.app, body.lines()?);
        let import = adviser_files::import(app, &session, lines, dry_run.unwrap_or_default());
        let adviser_files::Done { assigned, recused, unchanged } = session.once(app, import).await?;
        Ok(Json(AdvisersTaken { assigned, recused, unchanged }))
    }

    /// Gets all assignments as a file, streamed, in the order in which they came; taken by an empty city with the same topics and people it gives the same file again.
    #[oai(path = "/v1/:tenant/advisers/file", method = "get", operation_id = "export_advisers")]
    async fn export_advisers(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How rows are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<FileWritten, Problem> {
        let format = format.map_or(Format::Csv, Format::from);
        let first = adviser_files::export(&session.app, &session, format, None).await?;
        let body = streams::in_parts(session, first, move |session, after| async move {
            adviser_files::export(&session.app, &session, format, Some(after)).await
        });
        Ok(FileWritten::new("advisers", format, body))
    }
}
