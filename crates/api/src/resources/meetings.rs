//! `/v1/{tenant}/meetings`: how a deliberation is held, and who takes part.

use std::collections::BTreeMap;

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BodyId, MeetingId, MemberId, TopicId, balance, channels, meetings as domain};
use yishi_service::meetings::{self, NewMeeting, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        attachments::ErasureInput,
        codes::{Form, wire_enum},
        members::Created,
        minutes::Minutes,
        visits::NamesErased,
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
        /// By telephone.
        Telephone,
        /// Through somebody else, by a mandate.
        Mandated,
    }
}

wire_enum! {
    /// Where a meeting takes place.
    MeetingMode = domain::Mode {
        /// In a room.
        OnSite,
        /// Through a link.
        Online,
        /// In a room and through a link at once.
        Hybrid,
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
    /// Where it takes place; in a room unless given.
    pub mode: Option<MeetingMode>,
    /// The link, `https`, of a meeting that is not in a room alone.
    #[oai(validator(max_length = 500))]
    pub link: Option<String>,
    /// The standing body whose sitting it is.
    pub body: Option<Uuid>,
    /// Who hosts it, besides the coordinators.
    pub host: Option<Uuid>,
    /// What it goes through, in order.
    #[oai(default, validator(max_items = 50))]
    pub agenda: Vec<String>,
    /// The rules by which it is held.
    #[oai(validator(max_length = 5000))]
    pub rules: Option<String>,
    /// How long a speech lasts at most, in seconds; 180 unless given.
    #[oai(validator(minimum(value = "10"), maximum(value = "3600")))]
    pub speech_seconds: Option<u32>,
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
    /// Where it takes place.
    pub mode: MeetingMode,
    /// Where the room is.
    pub place: String,
    /// The link through which others take part.
    #[oai(skip_serializing_if_is_none)]
    pub link: Option<String>,
    /// The standing body whose sitting it is.
    #[oai(skip_serializing_if_is_none)]
    pub body: Option<Uuid>,
    /// Who hosts it, besides the coordinators.
    #[oai(skip_serializing_if_is_none)]
    pub host: Option<Uuid>,
    /// What it goes through, in order.
    pub agenda: Vec<String>,
    /// The rules by which it is held.
    #[oai(skip_serializing_if_is_none)]
    pub rules: Option<String>,
    /// How long a speech lasts at most, in seconds.
    pub speech_seconds: u32,
    /// When it begins.
    pub starts_at: Instant,
    /// When it was convened.
    pub convened_at: Instant,
    /// Its minutes, once they are filed.
    #[oai(skip_serializing_if_is_none)]
    pub minutes: Option<Minutes>,
    /// Who took part, in numbers; only where one meeting is asked for.
    #[oai(skip_serializing_if_is_none)]
    pub present: Option<ParticipantStructure>,
    /// Who is missed among them, by the population of the topic's unit; only where one meeting is asked for.
    #[oai(skip_serializing_if_is_none)]
    pub imbalance: Option<Imbalance>,
}

/// Groups of the population that are missed among those who took part.
#[derive(Debug, Object)]
pub struct Imbalance {
    /// A group is missed below this share of its share of the population: the numerator.
    pub least_share_numerator: u64,
    /// And the denominator.
    pub least_share_denominator: u64,
    /// The groups, with their figures.
    pub missing: Vec<MissingGroup>,
}

/// A group that is missed.
#[derive(Debug, Object)]
pub struct MissingGroup {
    /// The dimension: `age_band`, `sex` or `occupation`.
    pub dimension: String,
    /// The group's code.
    pub group: String,
    /// How many of the group took part.
    pub present: u64,
    /// Of how many of whom the dimension is known.
    pub present_of: u64,
    /// How many of the group live there.
    pub residents: u64,
    /// Of how many whose dimension was counted.
    pub residents_of: u64,
}

/// How many took part, by what is known of them.
#[derive(Debug, Object)]
pub struct ParticipantStructure {
    /// All of them.
    pub total: u64,
    /// By channel.
    pub presence: BTreeMap<String, u64>,
    /// By age band; whoever's is unknown is in none.
    pub age_band: BTreeMap<String, u64>,
    /// By sex.
    pub sex: BTreeMap<String, u64>,
    /// By occupation.
    pub occupation: BTreeMap<String, u64>,
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
    /// The member who came in their place by a mandate of theirs, which held when the meeting began.
    pub mandated: Option<Uuid>,
    /// The name of who came in their place, where that is no member; it is kept apart from the record.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub representative: Option<String>,
    /// Their age band, in the code of the population's facts, such as `18_34`.
    #[oai(validator(max_length = 40))]
    pub age_band: Option<String>,
    /// Their sex, in the code of the population's facts.
    #[oai(validator(max_length = 40))]
    pub sex: Option<String>,
    /// Their occupation, in the code of the population's facts.
    #[oai(validator(max_length = 40))]
    pub occupation: Option<String>,
}

/// How many attendances were new.
#[derive(Debug, Object)]
pub struct Recorded {
    /// Those that were not recorded before.
    pub added: u64,
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
        _key: Header<Option<RequestKey>>,
        body: Json<MeetingInput>,
    ) -> Result<Created, Problem> {
        let new = NewMeeting::from(body.0);
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
        let meetings::Held { meeting, present, missing } =
            meetings::get(&session.app, &session, MeetingId(*meeting)).await?;
        Ok(Json(Meeting { present: Some(present.into()), imbalance: Some(missing.into()), ..meeting.into() }))
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
        _key: Header<Option<RequestKey>>,
        body: Json<AttendanceList>,
    ) -> Result<Json<Recorded>, Problem> {
        let list = body.0.attendances.into_iter().map(stored::Attendance::from).collect();
        let app = &session.app;
        let added = session.once(app, meetings::attend(app, &session, MeetingId(*meeting), list)).await?;
        Ok(Json(Recorded { added }))
    }

    /// Erases the name of who came for a member, for that member, coordinators and administrators; that somebody came stays.
    #[oai(
        path = "/v1/:tenant/meetings/:meeting/attendances/:member/erasure",
        method = "post",
        operation_id = "erase_representative"
    )]
    async fn erase_representative(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// The member for whom they came.
        member: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ErasureInput>,
    ) -> Result<NamesErased, Problem> {
        let (app, id, member) = (&session.app, MeetingId(*meeting), MemberId(*member));
        session.once(app, meetings::erase_representative(app, &session, id, member, body.0.reason)).await?;
        Ok(NamesErased::Done)
    }
}

impl From<Attendance> for stored::Attendance {
    fn from(it: Attendance) -> Self {
        let profile = domain::Profile { age_band: it.age_band, sex: it.sex, occupation: it.occupation };
        Self {
            member: MemberId(it.member),
            presence: it.presence.into(),
            mandated: it.mandated.map(MemberId),
            mandate: None,
            representative: it.representative,
            profile,
        }
    }
}

impl From<MeetingInput> for NewMeeting {
    fn from(it: MeetingInput) -> Self {
        Self {
            place: it.place,
            starts_at: it.starts_at.0,
            form: it.form.map(Into::into),
            mode: it.mode.unwrap_or(MeetingMode::OnSite).into(),
            link: it.link,
            body: it.body.map(BodyId),
            host: it.host.map(MemberId),
            agenda: it.agenda,
            rules: it.rules,
            speech_seconds: it.speech_seconds.unwrap_or(180),
        }
    }
}

impl From<Vec<balance::Missing>> for Imbalance {
    fn from(all: Vec<balance::Missing>) -> Self {
        let (least_share_numerator, least_share_denominator) = balance::LEAST_SHARE;
        let group = |it: balance::Missing| {
            let balance::Missing { dimension, group, present, present_of, residents, residents_of } = it;
            MissingGroup { dimension, group, present, present_of, residents, residents_of }
        };
        Self { least_share_numerator, least_share_denominator, missing: all.into_iter().map(group).collect() }
    }
}

impl From<domain::Structure> for ParticipantStructure {
    fn from(it: domain::Structure) -> Self {
        let domain::Structure { total, presence, age_band, sex, occupation } = it;
        Self { total, presence, age_band, sex, occupation }
    }
}

impl From<stored::Meeting> for Meeting {
    fn from(it: stored::Meeting) -> Self {
        Self {
            id: it.id.uuid(),
            topic: it.topic.uuid(),
            form: it.form.into(),
            mode: it.mode.into(),
            place: it.place,
            link: it.link,
            body: it.body.map(BodyId::uuid),
            host: it.host.map(MemberId::uuid),
            agenda: it.agenda,
            rules: it.rules,
            speech_seconds: it.speech_seconds,
            starts_at: it.starts_at.into(),
            convened_at: it.convened_at.into(),
            minutes: it.minutes.map(Minutes::from),
            present: None,
            imbalance: None,
        }
    }
}

impl Example for MeetingInput {
    fn example() -> Self {
        let starts_at = chrono::DateTime::from_timestamp(1_767_231_000, 0).unwrap_or_default();
        Self {
            place: "社区议事厅".into(),
            starts_at: starts_at.into(),
            form: Some(Form::RoundTable),
            mode: Some(MeetingMode::Hybrid),
            link: Some("https://meet.example.org/lights".into()),
            body: None,
            host: Some(EXAMPLE),
            agenda: vec!["路灯现状".into(), "更换方案".into()],
            rules: Some("一人一次，每次不超过三分钟。".into()),
            speech_seconds: Some(180),
        }
    }
}

impl Example for AttendanceList {
    fn example() -> Self {
        Self {
            attendances: vec![Attendance {
                member: EXAMPLE,
                presence: Presence::OnSite,
                mandated: None,
                representative: None,
                age_band: Some("60_up".into()),
                sex: Some("female".into()),
                occupation: Some("retired".into()),
            }],
        }
    }
}
