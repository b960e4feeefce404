//! `/v1/{tenant}/topics`: what residents raise, and the screening that answers them.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, TopicId, UnitId};
use yishi_service::{
    Stepped,
    screening::{self, Acceptance},
    topics::{self, NewTopic, stored},
};

use crate::{
    conditions::require_match,
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::{Form, Level, Significance, Stage, wire_enum},
        members::Created,
    },
    sessions::Session,
};

/// The operations on topics.
pub struct TopicsApi;

wire_enum! {
    /// How a topic came in.
    Channel = yishi_domain::channels::Channel {
        /// By its author, through the interface.
        Online,
        /// A letter in a suggestion box (意見箱).
        SuggestionBox,
        /// A visit at home (入戶走訪).
        HomeVisit,
        /// The citizens' hotline 12345.
        Hotline,
        /// The government-service site (政務服務網).
        GovernmentSite,
        /// Raised at a meeting.
        Meeting,
    }
}

/// A topic to raise.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TopicInput {
    /// The unit that it belongs to.
    pub unit: Uuid,
    /// Its title.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: String,
    /// Its text.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub body: String,
    /// How it came in; a resident raises online, all other channels are entered by a coordinator.
    pub channel: Channel,
    /// For whom it is raised: by whoever holds their mandate for all matters, or entered by a coordinator.
    pub on_behalf_of: Option<Uuid>,
    /// Where it is about.
    pub place: Option<TopicPlace>,
}

/// A point on the map (WGS 84).
#[derive(Clone, Copy, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct TopicPlace {
    /// The latitude in millionths of a degree, north of the equator above zero.
    #[oai(validator(minimum(value = "-90000000"), maximum(value = "90000000")))]
    pub latitude: i32,
    /// The longitude in millionths of a degree, east of Greenwich above zero.
    #[oai(validator(minimum(value = "-180000000"), maximum(value = "180000000")))]
    pub longitude: i32,
}

/// A topic, and the case that grows from it.
#[derive(Debug, Object)]
pub struct Topic {
    /// Its identifier.
    pub id: Uuid,
    /// The unit that it belongs to.
    pub unit: Uuid,
    /// How it came in.
    pub channel: Channel,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its category by the city's rules.
    pub category: String,
    /// How much hangs on it.
    pub significance: Significance,
    /// The form in which it is deliberated.
    pub form: Form,
    /// Where it stands.
    pub stage: Stage,
    /// Since when it stands there.
    pub stage_since: Instant,
    /// The level that it has reached by escalation.
    pub level: Level,
    /// Why it was rejected.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<String>,
    /// The topic that it was merged into.
    #[oai(skip_serializing_if_is_none)]
    pub merged_into: Option<Uuid>,
    /// Since when it is marked on the public board as late.
    #[oai(skip_serializing_if_is_none)]
    pub marked_at: Option<Instant>,
    /// The topic that it was split off from.
    #[oai(skip_serializing_if_is_none)]
    pub split_from: Option<Uuid>,
    /// Where it is about.
    #[oai(skip_serializing_if_is_none)]
    pub place: Option<TopicPlace>,
    /// How many times it was written.
    pub version: u64,
    /// When it was raised.
    pub raised_at: Instant,
}

/// What a coordinator decides on accepting a topic.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AcceptanceInput {
    /// Its category, where the proposed one is wrong.
    pub category: Option<String>,
    /// Its significance, where it differs from its category's.
    pub significance: Option<Significance>,
}

/// A reason.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Reason {
    /// The reason, for those whom it concerns.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// The topic that another one is merged into.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Merger {
    /// A topic that was accepted.
    pub into: Uuid,
}

/// What a step came to.
#[derive(Debug, Object)]
pub struct Step {
    /// The topic.
    pub topic: Uuid,
    /// Where it stands now.
    pub stage: Stage,
    /// Its version.
    pub version: u64,
}

/// A category of topics.
#[derive(Debug, Object)]
pub struct Category {
    /// Its code.
    pub code: String,
    /// The category above it.
    #[oai(skip_serializing_if_is_none)]
    pub parent: Option<String>,
    /// Its names.
    pub labels: Vec<LocalText>,
    /// The significance of its topics.
    pub significance: Significance,
    /// The form in which they are deliberated.
    pub form: Form,
}

/// A text in one language.
#[derive(Debug, Object)]
pub struct LocalText {
    /// The language as a BCP 47 tag.
    pub locale: String,
    /// The text.
    pub text: String,
}

#[OpenApi(tag = "Tag::Topic")]
impl TopicsApi {
    /// Raises a topic.
    ///
    /// A resident raises their own, online; what came in by another channel, or for somebody else without their
    /// mandate for all matters, a coordinator enters.
    #[oai(path = "/v1/:tenant/topics", method = "post", operation_id = "raise_topic")]
    async fn raise_topic(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<TopicInput>,
    ) -> Result<Created, Problem> {
        let TopicInput { unit, title, body, channel, on_behalf_of, place } = body.0;
        let channel = channel.into();
        let (on_behalf_of, place) = (on_behalf_of.map(MemberId), place.map(|it| (it.latitude, it.longitude)));
        let new = NewTopic { unit: UnitId(unit), title, body, channel, on_behalf_of, place, category: None };
        Ok(Created::one(session.once(&session.app, topics::raise(&session.app, &session, new)).await?.uuid()))
    }

    /// Lists topics, in the order in which they were raised.
    ///
    /// Everybody sees those that were accepted; staff sees the others of the unit that it asks for.
    #[oai(path = "/v1/:tenant/topics", method = "get", operation_id = "list_topics")]
    async fn list_topics(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only those at a stage.
        stage: Query<Option<Stage>>,
        /// Only those of a unit and of what lies under it.
        unit: Query<Option<Uuid>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many topics at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Topic>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(TopicId);
        let (stage, unit) = (stage.map(Into::into), unit.map(UnitId));
        let loaded = topics::list(&session.app, &session, stage, unit, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Topic::from)))
    }

    /// Gets a topic.
    #[oai(path = "/v1/:tenant/topics/:topic", method = "get", operation_id = "get_topic")]
    async fn get_topic(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Topic>, Problem> {
        Ok(Json(topics::get(&session.app, &session, TopicId(*topic)).await?.into()))
    }

    /// Accepts a topic into the pool, which makes it public.
    #[oai(path = "/v1/:tenant/topics/:topic/acceptance", method = "post", operation_id = "accept_topic")]
    async fn accept_topic(
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
        /// The topic's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<AcceptanceInput>,
    ) -> Result<Json<Step>, Problem> {
        let (id, app) = (TopicId(*topic), &session.app);
        let AcceptanceInput { category, significance } = body.0;
        let acceptance = Acceptance { category, significance: significance.map(Into::into) };
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(screening::accept(app, &session, id, seen, acceptance).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Rejects a topic with a reason.
    #[oai(path = "/v1/:tenant/topics/:topic/rejection", method = "post", operation_id = "reject_topic")]
    async fn reject_topic(
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
        /// The topic's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<Reason>,
    ) -> Result<Json<Step>, Problem> {
        let (id, app) = (TopicId(*topic), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(screening::reject(app, &session, id, seen, body.0.reason).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Merges a topic into another one that is about the same.
    #[oai(path = "/v1/:tenant/topics/:topic/merger", method = "post", operation_id = "merge_topic")]
    async fn merge_topic(
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
        /// The topic's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<Merger>,
    ) -> Result<Json<Step>, Problem> {
        let (id, app) = (TopicId(*topic), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(screening::merge(app, &session, id, seen, TopicId(body.0.into)).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Takes one's own topic back.
    #[oai(path = "/v1/:tenant/topics/:topic/withdrawal", method = "post", operation_id = "withdraw_topic")]
    async fn withdraw_topic(
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
        /// The topic's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Json<Step>, Problem> {
        let (id, app) = (TopicId(*topic), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(screening::withdraw(app, &session, id, seen).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Lists the categories of topics by the rules that hold now.
    #[oai(path = "/v1/:tenant/categories", method = "get", operation_id = "list_categories")]
    async fn list_categories(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<Category>>, Problem> {
        let categories = topics::categories(&session.app, &session).await?;
        Ok(Json(categories.into_iter().map(Category::from).collect()))
    }
}

/// The version of a topic that the caller has seen, where they say which.
async fn seen(session: &Session, id: TopicId, if_match: Option<&str>) -> Result<Option<u64>, Problem> {
    if if_match.is_none() {
        return Ok(None);
    }
    let present: Topic = topics::get(&session.app, session, id).await?.into();
    require_match(if_match, &present)?;
    Ok(Some(present.version))
}

impl From<stored::Topic> for Topic {
    fn from(it: stored::Topic) -> Self {
        Self {
            id: it.id.uuid(),
            unit: it.unit.uuid(),
            channel: it.channel.into(),
            title: it.title,
            body: it.body,
            category: it.category,
            significance: it.significance.into(),
            form: it.form.into(),
            stage: it.stage.into(),
            stage_since: it.stage_since.into(),
            level: it.level.into(),
            reason: it.reason,
            merged_into: it.merged_into.map(TopicId::uuid),
            marked_at: it.marked_at.map(Instant::from),
            split_from: it.split_from.map(TopicId::uuid),
            place: it.place.map(|(latitude, longitude)| TopicPlace { latitude, longitude }),
            version: it.version,
            raised_at: it.raised_at.into(),
        }
    }
}

impl From<Stepped> for Step {
    fn from(it: Stepped) -> Self {
        Self { topic: it.topic.uuid(), stage: it.stage.into(), version: it.version }
    }
}

impl From<yishi_domain::topics::Category> for Category {
    fn from(it: yishi_domain::topics::Category) -> Self {
        let labels = it.labels.into_iter().map(LocalText::from).collect();
        Self { code: it.code, parent: it.parent, labels, significance: it.significance.into(), form: it.form.into() }
    }
}

impl From<yishi_domain::LocalText> for LocalText {
    fn from(it: yishi_domain::LocalText) -> Self {
        Self { locale: it.locale, text: it.text }
    }
}

impl Example for TopicInput {
    fn example() -> Self {
        Self {
            unit: EXAMPLE,
            title: "小区路灯不亮".into(),
            body: "3号楼前的两盏路灯已有一周不亮，晚上出行不便。".into(),
            channel: Channel::Online,
            on_behalf_of: None,
            place: Some(TopicPlace { latitude: 30_274_150, longitude: 120_155_150 }),
        }
    }
}

impl Example for AcceptanceInput {
    fn example() -> Self {
        Self { category: Some("facilities".into()), significance: None }
    }
}

impl Example for Reason {
    fn example() -> Self {
        Self { reason: "不属于本社区事务，已转交街道。".into() }
    }
}

impl Example for Merger {
    fn example() -> Self {
        Self { into: EXAMPLE }
    }
}
