//! Reports as files: a line a figure, the same in CSV and in newline-delimited JSON.

use serde::Serialize;
use yishi_store::units::Unit;

use super::{Figure, Report};
use crate::failures::Failure;

/// A figure in one line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    unit: &'a str,
    name: &'a str,
    level: &'a str,
    indicator: &'a str,
    version: u32,
    group: &'a str,
    scale: &'a str,
    numerator: i64,
    denominator: Option<i64>,
    per_mille: Option<i64>,
    cases: Option<i64>,
    residents: Option<u64>,
    residents_of: Option<u64>,
    target_numerator: Option<i64>,
    target_denominator: Option<i64>,
    reached: Option<bool>,
    previous_numerator: Option<i64>,
    previous_denominator: Option<i64>,
    place: Option<u64>,
    place_of: Option<u64>,
    above_numerator: Option<i64>,
    above_denominator: Option<i64>,
}

/// Writes CSV (RFC 4180), with a header where it is the beginning.
pub fn csv(report: &Report, header: bool) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(Vec::new());
    for line in lines(report) {
        writer.serialize(line).map_err(inconsistent)?;
    }
    writer.into_inner().map_err(inconsistent)
}

/// Writes an object a line.
pub fn ndjson(report: &Report) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for line in lines(report) {
        serde_json::to_writer(&mut bytes, &line).map_err(inconsistent)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn lines(report: &Report) -> impl Iterator<Item = Line<'_>> {
    report.units.iter().flat_map(|(unit, figures)| figures.iter().map(|it| line(unit, it)))
}

fn line<'a>(unit: &'a Unit, it: &'a Figure) -> Line<'a> {
    let target = it.target.map(|(target, _)| target);
    Line {
        unit: &unit.code,
        name: &unit.name,
        level: &unit.level,
        indicator: it.indicator.id,
        version: it.indicator.version,
        group: it.group.as_deref().unwrap_or_default(),
        scale: it.indicator.scale,
        numerator: it.value.numerator,
        denominator: it.value.denominator,
        per_mille: it.value.per_mille(),
        cases: it.cases,
        residents: it.population.map(|it| it.residents),
        residents_of: it.population.map(|it| it.of),
        target_numerator: target.map(|it| it.numerator),
        target_denominator: target.map(|it| it.denominator),
        reached: it.target.and_then(|(_, reached)| reached),
        previous_numerator: it.previous.map(|it| it.numerator),
        previous_denominator: it.previous.and_then(|it| it.denominator),
        place: it.ranked.map(|it| it.place),
        place_of: it.ranked.map(|it| it.of),
        above_numerator: it.ranked.map(|it| it.above.numerator),
        above_denominator: it.ranked.and_then(|it| it.above.denominator),
    }
}

fn inconsistent(error: impl std::fmt::Display) -> Failure {
    Failure::Inconsistent(error.to_string())
}
