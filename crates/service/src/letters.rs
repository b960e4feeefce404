//! Letters go out: due ones are claimed, written in their reader's language, sent, and tried again; in the end each was sent or has a reason.
//!
//! Every tenant in which something is due has a task of its own, so that nobody's thousands hold up another's one; within a tenant what is
//! urgent goes first. A letter's id is that of its message, whatever becomes of the process that sends it.

pub mod bounces;
mod posts;
mod proofs;
pub mod unsubscribing;
pub(crate) mod wording;

use std::sync::Arc;

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    Actor, Ctx, Refusal, RequestId,
    access::Role,
    letters::{Carrier, Wish},
};
use yishi_store::{
    contacts,
    due::Work,
    letters::{self, Content, Due, Outcome},
    templates::{self, Template},
    tenants::Tenant,
};

pub(crate) use self::posts::Posts;
pub use self::posts::{Postal, RETRIES};
pub use yishi_store::letters::Letter;

use self::posts::{Mail, OF_A_TENANT, Untaken};
use crate::{App, app::part, events::event, failures::Failure, sessions::Session};

/// How long whoever says nothing keeps what it took: longer than a sending and what follows it may take.
const LEASE: Duration = Duration::minutes(2);

/// How long the log keeps what was settled.
const KEPT: Duration = Duration::days(90);

/// Begins to send what is due, in every tenant where something is; tells in how many it began.
pub async fn round(app: &Arc<App>) -> Result<usize, Failure> {
    let mut begun = 0;
    for tenant in app.due(Work::Letters).await? {
        if !app.posts.begin(tenant.id) {
            continue;
        }
        begun += 1;
        let turn = Turn { app: Arc::clone(app), tenant };
        tokio::spawn(async move {
            if let Err(error) = turn.take().await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, tenant = turn.tenant.slug, "letters were not settled");
            }
        });
    }
    Ok(begun)
}

/// A tenant's letters in this process, which lets go of them however it ends.
struct Turn {
    app: Arc<App>,
    tenant: Tenant,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.app.posts.end(self.tenant.id);
    }
}

impl Turn {
    /// Sends what is due, until nothing is; a few at once, so that little is sent again if the process dies.
    async fn take(&self) -> Result<(), Failure> {
        let (app, tenant) = (&self.app, &self.tenant);
        loop {
            let ctx = postman(app, tenant);
            let mut tx = app.db.record(&ctx).await?;
            let due = letters::claim(&mut tx, ctx.now, ctx.now + LEASE, OF_A_TENANT).await?;
            tx.commit().await?;
            if due.is_empty() {
                return Ok(());
            }
            send(app, &ctx, tenant, due).await?;
        }
    }
}

/// Forgets what was settled long ago, in every tenant; tells how many letters.
pub async fn forget(app: &App) -> Result<usize, Failure> {
    let mut forgotten = 0;
    for tenant in app.tenants().await? {
        forgotten += part("forgetting letters", &tenant, forget_of(app, &tenant).await);
    }
    Ok(forgotten)
}

async fn forget_of(app: &App, tenant: &Tenant) -> Result<usize, Failure> {
    let ctx = postman(app, tenant);
    let mut tx = app.db.record(&ctx).await?;
    let forgotten = letters::forget(&mut tx, ctx.now - KEPT).await?;
    tx.commit().await?;
    Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
}

/// Sends letters at once, and keeps what came of them.
async fn send(app: &Arc<App>, ctx: &Ctx, tenant: &Tenant, due: Vec<Due>) -> Result<(), Failure> {
    let ids: Vec<_> = due.iter().map(|it| it.id).collect();
    let mut tx = app.db.read(ctx).await?;
    let mut contents = letters::contents(&mut tx, &ids).await?;
    let own = Arc::new(templates::list(&mut tx).await?);
    drop(tx);
    let tenant = Arc::new(tenant.clone());
    let mut sendings = tokio::task::JoinSet::new();
    for it in due {
        let Some(content) = contents.remove(&it.id) else { continue };
        let (app, ctx, tenant, own) = (Arc::clone(app), ctx.clone(), Arc::clone(&tenant), Arc::clone(&own));
        sendings.spawn(async move {
            let outcome = send_one(&app, &ctx, &tenant, &own, &it, &content).await;
            (it, content.address, outcome)
        });
    }
    let done = sendings.join_all().await;
    let now = postman(app, &tenant).now;
    let mut tx = app.db.record(ctx).await?;
    for (it, address, outcome) in &done {
        if let (Outcome::Refused(why), Some(address)) = (outcome, address) {
            contacts::refuse(&mut tx, it.member, it.carrier, address, why, now).await?;
        }
        tracing::event!(
            target: "yishi_metrics",
            tracing::Level::INFO,
            histogram.letter.lag = (now - it.since).as_seconds_f64(),
            carrier = it.carrier.code(),
            outcome = outcome.code().unwrap_or("again"),
        );
    }
    let outcomes: Vec<_> = done.into_iter().map(|(it, _, outcome)| (it.id, outcome)).collect();
    letters::settle(&mut tx, &outcomes, now).await?;
    Ok(tx.commit().await?)
}

async fn send_one(app: &App, ctx: &Ctx, tenant: &Tenant, own: &[Template], it: &Due, content: &Content) -> Outcome {
    let wish = match it.carrier {
        Carrier::Email => content.preferences.email,
        Carrier::Sms => content.preferences.sms,
    };
    let Some(address) = content.address.clone().filter(|_| wish != Wish::Nothing) else {
        let why =
            if wish == Wish::Nothing { "they want nothing by it any more" } else { "there is no address any more" };
        return Outcome::Dropped(why.into());
    };
    let text = match wording::text(app, tenant, own, it, content) {
        Ok(text) => text,
        Err(error) => return Outcome::Dead(format!("the text cannot be made: {error}")),
    };
    // The semaphore is never closed.
    let _place = app.posts.places.acquire().await;
    let sent = match it.carrier {
        Carrier::Sms => app.posts.text(&app.outbound, it.id, &address, &text.body).await,
        Carrier::Email => {
            let locale = content.preferences.locale.code();
            let unsubscribe = text.unsubscribe;
            let return_path = app.posts.bounces.as_ref().map(|base| bounces::return_path(app, base, it.id)).transpose();
            let return_path = match return_path {
                Ok(return_path) => return_path,
                Err(error) => return Outcome::Dead(format!("there is no return path: {error}")),
            };
            let (to, subject, text, at) = (address, text.subject, text.body, ctx.wall);
            app.posts.mail(Mail { id: it.id, to, subject, text, locale, unsubscribe, return_path, at }).await
        }
    };
    match sent {
        Ok(()) => Outcome::Sent,
        Err(Untaken { why, for_good: true }) => Outcome::Refused(why),
        Err(Untaken { why, for_good: false }) => {
            let wait = app.posts.retries.after(it.attempt).and_then(|wait| Duration::from_std(wait).ok());
            wait.map_or_else(|| Outcome::Dead(why.clone()), |wait| Outcome::Again(why.clone(), ctx.now + wait))
        }
    }
}

/// Lists letters before one, the latest first; of an outcome where that is given.
pub async fn list(
    app: &App,
    session: &Session,
    outcome: Option<&str>,
    before: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Letter>, Failure> {
    session.require_role(Role::Administrator, &session.root()?)?;
    Ok(letters::list(&mut app.db.read(&session.ctx).await?, outcome, before, limit).await?)
}

/// Has a letter tried again that was not sent, or came back, under the id that it has; an address that was refused gets another try.
pub async fn revive(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("letter.unknown", "there is no such letter in this tenant");
    let letter = letters::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if letter.outcome.as_deref().is_none_or(|it| it == "sent") {
        let text = "it was sent, or is still being tried";
        return Err(Refusal::conflict("letter.not_dead", text).with_fix("list letters by their outcome").into());
    }
    letters::revive(&mut tx, id, ctx.now).await?;
    let carrier =
        letter.channel.parse().map_err(|_| Failure::Inconsistent(format!("a letter by {}", letter.channel)))?;
    contacts::allow(&mut tx, letter.member_id, carrier).await?;
    Ok(tx.commit([event(ctx, "letter.revived", id, json!({}))], ()).await?)
}

fn postman(app: &App, tenant: &Tenant) -> Ctx {
    let actor = Actor::System("letters");
    let request = app.ctx_in(None, actor.clone(), RequestId(Uuid::nil())).new_id();
    app.ctx_in(Some(tenant), actor, request)
}
