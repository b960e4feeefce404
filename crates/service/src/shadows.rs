//! Shadows: a rule set runs beside the one in force, its answers are recorded and compared, and nothing else comes of them.

use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{
    Ctx, Digest, Refusal, ShadowId, TopicId,
    escalation::{Answer, Case},
    fixtures,
    topics::{Scored, TopicText},
    trials::{Compared, Comparison},
    voting::{Outcome, Subject, Tally, VotingRule},
};
use yishi_policy::{Answered, PolicyFailure};
use yishi_store::{
    ballots::Ballot,
    trials::{self, Shadow, ShadowAnswer},
};

use crate::{
    App,
    events::event,
    failures::Failure,
    rule_sets::require_configured,
    rules::Rules,
    sessions::Session,
    trials::{Decided, try_decision, try_rule},
};

/// How many of the answers that differ are shown.
const SHOWN: u16 = 100;

/// A shadow with what it answered so far.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The shadow.
    pub shadow: Shadow,
    /// How many of its answers stand how beside those in force.
    pub counts: Vec<(Comparison, u64)>,
    /// The latest that are not the same.
    pub differences: Vec<ShadowAnswer>,
}

/// Lets a rule set run as a shadow from now on, in the place of one that runs already.
pub async fn begin(app: &App, session: &Session, digest: &Digest, configuration: Value) -> Result<ShadowId, Failure> {
    let ctx = &session.ctx;
    session.require_reach(&session.root()?)?;
    require_configured(app, ctx, digest, &configuration).await?;
    let shadow = Shadow { id: ctx.new_id(), digest: *digest, configuration, since: ctx.now };
    let mut tx = app.db.write(ctx).await?;
    trials::end_shadows(&mut tx, ctx.now).await?;
    trials::insert_shadow(&mut tx, &shadow).await?;
    let body = json!({"shadow": shadow.id, "component": digest, "configuration": shadow.configuration});
    Ok(tx.commit([event(ctx, "shadow.begun", ctx.tenant.uuid(), body)], shadow.id).await?)
}

/// Ends the shadow that runs.
pub async fn end(app: &App, session: &Session) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_reach(&session.root()?)?;
    let mut tx = app.db.write(ctx).await?;
    if trials::end_shadows(&mut tx, ctx.now).await? == 0 {
        return Err(Refusal::conflict("shadow.none", "no shadow runs").into());
    }
    Ok(tx.commit([event(ctx, "shadow.ended", ctx.tenant.uuid(), json!({}))], ()).await?)
}

/// The shadow that runs, with what it answered so far.
pub async fn get(app: &App, session: &Session) -> Result<Option<Watched>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let Some(shadow) = trials::shadow(&mut tx).await? else { return Ok(None) };
    let (counts, differences) = trials::answers(&mut tx, shadow.id, SHOWN).await?;
    Ok(Some(Watched { shadow, counts, differences }))
}

/// What a shadow is asked.
enum Question<'a> {
    /// The rule of a ballot that was just opened.
    Rule(&'a Subject, &'a VotingRule),
    /// The verdict on a ballot that was just decided.
    Verdict(Decided<'a>),
    /// The categories of a topic that was just raised.
    Categories(&'a TopicText, &'a [Scored]),
    /// What to do about a case.
    Case(&'a Case, &'a Answer),
}

/// Asks the shadow for the rule of a ballot that was just opened.
pub(crate) async fn watch_rule(app: &App, ctx: &Ctx, ballot: &Ballot) {
    watch(app, ctx, ballot.id.uuid(), Question::Rule(&ballot.subject, &ballot.rule)).await;
}

/// Asks the shadow for the verdict on a ballot that was just decided.
pub(crate) async fn watch_verdict(app: &App, ctx: &Ctx, ballot: &Ballot, tally: &Tally, outcome: Outcome) {
    let decided = Decided { subject: &ballot.subject, rule: &ballot.rule, tally, outcome };
    watch(app, ctx, ballot.id.uuid(), Question::Verdict(decided)).await;
}

/// Asks the shadow for the categories of a topic that was just raised.
pub(crate) async fn watch_categories(app: &App, ctx: &Ctx, topic: TopicId, text: &TopicText, given: &[Scored]) {
    watch(app, ctx, topic.uuid(), Question::Categories(text, given)).await;
}

/// Asks the shadow what to do about a topic's case.
pub(crate) async fn watch_case(app: &App, ctx: &Ctx, topic: TopicId, case: &Case, given: &Answer) {
    watch(app, ctx, topic.uuid(), Question::Case(case, given)).await;
}

/// Asks the shadow, if one runs, and records how its answer stands. Whatever fails here is logged and harms nothing.
async fn watch(app: &App, ctx: &Ctx, subject: Uuid, question: Question<'_>) {
    if let Err(failure) = answer(app, &ctx.without_key(), subject, question).await {
        tracing::warn!(error = &failure as &dyn std::error::Error, %subject, "the shadow was not watched");
    }
}

/// Compares what the candidate answers; the standard rules in its place are no answer of its own.
fn answered<T>(answer: Answered<T>, differences: impl FnOnce(&T) -> Vec<String>) -> Result<Compared, PolicyFailure> {
    match answer.fallback {
        Some(failure) if failure.is_retryable() => Err(failure),
        // Its sentence may quote a topic's text, which is kept with the topic alone.
        Some(failure) => Ok(Compared::not_comparable(format!("the candidate gives no answer: {}", failure.code()))),
        None => {
            let differences = differences(&answer.value);
            Ok(if differences.is_empty() { Compared::SAME } else { Compared::flipped(differences.join("; ")) })
        }
    }
}

async fn answer(app: &App, ctx: &Ctx, subject: Uuid, question: Question<'_>) -> Result<(), Failure> {
    let shadow = trials::shadow(&mut app.db.read(ctx).await?).await?;
    let Some(shadow) = shadow else { return Ok(()) };
    let rules = Rules::candidate(app, ctx, &shadow.digest, &shadow.configuration).await?;
    let (function, compared) = match question {
        Question::Rule(asked, rule) => ("rule", try_rule(app, &rules, asked, rule).await),
        Question::Verdict(decided) => ("verdict", try_decision(app, &rules, &decided).await),
        Question::Categories(text, given) => {
            let given: Vec<_> = given.iter().map(|it| it.category.clone()).collect();
            let scored = rules.classify(app, text).await;
            ("classify", answered(scored, |it| fixtures::differences_of_categories(&given, it)))
        }
        Question::Case(case, given) => {
            let assessed = rules.assess(app, case).await;
            ("assess", answered(assessed, |it| fixtures::differences_of_answer(given, it)))
        }
    };
    let compared = compared.unwrap_or_else(|failure| Compared::not_comparable(failure.to_string()));
    let answer = ShadowAnswer { subject, function: function.into(), compared, at: ctx.now };
    let mut tx = app.db.write(ctx).await?;
    trials::insert_answer(&mut tx, ctx.new_id(), shadow.id, &answer).await?;
    let body = json!({"shadow": shadow.id, "function": function, "comparison": answer.compared.comparison});
    Ok(tx.commit([event(ctx, "shadow.answered", subject, body)], ()).await?)
}
