//! Procedures that go by scores: the most votes, and a budget spent in their order.

use super::Contest;
use crate::voting::Tie;

/// What to do about an option that the rest of the budget does not reach.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Go on to the next.
    PassOver,
    /// Choose nothing more.
    Stop,
}

impl Contest<'_> {
    /// So many with the highest scores.
    pub(super) fn most_votes(&self, seats: usize, tie: Tie) -> Vec<usize> {
        let mut order = self.by_score(tie);
        if let (Tie::NoneChosen, Some(first_out)) = (tie, order.get(seats).copied()) {
            order.retain(|option| self.score[*option] > self.score[first_out]);
        }
        order.truncate(seats);
        order
    }

    /// Spends a budget in the order of scores.
    pub(super) fn greedy(&self, budget: u64, tie: Tie, beyond: Beyond) -> Vec<usize> {
        self.spend(budget, tie, beyond, Vec::new())
    }

    /// Spends what is left of a budget besides options that are chosen already.
    pub(super) fn spend(&self, budget: u64, tie: Tie, beyond: Beyond, mut chosen: Vec<usize>) -> Vec<usize> {
        let mut left = chosen.iter().fold(budget, |left, option| left.saturating_sub(self.cost(*option)));
        for option in self.by_score(tie) {
            if chosen.contains(&option) {
                continue;
            }
            match left.checked_sub(self.cost(option)) {
                Some(rest) => {
                    left = rest;
                    chosen.push(option);
                }
                None if beyond == Beyond::Stop => break,
                None => {}
            }
        }
        chosen
    }
}
