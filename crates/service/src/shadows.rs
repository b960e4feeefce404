//! Shadows: a rule set runs beside the one in force, its answers are recorded and compared, and nothing else comes of them.

use serde_json::{Value, json};
use yishi_domain::{
    Ctx, Digest, Refusal, ShadowId,
    trials::{Compared, Comparison},
    voting::{Outcome, Tally},
};
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
    Rule,
    /// The verdict on a ballot that was just decided.
    Verdict(Decided<'a>),
}

/// Asks the shadow for the rule of a ballot that was just opened.
pub(crate) async fn watch_rule(app: &App, ctx: &Ctx, ballot: &Ballot) {
    watch(app, ctx, ballot, Question::Rule).await;
}

/// Asks the shadow for the verdict on a ballot that was just decided.
pub(crate) async fn watch_verdict(app: &App, ctx: &Ctx, ballot: &Ballot, tally: &Tally, outcome: Outcome) {
    let decided = Decided { subject: &ballot.subject, rule: &ballot.rule, tally, outcome };
    watch(app, ctx, ballot, Question::Verdict(decided)).await;
}

/// Asks the shadow, if one runs, and records how its answer stands. Whatever fails here is logged and harms nothing.
async fn watch(app: &App, ctx: &Ctx, ballot: &Ballot, question: Question<'_>) {
    if let Err(failure) = answer(app, &ctx.without_key(), ballot, question).await {
        tracing::warn!(error = &failure as &dyn std::error::Error, ballot = %ballot.id, "the shadow was not watched");
    }
}

async fn answer(app: &App, ctx: &Ctx, ballot: &Ballot, question: Question<'_>) -> Result<(), Failure> {
    let shadow = trials::shadow(&mut app.db.read(ctx).await?).await?;
    let Some(shadow) = shadow else { return Ok(()) };
    let rules = Rules::candidate(app, ctx, &shadow.digest, &shadow.configuration).await?;
    let (function, compared) = match question {
        Question::Rule => ("rule", try_rule(app, &rules, &ballot.subject, &ballot.rule).await),
        Question::Verdict(decided) => ("verdict", try_decision(app, &rules, &decided).await),
    };
    let compared = compared.unwrap_or_else(|failure| Compared::not_comparable(failure.to_string()));
    let subject = ballot.id.uuid();
    let answer = ShadowAnswer { subject, function: function.into(), compared, at: ctx.now };
    let mut tx = app.db.write(ctx).await?;
    trials::insert_answer(&mut tx, ctx.new_id(), shadow.id, &answer).await?;
    let body = json!({"shadow": shadow.id, "function": function, "comparison": answer.compared.comparison});
    Ok(tx.commit([event(ctx, "shadow.answered", subject, body)], ()).await?)
}
