//! Batches of paper, and of raised hands: reconciled at their entry, entered whole, and voided whole where something was wrong with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yishi_domain::{
    BallotId, BatchId, Ctx, Event, MeetingId, MemberId, Refusal,
    ballots::{BallotState, ControlTotals, VotingUnit, reconcile},
    voting::{Choice, Secrecy},
};
use yishi_record::{
    commitments::commit,
    facts::{BATCH_VOIDED, BatchVoided},
};
use yishi_store::{
    WriteTx,
    ballots::{self, Ballot},
    batches::{self, Batch, Contents, Voided},
    boxes, meetings, members,
    votes::{self, Source},
};

use crate::{
    App, ballots as opening,
    cases::{self, require_text},
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    voting::{admitted, put_into_box, refuse_second, require_reach, vote},
};

pub use yishi_store::batches as stored;

/// How many papers one batch has at most.
pub const MOST_PAPERS: usize = 1_000;

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

/// Why a batch is voided.
#[derive(Clone, Debug)]
pub struct Voiding {
    /// Why.
    pub reason: String,
    /// What the papers of a secret ballot's batch were entered as, since that is kept nowhere.
    pub contents: Vec<(Choice, u64)>,
}

/// Enters a batch of paper votes: all of it, or nothing where it does not come to its control totals or a voting unit has voted.
pub async fn enter(app: &App, session: &Session, id: BallotId, new: NewBatch) -> Result<BatchId, Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let ballot = ballots::share(&mut tx, id).await?;
    let ballot = require_open(&mut tx, session, ballot).await?;
    let (batch, entered, votes) = write(&mut tx, session, &ballot, new).await?;
    Ok(tx.commit_with(entered, votes, batch).await?)
}

/// Voids a batch: its votes leave the tally, and their voting units may vote again. The batch and its events stay.
pub async fn void(app: &App, session: &Session, id: BallotId, batch: BatchId, by: Voiding) -> Result<(), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let ballot = ballots::lock(&mut tx, id).await?;
    let ballot = require_open(&mut tx, session, ballot).await?;
    withdraw(&mut tx, &ballot, batch, &by).await?;
    let voided = mark(&mut tx, &session.ctx, &ballot, batch, by.reason, None).await?;
    Ok(tx.commit([voided], ()).await?)
}

/// Enters the papers of a batch as a recount found them, in the place of the batch.
pub async fn recount(
    app: &App,
    session: &Session,
    id: BallotId,
    batch: BatchId,
    by: Voiding,
    new: NewBatch,
) -> Result<BatchId, Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let ballot = ballots::lock(&mut tx, id).await?;
    let ballot = require_open(&mut tx, session, ballot).await?;
    withdraw(&mut tx, &ballot, batch, &by).await?;
    let written = write(&mut tx, session, &ballot, new).await;
    let (entered, first, votes) = written.map_err(|failure| failure.within("batch"))?;
    let voided = mark(&mut tx, &session.ctx, &ballot, batch, by.reason, Some(entered)).await?;
    Ok(tx.commit_with(voided, std::iter::once(first).chain(votes).collect(), entered).await?)
}

/// Lists the batches of a ballot after one, for those who run it and those who watch over it.
pub async fn list(
    app: &App,
    session: &Session,
    id: BallotId,
    after: Option<BatchId>,
    limit: u16,
) -> Result<Vec<Batch>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let ballot = ballots::find(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    session.require_reach(&cases::find(&mut tx, ballot.topic).await?.path)?;
    Ok(batches::page(&mut tx, id, after, limit).await?)
}

/// The ballot of a batch, for those who may enter paper there while it is not counted.
async fn require_open(tx: &mut WriteTx, session: &Session, ballot: Option<Ballot>) -> Result<Ballot, Failure> {
    let ballot = ballot.ok_or_else(opening::unknown)?;
    require_reach(tx, session, &ballot).await?;
    if !matches!(ballot.state, BallotState::Open | BallotState::Closing) || session.ctx.now < ballot.opens_at {
        let text = format!("paper is entered from the opening to the count; the ballot is {}", ballot.state);
        return Err(Refusal::conflict("ballot.not_open", text).into());
    }
    Ok(ballot)
}

/// Writes a batch with its votes; gives its event and theirs.
async fn write(
    tx: &mut WriteTx,
    session: &Session,
    ballot: &Ballot,
    new: NewBatch,
) -> Result<(BatchId, Event, Vec<Event>), Failure> {
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
    if !members::unknown(tx, &[new.witness]).await?.is_empty() {
        return Err(Refusal::invalid("member.unknown", "witness", "there is no such member").into());
    }
    if let Some(meeting) = new.meeting {
        require_meeting(tx, session, ballot, meeting).await?;
    }
    let (names, said): (Vec<_>, Vec<_>) = new.papers.into_iter().unzip();
    let choices = contents(ballot, &said, new.contents)?;
    reconcile(&new.control, &choices)?;
    let open = put_into_box(tx, ballot, &choices).await?;
    // In a secret ballot the totals of a small batch tell what its voting units said, and those of any tell how the vote goes.
    let control =
        if open { new.control } else { ControlTotals { papers: new.control.papers, ..ControlTotals::default() } };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let units = require_units(tx, ballot.id, &names).await?;
    let contents = (!open).then(|| known_again(ctx, &choices));
    let batch = Batch {
        id: ctx.new_id(),
        station: new.station,
        operator,
        witness: new.witness,
        scan_reference: new.scan_reference,
        control,
        meeting: new.meeting,
        entered_at: ctx.now,
        contents,
        voided: None,
    };
    batches::insert(tx, ballot.id, &batch).await?;
    // Drawn before its votes' events, so that the record tells of the batch first.
    let body = json!({
        "ballot": ballot.id, "batch": batch.id, "station": batch.station, "control": batch.control, "meeting": batch.meeting,
    });
    let entered = event(ctx, "batch.entered", ballot.topic.uuid(), body);
    let entered = commit_to(ctx, entered, "scan_reference", batch.scan_reference.as_str());
    let source = if new.meeting.is_some() { Source::Hands(batch.id) } else { Source::Batch(batch.id) };
    let mut said = choices.into_iter().filter(|_| open);
    let (rows, events): (Vec<_>, Vec<_>) =
        units.iter().map(|unit| vote(ctx, ballot, unit, (said.next(), None), source, None)).unzip();
    refuse_second(votes::insert(tx, ballot.id, &rows, ctx.now).await?, &names)?;
    Ok((batch.id, entered, events))
}

/// Takes the votes of a batch out of the tally and, in a secret ballot, as many papers out of the box as were entered with it.
async fn withdraw(tx: &mut WriteTx, ballot: &Ballot, id: BatchId, by: &Voiding) -> Result<(), Failure> {
    require_text("batch.no_reason", "reason", &by.reason, 2_000)?;
    let unknown = || Refusal::not_found("batch.unknown", "there is no such batch in this ballot");
    let batch = batches::lock(tx, ballot.id, id).await?.ok_or_else(unknown)?;
    if batch.voided.is_some() {
        return Err(Refusal::conflict("batch.voided", "this batch was voided before").into());
    }
    let refuse = |text: &str| Refusal::invalid("batch.bad_contents", "contents", text);
    let mut said = Vec::new();
    for (i, (choice, number)) in by.contents.iter().enumerate() {
        said.push((admitted(ballot, choice.clone(), &format!("contents[{i}]"))?, *number));
    }
    match &batch.contents {
        None if !said.is_empty() => return Err(refuse("this is for secret ballots alone").into()),
        None => {}
        Some(kept) => {
            tx.forget_request();
            if commit(&kept.salt, &alike(said.iter().map(|(choice, number)| (choice, *number)))) != kept.commitment {
                let text = "the batch was entered with other contents";
                return Err(refuse(text).with_fix("say what its papers were entered as, as its protocol does").into());
            }
            for (choice, number) in &said {
                if !boxes::take(tx, ballot.id, choice, *number).await? {
                    return Err(Failure::Inconsistent(format!("the box lacks papers of batch {id}")));
                }
            }
        }
    }
    votes::void(tx, ballot.id, id).await?;
    Ok(())
}

/// Marks a batch as voided; gives the event.
async fn mark(
    tx: &mut WriteTx,
    ctx: &Ctx,
    ballot: &Ballot,
    batch: BatchId,
    reason: String,
    recount: Option<BatchId>,
) -> Result<Event, Failure> {
    let voided = Voided { at: ctx.now, reason, recount };
    batches::void(tx, batch, &voided).await?;
    let body = BatchVoided { ballot: ballot.id, batch, recount, reason: None };
    Ok(commit_to(ctx, event(ctx, BATCH_VOIDED, ballot.topic.uuid(), body), "reason", voided.reason))
}

/// By what the contents of a batch are known again while its ballot is secret and they are kept nowhere.
fn known_again(ctx: &Ctx, choices: &[Choice]) -> Contents {
    let salt = ctx.salt();
    Contents { salt, commitment: commit(&salt, &alike(choices.iter().map(|choice| (choice, 1)))) }
}

/// What papers say, and how many say so, in one form whatever order they came in.
fn alike<'a>(papers: impl Iterator<Item = (&'a Choice, u64)>) -> Value {
    let mut numbers = BTreeMap::new();
    for (choice, number) in papers {
        *numbers.entry(choice).or_insert(0u64) += number;
    }
    numbers.into_iter().filter(|(_, number)| *number > 0).map(|(choice, number)| json!([choice, number])).collect()
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
