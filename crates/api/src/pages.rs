//! Pages of a list: an opaque cursor leads from one to the next.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use poem::http::StatusCode;
use poem_openapi::{
    Object,
    types::{ParseFromJSON, ToJSON, Type},
};

use crate::problems::Problem;

/// How many items a page has unless asked otherwise.
const USUAL: u16 = 50;

/// A page of a list.
#[derive(Debug, Object)]
pub struct Page<T: ParseFromJSON + ToJSON + Type + Send + Sync> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    #[oai(skip_serializing_if_is_none)]
    pub next: Option<String>,
}

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The sort key after which it begins; empty for the first page.
    pub after: String,
    /// How many items it has at most.
    pub limit: u16,
}

impl Wanted {
    /// Reads the parameters `cursor` and `limit`.
    pub fn new(cursor: Option<&str>, limit: Option<u16>) -> Result<Self, Problem> {
        Ok(Self { after: cursor.map(open).transpose()?.unwrap_or_default(), limit: limit.unwrap_or(USUAL) })
    }

    /// How many items to load: one more than the page has, which tells whether there is a next one.
    pub const fn load(&self) -> u16 {
        self.limit.saturating_add(1)
    }

    /// Makes the page of what was loaded, in order of the key.
    pub fn page<S, T: ParseFromJSON + ToJSON + Type + Send + Sync>(
        &self,
        mut loaded: Vec<S>,
        key: impl Fn(&S) -> String,
        wire: impl FnMut(S) -> T,
    ) -> Page<T> {
        let more = loaded.len() > usize::from(self.limit);
        loaded.truncate(self.limit.into());
        let next = loaded.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Page { items: loaded.into_iter().map(wire).collect(), next }
    }
}

/// Reads a sort key that is an identifier; empty for the first page.
pub(crate) fn uuid_cursor(after: &str) -> Result<Option<uuid::Uuid>, Problem> {
    match after {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| bad_cursor()),
    }
}

fn open(cursor: &str) -> Result<String, Problem> {
    let key = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|key| !key.is_empty());
    key.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad_cursor)
}

pub(crate) fn bad_cursor() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_cursor", "the cursor is not one of ours")
        .with_field("cursor")
        .with_fix("give `next` of the page before, unchanged, or none for the first page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_lead_through_a_list_without_a_gap_or_a_double() {
        let all: Vec<String> = (10..17).map(|i| i.to_string()).collect();
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let wanted = Wanted::new(cursor.as_deref(), Some(3)).expect("our own cursor");
            let loaded = all.iter().filter(|it| **it > wanted.after).take(wanted.load().into()).cloned().collect();
            let page: Page<String> = wanted.page(loaded, String::clone, |it| it);
            seen.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for cursor in ["!", ""] {
            assert_eq!(Wanted::new(Some(cursor), None).expect_err("refused").code, "request.bad_cursor");
        }
    }
}
