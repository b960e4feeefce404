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

/// How many rows the statements that stay prepared have at most, and any statement: it takes 65,535 parameters.
const PREPARED: usize = 64;
const MOST: usize = 5_000;

/// Parts rows into those of one statement each, and tells whether that stays prepared.
///
/// A few hundred rows are parted by powers of two, so that their statements are few and the server plans each once; with more it takes fewer round
/// trips to have a statement planned that comes once.
pub(crate) fn parts<T>(rows: &[T]) -> impl Iterator<Item = (&[T], bool)> {
    let prepared = rows.len() <= 8 * PREPARED;
    let mut rest = rows;
    std::iter::from_fn(move || {
        let most = if prepared { PREPARED.min(1 << rest.len().checked_ilog2()?) } else { MOST };
        let (part, others) = rest.split_at(most.min(rest.len()));
        rest = others;
        (!part.is_empty()).then_some((part, prepared))
    })
}

#[cfg(test)]
mod tests {
    use super::parts;

    fn sizes(rows: usize) -> Vec<(usize, bool)> {
        parts(&vec![(); rows]).map(|(part, prepared)| (part.len(), prepared)).collect()
    }

    #[test]
    fn few_rows_are_parted_by_powers_of_two_and_many_by_what_a_statement_takes() {
        assert_eq!(sizes(0), []);
        assert_eq!(sizes(1), [(1, true)]);
        assert_eq!(sizes(103), [(64, true), (32, true), (4, true), (2, true), (1, true)]);
        assert_eq!(sizes(512).len(), 8);
        assert_eq!(sizes(5_513), [(5_000, false), (513, false)]);
    }
}
