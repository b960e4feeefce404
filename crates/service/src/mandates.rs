//! Mandates: whoever cannot come or vote names somebody who does it for them, in one ballot, at one meeting or in all matters, until a day.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use yishi_domain::{BallotId, MandateId, MeetingId, MemberId, Refusal, access::Role};
use yishi_store::{
    ballots,
    mandates::{self, Mandate},
    meetings, members, units,
};

use crate::{App, events::event, failures::Failure, sessions::Session};

pub use yishi_store::mandates as stored;

/// How long a mandate holds at most.
const MOST_DAYS: i64 = 366;

/// A mandate to give.
#[derive(Clone, Debug)]
pub struct NewMandate {
    /// Who votes by it.
    pub proxy: MemberId,
    /// Who gives it; the caller unless given. A coordinator files what somebody gave on paper.
    pub principal: Option<MemberId>,
    /// The ballot that it is for; all of them unless given.
    pub ballot: Option<BallotId>,
    /// The meeting that it is for, where it is for one alone.
    pub meeting: Option<MeetingId>,
    /// From when it holds; now unless given.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when it holds.
    pub ends_at: DateTime<Utc>,
}

/// Gives a mandate.
pub async fn give(app: &App, session: &Session, new: NewMandate) -> Result<MandateId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let principal = new.principal.unwrap_or(me);
    let starts_at = new.starts_at.unwrap_or(ctx.now);
    if principal == new.proxy {
        return Err(
            Refusal::invalid("mandate.oneself", "proxy", "nobody needs a mandate to vote for themselves").into()
        );
    }
    if new.ends_at <= starts_at || new.ends_at <= ctx.now || new.ends_at > starts_at + Duration::days(MOST_DAYS) {
        let text = format!("it ends after it begins, in the future, and within {MOST_DAYS} days");
        return Err(Refusal::invalid("mandate.bad_term", "ends_at", text).into());
    }
    if new.ballot.is_some() && new.meeting.is_some() {
        let text = "a mandate is for one ballot, for one meeting, or for all matters";
        return Err(Refusal::invalid("mandate.bad_scope", "meeting", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    for (field, member) in [("principal", principal), ("proxy", new.proxy)] {
        let found = members::find(&mut tx, member).await?;
        let found = found.ok_or_else(|| Refusal::invalid("member.unknown", field, "there is no such member"))?;
        if field == "principal" && member != me {
            let unit = units::find(&mut tx, found.unit_id).await?.map(|it| it.path).unwrap_or_default();
            session.require_role(Role::Coordinator, &unit)?;
        }
    }
    if let Some(ballot) = new.ballot {
        let found = ballots::find(&mut tx, ballot).await?;
        found.ok_or_else(|| Refusal::invalid("ballot.unknown", "ballot", "there is no such ballot"))?;
    }
    if let Some(meeting) = new.meeting {
        let found = meetings::find(&mut tx, meeting).await?;
        found.ok_or_else(|| Refusal::invalid("meeting.unknown", "meeting", "there is no such meeting"))?;
    }
    let mandate = Mandate {
        id: ctx.new_id(),
        principal,
        proxy: new.proxy,
        ballot_id: new.ballot.map(BallotId::uuid),
        meeting_id: new.meeting.map(MeetingId::uuid),
        starts_at,
        ends_at: new.ends_at,
        revoked_at: None,
    };
    mandates::insert(&mut tx, &mandate).await?;
    let body = json!({"mandate": mandate.id, "ballot": new.ballot, "meeting": new.meeting, "filed_by_principal": principal == me});
    let given = event(ctx, "mandate.given", mandate.id.uuid(), body);
    Ok(tx.commit([given], mandate.id).await?)
}

/// Lists the mandates that the caller gave or holds.
pub async fn list(app: &App, session: &Session) -> Result<Vec<Mandate>, Failure> {
    Ok(mandates::of_member(&mut app.db.read(&session.ctx).await?, session.member()?).await?)
}

/// Takes a mandate back; votes that were cast by it stand.
pub async fn revoke(app: &App, session: &Session, id: MandateId) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    if !mandates::revoke(&mut tx, id, me, ctx.now).await? {
        return Err(Refusal::not_found("mandate.unknown", "you gave no such mandate, or took it back").into());
    }
    let revoked = event(ctx, "mandate.revoked", id.uuid(), json!({"mandate": id}));
    Ok(tx.commit([revoked], ()).await?)
}
