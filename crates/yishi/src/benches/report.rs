//! Reports of a synthetic province over HTTP, at one size and at ten times as much, against the same figures by plain SQL over the events; and how long an
//! event waits to be counted.

mod lags;
mod loading;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use chrono::NaiveDate;
use serde_json::Value;
use yishi_domain::{Ctx, Event, MemberId, Opening, UnitId};
use yishi_record::commitments::commit;
use yishi_service::{App, tokens::Bearer};
use yishi_store::{Urls, floors, members, tenants::Tenant};

use self::loading::{BESIDE, Province};
use super::{Better, Figure, Ratio, Report, milliseconds, programs::stop};
use crate::{callers::Caller, clocks};

/// How many topics the two provinces have.
const TOPICS: [usize; 2] = [10_000, 100_000];
const TOPICS_IN_FULL: [usize; 2] = [100_000, 1_000_000];
/// The most that an answer may take, in milliseconds.
const GOAL_MS: f64 = 100.0;
/// How often each query is asked.
const ASKED: usize = 30;
/// The city whose figures are counted by SQL, and which is asked for the most.
const CITY: &str = "3301";

/// The standard queries; `{district}` is a district of the city.
const QUERIES: &[(&str, &str)] = &[
    ("city_year", "/v1/3301/reports?period=2026&compare=previous"),
    ("city_quarter", "/v1/3301/reports?period=2026-Q2&compare=previous&groups=true"),
    ("city_phase", "/v1/3301/reports?period=phase:2025-26&compare=previous"),
    (
        "city_days",
        "/v1/3301/reports?period=2026-02-10..2026-05-19&indicators=meetings,topics,response_rate,conversion_rate,cycle_time",
    ),
    ("district_month", "/v1/3301/reports?period=2026-03&unit={district}&compare=previous,siblings"),
    ("districts_year", "/v1/3301/reports?period=2026&level=district&compare=siblings"),
    (
        "streets_quarter",
        "/v1/3301/reports?period=2026-Q2&level=street&indicators=meetings,topics,response_rate,participation_rate,conversion_rate,satisfaction,cycle_time",
    ),
    (
        "communities_year",
        "/v1/3301/reports?period=2026&level=community&indicators=meetings,topics,response_rate,participation_rate,conversion_rate,satisfaction,cycle_time",
    ),
    (
        "province_year",
        "/platform/reports?period=2026&indicators=meetings,topics,response_rate,participation_rate,conversion_rate,satisfaction,cycle_time,coverage",
    ),
];

/// What one size came to.
struct Size {
    p50: Vec<f64>,
    p99: Vec<f64>,
    /// The milliseconds of the city's report with the figures that SQL makes, and of that SQL.
    report_and_sql: Vec<(f64, f64)>,
}

/// Measures both sizes.
pub async fn measure(full: bool) -> Result<Report> {
    let sizes = if full { TOPICS_IN_FULL } else { TOPICS };
    let provinces = [Province::load(sizes[0]).await?, Province::load(sizes[1]).await?];
    let lags = lags::measure().await?;
    let [small, large] = [provinces[0].measure().await?, provinces[1].measure().await?];
    let worst = |size: &Size| size.p99.iter().copied().fold(0.0, f64::max);
    let mut figures = vec![
        Figure::of("query_p99_ms", "ms", &large.p99),
        Figure::of("query_p50_ms", "ms", &large.p50),
        Figure::of("small_query_p50_ms", "ms", &small.p50),
        Figure::of("project_events_per_s", "1/s", &provinces.each_ref().map(|it| it.projected_per_s)),
    ];
    figures.push(Figure::of("projection_lag_ms", "ms", &lags.took));
    figures.push(Figure::of("projection_lag_p99_ms", "ms", &[lags.percentile(99)]));
    figures.push(Figure::of("lag_votes_per_s", "1/s", &[lags.rate]));
    for ((name, _), p99) in QUERIES.iter().zip(&large.p99) {
        figures.push(Figure::of(&format!("{name}_p99_ms"), "ms", &[*p99]));
    }
    let (reports, sqls): (Vec<_>, Vec<_>) = large.report_and_sql.iter().copied().unzip();
    figures.push(Figure::of("report_ms", "ms", &reports));
    figures.push(Figure::of("sql_ms", "ms", &sqls));
    let ratios = vec![
        Ratio::of("query_p99_over_100_ms", &[worst(&large)], &[GOAL_MS], 1.0, Better::Lower)
            .meaning("the slowest of the standard queries"),
        Ratio::of("report_over_sql", &reports, &sqls, 1.0, Better::Lower)
            .meaning("eight figures of a city's year over HTTP, over plain SQL that comes to the same from its events"),
        Ratio::of("ten_times_data", &large.p50, &small.p50, 1.5, Better::Lower)
            .meaning("the median over the standard queries of their medians at both sizes"),
    ];
    let notes = vec![
        format!(
            "Zhejiang's tree; {} and {} topics with {} and {} events, drawn from a fixed seed, copied into the record and counted by the service's own consumer, {BESIDE} cities beside each other, both before either was asked for anything",
            sizes[0], sizes[1], provinces[0].events, provinces[1].events
        ),
        format!(
            "each of {} queries {ASKED} times over HTTP, one after the other over one connection; the figures of report and SQL were equal",
            QUERIES.len()
        ),
        "projection_lag: from when an event is in the database until reports count it, while 64 callers cast votes over HTTP at a server with all its workers".into(),
    ];
    Ok(Report::new("report", figures, ratios)?.with_notes(notes))
}

impl Province {
    /// Asks for its reports.
    async fn measure(&self) -> Result<Size> {
        let Self { app, installation, .. } = self;
        let (tenant, ctx, all) = self.city(CITY)?;
        let district = all.iter().find(|it| it.level == "district").context("it has a district")?.id;
        let member = reader(app, ctx, all[0].id).await?;
        // Without workers: what was copied is not in the Merkle tree, which is no matter of reports.
        let server = installation.serve(&["--no-workers"]).await?;
        let caller = Caller::new(&format!("http://{}", server.address));
        let sign = |bearer| installation.issuer().issue(&bearer, clocks::now(), chrono::Duration::hours(4));
        let city = caller.with_token(sign(Bearer::Member { tenant: CITY.into(), member }));
        let operator = caller.with_token(sign(Bearer::Operator("bench".into())));
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for (name, query) in QUERIES {
            let by = if query.starts_with("/platform") { &operator } else { &city };
            let took = asked(by, &query.replace("{district}", &district.to_string())).await;
            let took = took.with_context(|| (*name).to_owned())?;
            p50.push(took[took.len() / 2]);
            p99.push(took[(took.len() * 99).div_ceil(100) - 1]);
        }
        let mut report_and_sql = Vec::new();
        for _ in 0..3 {
            report_and_sql.push(compared(&installation.urls, tenant, &city).await?);
        }
        app.db.close().await;
        stop(server.process).await?;
        Ok(Size { p50, p99, report_and_sql })
    }
}

/// A member who asks.
async fn reader(app: &App, ctx: &Ctx, unit: UnitId) -> Result<MemberId> {
    let id: MemberId = ctx.new_id();
    let mut tx = app.db.write(ctx).await?;
    let member = members::Member { id, unit_id: unit, name: "王芳".into(), born_on: None, created_at: ctx.now };
    members::insert(&mut tx, &[member]).await?;
    let name = Opening { field: "name".into(), salt: ctx.salt(), value: "王芳".into() };
    let body = serde_json::json!({"unit": unit, "name": {"commitment": commit(&name.salt, &name.value)}});
    let event = Event { id: ctx.new_id(), kind: "member.added", subject: id.uuid(), body, openings: vec![name] };
    tx.commit([event], ()).await?;
    Ok(id)
}

/// Asks again and again; gives how long each took in milliseconds, the shortest first.
async fn asked(by: &Caller, path: &str) -> Result<Vec<f64>> {
    // The first answer opens connections, plans statements and fills caches.
    by.bytes(path).await?;
    let mut took = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let begun = Instant::now();
        by.bytes(path).await?;
        took.push(milliseconds(begun.elapsed()));
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

/// The milliseconds of a report and of plain SQL, which have to come to the same.
async fn compared(urls: &Urls, tenant: &Tenant, city: &Caller) -> Result<(f64, f64)> {
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).context("a day");
    let path = "/v1/3301/reports?period=2026&indicators=response_rate,conversion_rate,meetings,satisfaction,participation_rate,cycle_time";
    let begun = Instant::now();
    let report = city.get(path).await?;
    let took = milliseconds(begun.elapsed());
    let (plain, by_sql) = floors::plain_figures(&urls.owner, tenant.id, &tenant.zone, (day(2026)?, day(2027)?)).await?;
    let figure = |id: &str, part: &str| -> Result<i64> {
        let figures = report["units"][0]["figures"].as_array().context("a report has figures")?;
        let found: &Value = figures.iter().find(|it| it["indicator"] == id).context("it was asked for")?;
        Ok(found[part].as_i64().unwrap_or_default())
    };
    for (id, part, sql) in [
        ("response_rate", "numerator", plain.accepted),
        ("response_rate", "denominator", plain.submitted),
        ("conversion_rate", "numerator", plain.done),
        ("conversion_rate", "denominator", plain.due),
        ("meetings", "numerator", plain.meetings),
        ("satisfaction", "numerator", plain.scores),
        ("participation_rate", "numerator", plain.people),
        ("cycle_time", "numerator", plain.median_days),
    ] {
        let reported = figure(id, part)?;
        ensure!(reported == sql, "the {part} of {id} is {reported} in the report, and {sql} by SQL");
    }
    ensure!(plain.submitted > 0 && plain.people > 0, "nothing happened: {plain:?}");
    Ok((took, milliseconds(by_sql)))
}
