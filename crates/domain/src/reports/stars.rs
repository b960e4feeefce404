//! The star rating of a community: a published formula of a version, exact at every step, that anybody can compute again from the figures.

use super::{Indicator, Target};

/// A part of the formula: an indicator and how much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The indicator.
    pub indicator: &'static str,
    /// Its weight; all weights come to 100.
    pub weight: i64,
}

/// A formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    /// Its version; whatever changes in it makes another one.
    pub version: u32,
    /// Its parts.
    pub parts: &'static [Part],
    /// The points of 1000 from which a community has one star, two, and so on.
    pub stars: [i64; 5],
    /// The weight that must be known at least; with less there is no rating.
    pub least_weight: i64,
}

/// What an indicator contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// The part.
    pub part: Part,
    /// Points of a thousand times its weight; none where there was nothing to measure.
    pub points: Option<i64>,
}

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Each part.
    pub parts: Vec<Points>,
    /// Points of 1000, rounded down; none where too little is known.
    pub total: Option<i64>,
    /// Stars, from 0 to 5.
    pub stars: Option<u32>,
}

const fn part(indicator: &'static str, weight: i64) -> Part {
    Part { indicator, weight }
}

/// The formula in force. Each indicator earns its weight times the part of its target that is reached, at most all of it; what could not be measured is left
/// out, and the rest weighs as much more.
pub const FORMULA: Formula = Formula {
    version: 1,
    parts: &[
        part("meetings", 15),
        part("response_rate", 10),
        part("answer_rate", 10),
        part("procedural_compliance", 15),
        part("participation_rate", 15),
        part("conversion_rate", 15),
        part("satisfaction", 10),
        part("disputes_resolved", 5),
        part("leaders", 5),
    ],
    stars: [500, 600, 700, 800, 900],
    least_weight: 50,
};

/// The rule by which communities are listed, in zh-CN and en.
pub const LEAGUE_RULE: [&str; 2] = [
    "按评分公式总分（千分制）由高到低排列；总分相同的名次相同；可测权重不足的不评分，列于最后，不计名次。",
    "By the formula's points of 1000, the most first; equal points share a place; where too little could be measured there is no rating and no place, and the \
     community stands at the end.",
];

impl Formula {
    /// Rates figures: of each indicator the numerator and denominator and the target that holds.
    pub fn rate(&self, figure: impl Fn(&'static Indicator) -> Option<((i64, i64), Target)>) -> Rating {
        let points = |part: &Part| {
            let points = Indicator::of(part.indicator).and_then(&figure).and_then(|(it, target)| reached(it, target));
            Points { part: *part, points: points.map(|per_mille| per_mille * part.weight) }
        };
        let parts: Vec<_> = self.parts.iter().map(points).collect();
        let known = parts.iter().filter(|it| it.points.is_some());
        let weight: i64 = known.clone().map(|it| it.part.weight).sum();
        let sum: i64 = known.filter_map(|it| it.points).sum();
        let total = (weight >= self.least_weight).then(|| sum / weight);
        let stars = total.map(|total| self.stars.iter().filter(|least| total >= **least).count() as u32);
        Rating { parts, total, stars }
    }
}

/// How many thousandths of a target are reached, at most 1000; none where there is nothing to measure.
fn reached((numerator, denominator): (i64, i64), target: Target) -> Option<i64> {
    let wide = |it: i64| i128::from(it.max(0));
    if denominator <= 0 || target.numerator <= 0 {
        return None;
    }
    let (is, asked) = (wide(numerator) * wide(target.denominator), wide(denominator) * wide(target.numerator));
    let per_mille = match target.at_most {
        false => is * 1_000 / asked,
        true if is == 0 => 1_000,
        true => asked * 1_000 / is,
    };
    i64::try_from(per_mille.min(1_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(numerator: i64, denominator: i64) -> Target {
        Target { at_most: false, numerator, denominator }
    }

    #[test]
    fn a_rating_is_the_weighed_part_of_the_targets_and_leaves_out_what_was_not_measured() {
        assert_eq!(FORMULA.parts.iter().map(|it| it.weight).sum::<i64>(), 100);
        assert!(FORMULA.parts.iter().all(|it| Indicator::of(it.indicator).is_some_and(|it| it.targets[1].is_some())));
        let all = FORMULA.rate(|_| Some(((9, 10), asked(9, 10))));
        assert_eq!((all.total, all.stars), (Some(1_000), Some(5)));
        let half = FORMULA.rate(|it| Some(((if it.id == "meetings" { 4 } else { 20 }, 1), asked(8, 1))));
        assert_eq!((half.total, half.stars), (Some(925), Some(5)), "15 of 100 are reached by half");
        let few = FORMULA.rate(|it| (it.id == "meetings").then_some(((8, 1), asked(8, 1))));
        assert_eq!((few.total, few.stars), (None, None));
        let nothing = FORMULA.rate(|it| Some(((0, i64::from(it.id != "satisfaction")), asked(1, 2))));
        assert_eq!((nothing.total, nothing.stars), (Some(0), Some(0)));
        assert_eq!(nothing.parts.iter().filter(|it| it.points.is_none()).count(), 1);
    }

    #[test]
    fn less_than_the_most_is_all_and_twice_as_much_half() {
        let most = Target { at_most: true, numerator: 18, denominator: 1 };
        assert_eq!([0, 9, 18, 36].map(|days| reached((days, 1), most)), [1_000, 1_000, 1_000, 500].map(Some));
    }
}
