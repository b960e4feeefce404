//! Text in a language.

use serde::{Deserialize, Serialize};

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalText {
    /// The language as a BCP 47 tag, such as `zh-CN`.
    pub locale: String,
    /// The text.
    pub text: String,
}

impl LocalText {
    /// Pairs a language with a text.
    pub fn new(locale: impl Into<String>, text: impl Into<String>) -> Self {
        Self { locale: locale.into(), text: text.into() }
    }
}
