//! Feedback (反饋評價): residents rate what was carried out, and an unsatisfying result is put to the rules.

use serde_json::json;
use yishi_domain::{
    Ctx, Refusal, ResolutionId,
    escalation::CaseKind,
    resolutions::{SATISFIED_PER_MILLE, satisfaction_per_mille},
    workflow::{Stage, Step},
};
use yishi_store::{resolutions, timers, timers::Timer};

use crate::{
    App, cases,
    escalating::{self, Asked},
    events::{commit_to, event},
    execution,
    failures::Failure,
    sessions::Session,
};

/// Rates a resolution that was carried out, from 0 to 100, once a resident.
pub async fn rate(
    app: &App,
    session: &Session,
    id: ResolutionId,
    score: u8,
    words: Option<String>,
) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    if score > 100 {
        return Err(Refusal::invalid("rating.bad_score", "score", "a score lies between 0 and 100").into());
    }
    if let Some(words) = &words {
        cases::require_text("rating.bad_words", "words", words, 2_000)?;
    }
    let mut tx = app.db.write(ctx).await?;
    let (topic, resolution) = execution::lock_with_topic(&mut tx, id).await?;
    session.require_reach(&topic.path)?;
    if topic.stage != Stage::Done || resolution.surveyed_at.is_some() {
        return Err(Refusal::conflict("survey.not_open", format!("the topic is {}", topic.stage)).into());
    }
    if !resolutions::rate(&mut tx, id, me, score, words.as_deref(), ctx.now).await? {
        return Err(Refusal::conflict("rating.given", "you have rated this already").into());
    }
    // The score is whose it is, so it is only committed to; the survey's result is public.
    let rated = event(ctx, "resolution.rated", topic.id.uuid(), json!({"resolution": id}));
    let rated = commit_to(ctx, rated, "rating", json!({"member": me, "score": score, "words": words}));
    Ok(tx.commit([rated], ()).await?)
}

/// Closes a survey whose time has come: a satisfying result closes the case, any other is put to the rules.
pub(crate) async fn close_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ResolutionId(timer.subject);
    let mut tx = app.db.read(ctx).await?;
    let resolution = resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    let (sum, number) = resolutions::scores(&mut tx, id).await?;
    drop(tx);
    let mean = satisfaction_per_mille(sum, number);
    let unsatisfied = mean.is_some_and(|it| it < SATISFIED_PER_MILLE);
    let asked = match unsatisfied {
        true => Some(escalating::ask(app, ctx, resolution.topic, CaseKind::Unsatisfied, 0, mean).await?),
        false => None,
    };
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = execution::lock_with_topic(&mut tx, id).await?;
    if resolutions::scores(&mut tx, id).await? != (sum, number) {
        return Err(Refusal::conflict("survey.changed", "a rating came in at the same moment").into());
    }
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    resolution.satisfaction_per_mille = mean;
    resolution.surveyed_at = Some(ctx.now);
    resolutions::save(&mut tx, &resolution).await?;
    let body = json!({"resolution": id, "ratings": number, "satisfaction_per_mille": mean});
    let surveyed = event(ctx, "survey.closed", topic.id.uuid(), body);
    let mut others = match asked {
        Some(Asked { case, answered }) => {
            escalating::apply(ctx, &mut tx, &mut topic, Some(&mut resolution), case, answered).await?
        }
        None => Vec::new(),
    };
    if topic.stage == Stage::Done {
        cases::step(ctx, &mut tx, &mut topic, Step::Close).await?;
        others.push(event(ctx, "topic.closed", topic.id.uuid(), json!({"resolution": id})));
    }
    Ok(tx.commit_with(surveyed, others, ()).await?)
}
