//! What every peer is asked: the verdict on a ballot of owners by head and by area, as article 278 of the Civil Code puts it to the vote.

use serde::Serialize;
use yishi_domain::voting::{
    Condition, ConditionKind, Count, Counted, Fraction, Measure, Of, Tally, Verdict, VotingRule, evaluate,
};

/// A rule that was published, and the tally that it is put to: four conditions, a law and two counts.
#[derive(Serialize)]
pub struct Question {
    /// The rule.
    pub rule: VotingRule,
    /// The tally.
    pub tally: Tally,
    /// What must come of it, without reasons.
    #[serde(skip)]
    pub expected: Verdict,
    /// Both as JSON text, for peers that are asked by text.
    #[serde(skip)]
    pub json: String,
}

impl Question {
    fn of(heads: [u64; 4], area: [u64; 4]) -> Self {
        let rule = VotingRule { laws: vec!["Civil Code, article 278 (2020)".into()], ..VotingRule::of(conditions()) };
        let tally = Tally::of(vec![count(Measure::Heads, heads), count(Measure::FloorArea, area)]);
        let expected = evaluate(&rule, &tally).expect("a rule that can be evaluated");
        let mut question = Self { rule, tally, expected, json: String::new() };
        question.json = serde_json::to_string(&question).expect("what is derived can be written");
        question
    }

    /// Tells whether a verdict is the expected one, whatever its reasons say.
    pub fn agrees(&self, verdict: &Verdict) -> bool {
        let Verdict { outcome, checks, winners, reasons: _ } = verdict;
        (outcome, checks, winners) == (&self.expected.outcome, &self.expected.checks, &self.expected.winners)
    }
}

/// One that passes, one that area stops, one that ties, and one in which too few took part.
pub fn all() -> Vec<Question> {
    vec![
        Question::of([1_200, 700, 150, 50], [9_600_000, 5_100_000, 1_300_000, 200_000]),
        Question::of([1_200, 700, 150, 50], [9_600_000, 3_000_000, 3_900_000, 200_000]),
        Question::of([1_200, 450, 450, 0], [9_600_000, 3_300_000, 3_300_000, 0]),
        Question::of([1_200, 500, 150, 50], [9_600_000, 5_100_000, 1_300_000, 200_000]),
    ]
}

/// Two thirds take part, by head and by area, and more than half of them are in favour.
fn conditions() -> Vec<Condition> {
    let condition = |code: &str, kind, measure| {
        let quorum = kind == ConditionKind::Quorum;
        Condition {
            code: code.into(),
            kind,
            measure,
            counted: if quorum { Counted::Participating } else { Counted::InFavour },
            of: if quorum { Of::Eligible } else { Of::Participating },
            at_least: if quorum { Fraction::new(2, 3) } else { Fraction::new(1, 2) },
            strict: !quorum,
        }
    };
    vec![
        condition("quorum_heads", ConditionKind::Quorum, Measure::Heads),
        condition("quorum_area", ConditionKind::Quorum, Measure::FloorArea),
        condition("majority_heads", ConditionKind::Majority, Measure::Heads),
        condition("majority_area", ConditionKind::Majority, Measure::FloorArea),
    ]
}

fn count(measure: Measure, [eligible, in_favour, against, abstained]: [u64; 4]) -> Count {
    Count { in_favour, against, abstained, ..Count::of(measure, eligible) }
}
