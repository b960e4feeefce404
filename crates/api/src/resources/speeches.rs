//! `/v1/{tenant}/meetings/{meeting}/speeches`: who speaks when, and for how long.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MeetingId, MemberId, SpeechId};
use yishi_service::speeches::{self, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, invitations::Noted, members::Created},
    sessions::Session,
};

/// The operations on speeches.
pub struct SpeechesApi;

/// A wish to speak.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct SpeechInput {
    /// The item of the agenda, counted from 0; none for all of it.
    pub item: Option<u32>,
    /// For whom, by a mandate of theirs; for oneself unless given.
    pub on_behalf_of: Option<Uuid>,
}

/// A speech.
#[derive(Debug, Object)]
pub struct Speech {
    /// Its identifier.
    pub id: Uuid,
    /// Who speaks.
    pub member: Uuid,
    /// For whom, where that is somebody else.
    #[oai(skip_serializing_if_is_none)]
    pub on_behalf_of: Option<Uuid>,
    /// Its turn, counted from 1.
    pub turn: u32,
    /// The item of the agenda, counted from 0.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<u32>,
    /// How long it lasts at most, in seconds.
    pub seconds: u32,
    /// When it was asked for.
    pub requested_at: Instant,
    /// When it began.
    #[oai(skip_serializing_if_is_none)]
    pub began_at: Option<Instant>,
    /// When it ended; without a beginning it was taken out of the queue.
    #[oai(skip_serializing_if_is_none)]
    pub ended_at: Option<Instant>,
    /// Whether its limit ended it.
    pub cut: bool,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl SpeechesApi {
    /// Asks to speak, for those who are invited or take part.
    #[oai(path = "/v1/:tenant/meetings/:meeting/speeches", method = "post", operation_id = "request_speech")]
    async fn request_speech(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<SpeechInput>,
    ) -> Result<Created, Problem> {
        let (app, SpeechInput { item, on_behalf_of }) = (&session.app, body.0);
        let principal = on_behalf_of.map(MemberId);
        let asked = speeches::request(app, &session, MeetingId(*meeting), item, principal);
        let id = session.once(app, asked).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists the speeches at a meeting in the order of their turns.
    #[oai(path = "/v1/:tenant/meetings/:meeting/speeches", method = "get", operation_id = "list_speeches")]
    async fn list_speeches(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
    ) -> Result<Json<Vec<Speech>>, Problem> {
        let all = speeches::list(&session.app, &session, MeetingId(*meeting)).await?;
        Ok(Json(all.into_iter().map(Speech::from).collect()))
    }

    /// Begins the speech whose turn it is, for the meeting's host and coordinators. It ends by itself at its limit.
    #[oai(path = "/v1/:tenant/speeches/:speech/beginning", method = "post", operation_id = "begin_speech")]
    async fn begin_speech(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The speech's id.
        speech: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Noted, Problem> {
        let app = &session.app;
        session.once(app, speeches::begin(app, &session, SpeechId(*speech))).await?;
        Ok(Noted::Done)
    }

    /// Ends a speech, or takes it out of the queue, for whoever speaks and whoever runs the meeting.
    #[oai(path = "/v1/:tenant/speeches/:speech/end", method = "post", operation_id = "end_speech")]
    async fn end_speech(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The speech's id.
        speech: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Noted, Problem> {
        let app = &session.app;
        session.once(app, speeches::end(app, &session, SpeechId(*speech))).await?;
        Ok(Noted::Done)
    }
}

impl From<stored::Speech> for Speech {
    fn from(it: stored::Speech) -> Self {
        Self {
            id: it.id.uuid(),
            member: it.member.uuid(),
            on_behalf_of: it.principal.map(MemberId::uuid),
            turn: it.turn.turn,
            item: it.item,
            seconds: it.turn.seconds,
            requested_at: it.requested_at.into(),
            began_at: it.turn.began_at.map(Instant::from),
            ended_at: it.turn.ended_at.map(Instant::from),
            cut: it.cut,
        }
    }
}

impl Example for SpeechInput {
    fn example() -> Self {
        Self { item: Some(0), on_behalf_of: None }
    }
}
