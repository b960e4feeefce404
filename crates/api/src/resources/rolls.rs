//! The roll of a ballot as it is sent: voting units, those that leave, and from where it is drawn.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BallotId, MemberId, UnitId, ballots as domain};
use yishi_service::{
    registers::Draw,
    rolls::{self, Removal, RollChange},
};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag},
    sessions::Session,
};

/// The operations on rolls.
pub struct RollsApi;

/// A voting unit: a person, a household, or an exclusive part of a building.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct VotingUnit {
    /// Its name, unique in the roll, such as `3-2-201`.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub voting_unit: String,
    /// How many heads it counts; one unless given.
    #[oai(skip_serializing_if_is_none)]
    pub heads: Option<u32>,
    /// Its exclusive floor area in hundredths of a square metre.
    #[oai(skip_serializing_if_is_none)]
    pub floor_area: Option<u64>,
    /// The members who may act for it; nobody where it votes on paper.
    #[oai(default)]
    pub agents: Vec<Uuid>,
}

/// From where a roll is drawn: whoever is registered in the capacity of the electorate.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RollDraw {
    /// The unit, with whatever lies under it; the topic's unless given.
    #[oai(skip_serializing_if_is_none)]
    pub unit: Option<Uuid>,
    /// Whoever is younger on the day of the announcement is left out; 18 for villagers and residents by their laws.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "120")))]
    pub minimum_age: Option<u8>,
}

/// A voting unit that is recused (回避): its interest is at stake.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Recusal {
    /// Its name.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub voting_unit: String,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reason: String,
}

/// A voting unit that leaves a roll.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RollRemoval {
    /// Its name.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub voting_unit: String,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reason: String,
    /// Whether it leaves because its interest is at stake (回避).
    #[oai(default)]
    pub recused: bool,
}

/// What is corrected of a roll.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RollChangeInput {
    /// The voting units that come in.
    #[oai(default, validator(max_items = 1000))]
    pub added: Vec<VotingUnit>,
    /// Those that leave.
    #[oai(default, validator(max_items = 1000))]
    pub removed: Vec<RollRemoval>,
}

/// The answer to a correction.
#[derive(ApiResponse)]
pub enum RollChanged {
    /// Corrected; the ballot's rule stays as it was published.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Decision")]
impl RollsApi {
    /// Corrects the roll of a ballot that is announced and not open yet: all of it, or nothing. From its opening on the roll is frozen.
    #[oai(path = "/v1/:tenant/ballots/:ballot/roll-changes", method = "post", operation_id = "change_roll")]
    async fn change_roll(
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
        body: Json<RollChangeInput>,
    ) -> Result<RollChanged, Problem> {
        let RollChangeInput { added, removed } = body.0;
        let removal = |RollRemoval { voting_unit, reason, recused }| Removal { voting_unit, reason, recused };
        let change = RollChange {
            added: added.into_iter().map(domain::VotingUnit::from).collect(),
            removed: removed.into_iter().map(removal).collect(),
        };
        let app = &session.app;
        session.once(app, rolls::change(app, &session, BallotId(*ballot), change)).await?;
        Ok(RollChanged::Done)
    }
}

impl From<VotingUnit> for domain::VotingUnit {
    fn from(it: VotingUnit) -> Self {
        Self {
            name: it.voting_unit,
            heads: it.heads.unwrap_or(1).into(),
            floor_area: it.floor_area,
            agents: it.agents.into_iter().map(MemberId).collect(),
        }
    }
}

impl From<RollDraw> for Draw {
    fn from(RollDraw { unit, minimum_age }: RollDraw) -> Self {
        Self { unit: unit.map(UnitId), minimum_age }
    }
}

impl From<Recusal> for Removal {
    fn from(Recusal { voting_unit, reason }: Recusal) -> Self {
        Self { voting_unit, reason, recused: true }
    }
}

impl Example for RollChangeInput {
    fn example() -> Self {
        let unit =
            VotingUnit { voting_unit: "3-2-203".into(), heads: None, floor_area: Some(8_950), agents: vec![EXAMPLE] };
        let removal =
            RollRemoval { voting_unit: "3-2-201".into(), reason: "本人承包该工程。".into(), recused: true };
        Self { added: vec![unit], removed: vec![removal] }
    }
}
