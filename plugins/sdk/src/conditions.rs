//! Conditions and rules that read as their law does: whose share of what must reach how much. Shares are exact fractions.
//!
//! ```
//! use yishi_plugin_sdk::{conditions::{majority, quorum, rule}, voting::{Measure, VotingRule}};
//!
//! let conditions = [
//!     quorum(Measure::Heads).of_eligible().at_least(2, 3),
//!     majority(Measure::Heads).of_participating().more_than(1, 2),
//! ];
//! let rule = VotingRule { window_hours: 72, ..rule(conditions) };
//! assert_eq!(rule.conditions[0].code, "quorum_heads");
//! ```

use yishi_domain::voting::{
    Condition, ConditionKind, Counted, Fraction, Measure, Method, Of, Procedure, Selection, Tie, VotingRule,
};

/// A quorum whose whole is yet to be said.
#[must_use]
pub struct Quorum(Measure);

/// A majority whose whole is yet to be said.
#[must_use]
pub struct Majority(Measure);

/// A condition whose share is yet to be said.
#[must_use]
pub struct Share {
    code: String,
    kind: ConditionKind,
    measure: Measure,
    counted: Counted,
    of: Of,
}

/// So many must take part, or the vote is not valid.
pub const fn quorum(measure: Measure) -> Quorum {
    Quorum(measure)
}

/// So many must be in favour, or the proposal fails.
pub const fn majority(measure: Measure) -> Majority {
    Majority(measure)
}

/// A rule of conditions, all of which must hold: yes or no, in the open, without notice, for a week.
pub fn rule(conditions: impl IntoIterator<Item = Condition>) -> VotingRule {
    VotingRule::of(conditions.into_iter().collect())
}

/// A rule by which options are chosen; conditions are quorums and thresholds. In the open, without notice, for a week.
pub fn choice(method: Method, procedure: Procedure, conditions: impl IntoIterator<Item = Condition>) -> VotingRule {
    let selection = Selection { measure: Measure::Heads, procedure, tie: Tie::ListedFirst };
    VotingRule { method, selection: Some(selection), ..rule(conditions) }
}

/// A share whose whole is yet to be said, which an option must reach to be chosen.
#[must_use]
pub struct Threshold(Measure);

/// So many must support an option, or it cannot be chosen.
pub const fn threshold(measure: Measure) -> Threshold {
    Threshold(measure)
}

impl Threshold {
    /// Of the whole roll.
    pub fn of_eligible(self) -> Share {
        self.of(Of::Eligible)
    }

    /// Of all who voted.
    pub fn of_participating(self) -> Share {
        self.of(Of::Participating)
    }

    /// Of all who voted but for blank and spoiled papers.
    pub fn of_valid(self) -> Share {
        self.of(Of::Valid)
    }

    fn of(self, of: Of) -> Share {
        Share::new("threshold", ConditionKind::Threshold, self.0, Counted::InFavour, of)
    }
}

impl Quorum {
    /// Of the whole roll; of nothing else can a quorum be missed.
    pub fn of_eligible(self) -> Share {
        Share::new("quorum", ConditionKind::Quorum, self.0, Counted::Participating, Of::Eligible)
    }
}

impl Majority {
    /// Of the whole roll.
    pub fn of_eligible(self) -> Share {
        self.of(Of::Eligible)
    }

    /// Of all who voted, abstentions included.
    pub fn of_participating(self) -> Share {
        self.of(Of::Participating)
    }

    /// Of all who voted but for blank and spoiled papers.
    pub fn of_valid(self) -> Share {
        self.of(Of::Valid)
    }

    /// Of the votes in favour and against; abstentions do not count.
    pub fn of_for_and_against(self) -> Share {
        self.of(Of::ForAndAgainst)
    }

    fn of(self, of: Of) -> Share {
        Share::new("majority", ConditionKind::Majority, self.0, Counted::InFavour, of)
    }
}

impl Share {
    fn new(word: &str, kind: ConditionKind, measure: Measure, counted: Counted, of: Of) -> Self {
        let measured = match measure {
            Measure::Heads => "heads",
            Measure::FloorArea => "floor_area",
        };
        Self { code: format!("{word}_{measured}"), kind, measure, counted, of }
    }

    /// Gives it another code than `quorum_heads`, `majority_floor_area` and so on; a rule with two alike needs one.
    pub fn named(self, code: &str) -> Self {
        Self { code: code.into(), ..self }
    }

    /// The share must be reached.
    pub fn at_least(self, numerator: u32, denominator: u32) -> Condition {
        self.reaching(Fraction::new(numerator, denominator))
    }

    /// The share must be exceeded.
    pub fn more_than(self, numerator: u32, denominator: u32) -> Condition {
        self.exceeding(Fraction::new(numerator, denominator))
    }

    /// A share that a configuration names must be reached.
    pub fn reaching(self, share: Fraction) -> Condition {
        self.condition(share, false)
    }

    /// A share that a configuration names must be exceeded.
    pub fn exceeding(self, share: Fraction) -> Condition {
        self.condition(share, true)
    }

    fn condition(self, at_least: Fraction, strict: bool) -> Condition {
        let Self { code, kind, measure, counted, of } = self;
        Condition { code, kind, measure, counted, of, at_least, strict }
    }
}

#[cfg(test)]
mod tests {
    use yishi_domain::voting::validate_rule;

    use super::*;

    #[test]
    fn a_condition_says_what_it_reads_as() {
        let condition = majority(Measure::FloorArea).of_for_and_against().named("most_area").more_than(1, 2);
        let expected = Condition {
            code: "most_area".into(),
            kind: ConditionKind::Majority,
            measure: Measure::FloorArea,
            counted: Counted::InFavour,
            of: Of::ForAndAgainst,
            at_least: Fraction::new(1, 2),
            strict: true,
        };
        assert_eq!(condition, expected);
        let quorum = quorum(Measure::Heads).of_eligible().reaching(Fraction::new(2, 3));
        assert_eq!(
            (quorum.code.as_str(), quorum.counted, quorum.strict),
            ("quorum_heads", Counted::Participating, false)
        );
    }

    #[test]
    fn whatever_is_built_is_sound() {
        let all = [
            quorum(Measure::Heads).of_eligible().at_least(1, 1),
            majority(Measure::Heads).of_eligible().more_than(0, 1),
            majority(Measure::FloorArea).of_participating().at_least(3, 4),
        ];
        assert_eq!(validate_rule(&rule(all)), Ok(()));
    }
}
