//! From the last vote to the decision: closing, counting what the record holds, and the verdict of the rules.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{
    BallotId, Ctx, Event, Refusal, RefusalKind, ResolutionId, TimerId,
    access::Role,
    ballots::BallotState,
    receipts::Receipt,
    timers::TimerKind,
    voting::{self, Condition, ConditionKind, Extension, Measure, Outcome, Secrecy, Tally, Verdict},
    workflow::Step,
};
use yishi_policy::PolicyFailure;
use yishi_record::{
    facts::{
        self, AlikePapers, BALLOT_COUNTED, BALLOT_DECIDED, BALLOT_EXTENDED, BOX_SEALED, BallotCounted, BallotDecided,
        BallotExtended, BoxSealed, VoteCast,
    },
    leaves,
};
use yishi_store::{
    WriteTx,
    ballots::{self, Ballot},
    batches, boxes, meetings,
    resolutions::{self, Resolution},
    tenants::Tenant,
    timers::{self, Timer},
    topics::Topic,
    votes,
};

use crate::{
    App, balance, ballots as opening,
    cases::{self, require_text},
    events::{commit_to, event},
    failures::Failure,
    rules::Rules,
    sequencing::catch_up,
    sessions::Session,
    shadows,
    voting::require_reach,
};

/// How long until a verdict that could not be had is asked for again: at first, and at most.
const RETRY_MINUTES: i64 = 10;
const RETRY_MINUTES_AT_MOST: i64 = 24 * 60;

/// What became of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The ballot.
    pub ballot: BallotId,
    /// Where it stands.
    pub state: BallotState,
    /// The verdict's outcome, where there is one.
    pub outcome: Option<Outcome>,
    /// The resolution that it adopted.
    pub resolution: Option<ResolutionId>,
}

/// Closes a ballot: before its time only where every voting unit has voted.
pub async fn close(app: &App, session: &Session, id: BallotId) -> Result<Ended, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let ballot = ballots::lock(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    require_reach(&mut tx, session, &ballot).await?;
    let (units, voted) = ballots::turnout(&mut tx, id).await?;
    if ctx.now <= ballot.closes_at && voted < units {
        let text = format!("it is open until {}, and {voted} of {units} voting units have voted", ballot.closes_at);
        return Err(Refusal::conflict("ballot.still_open", text).into());
    }
    if voted < units && extended(&mut tx, &ballot).await?.is_some() {
        let text = "too few have voted, and its rule gives it more time";
        return Err(Refusal::conflict("ballot.still_open", text).into());
    }
    let (ballot, closed) = end_voting(ctx, ballot)?;
    ballots::save(&mut tx, &ballot).await?;
    timers::cancel(&mut tx, TimerKind::BallotCloses, id.uuid()).await?;
    let alerts = balance::alert(ctx, &mut tx, &ballot).await?;
    let ended = Ended { ballot: id, state: ballot.state, outcome: None, resolution: None };
    Ok(tx.commit_with(closed, alerts, ended).await?)
}

/// Closes a ballot whose time has come; what is not open any more stays as it is.
pub(crate) async fn close_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let fired = timer.id;
    let mut tx = app.db.write(ctx).await?;
    let ballot = ballots::lock(&mut tx, BallotId(timer.subject)).await?.ok_or_else(opening::unknown)?;
    if let Some(ballot) = extended(&mut tx, &ballot).await? {
        ballots::save(&mut tx, &ballot).await?;
        let timer = Timer { id: ctx.new_id(), due_at: ballot.closes_at, ..*timer };
        timers::insert(&mut tx, &timer).await?;
        let extended = BallotExtended { ballot: ballot.id, closes_at: ballot.closes_at };
        let extended = event(ctx, BALLOT_EXTENDED, ballot.topic.uuid(), extended);
        if timers::fire(&mut tx, fired, ctx.now).await? {
            tx.commit([extended], ()).await?;
        }
        return Ok(());
    }
    let (ballot, closed) = end_voting(ctx, ballot)?;
    ballots::save(&mut tx, &ballot).await?;
    if timers::fire(&mut tx, timer.id, ctx.now).await? {
        let alerts = balance::alert(ctx, &mut tx, &ballot).await?;
        tx.commit_with(closed, alerts, ()).await?;
    }
    Ok(())
}

/// Counts a closed ballot, which ends the entry of paper, and asks for its verdict.
///
/// A ballot that was counted before is only asked its verdict again.
pub async fn count(app: &App, session: &Session, id: BallotId) -> Result<Ended, Failure> {
    let tenant = session.tenant()?;
    let ctx = session.ctx.without_key();
    let mut tx = app.db.write(&ctx).await?;
    let ballot = ballots::find(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    require_reach(&mut tx, session, &ballot).await?;
    drop(tx);
    if ballot.state == BallotState::Closing {
        commit_count(app, &ctx, tenant, id).await?;
    }
    decide(app, &session.ctx, id, None).await
}

/// Asks again for the verdict of a counted ballot.
pub(crate) async fn decide_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    decide(app, ctx, BallotId(timer.subject), Some(timer.id)).await.map(drop)
}

/// Ends a ballot without a verdict, for a reason.
pub async fn annul(app: &App, session: &Session, id: BallotId, reason: String) -> Result<Ended, Failure> {
    let ctx = &session.ctx;
    require_text("ballot.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut ballot) = lock_with_topic(&mut tx, id).await?;
    session.require_role(Role::Administrator, &topic.path)?;
    if matches!(ballot.state, BallotState::Decided | BallotState::Annulled) {
        return Err(Refusal::conflict("ballot.ended", format!("the ballot is {}", ballot.state)).into());
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Annul).await?;
    ballot.state = BallotState::Annulled;
    ballot.reason = Some(reason);
    ballot.ended_at = Some(ctx.now);
    ballots::save(&mut tx, &ballot).await?;
    timers::cancel(&mut tx, TimerKind::BallotCloses, id.uuid()).await?;
    timers::cancel(&mut tx, TimerKind::VerdictDue, id.uuid()).await?;
    let annulled = event(ctx, "ballot.annulled", topic.id.uuid(), json!({"ballot": id}));
    let annulled = commit_to(ctx, annulled, "reason", ballot.reason.as_deref().unwrap_or_default());
    let ended = Ended { ballot: id, state: ballot.state, outcome: None, resolution: None };
    Ok(tx.commit([annulled], ended).await?)
}

/// A ballot with more time, where too few have voted and its rule allows it.
async fn extended(tx: &mut WriteTx, ballot: &Ballot) -> Result<Option<Ballot>, Failure> {
    let Some(Extension { hours, times }) = ballot.rule.extension else { return Ok(None) };
    if ballot.state != BallotState::Open || ballot.extended >= times {
        return Ok(None);
    }
    let (heads, area) = ballots::participation(tx, ballot.id).await?;
    let all = ballots::roll_totals(tx, ballot.id).await?;
    let missed = |it: &Condition| {
        let (voted, eligible) = match it.measure {
            Measure::Heads => (heads, all.heads),
            Measure::FloorArea => (area, all.floor_area.unwrap_or(0)),
        };
        it.kind == ConditionKind::Quorum && !voting::reaches(voted, eligible, it.at_least, it.strict)
    };
    if !ballot.rule.conditions.iter().any(missed) {
        return Ok(None);
    }
    let closes_at = ballot.closes_at + Duration::hours(hours.into());
    Ok(Some(Ballot { closes_at, extended: ballot.extended + 1, ..ballot.clone() }))
}

fn end_voting(ctx: &Ctx, mut ballot: Ballot) -> Result<(Ballot, Event), Refusal> {
    if ballot.state != BallotState::Open {
        return Err(Refusal::conflict("ballot.not_open", format!("the ballot is {}", ballot.state)));
    }
    ballot.state = BallotState::Closing;
    let closed = event(ctx, "ballot.closed", ballot.topic.uuid(), json!({"ballot": ballot.id}));
    Ok((ballot, closed))
}

/// Commits to every vote and what they come to. Votes are counted from the record, once each has its position there.
async fn commit_count(app: &App, ctx: &Ctx, tenant: &Tenant, id: BallotId) -> Result<(), Failure> {
    catch_up(&app.db, ctx, &tenant.slug, &app.signing).await?;
    let mut tx = app.db.write(ctx).await?;
    let mut ballot = ballots::lock(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    if ballot.state != BallotState::Closing {
        return Ok(());
    }
    let cast = votes::events_of(&mut tx, id).await?;
    if cast.iter().any(|it| it.position.is_none()) {
        let text = "some votes do not have their place in the record yet";
        return Err(Refusal::new(RefusalKind::Unavailable, "ballot.not_recorded", text).into());
    }
    let unreadable = |error: serde_json::Error| Failure::Inconsistent(error.to_string());
    let bodies: Vec<VoteCast> =
        cast.iter().map(|it| VoteCast::deserialize(&it.body)).collect::<Result<_, _>>().map_err(unreadable)?;
    let sealed = match ballot.rule.secrecy {
        Secrecy::Open => None,
        Secrecy::Secret => Some(seal(&mut tx, id).await?),
    };
    let eligible = opening::eligible(&ballot.rule, ballots::roll_totals(&mut tx, id).await?);
    // Some procedures take seconds where there are many options and papers, which others must not wait for.
    let (rule, options) = (ballot.rule.clone(), ballot.subject.options.clone());
    let work = tokio::task::spawn_blocking(move || {
        facts::recount(&rule, &options, &eligible, &bodies, sealed.as_ref()).map(|tally| {
            let dissent = (!options.is_empty()).then(|| dissent(&tally, &bodies, sealed.as_ref()));
            (tally, dissent, sealed)
        })
    });
    let inconsistent = |error: String| Failure::Inconsistent(error);
    let counted = work.await.map_err(|error| inconsistent(error.to_string()))?;
    let (tally, dissent, sealed) = counted.map_err(|error| inconsistent(error.to_string()))?;
    let hashes: Vec<_> = cast.iter().map(|it| leaves::leaf_hash(&tenant.slug, it)).collect();
    let counted = BallotCounted {
        ballot: id,
        count: cast.len() as u64,
        votes_root: facts::votes_root(&hashes),
        tally: tally.clone(),
    };
    ballot.state = BallotState::Counted;
    ballot.tally = Some(tally);
    ballot.dissent = dissent;
    ballots::save(&mut tx, &ballot).await?;
    ballots::save_count(&mut tx, id, counted.count, &counted.votes_root).await?;
    timers::insert(&mut tx, &retry(ctx, id, Duration::minutes(RETRY_MINUTES))).await?;
    // Drawn before the count's, so that the record tells of the box first.
    let sealed = sealed.map(|sealed| event(ctx, BOX_SEALED, ballot.topic.uuid(), sealed));
    let counted = event(ctx, BALLOT_COUNTED, ballot.topic.uuid(), counted);
    match sealed {
        None => Ok(tx.commit([counted], ()).await?),
        Some(sealed) => Ok(tx.commit([sealed, counted], ()).await?),
    }
}

/// How many papers wanted none of the options that were chosen.
fn dissent(tally: &Tally, votes: &[VoteCast], sealed: Option<&BoxSealed>) -> u64 {
    let chosen = opening::chosen(tally);
    let alike = sealed.map(|it| it.papers.iter().map(|it| (&it.choice, it.number))).into_iter().flatten();
    let votes = votes.iter().filter_map(|it| Some((it.choice.as_ref()?, 1)));
    alike.chain(votes).filter(|(choice, _)| voting::dissents(choice, true, &chosen)).map(|(_, number)| number).sum()
}

/// Empties the box of a secret ballot: from then on it is known how many papers say what, and nothing of the single ones.
async fn seal(tx: &mut WriteTx, id: BallotId) -> Result<BoxSealed, Failure> {
    batches::forget_contents(tx, id).await?;
    let papers = boxes::empty(tx, id).await?.into_iter();
    Ok(BoxSealed { ballot: id, papers: papers.map(|(choice, number)| AlikePapers { choice, number }).collect() })
}

/// Asks the rules that the ballot was opened under, and acts on their verdict. No other rules ever decide it.
async fn decide(app: &App, ctx: &Ctx, id: BallotId, timer: Option<TimerId>) -> Result<Ended, Failure> {
    let asked = ballots::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(opening::unknown)?;
    let (BallotState::Counted | BallotState::AwaitingVerdict, Some(tally)) = (asked.state, &asked.tally) else {
        return Err(Refusal::conflict("ballot.not_counted", format!("the ballot is {}", asked.state)).into());
    };
    let rules = Rules::of_ballot(app, ctx, &asked).await?;
    let verdict = rules.verdict(app, &asked.rule, tally).await;
    let mut tx = app.db.write(ctx).await?;
    let (topic, ballot) = lock_with_topic(&mut tx, id).await?;
    if !matches!(ballot.state, BallotState::Counted | BallotState::AwaitingVerdict) {
        return Err(Refusal::conflict("ballot.ended", format!("the ballot is {}", ballot.state)).into());
    }
    match timer {
        Some(timer) if !timers::fire(&mut tx, timer, ctx.now).await? => {
            return Err(Refusal::conflict("timer.fired", "this was done a moment ago").into());
        }
        _ => timers::cancel(&mut tx, TimerKind::VerdictDue, id.uuid()).await?,
    }
    match verdict {
        Ok((verdict, receipt)) => {
            let outcome = verdict.outcome;
            let ended = save_verdict(ctx, tx, topic, ballot, verdict, receipt).await?;
            shadows::watch_verdict(app, ctx, &asked, tally, outcome).await;
            Ok(ended)
        }
        Err(failure) => save_failure(ctx, tx, ballot, &failure).await,
    }
}

async fn save_verdict(
    ctx: &Ctx,
    mut tx: WriteTx,
    mut topic: Topic,
    mut ballot: Ballot,
    verdict: Verdict,
    receipt: Option<Receipt>,
) -> Result<Ended, Failure> {
    let id = ballot.id;
    let outcome = verdict.outcome;
    let passed = outcome == Outcome::Passed;
    let step = match outcome {
        Outcome::Passed => Step::Pass,
        Outcome::NextRound => Step::Advance,
        Outcome::Failed | Outcome::NoQuorum => Step::Fail,
    };
    cases::step(ctx, &mut tx, &mut topic, step).await?;
    ballot.state = BallotState::Decided;
    ballot.reason = None;
    ballot.ended_at = Some(ctx.now);
    ballot.verdict = Some(verdict.clone());
    ballot.verdict_receipt = receipt.clone();
    ballots::save(&mut tx, &ballot).await?;
    let decided = BallotDecided { ballot: id, outcome, verdict, receipt };
    let decided = event(ctx, BALLOT_DECIDED, topic.id.uuid(), decided);
    let ended = |resolution| Ended { ballot: id, state: BallotState::Decided, outcome: Some(outcome), resolution };
    if !passed {
        return Ok(tx.commit([decided], ended(None)).await?);
    }
    let deliberation = meetings::last_adopted(&mut tx, topic.id).await?;
    let deliberation = deliberation.and_then(|it| Some((it.id, it.minutes?.adopted?.commitment)));
    let resolution = Resolution { deliberation, ..adopted(ctx, &topic, &ballot) };
    resolutions::insert(&mut tx, &resolution).await?;
    let body = json!({
        "resolution": resolution.id, "ballot": id,
        "meeting": deliberation.map(|(meeting, _)| meeting), "minutes": deliberation.map(|(_, minutes)| minutes),
    });
    let adopted = event(ctx, "resolution.adopted", topic.id.uuid(), body);
    Ok(tx.commit([decided, adopted], ended(Some(resolution.id))).await?)
}

fn adopted(ctx: &Ctx, topic: &Topic, ballot: &Ballot) -> Resolution {
    Resolution {
        id: ctx.new_id(),
        topic: topic.id,
        ballot: ballot.id,
        deliberation: None,
        adopted_at: ctx.now,
        published_until: Some(ctx.now + Duration::hours(ballot.rule.publication_hours.into())),
        set_aside_at: None,
        lists: None,
        due_at: None,
        assigned_at: None,
        completed_at: None,
        evidence: None,
        survey_closes_at: None,
        satisfaction_per_mille: None,
        surveyed_at: None,
    }
}

/// The tally stays published, and the rules are asked again later.
async fn save_failure(
    ctx: &Ctx,
    mut tx: WriteTx,
    mut ballot: Ballot,
    failure: &PolicyFailure,
) -> Result<Ended, Failure> {
    tracing::warn!(ballot = %ballot.id, code = failure.code(), "the rules gave no verdict; they are asked again");
    ballot.state = BallotState::AwaitingVerdict;
    ballot.reason = Some(failure.code().into());
    ballots::save(&mut tx, &ballot).await?;
    // As long again as it was waited for already: a rule set that does not recover is asked ever less often.
    let first = timers::first_due(&mut tx, TimerKind::VerdictDue, ballot.id.uuid()).await?;
    let waited = first.map_or(Duration::zero(), |first| ctx.now - first);
    let wait = waited.clamp(Duration::minutes(RETRY_MINUTES), Duration::minutes(RETRY_MINUTES_AT_MOST));
    timers::insert(&mut tx, &retry(ctx, ballot.id, wait)).await?;
    let body = json!({"ballot": ballot.id, "cause": failure.code()});
    let failed = event(ctx, "verdict.failed", ballot.topic.uuid(), body);
    let ended = Ended { ballot: ballot.id, state: ballot.state, outcome: None, resolution: None };
    Ok(tx.commit([failed], ended).await?)
}

fn retry(ctx: &Ctx, id: BallotId, wait: Duration) -> Timer {
    Timer { id: ctx.new_id(), kind: TimerKind::VerdictDue, subject: id.uuid(), due_at: ctx.now + wait }
}

/// Locks a ballot after its topic, always in this order.
async fn lock_with_topic(tx: &mut WriteTx, id: BallotId) -> Result<(Topic, Ballot), Failure> {
    let known = ballots::find(tx, id).await?.ok_or_else(opening::unknown)?;
    let topic = cases::lock(tx, known.topic, None).await?;
    let ballot = ballots::lock(tx, id).await?.ok_or_else(opening::unknown)?;
    Ok((topic, ballot))
}
