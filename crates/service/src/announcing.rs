//! Notices by rules: whoever a city's rules name is told of an event once it has its position in the record, and once.
//!
//! What is told by the act itself, because somebody has to act on it, is not told again: a notice belongs to a member and an event.

use std::cmp::Reverse;

use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{
    Actor, BallotId, Ctx, MeetingId, RequestId, StoredEvent, TopicId, UnitId,
    access::Role,
    notices::{NoticeRule, audiences, check, kinds, standard},
};
use yishi_store::{
    TenantTx,
    announcements::{self, Place},
    due::Work,
    feeds::{self, Wanted},
    members, notices, records,
    tenants::Tenant,
    topics, units,
};

use crate::{App, app::part, events::event, failures::Failure, sessions::Session};

/// How many events of a tenant one round tells of before the other tenants have their turn.
const TURN: u16 = 100;

/// What is older than this when it is come to is not told of any more.
const STALE: Duration = Duration::days(7);

/// Tells of what has happened, in every tenant whose record has grown; tells how many positions it went on.
pub async fn round(app: &App) -> Result<usize, Failure> {
    let mut done = 0;
    for tenant in app.due(Work::Announcing).await? {
        done += part("announcing", &tenant, turn(app, &tenant).await);
    }
    Ok(done)
}

async fn turn(app: &App, tenant: &Tenant) -> Result<usize, Failure> {
    let ctx = announcer(app, tenant);
    let mut tx = app.db.record(&ctx).await?;
    let Some(position) = announcements::claim(&mut tx).await? else { return Ok(0) };
    let rules = in_force(&mut tx).await?.0;
    let (found, next) = match rules.as_slice() {
        // Kinds that nothing names would be all of them.
        [] => (Vec::new(), records::size(&mut tx).await?),
        rules => {
            let wanted = Wanted { from: position, kinds: kinds(rules), path: None, limit: TURN };
            feeds::read(&mut tx, &wanted).await?
        }
    };
    for it in found.iter().filter(|it| it.recorded_at >= ctx.wall - STALE) {
        let place = place(&mut tx, it).await?;
        let facts = facts(it, &place);
        // Whoever is told sooner is not told again by what comes after.
        for (Reverse(haste), audiences) in audiences(&rules, &it.kind) {
            let mut told = Vec::new();
            for audience in audiences {
                told.extend(announcements::members(&mut tx, audience, &place, ctx.now).await?);
            }
            told.sort_unstable();
            told.dedup();
            notices::carry(&mut tx, &told, || ctx.new_id(), (&it.kind, haste), it.id, &facts, ctx.now).await?;
        }
    }
    announcements::advance(&mut tx, next).await?;
    tx.commit().await?;
    Ok(usize::try_from(next - position).unwrap_or(usize::MAX))
}

/// Where an event happened: in a topic, at a unit or to a member, as its subject and its body say.
async fn place(tx: &mut TenantTx, it: &StoredEvent) -> Result<Place, Failure> {
    let named = |field: &str| it.body[field].as_str().and_then(|it| it.parse::<Uuid>().ok());
    let (ballot, meeting) = (named("ballot").map(BallotId), named("meeting").map(MeetingId));
    let mut place = Place { ballot, meeting, ..Place::default() };
    let topic = match topics::find(tx, TopicId(it.subject)).await? {
        None => match named("topic") {
            Some(id) => topics::find(tx, TopicId(id)).await?,
            None => None,
        },
        found => found,
    };
    let path = match &topic {
        Some(topic) => Some(topic.path.clone()),
        None => {
            let unit = match members::find(tx, it.subject.into()).await? {
                Some(member) => Some(member.unit_id),
                None => named("unit").map(UnitId),
            };
            let unit = unit.unwrap_or(UnitId(it.subject));
            units::find(tx, unit).await?.map(|it| it.path)
        }
    };
    place.topic = topic.map(|it| (it.id, [Some(it.author), it.on_behalf_of].into_iter().flatten().collect()));
    place.units = match path {
        Some(path) => units::on_path(tx, &path).await?.into_iter().map(|it| (it.id, it.level)).collect(),
        None => units::page(tx, Some("city"), None, "", 1).await?.into_iter().map(|it| (it.id, it.level)).collect(),
    };
    Ok(place)
}

/// What is to be known of an event: the plain facts of its body, and the topic.
fn facts(it: &StoredEvent, place: &Place) -> Value {
    let plain = |(_, value): &(&String, &Value)| !value.is_object() && !value.is_array();
    let body = it.body.as_object().into_iter().flatten().filter(plain);
    let mut facts: Value = body.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some((topic, _)) = &place.topic {
        facts["topic"] = json!(topic);
    }
    facts
}

/// The rules that hold in the caller's city, and whether they are its own.
pub async fn rules(app: &App, session: &Session) -> Result<(Vec<NoticeRule>, bool), Failure> {
    in_force(&mut app.db.read(&session.ctx).await?).await
}

/// Keeps a city's own rules, which hold for what is told from now on; none has the standard ones hold again.
pub async fn put_rules(app: &App, session: &Session, rules: Option<Vec<NoticeRule>>) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    check(rules.as_deref().unwrap_or_default())?;
    let mut tx = app.db.write(ctx).await?;
    announcements::save(&mut tx, rules.as_ref().map(|it| json!(it))).await?;
    let changed = event(ctx, "notice_rules.changed", ctx.tenant.uuid(), json!({"rules": rules}));
    Ok(tx.commit([changed], ()).await?)
}

async fn in_force(tx: &mut TenantTx) -> Result<(Vec<NoticeRule>, bool), Failure> {
    let own = announcements::rules(tx).await?;
    let own = own.map(serde_json::from_value).transpose().map_err(|it| Failure::Inconsistent(it.to_string()))?;
    Ok(own.map_or_else(|| (standard(), false), |own| (own, true)))
}

fn announcer(app: &App, tenant: &Tenant) -> Ctx {
    let actor = Actor::System("announcer");
    let request = app.ctx_in(None, actor.clone(), RequestId(Uuid::nil())).new_id();
    app.ctx_in(Some(tenant), actor, request)
}
