//! The order among options that come out equal.

use std::cmp::Ordering;

use super::Contest;
use crate::voting::Tie;

impl Contest<'_> {
    /// Which of two options goes before where nothing else tells them apart.
    pub(super) fn between_equals(&self, a: usize, b: usize, tie: Tie) -> Ordering {
        match tie {
            Tie::CheaperFirst => self.cost(a).cmp(&self.cost(b)).then(a.cmp(&b)),
            Tie::ListedFirst | Tie::NoneChosen => a.cmp(&b),
        }
    }

    /// The options that may be chosen, the highest score first.
    pub(super) fn by_score(&self, tie: Tie) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.options.len()).filter(|i| self.open[*i]).collect();
        order.sort_by(|a, b| self.score[*b].cmp(&self.score[*a]).then_with(|| self.between_equals(*a, *b, tie)));
        order
    }
}
