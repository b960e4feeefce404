//! Crowdfunding (众筹): residents pledge until a date; then it is collected where the goal is reached, and released where it is not.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    CampaignId, Ctx, Event, FundId, MemberId, PledgeId, Refusal, UnitId,
    money::{EntryKind, MOST_FEN, postings},
    timers::TimerKind,
};
use yishi_store::{
    WriteTx,
    campaigns::{self, Campaign, Pledge},
    timers::{self, Timer},
};

use crate::{
    App,
    bookings::{NewEntry, book},
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    funds::{self, require_unit_of},
    sessions::Session,
};

pub use yishi_store::campaigns as stored;

/// A crowdfunding to open.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// The unit for which it is collected.
    pub unit: UnitId,
    /// What for.
    pub title: String,
    /// How much it needs, in fen.
    pub goal_fen: u64,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

/// Opens a crowdfunding into a fund.
pub async fn open(app: &App, session: &Session, fund: FundId, new: NewCampaign) -> Result<CampaignId, Failure> {
    let ctx = &session.ctx;
    require_text("campaign.bad_title", "title", &new.title, 200)?;
    require_goal(&new)?;
    require_ahead(ctx, &new)?;
    let mut tx = app.db.write(ctx).await?;
    let kept = funds::require(&mut tx, fund).await?;
    let unit = require_unit_of(&mut tx, &kept, new.unit, "unit").await?;
    session.require_reach(&unit.path)?;
    let (id, opened) = begin(&mut tx, ctx, fund, new, None).await?;
    Ok(tx.commit([opened], id).await?)
}

/// Pledges an amount, which is due only when the goal is reached.
pub async fn pledge(app: &App, session: &Session, id: CampaignId, fen: u64) -> Result<PledgeId, Failure> {
    let (ctx, member) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    let mut campaign = campaigns::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    require_running(ctx, &campaign)?;
    let (pledge, made) = add(ctx, &mut campaign, member, fen)?;
    campaigns::save(&mut tx, &campaign).await?;
    campaigns::pledge(&mut tx, &pledge).await?;
    Ok(tx.commit([made], pledge.id).await?)
}

/// Opens a crowdfunding, or takes one over that had ended elsewhere and was collected or not.
pub(crate) async fn begin(
    tx: &mut WriteTx,
    ctx: &Ctx,
    fund: FundId,
    new: NewCampaign,
    ended: Option<bool>,
) -> Result<(CampaignId, Event), Failure> {
    let NewCampaign { unit, title, goal_fen, ends_at } = new;
    let (id, opened_at, carried_over) = (ctx.new_id(), ctx.now, ended.is_some());
    let (pledged_fen, collected) = (0, ended);
    let campaign =
        Campaign { id, fund, unit, title, goal_fen, pledged_fen, opened_at, ends_at, collected, carried_over };
    campaigns::insert(tx, &campaign).await?;
    let mut body = json!({"campaign": id, "fund": fund, "unit": unit, "goal_fen": goal_fen, "ends_at": ends_at});
    let kind = match ended {
        Some(collected) => {
            body["collected"] = json!(collected);
            "campaign.carried_over"
        }
        None => {
            let timer = Timer { id: ctx.new_id(), kind: TimerKind::CampaignEnds, subject: id.uuid(), due_at: ends_at };
            timers::insert(tx, &timer).await?;
            "campaign.opened"
        }
    };
    Ok((id, commit_to(ctx, event(ctx, kind, id.uuid(), body), "title", campaign.title)))
}

/// Adds a pledge to the sum; nothing is saved yet.
pub(crate) fn add(ctx: &Ctx, campaign: &mut Campaign, member: MemberId, fen: u64) -> Result<(Pledge, Event), Refusal> {
    let sum = campaign.pledged_fen.checked_add(fen).filter(|sum| fen > 0 && *sum <= MOST_FEN);
    campaign.pledged_fen = sum.ok_or_else(|| {
        let text = format!("a pledge has at least 1 fen, and all of them together {MOST_FEN} at most");
        Refusal::invalid("pledge.bad_amount", "amount_fen", text)
    })?;
    let id = campaign.id;
    let pledge = Pledge { id: ctx.new_id(), campaign: id, member, fen, at: ctx.now };
    let body = json!({"campaign": id, "pledge": pledge.id, "fen": fen, "pledged_fen": campaign.pledged_fen});
    let made = commit_to(ctx, event(ctx, "pledge.made", id.uuid(), body), "member", json!(member));
    Ok((pledge, made))
}

/// Refuses pledges to what is over.
pub(crate) fn require_running(ctx: &Ctx, campaign: &Campaign) -> Result<(), Refusal> {
    match campaign.collected.is_none() && ctx.now < campaign.ends_at {
        true => Ok(()),
        false => Err(Refusal::conflict("campaign.over", "the crowdfunding is over")),
    }
}

/// Refuses a goal that is none.
pub(crate) fn require_goal(new: &NewCampaign) -> Result<(), Refusal> {
    match (1..=MOST_FEN).contains(&new.goal_fen) {
        true => Ok(()),
        false => {
            let text = format!("a goal lies between 1 and {MOST_FEN} fen");
            Err(Refusal::invalid("campaign.bad_goal", "goal_fen", text))
        }
    }
}

/// Refuses a crowdfunding that would be over before it begins.
pub(crate) fn require_ahead(ctx: &Ctx, new: &NewCampaign) -> Result<(), Refusal> {
    match new.ends_at > ctx.now {
        true => Ok(()),
        false => Err(Refusal::invalid("campaign.bad_end", "ends_at", "it must end in the future")),
    }
}

/// Finds a crowdfunding.
pub async fn get(app: &App, session: &Session, id: CampaignId) -> Result<Campaign, Failure> {
    Ok(campaigns::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?)
}

/// Ends a crowdfunding whose time has come: what was pledged is collected where it reaches the goal, and released where not.
pub(crate) async fn end_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = CampaignId(timer.subject);
    let mut tx = app.db.write(ctx).await?;
    let mut campaign = campaigns::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let reached = campaign.pledged_fen >= campaign.goal_fen;
    campaign.collected = Some(reached);
    campaigns::save(&mut tx, &campaign).await?;
    let body = json!({"campaign": id, "pledged_fen": campaign.pledged_fen, "goal_fen": campaign.goal_fen});
    if !reached {
        return Ok(tx.commit([event(ctx, "campaign.released", id.uuid(), body)], ()).await?);
    }
    let (kind, place) = (EntryKind::Crowdfunding, (campaign.fund, campaign.unit));
    let postings = postings(kind, place, None, None, campaign.pledged_fen)?;
    let new = NewEntry::new(campaign.fund, kind, campaign.title, postings);
    let (_, booked) = book(&mut tx, ctx, vec![new]).await?;
    Ok(tx.commit_with(event(ctx, "campaign.collected", id.uuid(), body), booked, ()).await?)
}

fn unknown() -> Refusal {
    Refusal::not_found("campaign.unknown", "there is no such crowdfunding in this tenant")
}
