//! Deadlines: what is due is done, in order, once.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{Actor, Ctx, RequestId, timers::TimerKind};
use yishi_store::{
    tenants::Tenant,
    timers::{self, Timer},
};

use crate::{
    App, bodies, campaigns, counting, deadlines, escalating, events::event, failures::Failure, schedules, speeches,
    surveys,
};

/// How many timers of a tenant fire before the other tenants have their turn.
pub(crate) const TURN: usize = 20;

/// Fires what is due in a tenant by an instant, up to so many, each timer as if at the instant that `at` gives it; tells how many fired.
///
/// A timer whose act fails is left for the next time and does not hold up the others.
pub(crate) async fn fire_due(
    app: &App,
    tenant: &Tenant,
    by: DateTime<Utc>,
    most: usize,
    at: impl Fn(&Timer) -> DateTime<Utc>,
) -> Result<usize, Failure> {
    let mut last: Option<Timer> = None;
    let mut fired = 0;
    while fired < most {
        let ctx = system(app, tenant);
        let next = timers::next(&mut app.db.read(&ctx).await?, by, last.as_ref()).await?;
        let Some(timer) = next else { return Ok(fired) };
        match fire(app, tenant, &ctx.at(at(&timer)), &timer).await {
            Ok(()) => {
                fired += 1;
                tracing::event!(
                    target: "yishi_metrics",
                    tracing::Level::INFO,
                    histogram.timer.lag = (by - timer.due_at).as_seconds_f64(),
                    kind = timer.kind.code(),
                );
            }
            Err(failure) => {
                let error = &failure as &dyn std::error::Error;
                tracing::error!(error, tenant = tenant.slug, timer = %timer.id, kind = timer.kind.code(), "a timer failed");
            }
        }
        last = Some(timer);
    }
    Ok(fired)
}

async fn fire(app: &App, tenant: &Tenant, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let done = match timer.kind {
        TimerKind::ScreeningDue => escalating::screening_due(app, ctx, timer).await,
        TimerKind::BallotCloses => counting::close_due(app, ctx, timer).await,
        TimerKind::VerdictDue => counting::decide_due(app, ctx, timer).await,
        TimerKind::ExecutionDue => escalating::execution_due(app, ctx, timer).await,
        TimerKind::ExecutionWarns => deadlines::execution_warns(app, ctx, timer).await,
        TimerKind::ItemWarns => deadlines::item_warns(app, ctx, timer).await,
        TimerKind::ItemDue => deadlines::item_due(app, ctx, timer).await,
        TimerKind::CallDue => deadlines::call_due(app, ctx, timer).await,
        TimerKind::AnswerDue => deadlines::answer_due(app, ctx, timer).await,
        TimerKind::SurveyCloses => surveys::close_due(app, ctx, timer).await,
        TimerKind::LookBackDue => surveys::look_back_due(app, ctx, timer).await,
        TimerKind::CampaignEnds => campaigns::end_due(app, ctx, timer).await,
        TimerKind::BodyReminder => bodies::remind_due(app, ctx, timer).await,
        TimerKind::BodyDue => bodies::close_due(app, ctx, timer).await,
        TimerKind::SpeechEnds => speeches::end_due(app, ctx, timer).await,
        TimerKind::ReportDue => schedules::report_due(app, tenant, ctx, timer).await,
    };
    match done {
        // The thing has moved on without taking its timer away: nothing is left to do.
        Err(Failure::Refused(refusal)) if refusal.kind != yishi_domain::RefusalKind::Unavailable => {
            lapse(app, ctx, timer, refusal.code).await
        }
        other => other,
    }
}

async fn lapse(app: &App, ctx: &Ctx, timer: &Timer, code: &'static str) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    if timers::fire(&mut tx, timer.id, ctx.now).await? {
        let body = json!({"kind": timer.kind, "why": code});
        tx.commit([event(ctx, "timer.lapsed", timer.subject, body)], ()).await?;
    }
    Ok(())
}

fn system(app: &App, tenant: &Tenant) -> Ctx {
    let actor = Actor::System("timers");
    let request: RequestId = app.ctx_in(None, actor.clone(), RequestId(uuid::Uuid::nil())).new_id();
    app.ctx_in(Some(tenant), actor, request)
}
