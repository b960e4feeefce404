//! Groups of points by k-means, begun as k-means++ does (Arthur and Vassilvitskii 2007), their number by the silhouette.

const ROUNDS: usize = 50;
const STARTS: usize = 8;

type Point = [f64; 2];

/// The groups of points.
pub(super) struct Clusters {
    /// The group of each point; the largest group is the first.
    pub of: Vec<usize>,
    /// How many points each has.
    pub sizes: Vec<u64>,
    /// The mean silhouette, by the distances to the groups' means (Vendramin, Campello and Hruschka 2010); 0 for one group.
    pub silhouette: f64,
}

/// Finds up to so many groups; one where all points are the same, none where there are no points.
pub(super) fn find(points: &[Point], most: usize, seed: u64) -> Clusters {
    let one = Clusters {
        of: vec![0; points.len()],
        sizes: vec![points.len() as u64; usize::from(!points.is_empty())],
        silhouette: 0.0,
    };
    (2..=most)
        .filter_map(|k| split(points, k, seed))
        .fold(one, |best, it| if it.silhouette > best.silhouette { it } else { best })
}

fn split(points: &[Point], k: usize, seed: u64) -> Option<Clusters> {
    let mut random = SplitMix(seed ^ (k as u64) << 32);
    let runs = (0..STARTS).filter_map(|_| run(points, k, &mut random));
    let (_, of) = runs.fold(None, |best: Option<(f64, Vec<usize>)>, it| match best {
        Some(best) if best.0 <= it.0 => Some(best),
        _ => Some(it),
    })?;
    Some(ordered(points, &of, k))
}

/// One run: the sum of squared distances, and the group of each point; none where a group is empty.
fn run(points: &[Point], k: usize, random: &mut SplitMix) -> Option<(f64, Vec<usize>)> {
    let mut means = begin(points, k, random)?;
    let mut of = vec![0; points.len()];
    for _ in 0..ROUNDS {
        let next: Vec<usize> = points.iter().map(|point| nearest(*point, &means)).collect();
        let settled = next == of;
        of = next;
        means = means_of(points, &of, k)?;
        if settled {
            break;
        }
    }
    let spread = points.iter().zip(&of).map(|(point, group)| squared(*point, means[*group])).sum();
    Some((spread, of))
}

/// The first means: each next one is drawn with a chance that grows with its squared distance from those before.
fn begin(points: &[Point], k: usize, random: &mut SplitMix) -> Option<Vec<Point>> {
    let mut means = vec![*points.get((random.unit() * points.len() as f64) as usize)?];
    while means.len() < k {
        let far: Vec<f64> = points.iter().map(|it| squared(*it, means[nearest(*it, &means)])).collect();
        let total: f64 = far.iter().sum();
        if total == 0.0 {
            return None;
        }
        let mut left = random.unit() * total;
        let drawn = far.iter().position(|it| {
            left -= it;
            left < 0.0
        });
        means.push(points[drawn.or_else(|| far.iter().rposition(|it| *it > 0.0))?]);
    }
    Some(means)
}

fn means_of(points: &[Point], of: &[usize], k: usize) -> Option<Vec<Point>> {
    let mut sums = vec![([0.0, 0.0], 0.0_f64); k];
    for (point, group) in points.iter().zip(of) {
        let (sum, number) = &mut sums[*group];
        (sum[0], sum[1], *number) = (sum[0] + point[0], sum[1] + point[1], *number + 1.0);
    }
    sums.into_iter().map(|(sum, number)| (number > 0.0).then(|| sum.map(|it| it / number))).collect()
}

/// Numbers the groups by their size, the largest first, and of two of a size the one with the earlier point.
fn ordered(points: &[Point], of: &[usize], k: usize) -> Clusters {
    let size = |group: usize| of.iter().filter(|it| **it == group).count();
    let mut order: Vec<_> =
        (0..k).map(|group| (std::cmp::Reverse(size(group)), of.iter().position(|it| *it == group), group)).collect();
    order.sort_unstable();
    let of: Vec<usize> = of.iter().filter_map(|group| order.iter().position(|it| it.2 == *group)).collect();
    let means = means_of(points, &of, k).unwrap_or_default();
    let silhouette = points.iter().zip(&of).map(|(point, group)| {
        let own = squared(*point, means[*group]).sqrt();
        let others = (0..k).filter(|it| it != group).map(|it| squared(*point, means[it]).sqrt());
        let other = others.fold(f64::INFINITY, f64::min);
        if own.max(other) > 0.0 { (other - own) / own.max(other) } else { 0.0 }
    });
    let silhouette = silhouette.sum::<f64>() / points.len().max(1) as f64;
    Clusters { of, sizes: order.iter().map(|it| it.0.0 as u64).collect(), silhouette }
}

fn nearest(point: Point, means: &[Point]) -> usize {
    let far = |i: &usize| squared(point, means[*i]);
    (0..means.len()).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or_default()
}

fn squared(a: Point, b: Point) -> f64 {
    (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])
}

/// Numbers that look random and follow from a seed (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    /// The next number from 0 to below 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
