//! Feeds for everybody: the calendar of meetings, and what a city discloses (三公開: topics, meetings, results).

use chrono::Duration;
use yishi_domain::{StoredEvent, UnitId};
use yishi_store::subscriptions;
pub use yishi_store::subscriptions::Appointment;

use crate::{App, directory, failures::Failure, sessions::Session};

/// How many days a meeting stays in the calendar after it began.
const PAST_DAYS: i64 = 90;
/// How many meetings a calendar has at most, and how many entries a feed has.
const MEETINGS: u16 = 1_000;
const ENTRIES: u16 = 100;

/// The kinds of events by which a city discloses topics, meetings and results.
pub const DISCLOSED: [&str; 14] = [
    "topic.accepted",
    "topic.rejected",
    "topic.merged",
    "topic.reopened",
    "topic.closed",
    "meeting.convened",
    "minutes.adopted",
    "ballot.opened",
    "ballot.counted",
    "ballot.decided",
    "resolution.adopted",
    "resolution.assigned",
    "resolution.completed",
    "case.escalated",
];

/// The meetings of the last months and of all time to come; of a unit and what lies under it, or of the whole city.
pub async fn calendar(app: &App, session: &Session, unit: Option<UnitId>) -> Result<Vec<Appointment>, Failure> {
    let path = match unit {
        Some(id) => directory::get_unit(app, session, id).await?.path,
        None => String::new(),
    };
    Ok(subscriptions::appointments(
        &mut app.db.read(&session.ctx).await?,
        session.ctx.now - Duration::days(PAST_DAYS),
        &path,
        MEETINGS,
    )
    .await?)
}

/// The newest events that disclose something, each with the title of its topic.
pub async fn newest(app: &App, session: &Session) -> Result<Vec<(StoredEvent, Option<String>)>, Failure> {
    Ok(subscriptions::newest(&mut app.db.read(&session.ctx).await?, &DISCLOSED, ENTRIES).await?)
}
