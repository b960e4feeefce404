//! What a city decides for itself where the contract of rule sets has no say.

use serde::{Deserialize, Serialize};

use crate::Refusal;

/// A city's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The mean of a survey below which it counts as unsatisfied, of 1000.
    pub satisfaction_floor_per_mille: u32,
    /// Days after which a finished matter is visited again, each time.
    pub look_back_days: u32,
    /// Whether a case stays open until it was visited again and what was done has lasted.
    pub closing_needs_look_back: bool,
    /// Whether a case stays open while a finding about it is open.
    pub closing_needs_findings_closed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            satisfaction_floor_per_mille: 600,
            look_back_days: 90,
            closing_needs_look_back: false,
            closing_needs_findings_closed: true,
        }
    }
}

impl Settings {
    /// Refuses what makes no sense.
    pub fn validate(&self) -> Result<(), Refusal> {
        let wrong = |field: &str, text: &str| Err(Refusal::invalid("settings.out_of_range", field, text));
        match self {
            it if it.satisfaction_floor_per_mille > 1_000 => {
                wrong("satisfaction_floor_per_mille", "a mean lies between 0 and 1000")
            }
            it if !(1..=3_650).contains(&it.look_back_days) => {
                wrong("look_back_days", "it is 1 to 3650 days until a matter is visited again")
            }
            _ => Ok(()),
        }
    }
}

/// What keeps a case from being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Awaited {
    /// How many findings about it are open.
    pub findings: usize,
    /// Whether it must be visited again first.
    pub look_back: bool,
}

impl Awaited {
    /// Whether nothing does.
    pub const fn is_nothing(&self) -> bool {
        self.findings == 0 && !self.look_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_a_range_and_the_defaults_lie_in_it() {
        let standard = Settings::default();
        assert_eq!(standard.validate(), Ok(()));
        for bad in [
            Settings { satisfaction_floor_per_mille: 1_001, ..standard },
            Settings { look_back_days: 0, ..standard },
            Settings { look_back_days: 3_651, ..standard },
        ] {
            assert_eq!(bad.validate().expect_err("out of range").code, "settings.out_of_range");
        }
    }
}
