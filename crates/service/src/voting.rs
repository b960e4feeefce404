//! Votes in one tally, whatever the channel: one a voting unit, and each an event of the record.

use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{
    BallotId, BatchId, Event, EventId, MeetingId, MemberId, Refusal, RefusalKind,
    access::Role,
    ballots::{BallotState, ControlTotals, VotingUnit, reconcile},
    voting::{Choice, Secrecy, admit},
};
use yishi_record::facts::{VOTE_CAST, VoteCast};
use yishi_store::{
    WriteTx,
    ballots::{self, Ballot},
    boxes, mandates, meetings, members, topics,
    votes::{self, PaperBatch, Source, Vote},
};

use crate::{
    App, ballots as opening,
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
};

/// How many papers one batch has at most.
pub const MOST_PAPERS: usize = 1_000;

/// What a voter holds after casting: the vote's event, whose place in the record proves that it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The event.
    pub event: EventId,
}

/// A batch of paper to enter.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Where the box stood.
    pub station: String,
    /// Who saw it being counted; somebody else than who enters it.
    pub witness: MemberId,
    /// Where the scans are, or the recording of raised hands.
    pub scan_reference: String,
    /// The meeting at which hands were raised; none where it is of paper.
    pub meeting: Option<MeetingId>,
    /// What was counted by hand.
    pub control: ControlTotals,
    /// Each paper: the voting unit and what it says; in a secret ballot the voting unit alone.
    pub papers: Vec<(String, Option<Choice>)>,
    /// What the papers of a secret ballot say, and how many say so.
    pub contents: Vec<(Choice, u64)>,
}

/// Casts the vote of a voting unit for which the caller may act.
pub async fn cast(
    app: &App,
    session: &Session,
    id: BallotId,
    voting_unit: String,
    choice: Choice,
) -> Result<Cast, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
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
    let choice = admitted(&ballot, choice, "choice")?;
    if matches!(choice, Choice::Blank | Choice::Spoiled) {
        return Err(Refusal::invalid("vote.bad_choice", "choice", "online, whoever decides nothing abstains").into());
    }
    if let Some(earlier) = earlier.filter(|_| open) {
        let (vote, cast) = vote(session, &ballot, &unit, Some(choice.clone()), source, Some(earlier));
        if votes::replace(&mut tx, id, &vote, ctx.now).await? {
            return Ok(tx.commit([cast], Cast { event: vote.event }).await?);
        }
    }
    let said = put_into_box(&mut tx, &ballot, std::slice::from_ref(&choice)).await?.then_some(choice);
    let (vote, cast) = vote(session, &ballot, &unit, said, source, None);
    refuse_second(
        votes::insert(&mut tx, id, std::slice::from_ref(&vote), ctx.now).await?,
        &[vote.voting_unit.as_str()],
    )?;
    Ok(tx.commit([cast], Cast { event: vote.event }).await?)
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

/// Enters a batch of paper votes: all of it, or nothing where it does not come to its control totals or a voting unit has voted.
pub async fn enter_batch(app: &App, session: &Session, id: BallotId, new: NewBatch) -> Result<BatchId, Failure> {
    let (ctx, operator) = (&session.ctx, session.member()?);
    require_text("batch.bad_station", "station", &new.station, 200)?;
    require_text("batch.bad_scan_reference", "scan_reference", &new.scan_reference, 500)?;
    if new.papers.is_empty() || new.papers.len() > MOST_PAPERS {
        let text = format!("a batch has 1 to {MOST_PAPERS} papers");
        return Err(Refusal::invalid("batch.bad_number", "papers", text).into());
    }
    if new.witness == operator {
        return Err(Refusal::invalid("batch.no_witness", "witness", "the witness is somebody else").into());
    }
    let mut tx = app.db.write(ctx).await?;
    let ballot = ballots::share(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    require_reach(&mut tx, session, &ballot).await?;
    if !matches!(ballot.state, BallotState::Open | BallotState::Closing) || ctx.now < ballot.opens_at {
        let text = format!("paper is entered from the opening to the count; the ballot is {}", ballot.state);
        return Err(Refusal::conflict("ballot.not_open", text).into());
    }
    if !members::unknown(&mut tx, &[new.witness]).await?.is_empty() {
        return Err(Refusal::invalid("member.unknown", "witness", "there is no such member").into());
    }
    if let Some(meeting) = new.meeting {
        require_meeting(&mut tx, session, &ballot, meeting).await?;
    }
    let (names, said): (Vec<_>, Vec<_>) = new.papers.into_iter().unzip();
    let choices = contents(&ballot, &said, new.contents)?;
    reconcile(&new.control, &choices)?;
    let open = put_into_box(&mut tx, &ballot, &choices).await?;
    // In a secret ballot the totals of a small batch tell what its voting units said, and those of any tell how the vote goes.
    let control =
        if open { new.control } else { ControlTotals { papers: new.control.papers, ..ControlTotals::default() } };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let units = require_units(&mut tx, id, &names).await?;
    let batch = PaperBatch {
        id: ctx.new_id(),
        station: new.station,
        operator,
        witness: new.witness,
        scan_reference: new.scan_reference,
        control,
        meeting: new.meeting,
    };
    votes::insert_batch(&mut tx, id, &batch, ctx.now).await?;
    // Drawn before its votes' events, so that the record tells of the batch first.
    let body = json!({
        "ballot": id, "batch": batch.id, "station": batch.station, "control": batch.control, "meeting": batch.meeting,
    });
    let entered = event(ctx, "batch.entered", ballot.topic.uuid(), body);
    let entered = commit_to(ctx, entered, "scan_reference", batch.scan_reference.as_str());
    let source = if new.meeting.is_some() { Source::Hands(batch.id) } else { Source::Batch(batch.id) };
    let mut said = choices.into_iter().filter(|_| open);
    let (rows, events): (Vec<_>, Vec<_>) =
        units.iter().map(|unit| vote(session, &ballot, unit, said.next(), source, None)).unzip();
    refuse_second(votes::insert(&mut tx, id, &rows, ctx.now).await?, &names)?;
    Ok(tx.commit_with(entered, events, batch.id).await?)
}

/// Refuses raised hands in a secret ballot, and at a meeting that is on something else or still to come.
async fn require_meeting(tx: &mut WriteTx, session: &Session, ballot: &Ballot, id: MeetingId) -> Result<(), Failure> {
    let refuse = |text: &str| Refusal::invalid("batch.bad_meeting", "meeting", text);
    if ballot.rule.secrecy == Secrecy::Secret {
        return Err(refuse("everybody sees raised hands, and the ballot is secret").into());
    }
    let meeting = meetings::find(tx, id).await?.filter(|it| it.topic == ballot.topic);
    let meeting = meeting.ok_or_else(|| refuse("there is no such meeting on the ballot's topic"))?;
    match meeting.starts_at > session.ctx.now {
        true => Err(refuse("the meeting has not begun").into()),
        false => Ok(()),
    }
}

/// Refuses whoever does not coordinate where the ballot's topic belongs.
pub(crate) async fn require_reach(tx: &mut WriteTx, session: &Session, ballot: &Ballot) -> Result<(), Failure> {
    let topic = topics::find(tx, ballot.topic).await?.ok_or_else(crate::cases::unknown)?;
    session.require_role(Role::Coordinator, &topic.path)
}

/// What the papers of a batch say: each for itself in an open ballot, all together in a secret one.
fn contents(ballot: &Ballot, said: &[Option<Choice>], together: Vec<(Choice, u64)>) -> Result<Vec<Choice>, Refusal> {
    let secret = ballot.rule.secrecy == Secrecy::Secret;
    if let Some(i) = said.iter().position(|it| it.is_none() != secret) {
        let text = match secret {
            true => "in a secret ballot a paper is entered without what it says; `contents` says that of all together",
            false => "say what the paper says",
        };
        return Err(Refusal::invalid("batch.bad_contents", format!("papers[{i}]"), text));
    }
    if !secret {
        if !together.is_empty() {
            return Err(Refusal::invalid("batch.bad_contents", "contents", "this is for secret ballots alone"));
        }
        let each = said.iter().flatten().enumerate();
        return each.map(|(i, it)| admitted(ballot, it.clone(), &format!("papers[{i}]"))).collect();
    }
    let number: u64 = together.iter().fold(0, |sum, (_, number)| sum.saturating_add(*number));
    if number != said.len() as u64 {
        let text = format!("{number} papers say something, and {} voting units voted by them", said.len());
        return Err(Refusal::invalid("batch.bad_contents", "contents", text));
    }
    let mut choices = Vec::with_capacity(said.len());
    for (i, (choice, number)) in together.into_iter().enumerate() {
        let choice = admitted(ballot, choice, &format!("contents[{i}]"))?;
        choices.extend(std::iter::repeat_n(choice, usize::try_from(number).unwrap_or(usize::MAX)));
    }
    Ok(choices)
}

/// A choice in its one written form, or a refusal that names the field.
fn admitted(ballot: &Ballot, choice: Choice, field: &str) -> Result<Choice, Refusal> {
    admit(choice, ballot.rule.method, &ballot.subject.options)
        .map_err(|error| Refusal::invalid("vote.bad_choice", field, error.to_string()))
}

/// Keeps what the votes of a secret ballot say apart from who cast them; tells whether the ballot is open, so that each vote says it itself.
async fn put_into_box(tx: &mut WriteTx, ballot: &Ballot, choices: &[Choice]) -> Result<bool, Failure> {
    if ballot.rule.secrecy == Secrecy::Open {
        return Ok(true);
    }
    tx.forget_request();
    boxes::insert(tx, ballot.id, &choices.iter().collect::<Vec<_>>()).await?;
    Ok(false)
}

fn vote(
    session: &Session,
    ballot: &Ballot,
    unit: &VotingUnit,
    choice: Option<Choice>,
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
    };
    let event = event(&session.ctx, VOTE_CAST, ballot.topic.uuid(), cast);
    (Vote { voting_unit: unit.name.clone(), choice, source, event: event.id }, event)
}

/// The voting units of a batch, in its order.
async fn require_units(tx: &mut WriteTx, id: BallotId, names: &[&str]) -> Result<Vec<VotingUnit>, Failure> {
    let known = ballots::voting_units(tx, id, names, None).await?;
    let mut units = Vec::with_capacity(names.len());
    for (i, name) in names.iter().enumerate() {
        let refuse = |text: &str| Refusal::invalid("batch.bad_unit", format!("papers[{i}].voting_unit"), text);
        if names[..i].contains(name) {
            return Err(refuse("this voting unit stands in the batch already").into());
        }
        let found = known.iter().find(|(unit, _)| unit.name == *name);
        units.push(found.ok_or_else(|| refuse("this voting unit is not on the roll"))?.0.clone());
    }
    Ok(units)
}

fn refuse_second(taken: Option<(String, yishi_domain::channels::VoteChannel)>, names: &[&str]) -> Result<(), Failure> {
    let Some((unit, channel)) = taken else { return Ok(()) };
    let text = format!("`{unit}` has voted already, by the channel {channel}");
    let field = match names {
        [_] => "voting_unit".to_owned(),
        many => format!("papers[{}].voting_unit", many.iter().position(|it| *it == unit).unwrap_or_default()),
    };
    Err(Refusal { field: Some(field), ..Refusal::conflict("vote.already_cast", text) }.into())
}
