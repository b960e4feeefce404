//! `/v1/{tenant}/members` and `/v1/{tenant}/grants`: the people of a city and the roles that they hold.

use chrono::NaiveDate;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, UnitId, access};
use yishi_service::{
    contacts::Reached,
    memberships::{self, NewMember},
};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag},
    sessions::Session,
};

/// The operations on members and their roles.
pub struct MembersApi;

/// Members to add.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MemberList {
    /// Between 1 and 1,000 people.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub members: Vec<MemberInput>,
}

/// A person to add.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct MemberInput {
    /// Their name; it enters the record as a commitment only.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// Where they live or work.
    pub unit: Uuid,
    /// When they were born, where rolls are drawn by age; it stays out of the record.
    #[oai(skip_serializing_if_is_none)]
    pub born_on: Option<NaiveDate>,
    /// Their e-mail address, which is shown to themselves alone; it stays out of the record.
    #[oai(skip_serializing_if_is_none, validator(max_length = 254))]
    pub email: Option<String>,
    /// Their number for text messages, which is shown to themselves alone; it stays out of the record.
    #[oai(skip_serializing_if_is_none, validator(max_length = 40))]
    pub phone: Option<String>,
}

/// A role to give.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct GrantInput {
    /// Who gets it.
    pub member: Uuid,
    /// Where it holds; it reaches what lies under this unit.
    pub unit: Uuid,
    /// The role.
    pub role: Role,
    /// When it ends; an evaluator's must have an end, within two years.
    pub until: Option<Instant>,
}

/// A role.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Role {
    /// Lives there: raises, supports, votes, rates.
    Resident,
    /// Runs topics, meetings, ballots and resolutions (議事協調員).
    Coordinator,
    /// Deliberates (議事會).
    CouncilMember,
    /// Watches over procedure and execution (監督委員會).
    Supervisor,
    /// Carries resolutions out for a department.
    Officer,
    /// Runs the tenant: members, roles, rules.
    Administrator,
    /// Evaluates from outside, for a time: sees what staff sees, and files a signed report (第三方评估).
    Evaluator,
}

/// What was created.
#[derive(Debug, Object)]
pub struct CreatedIds {
    /// The identifiers, in the order in which the things were given.
    pub ids: Vec<Uuid>,
}

/// The answer to a creation.
#[derive(ApiResponse)]
pub enum Created {
    /// Created.
    #[oai(status = 201)]
    Ids(Json<CreatedIds>),
}

#[OpenApi(tag = "Tag::Tenant")]
impl MembersApi {
    /// Adds members.
    #[oai(path = "/v1/:tenant/members", method = "post", operation_id = "create_members")]
    async fn create_members(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<MemberList>,
    ) -> Result<Created, Problem> {
        let list = body.0.members.into_iter().map(NewMember::from).collect();
        let ids = session.once(&session.app, memberships::create_members(&session.app, &session, list)).await?;
        Ok(Created::many(ids.into_iter().map(MemberId::uuid)))
    }

    /// Gives a member a role at a unit.
    #[oai(path = "/v1/:tenant/grants", method = "post", operation_id = "create_grant")]
    async fn create_grant(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<GrantInput>,
    ) -> Result<Created, Problem> {
        let GrantInput { member, unit, role, until } = body.0;
        let app = &session.app;
        let give =
            memberships::create_grant(app, &session, MemberId(member), UnitId(unit), role.into(), until.map(|it| it.0));
        let id = session.once(app, give).await?;
        Ok(Created::one(id.uuid()))
    }
}

impl Created {
    /// One thing was created.
    pub fn one(id: Uuid) -> Self {
        Self::many([id])
    }

    /// Several things were created.
    pub fn many(ids: impl IntoIterator<Item = Uuid>) -> Self {
        Self::Ids(Json(CreatedIds { ids: ids.into_iter().collect() }))
    }
}

impl From<MemberInput> for NewMember {
    fn from(it: MemberInput) -> Self {
        let reached = Reached { email: it.email, phone: it.phone };
        Self { name: it.name, unit: UnitId(it.unit), born_on: it.born_on, reached }
    }
}

impl From<Role> for access::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Resident => Self::Resident,
            Role::Coordinator => Self::Coordinator,
            Role::CouncilMember => Self::CouncilMember,
            Role::Supervisor => Self::Supervisor,
            Role::Officer => Self::Officer,
            Role::Administrator => Self::Administrator,
            Role::Evaluator => Self::Evaluator,
        }
    }
}

impl Example for MemberList {
    fn example() -> Self {
        Self {
            members: vec![MemberInput {
                name: "李强".into(), unit: EXAMPLE, born_on: None, email: None, phone: None
            }],
        }
    }
}

impl Example for GrantInput {
    fn example() -> Self {
        Self { member: EXAMPLE, unit: EXAMPLE, role: Role::Coordinator, until: None }
    }
}
