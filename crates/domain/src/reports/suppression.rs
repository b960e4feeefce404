//! Small numbers of people, by which somebody could be recognised, are not told outside their city.

/// The least number of people that is told; where a figure counts fewer, but not nobody, it is left out.
pub const LEAST_PEOPLE: i64 = 10;

/// Which of the groups that make up a whole are left out: those that are too small, and, so that the one that is left out alone cannot be worked out from
/// the whole, the smallest of the others.
pub fn left_out(groups: &[i64]) -> Vec<bool> {
    let mut out: Vec<_> = groups.iter().map(|it| is_small(*it)).collect();
    if out.iter().filter(|it| **it).count() == 1 {
        let others = groups.iter().enumerate().filter(|(i, it)| !out[*i] && **it > 0);
        if let Some(i) = others.min_by_key(|(_, it)| **it).map(|(i, _)| i) {
            out[i] = true;
        }
    }
    out
}

/// Whether so few people could be recognised.
pub const fn is_small(people: i64) -> bool {
    people > 0 && people < LEAST_PEOPLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_left_out_and_cannot_be_worked_out_from_the_rest() {
        assert_eq!(left_out(&[100, 20, 0]), [false, false, false], "nobody is recognised by there being nobody");
        assert_eq!(left_out(&[100, 20, 3]), [false, true, true]);
        assert_eq!(left_out(&[100, 9, 3]), [false, true, true]);
        assert_eq!(left_out(&[3]), [true]);
        assert_eq!(left_out(&[]), [false; 0]);
    }
}
