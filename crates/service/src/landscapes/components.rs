//! The two principal components of a matrix of votes, and where each participant lies on them.

use super::Row;

const ROUNDS: usize = 100;

/// Projects participants on the two principal components.
///
/// A vote that was not cast counts as its statement's mean, so that after centring it is zero and the matrix stays sparse. Whoever voted on few
/// statements is moved away from the middle by the root of the share that is missing, as Polis does.
pub(super) fn project(rows: &[&Row], statements: usize) -> Vec<[f64; 2]> {
    let centred = centre(rows, statements);
    let first = component(&centred, statements, None);
    let second = component(&centred, statements, Some(&first));
    let scale = |votes: usize| (statements as f64 / votes.max(1) as f64).sqrt();
    centred.iter().map(|row| [&first, &second].map(|axis| dot(row, axis) * scale(row.len()))).collect()
}

type Sparse = Vec<(usize, f64)>;

fn centre(rows: &[&Row], statements: usize) -> Vec<Sparse> {
    let (mut sums, mut numbers) = (vec![0.0; statements], vec![0.0_f64; statements]);
    for (statement, stance) in rows.iter().flat_map(|row| row.iter()) {
        sums[*statement] += f64::from(stance.sign());
        numbers[*statement] += 1.0;
    }
    let mean = |statement: usize| sums[statement] / numbers[statement].max(1.0);
    rows.iter().map(|row| row.iter().map(|(s, stance)| (*s, f64::from(stance.sign()) - mean(*s))).collect()).collect()
}

/// The direction of most variance by power iteration, across from another one where that is given.
fn component(rows: &[Sparse], statements: usize, across: Option<&[f64]>) -> Vec<f64> {
    let mut axis: Vec<f64> = (0..statements).map(|i| 1.0 + (i % 7) as f64 / 10.0).collect();
    for _ in 0..ROUNDS {
        if let Some(across) = across {
            let along: f64 = axis.iter().zip(across).map(|(a, b)| a * b).sum();
            axis.iter_mut().zip(across).for_each(|(a, b)| *a -= along * b);
        }
        let mut next = vec![0.0; statements];
        for row in rows {
            let along = dot(row, &axis);
            row.iter().for_each(|(s, value)| next[*s] += along * value);
        }
        let length = next.iter().map(|it| it * it).sum::<f64>().sqrt();
        if length == 0.0 {
            // Nothing varies that way.
            return vec![0.0; statements];
        }
        axis = next.into_iter().map(|it| it / length).collect();
    }
    axis
}

fn dot(row: &Sparse, axis: &[f64]) -> f64 {
    row.iter().map(|(s, value)| value * axis[*s]).sum()
}
