//! `/v1/{tenant}/meetings/{meeting}/minutes`: a draft, objections to it, its adoption, and what is published then.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{Digest, MeetingId, MinutesObjectionId};
use yishi_service::{
    meetings::stored,
    minutes::{self, NewMinutes},
};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        members::Created,
        objections::{Answered, ObjectionDecision},
        parse_digest,
        topics::Step,
    },
    sessions::{Session, Visitor},
};

/// The operations on minutes.
pub struct MinutesApi;

/// A meeting's minutes: the double record (雙記錄) of text and recording.
#[derive(Debug, Object)]
pub struct Minutes {
    /// The text.
    pub text: String,
    /// The recording, where there is one.
    #[oai(skip_serializing_if_is_none)]
    pub recording: Option<Recording>,
    /// When they were filed.
    pub filed_at: Instant,
    /// When they were adopted; until then they are a draft.
    #[oai(skip_serializing_if_is_none)]
    pub adopted_at: Option<Instant>,
    /// The commitment that is signed and recorded.
    #[oai(skip_serializing_if_is_none)]
    pub commitment: Option<String>,
}

/// A recording, wherever the city keeps it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Recording {
    /// Where it is; `attachment:` and an id where it is an attachment of the meeting.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reference: String,
    /// Its digest: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// Minutes to file.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MinutesInput {
    /// The text.
    #[oai(validator(min_length = 1, max_length = 100000))]
    pub text: String,
    /// The recording, where there is one.
    pub recording: Option<Recording>,
}

/// An objection to a draft of minutes.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MinutesObjectionInput {
    /// What is wrong.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// What becomes of an objection to a draft of minutes.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MinutesObjectionAnswer {
    /// Dismissed, or upheld: then corrected minutes are filed before they are adopted.
    pub decision: ObjectionDecision,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub answer: String,
}

/// An objection to a draft of minutes.
#[derive(Debug, Object)]
pub struct MinutesObjection {
    /// Its identifier.
    pub id: Uuid,
    /// What is wrong.
    pub text: String,
    /// When it was raised.
    pub raised_at: Instant,
    /// What became of it, once it is answered.
    #[oai(skip_serializing_if_is_none)]
    pub decision: Option<ObjectionDecision>,
    /// Why.
    #[oai(skip_serializing_if_is_none)]
    pub answer: Option<String>,
}

/// Minutes that were adopted, with what is needed to verify them.
#[derive(Debug, Object)]
pub struct PublishedMinutes {
    /// The meeting, its topic and agenda, who took part in numbers, the text, and the recording with its SHA-256 digest.
    pub value: Value,
    /// The salt of the commitment: 32 bytes in base64.
    pub salt: String,
    /// SHA-256 over the salt and the value's canonical form (RFC 8785): `sha256:` and 64 hexadecimal digits.
    pub commitment: String,
    /// A signed note (C2SP) of the record's key over the meeting and the commitment.
    pub signature: String,
    /// When they were adopted.
    pub adopted_at: Instant,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl MinutesApi {
    /// Files a draft of the minutes, or the corrected one after an objection was upheld.
    #[oai(path = "/v1/:tenant/meetings/:meeting/minutes", method = "post", operation_id = "file_minutes")]
    async fn file_minutes(
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
        body: Json<MinutesInput>,
    ) -> Result<Json<Step>, Problem> {
        let MinutesInput { text, recording } = body.0;
        let recording =
            recording.map(|it| Ok::<_, Problem>((it.reference, parse_digest("recording.digest", &it.digest)?)));
        let new = NewMinutes { text, recording: recording.transpose()? };
        let app = &session.app;
        Ok(Json(session.once(app, minutes::file(app, &session, MeetingId(*meeting), new)).await?.into()))
    }

    /// Objects to a draft of minutes, for those who took part.
    #[oai(
        path = "/v1/:tenant/meetings/:meeting/minutes/objections",
        method = "post",
        operation_id = "object_to_minutes"
    )]
    async fn object_to_minutes(
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
        body: Json<MinutesObjectionInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let id = session.once(app, minutes::object(app, &session, MeetingId(*meeting), body.0.text)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists the objections to the minutes of a meeting, the earliest first, without the names of those who raised them.
    #[oai(
        path = "/v1/:tenant/meetings/:meeting/minutes/objections",
        method = "get",
        operation_id = "list_minutes_objections"
    )]
    async fn list_minutes_objections(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
    ) -> Result<Json<Vec<MinutesObjection>>, Problem> {
        let all = minutes::objections(&session.app, &session, MeetingId(*meeting)).await?;
        Ok(Json(all.into_iter().map(MinutesObjection::from).collect()))
    }

    /// Answers an objection to a draft of minutes, once; nothing is adopted before each is answered.
    #[oai(
        path = "/v1/:tenant/minutes-objections/:objection/answer",
        method = "post",
        operation_id = "answer_minutes_objection"
    )]
    async fn answer_minutes_objection(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The objection's id.
        objection: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<MinutesObjectionAnswer>,
    ) -> Result<Answered, Problem> {
        let MinutesObjectionAnswer { decision, answer } = body.0;
        let (app, upheld) = (&session.app, decision == ObjectionDecision::Upheld);
        session.once(app, minutes::answer(app, &session, MinutesObjectionId(*objection), upheld, answer)).await?;
        Ok(Answered::Done)
    }

    /// Adopts the minutes: they are signed and published with their recording, and the topic can be decided.
    #[oai(path = "/v1/:tenant/meetings/:meeting/minutes/adoption", method = "post", operation_id = "adopt_minutes")]
    async fn adopt_minutes(
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
    ) -> Result<Json<Step>, Problem> {
        let app = &session.app;
        Ok(Json(session.once(app, minutes::adopt(app, &session, MeetingId(*meeting))).await?.into()))
    }

    /// Gets the minutes of a meeting with its recording, once they are adopted.
    #[oai(path = "/public/:tenant/meetings/:meeting/minutes", method = "get", operation_id = "get_minutes")]
    async fn get_minutes(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
    ) -> Result<Json<PublishedMinutes>, Problem> {
        let it = minutes::published(&visitor.app, &visitor, MeetingId(*meeting)).await?;
        Ok(Json(it.into()))
    }
}

impl From<minutes::Published> for PublishedMinutes {
    fn from(it: minutes::Published) -> Self {
        Self {
            value: it.value,
            salt: STANDARD.encode(it.adoption.salt),
            commitment: it.adoption.commitment.to_string(),
            signature: it.adoption.signature,
            adopted_at: it.adoption.at.into(),
        }
    }
}

impl From<stored::Minutes> for Minutes {
    fn from(it: stored::Minutes) -> Self {
        let recording = |(reference, digest): (String, Digest)| Recording { reference, digest: digest.to_string() };
        let adopted = it.adopted.map(|it| (it.at.into(), it.commitment.to_string()));
        let (adopted_at, commitment) = adopted.unzip();
        Self {
            text: it.text,
            recording: it.recording.map(recording),
            filed_at: it.filed_at.into(),
            adopted_at,
            commitment,
        }
    }
}

impl From<minutes::stored::Objection> for MinutesObjection {
    fn from(it: minutes::stored::Objection) -> Self {
        let decision = it.answer.as_ref().map(|it| match it.upheld {
            true => ObjectionDecision::Upheld,
            false => ObjectionDecision::Dismissed,
        });
        let answer = it.answer.map(|it| it.text);
        Self { id: it.id.uuid(), text: it.text, raised_at: it.raised_at.into(), decision, answer }
    }
}

impl Example for MinutesInput {
    fn example() -> Self {
        let recording = Recording {
            reference: "s3://minutes/2026/0117.mp4".into(),
            digest: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
        };
        Self { text: "与会者同意更换两盏路灯，提交表决。".into(), recording: Some(recording) }
    }
}

impl Example for MinutesObjectionInput {
    fn example() -> Self {
        Self { text: "我说的是先修再换，纪要写成了直接更换。".into() }
    }
}

impl Example for MinutesObjectionAnswer {
    fn example() -> Self {
        Self { decision: ObjectionDecision::Upheld, answer: "核对录音后更正。".into() }
    }
}
