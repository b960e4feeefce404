//! The shapes of what events say, as the table writes them: `name:shape` with spaces between, `name?:shape` where it may be missing.
//!
//! A shape is `id`, `text`, `word` (a code), `num` (an integer from zero on), `int`, `yes`, `at` (an instant), `day`, `digest`, `hex`, `hidden` (a commitment),
//! `object`, `any`, `@name` (a definition), `[shape]` (a list), `{shape}` (an object of such members), `shape/shape` (either), and `shape?` (or null).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A member of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether it may not be missing.
    pub needed: bool,
    /// Its shape.
    pub shape: Shape,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Id,
    Text,
    Word,
    Number,
    Integer,
    Truth,
    Instant,
    Day,
    Digest,
    Bytes,
    Hidden,
    Object,
    Any,
    Named(&'static str),
    List(Box<Shape>),
    Map(Box<Shape>),
    Either(Vec<Shape>),
    Nullable(Box<Shape>),
}

const DIGEST: &str = "^sha256:[0-9a-f]{64}$";

pub(super) type Definitions = BTreeMap<&'static str, Vec<Member>>;

/// Where something does not fit, and why.
type Wrong = (String, String);

/// Reads members as the table writes them.
pub(super) fn members(text: &'static str) -> Vec<Member> {
    let member = |it: &'static str| {
        let (name, shape) = it.split_once(':').unwrap_or_else(|| panic!("`{it}` has no shape"));
        let (name, needed) = name.strip_suffix('?').map_or((name, true), |name| (name, false));
        Member { name, needed, shape: Shape::read(shape) }
    };
    text.split_whitespace().map(member).collect()
}

impl Shape {
    /// The name of the definition of commitments.
    pub(super) const HIDDEN: &'static str = "commitment";

    fn read(text: &'static str) -> Self {
        if let Some(text) = text.strip_suffix('?') {
            return Self::Nullable(Box::new(Self::read(text)));
        }
        let mut depth = 0;
        let slash = |it: char| {
            depth += i32::from("[{".contains(it)) - i32::from("]}".contains(it));
            it == '/' && depth == 0
        };
        let parts: Vec<_> = text.split(slash).collect();
        if parts.len() > 1 {
            return Self::Either(parts.into_iter().map(Self::read).collect());
        }
        let within = |open, close| text.strip_prefix(open).and_then(|it: &'static str| it.strip_suffix(close));
        if let Some(text) = within('[', ']') {
            return Self::List(Box::new(Self::read(text)));
        }
        if let Some(text) = within('{', '}') {
            return Self::Map(Box::new(Self::read(text)));
        }
        match text {
            "id" => Self::Id,
            "text" => Self::Text,
            "word" => Self::Word,
            "num" => Self::Number,
            "int" => Self::Integer,
            "yes" => Self::Truth,
            "at" => Self::Instant,
            "day" => Self::Day,
            "digest" => Self::Digest,
            "hex" => Self::Bytes,
            "hidden" => Self::Hidden,
            "object" => Self::Object,
            "any" => Self::Any,
            _ => Self::Named(text.strip_prefix('@').unwrap_or_else(|| panic!("`{text}` is no shape"))),
        }
    }

    /// The definitions that it refers to.
    pub(super) fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Hidden => vec![Self::HIDDEN],
            Self::Named(name) => vec![name],
            Self::List(shape) | Self::Map(shape) | Self::Nullable(shape) => shape.names(),
            Self::Either(shapes) => shapes.iter().flat_map(Self::names).collect(),
            _ => Vec::new(),
        }
    }

    /// It as a schema.
    fn schema(&self) -> Value {
        match self {
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Text => json!({"type": "string"}),
            Self::Word => json!({"type": "string", "pattern": "^[a-z0-9_]+$"}),
            Self::Number => json!({"type": "integer", "minimum": 0}),
            Self::Integer => json!({"type": "integer"}),
            Self::Truth => json!({"type": "boolean"}),
            Self::Instant => json!({"type": "string", "format": "date-time"}),
            Self::Day => json!({"type": "string", "format": "date"}),
            Self::Digest => json!({"type": "string", "pattern": DIGEST}),
            Self::Bytes => json!({"type": "string", "pattern": "^[0-9a-f]+$"}),
            Self::Hidden => json!({"$ref": "#/$defs/commitment"}),
            Self::Object => json!({"type": "object"}),
            Self::Any => json!(true),
            Self::Named(name) => json!({"$ref": format!("#/$defs/{name}")}),
            Self::List(shape) => json!({"type": "array", "items": shape.schema()}),
            Self::Map(shape) => json!({"type": "object", "additionalProperties": shape.schema()}),
            Self::Either(shapes) => json!({"anyOf": shapes.iter().map(Self::schema).collect::<Vec<_>>()}),
            Self::Nullable(shape) => {
                let mut schema = shape.schema();
                match schema["type"].as_str() {
                    Some(kind) => schema["type"] = json!([kind, "null"]),
                    None => schema = json!({"anyOf": [schema, {"type": "null"}]}),
                }
                schema
            }
        }
    }

    fn fit(&self, value: &Value, definitions: &Definitions) -> Result<(), Wrong> {
        let text = value.as_str();
        let hexadecimal = |it: &str| it.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
        let code = |it: &str| it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
        let (fits, expected) = match self {
            Self::Id => (text.is_some_and(|it| Uuid::parse_str(it).is_ok()), "a UUID"),
            Self::Text => (text.is_some(), "a text"),
            Self::Word => (text.is_some_and(|it| !it.is_empty() && code(it)), "a code"),
            Self::Number => (value.is_u64(), "an integer from zero on"),
            Self::Integer => (value.is_i64() || value.is_u64(), "an integer"),
            Self::Truth => (value.is_boolean(), "true or false"),
            Self::Instant => (text.is_some_and(|it| DateTime::parse_from_rfc3339(it).is_ok()), "an instant"),
            Self::Day => (text.is_some_and(|it| it.parse::<NaiveDate>().is_ok()), "a day"),
            Self::Digest => {
                let digits = text.and_then(|it| it.strip_prefix("sha256:"));
                (digits.is_some_and(|it| it.len() == 64 && hexadecimal(it)), "a digest")
            }
            Self::Bytes => (text.is_some_and(|it| !it.is_empty() && hexadecimal(it)), "hexadecimal digits"),
            Self::Hidden => {
                let digest = value.as_object().filter(|it| it.len() == 1).and_then(|it| it.get("commitment"));
                (digest.is_some_and(|it| Self::Digest.fit(it, definitions).is_ok()), "a commitment")
            }
            Self::Object => (value.is_object(), "an object"),
            Self::Any => (true, "anything"),
            Self::Named(name) => {
                let members = definitions.get(name).unwrap_or_else(|| panic!("there is no definition `{name}`"));
                let wrong = || (String::new(), "should be an object".to_owned());
                return fit(members, value.as_object().ok_or_else(wrong)?, definitions);
            }
            Self::List(shape) => {
                let wrong = || (String::new(), "should be a list".to_owned());
                let mut items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
                return items
                    .try_for_each(|(i, it)| shape.fit(it, definitions).map_err(|it| within(&i.to_string(), it)));
            }
            Self::Map(shape) => {
                let wrong = || (String::new(), "should be an object".to_owned());
                let mut items = value.as_object().ok_or_else(wrong)?.iter();
                return items.try_for_each(|(name, it)| shape.fit(it, definitions).map_err(|it| within(name, it)));
            }
            Self::Either(shapes) => {
                (shapes.iter().any(|it| it.fit(value, definitions).is_ok()), "of one of its shapes")
            }
            Self::Nullable(shape) => return if value.is_null() { Ok(()) } else { shape.fit(value, definitions) },
        };
        if fits { Ok(()) } else { Err((String::new(), format!("should be {expected}"))) }
    }
}

fn within(name: &str, (field, text): Wrong) -> Wrong {
    (if field.is_empty() { name.to_owned() } else { format!("{name}.{field}") }, text)
}

/// Holds members against what was said of them; one that nothing was said of does not fit either.
pub(super) fn fit(members: &[Member], found: &Map<String, Value>, definitions: &Definitions) -> Result<(), Wrong> {
    for member in members {
        match found.get(member.name) {
            Some(value) => member.shape.fit(value, definitions).map_err(|it| within(member.name, it))?,
            None if member.needed => return Err((member.name.to_owned(), "is missing".to_owned())),
            None => {}
        }
    }
    match found.keys().find(|name| !members.iter().any(|it| it.name == name.as_str())) {
        Some(name) => Err((name.clone(), "is told of by no schema".to_owned())),
        None => Ok(()),
    }
}

/// Members as the schema of an object.
pub(super) fn object(members: &[Member]) -> Value {
    let properties: Map<_, _> = members.iter().map(|it| (it.name.to_owned(), it.shape.schema())).collect();
    let required: Vec<_> = members.iter().filter(|it| it.needed).map(|it| it.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// The schema of a commitment.
pub(super) fn hidden() -> Value {
    json!({
        "description": "A commitment to what is personal, or free text: sha256(salt || RFC 8785 form of the value). The opening can be erased.",
        "type": "object",
        "properties": {"commitment": {"type": "string", "pattern": DIGEST}},
        "required": ["commitment"],
    })
}
