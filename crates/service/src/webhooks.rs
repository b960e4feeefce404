//! Webhooks: a tenant's administrators say where its events are sent.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{Refusal, UnitId, quotas::Quota, subscriptions::Kinds};
use yishi_store::{WriteTx, deliveries, records, webhooks};

use crate::{App, directory, events::event, failures::Failure, quotas, sessions::Session};

pub use yishi_store::{deliveries::Delivery, webhooks::Webhook};

/// How long the secret before is good besides the new one.
pub const OVERLAP: Duration = Duration::hours(24);

/// The most webhooks that a tenant has.
const MOST: usize = 50;

/// What is said of a webhook.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Where it is called.
    pub url: String,
    /// Which kinds of events it is sent.
    pub kinds: Kinds,
    /// The unit under which what they are about lies.
    pub unit: Option<UnitId>,
}

/// Makes a webhook, which is sent what gets its position from now on, or from a position on.
pub async fn create(app: &App, session: &Session, terms: Terms, from: Option<u64>) -> Result<Uuid, Failure> {
    let ctx = &session.ctx;
    check(app, session, &terms).await?;
    let mut tx = app.db.write(ctx).await?;
    if webhooks::list(&mut tx).await?.len() >= MOST {
        return Err(Refusal::conflict("webhook.too_many", format!("a tenant has at most {MOST} webhooks")).into());
    }
    quotas::require(&mut tx, ctx, session.tenant()?, Quota::Webhooks, 1).await?;
    let size = records::size(&mut tx).await?;
    let webhook = Webhook {
        id: ctx.new_id(),
        url: terms.url,
        kinds: terms.kinds.patterns(),
        unit_id: terms.unit.map(UnitId::uuid),
        position: bigint(from.unwrap_or(size).min(size)),
        secret: app.signing.newest(),
        number: 1,
        previous_until: None,
        disabled_at: None,
        why: None,
        created_at: ctx.wall,
    };
    webhooks::insert(&mut tx, &webhook).await?;
    let body = json!({"kinds": webhook.kinds, "unit": webhook.unit_id, "from": webhook.position});
    Ok(tx.commit([event(ctx, "webhook.created", webhook.id, body)], webhook.id).await?)
}

/// Lists the webhooks, the oldest first.
pub async fn list(app: &App, session: &Session) -> Result<Vec<Webhook>, Failure> {
    Ok(webhooks::list(&mut app.db.read(&session.ctx).await?).await?)
}

/// Finds a webhook.
pub async fn get(app: &App, session: &Session, id: Uuid) -> Result<Webhook, Failure> {
    Ok(webhooks::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?)
}

/// Changes what is said of a webhook; `fits` refuses where it is not as the caller knows it.
pub async fn change<E: From<Failure>>(
    app: &App,
    session: &Session,
    id: Uuid,
    terms: Terms,
    fits: impl FnOnce(&Webhook) -> Result<(), E>,
) -> Result<(), E> {
    check(app, session, &terms).await?;
    let (mut tx, mut webhook) = hold(app, session, id).await?;
    fits(&webhook)?;
    webhook.url = terms.url;
    webhook.kinds = terms.kinds.patterns();
    webhook.unit_id = terms.unit.map(UnitId::uuid);
    let body = json!({"kinds": webhook.kinds, "unit": webhook.unit_id});
    save(&mut tx, &webhook).await?;
    commit(session, tx, "webhook.changed", id, body).await.map_err(E::from)
}

/// Takes a webhook away, with what is still to be sent and the log.
pub async fn remove(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let (mut tx, _) = hold(app, session, id).await?;
    webhooks::delete(&mut tx, id).await?;
    commit(session, tx, "webhook.removed", id, json!({})).await
}

/// Gives a webhook another secret; for a day what is sent is signed with the one before too.
pub async fn rotate(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let (mut tx, mut webhook) = hold(app, session, id).await?;
    webhook.number += 1;
    webhook.previous_until = Some(session.ctx.wall + OVERLAP);
    save(&mut tx, &webhook).await?;
    commit(session, tx, "webhook.secret_rotated", id, json!({"number": webhook.number})).await
}

/// Has a webhook called again, beginning with what was not delivered.
pub async fn enable(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let (mut tx, mut webhook) = hold(app, session, id).await?;
    (webhook.disabled_at, webhook.why) = (None, None);
    save(&mut tx, &webhook).await?;
    deliveries::revive(&mut tx, id, session.ctx.wall).await?;
    commit(session, tx, "webhook.enabled", id, json!({})).await
}

/// Sends a webhook everything again from a position on, under the same ids.
pub async fn replay(app: &App, session: &Session, id: Uuid, from: u64) -> Result<(), Failure> {
    let (mut tx, mut webhook) = hold(app, session, id).await?;
    let size = records::size(&mut tx).await?;
    if from > size {
        let text = format!("the record has {size} events");
        return Err(Refusal::invalid("webhook.unknown_position", "from", text).into());
    }
    deliveries::rewind(&mut tx, id, from).await?;
    webhook.position = webhook.position.min(bigint(from));
    save(&mut tx, &webhook).await?;
    commit(session, tx, "webhook.replayed", id, json!({"from": from})).await
}

/// Makes an event that is sent to this webhook alone, whatever it is sent otherwise; gives the event.
pub async fn test(app: &App, session: &Session, id: Uuid) -> Result<Uuid, Failure> {
    let (tx, _) = hold(app, session, id).await?;
    let event = event(&session.ctx, "webhook.tested", id, json!({}));
    let told = event.id.uuid();
    Ok(tx.commit([event], told).await?)
}

/// Lists a webhook's deliveries before a position, the latest first.
pub async fn log(
    app: &App,
    session: &Session,
    id: Uuid,
    before: Option<u64>,
    limit: u16,
) -> Result<Vec<Delivery>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    webhooks::find(&mut tx, id).await?.ok_or_else(unknown)?;
    Ok(deliveries::of_webhook(&mut tx, id, before, limit).await?)
}

/// The secret of a webhook as Standard Webhooks writes it: `whsec_` and its base64.
pub fn secret(app: &App, session: &Session, webhook: &Webhook) -> Result<String, Failure> {
    let slug = &session.tenant()?.slug;
    Ok(crate::couriers::written(&crate::couriers::secret(app, slug, webhook, webhook.number)?))
}

async fn check(app: &App, session: &Session, terms: &Terms) -> Result<(), Failure> {
    app.outbound.check("url", &terms.url)?;
    if let Some(unit) = terms.unit {
        directory::get_unit(app, session, unit).await.map_err(|failure| failure.within("unit"))?;
    }
    Ok(())
}

async fn hold(app: &App, session: &Session, id: Uuid) -> Result<(WriteTx, Webhook), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let webhook = webhooks::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    Ok((tx, webhook))
}

async fn save(tx: &mut WriteTx, webhook: &Webhook) -> Result<(), Failure> {
    Ok(webhooks::save(tx, webhook).await?)
}

async fn commit(
    session: &Session,
    tx: WriteTx,
    kind: &'static str,
    id: Uuid,
    body: serde_json::Value,
) -> Result<(), Failure> {
    Ok(tx.commit([event(&session.ctx, kind, id, body)], ()).await?)
}

fn unknown() -> Refusal {
    Refusal::not_found("webhook.unknown", "there is no such webhook in this tenant")
}

fn bigint(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
