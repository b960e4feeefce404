//! `/mail/bounces`: what the operator's mail server hands over of mail that came back. It is no operation that integrators call, so it is routed beside the
//! description.

use std::sync::Arc;

use poem::{handler, http::StatusCode, web::Data};
use yishi_service::{App, letters::bounces};

use crate::{
    problems::Problem,
    requests::{self, Sent},
};

/// Takes a report (`message/rfc822`) as it came; what it may change is what its return path proves.
#[handler]
pub(crate) async fn take_bounce(app: Data<&Arc<App>>, sent: Data<&Sent>) -> Result<StatusCode, Problem> {
    requests::note("take_bounce", None);
    bounces::take(&app, &sent.0.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
