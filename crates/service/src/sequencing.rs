//! The sequencer: gives committed events their positions, extends the tenant's Merkle tree, and signs a checkpoint.
//!
//! Commit order is not id order, so only this gives positions. Everything happens in one transaction under the tenant's lock: killed anywhere,
//! it goes on without a gap or a double.

use yishi_domain::Ctx;
use yishi_record::{checkpoints, leaves, trees};
use yishi_store::{Db, RecordTx, StoreError, records};

/// How many events one transaction takes.
const BATCH: u16 = 2_000;

/// Why the record did not grow.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored tree is not whole.
    #[error("the stored tree of this tenant is damaged: {0}")]
    Tree(#[from] trees::TreeError),
    /// The checkpoint could not be signed.
    #[error("the checkpoint could not be signed: {0}")]
    Checkpoint(#[from] checkpoints::CheckpointError),
}

/// Sequences what is pending in the context's tenant; tells how many events got their position.
///
/// Answers zero where nothing is pending, and where another process is at it.
pub async fn sequence(db: &Db, ctx: &Ctx, slug: &str, key: &checkpoints::Key) -> Result<usize, SequenceError> {
    let mut done = 0;
    loop {
        let mut tx = db.record(ctx).await?;
        if !records::claim(&mut tx).await? {
            return Ok(done);
        }
        match extend(tx, ctx, slug, key).await? {
            0 => return Ok(done),
            more => done += more,
        }
    }
}

/// Sequences all that was committed before: where another process is at it, it waits for its turn.
pub async fn catch_up(db: &Db, ctx: &Ctx, slug: &str, key: &checkpoints::Key) -> Result<(), SequenceError> {
    loop {
        let mut tx = db.record(ctx).await?;
        records::await_claim(&mut tx).await?;
        if extend(tx, ctx, slug, key).await? == 0 {
            return Ok(());
        }
    }
}

/// Extends the record by what is pending, up to a batch, in a transaction that has the claim.
async fn extend(mut tx: RecordTx, ctx: &Ctx, slug: &str, key: &checkpoints::Key) -> Result<usize, SequenceError> {
    let pending = records::pending(&mut tx, BATCH).await?;
    if pending.is_empty() {
        return Ok(0);
    }
    let size = records::size(&mut tx).await?;
    let mut known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_append(size)).await?);
    let hashes: Vec<_> = pending.iter().map(|event| leaves::leaf_hash(slug, event)).collect();
    let stored = trees::append(&mut known, size, &hashes)?;
    let ids: Vec<_> = pending.iter().map(|event| event.id).collect();
    records::extend(&mut tx, size, &ids, &stored).await?;
    let grown = size + ids.len() as u64;
    let note = key.sign(grown, trees::root(&known, grown)?, ctx.wall)?;
    records::insert_checkpoint(&mut tx, grown, ctx.wall, &note).await?;
    tx.commit().await?;
    Ok(ids.len())
}
