//! The public board: pages for people, without an account and without scripts.
//!
//! What a page shows comes in plain structs, so that rendering needs neither a database nor a request. Pages are in Chinese, in large type,
//! with landmarks, headings and table heads for those who listen to them.

pub(crate) mod labels;
mod pages;

use std::sync::Arc;

use chrono::DateTime;
use poem::{
    Response, handler,
    http::{StatusCode, header},
    web::{Data, Path},
};
use yishi_domain::{RefusalKind, StoredEvent};
use yishi_service::{
    App, directory,
    failures::Failure,
    sessions::{self, Access, Session},
    topics::{self, stored},
};

use crate::{problems::Problem, requests};

pub(crate) use pages::page;
pub use pages::{Front, Happening, Listed, Record, front, not_found};

/// How many of the latest topics and of the latest events the first page shows.
const LATEST: u16 = 20;

/// Nothing but the page's own style is loaded or run.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The first page of a tenant's board.
#[handler]
pub(crate) async fn get_board(app: Data<&Arc<App>>, tenant: Path<String>) -> Result<Response, Problem> {
    requests::note("get_board", Some(&tenant));
    match load(&app, &tenant).await {
        Ok(shown) => Ok(html(StatusCode::OK, front(&shown).into_string())),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::NotFound => {
            Ok(html(StatusCode::NOT_FOUND, not_found().into_string()))
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn load(app: &App, slug: &str) -> Result<Front, Failure> {
    let session = sessions::admit(app, Access::Public, None, Some(slug), requests::id(), None).await?;
    let tenant = session.tenant()?;
    let zone = tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let record = match directory::checkpoint(app, &session).await {
        Ok((size, _)) => Some(Record { size }),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let topics = topics::latest(app, &session, LATEST).await?;
    let topics = topics.into_iter().map(|topic| listed(topic, zone)).collect();
    let happenings = latest(app, &session, record.as_ref().map_or(0, |it| it.size)).await?;
    let happenings = happenings.into_iter().map(|event| happening(event, zone)).collect();
    Ok(Front {
        tenant: tenant.name.clone(),
        slug: tenant.slug.clone(),
        now: session.ctx.now.with_timezone(&zone),
        sandbox: tenant.mode == "sandbox",
        record,
        topics,
        happenings,
    })
}

/// The latest events, the newest first.
async fn latest(app: &App, session: &Session, size: u64) -> Result<Vec<StoredEvent>, Failure> {
    let from = size.saturating_sub(LATEST.into());
    let mut events = directory::list_events(app, session, from, LATEST).await?;
    events.reverse();
    Ok(events)
}

fn listed(topic: stored::Topic, zone: chrono_tz::Tz) -> Listed {
    Listed {
        title: topic.title,
        stage: labels::of_stage(topic.stage),
        since: topic.stage_since.with_timezone(&zone),
        late: topic.marked_at.is_some(),
    }
}

fn happening(event: StoredEvent, zone: chrono_tz::Tz) -> Happening {
    let at: DateTime<chrono_tz::Tz> = event.at.with_timezone(&zone);
    Happening {
        position: event.position.unwrap_or_default(),
        label: labels::of_event(&event.kind),
        kind: event.kind,
        at,
    }
}

fn html(status: StatusCode, page: String) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(page)
}
