//! Couriers: they call webhooks with what happened, sign it, try again, and give up in the end.
//!
//! A delivery is a CloudEvent (1.0, JSON format) signed as Standard Webhooks says (`v1`, HMAC-SHA256). Its id is the event's, whatever becomes of
//! the courier, so that a receiver knows again what it was sent twice.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;
use yishi_domain::{Actor, Ctx, RequestId, StoredEvent, schemas, subscriptions::Kinds};
use yishi_store::{
    deliveries::{self, Due, Outcome},
    due::Work,
    feeds::Wanted,
    tenants::Tenant,
    units,
    webhooks::{self, Webhook},
};

use crate::{App, app::part, events::event, failures::Failure, outbound::reason, sequencing::SequenceError};

/// How long a courier that says nothing keeps what it took: longer than a call and what follows it may take.
const LEASE: Duration = Duration::seconds(30);

/// How many events one step takes over for a webhook, and how many one round delivers of a tenant.
const TAKEN: u16 = 500;
const ROUND: u16 = 32;

/// How long the log keeps what was delivered.
pub const KEPT: Duration = Duration::days(30);

const DERIVATION: &[u8] = b"yishi webhook secret v1";

/// What webhooks wait for, which is sent to them but would keep them all busy if it were told of them all.
const TESTED: &str = "webhook.tested";

/// Takes over new events and begins deliveries in every tenant, some of each; tells how much there was to do.
///
/// A webhook that answers slowly holds up neither another webhook nor another tenant: each has a courier of its own.
pub async fn round(app: &Arc<App>) -> Result<usize, Failure> {
    let mut done = 0;
    for tenant in app.due(Work::Deliveries).await? {
        done += part("deliveries", &tenant, turn(app, &tenant).await);
    }
    Ok(done)
}

async fn turn(app: &Arc<App>, tenant: &Tenant) -> Result<usize, Failure> {
    let ctx = courier(app, tenant);
    let all = webhooks::list(&mut app.db.read(&ctx).await?).await?;
    let mut done = 0;
    for webhook in all.iter().filter(|it| it.disabled_at.is_none()) {
        done += take_over(app, &ctx, webhook).await?;
    }
    Ok(done + send_some(app, &ctx, &tenant.slug, all).await?)
}

/// Forgets what was delivered long ago, in every tenant; tells how many deliveries.
pub async fn forget(app: &App) -> Result<usize, Failure> {
    let mut forgotten = 0;
    for tenant in app.tenants().await? {
        forgotten += part("forgetting deliveries", &tenant, forget_of(app, &tenant).await);
    }
    Ok(forgotten)
}

async fn forget_of(app: &App, tenant: &Tenant) -> Result<usize, Failure> {
    let ctx = courier(app, tenant);
    let mut tx = app.db.record(&ctx).await?;
    let forgotten = deliveries::forget(&mut tx, ctx.wall - KEPT).await?;
    tx.commit().await?;
    Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
}

async fn take_over(app: &App, ctx: &Ctx, webhook: &Webhook) -> Result<usize, Failure> {
    let mut tx = app.db.record(ctx).await?;
    let path = match webhook.unit_id {
        Some(unit) => units::find(&mut tx, unit.into()).await?.map(|it| it.path),
        None => None,
    };
    let wanted = |it: &Webhook| {
        let mut kinds = Kinds::of(&it.kinds).unwrap_or_default();
        if !kinds.is_all() {
            kinds.exact.push(TESTED.to_owned());
        }
        Wanted { from: it.position.unsigned_abs(), kinds, path: path.clone(), limit: TAKEN }
    };
    let takes = |it: &Webhook, event: &StoredEvent| event.kind != TESTED || event.subject == it.id;
    let taken = deliveries::take_over(&mut tx, webhook.id, wanted, takes, ctx.wall).await?;
    tx.commit().await?;
    Ok(usize::try_from(taken).unwrap_or(usize::MAX))
}

async fn send_some(app: &Arc<App>, ctx: &Ctx, slug: &str, all: Vec<Webhook>) -> Result<usize, Failure> {
    let busy: Vec<_> = app.busy().iter().copied().collect();
    let mut tx = app.db.record(ctx).await?;
    let due = deliveries::claim(&mut tx, &busy, ctx.wall, ctx.wall + LEASE, ROUND).await?;
    tx.commit().await?;
    let mut apart: HashMap<Uuid, Vec<Due>> = HashMap::new();
    let count = due.len();
    for it in due {
        apart.entry(it.webhook).or_default().push(it);
    }
    for webhook in all {
        let Some(due) = apart.remove(&webhook.id) else { continue };
        app.busy().insert(webhook.id);
        let (app, ctx, slug) = (Arc::clone(app), ctx.clone(), slug.to_owned());
        tokio::spawn(async move {
            if let Err(error) = send(&app, &ctx, &slug, &webhook, due).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, tenant = slug, webhook = %webhook.id, "deliveries were not settled");
            }
            app.busy().remove(&webhook.id);
        });
    }
    Ok(count)
}

/// Sends what is due to a webhook, all at once since no two are about the same, and keeps what came of it.
async fn send(app: &Arc<App>, ctx: &Ctx, slug: &str, webhook: &Webhook, due: Vec<Due>) -> Result<(), Failure> {
    let secrets = Arc::new(secrets(app, slug, webhook, ctx.wall)?);
    let mut calls = tokio::task::JoinSet::new();
    for it in due {
        let (app, secrets, url, slug) = (Arc::clone(app), Arc::clone(&secrets), webhook.url.clone(), slug.to_owned());
        calls.spawn(async move {
            let answer = call(&app, &url, &slug, &it.event, &secrets).await;
            (it, answer)
        });
    }
    let (mut outcomes, mut given_up) = (Vec::new(), None);
    for (it, answer) in calls.join_all().await {
        let position = it.event.position.unwrap_or_default();
        let now = (app.sources.now)();
        tracing::event!(
            target: "yishi_metrics",
            tracing::Level::INFO,
            histogram.webhook.lag = (now - it.event.recorded_at).as_seconds_f64(),
            delivered = answer.as_ref().is_ok_and(|it| (200..300).contains(it)),
        );
        outcomes.push(match answer {
            Ok(status) if (200..300).contains(&status) => Outcome { position, status: Some(status), failure: None },
            answer => {
                let status = answer.as_ref().ok().copied();
                let why = answer.map_or_else(|why| why, |status| format!("it answered {status}"));
                // Gone means that nobody waits for this any more (RFC 9110, section 15.5.11; Standard Webhooks).
                let wait = app.outbound.retries.after(it.attempt).filter(|_| status != Some(410));
                if wait.is_none() {
                    given_up = Some(why.clone());
                }
                let due = now + wait.and_then(|it| Duration::from_std(it).ok()).unwrap_or(LEASE);
                Outcome { position, status, failure: Some((why, due)) }
            }
        });
    }
    let at = (app.sources.now)();
    let mut tx = app.db.record(ctx).await?;
    deliveries::settle(&mut tx, webhook.id, &outcomes, at).await?;
    tx.commit().await?;
    match given_up {
        Some(why) => disable(app, ctx, webhook.id, why).await,
        None => Ok(()),
    }
}

/// Stops calling a webhook; what was not delivered waits until it is enabled again.
async fn disable(app: &App, ctx: &Ctx, id: Uuid, why: String) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let Some(mut webhook) = webhooks::lock(&mut tx, id).await?.filter(|it| it.disabled_at.is_none()) else {
        return Ok(());
    };
    webhook.disabled_at = Some((app.sources.now)());
    webhook.why = Some(why);
    webhooks::save(&mut tx, &webhook).await?;
    let told = event(ctx, "webhook.disabled", id, json!({"position": webhook.position}));
    Ok(tx.commit([told], ()).await?)
}

/// Calls a webhook; gives the answer's status, or why there is none.
async fn call(app: &App, url: &str, slug: &str, event: &StoredEvent, secrets: &[[u8; 32]]) -> Result<u16, String> {
    let url = app.outbound.check("url", url).map_err(|refusal| refusal.detail)?;
    let schema = schemas::find(&event.kind, None).and_then(|it| app.link(&it.path()));
    let body = cloud_event(slug, event, schema).to_string();
    let at = (app.sources.now)().timestamp().to_string();
    let id = event.id.to_string();
    let signatures: Vec<_> = secrets.iter().map(|it| sign(it, &id, &at, &body)).collect();
    let request = app
        .outbound
        .client
        .post(url)
        .header("content-type", "application/cloudevents+json; charset=utf-8")
        .header("webhook-id", &id)
        .header("webhook-timestamp", &at)
        .header("webhook-signature", signatures.join(" "))
        .body(body);
    let answer = request.send().await.map_err(|error| reason(&error))?;
    Ok(answer.status().as_u16())
}

/// An event as a CloudEvent; its data is the event as the change feed tells it, and fits the schema where it is known from where that is got.
pub fn cloud_event(slug: &str, it: &StoredEvent, schema: Option<String>) -> Value {
    let instant = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let position = it.position.unwrap_or_default();
    let mut event = json!({
        "specversion": "1.0",
        "id": it.id,
        "source": format!("/v1/{slug}"),
        "type": it.kind,
        "subject": it.subject,
        "time": instant(&it.at),
        "sequence": format!("{position:020}"),
        "datacontenttype": "application/json",
        "data": {
            "id": it.id,
            "position": position,
            "kind": it.kind,
            "subject": it.subject,
            "actor": it.actor,
            "at": instant(&it.at),
            "recorded_at": instant(&it.recorded_at),
            "body": it.body,
        },
    });
    if let Some(schema) = schema {
        event["dataschema"] = schema.into();
    }
    event
}

/// The signature of a message (Standard Webhooks, `v1`).
pub fn sign(secret: &[u8], id: &str, at: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A secret as it is handed over.
pub(crate) fn written(secret: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// A webhook's number-th secret, derived from the installation's (HKDF, RFC 5869).
pub(crate) fn secret(app: &App, slug: &str, webhook: &Webhook, number: i32) -> Result<[u8; 32], SequenceError> {
    let from = app.signing.secret(webhook.secret)?;
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(Some(DERIVATION), from)
        .expand(format!("{slug}\n{}\n{number}", webhook.id).as_bytes(), &mut derived)
        .expect("32 bytes are not too many");
    Ok(derived)
}

/// The secrets that are good now, the newest first.
fn secrets(app: &App, slug: &str, webhook: &Webhook, now: DateTime<Utc>) -> Result<Vec<[u8; 32]>, SequenceError> {
    let overlaps = webhook.previous_until.is_some_and(|until| now < until);
    let numbers = [Some(webhook.number), overlaps.then_some(webhook.number - 1)];
    numbers.into_iter().flatten().map(|number| secret(app, slug, webhook, number)).collect()
}

fn courier(app: &App, tenant: &Tenant) -> Ctx {
    let actor = Actor::System("couriers");
    let request = app.ctx_in(None, actor.clone(), RequestId(Uuid::nil())).new_id();
    app.ctx_in(Some(tenant), actor, request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        // The example of the specification's reference implementations.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
