//! The method of equal shares (Peters, Pierczyński and Skowron, "Proportional participatory budgeting with additive utilities", NeurIPS 2021).
//!
//! Every voter has an equal share of the budget. An option is affordable at a price `r` for a unit of utility if its supporters can pay for it
//! where each pays `r` times the utility that it has for them, or all that is left to them. The option with the lowest price is chosen and
//! paid for, until none is affordable. Shares and prices are exact fractions.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

use super::{Contest, scores::Beyond};
use crate::voting::{Completion, EqualShares, Tie, Utility};

/// A supporter of an option: which of the alike papers, how many voters they are, and what the option is worth to each.
struct Supporter {
    paper: usize,
    voters: BigRational,
    utility: BigRational,
}

impl Contest<'_> {
    /// Chooses by equal shares, and does with what is left as the rule says.
    pub(super) fn equal_shares(
        &self,
        EqualShares { budget, utility, completion }: EqualShares,
        tie: Tie,
    ) -> Vec<usize> {
        let voters: u64 = self.papers.iter().map(|(_, weight)| weight).sum();
        if voters == 0 {
            return Vec::new();
        }
        let supporters = self.supporters(utility);
        let first = BigRational::new(budget.into(), voters.into());
        let chosen = self.by_shares(&supporters, &first, tie);
        match completion {
            Completion::None => chosen,
            Completion::ByScores => self.spend(budget, tie, Beyond::PassOver, chosen),
            Completion::RaiseShares => self.raise(&supporters, &first, budget, chosen, tie),
        }
    }

    fn supporters(&self, utility: Utility) -> Vec<Vec<Supporter>> {
        let mut all: Vec<Vec<Supporter>> = self.options.iter().map(|_| Vec::new()).collect();
        for (paper, (marks, voters)) in self.papers.iter().enumerate() {
            for (option, points) in marks {
                let utility = match utility {
                    Utility::Cost => self.cost(*option).into(),
                    Utility::Number => BigInt::from(1),
                    Utility::Points => BigInt::from(*points),
                };
                let (voters, utility) = (whole(*voters), BigRational::from(utility));
                all[*option].push(Supporter { paper, voters, utility });
            }
        }
        all
    }

    /// Raises everybody's share step by step, until nothing more would fit the budget, or what would be chosen no longer does.
    fn raise(
        &self,
        supporters: &[Vec<Supporter>],
        first: &BigRational,
        budget: u64,
        mut chosen: Vec<usize>,
        tie: Tie,
    ) -> Vec<usize> {
        let step = first / BigInt::from(100);
        let mut share = first.clone();
        while !step.is_zero() && self.fits_more(&chosen, budget) {
            share += &step;
            let more = self.by_shares(supporters, &share, tie);
            if self.spent(&more) > u128::from(budget) {
                break;
            }
            chosen = more;
        }
        chosen
    }

    /// Whether the rest of the budget reaches for an option that is not chosen and that a larger share would choose.
    fn fits_more(&self, chosen: &[usize], budget: u64) -> bool {
        let left = u128::from(budget).saturating_sub(self.spent(chosen));
        let costs = 1..=left;
        (0..self.options.len())
            .any(|i| self.open[i] && !chosen.contains(&i) && costs.contains(&u128::from(self.cost(i))))
    }

    fn spent(&self, chosen: &[usize]) -> u128 {
        chosen.iter().map(|option| u128::from(self.cost(*option))).sum()
    }

    fn by_shares(&self, supporters: &[Vec<Supporter>], share: &BigRational, tie: Tie) -> Vec<usize> {
        let mut left = vec![share.clone(); self.papers.len()];
        // What is worth nothing to anybody has no price, and what costs nothing beyond that is chosen at once. Prices only rise, so the last
        // one of an option is a lower bound of the next.
        let wanted = |i: &usize| supporters[*i].iter().any(|it| !it.utility.is_zero());
        let (mut chosen, mut waiting): (Vec<_>, Vec<_>) =
            (0..self.options.len()).filter(|i| self.open[*i]).filter(wanted).partition(|i| self.cost(*i) == 0);
        let mut bounds = vec![BigRational::zero(); self.options.len()];
        loop {
            waiting.sort_by(|a, b| bounds[*a].cmp(&bounds[*b]).then_with(|| self.between_equals(*a, *b, tie)));
            let mut best: Option<(BigRational, usize)> = None;
            let mut out = Vec::new();
            for option in &waiting {
                if best.as_ref().is_some_and(|(price, _)| bounds[*option] > *price) {
                    break;
                }
                let Some(price) = price(&whole(self.cost(*option)), &supporters[*option], &left) else {
                    // Its supporters have too little together, and will never have more.
                    out.push(*option);
                    continue;
                };
                bounds[*option].clone_from(&price);
                let better = best.as_ref().is_none_or(|(lowest, other)| {
                    price.cmp(lowest).then_with(|| self.between_equals(*option, *other, tie)).is_lt()
                });
                if better {
                    best = Some((price, *option));
                }
            }
            let Some((price, option)) = best else { return chosen };
            for Supporter { paper, utility, .. } in &supporters[option] {
                let pays = (&price * utility).min(left[*paper].clone());
                left[*paper] -= pays;
            }
            waiting.retain(|it| *it != option && !out.contains(it));
            chosen.push(option);
        }
    }
}

/// The lowest price at which supporters can pay for an option; none where they cannot.
fn price(cost: &BigRational, supporters: &[Supporter], left: &[BigRational]) -> Option<BigRational> {
    let mut by_limit: Vec<_> = supporters.iter().filter(|it| left[it.paper].is_positive()).collect();
    // Whoever has least for a unit of utility runs out first.
    by_limit.sort_by_cached_key(|it| &left[it.paper] / &it.utility);
    let mut to_pay = cost.clone();
    let mut utility: BigRational = by_limit.iter().map(|it| &it.voters * &it.utility).sum();
    for it in by_limit {
        let price = &to_pay / &utility;
        if &price * &it.utility <= left[it.paper] {
            return Some(price);
        }
        to_pay -= &it.voters * &left[it.paper];
        utility -= &it.voters * &it.utility;
    }
    None
}

fn whole(it: u64) -> BigRational {
    BigRational::from(BigInt::from(it))
}
