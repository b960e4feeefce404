//! Instants as the interface writes them.

use chrono::{DateTime, Duration, SecondsFormat, Utc};

/// The instant so many minutes after another one.
pub fn after(instant: &str, minutes: i64) -> String {
    (read(instant) + Duration::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// How many whole hours lie between two instants.
pub fn hours_between(earlier: &str, later: &str) -> i64 {
    (read(later) - read(earlier)).num_hours()
}

/// Reads an instant.
pub fn read(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap_or_else(|error| panic!("{instant}: {error}"))
}
