//! Promises and receipts: what a voter holds at once, and what proves afterwards that it was kept.

use yishi_domain::{Ctx, Event, EventId, Refusal, StoredEvent};
use yishi_record::{leaves, promises, proofs, trees};
use yishi_store::{TenantTx, events, records};

use crate::{App, failures::Failure, keys, sequencing::SequenceError, sessions::Session, witnessing};

/// Promises that an event that is about to be committed will be in the record: a note signed by the record's key.
pub async fn promise(app: &App, ctx: &Ctx, slug: &str, tx: &mut TenantTx, event: &Event) -> Result<String, Failure> {
    let key = keys::promising(app, ctx, slug, tx).await?;
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
    let leaf = leaves::leaf_hash(slug, &committed);
    Ok(promises::promise(&key, event.id, leaf, ctx.wall)?)
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
