//! `/v1/{tenant}/meetings`: deliberation, its attendance and its minutes.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{Digest, MeetingId, MemberId, TopicId, channels};
use yishi_service::meetings::{self, NewMeeting, NewMinutes, stored};

use crate::{
    instants::Instant,
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::{Form, wire_enum},
        members::Created,
        parse_digest,
        topics::Step,
    },
    sessions::Session,
};

/// The operations on meetings.
pub struct MeetingsApi;

wire_enum! {
    /// How somebody took part in a meeting.
    Presence = channels::Presence {
        /// In the room.
        OnSite,
        /// Through a link.
        Online,
        /// By a written statement.
        Written,
    }
}

/// A meeting to convene.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MeetingInput {
    /// Where it is.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub place: String,
    /// When it begins; it must lie ahead.
    pub starts_at: Instant,
    /// Its form, where it differs from the one that the topic's category names.
    pub form: Option<Form>,
}

/// A meeting.
#[derive(Debug, Object)]
pub struct Meeting {
    /// Its identifier.
    pub id: Uuid,
    /// Its topic.
    pub topic: Uuid,
    /// Its form.
    pub form: Form,
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: Instant,
    /// When it was convened.
    pub convened_at: Instant,
    /// Its minutes, once they are filed.
    #[oai(skip_serializing_if_is_none)]
    pub minutes: Option<Minutes>,
}

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
}

/// A recording, wherever the city keeps it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Recording {
    /// Where it is.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reference: String,
    /// Its digest: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// Who took part.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AttendanceList {
    /// Between 1 and 1,000 people.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub attendances: Vec<Attendance>,
}

/// Somebody who took part.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Attendance {
    /// Who.
    pub member: Uuid,
    /// How.
    pub presence: Presence,
}

/// How many attendances were new.
#[derive(Debug, Object)]
pub struct Recorded {
    /// Those that were not recorded before.
    pub added: u64,
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

#[OpenApi(tag = "Tag::Deliberation")]
impl MeetingsApi {
    /// Convenes a meeting on a topic.
    #[oai(path = "/v1/:tenant/topics/:topic/meetings", method = "post", operation_id = "convene_meeting")]
    async fn convene_meeting(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Json<MeetingInput>,
    ) -> Result<Created, Problem> {
        let MeetingInput { place, starts_at, form } = body.0;
        let new = NewMeeting { place, starts_at: starts_at.0, form: form.map(Into::into) };
        let app = &session.app;
        let id = session.once(app, meetings::convene(app, &session, TopicId(*topic), new)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists the meetings on a topic, the earliest first.
    #[oai(path = "/v1/:tenant/topics/:topic/meetings", method = "get", operation_id = "list_meetings")]
    async fn list_meetings(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Meeting>>, Problem> {
        let list = meetings::list(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(list.into_iter().map(Meeting::from).collect()))
    }

    /// Gets a meeting.
    #[oai(path = "/v1/:tenant/meetings/:meeting", method = "get", operation_id = "get_meeting")]
    async fn get_meeting(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
    ) -> Result<Json<Meeting>, Problem> {
        let (meeting, _) = meetings::get(&session.app, &session, MeetingId(*meeting)).await?;
        Ok(Json(meeting.into()))
    }

    /// Records who took part.
    #[oai(path = "/v1/:tenant/meetings/:meeting/attendances", method = "post", operation_id = "record_attendance")]
    async fn record_attendance(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Json<AttendanceList>,
    ) -> Result<Json<Recorded>, Problem> {
        let list = body.0.attendances.into_iter().map(stored::Attendance::from).collect();
        let app = &session.app;
        let added = session.once(app, meetings::attend(app, &session, MeetingId(*meeting), list)).await?;
        Ok(Json(Recorded { added }))
    }

    /// Files the minutes, after which the topic can be decided.
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
        _key: Header<Option<String>>,
        body: Json<MinutesInput>,
    ) -> Result<Json<Step>, Problem> {
        let MinutesInput { text, recording } = body.0;
        let recording =
            recording.map(|it| Ok::<_, Problem>((it.reference, parse_digest("recording.digest", &it.digest)?)));
        let new = NewMinutes { text, recording: recording.transpose()? };
        let app = &session.app;
        Ok(Json(session.once(app, meetings::file_minutes(app, &session, MeetingId(*meeting), new)).await?.into()))
    }
}

impl From<Attendance> for stored::Attendance {
    fn from(it: Attendance) -> Self {
        Self { member: MemberId(it.member), presence: it.presence.into() }
    }
}

impl From<stored::Meeting> for Meeting {
    fn from(it: stored::Meeting) -> Self {
        Self {
            id: it.id.uuid(),
            topic: it.topic.uuid(),
            form: it.form.into(),
            place: it.place,
            starts_at: it.starts_at.into(),
            convened_at: it.convened_at.into(),
            minutes: it.minutes.map(Minutes::from),
        }
    }
}

impl From<stored::Minutes> for Minutes {
    fn from(it: stored::Minutes) -> Self {
        let recording = |(reference, digest): (String, Digest)| Recording { reference, digest: digest.to_string() };
        Self { text: it.text, recording: it.recording.map(recording), filed_at: it.filed_at.into() }
    }
}

impl Example for MeetingInput {
    fn example() -> Self {
        let starts_at = chrono::DateTime::from_timestamp(1_767_231_000, 0).unwrap_or_default();
        Self { place: "社区议事厅".into(), starts_at: starts_at.into(), form: Some(Form::RoundTable) }
    }
}

impl Example for AttendanceList {
    fn example() -> Self {
        Self { attendances: vec![Attendance { member: EXAMPLE, presence: Presence::OnSite }] }
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
