//! The roll of a ballot: recusals (回避), and what is corrected between the announcement and the opening.

use serde_json::json;
use yishi_domain::{
    BallotId, Ctx, Event, Refusal,
    ballots::{self as rolls, BallotState, VotingUnit},
};
use yishi_record::facts::{ROLL_CHANGED, RollChanged};
use yishi_store::ballots::{self, Ballot};

use crate::{
    App, ballots as opening,
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    voting::require_reach,
};

/// A voting unit that leaves a roll.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Its name.
    pub voting_unit: String,
    /// Why.
    pub reason: String,
    /// Whether it leaves because its interest is at stake (回避).
    pub recused: bool,
}

/// What is corrected of a roll.
#[derive(Clone, Debug, Default)]
pub struct RollChange {
    /// The voting units that come in.
    pub added: Vec<VotingUnit>,
    /// Those that leave.
    pub removed: Vec<Removal>,
}

/// Corrects the roll of a ballot that is announced and not open yet; its rule stays as it was published.
pub async fn change(app: &App, session: &Session, id: BallotId, change: RollChange) -> Result<(), Failure> {
    let ctx = &session.ctx;
    if change.added.is_empty() && change.removed.is_empty() {
        let text = "name who comes in or who leaves";
        return Err(Refusal::invalid("roll.no_change", "added", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let ballot = ballots::lock(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    require_reach(&mut tx, session, &ballot).await?;
    if ballot.state != BallotState::Open || ctx.now >= ballot.opens_at {
        let text = format!("the roll is frozen since the ballot opened at {}", ballot.opens_at.to_rfc3339());
        return Err(Refusal::conflict("ballot.roll_frozen", text).into());
    }
    let mut roll = ballots::roll(&mut tx, id).await?;
    for (i, removal) in change.removed.iter().enumerate() {
        take_out(&mut roll, removal, &format!("removed[{i}]"))?;
    }
    let before = roll.len();
    roll.extend(change.added.iter().cloned());
    let misplaced = |refusal: Refusal| placed(refusal, before);
    let totals = rolls::total(&roll).map_err(misplaced)?;
    opening::require_alike(&ballot.rule, &roll).map_err(misplaced)?;
    opening::require_agents(&mut tx, &change.added, "added").await?;
    let root = opening::roll_root(&roll);
    let removed: Vec<_> = change.removed.iter().map(|it| it.voting_unit.clone()).collect();
    let number = ballots::change_roll(&mut tx, id, &change.added, &removed, &root).await?;
    let changed = RollChanged {
        ballot: id,
        number,
        added: change.added.into_iter().map(|it| it.name).collect(),
        removed,
        eligible: opening::eligible(&ballot.rule, totals),
        roll_root: root,
    };
    let changed = event(ctx, ROLL_CHANGED, ballot.topic.uuid(), changed);
    let left = change.removed.iter().map(|it| left(ctx, &ballot, it)).collect();
    Ok(tx.commit_with(changed, left, ()).await?)
}

/// Takes a voting unit out of a roll.
pub(crate) fn take_out(roll: &mut Vec<VotingUnit>, removal: &Removal, field: &str) -> Result<(), Refusal> {
    require_text("roll.no_reason", &format!("{field}.reason"), &removal.reason, 500)?;
    let Some(i) = roll.iter().position(|it| it.name == removal.voting_unit) else {
        let text = "this voting unit is not on the roll";
        return Err(Refusal::invalid("roll.unknown_voting_unit", format!("{field}.voting_unit"), text));
    };
    roll.remove(i);
    Ok(())
}

/// The event of a voting unit that leaves.
pub(crate) fn left(ctx: &Ctx, ballot: &Ballot, removal: &Removal) -> Event {
    let kind = if removal.recused { "roll.recused" } else { "roll.removed" };
    let body = json!({"ballot": ballot.id, "voting_unit": removal.voting_unit});
    commit_to(ctx, event(ctx, kind, ballot.topic.uuid(), body), "reason", removal.reason.as_str())
}

/// A refusal of the whole roll, with its place among those that come in.
fn placed(refusal: Refusal, before: usize) -> Refusal {
    let place = refusal.field.as_deref().and_then(|it| it.strip_prefix("roll[")).and_then(|it| it.split_once(']'));
    let place = place.and_then(|(i, rest)| Some((i.parse::<usize>().ok()?.checked_sub(before)?, rest)));
    match place {
        Some((i, rest)) => Refusal { field: Some(format!("added[{i}]{rest}")), ..refusal },
        None => refusal,
    }
}
