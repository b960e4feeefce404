//! The keys that sign a tenant's record: derived from the installation's secrets, each but the first handed over to by the one before.
//!
//! A secret is never replaced: a new one is put beside it, and the next rotation takes the newest. Rotation is an act with an event, so that
//! the record tells of it too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use yishi_domain::{Ctx, TenantId};
use yishi_record::{
    checkpoints::Key,
    cosignatures::Witness,
    keys::{MAX_HANDOVERS, derive, hand_over},
};
use yishi_store::{TenantTx, record_keys, records};

pub use yishi_store::record_keys::RecordKey;

use crate::{App, events::event, failures::Failure, sequencing::SequenceError, sessions::Session};

/// How long a process may go on promising with a key after another one has rotated it; both are the record's.
const REMEMBERED: Duration = Duration::seconds(30);

/// What signs an installation's records, and whose word on them it takes.
pub struct Signing {
    origin: String,
    secrets: Vec<[u8; 32]>,
    witnesses: Vec<Witness>,
    remembered: Mutex<HashMap<TenantId, Remembered>>,
}

/// A key that signed a moment ago.
#[derive(Clone)]
struct Remembered {
    read_at: DateTime<Utc>,
    key: Arc<Key>,
}

impl Signing {
    /// Takes the first part of every log's name, such as `yishi.example.org`, the secrets, the oldest first, and the witnesses that count.
    pub fn new(origin: &str, secrets: Vec<[u8; 32]>, witnesses: Vec<Witness>) -> Self {
        Self { origin: origin.to_owned(), secrets, witnesses, remembered: Mutex::default() }
    }

    /// The witnesses whose cosignatures are taken.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The key that signs a tenant's record, and its row; the first one where none has signed yet.
    pub async fn current(
        &self,
        tx: &mut TenantTx,
        slug: &str,
        now: DateTime<Utc>,
    ) -> Result<(RecordKey, Key), SequenceError> {
        match record_keys::latest(tx).await? {
            Some(row) => {
                let key = self.derive(slug, row.secret, row.number)?;
                match key.verifier_key() == row.key {
                    true => Ok((row, key)),
                    false => Err(SequenceError::Secret(row.secret)),
                }
            }
            None => Ok(self.make(slug, 1, now)?),
        }
    }

    /// A new key, from the newest secret.
    fn make(&self, slug: &str, number: i32, since: DateTime<Utc>) -> Result<(RecordKey, Key), SequenceError> {
        let secret = self.newest();
        let key = self.derive(slug, secret, number)?;
        Ok((RecordKey { number, secret, key: key.verifier_key(), handover: None, since }, key))
    }

    /// The number of the newest secret.
    pub(crate) fn newest(&self) -> i32 {
        i32::try_from(self.secrets.len()).unwrap_or(i32::MAX)
    }

    /// A secret by its number.
    pub(crate) fn secret(&self, number: i32) -> Result<&[u8; 32], SequenceError> {
        let found = usize::try_from(number).ok().and_then(|it| self.secrets.get(it.checked_sub(1)?));
        found.ok_or(SequenceError::Secret(number))
    }

    fn derive(&self, slug: &str, secret: i32, number: i32) -> Result<Key, SequenceError> {
        Ok(derive(self.secret(secret)?, &format!("{}/{slug}", self.origin), number.unsigned_abs())?)
    }
}

/// The key to promise with: read from the database now and then, so that a promise costs a signature alone.
pub(crate) async fn promising(app: &App, ctx: &Ctx, slug: &str, tx: &mut TenantTx) -> Result<Arc<Key>, Failure> {
    let (signing, wall) = (&app.signing, ctx.wall);
    let remembered = || signing.remembered.lock().unwrap_or_else(PoisonError::into_inner);
    let known = remembered().get(&ctx.tenant).cloned();
    if let Some(known) = known.filter(|it| wall < it.read_at + REMEMBERED) {
        return Ok(known.key);
    }
    let (_, key) = signing.current(tx, slug, wall).await?;
    let key = Arc::new(key);
    remembered().insert(ctx.tenant, Remembered { read_at: wall, key: Arc::clone(&key) });
    Ok(key)
}

/// Lists the keys that have signed the tenant's record, the first one first; the last one signs.
pub async fn list(app: &App, session: &Session) -> Result<Vec<RecordKey>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let keys = record_keys::list(&mut tx).await?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    Ok(vec![app.signing.current(&mut tx, &session.tenant()?.slug, session.ctx.wall).await?.0])
}

/// Hands the tenant's record over to a new key, which signs from now on; gives its public half.
pub async fn rotate(app: &App, session: &Session) -> Result<String, Failure> {
    let (ctx, slug) = (&session.ctx, &session.tenant()?.slug);
    let mut tx = app.db.write(ctx).await?;
    // No checkpoint is signed by the old key after the new one is there.
    records::await_claim(&mut tx).await?;
    let (row, old) = app.signing.current(&mut tx, slug, ctx.wall).await?;
    if row.number.unsigned_abs() as usize > MAX_HANDOVERS {
        return Err(Failure::Inconsistent("a record has no more keys than its verifiers follow".into()));
    }
    if record_keys::latest(&mut tx).await?.is_none() {
        record_keys::insert(&mut tx, &row).await?;
    }
    let (mut next, new) = app.signing.make(slug, row.number + 1, ctx.wall)?;
    let handover = hand_over(&old, &new, ctx.wall).map_err(SequenceError::from)?;
    let body = json!({"from": row.key, "to": next.key, "handover": handover});
    next.handover = Some(handover);
    record_keys::insert(&mut tx, &next).await?;
    let rotated = event(ctx, "record_key.rotated", ctx.tenant.uuid(), body);
    let key = tx.commit([rotated], next.key).await?;
    app.signing.remembered.lock().unwrap_or_else(PoisonError::into_inner).remove(&ctx.tenant);
    Ok(key)
}

/// The handovers between the tenant's keys, the first one first.
pub(crate) async fn handovers(tx: &mut TenantTx) -> Result<Vec<String>, Failure> {
    Ok(record_keys::list(tx).await?.into_iter().filter_map(|it| it.handover).collect())
}
