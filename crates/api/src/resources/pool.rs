//! `/v1/{tenant}/topics/..` and `/public/{tenant}/topics`: the topic pool, for those who take part and for everybody.

use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{CommentId, TopicId, UnitId};
use yishi_service::pool::{
    self, Part, Search,
    stored::{Bond, Order, Pooled},
    stored_comments,
};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::Stage,
        members::Created,
        records::Event,
        topics::{Reason, Topic},
    },
    sessions::{Session, Visitor},
};

/// The operations on the topic pool.
pub struct PoolApi;

/// How a list of topics is ordered.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum PoolOrder {
    /// The latest first.
    Latest,
    /// Those with the most supporters first.
    Supporters,
    /// Those of the highest priority first.
    Priority,
}

/// A topic of the pool.
#[derive(Debug, Object)]
pub struct PooledTopic {
    /// The topic.
    pub topic: Topic,
    /// How many support it.
    pub supporters: u64,
    /// How many have commented on it.
    pub commenters: u64,
    /// How much it calls for attention, where the list is in this order: 10 × supporters + 2 × commenters + days since it was raised (60 at
    /// most) + 50 if it is a major matter.
    #[oai(skip_serializing_if_is_none)]
    pub priority: Option<u64>,
}

/// A comment to write.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct CommentInput {
    /// The text.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
    /// The comment that it answers.
    pub parent: Option<Uuid>,
}

/// A comment on a topic.
#[derive(Debug, Object)]
pub struct Comment {
    /// Its identifier.
    pub id: Uuid,
    /// The comment that it answers.
    #[oai(skip_serializing_if_is_none)]
    pub parent: Option<Uuid>,
    /// The text; absent where it is hidden.
    #[oai(skip_serializing_if_is_none)]
    pub text: Option<String>,
    /// Why it is hidden.
    #[oai(skip_serializing_if_is_none)]
    pub hidden_reason: Option<String>,
    /// When it was written.
    pub written_at: Instant,
}

/// An answer to give.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TopicAnswerInput {
    /// The answer, with its reasons.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// What everybody who raised or supports a topic was answered.
#[derive(Debug, Object)]
pub struct TopicAnswer {
    /// Its identifier.
    pub id: Uuid,
    /// The answer.
    pub text: String,
    /// How many were told.
    pub told: u64,
    /// When.
    pub answered_at: Instant,
}

/// Parts to split off a topic.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct SplitInput {
    /// Between 1 and 10 parts.
    #[oai(validator(min_items = 1, max_items = 10))]
    pub parts: Vec<TopicPart>,
}

/// A part of a topic that becomes one of its own.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct TopicPart {
    /// Its title.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: String,
    /// Its text.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub body: String,
}

/// The answer to what leaves nothing to say.
#[derive(ApiResponse)]
pub enum PoolChanged {
    /// Done, now or before.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Topic")]
impl PoolApi {
    /// Lists public topics, by what they say and where they stand.
    ///
    /// Every word of the text must be found; of Chinese, every two characters that stand beside each other.
    #[oai(path = "/public/:tenant/topics", method = "get", operation_id = "search_topics")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn search_topics(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// What it says, in Chinese or English.
        #[oai(validator(max_length = 100))]
        text: Query<Option<String>>,
        /// Only those at a stage.
        stage: Query<Option<Stage>>,
        /// Only those of a unit and of what lies under it.
        unit: Query<Option<Uuid>>,
        /// Only those of a category.
        category: Query<Option<String>>,
        /// The order; the latest first unless given.
        order: Query<Option<PoolOrder>>,
        /// `next` of the page before, in the same order.
        cursor: Query<Option<Cursor>>,
        /// How many topics at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<PooledTopic>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let order = order.map_or(Order::Latest, Order::from);
        let search = Search {
            text: text.0,
            stage: stage.0.map(Into::into),
            unit: unit.0.map(UnitId),
            category: category.0,
            order,
        };
        let after = rank_cursor(&wanted.after)?;
        let found = pool::search(&visitor.app, &visitor, search, after, wanted.load()).await?;
        Ok(Json(wanted.page(found, |it| format!("{} {}", it.rank, it.topic.id), |it| PooledTopic::of(it, order))))
    }

    /// Supports a topic of the pool, as a resident whom it concerns.
    #[oai(path = "/v1/:tenant/topics/:topic/support", method = "put", operation_id = "support_topic")]
    async fn support_topic(
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
    ) -> Result<PoolChanged, Problem> {
        change(&session, *topic, Bond::Support, true).await
    }

    /// Supports a topic no more.
    #[oai(path = "/v1/:tenant/topics/:topic/support", method = "delete", operation_id = "unsupport_topic")]
    async fn unsupport_topic(
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
    ) -> Result<PoolChanged, Problem> {
        change(&session, *topic, Bond::Support, false).await
    }

    /// Follows a topic of the pool: whatever it is answered is left in the follower's inbox.
    #[oai(path = "/v1/:tenant/topics/:topic/following", method = "put", operation_id = "follow_topic")]
    async fn follow_topic(
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
    ) -> Result<PoolChanged, Problem> {
        change(&session, *topic, Bond::Following, true).await
    }

    /// Follows a topic no more.
    #[oai(path = "/v1/:tenant/topics/:topic/following", method = "delete", operation_id = "unfollow_topic")]
    async fn unfollow_topic(
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
    ) -> Result<PoolChanged, Problem> {
        change(&session, *topic, Bond::Following, false).await
    }

    /// Comments on a topic of the pool, or answers a comment.
    #[oai(path = "/v1/:tenant/topics/:topic/comments", method = "post", operation_id = "write_comment")]
    async fn write_comment(
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
        body: Json<CommentInput>,
    ) -> Result<Created, Problem> {
        let (app, CommentInput { text, parent }) = (&session.app, body.0);
        let write = pool::comment(app, &session, TopicId(*topic), parent.map(CommentId), text);
        Ok(Created::one(session.once(app, write).await?.uuid()))
    }

    /// Lists the comments on a topic, the earliest first; those that answer another name it as their parent.
    #[oai(path = "/v1/:tenant/topics/:topic/comments", method = "get", operation_id = "list_comments")]
    async fn list_comments(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many comments at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Comment>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(CommentId);
        let found = pool::comments(&session.app, &session, TopicId(*topic), after, wanted.load()).await?;
        Ok(Json(wanted.page(found, |it| it.id.to_string(), Comment::from)))
    }

    /// Hides a comment with a reason that is shown in its place.
    #[oai(path = "/v1/:tenant/comments/:comment/hiding", method = "post", operation_id = "hide_comment")]
    async fn hide_comment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The comment's id.
        comment: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Reason>,
    ) -> Result<PoolChanged, Problem> {
        let app = &session.app;
        session.once(app, pool::hide(app, &session, CommentId(*comment), body.0.reason)).await?;
        Ok(PoolChanged::Done)
    }

    /// Answers everybody who raised a topic, supports or follows it, in their inbox.
    #[oai(path = "/v1/:tenant/topics/:topic/answers", method = "post", operation_id = "answer_topic")]
    async fn answer_topic(
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
        body: Json<TopicAnswerInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        Ok(Created::one(session.once(app, pool::answer(app, &session, TopicId(*topic), body.0.text)).await?))
    }

    /// Lists what a topic was answered, the earliest first.
    #[oai(path = "/v1/:tenant/topics/:topic/answers", method = "get", operation_id = "list_answers")]
    async fn list_answers(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<TopicAnswer>>, Problem> {
        let found = pool::answers(&session.app, &session, TopicId(*topic)).await?;
        let answers = found.into_iter().map(|it| TopicAnswer {
            id: it.id,
            text: it.text,
            told: it.told.unsigned_abs(),
            answered_at: it.answered_at.into(),
        });
        Ok(Json(answers.collect()))
    }

    /// Lists what happened to a topic and to all that were merged into it, in the order of the record.
    #[oai(path = "/v1/:tenant/topics/:topic/history", method = "get", operation_id = "get_topic_history")]
    async fn get_topic_history(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Event>>, Problem> {
        let found = pool::history(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(found.into_iter().map(Event::from).collect()))
    }

    /// Splits parts off a topic that is about more than one thing; its supporters and followers are theirs too.
    #[oai(path = "/v1/:tenant/topics/:topic/splits", method = "post", operation_id = "split_topic")]
    async fn split_topic(
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
        body: Json<SplitInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let parts = body.0.parts.into_iter().map(|TopicPart { title, body }| Part { title, body }).collect();
        let ids = session.once(app, pool::split(app, &session, TopicId(*topic), parts)).await?;
        Ok(Created::many(ids.into_iter().map(TopicId::uuid)))
    }
}

async fn change(session: &Session, topic: Uuid, bond: Bond, bound: bool) -> Result<PoolChanged, Problem> {
    let app = &session.app;
    session.once(app, pool::bind(app, session, TopicId(topic), bond, bound)).await?;
    Ok(PoolChanged::Done)
}

fn rank_cursor(after: &str) -> Result<Option<(i64, TopicId)>, Problem> {
    if after.is_empty() {
        return Ok(None);
    }
    let read = after.split_once(' ').and_then(|(rank, id)| Some((rank.parse().ok()?, TopicId(id.parse().ok()?))));
    read.map(Some).ok_or_else(bad_cursor)
}

impl PooledTopic {
    fn of(it: Pooled, order: Order) -> Self {
        let priority = (order == Order::Priority).then_some(it.rank.unsigned_abs());
        Self { topic: it.topic.into(), supporters: it.supporters, commenters: it.commenters, priority }
    }
}

impl From<PoolOrder> for Order {
    fn from(it: PoolOrder) -> Self {
        match it {
            PoolOrder::Latest => Self::Latest,
            PoolOrder::Supporters => Self::Supporters,
            PoolOrder::Priority => Self::Priority,
        }
    }
}

impl From<stored_comments::Comment> for Comment {
    fn from(it: stored_comments::Comment) -> Self {
        let text = it.hidden_at.is_none().then_some(it.text);
        Self {
            id: it.id.uuid(),
            parent: it.parent_id,
            text,
            hidden_reason: it.hidden_reason,
            written_at: it.written_at.into(),
        }
    }
}

impl Example for CommentInput {
    fn example() -> Self {
        Self { text: "我们楼也有同样的问题。".into(), parent: Some(EXAMPLE) }
    }
}

impl Example for TopicAnswerInput {
    fn example() -> Self {
        Self { text: "街道已列入今年改造计划，六月开工。".into() }
    }
}

impl Example for SplitInput {
    fn example() -> Self {
        Self { parts: vec![TopicPart { title: "加装门禁".into(), body: "3号楼单元门没有门禁。".into() }] }
    }
}

#[cfg(test)]
mod tests {
    use yishi_domain::pool::FORMULA;

    #[test]
    fn the_description_states_the_formula() {
        let described = include_str!("pool.rs").replace("\n    /// ", " ");
        assert!(described.contains(FORMULA), "{FORMULA}");
    }
}
