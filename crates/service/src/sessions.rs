//! Sessions: who asks, in which tenant, and whether they may do the operation.

use chrono::{DateTime, Duration, Utc};
use serde::de::DeserializeOwned;
use yishi_domain::{
    Actor, Ctx, IdempotencyKey, MemberId, Refusal, RefusalKind, RequestId,
    access::{Grant, Role, reaches},
};
use yishi_store::{grants, idempotency, members, tenants::Tenant};

use crate::{App, failures::Failure, tokens::Bearer};

/// Who may do an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a token.
    Public,
    /// Every member of the tenant.
    AnyMember,
    /// Members of the tenant who hold one of these roles at some unit; how far it reaches is checked with the thing.
    Roles(&'static [Role]),
    /// Operators of the platform.
    Platform,
}

/// An admitted request.
#[derive(Debug)]
pub struct Session {
    /// The context to act with.
    pub ctx: Ctx,
    /// The tenant of the path, where it has one.
    pub tenant: Option<Tenant>,
    /// The roles that the member holds.
    pub grants: Vec<Grant>,
    access: Access,
}

impl Session {
    /// The tenant of the path.
    pub fn tenant(&self) -> Result<&Tenant, Failure> {
        self.tenant.as_ref().ok_or_else(|| unknown_tenant().into())
    }

    /// The path of the tenant's root.
    pub fn root(&self) -> Result<String, Failure> {
        Ok(format!("{}/", self.tenant()?.code))
    }

    /// The member who acts.
    pub fn member(&self) -> Result<MemberId, Failure> {
        match self.ctx.actor {
            Actor::Member(id) => Ok(id),
            _ => Err(forbidden("this is for members of the tenant").into()),
        }
    }

    /// Tells whether the member holds one of the roles at the unit with this path, or above it.
    pub fn holds(&self, roles: &[Role], path: &str) -> bool {
        reaches(&self.grants, roles, path)
    }

    /// The paths of the units at which the member holds one of the roles.
    pub fn reach(&self, roles: &[Role]) -> Vec<String> {
        self.grants.iter().filter(|grant| roles.contains(&grant.role)).map(|grant| grant.path.clone()).collect()
    }

    /// Refuses where the member does not hold the role at the unit with this path, or above it.
    pub fn require_role(&self, role: Role, path: &str) -> Result<(), Failure> {
        match self.holds(&[role], path) {
            true => Ok(()),
            false => Err(forbidden(&format!("this needs the role {role} at this unit or above it")).into()),
        }
    }

    /// Does an act once for the request's idempotency key: a repeated request gets the first one's answer, and the same key with another
    /// request is refused.
    ///
    /// Whatever else is asked before the act, such as an `If-Match`, belongs into it: what was answered is not asked again.
    pub async fn once<T: DeserializeOwned, E: From<Failure>>(
        &self,
        app: &App,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match &self.ctx.once {
            None => act.await,
            Some(key) => match self.kept(app, key).await? {
                Some(answer) => Ok(answer),
                None => act.await,
            },
        }
    }

    /// The answer that is kept with a key.
    async fn kept<T: DeserializeOwned>(&self, app: &App, key: &IdempotencyKey) -> Result<Option<T>, Failure> {
        let kept = idempotency::find(&mut app.db.read(&self.ctx).await?, &self.ctx.actor.principal(), key).await?;
        match kept {
            None => Ok(None),
            Some((request, answer)) if request.is_none_or(|it| it == key.request) => {
                serde_json::from_value(answer).map(Some).map_err(|error| Failure::Inconsistent(error.to_string()))
            }
            Some(_) => {
                let text = "this key was used with another request";
                let refusal = Refusal::invalid("request.key_reused", "Idempotency-Key", text);
                Err(refusal
                    .with_fix("send a new key with a new request, and the same key only with the same one")
                    .into())
            }
        }
    }

    /// Refuses where none of the roles that the operation asks for reaches the unit with this path.
    pub fn require_reach(&self, path: &str) -> Result<(), Failure> {
        match self.access {
            Access::Roles(roles) if !reaches(&self.grants, roles, path) => {
                Err(forbidden("your role does not reach this unit").into())
            }
            _ => Ok(()),
        }
    }
}

/// A request of somebody whose token speaks for a member of the path's tenant; what the database knows of both is still to be asked.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The tenant's slug.
    pub tenant: String,
    /// The member.
    pub member: MemberId,
    /// The request.
    pub request: RequestId,
    /// When it came, by the wall clock.
    pub wall: DateTime<Utc>,
    /// Its idempotency key, where there is one.
    pub once: Option<IdempotencyKey>,
}

/// Checks the token of a request to an operation for members.
pub fn claim(
    app: &App,
    token: Option<&str>,
    slug: Option<&str>,
    request: RequestId,
    once: Option<IdempotencyKey>,
) -> Result<Claim, Failure> {
    let wall = (app.sources.now)();
    match bearer(app, token, wall)? {
        Bearer::Operator(_) => Err(forbidden("this is for members of the tenant").into()),
        Bearer::Member { tenant, member } if slug == Some(&tenant) => Ok(Claim { tenant, member, request, wall, once }),
        Bearer::Member { .. } => Err(unknown_tenant().into()),
    }
}

/// Admits a claim to an operation, or refuses it.
///
/// Membership and roles are read for every request, so that what was taken away is gone at once.
pub async fn admit_claim(app: &App, access: Access, claim: Claim) -> Result<Session, Failure> {
    let Claim { tenant, member, request, wall, once } = claim;
    let tenant = app.tenant(&tenant).await?.ok_or_else(unknown_tenant)?;
    let ctx = app.ctx_in(Some(&tenant), Actor::Member(member), request);
    let ctx = Ctx { now: wall + Duration::milliseconds(tenant.clock_offset_ms), wall, once, ..ctx };
    let mut tx = app.db.read(&ctx).await?;
    if members::find(&mut tx, member).await?.is_none() {
        return Err(unauthenticated("session.unknown_member", "the token's member is not here").into());
    }
    let grants = grants::of_member(&mut tx, member, ctx.now).await?;
    match access {
        Access::Roles(roles) if !grants.iter().any(|it| roles.contains(&it.role)) => {
            Err(forbidden("your roles do not allow this").into())
        }
        _ => Ok(Session { ctx, tenant: Some(tenant), grants, access }),
    }
}

/// Admits a request to an operation, or refuses it: first whether the token is good, then the tenant, then the role.
pub async fn admit(
    app: &App,
    access: Access,
    token: Option<&str>,
    slug: Option<&str>,
    request: RequestId,
    once: Option<IdempotencyKey>,
) -> Result<Session, Failure> {
    if matches!(access, Access::AnyMember | Access::Roles(_)) {
        return admit_claim(app, access, claim(app, token, slug, request, once)?).await;
    }
    let actor = match access {
        Access::Platform => match bearer(app, token, (app.sources.now)())? {
            Bearer::Operator(name) => Actor::Operator(name),
            Bearer::Member { .. } => return Err(forbidden("this is for the platform's operators").into()),
        },
        _ => Actor::System("public"),
    };
    let tenant = match slug {
        Some(slug) => Some(app.tenant(slug).await?.ok_or_else(unknown_tenant)?),
        None if access == Access::Platform => None,
        None => return Err(unknown_tenant().into()),
    };
    // Keys are kept with a tenant's data; what an operator does to no tenant in particular is idempotent by itself.
    let ctx = Ctx { once: once.filter(|_| tenant.is_some()), ..app.ctx_in(tenant.as_ref(), actor, request) };
    Ok(Session { ctx, tenant, grants: Vec::new(), access })
}

/// The session of a member for whom something else than a token of theirs speaks, in the tenant of a visitor's request.
pub(crate) async fn speaking_for(
    app: &App,
    visitor: &Session,
    member: MemberId,
    access: Access,
) -> Result<Session, Failure> {
    let ctx = Ctx { actor: Actor::Member(member), ..visitor.ctx.clone() };
    let grants = grants::of_member(&mut app.db.read(&ctx).await?, member, ctx.now).await?;
    Ok(Session { ctx, tenant: visitor.tenant.clone(), grants, access })
}

fn bearer(app: &App, token: Option<&str>, wall: DateTime<Utc>) -> Result<Bearer, Refusal> {
    let token = token.ok_or_else(|| unauthenticated("session.no_token", "this needs a token"))?;
    app.issuer.check(token, wall)
}

fn unauthenticated(code: &'static str, detail: &str) -> Refusal {
    Refusal::new(RefusalKind::Unauthenticated, code, detail)
        .with_fix("send `Authorization: Bearer` and a token from `yishi token`")
}

fn forbidden(detail: &str) -> Refusal {
    Refusal::new(RefusalKind::Forbidden, "session.forbidden", detail)
}

fn unknown_tenant() -> Refusal {
    Refusal::not_found("tenant.unknown", "there is no such tenant for you")
}
