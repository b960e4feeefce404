//! Reports as stories read them.

use serde_json::Value;

use crate::communities::Community;

impl Community {
    /// A report as the administrator, once everything that is shown in the record now is counted; over last year, this one and the next.
    pub async fn report(&self, query: &str) -> Value {
        self.counted().await;
        self.read(&format!("/reports?period={}&{query}", self.years().await)).await
    }

    /// Last year, this one and the next, as a period.
    pub async fn years(&self) -> String {
        let now = self.city.advance_clock(1).await;
        let year: u32 = now[..4].parse().expect("a year");
        format!("{}-01-01..{}-12-31", year - 1, year + 1)
    }

    /// Waits until everything that happened is counted.
    pub async fn counted(&self) {
        let marker = self.city.advance_clock(1).await;
        for _ in 0..400 {
            let page = self.read("/events?limit=1000").await;
            let events = page["items"].as_array().expect("events");
            let whole =
                events.last().is_some_and(|it| it["body"]["shows"].as_str().is_some_and(|it| it[..23] == marker[..23]));
            let counted = self.read("/reports?indicators=topics").await["position"].as_u64().expect("a position");
            if whole && counted >= events.len() as u64 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the events are not counted")
    }
}

/// The whole figure of an indicator in the first unit of a report: its numerator and its denominator.
#[track_caller]
pub fn figure(report: &Value, indicator: &str) -> (i64, Option<i64>) {
    of_group(&report["units"][0], indicator, &Value::Null)
}

/// The figure of an indicator and a group in a unit.
#[track_caller]
pub fn of_group(unit: &Value, indicator: &str, group: &Value) -> (i64, Option<i64>) {
    let found = whole(unit, indicator, group);
    (found["numerator"].as_i64().expect("a numerator"), found["denominator"].as_i64())
}

/// All that is said of an indicator and a group in a unit.
#[track_caller]
pub fn whole(unit: &Value, indicator: &str, group: &Value) -> Value {
    let figures = unit["figures"].as_array().unwrap_or_else(|| panic!("{unit} has no figures"));
    let mut found = figures.iter().filter(|it| it["indicator"] == indicator && it["group"] == *group);
    found.next().unwrap_or_else(|| panic!("{indicator} of {group} is not in {unit}")).clone()
}
