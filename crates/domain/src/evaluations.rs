//! Yearly evaluations by a third party (第三方评估): what is scored, and the statement that the evaluator signs.

use serde::{Deserialize, Serialize};

use crate::{Digest, Refusal};

/// The first line of what is signed.
const HEADING: &str = "yishi evaluation v1";

/// The most criteria that are scored.
pub const MOST: usize = 50;

/// What a criterion got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The criterion.
    pub criterion: String,
    /// Of 100.
    pub score: u8,
}

/// What is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The tenant's slug.
    pub tenant: &'a str,
    /// The statistical code of the unit.
    pub unit: &'a str,
    /// The year.
    pub year: u16,
}

/// Refuses scores that cannot be told in a statement.
pub fn validate(scores: &[Score]) -> Result<(), Refusal> {
    let bad = |i: usize, text: &str| Err(Refusal::invalid("evaluation.bad_scores", format!("scores[{i}]"), text));
    if scores.is_empty() || scores.len() > MOST {
        let text = format!("score 1 to {MOST} criteria");
        return Err(Refusal::invalid("evaluation.bad_scores", "scores", text));
    }
    for (i, it) in scores.iter().enumerate() {
        let name = it.criterion.as_str();
        if name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(|it| it == '=' || it.is_control()) {
            return bad(i, "a criterion has 1 to 100 characters, without `=` and on one line");
        }
        if it.score > 100 {
            return bad(i, "a score lies between 0 and 100");
        }
        if scores[..i].iter().any(|before| before.criterion == it.criterion) {
            return bad(i, "this criterion is scored already");
        }
    }
    Ok(())
}

/// The mean of scores, rounded half up.
pub fn mean(scores: &[Score]) -> u8 {
    let (sum, number) = (scores.iter().map(|it| u64::from(it.score)).sum::<u64>(), scores.len() as u64);
    u8::try_from((2 * sum + number) / (2 * number).max(1)).unwrap_or(u8::MAX)
}

/// The text that an evaluator signs: a heading, whom it is about, a line a criterion in the order given, and the report's digest.
pub fn statement(of: Subject<'_>, scores: &[Score], report: &Digest) -> String {
    let scores: String = scores.iter().map(|it| format!("{}={}\n", it.criterion, it.score)).collect();
    format!("{HEADING}\n{}\n{}\n{}\n{scores}{report}\n", of.tenant, of.unit, of.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(scores: &[(&str, u8)]) -> Vec<Score> {
        scores.iter().map(|(criterion, score)| Score { criterion: (*criterion).into(), score: *score }).collect()
    }

    #[test]
    fn a_statement_says_all_that_is_scored() {
        let of = Subject { tenant: "3301", unit: "330106", year: 2026 };
        let said = statement(of, &scored(&[("程序", 90), ("成效", 81)]), &Digest([0xab; 32]));
        let digest = "ab".repeat(32);
        assert_eq!(said, format!("yishi evaluation v1\n3301\n330106\n2026\n程序=90\n成效=81\nsha256:{digest}\n"));
        assert_eq!(mean(&scored(&[("a", 90), ("b", 81)])), 86);
        assert_eq!(mean(&scored(&[("a", 100)])), 100);
        assert_eq!(mean(&scored(&[("a", 0), ("b", 0), ("c", 1)])), 0);
    }

    #[test]
    fn scores_that_a_statement_cannot_tell_apart_are_refused() {
        assert!(validate(&scored(&[("a", 90), ("b", 0)])).is_ok());
        for bad in [&[("a", 90), ("a", 80)][..], &[("a=1", 2)], &[("a\nb", 2)], &[("a", 101)], &[(" ", 1)], &[]] {
            assert!(validate(&scored(bad)).is_err(), "{bad:?}");
        }
    }
}
