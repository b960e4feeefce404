//! What the use cases stand on: the database, the keys, and where time and randomness come from.

use std::{
    collections::HashSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Duration, Utc};
use yishi_domain::{Actor, Ctx, Entropy, RequestId, TenantId, attachments::Limits};
use yishi_policy::PolicyHost;
use yishi_store::{
    Db, StoreError,
    blobs::Blobs,
    due::{self, Work},
    tenants::{self, Tenant},
    timers::Timer,
};

use crate::{
    casting::Casting,
    keys::Signing,
    letters::{Postal, Posts},
    outbound::{Outbound, Outward},
    printing::Printer,
    replays, reports,
    sequencing::{RESIGNED, resign, sequence},
    timers,
    tokens::Issuer,
    trust::Trust,
};

/// The sources of time and randomness; the binary hands in the real ones.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// Reads the wall clock.
    pub now: fn() -> DateTime<Utc>,
    /// Opens a source of random bytes.
    pub entropy: fn() -> Entropy,
}

/// One installation.
pub struct App {
    /// The database.
    pub db: Db,
    /// The issuer of tokens.
    pub issuer: Issuer,
    /// The host of rule sets.
    pub policy: PolicyHost,
    /// What the operator says of rule sets.
    pub trust: Trust,
    /// Time and randomness.
    pub sources: Sources,
    pub(crate) casting: Casting,
    pub(crate) outbound: Outbound,
    pub(crate) posts: Posts,
    /// What lays pages out.
    pub printer: Printer,
    /// The webhooks that a courier of this process is at.
    busy: Mutex<HashSet<uuid::Uuid>>,
    ending: AtomicBool,
    /// What signs records.
    pub signing: Signing,
    /// How large attachments may be.
    pub limits: Limits,
    pub(crate) blobs: Blobs,
}

impl App {
    /// Puts an installation together.
    pub fn new(db: Db, issuer: Issuer, policy: PolicyHost, trust: Trust, signing: Signing, sources: Sources) -> Self {
        Self {
            db,
            issuer,
            policy,
            trust,
            sources,
            casting: Casting::default(),
            outbound: Outbound::new(Outward::default()),
            posts: Posts::new(Postal::default()).expect("nothing is said that could be wrong"),
            printer: Printer::default(),
            busy: Mutex::default(),
            ending: AtomicBool::new(false),
            signing,
            limits: Limits::default(),
            blobs: Blobs::in_memory(),
        }
    }

    /// The same, which keeps attachments of such sizes there; in memory unless this is said.
    pub fn keeping(self, blobs: Blobs, limits: Limits) -> Self {
        Self { blobs, limits, ..self }
    }

    /// The same under what the operator says of calls to others' servers.
    pub fn calling(self, outward: Outward) -> Self {
        Self { outbound: Outbound::new(outward), ..self }
    }

    /// The same under what the operator says of how letters go out, or why that cannot be.
    pub fn posting(self, terms: Postal) -> Result<Self, String> {
        Ok(Self { posts: Posts::new(terms)?, ..self })
    }

    /// The same, laying out pages by a printer.
    pub fn printing(self, printer: Printer) -> Self {
        Self { printer, ..self }
    }

    /// Where a path of this installation is reached from outside, if that is known.
    pub fn link(&self, path: &str) -> Option<String> {
        self.posts.link(path)
    }

    pub(crate) fn busy(&self) -> MutexGuard<'_, HashSet<uuid::Uuid>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that this process is about to end, so that whoever waits for something to happen is answered.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Tells whether this process is about to end.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// A context for acting in a tenant whose clock runs ahead by milliseconds.
    pub fn ctx(&self, tenant: TenantId, ahead_ms: i64, actor: Actor, request: RequestId) -> Ctx {
        let wall = (self.sources.now)();
        let now = wall + Duration::milliseconds(ahead_ms);
        Ctx { tenant, actor, now, wall, request, once: None, entropy: (self.sources.entropy)() }
    }

    /// A context for acting in a tenant, or before there is one.
    pub fn ctx_in(&self, tenant: Option<&Tenant>, actor: Actor, request: RequestId) -> Ctx {
        let nobody = TenantId(uuid::Uuid::nil());
        self.ctx(tenant.map_or(nobody, |it| it.id), tenant.map_or(0, |it| it.clock_offset_ms), actor, request)
    }

    /// Lists the tenants.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        tenants::list(&mut self.db.platform().await?).await
    }

    /// The tenants in which a kind of work waits now.
    pub(crate) async fn due(&self, work: Work) -> Result<Vec<Tenant>, StoreError> {
        self.due_by(work, (self.sources.now)()).await
    }

    async fn due_by(&self, work: Work, wall: DateTime<Utc>) -> Result<Vec<Tenant>, StoreError> {
        due::tenants(&mut self.db.platform().await?, work, wall).await
    }

    /// Finds a tenant.
    pub async fn tenant(&self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        tenants::find_by_slug(&mut self.db.platform().await?, slug).await
    }

    /// Sequences what is pending in every tenant; tells how many events got their position.
    pub async fn sequence_all(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for tenant in self.due(Work::Sequencing).await? {
            let turn = sequence(&self.db, &self.sequencer(&tenant), &tenant.slug, &self.signing).await;
            done += part("sequencing", &tenant, turn);
        }
        Ok(done)
    }

    /// Signs again what has not grown for a day, in every tenant; tells how many records.
    pub async fn resign_all(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for tenant in self.due_by(Work::Resigning, (self.sources.now)() - RESIGNED).await? {
            let turn = resign(&self.db, &self.sequencer(&tenant), &tenant.slug, &self.signing).await;
            done += part("resigning", &tenant, turn.map(usize::from));
        }
        Ok(done)
    }

    /// Counts in every tenant what has its position; tells how many events were counted.
    pub async fn project_all(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for tenant in self.due(Work::Projecting).await? {
            done += part("projecting", &tenant, reports::project(&self.db, &self.sequencer(&tenant), &tenant).await);
        }
        Ok(done)
    }

    fn sequencer(&self, tenant: &Tenant) -> Ctx {
        let actor = || Actor::System("sequencer");
        let request = self.ctx_in(None, actor(), RequestId(uuid::Uuid::nil())).new_id();
        self.ctx_in(Some(tenant), actor(), request)
    }

    /// Does what is due in every tenant, some of each in turn so that nobody's backlog holds up the others; tells how many timers fired.
    pub async fn fire_all(&self) -> Result<usize, StoreError> {
        let mut fired = 0;
        for tenant in self.due(Work::Timers).await? {
            let now = (self.sources.now)() + Duration::milliseconds(tenant.clock_offset_ms);
            // A sandbox fires each timer at its own instant, so that a run can be repeated; in earnest it is late if it is late.
            let sandbox = tenant.mode == "sandbox";
            let at = |timer: &Timer| if sandbox { timer.due_at } else { now };
            fired += part("timers", &tenant, timers::fire_due(self, &tenant, now, timers::TURN, at).await);
        }
        Ok(fired)
    }

    /// Takes the next step of every tenant's unfinished replay; tells how many decisions were tried.
    pub async fn replay_all(&self) -> Result<usize, StoreError> {
        let mut tried = 0;
        for tenant in self.due(Work::Replays).await? {
            tried += part("replays", &tenant, replays::step(self, &tenant).await);
        }
        Ok(tried)
    }
}

/// What a tenant's turn in a round came to. Where it failed that is told and it is tried again in the next round; the other tenants have their turns.
pub(crate) fn part<E: std::error::Error + 'static>(
    work: &'static str,
    tenant: &Tenant,
    turn: Result<usize, E>,
) -> usize {
    turn.unwrap_or_else(|error| {
        let error = &error as &dyn std::error::Error;
        tracing::error!(work, error, tenant = tenant.slug, "a tenant's turn failed; it is tried again");
        0
    })
}
