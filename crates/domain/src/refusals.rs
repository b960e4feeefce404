//! Refusals: what an act is answered when it may not be done.

use serde::Serialize;

/// The kind of a refusal, from which its HTTP status follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The input is wrong: 422.
    Invalid,
    /// No or bad credentials: 401.
    Unauthenticated,
    /// The actor lacks the role: 403.
    Forbidden,
    /// There is no such thing for this actor: 404.
    NotFound,
    /// The state does not allow it: 409.
    Conflict,
    /// The thing has changed since it was read: 412.
    Stale,
    /// Too large: 413.
    TooLarge,
    /// It cannot be done now, and may be tried again: 503.
    Unavailable,
}

/// A refusal: a stable code, what is wrong, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The kind.
    pub kind: RefusalKind,
    /// Stable code, `<resource>.<reason>`.
    pub code: &'static str,
    /// What is wrong, a sentence for people.
    pub detail: String,
    /// The field of the input that is wrong.
    pub field: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// The version of what has changed since it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

impl Refusal {
    /// Refuses with a code and a sentence.
    pub fn new(kind: RefusalKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), field: None, fix: None, current_version: None }
    }

    /// Refuses an input field.
    pub fn invalid(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(RefusalKind::Invalid, code, detail) }
    }

    /// Refuses because the state does not allow it.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Conflict, code, detail)
    }

    /// Refuses because there is no such thing.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, code, detail)
    }

    /// Adds how to mend it.
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}
