//! Letters: from an event to the mail server, and what one city's flood costs the others.
//!
//! It runs what the worker runs, on a database of its own, against a mail server that takes everything. Who is told, of what and how long it took is
//! told by the addresses: each notice goes to a member of its own.

mod sinks;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use yishi_domain::{Actor, Ctx, Event, MemberId, RequestId, TenantId, letters::Carrier};
use yishi_service::{App, letters::Postal, trust::Trust};
use yishi_store::{
    Db, contacts,
    members::{self, Member},
    notices,
    tenants::{self, Tenant},
    units::{self, Unit},
};

use self::sinks::Sink;
use super::{Better, Figure, Ratio, Report, Rounds, installations::Installation, milliseconds};
use crate::{clocks, servers};

/// How many cities there are besides the one with the flood, and how often something happens in each.
const CITIES: usize = 99;
const EVERY: Duration = Duration::from_secs(2);
/// How often something happens in the city with the flood, for each time in another.
const FLOOD: usize = 100;
/// For how long a part of a round lasts.
const PART: Duration = Duration::from_secs(10);
/// How many letters are sent at once to see how many a second go out.
const BURST: usize = 1_000;
/// How long everything that was told may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);
/// The most that the others' lag may be under the flood, to what it is without it.
const GOAL: f64 = 2.0;

/// An installation with cities whose members have addresses.
struct Stage {
    app: Arc<App>,
    sink: Sink,
    worker: tokio::task::JoinHandle<()>,
    _installation: Installation,
}

/// A city, and whom it can tell of something that they were not told of yet.
struct City {
    tenant: TenantId,
    slug: String,
    members: Vec<MemberId>,
}

/// Measures both in turns.
pub async fn measure(mut rounds: Rounds) -> Result<Report> {
    let stage = Stage::set().await?;
    let mut cities = Vec::new();
    let each = PART.as_secs_f64() / EVERY.as_secs_f64();
    for i in 0..CITIES {
        cities.push(stage.city(&format!("c{i}"), each as usize).await?);
    }
    let flooded = stage.city("flooded", FLOOD * each as usize).await?;
    let burst = stage.city("burst", BURST).await?;
    let (mut rates, mut quiet, mut loud) = (Vec::new(), Vec::new(), Vec::new());
    while rounds.next().is_some() {
        rates.push(stage.burst(&burst).await?);
        quiet.push(percentile_99(&stage.part(&cities, None).await?));
        loud.push(percentile_99(&stage.part(&cities, Some(&flooded)).await?));
    }
    stage.end().await;
    let figures = vec![
        Figure::of("deliveries_per_s", "1/s", &rates),
        Figure::of("quiet_lag_p99_ms", "ms", &quiet),
        Figure::of("others_lag_p99_ms", "ms", &loud),
    ];
    let ratios =
        vec![Ratio::of("others_over_quiet", &loud, &quiet, GOAL, Better::Lower).meaning(
            "the lag of 99 cities while a hundredth has 100 times as much, over their lag while it has nothing",
        )];
    let notes = vec![
        format!(
            "a lag is from the commit of an event to the mail server's having the mail; {CITIES} cities tell of something every {EVERY:?}"
        ),
        format!("deliveries: {BURST} members of a city are told of one event, from its commit to the last mail"),
    ];
    Ok(Report::new("notify", figures, ratios)?.with_notes(notes))
}

impl Stage {
    async fn set() -> Result<Self> {
        let installation = Installation::new().await?;
        let sink = Sink::start().await?;
        let app = installation.app(Db::open(&installation.urls)?, Trust::default())?;
        let public_url = Some("https://bench.example.org".to_owned());
        let mail = Some((sink.url.clone(), "yishi@bench.example.org".to_owned()));
        let app = app.posting(Postal { public_url, mail, ..Postal::default() }).map_err(anyhow::Error::msg)?;
        let app = Arc::new(app);
        let worker = tokio::spawn(servers::post_for_good(Arc::clone(&app)));
        Ok(Self { app, sink, worker, _installation: installation })
    }

    async fn end(self) {
        self.worker.abort();
        self.app.db.close().await;
    }

    /// A city with so many members, each with an address.
    async fn city(&self, slug: &str, number: usize) -> Result<City> {
        let ctx = context(TenantId(uuid::Uuid::nil()));
        let tenant = TenantId(ctx.new_id());
        let mut platform = self.app.db.platform().await?;
        let row = Tenant {
            id: tenant,
            slug: slug.into(),
            code: slug.into(),
            name: slug.into(),
            mode: "production".into(),
            zone: "Asia/Shanghai".into(),
            clock_offset_ms: 0,
            created_at: ctx.wall,
        };
        tenants::insert(&mut platform, &row).await?;
        platform.commit().await?;
        let ctx = context(tenant);
        let mut tx = self.app.db.write(&ctx).await?;
        let unit = Unit {
            id: ctx.new_id(),
            code: slug.into(),
            level: "city".into(),
            name: slug.into(),
            parent_id: None,
            path: format!("{slug}/"),
            merged_into: None,
        };
        units::upsert(&mut tx, std::slice::from_ref(&unit)).await?;
        let members: Vec<MemberId> = (0..number).map(|_| ctx.new_id()).collect();
        let member = |id: &MemberId| Member {
            id: *id,
            unit_id: unit.id,
            name: "王芳".into(),
            born_on: None,
            created_at: ctx.now,
        };
        members::insert(&mut tx, &members.iter().map(member).collect::<Vec<_>>()).await?;
        let addresses = members.iter().map(|id| (*id, Carrier::Email, address(*id)));
        contacts::put(&mut tx, &addresses.collect::<Vec<_>>(), ctx.wall).await?;
        tx.commit([happened(&ctx)], ()).await?;
        Ok(City { tenant, slug: slug.to_owned(), members })
    }

    /// Tells members of a city of something that happens now, and gives the instant of the commit.
    async fn tell(&self, city: &City, members: &[MemberId]) -> Result<Instant> {
        let ctx = context(city.tenant);
        let mut tx = self.app.db.write(&ctx).await?;
        let event = happened(&ctx);
        let facts = json!({"reason": city.slug});
        notices::leave(&mut tx, members, || ctx.new_id(), "topic.accepted", event.id, &facts, ctx.now).await?;
        tx.commit([event], ()).await?;
        Ok(Instant::now())
    }

    /// How many mails a second come of one event.
    async fn burst(&self, city: &City) -> Result<f64> {
        self.sink.drain();
        let told = self.tell(city, &city.members).await?;
        let arrived = self.arrived(city.members.len()).await?;
        let last = arrived.values().flatten().max().copied().context("something arrived")?;
        Ok(city.members.len() as f64 / (last - told).as_secs_f64())
    }

    /// The lags of the cities' letters in milliseconds, beside a flood in another one where that is given.
    async fn part(&self, cities: &[City], flooded: Option<&City>) -> Result<Vec<f64>> {
        self.sink.drain();
        let begun = Instant::now();
        // Each city tells at moments of its own, spread over the time.
        let spread = |i: usize, of: usize| EVERY.mul_f64(i as f64 / of as f64);
        let mut told = HashMap::new();
        let mut acts: Vec<(Duration, &City, MemberId)> = Vec::new();
        for (i, city) in cities.iter().enumerate() {
            acts.extend((0..).zip(&city.members).map(|(n, it)| (EVERY * n + spread(i, cities.len()), city, *it)));
        }
        let ours: Vec<_> = acts.iter().map(|(.., member)| address(*member)).collect();
        if let Some(city) = flooded {
            acts.extend(city.members.iter().enumerate().map(|(n, it)| (spread(n, FLOOD), city, *it)));
        }
        acts.sort_by_key(|(at, ..)| *at);
        for (at, city, member) in &acts {
            tokio::time::sleep_until((begun + *at).into()).await;
            told.insert(address(*member), self.tell(city, &[*member]).await?);
        }
        let arrived = self.arrived(acts.len()).await?;
        let lag = |it: &String| {
            let (from, to) = (told.get(it)?, arrived.get(it)?.first()?);
            Some(milliseconds(to.saturating_duration_since(*from)))
        };
        let lags: Vec<f64> = ours.iter().filter_map(lag).collect();
        ensure!(lags.len() == ours.len(), "{} letters did not arrive", ours.len() - lags.len());
        Ok(lags)
    }

    /// What the mail server has taken, once that is so much.
    async fn arrived(&self, number: usize) -> Result<HashMap<String, Vec<Instant>>> {
        let begun = Instant::now();
        while self.sink.number() < number {
            ensure!(begun.elapsed() < PATIENCE, "of {number} letters {} arrived", self.sink.number());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(self.sink.drain())
    }
}

fn percentile_99(lags: &[f64]) -> f64 {
    let mut sorted = lags.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * 99).div_ceil(100).max(1) - 1]
}

fn address(member: MemberId) -> String {
    format!("{}@example.org", member.uuid().simple())
}

fn context(tenant: TenantId) -> Ctx {
    let wall = clocks::now();
    let (actor, request) = (Actor::System("bench"), RequestId(uuid::Uuid::nil()));
    Ctx { tenant, actor, now: wall, wall, request, once: None, entropy: (clocks::REAL.entropy)() }
}

fn happened(ctx: &Ctx) -> Event {
    Event {
        id: ctx.new_id(),
        kind: "topic.withdrawn",
        subject: ctx.tenant.uuid(),
        body: json!({}),
        openings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use yishi_domain::letters::{Pace, Preferences};
    use yishi_store::preferences;

    use super::*;

    /// How many digests are due at once, and how many of them may have gone out when the urgent letter arrives.
    const DIGESTS: usize = 40_000;

    #[tokio::test(flavor = "multi_thread")]
    async fn forty_thousand_digests_of_a_city_do_not_delay_another_citys_urgent_letter() {
        let stage = Stage::set().await.expect("a stage");
        let (large, small) = (stage.city("large", DIGESTS).await, stage.city("small", 1).await);
        let (large, small) = (large.expect("a city"), small.expect("a city"));
        // They were gathered until a morning that has come.
        let ctx = context(large.tenant);
        let mut tx = stage.app.db.write(&ctx).await.expect("begin");
        let daily = Preferences { pace: Pace::Daily, ..Preferences::default() };
        for member in &large.members {
            preferences::save(&mut tx, *member, &daily, ctx.wall).await.expect("saved");
        }
        let event = happened(&ctx);
        let days = ctx.now - chrono::Duration::days(2);
        let ids = || ctx.new_id();
        notices::leave(&mut tx, &large.members, ids, "topic.accepted", event.id, &json!({}), days).await.expect("left");
        tx.commit([event], ()).await.expect("commit");
        while stage.sink.number() < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let ctx = context(small.tenant);
        let mut tx = stage.app.db.write(&ctx).await.expect("begin");
        let event = happened(&ctx);
        let ids = || ctx.new_id();
        notices::leave(&mut tx, &small.members, ids, "case.escalated", event.id, &json!({}), ctx.now)
            .await
            .expect("left");
        tx.commit([event], ()).await.expect("commit");
        let told = Instant::now();
        let urgent = address(small.members[0]);
        while !stage.sink.has(&urgent) {
            assert!(told.elapsed() < Duration::from_secs(10), "the urgent letter waits for digests");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let gone = stage.sink.number();
        assert!(gone < DIGESTS / 2, "{gone} digests went out before it");
        println!("urgent after {:?}, with {} digests waiting", told.elapsed(), DIGESTS - gone);
        stage.end().await;
    }
}
