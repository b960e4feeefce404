//! `/v1/{tenant}/clock`: moving a sandbox's clock forward.

use poem_openapi::{Object, OpenApi, param::Path, payload::Json, types::Example};
use yishi_service::directory;

use crate::{instants::Instant, problems::Problem, resources::Tag, sessions::Session};

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
    /// A production tenant refuses it.
    #[oai(path = "/v1/:tenant/clock", method = "post", operation_id = "advance_clock")]
    async fn advance_clock(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        body: Json<ClockStep>,
    ) -> Result<Json<Clock>, Problem> {
        let now = directory::advance_clock(&session.app, &session, body.hours).await?;
        Ok(Json(Clock { now: now.into() }))
    }
}

impl Example for ClockStep {
    fn example() -> Self {
        Self { hours: 48 }
    }
}
