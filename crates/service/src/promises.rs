//! Promises and receipts: what a voter holds at once, and what proves afterwards that it was kept.

use yishi_domain::{Ctx, Event, EventId, Refusal, StoredEvent};
use yishi_record::{leaves, promises, proofs, trees};
use yishi_store::{TenantTx, events, records};

use crate::{App, failures::Failure, keys, sequencing::SequenceError, sessions::Session, witnessing};

/// Promises that an event that is about to be committed will be in the record, under a signature of the record's key.
pub async fn promise(app: &App, ctx: &Ctx, slug: &str, tx: &mut TenantTx, event: &Event) -> Result<String, Failure> {
    let mut promises = promise_all(app, slug, tx, &[(ctx, event)]).await?;
    promises.pop().ok_or_else(|| Failure::Inconsistent("an event has no promise".into()))
}

/// Promises that events that are about to be committed together, each in a context of its own, will be in the record of the transaction's tenant;
/// the promises are in the order of the events.
pub async fn promise_all(
    app: &App,
    slug: &str,
    tx: &mut TenantTx,
    events: &[(&Ctx, &Event)],
) -> Result<Vec<String>, Failure> {
    let Some((latest, _)) = events.iter().max_by_key(|(ctx, _)| ctx.wall) else { return Ok(Vec::new()) };
    let key = keys::promising(app, latest, slug, tx).await?;
    let leaves: Vec<_> = events.iter().map(|(ctx, event)| (event.id, leaf(ctx, slug, event))).collect();
    Ok(promises::promise(&key, &leaves, latest.wall)?)
}

/// The hash of the leaf that an event will have.
fn leaf(ctx: &Ctx, slug: &str, event: &Event) -> trees::Hash {
    let committed = StoredEvent {
        id: event.id,
        kind: event.kind.to_owned(),
        subject: event.subject,
        actor: ctx.actor.kind().to_owned(),
        at: ctx.now,
        recorded_at: ctx.wall,
        body: event.body.clone(),
        position: None,
    };
    leaves::leaf_hash(slug, &committed)
}

/// Proves that an event is in the record, as C2SP tlog-proof writes it.
pub async fn receipt(app: &App, session: &Session, id: EventId) -> Result<String, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unknown = || Refusal::not_found("receipt.unknown", "there is no such event in this tenant");
    let event = events::find(&mut tx, id).await?.ok_or_else(unknown)?;
    // The positions of a batch are committed together with the checkpoint that covers them, which is read after them.
    let (Some(position), Some((size, signed_at, note))) = (event.position, records::latest_checkpoint(&mut tx).await?)
    else {
        let text = "the event does not have its place in the record yet";
        return Err(Refusal::conflict("receipt.not_yet", text).with_fix("ask again in a few seconds").into());
    };
    let known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_inclusion(size, position)).await?);
    let hashes = trees::prove_inclusion(&known, size, position).map_err(SequenceError::from)?;
    let handovers = keys::handovers(&mut tx).await?;
    let extra = proofs::Extra { leaf: leaves::leaf_json(&session.tenant()?.slug, &event), handovers };
    let checkpoint = witnessing::with_cosignatures(&mut tx, (size, signed_at, note)).await?;
    Ok(proofs::Proof { extra, position, hashes, checkpoint }.write())
}
