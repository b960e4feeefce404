//! The standard reports: the performance sheet of a unit, the quarter of a city or a unit in it, and the quarter of the province, as tables.

use yishi_domain::{
    UnitId,
    reports::{FORMULA, INDICATORS, Indicator, LEAST_PEOPLE, Period, Points, Target, Way},
};
use yishi_service::{
    App,
    directory::Unit,
    failures::Failure,
    provinces::City,
    reports::{self, Asked, Figure, Sheet, Value},
};

use crate::{
    resources::preferences::Locale,
    sessions::Session,
    tables::{Cell, Table, Tables},
};

/// How many communities of a league a report shows.
const PLACES: usize = 20;

/// How many units under a unit a report shows side by side.
const UNITS: u16 = 500;

/// The locale's words, of those in zh-CN and those in English.
fn say(locale: Locale, [chinese, english]: [&str; 2]) -> &str {
    match locale {
        Locale::Chinese => chinese,
        Locale::English => english,
    }
}

/// The performance sheet of a unit: its rating part by part, every figure, and who took part.
pub async fn sheet(session: &Session, unit: UnitId, period: Period, locale: Locale) -> Result<(Unit, Tables), Failure> {
    let app = &session.app;
    let (_, sheet) = reports::sheet(app, session, unit, period).await?;
    let (position, figures) = whole(app, session, Some(unit), period).await?;
    let mut lead = vec![made_from(locale, position, period)];
    lead.push(match (sheet.rating.total, sheet.rating.stars, locale) {
        (Some(total), Some(stars), Locale::Chinese) => {
            format!("评分：{total} 分（满分 1000），{stars} 星；评分公式第 {} 版。", FORMULA.version)
        }
        (Some(total), Some(stars), Locale::English) => {
            format!("Rating: {total} of 1000 points, {stars} stars, by version {} of the formula.", FORMULA.version)
        }
        (_, _, Locale::Chinese) => format!("可测指标权重不足 {}，不作评分。", FORMULA.least_weight),
        (_, _, Locale::English) => {
            format!("No rating: what could be measured weighs less than {} of 100.", FORMULA.least_weight)
        }
    });
    let title = match locale {
        Locale::Chinese => format!("{}议事工作绩效表（{period}）", sheet.unit.name),
        Locale::English => format!("Performance sheet of {} ({period})", sheet.unit.name),
    };
    let tables = vec![rating(locale, &sheet), indicators(locale, &figures), structure(locale, &figures)];
    Ok((sheet.unit, Tables { title, lead, tables }))
}

/// A quarter, or another period, of a unit: every figure, who took part, the units under it side by side, and the first of its league.
pub async fn quarter(
    session: &Session,
    unit: Option<UnitId>,
    period: Period,
    named: &str,
    locale: Locale,
) -> Result<(Unit, Tables), Failure> {
    let app = &session.app;
    let asked = all(unit, period);
    let report = reports::report(app, session, &asked).await?;
    let (unit, figures) = report.units.into_iter().next().ok_or_else(no_unit)?;
    let mut tables = vec![indicators(locale, &figures), structure(locale, &figures)];
    if let Some((level, name)) = under(&unit.level) {
        let asked = Asked {
            unit: Some(unit.id),
            level: Some(level.into()),
            indicators: rated(),
            previous: false,
            siblings: false,
            limit: UNITS,
            ..asked
        };
        let below = reports::report(app, session, &asked).await?;
        let rows = below.units.iter().map(|(unit, figures)| (unit.name.as_str(), figures.iter().map(Some).collect()));
        tables.push(side_by_side(locale, say(locale, name), rows.collect()));
        tables.push(league(session, unit.id, period, locale).await?);
    }
    let title = match locale {
        Locale::Chinese => format!("{}基层民主协商季度报告（{named}）", unit.name),
        Locale::English => format!("Quarterly report of {} ({named})", unit.name),
    };
    Ok((unit, Tables { title, lead: vec![made_from(locale, report.position, period)], tables }))
}

/// A quarter of the province: its cities with how far they have come, and their figures side by side.
pub fn province(cities: &[City], period: Period, named: &str, locale: Locale) -> Tables {
    let tier = |city: &City| match city.tier {
        yishi_service::provinces::Tier::Native => "native",
        yishi_service::provinces::Tier::Script => "script",
    };
    let heads = [
        ["城市", "City"],
        ["社区（村）", "Communities"],
        ["覆盖率", "Coverage"],
        ["计划", "Plan"],
        ["达标", "Reached"],
        ["推进阶段", "Stage"],
        ["规则插件", "Rules"],
        ["版本", "Version"],
        ["规则层级", "Tier"],
    ];
    let rows = cities.iter().map(|city| {
        let communities = city.units.iter().find(|(level, _)| level == "community").map(|(_, number)| *number);
        let planned = city.planned.map(|(target, reached)| (asked_for(target), reached));
        vec![
            Cell::text(&city.tenant.name),
            Cell::known(communities),
            Cell::figure("ratio", city.coverage),
            planned.map_or_else(Cell::nothing, |(target, _)| Cell::figure("ratio", target)),
            reached(locale, planned.and_then(|(_, reached)| reached)),
            Cell::text(city.stage.unwrap_or_default()),
            Cell::text(city.rules.as_ref().map_or("", |it| it.descriptor.name.as_str())),
            Cell::text(city.rules.as_ref().map_or("", |it| it.descriptor.version.as_str())),
            Cell::text(tier(city)),
        ]
    });
    let rollout = table(locale, ["推进情况", "Rollout"], &heads, rows.collect());
    let told = |city: &City, it: &Indicator| {
        city.figures.iter().find(|(figure, _)| figure.indicator.id == it.id && figure.group.is_none()).cloned()
    };
    let rated = rated();
    let mut rows: Vec<(&str, Vec<Option<Figure>>)> = Vec::with_capacity(cities.len());
    for city in cities {
        let figures = rated.iter().map(|it| told(city, it).filter(|(_, small)| !small).map(|(figure, _)| figure));
        rows.push((&city.tenant.name, figures.collect()));
    }
    let rows = rows.iter().map(|(name, figures)| (*name, figures.iter().map(Option::as_ref).collect())).collect();
    let figures = side_by_side(locale, say(locale, ["各市指标", "Cities"]), rows);
    let lead = match locale {
        Locale::Chinese => format!(
            "期间：{} 至 {}。只列各市总数，不含个案；不足 {LEAST_PEOPLE} 人的数字不列出，以免可识别到个人。",
            period.from,
            period.last()
        ),
        Locale::English => format!(
            "From {} to {}. Totals of cities without their cases; a figure of fewer than {LEAST_PEOPLE} people is left out, since somebody could be recognised.",
            period.from,
            period.last()
        ),
    };
    let title = match locale {
        Locale::Chinese => format!("全省基层民主协商季度报告（{named}）"),
        Locale::English => format!("Quarterly report of the province ({named})"),
    };
    Tables { title, lead: vec![lead], tables: vec![rollout, figures] }
}

/// The indicators of the formula of ratings, which reports show side by side.
pub fn rated() -> Vec<&'static Indicator> {
    FORMULA.parts.iter().filter_map(|it| Indicator::of(it.indicator)).collect()
}

fn all(unit: Option<UnitId>, period: Period) -> Asked {
    let indicators = INDICATORS.iter().collect();
    let (after, limit) = (String::new(), 1);
    Asked { indicators, unit, level: None, period, grouped: false, previous: true, siblings: true, after, limit }
}

async fn whole(
    app: &App,
    session: &Session,
    unit: Option<UnitId>,
    period: Period,
) -> Result<(u64, Vec<Figure>), Failure> {
    let report = reports::report(app, session, &all(unit, period)).await?;
    let (_, figures) = report.units.into_iter().next().ok_or_else(no_unit)?;
    Ok((report.position, figures))
}

fn no_unit() -> Failure {
    Failure::Inconsistent("a report without its unit".into())
}

/// The level under one whose units a report shows, with what that table is called.
fn under(level: &str) -> Option<(&'static str, [&'static str; 2])> {
    match level {
        "city" => Some(("district", ["各区县", "Districts"])),
        "district" => Some(("street", ["各街镇", "Streets"])),
        "street" => Some(("community", ["各社区（村）", "Communities"])),
        _ => None,
    }
}

fn made_from(locale: Locale, position: u64, period: Period) -> String {
    let (from, to) = (period.from, period.last());
    match locale {
        Locale::Chinese => {
            format!("期间：{from} 至 {to}；依据存证记录前 {position} 条。比率向下取至千分位；无可计量者留空。")
        }
        Locale::English => format!(
            "From {from} to {to}, from the first {position} entries of the record. Ratios are rounded down to thousandths; where there is nothing to measure nothing is shown."
        ),
    }
}

fn table(locale: Locale, name: [&str; 2], heads: &[[&str; 2]], rows: Vec<Vec<Cell>>) -> Table {
    let heads = heads.iter().map(|it| say(locale, *it).to_owned()).collect();
    Table { name: say(locale, name).to_owned(), heads, rows }
}

fn asked_for(target: Target) -> Value {
    Value { numerator: target.numerator, denominator: Some(target.denominator) }
}

fn reached(locale: Locale, reached: Option<bool>) -> Cell {
    Cell::text(match reached {
        Some(true) => say(locale, ["是", "yes"]),
        Some(false) => say(locale, ["否", "no"]),
        None => "",
    })
}

fn rating(locale: Locale, sheet: &Sheet) -> Table {
    let heads = [
        ["指标", "Indicator"],
        ["权重", "Weight"],
        ["数值", "Figure"],
        ["目标", "Target"],
        ["得分（满分为权重×1000）", "Points of 1000 times the weight"],
    ];
    let rows = sheet.rating.parts.iter().filter_map(|Points { part, points }| {
        let (figure, target) = sheet.figures.iter().find(|(it, _)| it.indicator.id == part.indicator)?;
        let indicator = figure.indicator;
        Some(vec![
            Cell::text(say(locale, indicator.names)),
            Cell::whole(part.weight),
            Cell::figure(indicator.scale, figure.value),
            Cell::figure(indicator.scale, asked_for(*target)),
            Cell::known(*points),
        ])
    });
    table(locale, ["评分", "Rating"], &heads, rows.collect())
}

fn indicators(locale: Locale, figures: &[Figure]) -> Table {
    let heads = [
        ["指标", "Indicator"],
        ["数值", "Figure"],
        ["分子", "Numerator"],
        ["分母", "Denominator"],
        ["目标", "Target"],
        ["达标", "Reached"],
        ["上期", "Previous"],
        ["同级位次", "Place"],
    ];
    let rows = figures.iter().filter(|it| it.group.is_none()).map(|it| {
        let scale = it.indicator.scale;
        let place = it.ranked.map(|it| format!("{} / {}", it.place, it.of));
        vec![
            Cell::text(say(locale, it.indicator.names)),
            Cell::figure(scale, it.value),
            Cell::whole(it.value.numerator),
            Cell::known(it.value.denominator),
            it.target.map_or_else(Cell::nothing, |(target, _)| Cell::figure(scale, asked_for(target))),
            reached(locale, it.target.and_then(|(_, reached)| reached)),
            it.previous.map_or_else(Cell::nothing, |value| Cell::figure(scale, value)),
            Cell::text(place.unwrap_or_default()),
        ]
    });
    table(locale, ["指标", "Indicators"], &heads, rows.collect())
}

fn structure(locale: Locale, figures: &[Figure]) -> Table {
    let heads = [
        ["指标", "Indicator"],
        ["组别", "Group"],
        ["人次", "Count"],
        ["份额", "Share"],
        ["居民中份额", "Share among residents"],
    ];
    let structures = figures.iter().filter(|it| matches!(it.indicator.way, Way::Structure(..)));
    let rows = structures.filter_map(|it| {
        let residents = it.population.map(|it| Value {
            numerator: i64::try_from(it.residents).unwrap_or(i64::MAX),
            denominator: i64::try_from(it.of).ok(),
        });
        Some(vec![
            Cell::text(say(locale, it.indicator.names)),
            Cell::text(it.group.as_deref()?),
            Cell::whole(it.value.numerator),
            Cell::figure("ratio", it.value),
            residents.map_or_else(Cell::nothing, |value| Cell::figure("ratio", value)),
        ])
    });
    table(locale, ["结构", "Structure"], &heads, rows.collect())
}

fn side_by_side(locale: Locale, name: &str, rows: Vec<(&str, Vec<Option<&Figure>>)>) -> Table {
    let rated = rated();
    let names = rated.iter().map(|it| say(locale, it.names).to_owned());
    let heads = std::iter::once(say(locale, ["单位", "Unit"]).to_owned()).chain(names).collect();
    let rows = rows.into_iter().map(|(name, figures)| {
        let cells = rated.iter().map(|indicator| {
            let figure = figures.iter().flatten().find(|it| it.indicator.id == indicator.id && it.group.is_none());
            figure.map_or_else(Cell::nothing, |it| Cell::figure(indicator.scale, it.value))
        });
        std::iter::once(Cell::text(name)).chain(cells).collect()
    });
    Table { name: name.to_owned(), heads, rows: rows.collect() }
}

async fn league(session: &Session, unit: UnitId, period: Period, locale: Locale) -> Result<Table, Failure> {
    let (_, placed) = reports::league(&session.app, session, Some(unit), period).await?;
    let heads =
        [["名次", "Place"], ["社区（村）", "Community"], ["总分（千分制）", "Points of 1000"], ["星级", "Stars"]];
    let rows = placed.into_iter().take(PLACES).map(|it| {
        vec![
            Cell::known(it.place.and_then(|place| i64::try_from(place).ok())),
            Cell::text(it.sheet.unit.name),
            Cell::known(it.sheet.rating.total),
            Cell::known(it.sheet.rating.stars.map(i64::from)),
        ]
    });
    Ok(table(locale, ["社区（村）排名", "League"], &heads, rows.collect()))
}
