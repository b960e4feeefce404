//! Opening a ballot: its roll is frozen, and its rule is published before the first vote and binds from then on.

use chrono::Duration;
use serde::Serialize;
use yishi_domain::{
    BallotId, Digest, MemberId, Refusal, TopicId,
    access::Role,
    ballots::{self as rolls, BallotState, RollTotals, VotingUnit},
    timers::TimerKind,
    voting::{ChoiceOption, Electorate, Measure, Outcome, Secrecy, Subject, Tally, VotingRule, dissents},
    workflow::{Step, after},
};
use yishi_record::{
    commitments::canonical,
    facts::{BALLOT_OPENED, BallotOpened, Eligible},
    trees,
};
use yishi_store::{
    TenantTx,
    ballots::{self, Ballot},
    members,
    timers::{self, Timer},
    votes,
};

use crate::{
    App,
    cases::{self, require_text},
    events::event,
    failures::Failure,
    registers::{self, Draw},
    rolls::{Removal, left, take_out},
    rules::Rules,
    sessions::Session,
    shadows, topics,
};

pub use yishi_store::ballots as stored;

/// A ballot to open.
#[derive(Clone, Debug)]
pub struct NewBallot {
    /// What is asked.
    pub question: String,
    /// The matter in the terms of the law, where the city's rules go by it.
    pub matter: Option<String>,
    /// Who votes.
    pub electorate: Electorate,
    /// The voting units, with who may act for each; or nobody, and it is drawn.
    pub roll: Vec<VotingUnit>,
    /// From where the roll is drawn, where it is not given.
    pub draw: Option<Draw>,
    /// Voting units that are recused.
    pub recusals: Vec<Removal>,
    /// The options to choose among; none where the ballot is on one proposal.
    pub options: Vec<NewOption>,
    /// What may be spent on them, in fen.
    pub budget: Option<u64>,
    /// The ballot of the round before, where this is another round of its decision.
    pub after: Option<BallotId>,
}

/// An option.
#[derive(Clone, Debug)]
pub struct NewOption {
    /// Its code, unique in the ballot.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What it costs, in fen.
    pub cost: Option<u64>,
}

/// How a ballot stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The ballot.
    pub ballot: Ballot,
    /// The rule set's component; none for the standard rules.
    pub component: Option<Digest>,
    /// How many voting units the roll has.
    pub voting_units: u64,
    /// How many of them have voted.
    pub voted: u64,
    /// Who wanted something else, once it is decided.
    pub dissent: Option<Dissent>,
}

/// Those who wanted something else than what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissent {
    /// How many heads they count; among options, how many papers.
    pub number: u64,
    /// Why, in the words of those who said it, the first [`MOST_REASONS`].
    pub reasons: Vec<String>,
}

/// How many reasons are told with a ballot.
pub const MOST_REASONS: usize = 1_000;

/// Opens a ballot on a topic that was deliberated. The city's rules give the rule, before anything is written.
pub async fn open(app: &App, session: &Session, id: TopicId, new: NewBallot) -> Result<BallotId, Failure> {
    let ctx = &session.ctx;
    require_text("ballot.bad_question", "question", &new.question, 500)?;
    if new.draw.is_some() != new.roll.is_empty() {
        let text = "give the roll, or say from where in the register it is drawn";
        return Err(Refusal::invalid("ballot.bad_roll", "roll", text).into());
    }
    for (i, option) in new.options.iter().enumerate() {
        require_text("ballot.bad_options", &format!("options[{i}].title"), &option.title, 200)?;
    }
    let (options, titles): (Vec<_>, Vec<_>) =
        new.options.into_iter().map(|NewOption { code, title, cost }| (ChoiceOption { code, cost }, title)).unzip();
    rolls::check_options(&options, new.budget)?;
    let mut tx = app.db.read(ctx).await?;
    let topic = cases::find(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    after(topic.stage, Step::Announce)?;
    let mut roll = match &new.draw {
        Some(draw) => registers::draw(&mut tx, session, new.electorate, &topic.path, draw).await?,
        None => new.roll,
    };
    // Found in the roll as it was sent, so that the field is that of the request.
    rolls::total(&roll)?;
    require_agents(&mut tx, &roll, "roll").await?;
    for (i, recusal) in new.recusals.iter().enumerate() {
        take_out(&mut roll, recusal, &format!("recusals[{i}]"))?;
    }
    let totals = rolls::total(&roll)?;
    let before = match new.after {
        Some(after) => Some(require_round_before(&mut tx, id, after).await?),
        None => None,
    };
    drop(tx);

    let rules = Rules::active(app, ctx).await?;
    let subject = Subject {
        category: topic.category,
        significance: topic.significance,
        matter: new.matter,
        electorate: new.electorate,
        eligible_heads: totals.heads,
        eligible_floor_area: totals.floor_area,
        options,
        budget: new.budget,
        round: before.as_ref().map_or(0, |before| before.rule.round + 1),
    };
    let (rule, rule_receipt) = rules.rule(app, &subject).await?;
    require_same_rounds(&rule, before.as_ref())?;
    require_electorate(&rule, subject.electorate)?;
    require_alike(&rule, &roll)?;
    // Where the rule set leaves ballots to the standard rules, these decide it.
    let decides = rule_receipt.is_some();
    let opens_at = ctx.now + Duration::hours(rule.notice_hours.into());
    let ballot = Ballot {
        id: ctx.new_id(),
        topic: id,
        state: BallotState::Open,
        question: new.question,
        roll_root: roll_root(&roll),
        closes_at: opens_at + Duration::hours(rule.window_hours.into()),
        opens_at,
        opened_at: ctx.now,
        activation: rules.activation().filter(|_| decides).map(|it| it.id),
        subject,
        titles,
        after: new.after,
        extended: 0,
        rule,
        rule_receipt,
        tally: None,
        dissent: None,
        verdict: None,
        verdict_receipt: None,
        reason: None,
        ended_at: None,
    };
    let opened = BallotOpened {
        ballot: ballot.id,
        topic: id,
        question: ballot.question.clone(),
        titles: ballot.titles.clone(),
        rule: ballot.rule.clone(),
        subject: ballot.subject.clone(),
        component: rules.component().filter(|_| decides),
        configuration: rules.configuration().filter(|_| decides),
        eligible: eligible(&ballot.rule, totals),
        roll_root: ballot.roll_root,
        opens_at: ballot.opens_at,
        closes_at: ballot.closes_at,
    };
    let mut tx = app.db.write(ctx).await?;
    let mut topic = cases::lock(&mut tx, id, None).await?;
    if (&topic.category, topic.significance) != (&ballot.subject.category, ballot.subject.significance) {
        return Err(Refusal::conflict("topic.changed", "the topic has changed meanwhile").with_fix("try again").into());
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Announce).await?;
    ballots::insert(&mut tx, &ballot, &roll).await?;
    let timer =
        Timer { id: ctx.new_id(), kind: TimerKind::BallotCloses, subject: ballot.id.uuid(), due_at: ballot.closes_at };
    timers::insert(&mut tx, &timer).await?;
    let opened = event(ctx, BALLOT_OPENED, id.uuid(), opened);
    let recused = new.recusals.iter().map(|it| left(ctx, &ballot, it)).collect();
    tx.commit_with(opened, recused, ballot.id).await?;
    shadows::watch_rule(app, ctx, &ballot).await;
    Ok(ballot.id)
}

/// Finds a ballot with its turnout.
pub async fn get(app: &App, session: &Session, id: BallotId) -> Result<Standing, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let ballot = ballots::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let (voting_units, voted) = ballots::turnout(&mut tx, id).await?;
    let component = match ballot.activation {
        None => None,
        Some(activation) => yishi_store::rule_sets::activation(&mut tx, activation).await?.map(|it| it.digest),
    };
    let dissent = dissent(&mut tx, &ballot).await?;
    Ok(Standing { ballot, component, voting_units, voted, dissent })
}

/// Who wanted something else than what the verdict says.
async fn dissent(tx: &mut TenantTx, ballot: &Ballot) -> Result<Option<Dissent>, Failure> {
    let (Some(verdict), Some(tally)) = (&ballot.verdict, &ballot.tally) else { return Ok(None) };
    let passed = matches!(verdict.outcome, Outcome::Passed | Outcome::NextRound);
    let other = tally.counts.iter().find(|it| it.measure == Measure::Heads);
    let other = other.map_or(0, |it| if passed { it.against } else { it.in_favour });
    let chosen = chosen(tally);
    let reasons = votes::reasons(tx, ballot.id).await?.into_iter();
    let reasons = reasons.filter(|(choice, _)| dissents(choice, passed, &chosen)).map(|(_, reason)| reason);
    Ok(Some(Dissent { number: ballot.dissent.unwrap_or(other), reasons: reasons.take(MOST_REASONS).collect() }))
}

/// The codes of the options that a tally chooses.
pub(crate) fn chosen(tally: &Tally) -> Vec<&str> {
    tally.standings.iter().filter(|it| it.chosen).map(|it| it.code.as_str()).collect()
}

/// Lists the ballots on a topic, the earliest first.
pub async fn list(app: &App, session: &Session, topic: TopicId) -> Result<Vec<BallotId>, Failure> {
    topics::get(app, session, topic).await?;
    let all = ballots::of_topic(&mut app.db.read(&session.ctx).await?, topic).await?;
    Ok(all.into_iter().map(|it| it.id).collect())
}

/// What the roll comes to, by each measure that it states; in a secret ballot nobody weighs more than others, and heads alone count.
pub(crate) fn eligible(rule: &VotingRule, totals: RollTotals) -> Vec<Eligible> {
    let area = totals.floor_area.filter(|_| rule.secrecy == Secrecy::Open);
    let area = area.map(|total| Eligible { measure: Measure::FloorArea, total });
    [Eligible { measure: Measure::Heads, total: totals.heads }].into_iter().chain(area).collect()
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("ballot.unknown", "there is no such ballot in this tenant")
}

#[derive(Serialize)]
struct RollLeaf<'a> {
    voting_unit: &'a str,
    heads: u64,
    floor_area: Option<u64>,
}

/// The root over the roll: its voting units in order of name, each as the RFC 8785 form of name, heads and floor area (RFC 6962, section 2.1).
pub(crate) fn roll_root(roll: &[VotingUnit]) -> Digest {
    let mut roll: Vec<_> = roll.iter().collect();
    roll.sort_by(|a, b| a.name.cmp(&b.name));
    let leaf = |unit: &VotingUnit| {
        let leaf = RollLeaf { voting_unit: &unit.name, heads: unit.heads, floor_area: unit.floor_area };
        trees::leaf_hash(&canonical(&serde_json::json!(leaf)))
    };
    Digest(trees::root_of(&roll.into_iter().map(leaf).collect::<Vec<_>>()))
}

/// The ballot of the round before: it led to another round of a decision on the same topic, and nothing followed it yet.
async fn require_round_before(tx: &mut TenantTx, topic: TopicId, after: BallotId) -> Result<Ballot, Failure> {
    let refuse = |text: &str| Refusal::invalid("ballot.no_round_before", "after", text);
    let all = ballots::of_topic(tx, topic).await?;
    if all.iter().any(|it| it.after == Some(after) && it.state != BallotState::Annulled) {
        return Err(refuse("another ballot follows it already").into());
    }
    let before = all.into_iter().find(|it| it.id == after);
    let before = before.ok_or_else(|| refuse("there is no such ballot on this topic"))?;
    match before.verdict.as_ref().map(|it| it.outcome) {
        Some(Outcome::NextRound) => Ok(before),
        _ => Err(refuse("its verdict does not lead to another round").into()),
    }
}

/// The rounds were published before the first vote of the first one, and stay as they are.
fn require_same_rounds(rule: &VotingRule, before: Option<&Ballot>) -> Result<(), Refusal> {
    let same = before.is_none_or(|before| before.rule.rounds == rule.rounds);
    if same && rule.round == before.map_or(0, |before| before.rule.round + 1) {
        return Ok(());
    }
    let text = "the rules name other rounds than were published with the first one";
    Err(Refusal::conflict("ballot.rounds_changed", text)
        .with_fix("go back to the rule set and configuration of the first round, or begin again with its first round"))
}

/// Each round has an electorate of its own.
fn require_electorate(rule: &VotingRule, electorate: Electorate) -> Result<(), Refusal> {
    match rule.rounds.get(rule.round as usize) {
        Some(round) if round.electorate != electorate => {
            let text = format!("the round `{}` is voted on by others", round.code);
            let fix = format!("open it for {}", serde_json::json!(round.electorate));
            Err(Refusal::invalid("ballot.wrong_electorate", "electorate", text).with_fix(fix))
        }
        _ => Ok(()),
    }
}

/// In a secret ballot a voting unit that weighs more would be known by its weight.
pub(crate) fn require_alike(rule: &VotingRule, roll: &[VotingUnit]) -> Result<(), Refusal> {
    match roll.iter().position(|unit| unit.heads != 1) {
        Some(i) if rule.secrecy == Secrecy::Secret => {
            let text = "in a secret ballot every voting unit counts one head";
            Err(Refusal::invalid("ballot.bad_roll", format!("roll[{i}].heads"), text))
        }
        _ => Ok(()),
    }
}

/// Refuses agents whom nobody knows.
pub(crate) async fn require_agents(tx: &mut TenantTx, roll: &[VotingUnit], field: &str) -> Result<(), Failure> {
    let agents: Vec<MemberId> = roll.iter().flat_map(|unit| unit.agents.iter().copied()).collect();
    let Some(unknown) = members::unknown(tx, &agents).await?.into_iter().next() else { return Ok(()) };
    let i = roll.iter().position(|unit| unit.agents.contains(&unknown)).unwrap_or_default();
    let text = format!("there is no member {unknown}");
    Err(Refusal::invalid("member.unknown", format!("{field}[{i}].agents"), text).into())
}
