//! `/v1/{tenant}/ballots/{ballot}/tally`: what a ballot comes to while it takes votes.

use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;
use yishi_domain::BallotId;
use yishi_service::running::{self, SoFar};

use crate::{
    problems::Problem,
    resources::{Tag, ballots::BallotState, rules::Count, selections::Standing},
    sessions::Session,
};

/// The operation on running tallies.
pub struct TalliesApi;

/// What a ballot comes to as far as the record goes.
#[derive(Debug, Object)]
pub struct RunningTally {
    /// The ballot.
    pub ballot: Uuid,
    /// Where it stands.
    pub state: BallotState,
    /// How many events the record had; a vote with a later position is not in here yet.
    pub record_size: u64,
    /// How many votes count.
    pub votes: u64,
    /// The tally, one count a measure; of a secret ballot only once it is counted.
    #[oai(skip_serializing_if_is_none)]
    pub tally: Option<Vec<Count>>,
    /// How the options would come out; of a secret ballot only once it is counted.
    #[oai(skip_serializing_if_is_none)]
    pub standings: Option<Vec<Standing>>,
}

#[OpenApi]
impl TalliesApi {
    /// Gets what a ballot comes to so far: every vote that has its position in the record, whatever its channel.
    ///
    /// It decides nothing. Of a secret ballot only the number of votes is known before the count.
    #[oai(
        path = "/v1/:tenant/ballots/:ballot/tally",
        method = "get",
        operation_id = "get_tally",
        tag = "Tag::Decision"
    )]
    async fn get_tally(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
    ) -> Result<Json<RunningTally>, Problem> {
        let so_far = running::tally(&session.app, &session, BallotId(*ballot)).await?;
        Ok(Json(RunningTally::of(*ballot, so_far)))
    }
}

impl RunningTally {
    fn of(ballot: Uuid, SoFar { state, size, votes, tally }: SoFar) -> Self {
        let (counts, standings) = tally.map(|it| (it.counts, it.standings)).unzip();
        Self {
            ballot,
            state: state.into(),
            record_size: size,
            votes,
            tally: counts.map(|it| it.into_iter().map(Count::from).collect()),
            standings: standings.filter(|it| !it.is_empty()).map(|it| it.into_iter().map(Standing::from).collect()),
        }
    }
}
