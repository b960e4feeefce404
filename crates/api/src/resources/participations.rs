//! `/v1/{tenant}/ballots/{ballot}/participation`: whether those who voted are like those who live there.

use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;
use yishi_domain::BallotId;
use yishi_service::balance;

use crate::{
    problems::Problem,
    resources::{
        Tag,
        meetings::{Imbalance, ParticipantStructure},
    },
    sessions::Session,
};

/// The operation on participation.
pub struct ParticipationsApi;

/// Who took part in a ballot.
#[derive(Debug, Object)]
pub struct Participation {
    /// Those who voted by themselves, and of whom the age is known, by age band.
    pub voted: ParticipantStructure,
    /// Who is missed among them, by the population of the topic's unit.
    pub imbalance: Imbalance,
}

#[OpenApi(tag = "Tag::Decision")]
impl ParticipationsApi {
    /// Compares those who voted with those who live there, by age band.
    #[oai(path = "/v1/:tenant/ballots/:ballot/participation", method = "get", operation_id = "get_participation")]
    async fn get_participation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
    ) -> Result<Json<Participation>, Problem> {
        let (voted, missing) = balance::of_ballot(&session.app, &session, BallotId(*ballot)).await?;
        Ok(Json(Participation { voted: voted.into(), imbalance: missing.into() }))
    }
}
