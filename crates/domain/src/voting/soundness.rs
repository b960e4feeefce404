//! What makes a rule sound: it can be evaluated, something decides, and what it asks for can be reached.

use crate::voting::{
    ConditionKind, Counted, Fraction, Measure, Method, Of, Procedure, Secrecy, Selection, Tie, Utility, VotingRule,
    selections::EqualShares,
};

const YEAR_HOURS: u32 = 366 * 24;

/// How often a ballot is extended at most.
const MOST_EXTENSIONS: u32 = 10;

/// The most options that a voter may name, and points that one may give.
const MOST_MARKS: u32 = 1_000;

/// A rule or a tally that cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No condition at all.
    #[error("a rule needs at least one majority condition")]
    NoMajority,
    /// A code is used twice.
    #[error("condition `{0}` appears twice")]
    DuplicateCode(String),
    /// A code is empty.
    #[error("a condition has no code")]
    EmptyCode,
    /// A fraction is not between zero and one.
    #[error("the share of condition `{0}` must lie between 0 and 1 with a denominator above 0")]
    BadFraction(String),
    /// More than everything is asked for.
    #[error("condition `{0}` asks for more than the whole")]
    Unreachable(String),
    /// Nothing is asked for.
    #[error("majority `{0}` would also hold where nobody is in favour")]
    Vacuous(String),
    /// A quorum of those who take part is always met.
    #[error("quorum `{0}` must be a share of the eligible")]
    QuorumOfParticipants(String),
    /// A majority or threshold that does not count votes in favour.
    #[error("condition `{0}` must count the votes in favour")]
    MajorityWithoutVotes(String),
    /// A condition that the method has no votes for.
    #[error(
        "condition `{0}` does not go with the method: a majority decides on one proposal, a threshold among options"
    )]
    WrongKind(String),
    /// A threshold by another measure than votes weigh.
    #[error("threshold `{0}` must go by the measure of the selection, and not by votes for and against")]
    BadThreshold(String),
    /// Options are chosen among without a way to do it, or the other way round.
    #[error("a selection belongs to a method among options, and to no other")]
    BadSelection,
    /// The method does not give what the procedure needs.
    #[error("the procedure does not go with the method: {0}")]
    BadProcedure(&'static str),
    /// The method lets a voter say too much or nothing.
    #[error("a voter may name 1 to {MOST_MARKS} options or give 1 to {MOST_MARKS} points")]
    BadMethod,
    /// A secret vote that can be told apart.
    #[error("a secret vote cannot be changed later, and every voting unit weighs the same in it")]
    NotSecret,
    /// The window is empty.
    #[error("the ballot must be open for at least one hour and at most a year")]
    BadWindow,
    /// The notice is too long.
    #[error("the notice may be a year at most")]
    BadNotice,
    /// The publication is too long.
    #[error("the publication may last a year at most")]
    BadPublication,
    /// The extension is none.
    #[error("an extension has 1 hour to a year, 1 to {MOST_EXTENSIONS} times, and a quorum that may be missed")]
    BadExtension,
    /// The round is none of the rule's.
    #[error("the ballot's round is none of the rule's rounds, or two of them have one code")]
    BadRounds,
    /// The tally lacks a measure.
    #[error("the tally does not count {0:?}")]
    MissingMeasure(Measure),
    /// The tally counts a measure twice.
    #[error("the tally counts {0:?} twice")]
    DuplicateMeasure(Measure),
    /// More votes than voters.
    #[error("more {0:?} voted than the roll holds")]
    Overfull(Measure),
    /// An integer beyond 2^53 - 1.
    #[error("a count of {0:?} exceeds 2^53 - 1")]
    TooLarge(Measure),
}

/// Lists everything that is wrong with a rule.
pub fn validate_rule(rule: &VotingRule) -> Result<(), Vec<RuleError>> {
    let mut errors = Vec::new();
    check_conditions(rule, &mut errors);
    let decides = rule.conditions.iter().any(|condition| condition.kind == ConditionKind::Majority);
    if !decides && rule.selection.is_none() && rule.custom.is_none() {
        errors.push(RuleError::NoMajority);
    }
    check_selection(rule, &mut errors);
    if rule.secrecy == Secrecy::Secret && (rule.change_of_vote || weighs(rule)) {
        errors.push(RuleError::NotSecret);
    }
    if rule.window_hours == 0 || rule.window_hours > YEAR_HOURS {
        errors.push(RuleError::BadWindow);
    }
    if rule.notice_hours > YEAR_HOURS {
        errors.push(RuleError::BadNotice);
    }
    if rule.publication_hours > YEAR_HOURS {
        errors.push(RuleError::BadPublication);
    }
    let may_be_missed = rule.conditions.iter().any(|it| it.kind == ConditionKind::Quorum);
    let sound = |it: crate::voting::Extension| {
        (1..=YEAR_HOURS).contains(&it.hours) && (1..=MOST_EXTENSIONS).contains(&it.times) && may_be_missed
    };
    if rule.extension.is_some_and(|it| !sound(it)) {
        errors.push(RuleError::BadExtension);
    }
    let twice = |i: usize| rule.rounds[..i].iter().any(|it| it.code == rule.rounds[i].code);
    if rule.round as usize >= rule.rounds.len().max(1) || (0..rule.rounds.len()).any(twice) {
        errors.push(RuleError::BadRounds);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Whether the votes of some voting units count more than those of others.
fn weighs(rule: &VotingRule) -> bool {
    let by_area = |measure| measure == Measure::FloorArea;
    rule.conditions.iter().any(|it| by_area(it.measure)) || rule.selection.is_some_and(|it| by_area(it.measure))
}

fn check_conditions(rule: &VotingRule, errors: &mut Vec<RuleError>) {
    for (i, condition) in rule.conditions.iter().enumerate() {
        let code = || condition.code.clone();
        let Fraction { numerator, denominator } = condition.at_least;
        if condition.code.is_empty() {
            errors.push(RuleError::EmptyCode);
        }
        if rule.conditions[..i].iter().any(|earlier| earlier.code == condition.code) {
            errors.push(RuleError::DuplicateCode(code()));
        }
        if denominator == 0 || numerator > denominator {
            errors.push(RuleError::BadFraction(code()));
        } else if condition.strict && numerator == denominator {
            errors.push(RuleError::Unreachable(code()));
        } else if condition.kind == ConditionKind::Majority && !condition.strict && numerator == 0 {
            errors.push(RuleError::Vacuous(code()));
        }
        let among_options = rule.method != Method::YesNo;
        match condition.kind {
            ConditionKind::Quorum if condition.of != Of::Eligible => {
                errors.push(RuleError::QuorumOfParticipants(code()));
            }
            ConditionKind::Quorum => {}
            ConditionKind::Majority | ConditionKind::Threshold if condition.counted != Counted::InFavour => {
                errors.push(RuleError::MajorityWithoutVotes(code()));
            }
            ConditionKind::Majority if among_options => errors.push(RuleError::WrongKind(code())),
            ConditionKind::Threshold if !among_options => errors.push(RuleError::WrongKind(code())),
            ConditionKind::Threshold => {
                let by_selection = rule.selection.is_some_and(|it| it.measure == condition.measure);
                if !by_selection || condition.of == Of::ForAndAgainst {
                    errors.push(RuleError::BadThreshold(code()));
                }
            }
            ConditionKind::Majority => {}
        }
    }
}

fn check_selection(rule: &VotingRule, errors: &mut Vec<RuleError>) {
    let marks = match rule.method {
        Method::YesNo => 1,
        Method::Approval(marks) | Method::Cumulative(marks) | Method::Ranked(marks) => marks,
    };
    if !(1..=MOST_MARKS).contains(&marks) {
        errors.push(RuleError::BadMethod);
    }
    if rule.selection.is_some() == (rule.method == Method::YesNo) {
        errors.push(RuleError::BadSelection);
    }
    let Some(Selection { procedure, tie, .. }) = rule.selection else { return };
    let ranked = matches!(rule.method, Method::Ranked(_));
    let misfit = match procedure {
        Procedure::MostVotes(0) | Procedure::Schulze(0) => Some("at least one option is to be chosen"),
        Procedure::Schulze(_) | Procedure::InstantRunoff if !ranked => Some("it goes by rankings"),
        Procedure::EqualShares(_) if ranked => Some("rankings do not say what an option is worth"),
        Procedure::EqualShares(EqualShares { utility: Utility::Points, .. })
            if !matches!(rule.method, Method::Cumulative(_)) =>
        {
            Some("no points are given")
        }
        Procedure::MostVotes(_) => None,
        _ if tie == Tie::NoneChosen => Some("it needs an order among equals"),
        _ => None,
    };
    errors.extend(misfit.map(RuleError::BadProcedure));
}
