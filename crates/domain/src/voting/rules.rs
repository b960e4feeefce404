//! What a rule says, and what it is asked for.

use serde::{Deserialize, Serialize};

use crate::{topics::Significance, voting::Selection};

/// An exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fraction {
    /// The numerator.
    pub numerator: u32,
    /// The denominator, above zero.
    pub denominator: u32,
}

impl Fraction {
    /// Names a fraction.
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        Self { numerator, denominator }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Heads: each voting unit counts as many as the roll says, mostly one.
    Heads,
    /// Exclusive floor area, in hundredths of a square metre.
    FloorArea,
}

/// The numerator of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// All who voted, whatever their vote says.
    Participating,
    /// The votes in favour of the proposal, or in support of an option: those that approve of it, give it points or rank it first.
    InFavour,
}

/// The denominator of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The whole roll.
    Eligible,
    /// All who voted, whatever their vote says.
    Participating,
    /// All who voted but for blank and spoiled papers.
    Valid,
    /// The votes in favour and against; abstentions do not count.
    ForAndAgainst,
}

/// What follows when a condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// Without it the vote is not valid.
    Quorum,
    /// Without it the proposal fails.
    Majority,
    /// An option that does not reach it cannot be chosen.
    Threshold,
}

/// One condition: a share of something must reach a fraction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Stable code, unique in the rule.
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
    /// Whether the share must be exceeded, not only reached.
    pub strict: bool,
}

/// How a ballot is cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// In favour, against, or abstained.
    YesNo,
    /// Approves of up to so many options.
    Approval(u32),
    /// Gives up to so many points in all to options.
    Cumulative(u32),
    /// Puts up to so many options in order, the best first.
    Ranked(u32),
}

/// Who can see a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrecy {
    /// Votes are recorded with their voting unit.
    Open,
    /// It is recorded who voted, and what the votes say, and not which is whose.
    Secret,
}

/// More time where too few have voted when the ballot would close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// By how many hours.
    pub hours: u32,
    /// How often at most.
    pub times: u32,
}

/// A round of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Stable code, unique in the rule.
    pub code: String,
    /// Who votes in it.
    pub electorate: Electorate,
}

/// The rule of a ballot, published before the first vote and binding from then on.
///
/// What has no effect may be left out of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VotingRule {
    /// How a ballot is cast.
    pub method: Method,
    /// All must hold, quorums first.
    pub conditions: Vec<Condition>,
    /// How options are chosen; there unless the method is [`Method::YesNo`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Who can see a vote.
    pub secrecy: Secrecy,
    /// Whether a vote may be replaced by a later one until the ballot closes; in open ballots alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub change_of_vote: bool,
    /// For how many voting units one proxy may vote; zero where there are no proxies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mandates_per_proxy: u32,
    /// Hours between publishing the rule and the first vote.
    pub notice_hours: u32,
    /// Hours for which the ballot stays open.
    pub window_hours: u32,
    /// More time where too few have voted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// Hours for which the result is published, and objections are heard, before it is carried out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub publication_hours: u32,
    /// All rounds of the decision in their order; none where there is one alone. What passes in one goes to the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<Round>,
    /// The round of this ballot, from zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// The laws it follows, each with its edition.
    pub laws: Vec<String>,
    /// Logic beyond these terms, in words; then the rule set's own verdict stands.
    pub custom: Option<String>,
}

/// Hours for which a ballot stays open unless its rule says otherwise: a week.
const WEEK_HOURS: u32 = 7 * 24;

impl VotingRule {
    /// A rule of conditions, all of which must hold: yes or no, in the open, without notice, for a week.
    pub fn of(conditions: Vec<Condition>) -> Self {
        Self {
            method: Method::YesNo,
            conditions,
            selection: None,
            secrecy: Secrecy::Open,
            change_of_vote: false,
            mandates_per_proxy: 0,
            notice_hours: 0,
            window_hours: WEEK_HOURS,
            extension: None,
            publication_hours: 0,
            rounds: Vec::new(),
            round: 0,
            laws: Vec::new(),
            custom: None,
        }
    }

    /// The round that follows this one; none after the last.
    pub fn next_round(&self) -> Option<&Round> {
        self.rounds.get(self.round as usize + 1)
    }
}

/// Who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Electorate {
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

/// One of the options to choose among.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Stable code, unique in the ballot.
    pub code: String,
    /// What it costs in fen, where the ballot spends a budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
}

/// What a rule is asked for. What is not there may be left out of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The topic's category.
    pub category: String,
    /// The topic's significance.
    pub significance: Significance,
    /// The matter in the terms of the law, such as `change_use_of_common_parts`, where the rule needs it.
    pub matter: Option<String>,
    /// Who votes.
    pub electorate: Electorate,
    /// Heads on the roll.
    pub eligible_heads: u64,
    /// Floor area on the roll in hundredths of a square metre, where every voting unit states one.
    pub eligible_floor_area: Option<u64>,
    /// The options, in their published order; none where the ballot is on one proposal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ChoiceOption>,
    /// What may be spent, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// Which round of the decision this is, from zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
}

impl Subject {
    /// A ballot of so many residents on one ordinary proposal.
    pub fn of(category: impl Into<String>, eligible_heads: u64) -> Self {
        Self {
            category: category.into(),
            significance: Significance::General,
            matter: None,
            electorate: Electorate::Residents,
            eligible_heads,
            eligible_floor_area: None,
            options: Vec::new(),
            budget: None,
            round: 0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(it: &bool) -> bool {
    !*it
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(it: &u32) -> bool {
    *it == 0
}
