//! The three lists without which nothing enters execution, and the survey that follows it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Refusal, UnitId};

/// The responsibility list (責任清單).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsibility {
    /// The unit that leads.
    pub lead_unit: UnitId,
    /// The units that help.
    pub cooperating_units: Vec<UnitId>,
    /// The post that answers for it first, such as `street director`.
    pub first_responsible_post: String,
}

/// The resource list (資源清單).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// The budget in fen (one hundredth of a yuan).
    pub budget_fen: u64,
    /// Where it comes from.
    pub source_of_funds: String,
}

/// A milestone of the deadline list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// What is reached.
    pub name: String,
    /// By when.
    pub due_at: DateTime<Utc>,
}

/// The deadline list (時限清單).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// When all is done.
    pub due_at: DateTime<Utc>,
    /// What is reached on the way, in order of time.
    pub milestones: Vec<Milestone>,
}

/// The three lists (三張清單).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// Who.
    pub responsibility: Responsibility,
    /// With what.
    pub resources: Resources,
    /// By when.
    pub deadlines: Deadlines,
}

/// Refuses lists that leave something open.
pub fn validate_lists(lists: &Lists, now: DateTime<Utc>) -> Result<(), Refusal> {
    let missing = |field: &str, what: &str| Refusal::invalid("resolution.lists_incomplete", field, what);
    if lists.responsibility.first_responsible_post.trim().is_empty() {
        return Err(missing("responsibility.first_responsible_post", "name the post that answers for it first"));
    }
    if lists.resources.source_of_funds.trim().is_empty() {
        return Err(missing("resources.source_of_funds", "say where the budget comes from, also where it is zero"));
    }
    if lists.deadlines.due_at <= now {
        return Err(missing("deadlines.due_at", "the due date must lie ahead"));
    }
    let mut last = now;
    for (i, milestone) in lists.deadlines.milestones.iter().enumerate() {
        if milestone.due_at < last || milestone.due_at > lists.deadlines.due_at {
            let field = format!("deadlines.milestones[{i}].due_at");
            return Err(missing(&field, "milestones must be in order of time and not after the due date"));
        }
        last = milestone.due_at;
    }
    Ok(())
}

/// The mean of scores from 0 to 100 as 0 to 1000, rounded down; none without scores.
pub fn satisfaction_per_mille(sum: u64, scores: u64) -> Option<u32> {
    (scores > 0).then(|| u32::try_from(sum * 10 / scores).unwrap_or(1000).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satisfaction_spans_the_scale() {
        assert_eq!(satisfaction_per_mille(0, 0), None);
        assert_eq!(satisfaction_per_mille(0, 2), Some(0));
        assert_eq!(satisfaction_per_mille(100, 1), Some(1000));
        assert_eq!(satisfaction_per_mille(20 + 25 + 30, 3), Some(250));
        assert_eq!(satisfaction_per_mille(200, 3), Some(666));
    }
}
