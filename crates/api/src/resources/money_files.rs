//! `/v1/{tenant}/money/{file}/file`: the books, pools and crowdfundings as files, in and out.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use yishi_domain::money as domain;
use yishi_service::{books::Format, money_files};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        books::FileFormat,
        codes::wire_enum,
        files::{FileOfRows, FileWritten},
    },
    sessions::Session,
    streams,
};

/// The operations on files of money.
pub struct MoneyFilesApi;

wire_enum! {
    /// What a file tells, a line each. Each line is known by its `reference`; without one, what is there already is known by its id.
    MoneyFile = domain::MoneyFile {
        /// Entries of the books: reference, keeper, fund, unit, kind, amount_fen, note, reverses, to_keeper, to_fund, to_unit, resolution, item, spent_on,
        /// voucher, scan. `keeper` is the code of the unit that keeps the fund, `unit` that of the unit whose money it is. A transfer says where to,
        /// in the same fund unless told; whatever is set aside, made available again or spent says for which resolution, and maybe for which item of it;
        /// a spending has its kind, its voucher and the digest of the scan. What undoes a line says the same with its amount below nothing, and names
        /// the line in `reverses`.
        Entries,
        /// What pools hold besides money: reference, unit, kind, name, measure, quantity.
        Provisions,
        /// What was drawn from pools: reference, provision, resolution, item, quantity, returned. `provision` is the reference of what it was drawn from,
        /// and `returned` says `yes` once it was given back.
        Draws,
        /// Crowdfundings: reference, keeper, fund, unit, title, goal_fen, ends_at, state. One that is `collected` or `released` had ended elsewhere; what
        /// it collected is an entry.
        Campaigns,
        /// Pledges: reference, campaign, member, amount_fen. `campaign` is the reference of the crowdfunding, and `member` the member's id. Administrators of the
        /// whole city alone get this file.
        Pledges,
    }
}

/// What a file does.
#[derive(Debug, Object)]
pub struct MoneyFileTaken {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that were there, and of which the file says more: draws that were given back.
    pub changed: u64,
    /// Rows that were there as the file says.
    pub unchanged: u64,
}

#[OpenApi(tag = "Tag::Money")]
impl MoneyFilesApi {
    /// Takes what a file tells and is not there yet, known by its reference: all of it, or nothing with what is wrong with each line.
    ///
    /// It counts in the quarter in which it is taken. A file of over 5,000 lines is sent in parts, one after the other; what is sent again is not taken again.
    #[oai(path = "/v1/:tenant/money/:file/file", method = "post", operation_id = "import_money_file")]
    async fn import_money_file(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// What the file tells.
        file: Path<MoneyFile>,
        /// Whether it is tried only; it is not unless said so.
        dry_run: Query<Option<bool>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: FileOfRows,
    ) -> Result<Json<MoneyFileTaken>, Problem> {
        let (app, lines) = (&session.app, body.lines()?);
        let import = money_files::import(app, &session, file.0.into(), lines, dry_run.unwrap_or_default());
        let money_files::Done { added, changed, unchanged } = session.once(app, import).await?;
        Ok(Json(MoneyFileTaken { added, changed, unchanged }))
    }

    /// Gets all rows as a file, streamed, in the order in which they came; taken by an empty city with the same units, funds, members and resolutions it gives the same file again.
    #[oai(path = "/v1/:tenant/money/:file/file", method = "get", operation_id = "export_money_file")]
    async fn export_money_file(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// What the file tells.
        file: Path<MoneyFile>,
        /// How rows are written; as CSV unless given.
        format: Query<Option<FileFormat>>,
    ) -> Result<FileWritten, Problem> {
        let (file, format) = (domain::MoneyFile::from(file.0), format.map_or(Format::Csv, Format::from));
        let first = money_files::export(&session.app, &session, file, format, None).await?;
        let body = streams::in_parts(session, first, move |session, after| async move {
            money_files::export(&session.app, &session, file, format, Some(after)).await
        });
        Ok(FileWritten::new(file, format, body))
    }
}
