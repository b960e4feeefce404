//! A synthetic province in a database of its own: its events copied into the record, and counted by the service's own consumer.

use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use uuid::Uuid;
use yishi_domain::{Actor, Ctx, RequestId, TenantId};
use yishi_service::{
    App,
    onboarding::{Mode, onboard, read_list},
    reports,
    trust::Trust,
};
use yishi_store::{
    Db,
    floors::{self, Copied},
    records,
    tenants::Tenant,
    units::{self, Unit},
};

use crate::{
    benches::{installations::Installation, provinces},
    divisions::ZHEJIANG,
};

/// How many votes a ballot has on average: with them a million topics have ten million votes.
const VOTES: u64 = 15;
/// How many cities are copied, and then counted, beside each other, as more processes that count would do.
pub const BESIDE: usize = 2;

/// A province that is loaded.
pub struct Province {
    /// How it is used from within.
    pub app: App,
    /// Where it lies.
    pub installation: Installation,
    /// How many events were counted.
    pub events: u64,
    /// How many were counted a second.
    pub projected_per_s: f64,
    cities: Vec<(Tenant, Ctx, Vec<Unit>)>,
}

impl Province {
    /// Loads a province of so many topics.
    pub async fn load(topics: usize) -> Result<Self> {
        let installation = Installation::new().await?;
        let app = installation.app(Db::open(&installation.urls)?, Trust::default())?;
        let request = RequestId(Uuid::nil());
        let contexts = |tenant| app.ctx(tenant, 0, Actor::Operator("bench".into()), request);
        onboard(&app.db, &contexts, read_list(ZHEJIANG)?, Mode::Production, |_| ()).await?;
        // What onboarding told has no position yet; it gets the first ones, so that what is copied comes after it.
        app.sequence_all().await?;
        let mut cities = Vec::new();
        for tenant in app.tenants().await? {
            let ctx = app.ctx_in(Some(&tenant), Actor::System("bench"), request);
            let all = units::all(&mut app.db.read(&ctx).await?).await?;
            cities.push((tenant, ctx, all));
        }
        let begun = Instant::now();
        let is_community = |it: &&Unit| it.level == "community";
        let whole: usize = cities.iter().map(|(.., all)| all.iter().filter(is_community).count()).sum();
        let copying = cities.iter().zip(0..).map(|((tenant, ctx, all), city)| {
            let communities: Vec<_> = all.iter().filter(is_community).map(|it| it.id).collect();
            let topics = topics * communities.len() / whole;
            let events = move || provinces::events(city, &communities, topics, VOTES);
            copy(app.db.clone(), installation.urls.owner.clone(), (ctx.clone(), tenant.id), events)
        });
        beside(copying).await?;
        eprintln!("{topics} topics: copied in {} s", begun.elapsed().as_secs());
        let begun = Instant::now();
        let counting = cities.iter().map(|(tenant, ctx, _)| count(app.db.clone(), ctx.clone(), tenant.clone()));
        let events = beside(counting).await?.into_iter().sum::<usize>() as u64;
        let projected_per_s = events as f64 / begun.elapsed().as_secs_f64();
        eprintln!("{topics} topics: {events} events counted, {projected_per_s:.0} a second");
        floors::analyze(&installation.urls.owner).await?;
        Ok(Self { app, installation, events, projected_per_s, cities })
    }

    /// One of its cities, with its units.
    pub fn city(&self, slug: &str) -> Result<&(Tenant, Ctx, Vec<Unit>)> {
        self.cities.iter().find(|(it, ..)| it.slug == slug).context("the city is onboarded")
    }
}

/// Copies what happened in a city into its record.
async fn copy(
    db: Db,
    owner_url: String,
    (ctx, tenant): (Ctx, TenantId),
    events: impl FnOnce() -> Vec<Copied> + Send + 'static,
) -> Result<()> {
    let first = records::size(&mut db.read(&ctx).await?).await?;
    let told = tokio::task::spawn_blocking(events).await?;
    Ok(floors::copy_events(&owner_url, tenant, first, &told).await?)
}

async fn count(db: Db, ctx: Ctx, tenant: Tenant) -> Result<usize> {
    Ok(reports::project(&db, &ctx, &tenant).await?)
}

/// Does this for the cities, some beside each other.
async fn beside<T: Send + 'static>(
    works: impl Iterator<Item = impl Future<Output = Result<T>> + Send + 'static>,
) -> Result<Vec<T>> {
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    for work in works {
        if running.len() == BESIDE {
            done.extend(running.join_next().await.transpose()?.transpose()?);
        }
        running.spawn(work);
    }
    while let Some(ended) = running.join_next().await {
        done.push(ended??);
    }
    Ok(done)
}
