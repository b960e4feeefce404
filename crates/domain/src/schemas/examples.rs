//! Bodies that fit their schema, for its tests.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::shapes::{Definitions, Member, Shape};

impl Shape {
    /// Whether no value is wrong for it.
    pub(super) fn takes_anything(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Nullable(shape) => shape.takes_anything(),
            Self::Either(shapes) => shapes.iter().any(Self::takes_anything),
            _ => false,
        }
    }

    fn example(&self, definitions: &Definitions, whole: bool) -> Value {
        match self {
            Self::Id => json!(Uuid::from_u128(9)),
            Self::Text => json!("路灯"),
            Self::Word => json!("a_1"),
            Self::Number | Self::Any => json!(3),
            Self::Integer => json!(-3),
            Self::Truth => json!(whole),
            Self::Instant => json!("2026-03-02T08:00:00.5Z"),
            Self::Day => json!("2026-03-02"),
            Self::Digest => json!(format!("sha256:{}", "0f".repeat(32))),
            Self::Bytes => json!("0f"),
            Self::Hidden => json!({"commitment": format!("sha256:{}", "0f".repeat(32))}),
            Self::Object => json!({"any": 1}),
            Self::Named(name) => Value::Object(example(&definitions[name], definitions, whole)),
            Self::List(shape) => json!([shape.example(definitions, whole)]),
            Self::Map(shape) => json!({"a": shape.example(definitions, whole)}),
            Self::Either(shapes) => shapes[usize::from(whole)].example(definitions, whole),
            Self::Nullable(_) if !whole => Value::Null,
            Self::Nullable(shape) => shape.example(definitions, whole),
        }
    }
}

/// A body with all that there may be, or with as little as there may be.
pub(super) fn example(members: &[Member], definitions: &Definitions, whole: bool) -> Map<String, Value> {
    let there = members.iter().filter(|it| whole || it.needed);
    there.map(|it| (it.name.to_owned(), it.shape.example(definitions, whole))).collect()
}
