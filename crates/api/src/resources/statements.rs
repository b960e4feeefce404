//! `/v1/{tenant}/topics/{topic}/statements`: statements, stances on them, and the groups of opinion that appear.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, StatementId, TopicId, opinions as domain};
use yishi_service::{
    landscapes,
    statements::{self, Shown, stored},
};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, invitations::Noted, members::Created},
    sessions::Session,
};

/// The operations on statements.
pub struct StatementsApi;

wire_enum! {
    /// What somebody says to a statement.
    Stance = domain::Stance {
        /// Agrees.
        Agree,
        /// Disagrees.
        Disagree,
        /// Neither.
        Pass,
    }
}

/// Statements to add.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct StatementList {
    /// Between 1 and 500 statements, each of 1 to 1,000 characters.
    #[oai(validator(min_items = 1, max_items = 500))]
    pub statements: Vec<String>,
}

/// A statement.
#[derive(Debug, Object)]
pub struct Statement {
    /// Its identifier.
    pub id: Uuid,
    /// Its number in the topic, from 1.
    pub number: u32,
    /// The text.
    pub text: String,
    /// When it was made.
    pub added_at: Instant,
    /// How many agree.
    pub agree: u64,
    /// How many disagree.
    pub disagree: u64,
    /// How many pass.
    pub pass: u64,
}

/// A stance to take.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct StanceInput {
    /// The stance.
    pub stance: Stance,
}

/// Stances that were taken elsewhere.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct StanceList {
    /// Between 1 and 5,000 stances in the order in which they were taken; a later one takes the place of an earlier one.
    #[oai(validator(min_items = 1, max_items = 5000))]
    pub stances: Vec<TakenStance>,
}

/// A stance that a member took on a statement.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct TakenStance {
    /// Whose it is.
    pub member: Uuid,
    /// The statement.
    pub statement: Uuid,
    /// The stance.
    pub stance: Stance,
}

/// What entering stances came to.
#[derive(Debug, Object)]
pub struct EnteredStances {
    /// How many were sent.
    pub received: u64,
    /// How many stood once later ones of the list had taken the place of earlier ones.
    pub kept: u64,
}

/// The stances of a member.
#[derive(Debug, Object)]
pub struct MemberStances {
    /// Whose they are.
    pub member: Uuid,
    /// The stances.
    pub stances: Vec<StatementStance>,
}

/// A stance on a statement.
#[derive(Debug, Object)]
pub struct StatementStance {
    /// The statement.
    pub statement: Uuid,
    /// The stance.
    pub stance: Stance,
}

/// The groups of opinion on a topic: a display, which decides nothing.
#[derive(Debug, Object)]
pub struct Opinions {
    /// How many took a stance on any statement.
    pub participants: u64,
    /// How many of them took enough to be in a group.
    pub grouped: u64,
    /// What the groups are for.
    pub note: String,
    /// The mean silhouette of the groups, from -1000 to 1000.
    pub silhouette_per_mille: i64,
    /// The groups, the largest first.
    pub groups: Vec<OpinionGroup>,
    /// Statements on which more than half of every group take the same stance.
    pub common: Vec<CommonStatement>,
    /// Where the participants lie, in no order that tells who they are.
    pub points: Vec<OpinionPoint>,
}

/// A group of opinion.
#[derive(Debug, Object)]
pub struct OpinionGroup {
    /// How many belong to it.
    pub size: u64,
    /// The statements that set it apart, the most telling first.
    pub telling: Vec<TellingStatement>,
}

/// A statement that sets a group apart.
#[derive(Debug, Object)]
pub struct TellingStatement {
    /// The statement.
    pub statement: Uuid,
    /// The group's stance.
    pub stance: Stance,
    /// How many of the group take it.
    pub counted: u64,
    /// How many of the group voted on the statement.
    pub of: u64,
    /// How many of the others take it.
    pub others_counted: u64,
    /// How many of the others voted on it.
    pub others_of: u64,
}

/// A statement on which all groups take the same stance.
#[derive(Debug, Object)]
pub struct CommonStatement {
    /// The statement.
    pub statement: Uuid,
    /// The stance.
    pub stance: Stance,
    /// How many take it.
    pub counted: u64,
    /// How many voted on the statement.
    pub of: u64,
}

/// Where a participant lies.
#[derive(Debug, Object)]
pub struct OpinionPoint {
    /// The group, counted from 0.
    pub group: u32,
    /// Along the first principal component, in thousandths.
    pub x: i64,
    /// Along the second one, in thousandths.
    pub y: i64,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl StatementsApi {
    /// Adds statements while a topic is deliberated.
    #[oai(path = "/v1/:tenant/topics/:topic/statements", method = "post", operation_id = "add_statements")]
    async fn add_statements(
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
        body: Json<StatementList>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let ids = session.once(app, statements::add(app, &session, TopicId(*topic), body.0.statements)).await?;
        Ok(Created::many(ids.into_iter().map(StatementId::uuid)))
    }

    /// Lists the statements on a topic in their order, with how many take each stance.
    #[oai(path = "/v1/:tenant/topics/:topic/statements", method = "get", operation_id = "list_statements")]
    async fn list_statements(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Statement>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = if wanted.after.is_empty() { Ok(0) } else { wanted.after.parse().map_err(|_| bad_cursor()) }?;
        let loaded = statements::list(&session.app, &session, TopicId(*topic), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.0.number.to_string(), Statement::from)))
    }

    /// Takes a stance on a statement, in the place of an earlier one.
    #[oai(path = "/v1/:tenant/statements/:statement/stances", method = "post", operation_id = "take_stance")]
    async fn take_stance(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The statement's id.
        statement: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<StanceInput>,
    ) -> Result<Noted, Problem> {
        let app = &session.app;
        session.once(app, statements::take(app, &session, StatementId(*statement), body.0.stance.into())).await?;
        Ok(Noted::Done)
    }

    /// Enters stances that were taken elsewhere: all of the list, or nothing.
    #[oai(path = "/v1/:tenant/topics/:topic/stances", method = "post", operation_id = "enter_stances")]
    async fn enter_stances(
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
        body: Json<StanceList>,
    ) -> Result<Json<EnteredStances>, Problem> {
        let list = body.0.stances.into_iter();
        let list = list.map(|it| (MemberId(it.member), StatementId(it.statement), it.stance.into())).collect();
        let app = &session.app;
        let entered = session.once(app, statements::enter(app, &session, TopicId(*topic), list)).await?;
        Ok(Json(EnteredStances { received: entered.received, kept: entered.kept }))
    }

    /// Lists the stances on a topic by member, for those who watch over it.
    #[oai(path = "/v1/:tenant/topics/:topic/stances", method = "get", operation_id = "list_stances")]
    async fn list_stances(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<MemberStances>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(MemberId);
        let loaded = statements::matrix(&session.app, &session, TopicId(*topic), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.0.to_string(), MemberStances::from)))
    }

    /// Shows the groups of opinion on a topic (Small et al. 2021, Polis): a display, which decides nothing.
    #[oai(path = "/v1/:tenant/topics/:topic/opinions", method = "get", operation_id = "get_opinions")]
    async fn get_opinions(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Fixes where the grouping begins; 1 unless given. The same stances and seed always show the same.
        seed: Query<Option<u64>>,
    ) -> Result<Json<Opinions>, Problem> {
        let shown = statements::landscape(&session.app, &session, TopicId(*topic), seed.unwrap_or(1)).await?;
        Ok(Json(shown.into()))
    }
}

impl From<(stored::Statement, stored::Stances)> for Statement {
    fn from((it, stances): (stored::Statement, stored::Stances)) -> Self {
        let stored::Stances { agree, disagree, pass } = stances;
        Self { id: it.id.uuid(), number: it.number, text: it.text, added_at: it.added_at.into(), agree, disagree, pass }
    }
}

impl From<(MemberId, Vec<(StatementId, domain::Stance)>)> for MemberStances {
    fn from((member, stances): (MemberId, Vec<(StatementId, domain::Stance)>)) -> Self {
        let stance = |(id, stance): (StatementId, domain::Stance)| StatementStance {
            statement: id.uuid(),
            stance: stance.into(),
        };
        Self { member: member.uuid(), stances: stances.into_iter().map(stance).collect() }
    }
}

impl From<Shown> for Opinions {
    fn from(it: Shown) -> Self {
        let Shown { participants, statements, landscape } = it;
        let id = |place: usize| statements.get(place).map_or(Uuid::nil(), |id| id.uuid());
        let telling = |it: landscapes::Telling| TellingStatement {
            statement: id(it.statement),
            stance: it.stance.into(),
            counted: it.counted,
            of: it.of,
            others_counted: it.others_counted,
            others_of: it.others_of,
        };
        let common = |it: landscapes::Common| CommonStatement {
            statement: id(it.statement),
            stance: it.stance.into(),
            counted: it.counted,
            of: it.of,
        };
        let groups = landscape
            .sizes
            .iter()
            .zip(landscape.telling)
            .map(|(size, list)| OpinionGroup { size: *size, telling: list.into_iter().map(telling).collect() });
        let groups = groups.collect();
        let placed = landscape.points.iter().zip(&landscape.groups).filter_map(|(point, group)| point.zip(*group));
        let mut points: Vec<_> = placed.map(|([x, y], group)| (group, x, y)).collect();
        points.sort_unstable();
        let point =
            |(group, x, y): (usize, i64, i64)| OpinionPoint { group: u32::try_from(group).unwrap_or(u32::MAX), x, y };
        Self {
            participants,
            grouped: landscape.sizes.iter().sum(),
            note: "意见分组仅供展示，不作为决定依据。".into(),
            silhouette_per_mille: landscape.silhouette_per_mille,
            groups,
            common: landscape.common.into_iter().map(common).collect(),
            points: points.into_iter().map(point).collect(),
        }
    }
}

impl Example for StatementList {
    fn example() -> Self {
        Self { statements: vec!["路灯应先修后换。".into()] }
    }
}

impl Example for StanceInput {
    fn example() -> Self {
        Self { stance: Stance::Agree }
    }
}

impl Example for StanceList {
    fn example() -> Self {
        Self { stances: vec![TakenStance { member: EXAMPLE, statement: EXAMPLE, stance: Stance::Pass }] }
    }
}
