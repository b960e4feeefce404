//! Quotas of a city: the province's operator says how much a city may keep and do in a day, and what is more is refused.
//!
//! Held are members that are added, one by one, by a list, by an import or as administrators; topics that are raised by whatever channel, so also by
//! Open311, as work orders and by imports; attachments; rule sets that are uploaded; webhooks. An import over HTTP is refused like any caller: that of an
//! archive lists what was refused, and brings it when it is run again.
//!
//! Not held is what comes after: parts that are split off a topic, support, comments, meetings, ballots with their votes, verdicts, what is carried out and
//! what a deadline drives; nothing of it takes from a quota. What is there stays when a quota is lowered, and only what is more is refused.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::json;
use yishi_domain::{
    Ctx,
    quotas::{Quota, Quotas, Standing},
};
use yishi_store::{TenantTx, WriteTx, provinces, quotas, tenants::Tenant};

use crate::{App, events::event, failures::Failure, sessions::Session};

pub(crate) use yishi_store::quotas::{hold, most};

/// The kind of the event that tells that quotas were set, in the city's record and in the platform's log.
const SET: &str = "quotas.set";

/// How the city stands with each of its quotas, in their order, for its administrators.
pub async fn standing(app: &App, session: &Session) -> Result<Vec<Standing>, Failure> {
    let mut tx = app.db.snapshot(&session.ctx).await?;
    standings(&mut tx, session.ctx.now, session.tenant()?).await
}

/// The quotas of a city as they were set, for operators.
pub async fn get(app: &App, session: &Session) -> Result<Quotas, Failure> {
    Ok(quotas::get(&mut app.db.read(&session.ctx).await?).await?)
}

/// Sets the quotas of a city, all of them: one that is absent is no limit. `fits` refuses where they are not as the caller knows them.
///
/// That they were set is told in the city's record and in the platform's log, in the transaction that sets them. Whatever is under way while a first limit is
/// set is not held by it.
pub async fn set<E: From<Failure>>(
    app: &App,
    session: &Session,
    new: Quotas,
    fits: impl FnOnce(&Quotas) -> Result<(), E>,
) -> Result<Quotas, E> {
    let ctx = &session.ctx;
    new.validate().map_err(Failure::from)?;
    let mut tx = app.db.write(ctx).await.map_err(Failure::from)?;
    fits(&quotas::get(&mut tx).await.map_err(Failure::from)?)?;
    quotas::put(&mut tx, &new).await.map_err(Failure::from)?;
    let log = json!({"tenant": session.tenant()?.slug, "quotas": new});
    provinces::note(&mut tx, ctx, SET, log).await.map_err(Failure::from)?;
    let set = event(ctx, SET, ctx.tenant.uuid(), json!({"quotas": new}));
    Ok(tx.commit([set], new).await.map_err(Failure::from)?)
}

/// How a tenant that a transaction reads stands with each quota at an instant of its clock.
pub(crate) async fn standings(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
    tenant: &Tenant,
) -> Result<Vec<Standing>, Failure> {
    let (set, day) = (quotas::get(tx).await?, day(now, tenant));
    let used = quotas::all_used(tx, &day).await?;
    Ok(used.into_iter().map(|(quota, used)| Standing { quota, most: set.of(quota), used }).collect())
}

/// Takes more of a quota, or refuses with `quota.exceeded`. Where there is a limit nobody else takes of it until the transaction ends, so that of acts at the
/// same time no more are done than fit.
pub(crate) async fn require(
    tx: &mut WriteTx,
    ctx: &Ctx,
    tenant: &Tenant,
    quota: Quota,
    more: usize,
) -> Result<(), Failure> {
    let most = hold(tx, quota).await?;
    within(tx, ctx, tenant, (quota, most), more as u64).await
}

/// Refuses what would be more than a quota allows as it is now, before anything is spent on it; [`require`] has the last word.
pub(crate) async fn foresee(
    tx: &mut TenantTx,
    ctx: &Ctx,
    tenant: &Tenant,
    quota: Quota,
    more: usize,
) -> Result<(), Failure> {
    let most = most(tx, quota).await?;
    within(tx, ctx, tenant, (quota, most), more as u64).await
}

/// Refuses where there is a limit and what is used with what is more is above it.
pub(crate) async fn within(
    tx: &mut TenantTx,
    ctx: &Ctx,
    tenant: &Tenant,
    (quota, most): (Quota, Option<u64>),
    more: u64,
) -> Result<(), Failure> {
    let Some(most) = most else { return Ok(()) };
    let used = quotas::used(tx, quota, &day(ctx.now, tenant)).await?;
    Ok(quota.require(most, used, more)?)
}

/// The day of an instant in a tenant's zone: its first instant, and the next day's.
fn day(now: DateTime<Utc>, tenant: &Tenant) -> Range<DateTime<Utc>> {
    let zone: Tz = tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let today = now.with_timezone(&zone).date_naive();
    // Where clocks are turned at midnight, the first instant that there is.
    let begins = |day: NaiveDate| {
        let midnight = day.and_time(NaiveTime::MIN);
        midnight.and_local_timezone(zone).earliest().map_or_else(|| midnight.and_utc(), |it| it.to_utc())
    };
    begins(today)..today.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, begins)
}
