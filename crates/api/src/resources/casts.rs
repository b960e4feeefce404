//! `/v1/{tenant}/ballots/{ballot}/votes/bulk`: many votes in one request, for integrators, each with an outcome of its own.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::BallotId;
use yishi_service::{casting, voting::NewVote};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, papers::VoteInput},
    sessions::{Claimant, Claimed},
};

/// The operations on many votes at once.
pub struct CastsApi;

/// Votes to cast.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct VoteList {
    /// Between 1 and 1,000 votes.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub votes: Vec<VoteInput>,
}

/// What became of the votes.
#[derive(Debug, Object)]
pub struct CastOutcomes {
    /// One a vote, in the order of the votes.
    pub outcomes: Vec<CastOutcome>,
}

/// What became of a vote: it is cast, or there is a problem.
#[derive(Debug, Object)]
pub struct CastOutcome {
    /// The voting unit.
    pub voting_unit: String,
    /// The vote's event, where it is cast and durable.
    #[oai(skip_serializing_if_is_none)]
    pub event: Option<Uuid>,
    /// Why it is not cast.
    #[oai(skip_serializing_if_is_none)]
    pub problem: Option<CastProblem>,
}

/// Why a vote is not cast, as a request of its own would have been answered.
#[derive(Debug, Object)]
pub struct CastProblem {
    /// The status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Where, within the vote.
    #[oai(skip_serializing_if_is_none)]
    pub field: Option<String>,
    /// What to do about it.
    #[oai(skip_serializing_if_is_none)]
    pub fix: Option<String>,
}

#[OpenApi(tag = "Tag::Decision")]
impl CastsApi {
    /// Casts many votes, each of a voting unit for which the caller may act: one vote, one event, one outcome.
    ///
    /// What is refused of one harms no other, and the answer is 200 whatever became of each. The same request with the same key finds the same
    /// outcomes.
    #[oai(path = "/v1/:tenant/ballots/:ballot/votes/bulk", method = "post", operation_id = "cast_votes")]
    async fn cast_votes(
        &self,
        claimant: Claimant,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<VoteList>,
    ) -> Result<Json<CastOutcomes>, Problem> {
        let Claimed { app, claim } = &*claimant;
        let mut outcomes = Vec::with_capacity(body.0.votes.len());
        let (mut places, mut list) = (Vec::new(), Vec::new());
        for (place, vote) in body.0.votes.into_iter().enumerate() {
            let (voting_unit, said, reason) = vote.parts();
            let read = said.require("choice");
            outcomes.push(CastOutcome { voting_unit: voting_unit.clone(), event: None, problem: None });
            match read {
                Ok(choice) => {
                    places.push(place);
                    list.push(NewVote { voting_unit, choice, reason });
                }
                Err(problem) => outcomes[place].problem = Some(problem.into()),
            }
        }
        let cast = casting::cast_all(app, claim, BallotId(*ballot), list).await?;
        for (place, outcome) in places.into_iter().zip(cast) {
            match outcome {
                Ok(cast) => outcomes[place].event = Some(cast.event.uuid()),
                Err(failure) => outcomes[place].problem = Some(Problem::from(failure).into()),
            }
        }
        Ok(Json(CastOutcomes { outcomes }))
    }
}

impl From<Problem> for CastProblem {
    fn from(it: Problem) -> Self {
        Self { status: it.status, code: it.code, detail: it.detail, field: it.field, fix: it.fix }
    }
}

impl Example for VoteList {
    fn example() -> Self {
        Self { votes: vec![VoteInput::example()] }
    }
}
