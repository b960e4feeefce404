//! Parameters that many operations take, with what their schema says of them.

use std::{borrow::Cow, ops::Deref};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseFromParameter, ParseResult, Type},
};

/// A text with a pattern.
macro_rules! patterned {
    ($(#[doc = $doc:literal])+ $name:ident = $wire:literal, $pattern:literal, $most:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", $wire).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                let schema = MetaSchema::new("string");
                let pattern = Some($pattern.to_owned());
                let (min_length, max_length) = (Some(1), Some($most));
                MetaSchemaRef::Inline(Box::new(MetaSchema { pattern, min_length, max_length, ..schema }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        // Whether it fits is found out by who reads it, whose problem has a code of its own.
        impl ParseFromParameter for $name {
            fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                Ok(Self(text.to_owned()))
            }
        }
    };
}

patterned! {
    /// The value of `Idempotency-Key`. The session reads the header before the operation does, and refuses one that does not fit.
    RequestKey = "key", "^[!-~]([ -~]*[!-~])?$", 200
}

patterned! {
    /// Where a page begins: `next` of the page before.
    Cursor = "cursor", "^[A-Za-z0-9_-]+$", 1_000
}
