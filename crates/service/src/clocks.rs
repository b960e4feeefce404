//! Moving a sandbox's clock: what falls due on the way happens in order, each at its own instant, before the answer.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use yishi_domain::{Refusal, RefusalKind, access::Role};
use yishi_store::tenants;

use crate::{App, events::event, failures::Failure, sessions::Session, timers};

/// Moves a sandbox's clock forward by hours; tells what it shows then.
pub async fn advance(app: &App, session: &Session, hours: u32) -> Result<DateTime<Utc>, Failure> {
    if hours == 0 || hours > 24 * 40 {
        return Err(Refusal::invalid("clock.bad_step", "hours", "move the clock by 1 to 960 hours at once").into());
    }
    let (ctx, tenant) = (&session.ctx, session.tenant()?);
    if tenant.mode != "sandbox" {
        let why = "a production tenant's clock is the wall clock";
        return Err(Refusal::conflict("clock.production", why).with_fix("try it out in a sandbox tenant").into());
    }
    session.require_role(Role::Administrator, &format!("{}/", tenant.code))?;
    let by = ctx.now + Duration::hours(hours.into());
    timers::fire_due(app, tenant, by, usize::MAX, |timer| timer.due_at).await?;
    let mut tx = app.db.write(ctx).await?;
    let Some(ahead) = tenants::advance(&mut tx, i64::from(hours) * 3_600_000).await? else {
        return Err(Refusal::new(RefusalKind::Conflict, "clock.production", "the tenant is no sandbox").into());
    };
    let shown = ctx.wall + Duration::milliseconds(ahead);
    let body = json!({"hours": hours, "shows": shown.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)});
    let advanced = event(ctx, "clock.advanced", tenant.id.uuid(), body);
    Ok(tx.commit([advanced], shown).await?)
}
