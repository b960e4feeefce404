//! `/v1/{tenant}/sandbox/clock`: moving a sandbox's clock forward.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_service::clocks;

use crate::{instants::Instant, parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operation on a clock.
pub struct ClocksApi;

/// How far to move the clock.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ClockStep {
    /// Hours to move forward, 1 to 960.
    #[oai(validator(minimum(value = "1"), maximum(value = "960")))]
    pub hours: u32,
}

/// What the clock shows.
#[derive(Debug, Object)]
pub struct Clock {
    /// The tenant's present instant.
    pub now: Instant,
}

#[OpenApi(tag = "Tag::Tenant")]
impl ClocksApi {
    /// Moves the clock of a sandbox forward.
    ///
    /// What falls due on the way happens in order, each at its own instant, before the answer. A production tenant refuses it.
    #[oai(path = "/v1/:tenant/sandbox/clock", method = "post", operation_id = "advance_clock")]
    async fn advance_clock(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ClockStep>,
    ) -> Result<Json<Clock>, Problem> {
        let app = &session.app;
        let now = session.once(app, clocks::advance(app, &session, body.hours)).await?;
        Ok(Json(Clock { now: now.into() }))
    }
}

impl Example for ClockStep {
    fn example() -> Self {
        Self { hours: 48 }
    }
}
