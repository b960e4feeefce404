//! Feedback (反饋評價): residents rate what was carried out; what does not satisfy is deliberated again once, and then put to the supervisors.

use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    Ctx, MemberId, Refusal, ResolutionId, access::Role, channels::RatingChannel, escalation::CaseKind,
    resolutions::satisfaction_per_mille, timers::TimerKind, workflow::Stage,
};
use yishi_store::{
    feedback::{self, LookBack},
    members, notices, resolutions, settings, timers,
    timers::Timer,
};

use crate::{
    App,
    cases::{Stepped, require_text},
    closing,
    escalating::{self, Asked},
    events::{commit_to, event},
    execution,
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::feedback as stored;

/// A rating to give.
#[derive(Clone, Debug)]
pub struct Rating {
    /// From 0 to 100.
    pub score: u8,
    /// Why.
    pub words: Option<String>,
    /// How it came in.
    pub channel: RatingChannel,
    /// Whose it is, where a coordinator enters it.
    pub member: Option<MemberId>,
}

/// Rates a resolution that was carried out, once a person; what came on paper or by telephone a coordinator enters.
pub async fn rate(app: &App, session: &Session, id: ResolutionId, new: Rating) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    if new.score > 100 {
        return Err(Refusal::invalid("rating.bad_score", "score", "a score lies between 0 and 100").into());
    }
    if let Some(words) = &new.words {
        require_text("rating.bad_words", "words", words, 2_000)?;
    }
    let mut tx = app.db.write(ctx).await?;
    let (topic, resolution) = execution::lock_with_topic(&mut tx, id).await?;
    let (rater, entered_by) = match (new.channel, new.member) {
        (RatingChannel::Online, None) => {
            session.require_role(Role::Resident, &topic.path)?;
            (me, None)
        }
        (RatingChannel::Online, Some(_)) => {
            let text = "online everybody rates for themselves";
            return Err(Refusal::invalid("rating.not_yours", "member", text).into());
        }
        (_, None) => return Err(Refusal::invalid("rating.whose", "member", "say whose rating it is").into()),
        (_, Some(member)) => {
            session.require_role(Role::Coordinator, &topic.path)?;
            let found = members::find(&mut tx, member).await?;
            found.ok_or_else(|| Refusal::invalid("member.unknown", "member", "there is no such member"))?;
            (member, Some(me))
        }
    };
    if topic.stage != Stage::Done || resolution.surveyed_at.is_some() {
        return Err(Refusal::conflict("survey.not_open", format!("the topic is {}", topic.stage)).into());
    }
    let (score, words) = (new.score, new.words.as_deref());
    // The score is whose it is, so it is only committed to; the survey's result is public.
    let rated = event(ctx, "resolution.rated", topic.id.uuid(), json!({"resolution": id, "channel": new.channel}));
    let rated = commit_to(ctx, rated, "rating", json!({"member": rater, "score": score, "words": words}));
    let entered = (new.channel, entered_by);
    if !resolutions::rate(&mut tx, id, rater, (score, words), entered, (rated.id, ctx.now)).await? {
        return Err(Refusal::conflict("rating.given", "this was rated already, and each rates once").into());
    }
    Ok(tx.commit([rated], ()).await?)
}

/// Closes a survey whose time has come: a satisfying result closes the case; another is put to the rules, and the second time to the supervisors.
pub(crate) async fn close_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ResolutionId(timer.subject);
    let mut tx = app.db.read(ctx).await?;
    let resolution = resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    let (sum, number) = resolutions::scores(&mut tx, id).await?;
    let earlier = resolutions::escalations(&mut tx, resolution.topic).await?;
    let floor = settings::get(&mut tx).await?.satisfaction_floor_per_mille;
    drop(tx);
    let mean = satisfaction_per_mille(sum, number);
    let unsatisfied = mean.is_some_and(|it| it < floor);
    let again = earlier.iter().any(|it| it.asked.kind == CaseKind::Unsatisfied);
    let asked = match unsatisfied && !again {
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
    let body = json!({
        "resolution": id, "ratings": number, "sum": sum, "satisfaction_per_mille": mean, "floor_per_mille": floor,
    });
    let surveyed = event(ctx, "survey.closed", topic.id.uuid(), body);
    let mut others = match asked {
        Some(Asked { case, answered }) => {
            escalating::apply(ctx, &mut tx, &mut topic, Some(&mut resolution), case, answered).await?
        }
        None => Vec::new(),
    };
    if unsatisfied && again {
        feedback::refer(&mut tx, id, ctx.now).await?;
        let facts = json!({"resolution": id, "satisfaction_per_mille": mean});
        let referred = event(ctx, "case.referred", topic.id.uuid(), facts.clone());
        let kind = referred.kind;
        notices::tell(&mut tx, Role::Supervisor, || ctx.new_id(), kind, referred.id, &facts, ctx.now).await?;
        others.push(referred);
    } else if topic.stage == Stage::Done {
        others.extend(closing::close_or_wait(ctx, &mut tx, &mut topic, &resolution).await?);
    }
    Ok(tx.commit_with(surveyed, others, ()).await?)
}

/// Closes a case that was put to the supervisors, with what they conclude.
pub async fn conclude(app: &App, session: &Session, id: ResolutionId, text: String) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    require_text("resolution.no_conclusion", "text", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, _) = execution::lock_with_topic(&mut tx, id).await?;
    session.require_reach(&topic.path)?;
    closing::require_nothing_open(&mut tx, &topic).await?;
    if !feedback::conclude(&mut tx, id, &text).await? {
        let text = "only what was put to the supervisors is concluded, and once";
        return Err(Refusal::conflict("resolution.not_referred", text).into());
    }
    let concluded =
        commit_to(ctx, event(ctx, "case.concluded", topic.id.uuid(), json!({"resolution": id})), "text", text);
    let closed = closing::close(ctx, &mut tx, &mut topic, id).await?;
    Ok(tx.commit([concluded, closed], Stepped::of(&topic)).await?)
}

/// A finished matter should be visited again: the supervisors are told.
pub(crate) async fn look_back_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ResolutionId(timer.subject);
    let mut tx = app.db.write(ctx).await?;
    let (topic, _) = execution::lock_with_topic(&mut tx, id).await?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let facts = json!({"resolution": id});
    let due = event(ctx, "look_back.due", topic.id.uuid(), facts.clone());
    notices::tell(&mut tx, Role::Supervisor, || ctx.new_id(), due.kind, due.id, &facts, ctx.now).await?;
    Ok(tx.commit([due], ()).await?)
}

/// Looks back (回頭看) at what was finished; where it has not lasted, it is looked at again. A case that waits for it is closed once it has.
pub async fn look_back(
    app: &App,
    session: &Session,
    id: ResolutionId,
    lasting: bool,
    text: String,
) -> Result<Uuid, Failure> {
    let (ctx, member) = (&session.ctx, session.member()?);
    require_text("look_back.bad_text", "text", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, resolution) = execution::lock_with_topic(&mut tx, id).await?;
    session.require_reach(&topic.path)?;
    let waits = topic.stage == Stage::Done
        && resolution.surveyed_at.is_some()
        && settings::get(&mut tx).await?.closing_needs_look_back;
    if topic.stage != Stage::Closed && !waits {
        let text = format!("a matter is looked back at once it is closed; this one is {}", topic.stage);
        return Err(Refusal::conflict("look_back.not_closed", text).into());
    }
    let seen = LookBack { id: ctx.new_id(), member, lasting, text, looked_at: ctx.now };
    feedback::look_back(&mut tx, id, &seen).await?;
    timers::cancel(&mut tx, TimerKind::LookBackDue, id.uuid()).await?;
    if !lasting {
        closing::set_look_back(ctx, &mut tx, id).await?;
    }
    let closed = closing::go_on(ctx, &mut tx, &mut topic).await?;
    let body = json!({"resolution": id, "lasting": lasting});
    let looked = commit_to(ctx, event(ctx, "look_back.recorded", topic.id.uuid(), body), "text", seen.text.as_str());
    if !lasting {
        let facts = json!({"resolution": id, "lasting": false});
        notices::tell(&mut tx, Role::Supervisor, || ctx.new_id(), looked.kind, looked.id, &facts, ctx.now).await?;
    }
    Ok(tx.commit_with(looked, closed.into_iter().collect(), seen.id).await?)
}

/// Lists the looks back at a resolution.
pub async fn look_backs(app: &App, session: &Session, id: ResolutionId) -> Result<Vec<LookBack>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    Ok(feedback::look_backs(&mut tx, id).await?)
}
