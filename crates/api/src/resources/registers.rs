//! `/v1/{tenant}/registrations`: the register from which rolls are drawn.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, RegistrationId, UnitId, registers as domain};
use yishi_service::registers::{self, NewRegistration, stored};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on the register.
pub struct RegistersApi;

wire_enum! {
    /// In which capacity somebody votes.
    Capacity = domain::Capacity {
        /// Lives there.
        Resident,
        /// Speaks for a household.
        HouseholdRepresentative,
        /// Owns an exclusive part of a building, or a share of one.
        Owner,
        /// Is a member of the party branch.
        PartyMember,
        /// Is a member of the council or committee.
        CouncilMember,
        /// Represents villagers.
        VillagerRepresentative,
        /// Represents others.
        Representative,
    }
}

/// Registrations to make.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RegistrationList {
    /// Between 1 and 1,000 registrations.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub registrations: Vec<RegistrationInput>,
}

/// A registration to make.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RegistrationInput {
    /// Who votes.
    pub member: Uuid,
    /// The unit where.
    pub unit: Uuid,
    /// In which capacity.
    pub capacity: Capacity,
    /// The voting unit: a number for a person or a household, an exclusive part of a building, such as `3-2-201`. Whoever is registered for the
    /// same one acts for it.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub voting_unit: String,
    /// The whole exclusive floor area of the part in hundredths of a square metre, of owners alone.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub floor_area: Option<u64>,
}

/// A registration that holds.
#[derive(Debug, Object)]
pub struct Registration {
    /// Its identifier.
    pub id: Uuid,
    /// Who votes.
    pub member: Uuid,
    /// The unit where.
    pub unit: Uuid,
    /// In which capacity.
    pub capacity: Capacity,
    /// The voting unit.
    pub voting_unit: String,
    /// Its floor area in hundredths of a square metre.
    #[oai(skip_serializing_if_is_none)]
    pub floor_area: Option<u64>,
    /// Since when.
    pub registered_at: Instant,
}

/// The answer to ending a registration.
#[derive(ApiResponse)]
pub enum EndedRegistration {
    /// Ended; rolls that were drawn before keep it.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Tenant")]
impl RegistersApi {
    /// Registers who may vote in which capacity: all of the list, or nothing.
    #[oai(path = "/v1/:tenant/registrations", method = "post", operation_id = "register_voters")]
    async fn register_voters(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<RegistrationList>,
    ) -> Result<Created, Problem> {
        let list = body.0.registrations.into_iter().map(NewRegistration::from).collect();
        let app = &session.app;
        let ids = session.once(app, registers::register(app, &session, list)).await?;
        Ok(Created::many(ids.into_iter().map(RegistrationId::uuid)))
    }

    /// Lists the registrations that hold at a unit and under it.
    #[oai(path = "/v1/:tenant/registrations", method = "get", operation_id = "list_registrations")]
    async fn list_registrations(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit.
        unit: Query<Uuid>,
        /// Of this capacity alone.
        capacity: Query<Option<Capacity>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many registrations at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Registration>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(RegistrationId);
        let capacity = capacity.0.map(domain::Capacity::from);
        let loaded = registers::list(&session.app, &session, UnitId(*unit), capacity, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Registration::from)))
    }

    /// Ends a registration.
    #[oai(path = "/v1/:tenant/registrations/:registration", method = "delete", operation_id = "end_registration")]
    async fn end_registration(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The registration's id.
        registration: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<EndedRegistration, Problem> {
        let app = &session.app;
        session.once(app, registers::end(app, &session, RegistrationId(*registration))).await?;
        Ok(EndedRegistration::Done)
    }
}

impl From<RegistrationInput> for NewRegistration {
    fn from(it: RegistrationInput) -> Self {
        Self {
            member: MemberId(it.member),
            unit: UnitId(it.unit),
            capacity: it.capacity.into(),
            voting_unit: it.voting_unit,
            floor_area: it.floor_area,
        }
    }
}

impl From<stored::Registration> for Registration {
    fn from(it: stored::Registration) -> Self {
        Self {
            id: it.id.uuid(),
            member: it.member.uuid(),
            unit: it.unit.uuid(),
            capacity: it.capacity.into(),
            voting_unit: it.voting_unit,
            floor_area: it.floor_area,
            registered_at: it.registered_at.into(),
        }
    }
}

impl Example for RegistrationList {
    fn example() -> Self {
        let capacity = Capacity::Owner;
        let owner = RegistrationInput {
            member: EXAMPLE,
            unit: EXAMPLE,
            capacity,
            voting_unit: "3-2-201".into(),
            floor_area: Some(8_950),
        };
        Self { registrations: vec![owner] }
    }
}
