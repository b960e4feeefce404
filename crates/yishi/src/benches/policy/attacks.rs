//! A city that uploads what takes a compiler as long as it may, while another one's interface is used.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    process::Command,
    time::{Instant, sleep_until},
};
use yishi_domain::{Actor, RequestId};
use yishi_service::{
    App,
    onboarding::{Mode, onboard, read_list},
    tokens::Bearer,
    trust::Trust,
};
use yishi_store::Db;

use super::super::{Better, Figure, Ratio, installations::Installation, milliseconds};
use crate::{
    callers::{Caller, Problem},
    clocks,
    divisions::ZHEJIANG,
    servers::{self, Address},
};

/// Quiet and attacked times, in turns.
const ROUNDS: u32 = 3;
/// How long the interface is used while nothing else happens.
const QUIET: Duration = Duration::from_secs(6);
/// Between the beginnings of two requests.
const PACE: Duration = Duration::from_millis(4);
/// How soon the upload is wanted to be refused.
const SECONDS_GOAL: f64 = 7.0;

/// Serves two cities and measures the requests of one; the peers' program writes what the other one uploads.
pub async fn measure(peers: &Path) -> Result<(Vec<Figure>, Vec<Ratio>)> {
    let installation = Installation::new().await?;
    let app = open(&installation).await?;
    let address = Address { listen: ([127, 0, 0, 1], 0).into() };
    let running = servers::start(&app, &address, true)?;
    let (attacker, other) =
        (City::of(&app, &running.base(), "3302").await?, City::of(&app, &running.base(), "3301").await?);
    let (mut quiet, mut attacked, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let until = Instant::now() + QUIET;
        quiet.push(other.p99(round, "quiet", || Instant::now() < until).await?);
        let hostile = hostile(peers, round).await?;
        let begun = Instant::now();
        let attack = {
            let attacker = attacker.clone();
            tokio::spawn(async move { (attacker.upload(hostile).await, begun.elapsed()) })
        };
        attacked.push(other.p99(round, "attacked", || !attack.is_finished()).await?);
        let (refused, took) = attack.await?;
        refused?;
        seconds.push(took.as_secs_f64());
    }
    running.stop().await?;
    app.db.close().await;
    let results = vec![
        Figure::of("hostile_refused_s", "s", &seconds),
        Figure::of("p99_quiet_ms", "ms", &quiet),
        Figure::of("p99_under_attack_ms", "ms", &attacked),
    ];
    let unmoved = Ratio::of("p99_under_attack_over_quiet", &attacked, &quiet, 1.5, Better::Lower);
    let goal = vec![SECONDS_GOAL; seconds.len()];
    let refused = Ratio::of("hostile_refused_over_goal", &seconds, &goal, 1.0, Better::Lower);
    let ratios = vec![
        unmoved.meaning(
            "what 99 of 100 requests of another city, half of them writing, do not exceed during the upload over before it",
        ),
        refused.meaning("seconds until a hostile component of 1 MiB is refused over 7"),
    ];
    Ok((results, ratios))
}

/// An installation where every city may upload rule sets of the script tier.
async fn open(installation: &Installation) -> Result<Arc<App>> {
    let trust = Trust { script_tier: vec!["*".into()], ..Trust::default() };
    let app = installation.app(Db::open(&installation.urls)?, trust)?;
    let contexts = |tenant| app.ctx(tenant, 0, Actor::System("bench"), RequestId(uuid::Uuid::nil()));
    onboard(&app.db, &contexts, read_list(ZHEJIANG)?, Mode::Production, |_| ()).await?;
    Ok(Arc::new(app))
}

/// A component of the script tier that no compiler is done with in the time that it has.
async fn hostile(peers: &Path, round: u32) -> Result<Vec<u8>> {
    let output = Command::new(peers).args(["hostile", &round.to_string()]).output().await?;
    ensure!(output.status.success(), "the peers ended with {}", output.status);
    Ok(output.stdout)
}

/// A city, as its administrator calls it.
#[derive(Clone)]
struct City {
    boss: Caller,
    slug: &'static str,
    /// One of its communities.
    unit: Value,
}

impl City {
    async fn of(app: &App, base: &str, slug: &'static str) -> Result<Self> {
        let caller = |bearer: &Bearer| {
            let token = app.issuer.issue(bearer, clocks::now(), chrono::Duration::hours(1));
            Caller::new(base).with_token(token)
        };
        let path = format!("/platform/tenants/{slug}/administrators");
        let operator = caller(&Bearer::Operator("bench".into()));
        let member = operator.create(&path, "administrator", &json!({"name": "王芳"})).await?;
        let member = member.parse().context("a member's identifier")?;
        let boss = caller(&Bearer::Member { tenant: slug.into(), member });
        let unit = boss.get(&format!("/v1/{slug}/units?level=community&limit=1")).await?["items"][0]["id"].clone();
        Ok(Self { boss, slug, unit })
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/{}{rest}", self.slug)
    }

    /// Uploads what must be refused for the time that it takes to compile.
    async fn upload(&self, component: Vec<u8>) -> Result<()> {
        let Err(error) = self.boss.upload(&self.path("/rule-sets"), component).await else {
            anyhow::bail!("the hostile component was taken")
        };
        let codes = Problem::of(&error).map(|it| it.faults.iter().map(|it| it.code.as_str()).collect::<Vec<_>>());
        ensure!(codes.is_some_and(|it| it == ["component.does_not_compile"]), "refused for another reason: {error:#}");
        Ok(())
    }

    /// Reads and writes in turns at a steady pace, as long as it is to; gives the milliseconds that 99 of 100 requests do not exceed.
    async fn p99(&self, round: u32, name: &str, going: impl Fn() -> bool) -> Result<f64> {
        let (units, members) = (self.path("/units?level=street&limit=20"), self.path("/members"));
        let mut times = Vec::new();
        while going() {
            let next = Instant::now() + PACE;
            let begun = Instant::now();
            if times.len() % 2 == 0 {
                self.boss.get(&units).await?;
            } else {
                let key = format!("{round}-{name}-{}", times.len());
                self.boss.post_once(&members, &key, &json!({"members": [{"name": "李明", "unit": self.unit}]})).await?;
            }
            times.push(milliseconds(begun.elapsed()));
            sleep_until(next).await;
        }
        times.sort_by(f64::total_cmp);
        let last = times.len().checked_sub(1).context("no request was made")?;
        Ok(times[last * 99 / 100])
    }
}
