//! A ballot's rule, its tally and its verdict as they are published.

use poem_openapi::{Enum, Object};
use yishi_domain::voting;

use crate::resources::{codes::wire_enum, selections::Selection, topics::LocalText};

wire_enum! {
    /// What is counted.
    Measure = voting::Measure {
        /// Heads.
        Heads,
        /// Exclusive floor area, in hundredths of a square metre.
        FloorArea,
    }
}

wire_enum! {
    /// What follows when a condition does not hold.
    ConditionKind = voting::ConditionKind {
        /// Without it the vote is not valid.
        Quorum,
        /// Without it the proposal fails.
        Majority,
        /// An option that does not reach it cannot be chosen.
        Threshold,
    }
}

wire_enum! {
    /// The numerator of a condition.
    Counted = voting::Counted {
        /// All who voted, whatever their vote says.
        Participating,
        /// The votes in favour of the proposal, or in support of an option.
        InFavour,
    }
}

wire_enum! {
    /// The denominator of a condition.
    Of = voting::Of {
        /// The whole roll.
        Eligible,
        /// All who voted, whatever their vote says.
        Participating,
        /// All who voted but for blank and spoiled papers.
        Valid,
        /// The votes in favour and against.
        ForAndAgainst,
    }
}

wire_enum! {
    /// What became of a ballot.
    Outcome = voting::Outcome {
        /// Every condition held.
        Passed,
        /// The vote was valid, and a majority was missing or nothing was chosen.
        Failed,
        /// Too few took part.
        NoQuorum,
        /// Every condition held, and another round follows.
        NextRound,
    }
}

/// An exact fraction.
#[derive(Clone, Copy, Debug, Object)]
pub struct Fraction {
    /// The numerator.
    pub numerator: u32,
    /// The denominator.
    pub denominator: u32,
}

/// One condition: a share of something must reach a fraction.
#[derive(Debug, Object)]
pub struct Condition {
    /// Its code, unique in the rule.
    pub code: String,
    /// What follows when it does not hold.
    pub kind: ConditionKind,
    /// What is counted.
    pub measure: Measure,
    /// The numerator.
    pub counted: Counted,
    /// The denominator.
    pub of: Of,
    /// The share to reach.
    pub at_least: Fraction,
    /// Whether it must be exceeded, not only reached.
    pub strict: bool,
}

wire_enum! {
    /// Who votes.
    Electorate = voting::Electorate {
        /// The residents.
        Residents,
        /// Households, one vote each.
        Households,
        /// The owners of exclusive parts of a building.
        Owners,
        /// The members of the party branch.
        PartyMembers,
        /// The members of the council or committee.
        CouncilMembers,
        /// The villagers' representatives.
        VillagerRepresentatives,
        /// Other representatives.
        Representatives,
    }
}

wire_enum! {
    /// Who can see a vote.
    Secrecy = voting::Secrecy {
        /// Votes are recorded with their voting unit.
        Open,
        /// It is recorded who voted, and what the votes say, and not which is whose.
        Secret,
    }
}

/// How a ballot is cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Method {
    /// In favour, against, or abstained.
    YesNo,
    /// Approves of options.
    Approval,
    /// Gives points to options.
    Cumulative,
    /// Puts options in order.
    Ranked,
}

/// More time where too few have voted when the ballot would close.
#[derive(Clone, Copy, Debug, Object)]
pub struct Extension {
    /// By how many hours.
    pub hours: u32,
    /// How often at most.
    pub times: u32,
}

/// A round of a decision.
#[derive(Debug, Object)]
pub struct Round {
    /// Its code.
    pub code: String,
    /// Who votes in it.
    pub electorate: Electorate,
}

/// The rule of a ballot, published before the first vote and binding from then on.
#[derive(Debug, Object)]
pub struct VotingRule {
    /// How a ballot is cast.
    pub method: Method,
    /// How many options a voter may name, or points one may give.
    #[oai(skip_serializing_if_is_none)]
    pub most: Option<u32>,
    /// All must hold, quorums first.
    pub conditions: Vec<Condition>,
    /// How options are chosen.
    #[oai(skip_serializing_if_is_none)]
    pub selection: Option<Selection>,
    /// Who can see a vote.
    pub secrecy: Secrecy,
    /// Whether a vote may be replaced by a later one until the ballot closes.
    pub change_of_vote: bool,
    /// For how many voting units one proxy may vote; zero where there are no proxies.
    pub mandates_per_proxy: u32,
    /// Hours between publishing the rule and the first vote.
    pub notice_hours: u32,
    /// Hours for which the ballot takes votes.
    pub window_hours: u32,
    /// More time where too few have voted.
    #[oai(skip_serializing_if_is_none)]
    pub extension: Option<Extension>,
    /// Hours for which the result is published before it is carried out.
    pub publication_hours: u32,
    /// All rounds of the decision in their order; none where there is one alone.
    pub rounds: Vec<Round>,
    /// The round of this ballot, from zero.
    pub round: u32,
    /// The laws it follows, each with its edition.
    pub laws: Vec<String>,
    /// Logic beyond these terms, in words; then the rule set's own verdict stands.
    #[oai(skip_serializing_if_is_none)]
    pub custom: Option<String>,
}

/// A count by one measure.
#[derive(Debug, Object)]
pub struct Count {
    /// What was counted.
    pub measure: Measure,
    /// The whole roll.
    pub eligible: u64,
    /// In favour of the proposal; in a choice among options, those that name one.
    pub in_favour: u64,
    /// Against.
    pub against: u64,
    /// Abstained.
    pub abstained: u64,
    /// Papers that say nothing.
    pub blank: u64,
    /// Papers that cannot be read, or say what they may not.
    pub spoiled: u64,
}

/// A condition with the figures that it came to.
#[derive(Debug, Object)]
pub struct Check {
    /// The condition's code.
    pub code: String,
    /// The numerator.
    pub counted: u64,
    /// The denominator.
    pub of: u64,
    /// The share to reach.
    pub at_least: Fraction,
    /// Whether it must be exceeded.
    pub strict: bool,
    /// Whether it held.
    pub holds: bool,
}

/// The verdict on a ballot, with every figure that led to it.
#[derive(Debug, Object)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Each condition with its figures, in the rule's order.
    pub checks: Vec<Check>,
    /// The codes of the options that are chosen, in the published order.
    pub winners: Vec<String>,
    /// Reasons in words.
    pub reasons: Vec<LocalText>,
}

impl From<voting::Fraction> for Fraction {
    fn from(it: voting::Fraction) -> Self {
        Self { numerator: it.numerator, denominator: it.denominator }
    }
}

impl From<voting::Condition> for Condition {
    fn from(it: voting::Condition) -> Self {
        Self {
            code: it.code,
            kind: it.kind.into(),
            measure: it.measure.into(),
            counted: it.counted.into(),
            of: it.of.into(),
            at_least: it.at_least.into(),
            strict: it.strict,
        }
    }
}

impl From<voting::VotingRule> for VotingRule {
    fn from(it: voting::VotingRule) -> Self {
        let (method, most) = match it.method {
            voting::Method::YesNo => (Method::YesNo, None),
            voting::Method::Approval(most) => (Method::Approval, Some(most)),
            voting::Method::Cumulative(most) => (Method::Cumulative, Some(most)),
            voting::Method::Ranked(most) => (Method::Ranked, Some(most)),
        };
        let round = |it: voting::Round| Round { code: it.code, electorate: it.electorate.into() };
        Self {
            method,
            most,
            conditions: it.conditions.into_iter().map(Condition::from).collect(),
            selection: it.selection.map(Selection::from),
            secrecy: it.secrecy.into(),
            change_of_vote: it.change_of_vote,
            mandates_per_proxy: it.mandates_per_proxy,
            notice_hours: it.notice_hours,
            window_hours: it.window_hours,
            extension: it.extension.map(|it| Extension { hours: it.hours, times: it.times }),
            publication_hours: it.publication_hours,
            rounds: it.rounds.into_iter().map(round).collect(),
            round: it.round,
            laws: it.laws,
            custom: it.custom,
        }
    }
}

impl From<voting::Count> for Count {
    fn from(it: voting::Count) -> Self {
        let voting::Count { measure, eligible, in_favour, against, abstained, blank, spoiled } = it;
        Self { measure: measure.into(), eligible, in_favour, against, abstained, blank, spoiled }
    }
}

impl From<voting::Check> for Check {
    fn from(it: voting::Check) -> Self {
        let voting::Check { code, counted, of, at_least, strict, holds } = it;
        Self { code, counted, of, at_least: at_least.into(), strict, holds }
    }
}

impl From<voting::Verdict> for Verdict {
    fn from(it: voting::Verdict) -> Self {
        Self {
            outcome: it.outcome.into(),
            checks: it.checks.into_iter().map(Check::from).collect(),
            winners: it.winners,
            reasons: it.reasons.into_iter().map(LocalText::from).collect(),
        }
    }
}
