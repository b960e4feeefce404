//! The Schulze method (Schulze 2011, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election
//! method", Social Choice and Welfare 36): who is stronger along the strongest path of pairwise defeats, measured by winning votes.

use super::Contest;
use crate::voting::Tie;

impl Contest<'_> {
    /// So many of the first. Whoever is preferred to each other option by more voters than the other way round comes first.
    pub(super) fn schulze(&self, seats: usize, tie: Tie) -> Vec<usize> {
        let n = self.options.len();
        let strength = strongest_paths(&self.preferred(), n);
        // The relation is transitive, so the number of those that are stronger orders it.
        let mut order: Vec<_> = (0..n).filter(|i| self.open[*i]).collect();
        let stronger = |i: usize| order.iter().filter(|j| strength[**j * n + i] > strength[i * n + **j]).count();
        let stronger: Vec<_> = (0..n).map(stronger).collect();
        order.sort_by(|a, b| stronger[*a].cmp(&stronger[*b]).then_with(|| self.between_equals(*a, *b, tie)));
        order.truncate(seats);
        order
    }

    /// What prefers the option of the row to the one of the column. An option that a paper does not name stands below all that it names.
    fn preferred(&self) -> Vec<u64> {
        let n = self.options.len();
        let mut preferred = vec![0u64; n * n];
        for (marks, weight) in &self.papers {
            let mut below = vec![true; n];
            for (option, _) in marks {
                below[*option] = false;
                for (other, _) in below.iter().enumerate().filter(|(_, below)| **below) {
                    preferred[option * n + other] += weight;
                }
            }
        }
        preferred
    }
}

fn strongest_paths(preferred: &[u64], n: usize) -> Vec<u64> {
    let wins = |i: usize, j: usize| preferred[i * n + j] > preferred[j * n + i];
    let mut strength: Vec<_> = (0..n * n).map(|at| if wins(at / n, at % n) { preferred[at] } else { 0 }).collect();
    for via in 0..n {
        for from in (0..n).filter(|it| *it != via) {
            let first = strength[from * n + via];
            if first == 0 {
                continue;
            }
            for to in (0..n).filter(|it| *it != via && *it != from) {
                let path = first.min(strength[via * n + to]);
                if path > strength[from * n + to] {
                    strength[from * n + to] = path;
                }
            }
        }
    }
    strength
}
