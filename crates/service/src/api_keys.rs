//! Keys by which other systems, such as the hotline or the government-service site, speak for a member in what they bring.

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use yishi_domain::{
    ApiKeyId, Digest, MemberId, Refusal, RefusalKind, UnitId,
    access::{Role, reaches},
    channels::Channel,
};
use yishi_store::{
    api_keys::{self, ApiKey},
    grants, members,
};

use crate::{
    App,
    cases::require_text,
    directory::{find_unit, require_unit},
    events::event,
    failures::Failure,
    sessions::{self, Access, Session},
};

pub use yishi_store::api_keys as stored;

/// How long a key is good at most.
pub const LONGEST: Duration = Duration::days(730);

/// The most keys that a tenant has, those taken back included.
const MOST: usize = 1_000;

/// What is said of a key.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The system that gets it.
    pub name: String,
    /// For whom it speaks: a coordinator of the unit.
    pub member: MemberId,
    /// Where what comes with it belongs, unless it says otherwise.
    pub unit: UnitId,
    /// By which channel what comes with it came.
    pub channel: Channel,
    /// For how many days it is good.
    pub days: u16,
}

/// Makes a key for a coordinator of a unit; what it is can be asked for by its identifier, as long as the request is known.
pub async fn create(app: &App, session: &Session, new: NewKey) -> Result<ApiKeyId, Failure> {
    let ctx = &session.ctx;
    require_text("api_key.bad_name", "name", &new.name, 100)?;
    if !matches!(new.channel, Channel::Hotline | Channel::GovernmentSite) {
        let text = "what comes with a key came by the hotline or the government-service site";
        return Err(Refusal::invalid("api_key.bad_channel", "channel", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let unit = require_unit(&mut tx, new.unit, "unit").await?;
    session.require_reach(&unit.path)?;
    if members::find(&mut tx, new.member).await?.is_none() {
        return Err(Refusal::invalid("member.unknown", "member", "there is no such member").into());
    }
    if !reaches(&grants::of_member(&mut tx, new.member, ctx.now).await?, &[Role::Coordinator], &unit.path) {
        let refusal = Refusal::invalid("api_key.no_role", "member", "they are no coordinator of this unit");
        return Err(refusal.with_fix("give them the role at the unit or above it first").into());
    }
    if api_keys::list(&mut tx).await?.len() >= MOST {
        return Err(Refusal::conflict("api_key.too_many", format!("a tenant has at most {MOST} keys")).into());
    }
    let (id, created_at) = (ctx.new_id(), ctx.wall.trunc_subsecs(0));
    let expires_at = created_at + Duration::days(new.days.into()).min(LONGEST);
    let digest = digest(&app.issuer.issue_key(&session.tenant()?.slug, id, expires_at));
    let NewKey { name, member, unit, channel, .. } = new;
    let key = ApiKey { id, name, member, unit, channel, digest, created_at, expires_at, revoked_at: None };
    api_keys::insert(&mut tx, &key).await?;
    let body = json!({"unit": unit, "channel": channel, "expires_at": expires_at});
    Ok(tx.commit([event(ctx, "api_key.created", id.uuid(), body)], id).await?)
}

/// The text of a key that was just made, with when it expires; it is signed anew, and kept nowhere.
pub async fn text(app: &App, session: &Session, id: ApiKeyId) -> Result<(String, DateTime<Utc>), Failure> {
    let key = api_keys::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?;
    let text = app.issuer.issue_key(&session.tenant()?.slug, id, key.expires_at);
    match digest(&text) == key.digest {
        true => Ok((text, key.expires_at)),
        false => Err(Refusal::conflict("api_key.lost", "the installation signs with another key since").into()),
    }
}

/// Lists the keys, the oldest first.
pub async fn list(app: &App, session: &Session) -> Result<Vec<ApiKey>, Failure> {
    Ok(api_keys::list(&mut app.db.read(&session.ctx).await?).await?)
}

/// Takes a key back at once.
pub async fn revoke(app: &App, session: &Session, id: ApiKeyId) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let key = api_keys::find(&mut tx, id).await?.ok_or_else(unknown)?;
    session.require_reach(&find_unit(&mut tx, key.unit).await?.path)?;
    if !api_keys::revoke(&mut tx, id, ctx.wall).await? {
        return Err(unknown().into());
    }
    Ok(tx.commit([event(ctx, "api_key.revoked", id.uuid(), json!({}))], ()).await?)
}

/// The key that a visitor's request came with, and the session of the member for whom it speaks.
pub async fn admit(app: &App, visitor: &Session, text: Option<&str>) -> Result<(ApiKey, Session), Failure> {
    let refused = |why: &str| Refusal::new(RefusalKind::Forbidden, "api_key.refused", why);
    let text = text.filter(|it| !it.is_empty()).ok_or_else(|| refused("this needs an api_key"))?;
    let bad = || refused("the api_key is not good here: it is unknown, expired or taken back");
    let id = app.issuer.check_key(text, &visitor.tenant()?.slug, visitor.ctx.wall).ok_or_else(bad)?;
    let key = api_keys::find(&mut app.db.read(&visitor.ctx).await?, id).await?;
    let holds = |it: &ApiKey| it.revoked_at.is_none() && it.digest == digest(text);
    let key = key.filter(holds).ok_or_else(bad)?;
    let access = Access::Roles(&[Role::Coordinator]);
    let session = sessions::speaking_for(app, visitor, key.member, access).await?;
    Ok((key, session))
}

fn digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

fn unknown() -> Refusal {
    Refusal::not_found("api_key.unknown", "there is no such key in this tenant")
}
