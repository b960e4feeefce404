//! Lanes: a tenant's casters wait in one, and a few writers take them from it as many as there are.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use yishi_domain::{BallotId, TenantId};
use yishi_store::ballots::Ballot;

use super::{Outcome, batches};
use crate::{App, sessions::Claim, voting::NewVote};

/// How many transactions of a tenant are under way at most: one gathers its rows while the other is being made durable.
const WRITERS: usize = 2;

/// How many votes share a transaction at most.
const MOST: usize = 256;

/// How many ballots are kept in mind at most.
const BALLOTS: usize = 1_024;

/// Who waits, and what of the tenants and their ballots never changes.
#[derive(Default)]
pub struct Casting {
    lanes: Mutex<HashMap<String, Lane>>,
    tenants: Mutex<HashMap<String, TenantId>>,
    ballots: Mutex<HashMap<(TenantId, BallotId), Arc<Ballot>>>,
}

#[derive(Default)]
struct Lane {
    waiting: Vec<Waiting>,
    writers: usize,
}

/// A vote that waits for its outcome.
pub(super) struct Waiting {
    pub claim: Claim,
    pub ballot: BallotId,
    pub new: NewVote,
    pub answer: oneshot::Sender<Outcome>,
}

/// Waits in the tenant's lane for a transaction to share, and begins one where few enough are under way.
pub(super) async fn join(app: &Arc<App>, claim: Claim, ballot: BallotId, new: NewVote) -> Outcome {
    let (answer, outcome) = oneshot::channel();
    let slug = claim.tenant.clone();
    if app.casting.admit(&slug, Waiting { claim, ballot, new, answer }) {
        tokio::spawn(write(Writer { app: Arc::clone(app), slug, left: false }));
    }
    // A writer that ended early has written nothing.
    outcome.await.unwrap_or(Outcome::Alone)
}

/// One of a lane's writers.
struct Writer {
    app: Arc<App>,
    slug: String,
    left: bool,
}

/// Writes until nobody waits.
async fn write(mut writer: Writer) {
    let mut begun = None;
    while writer.is_needed() {
        begun = batches::cast(&writer.app, &writer.slug, begun).await;
    }
    // Whoever waited was taken by another writer meanwhile. Nothing is written in it, and nothing held.
    if let Some(tx) = begun {
        tx.undo().await.ok();
    }
}

impl Writer {
    /// Tells whether somebody waits; where nobody does the writer has left the lane.
    fn is_needed(&mut self) -> bool {
        let mut lanes = lock(&self.app.casting.lanes);
        let needed = lanes.get(&self.slug).is_some_and(|lane| !lane.waiting.is_empty());
        if !needed {
            self.left = true;
            leave(&mut lanes, &self.slug);
        }
        needed
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Only a panic ends a writer that is needed; who waits then without another sees the end of their answer dropped.
        if !self.left {
            leave(&mut lock(&self.app.casting.lanes), &self.slug);
        }
    }
}

fn leave(lanes: &mut HashMap<String, Lane>, slug: &str) {
    if let Some(lane) = lanes.get_mut(slug) {
        lane.writers -= 1;
        if lane.writers == 0 {
            lanes.remove(slug);
        }
    }
}

impl Casting {
    /// Adds to a lane; tells whether it needs another writer, who counts from now on.
    fn admit(&self, slug: &str, waiting: Waiting) -> bool {
        let mut lanes = lock(&self.lanes);
        let lane = match lanes.get_mut(slug) {
            Some(lane) => lane,
            None => lanes.entry(slug.to_owned()).or_default(),
        };
        lane.waiting.push(waiting);
        let needed = lane.writers < WRITERS;
        lane.writers += usize::from(needed);
        needed
    }

    /// How many wait.
    pub(super) fn waiting(&self, slug: &str) -> usize {
        lock(&self.lanes).get(slug).map_or(0, |lane| lane.waiting.len())
    }

    /// Takes whoever waits, the first come first.
    pub(super) fn take(&self, slug: &str) -> Vec<Waiting> {
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(slug) else { return Vec::new() };
        let rest = lane.waiting.split_off(lane.waiting.len().min(MOST));
        mem::replace(&mut lane.waiting, rest)
    }

    pub(super) fn tenant(&self, slug: &str) -> Option<TenantId> {
        lock(&self.tenants).get(slug).copied()
    }

    pub(super) fn keep_tenant(&self, slug: &str, id: TenantId) {
        lock(&self.tenants).insert(slug.to_owned(), id);
    }

    pub(super) fn ballot(&self, tenant: TenantId, id: BallotId) -> Option<Arc<Ballot>> {
        lock(&self.ballots).get(&(tenant, id)).cloned()
    }

    pub(super) fn keep_ballot(&self, tenant: TenantId, ballot: Ballot) -> Arc<Ballot> {
        let ballot = Arc::new(ballot);
        let mut ballots = lock(&self.ballots);
        if ballots.len() >= BALLOTS {
            ballots.clear();
        }
        ballots.insert((tenant, ballot.id), Arc::clone(&ballot));
        ballot
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
