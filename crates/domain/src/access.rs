//! Roles, and how far a role reaches.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{UnitId, workflow::coded};

coded! {
    /// A role that a member holds at a unit.
    Role {
        /// Lives there: raises, supports, votes, rates.
        Resident = "resident",
        /// Runs topics, meetings, ballots and resolutions (議事協調員).
        Coordinator = "coordinator",
        /// Deliberates (議事會).
        CouncilMember = "council_member",
        /// Watches over procedure and execution (監督委員會).
        Supervisor = "supervisor",
        /// Carries resolutions out for a department.
        Officer = "officer",
        /// Runs the tenant: members, roles, rules.
        Administrator = "administrator",
        /// Evaluates from outside, for a time: sees what staff sees, and files a signed report (第三方评估).
        Evaluator = "evaluator",
    }
}

/// A role at a unit, with the unit's path in the division tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit at which it is held.
    pub unit: UnitId,
    /// The unit's path: the codes from the tenant's root down, each followed by `/`.
    pub path: String,
}

/// Tells whether one of the roles is held at the unit of the path or above it.
pub fn reaches(grants: &[Grant], roles: &[Role], path: &str) -> bool {
    grants.iter().any(|grant| roles.contains(&grant.role) && path.starts_with(&grant.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reaches_what_lies_under_its_unit() {
        let held = [Grant { role: Role::Coordinator, unit: UnitId(uuid::Uuid::nil()), path: "3301/330102/".into() }];
        let may = |path| reaches(&held, &[Role::Coordinator], path);
        assert!(may("3301/330102/"));
        assert!(may("3301/330102/330102001/"));
        assert!(!may("3301/"));
        assert!(!may("3301/330103/"));
        assert!(!may("3301/3301020/"), "a longer code is another unit");
        assert!(!reaches(&held, &[Role::Administrator], "3301/330102/"));
    }
}
