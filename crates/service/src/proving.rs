//! Proofs from the record: that an event is in it, and that it only ever grew.

use yishi_domain::Ctx;
use yishi_record::trees;
use yishi_store::{Db, records};

use crate::sequencing::SequenceError;

/// Proves that the event at a position is in the tree of a size: sibling hashes, lowest first.
pub async fn prove_inclusion(db: &Db, ctx: &Ctx, size: u64, position: u64) -> Result<Vec<trees::Hash>, SequenceError> {
    let mut tx = db.read(ctx).await?;
    require_size(&mut tx, size.max(position.saturating_add(1))).await?;
    let known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_inclusion(size, position)).await?);
    Ok(trees::prove_inclusion(&known, size, position)?)
}

/// Proves that the tree of an earlier size is the beginning of the tree of a size.
pub async fn prove_consistency(db: &Db, ctx: &Ctx, size: u64, earlier: u64) -> Result<Vec<trees::Hash>, SequenceError> {
    let mut tx = db.read(ctx).await?;
    require_size(&mut tx, size.max(earlier)).await?;
    let known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_consistency(size, earlier)).await?);
    Ok(trees::prove_consistency(&known, size, earlier)?)
}

async fn require_size(tx: &mut yishi_store::TenantTx, size: u64) -> Result<(), SequenceError> {
    if records::size(tx).await? < size { Err(trees::TreeError::Proof.into()) } else { Ok(()) }
}
