//! Votes in one tally, whatever the channel: one a voting unit, and each an event of the record.

use serde::{Deserialize, Serialize};
use yishi_domain::{
    BallotId, Ctx, Event, EventId, MemberId, Refusal, RefusalKind,
    access::Role,
    ballots::{BallotState, VotingUnit},
    voting::{Choice, Secrecy, admit},
};
use yishi_record::facts::{VOTE_CAST, VoteCast};
use yishi_store::{
    WriteTx,
    ballots::{self, Ballot},
    boxes, mandates, topics,
    votes::{self, Source, Vote},
};

use crate::{
    App, ballots as opening,
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    promises,
    sessions::Session,
};

/// What a voter holds after casting: the vote's event, whose place in the record proves that it was counted, and the promise of that place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The event.
    pub event: EventId,
    /// The promise ([`promises::promise`]).
    pub promise: String,
}

/// A vote to cast.
#[derive(Clone, Debug)]
pub struct NewVote {
    /// The voting unit for which it is cast.
    pub voting_unit: String,
    /// What it says.
    pub choice: Choice,
    /// Why, in the voter's words.
    pub reason: Option<String>,
}

/// Casts the vote of a voting unit for which the caller may act.
pub async fn cast(app: &App, session: &Session, id: BallotId, new: NewVote) -> Result<Cast, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let NewVote { voting_unit, choice, reason } = new;
    if let Some(reason) = &reason {
        require_text("vote.bad_reason", "reason", reason, 500)?;
    }
    let mut tx = app.db.write(ctx).await?;
    let ballot = ballots::share(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    let (unit, source) = match ballots::voting_units(&mut tx, id, &[&voting_unit], Some(me)).await?.pop() {
        Some((unit, true)) => (unit, Source::Member(me)),
        Some((unit, false)) => {
            let mandate = mandates::for_unit(&mut tx, id, &unit.name, me, ctx.now).await?.ok_or_else(not_yours)?;
            require_mandates(&mut tx, &ballot, me, &unit.name).await?;
            (unit, Source::Proxy(me, mandate.id))
        }
        // Whether a voting unit is on the roll is told to those who act for it.
        None => return Err(not_yours().into()),
    };
    let open = ballot.state == BallotState::Open && (ballot.opens_at..=ballot.closes_at).contains(&ctx.now);
    // Most votes are the first of their voting unit, in a ballot that is open and lets none be changed: those need not ask.
    let earlier = match open && !ballot.rule.change_of_vote {
        true => None,
        false => votes::hold(&mut tx, id, &unit.name).await?,
    };
    if !open && earlier.is_none() {
        let text = format!("it takes votes from {} to {} and is {}", ballot.opens_at, ballot.closes_at, ballot.state);
        return Err(Refusal::conflict("ballot.not_open", text).into());
    }
    let choice = admitted_online(&ballot, choice)?;
    if reason.is_some() && ballot.rule.secrecy == Secrecy::Secret {
        let text = "a reason would tell what a secret vote says";
        return Err(Refusal::invalid("vote.bad_reason", "reason", text).into());
    }
    if let Some(earlier) = earlier.filter(|_| open) {
        let said = (Some(choice.clone()), reason.clone());
        let (vote, cast) = vote(ctx, &ballot, &unit, said, source, Some(earlier));
        if votes::replace(&mut tx, id, &vote, ctx.now).await? {
            let promise = promises::promise(app, ctx, &session.tenant()?.slug, &mut tx, &cast).await?;
            return Ok(tx.commit([cast], Cast { event: vote.event, promise }).await?);
        }
    }
    let said = put_into_box(&mut tx, &ballot, std::slice::from_ref(&choice)).await?.then_some(choice);
    let (vote, cast) = vote(ctx, &ballot, &unit, (said, reason), source, None);
    refuse_second(
        votes::insert(&mut tx, id, std::slice::from_ref(&vote), ctx.now).await?,
        &[vote.voting_unit.as_str()],
    )?;
    let promise = promises::promise(app, ctx, &session.tenant()?.slug, &mut tx, &cast).await?;
    Ok(tx.commit([cast], Cast { event: vote.event, promise }).await?)
}

fn not_yours() -> Refusal {
    let text = "you may not act for this voting unit in this ballot";
    Refusal { field: Some("voting_unit".into()), ..Refusal::new(RefusalKind::Forbidden, "vote.not_yours", text) }
}

/// Refuses a proxy where the ballot's rule knows none, or no more.
async fn require_mandates(tx: &mut WriteTx, ballot: &Ballot, proxy: MemberId, unit: &str) -> Result<(), Failure> {
    let most = ballot.rule.mandates_per_proxy;
    if most == 0 {
        return Err(Refusal::conflict("vote.no_proxies", "the rule of this ballot knows no proxies").into());
    }
    if mandates::used_for_others(tx, ballot.id, proxy, unit).await? >= u64::from(most) {
        let text = format!("a proxy votes for {most} voting units at most in this ballot");
        return Err(Refusal::conflict("vote.too_many_mandates", text).into());
    }
    Ok(())
}

/// Refuses whoever does not coordinate where the ballot's topic belongs.
pub(crate) async fn require_reach(tx: &mut WriteTx, session: &Session, ballot: &Ballot) -> Result<(), Failure> {
    let topic = topics::find(tx, ballot.topic).await?.ok_or_else(crate::cases::unknown)?;
    session.require_role(Role::Coordinator, &topic.path)
}

/// A choice in its one written form, or a refusal that names the field.
pub(crate) fn admitted(ballot: &Ballot, choice: Choice, field: &str) -> Result<Choice, Refusal> {
    admit(choice, ballot.rule.method, &ballot.subject.options)
        .map_err(|error| Refusal::invalid("vote.bad_choice", field, error.to_string()))
}

/// A choice in its one written form, as it may be cast online.
pub(crate) fn admitted_online(ballot: &Ballot, choice: Choice) -> Result<Choice, Refusal> {
    match admitted(ballot, choice, "choice")? {
        Choice::Blank | Choice::Spoiled => {
            Err(Refusal::invalid("vote.bad_choice", "choice", "online, whoever decides nothing abstains"))
        }
        choice => Ok(choice),
    }
}

/// Keeps what the votes of a secret ballot say apart from who cast them; tells whether the ballot is open, so that each vote says it itself.
pub(crate) async fn put_into_box(tx: &mut WriteTx, ballot: &Ballot, choices: &[Choice]) -> Result<bool, Failure> {
    if ballot.rule.secrecy == Secrecy::Open {
        return Ok(true);
    }
    tx.forget_request();
    boxes::insert(tx, &choices.iter().map(|choice| (ballot.id, choice)).collect::<Vec<_>>()).await?;
    Ok(false)
}

/// A vote and its event.
pub(crate) fn vote(
    ctx: &Ctx,
    ballot: &Ballot,
    unit: &VotingUnit,
    (choice, reason): (Option<Choice>, Option<String>),
    source: Source,
    replaces: Option<EventId>,
) -> (Vote, Event) {
    let cast = VoteCast {
        ballot: ballot.id,
        voting_unit: unit.name.clone(),
        choice: choice.clone(),
        heads: unit.heads,
        floor_area: unit.floor_area,
        channel: source.channel().code().into(),
        replaces,
        batch: source.batch(),
        reason: None,
    };
    let event = event(ctx, VOTE_CAST, ballot.topic.uuid(), cast);
    let event = match &reason {
        Some(reason) => commit_to(ctx, event, "reason", reason.as_str()),
        None => event,
    };
    (Vote { voting_unit: unit.name.clone(), choice, reason, source, event: event.id }, event)
}

pub(crate) fn refuse_second(
    taken: Option<(String, yishi_domain::channels::VoteChannel)>,
    names: &[&str],
) -> Result<(), Failure> {
    let Some((unit, channel)) = taken else { return Ok(()) };
    let text = format!("`{unit}` has voted already, by the channel {channel}");
    let field = match names {
        [_] => "voting_unit".to_owned(),
        many => format!("papers[{}].voting_unit", many.iter().position(|it| *it == unit).unwrap_or_default()),
    };
    Err(Refusal { field: Some(field), ..Refusal::conflict("vote.already_cast", text) }.into())
}
