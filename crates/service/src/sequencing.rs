//! The sequencer: gives committed events their positions, extends the tenant's Merkle tree, and signs a checkpoint.
//!
//! Commit order is not id order, so only this gives positions. Everything happens in one transaction under the tenant's lock: killed anywhere,
//! it goes on without a gap or a double.

use chrono::Duration;
use yishi_domain::Ctx;
use yishi_record::{checkpoints, leaves, trees};
use yishi_store::{Db, RecordTx, StoreError, record_keys, records};

use crate::{keys::Signing, running};

/// How many events one transaction takes.
const BATCH: u16 = 2_000;

/// After how long a record that did not grow is signed again, so that whoever looks knows that it stands as it stood.
pub(crate) const RESIGNED: Duration = Duration::days(1);

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
    /// The secret of a key is missing, or is another one.
    #[error("the record's key comes from secret {0} of the installation, which is not there or was replaced")]
    Secret(i32),
}

/// Sequences what is pending in the context's tenant when it begins; tells how many events got their position.
///
/// Answers zero where nothing is pending, and where another process is at it.
pub async fn sequence(db: &Db, ctx: &Ctx, slug: &str, signing: &Signing) -> Result<usize, SequenceError> {
    let mut done = 0;
    loop {
        let mut tx = db.record(ctx).await?;
        if !records::claim(&mut tx).await? {
            return Ok(done);
        }
        let taken = extend(tx, ctx, slug, signing).await?;
        done += taken;
        // What comes while others are acting all the time waits for the next turn, or a turn would never end.
        if taken < usize::from(BATCH) {
            return Ok(done);
        }
    }
}

/// Sequences all that was committed before: where another process is at it, it waits for its turn.
pub async fn catch_up(db: &Db, ctx: &Ctx, slug: &str, signing: &Signing) -> Result<(), SequenceError> {
    loop {
        let mut tx = db.record(ctx).await?;
        records::await_claim(&mut tx).await?;
        if extend(tx, ctx, slug, signing).await? < usize::from(BATCH) {
            return Ok(());
        }
    }
}

/// Extends the record by what is pending, up to a batch, in a transaction that has the claim.
async fn extend(mut tx: RecordTx, ctx: &Ctx, slug: &str, signing: &Signing) -> Result<usize, SequenceError> {
    let pending = records::pending(&mut tx, BATCH).await?;
    if pending.is_empty() {
        // Ended here and not when it is dropped, so that whoever comes next finds the claim free.
        tx.commit().await?;
        return Ok(0);
    }
    let size = records::size(&mut tx).await?;
    let mut known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_append(size)).await?);
    let hashes: Vec<_> = pending.iter().map(|event| leaves::leaf_hash(slug, event)).collect();
    let stored = trees::append(&mut known, size, &hashes)?;
    let ids: Vec<_> = pending.iter().map(|event| event.id).collect();
    records::extend(&mut tx, size, &ids, &stored).await?;
    running::advance(&mut tx, &pending).await?;
    let grown = size + ids.len() as u64;
    let (row, key) = signing.current(&mut tx, slug, ctx.wall).await?;
    if size == 0 && record_keys::latest(&mut tx).await?.is_none() {
        record_keys::insert(&mut tx, &row).await?;
    }
    let note = key.sign(grown, trees::root(&known, grown)?, ctx.wall)?;
    records::insert_checkpoint(&mut tx, grown, ctx.wall, &note).await?;
    tx.commit().await?;
    Ok(ids.len())
}

/// Signs a record again that has not grown for a day; tells whether it did.
pub async fn resign(db: &Db, ctx: &Ctx, slug: &str, signing: &Signing) -> Result<bool, SequenceError> {
    let mut tx = db.record(ctx).await?;
    if !records::claim(&mut tx).await? {
        return Ok(false);
    }
    let newest = records::latest_checkpoint(&mut tx).await?;
    let Some((size, ..)) = newest.filter(|(_, signed_at, _)| ctx.wall >= *signed_at + RESIGNED) else {
        tx.commit().await?;
        return Ok(false);
    };
    let known = trees::Known::new(records::hashes(&mut tx, &trees::needed_for_append(size)).await?);
    let (_, key) = signing.current(&mut tx, slug, ctx.wall).await?;
    let note = key.sign(size, trees::root(&known, size)?, ctx.wall)?;
    records::insert_checkpoint(&mut tx, size, ctx.wall, &note).await?;
    tx.commit().await?;
    Ok(true)
}
