//! Reports that come by themselves: on the morning after each period its report is told of in a notice, and in a letter where its reader wants one.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::json;
use yishi_domain::{
    Ctx, Refusal, ScheduleId, UnitId,
    letters::Locale,
    reports::{Cadence, INDICATORS, MORNING, Scheduled},
    timers::TimerKind,
};
use yishi_store::{
    WriteTx, notices, preferences, schedules,
    tenants::Tenant,
    timers::{self, Timer},
    units,
};

use crate::{App, directory::require_unit, events::event, failures::Failure, sessions::Session};

pub use yishi_store::schedules::Schedule;

/// How many reports come to a member by themselves at most.
pub const MOST: usize = 50;

/// A report to have.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    /// Which unit it tells of; the whole city unless given.
    pub unit: Option<UnitId>,
    /// Which report it is.
    pub report: Scheduled,
    /// How often it comes.
    pub cadence: Cadence,
    /// The indicators, of figures.
    pub indicators: Vec<String>,
}

/// Has a report come to the caller from the end of the present period on.
pub async fn begin(app: &App, session: &Session, new: NewSchedule) -> Result<ScheduleId, Failure> {
    let (ctx, me, tenant) = (&session.ctx, session.member()?, session.tenant()?);
    let NewSchedule { unit, report, cadence, indicators } = new;
    if report == Scheduled::Quarter && cadence != Cadence::Quarterly {
        let refusal = Refusal::invalid("schedule.bad_cadence", "cadence", "a quarterly report comes once a quarter");
        return Err(refusal.with_fix("give `quarterly`, or have the sheet or figures instead").into());
    }
    if report != Scheduled::Figures && !indicators.is_empty() {
        let refusal =
            Refusal::invalid("schedule.bad_indicators", "indicators", "this report has indicators of its own");
        return Err(refusal.with_fix("leave `indicators` out, or have `figures`").into());
    }
    for (i, id) in indicators.iter().enumerate() {
        if !INDICATORS.iter().any(|it| it.id == id) {
            let text = format!("there is no indicator `{id}`");
            let refusal = Refusal::invalid("report.unknown_indicator", format!("indicators[{i}]"), text);
            return Err(refusal.with_fix("name indicators of GET indicators").into());
        }
    }
    let mut tx = app.db.write(ctx).await?;
    let unit = match unit {
        Some(unit) => require_unit(&mut tx, unit, "unit").await?.id,
        None => units::find_by_code(&mut tx, &tenant.code).await?.ok_or_else(unknown)?.id,
    };
    if schedules::of_member(&mut tx, me).await?.len() >= MOST {
        let refusal = Refusal::conflict("schedule.too_many", format!("{MOST} reports come to you already"));
        return Err(refusal.with_fix("end one of them first").into());
    }
    let id: ScheduleId = ctx.new_id();
    let begun = Schedule { id, member: me, unit, report, cadence, indicators, begun_at: ctx.now };
    schedules::insert(&mut tx, &begun).await?;
    let today = ctx.now.with_timezone(&zone(tenant)).date_naive();
    set_timer(ctx, &mut tx, id, cadence.next(today), zone(tenant)).await?;
    // What somebody reads is theirs alone, so the record says only that something will come.
    Ok(tx.commit([event(ctx, "schedule.begun", id.uuid(), json!({"cadence": cadence}))], id).await?)
}

/// Lists what comes to the caller by itself.
pub async fn list(app: &App, session: &Session) -> Result<Vec<Schedule>, Failure> {
    Ok(schedules::of_member(&mut app.db.read(&session.ctx).await?, session.member()?).await?)
}

/// Has a report come to the caller no more.
pub async fn end(app: &App, session: &Session, id: ScheduleId) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    if !schedules::remove(&mut tx, me, id).await? {
        return Err(unknown().into());
    }
    timers::cancel(&mut tx, TimerKind::ReportDue, id.uuid()).await?;
    Ok(tx.commit([event(ctx, "schedule.ended", id.uuid(), json!({}))], ()).await?)
}

/// A period is over: its report is told of, and the next one is waited for.
pub(crate) async fn report_due(app: &App, tenant: &Tenant, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let it = schedules::find(&mut tx, ScheduleId(timer.subject)).await?.ok_or_else(unknown)?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let day = timer.due_at.with_timezone(&zone(tenant)).date_naive();
    let period = it.cadence.name(it.cadence.ended(day));
    let locale = preferences::of_member(&mut tx, it.member).await?.locale;
    let path = path(&tenant.slug, &it, &period, locale);
    let ready = event(ctx, "report.ready", it.id.uuid(), json!({"period": period}));
    let facts = json!({
        "schedule": it.id, "report": it.report, "unit": it.unit, "period": period, "path": path, "link": app.link(&path),
    });
    notices::leave(&mut tx, &[it.member], || ctx.new_id(), ready.kind, ready.id, &facts, ctx.now).await?;
    set_timer(ctx, &mut tx, it.id, it.cadence.next(day), zone(tenant)).await?;
    Ok(tx.commit([ready], ()).await?)
}

/// Where a report is got.
fn path(slug: &str, it: &Schedule, period: &str, locale: Locale) -> String {
    let (unit, locale) = (it.unit, locale.code());
    match it.report {
        Scheduled::Sheet => format!("/v1/{slug}/units/{unit}/sheet/file?period={period}&locale={locale}"),
        Scheduled::Quarter => format!("/v1/{slug}/reports/quarters/{period}/file?unit={unit}&locale={locale}"),
        Scheduled::Figures => {
            let indicators = match it.indicators.as_slice() {
                [] => String::new(),
                some => format!("&indicators={}", some.join(",")),
            };
            format!("/v1/{slug}/reports/file?unit={unit}&period={period}&compare=previous,siblings{indicators}")
        }
    }
}

async fn set_timer(ctx: &Ctx, tx: &mut WriteTx, id: ScheduleId, day: NaiveDate, zone: Tz) -> Result<(), Failure> {
    let timer = Timer { id: ctx.new_id(), kind: TimerKind::ReportDue, subject: id.uuid(), due_at: morning(day, zone) };
    Ok(timers::insert(tx, &timer).await?)
}

/// The morning of a day; where clocks are turned then, the first instant that there is.
fn morning(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let local = day.and_time(MORNING);
    local.and_local_timezone(zone).earliest().map_or_else(|| local.and_utc(), |it| it.to_utc())
}

fn zone(tenant: &Tenant) -> Tz {
    tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
}

fn unknown() -> Refusal {
    Refusal::not_found("schedule.unknown", "no such report comes to you")
}
