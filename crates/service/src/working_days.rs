//! The working-day calendar of a city, and deadlines that are stated in working days.

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::json;
use yishi_domain::{Refusal, access::Role, working_days::MOST};
use yishi_store::{TenantTx, tenants::Tenant, working_days};

pub use yishi_store::working_days::SpecialDay;

use crate::{App, events::event, failures::Failure, sessions::Session};

/// The years that a calendar is kept of.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// The special days of a year.
pub async fn get(app: &App, session: &Session, year: i32) -> Result<Vec<SpecialDay>, Failure> {
    let (from, to) = span(year)?;
    Ok(working_days::list(&mut app.db.read(&session.ctx).await?, from, to).await?)
}

/// Keeps the special days of a year in place of those that were there; what is due already keeps its instant.
pub async fn put(app: &App, session: &Session, year: i32, days: Vec<SpecialDay>) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    let (from, to) = span(year)?;
    let mut known = std::collections::HashSet::new();
    for (i, it) in days.iter().enumerate() {
        let refuse = |field: &str, text: String| {
            Err::<(), Failure>(Refusal::invalid("working_days.bad_day", format!("days[{i}].{field}"), text).into())
        };
        if !(from..=to).contains(&it.day) {
            refuse("day", format!("it is not in {year}"))?;
        }
        if !known.insert(it.day) {
            refuse("day", "it stands there before".into())?;
        }
        if it.name.trim().is_empty() || it.name.chars().count() > 50 {
            refuse("name", "a name has 1 to 50 characters".into())?;
        }
    }
    let mut tx = app.db.write(ctx).await?;
    working_days::replace(&mut tx, (from, to), &days).await?;
    let (working, off): (Vec<_>, Vec<_>) = days.iter().partition(|it| it.working);
    let list = |days: Vec<&SpecialDay>| days.into_iter().map(|it| it.day).collect::<Vec<_>>();
    let body = json!({"year": year, "working": list(working), "off": list(off)});
    Ok(tx.commit([event(ctx, "working_days.changed", ctx.tenant.uuid(), body)], ()).await?)
}

/// When so many working days from an instant on have ended; from now on unless an instant is given.
pub async fn deadline(
    app: &App,
    session: &Session,
    from: Option<DateTime<Utc>>,
    number: u16,
) -> Result<DateTime<Utc>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    after(&mut tx, session.tenant()?, from.unwrap_or(session.ctx.now), number, "days").await
}

/// The same inside a transaction; the field is where the number stands in the request.
pub(crate) async fn after(
    tx: &mut TenantTx,
    tenant: &Tenant,
    from: DateTime<Utc>,
    number: u16,
    field: &str,
) -> Result<DateTime<Utc>, Failure> {
    if number == 0 || number > MOST {
        return Err(Refusal::invalid("working_days.bad_number", field, format!("give 1 to {MOST} working days")).into());
    }
    let zone: Tz = tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let local = from.with_timezone(&zone).naive_local();
    let end = working_days::from(tx, local.date()).await?.after(local, number);
    let end = zone.from_local_datetime(&end).earliest().map_or_else(|| end.and_utc(), |it| it.to_utc());
    Ok(end)
}

fn span(year: i32) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let days = NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31));
    days.filter(|_| YEARS.contains(&year)).ok_or_else(|| {
        let text = format!("calendars are kept of {} to {}", YEARS.start(), YEARS.end());
        Refusal::not_found("working_days.unknown_year", text)
    })
}
