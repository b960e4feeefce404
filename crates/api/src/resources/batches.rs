//! `/v1/{tenant}/ballots/{ballot}/batches`: paper, and raised hands, entered and voided whole.

use std::collections::BTreeMap;

use poem::http::StatusCode;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BallotId, BatchId, MeetingId, MemberId, ballots as rolls, voting::Choice};
use yishi_service::batches::{self, NewBatch, Voiding, stored};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        choices::{Said, Word},
        members::Created,
        papers::VoteInput,
    },
    sessions::Session,
};

/// The operations on batches.
pub struct BatchesApi;

/// Papers of a secret ballot that say the same.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AlikePapers {
    /// How many they are.
    pub number: u64,
    /// What they say, where they name no option.
    #[oai(skip_serializing_if_is_none)]
    pub choice: Option<Word>,
    /// The options that they approve of, by code.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub approved: Option<Vec<String>>,
    /// The points that they give to options by their codes.
    #[oai(skip_serializing_if_is_none)]
    pub points: Option<BTreeMap<String, u32>>,
    /// The options in their order, by code, the best first.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub ranked: Option<Vec<String>>,
}

/// A batch of paper votes.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BatchInput {
    /// Where the box stood.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub station: String,
    /// Who saw it being counted; somebody else than who enters it.
    pub witness: Uuid,
    /// Where the scans are, or the recording of raised hands.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub scan_reference: String,
    /// The meeting at which hands were raised, where the batch is of these and not of paper.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// What was counted by hand, against which the entry is reconciled.
    pub control: ControlTotals,
    /// Each paper; in a secret ballot its voting unit alone.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub papers: Vec<VoteInput>,
    /// What the papers of a secret ballot say.
    #[oai(default, validator(max_items = 1000))]
    pub contents: Vec<AlikePapers>,
}

/// What was counted by hand. What is left out is none.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ControlTotals {
    /// All papers.
    pub papers: u64,
    /// In favour.
    #[oai(default)]
    pub in_favour: u64,
    /// Against.
    #[oai(default)]
    pub against: u64,
    /// Abstained.
    #[oai(default)]
    pub abstained: u64,
    /// Papers that say nothing.
    #[oai(default)]
    pub blank: u64,
    /// Papers that cannot be read, or say what they may not.
    #[oai(default)]
    pub spoiled: u64,
    /// For each option by its code: the papers that name it, or its points.
    #[oai(default)]
    pub options: BTreeMap<String, u64>,
}

/// Why a batch is voided.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct VoidingInput {
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
    /// In a secret ballot: what the papers of the batch were entered as, since that is kept nowhere.
    #[oai(default, validator(max_items = 1000))]
    pub contents: Vec<AlikePapers>,
}

/// What a recount of a batch found.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RecountInput {
    /// Why it was counted again.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
    /// In a secret ballot: what the papers of the batch were entered as, since that is kept nowhere.
    #[oai(default, validator(max_items = 1000))]
    pub contents: Vec<AlikePapers>,
    /// The batch that takes its place.
    pub batch: BatchInput,
}

/// A batch.
#[derive(Debug, Object)]
pub struct Batch {
    /// Its identifier.
    pub id: Uuid,
    /// Where the box stood.
    pub station: String,
    /// Who entered it.
    pub operator: Uuid,
    /// Who saw it being counted.
    pub witness: Uuid,
    /// Where the scans are, or the recording of raised hands.
    pub scan_reference: String,
    /// The meeting at which hands were raised, where it is not of paper.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// What was counted by hand; of a secret ballot the number of papers alone.
    pub control: ControlTotals,
    /// When it was entered.
    pub entered_at: Instant,
    /// When it was voided, where it was; its votes do not count.
    #[oai(skip_serializing_if_is_none)]
    pub voided_at: Option<Instant>,
    /// Why it was voided.
    #[oai(skip_serializing_if_is_none)]
    pub void_reason: Option<String>,
    /// The batch that a recount put in its place.
    #[oai(skip_serializing_if_is_none)]
    pub recount: Option<Uuid>,
}

/// The answer to voiding a batch.
#[derive(ApiResponse)]
pub enum Voided {
    /// Voided; its voting units may vote again.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Decision")]
impl BatchesApi {
    /// Enters a batch of paper votes: all of it, or nothing.
    #[oai(path = "/v1/:tenant/ballots/:ballot/batches", method = "post", operation_id = "enter_batch")]
    async fn enter_batch(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<BatchInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let id = session.once(app, batches::enter(app, &session, BallotId(*ballot), body.0.read()?)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists the batches of a ballot in the order of their entry, voided ones among them.
    #[oai(path = "/v1/:tenant/ballots/:ballot/batches", method = "get", operation_id = "list_batches")]
    async fn list_batches(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many batches at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Batch>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = match wanted.after.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| bad_cursor())?),
        };
        let loaded = batches::list(&session.app, &session, BallotId(*ballot), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Batch::from)))
    }

    /// Voids a batch before the count: its votes leave the tally, and their voting units may vote again.
    ///
    /// Nothing is deleted of the record: the batch, its votes and the voiding all stay in it.
    #[oai(path = "/v1/:tenant/ballots/:ballot/batches/:batch/voiding", method = "post", operation_id = "void_batch")]
    async fn void_batch(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// The batch's id.
        batch: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<VoidingInput>,
    ) -> Result<Voided, Problem> {
        let VoidingInput { reason, contents } = body.0;
        let by = Voiding { reason, contents: said_together(contents)? };
        let app = &session.app;
        session.once(app, batches::void(app, &session, BallotId(*ballot), BatchId(*batch), by)).await?;
        Ok(Voided::Done)
    }

    /// Puts what a recount found in the place of a batch, before the count of the ballot.
    #[oai(path = "/v1/:tenant/ballots/:ballot/batches/:batch/recount", method = "post", operation_id = "recount_batch")]
    async fn recount_batch(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// The batch's id.
        batch: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<RecountInput>,
    ) -> Result<Created, Problem> {
        let RecountInput { reason, contents, batch: new } = body.0;
        let by = Voiding { reason, contents: said_together(contents)? };
        let (app, new) = (&session.app, new.read()?);
        let recount = batches::recount(app, &session, BallotId(*ballot), BatchId(*batch), by, new);
        Ok(Created::one(session.once(app, recount).await?.uuid()))
    }
}

impl BatchInput {
    /// The batch; a paper that says nothing has none of the ways to say something.
    pub(crate) fn read(self) -> Result<NewBatch, Problem> {
        let paper = |(i, paper): (usize, VoteInput)| {
            let (voting_unit, said, reason) = paper.parts();
            if reason.is_some() {
                let text = "who votes on paper gives no reason here";
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "vote.bad_reason", text);
                return Err(problem.with_field(format!("papers[{i}].reason")));
            }
            Ok((voting_unit, said.read(&format!("papers[{i}]"))?))
        };
        let ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options } = self.control;
        Ok(NewBatch {
            station: self.station,
            witness: MemberId(self.witness),
            scan_reference: self.scan_reference,
            meeting: self.meeting.map(MeetingId),
            control: rolls::ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options },
            papers: self.papers.into_iter().enumerate().map(paper).collect::<Result<_, Problem>>()?,
            contents: said_together(self.contents)?,
        })
    }
}

/// What papers say, and how many say so.
fn said_together(contents: Vec<AlikePapers>) -> Result<Vec<(Choice, u64)>, Problem> {
    let read = |(i, it): (usize, AlikePapers)| {
        let AlikePapers { number, choice, approved, points, ranked } = it;
        Ok((Said { choice, approved, points, ranked }.require(&format!("contents[{i}]"))?, number))
    };
    contents.into_iter().enumerate().map(read).collect()
}

impl From<stored::Batch> for Batch {
    fn from(it: stored::Batch) -> Self {
        let rolls::ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options } = it.control;
        let recount = it.voided.as_ref().and_then(|it| it.recount).map(BatchId::uuid);
        let (voided_at, void_reason) = it.voided.map(|it| (it.at.into(), it.reason)).unzip();
        Self {
            id: it.id.uuid(),
            station: it.station,
            operator: it.operator.uuid(),
            witness: it.witness.uuid(),
            scan_reference: it.scan_reference,
            meeting: it.meeting.map(MeetingId::uuid),
            control: ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options },
            entered_at: it.entered_at.into(),
            voided_at,
            void_reason,
            recount,
        }
    }
}

impl Example for VoidingInput {
    fn example() -> Self {
        Self { reason: "录入时漏了一叠票。".into(), contents: Vec::new() }
    }
}

impl Example for RecountInput {
    fn example() -> Self {
        Self { reason: "监票人要求重新清点。".into(), contents: Vec::new(), batch: BatchInput::example() }
    }
}

impl Example for BatchInput {
    fn example() -> Self {
        Self {
            station: "3号楼大堂".into(),
            witness: EXAMPLE,
            scan_reference: "scans/2026/0117-1.pdf".into(),
            meeting: None,
            control: ControlTotals {
                papers: 1,
                in_favour: 1,
                against: 0,
                abstained: 0,
                blank: 0,
                spoiled: 0,
                options: BTreeMap::new(),
            },
            papers: vec![VoteInput::example()],
            contents: Vec::new(),
        }
    }
}
