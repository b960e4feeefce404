//! The one written form of an instant: RFC 3339 in UTC with microseconds, which is what the database keeps.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Writes an instant.
pub fn text(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Writes an instant into JSON.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(at))
}

/// Reads an instant from JSON; any form but the one is refused.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let written = String::deserialize(deserializer)?;
    let at: DateTime<Utc> = written.parse().map_err(D::Error::custom)?;
    match text(&at) == written {
        true => Ok(at),
        false => Err(D::Error::custom("an instant is written in UTC with microseconds")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn an_instant_has_one_written_form() {
        let read = |text: &str| super::deserialize(Value::from(text)).map(|at| json!(super::text(&at)));
        assert_eq!(read("2026-03-01T01:02:03.000450Z").expect("its form"), "2026-03-01T01:02:03.000450Z");
        for other in ["2026-03-01T01:02:03Z", "2026-03-01T09:02:03.000450+08:00", "2026-03-01T01:02:03.0004501Z", ""] {
            assert!(read(other).is_err(), "{other}");
        }
    }
}
