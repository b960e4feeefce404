//! Onboarding a province, against a superuser's plain `COPY` of the same rows into a table with the same keys.

use std::time::Instant;

use anyhow::{Result, ensure};
use yishi_domain::{Actor, RequestId};
use yishi_service::{
    App,
    onboarding::{Mode, onboard, read_list},
    trust::Trust,
};
use yishi_store::{Db, Urls, floors};

use super::{Better, Figure, Ratio, Report, Rounds, installations::Installation, milliseconds};
use crate::divisions::ZHEJIANG;

/// Measures both in turns, each round on a database of its own.
pub async fn measure(mut rounds: Rounds) -> Result<Report> {
    let installation = Installation::new().await?;
    let (mut apply, mut copy) = (Vec::new(), Vec::new());
    while let Some(round) = rounds.next() {
        let urls = Urls::of_copy(&installation.database, &format!("round_{round}")).await?;
        let db = Db::open(&urls)?;
        db.ping().await?;
        let (took, units) = apply_once(installation.app(db, Trust::default())?).await?;
        apply.push(took);
        let floor = floors::copy_units(&urls.owner).await?;
        ensure!(floor.rows == units, "{} rows were copied of {units}", floor.rows);
        copy.push(milliseconds(floor.took));
    }
    let ratio = Ratio::of("apply_over_copy", &apply, &copy, 4.0, Better::Lower);
    Report::new("onboard", vec![Figure::of("apply_ms", "ms", &apply), Figure::of("copy_ms", "ms", &copy)], vec![ratio])
}

/// Onboards from the list's bytes to the last commit; tells the milliseconds and how many units there are then.
async fn apply_once(app: App) -> Result<(f64, u64)> {
    let request = RequestId(uuid::Uuid::nil());
    let contexts = |tenant| app.ctx(tenant, 0, Actor::System("bench"), request);
    let begun = Instant::now();
    let done = onboard(&app.db, &contexts, read_list(ZHEJIANG)?, Mode::Production, |_| ()).await?;
    let took = milliseconds(begun.elapsed());
    app.db.close().await;
    Ok((took, done.iter().map(|city| city.created as u64).sum()))
}
