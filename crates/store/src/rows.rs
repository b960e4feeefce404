//! Rows that are written, or read, by one statement.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

/// Which rows of a table are read, in the order of their identifiers.
#[derive(Clone, Copy, Debug)]
pub enum Chosen<'a> {
    /// Those with these identifiers.
    Ids(&'a [Uuid]),
    /// Those after one, or the first ones: at most so many.
    After(Option<Uuid>, u16),
}

impl Chosen<'_> {
    /// Ends a query whose condition has begun.
    pub(crate) fn end(self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Ids(ids) => query.push(" AND id = ANY(").push_bind(ids.to_vec()).push(") ORDER BY id"),
            Self::After(after, limit) => {
                query.push(" AND id > ").push_bind(after.unwrap_or_default());
                query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit))
            }
        };
    }
}

/// How many rows a statement may have. With more of them it is not faster any more.
const SIZES: [usize; 22] = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96, 128, 192, 256];

/// Parts rows into those of one statement each: by few sizes, so that their statements stay prepared and are planned once, and yet up to 71 rows take
/// no more than two. A statement of thousands of rows that comes once takes the server as long to plan as to carry out.
pub(crate) fn parts<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = SIZES.iter().rfind(|size| **size <= rest.len())?;
        let (part, others) = rest.split_at(*size);
        rest = others;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn rows_are_parted_by_few_sizes_up_to_what_a_statement_takes() {
        let sizes = |rows: usize| -> Vec<usize> { parts(&vec![(); rows]).map(<[()]>::len).collect() };
        assert!(sizes(0).is_empty());
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(31), [28, 3]);
        assert_eq!(sizes(103), [96, 7]);
        assert_eq!(sizes(1_030), [256, 256, 256, 256, 6]);
        assert!((1..=71).all(|rows| sizes(rows).len() <= 2 && sizes(rows).iter().sum::<usize>() == rows));
    }
}
