//! Which events somebody wants to hear of.

use std::{fmt, str::FromStr};

use crate::Refusal;

/// The most patterns that one subscription has.
pub const MAX_PATTERNS: usize = 100;

/// Kinds of events: whole kinds such as `ballot.opened`, and all of a resource such as `ballot.*`; none named is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Whole kinds.
    pub exact: Vec<String>,
    /// Resources of which every kind is wanted.
    pub resources: Vec<String>,
}

impl Kinds {
    /// Reads patterns, or says which one is none.
    pub fn of<T: AsRef<str>>(patterns: &[T]) -> Result<Self, Refusal> {
        if patterns.len() > MAX_PATTERNS {
            return Err(bad(format!("at most {MAX_PATTERNS} kinds are named at once")));
        }
        let mut kinds = Self::default();
        for pattern in patterns.iter().map(|it| it.as_ref().trim()).filter(|it| !it.is_empty()) {
            match pattern.split_once('.') {
                Some((resource, "*")) if is_word(resource) => kinds.resources.push(resource.to_owned()),
                Some((resource, did)) if is_word(resource) && is_word(did) => kinds.exact.push(pattern.to_owned()),
                _ => return Err(bad(format!("`{pattern}` is no kind of event"))),
            }
        }
        Ok(kinds)
    }

    /// Tells whether all kinds are wanted.
    pub const fn is_all(&self) -> bool {
        self.exact.is_empty() && self.resources.is_empty()
    }

    /// Tells whether events of a kind are wanted.
    pub fn includes(&self, kind: &str) -> bool {
        let resource = kind.split('.').next().unwrap_or_default();
        self.is_all() || self.exact.iter().any(|it| it == kind) || self.resources.iter().any(|it| it == resource)
    }

    /// The patterns, as they are written.
    pub fn patterns(&self) -> Vec<String> {
        self.exact.iter().cloned().chain(self.resources.iter().map(|it| format!("{it}.*"))).collect()
    }
}

impl FromStr for Kinds {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::of(&text.split(',').collect::<Vec<_>>())
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.patterns().join(","))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 60 && text.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
}

fn bad(detail: String) -> Refusal {
    Refusal::invalid("event.bad_kind", "kinds", detail)
        .with_fix("name kinds such as `ballot.opened`, or all of a resource such as `ballot.*`, with commas between")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_whole_or_by_their_resource() {
        let kinds: Kinds = "ballot.opened, topic.*".parse().expect("patterns");
        assert!(kinds.includes("ballot.opened") && kinds.includes("topic.raised"));
        assert!(!kinds.includes("ballot.closed") && !kinds.includes("topics.raised"));
        assert_eq!(kinds.to_string(), "ballot.opened,topic.*");
        assert!("".parse::<Kinds>().expect("none").includes("anything.done"));
    }

    #[test]
    fn what_is_no_kind_is_refused() {
        for text in ["ballot", "*", "*.opened", "ballot.", "Ballot.opened", "a.b.c", "a.%"] {
            assert_eq!(text.parse::<Kinds>().expect_err(text).code, "event.bad_kind");
        }
    }
}
