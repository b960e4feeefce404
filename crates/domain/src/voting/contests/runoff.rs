//! Instant run-off: the option with the fewest first places goes out, and its papers to their next, until one has more than half.

use super::Contest;
use crate::voting::Tie;

impl Contest<'_> {
    /// The option that remains; none where no paper ranks one that may be chosen. Of several with the fewest, the one goes out that the tie rule
    /// puts last.
    pub(super) fn instant_runoff(&self, tie: Tie) -> Option<usize> {
        let mut running = self.open.clone();
        loop {
            let mut firsts = vec![0u64; running.len()];
            for (marks, weight) in &self.papers {
                if let Some((first, _)) = marks.iter().find(|(option, _)| running[*option]) {
                    firsts[*first] += weight;
                }
            }
            let mut order: Vec<_> = (0..running.len()).filter(|i| running[*i]).collect();
            order.sort_by(|a, b| firsts[*b].cmp(&firsts[*a]).then_with(|| self.between_equals(*a, *b, tie)));
            let (first, last) = (*order.first()?, *order.last()?);
            let continuing: u64 = firsts.iter().sum();
            if first == last || firsts[first] > continuing - firsts[first] {
                return Some(first);
            }
            running[last] = false;
        }
    }
}
