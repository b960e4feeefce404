//! When people can come: hours of the week, told from when they came before.

use std::collections::{BTreeMap, BTreeSet};

/// An hour of the week in the tenant's zone: the weekday from Monday as 0, and the hour of the day.
pub type Slot = (u8, u8);

/// How a group came to the meetings of an hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnout {
    /// How many of the group came.
    pub came: u64,
    /// To how many meetings.
    pub meetings: u64,
}

/// An hour of the week with how each group came then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The hour.
    pub slot: Slot,
    /// The groups' turnouts.
    pub groups: BTreeMap<String, Turnout>,
}

/// Ranks the hours of the week at which meetings were held: the best is the one that serves the group best that it serves least.
///
/// What a group does at an hour is how many of it came to a meeting on average; of two hours that serve the least-served group alike, the one at
/// which more came in all is better, then the earlier in the week.
pub fn rank(
    held: &BTreeMap<Slot, u64>,
    came: &BTreeMap<(Slot, String), u64>,
    groups: &BTreeSet<String>,
) -> Vec<Proposal> {
    let turnout = |slot: Slot, group: &String| Turnout {
        came: came.get(&(slot, group.clone())).copied().unwrap_or_default(),
        meetings: held[&slot],
    };
    let mut proposals: Vec<Proposal> = held
        .keys()
        .map(|slot| Proposal {
            slot: *slot,
            groups: groups.iter().map(|it| (it.clone(), turnout(*slot, it))).collect(),
        })
        .collect();
    proposals.sort_by(|a, b| {
        let least = |it: &Proposal| it.groups.values().map(|it| it.came).min().unwrap_or_default();
        let all = |it: &Proposal| it.groups.values().map(|it| it.came).sum::<u64>();
        let share = |number: u64, of: &Proposal| u128::from(number) * u128::from(held[&of.slot]);
        // came / meetings, compared by cross-multiplication.
        share(least(b), a)
            .cmp(&share(least(a), b))
            .then(share(all(b), a).cmp(&share(all(a), b)))
            .then(a.slot.cmp(&b.slot))
    });
    proposals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_serves_the_least_served_group_best_comes_first() {
        let (noon, evening, night) = ((2, 12), (2, 19), (5, 22));
        let held = BTreeMap::from([(noon, 2), (evening, 2), (night, 1)]);
        let came =
            [(noon, "retired", 40), (evening, "retired", 12), (evening, "gig_worker", 4), (night, "gig_worker", 6)];
        let came = came.into_iter().map(|(slot, group, number)| ((slot, group.to_owned()), number)).collect();
        let groups = ["retired", "gig_worker"].map(str::to_owned).into();
        let slots: Vec<_> = rank(&held, &came, &groups).into_iter().map(|it| it.slot).collect();
        assert_eq!(slots, [evening, noon, night]);
        let riders = ["gig_worker".to_owned()].into();
        assert_eq!(rank(&held, &came, &riders)[0].slot, night, "off-peak, when couriers can come");
    }
}
