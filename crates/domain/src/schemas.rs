//! What events say: a JSON Schema (2020-12) for each kind and version, and what is held against it.
//!
//! A version is never changed once it was released. What is added later is a member that may be missing, in a version of its own, so that whatever was
//! told before still fits.

mod kinds;
mod shapes;

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

use self::shapes::{Member, Shape};

/// The dialect in which schemas are written.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What an event of a kind says.
#[derive(Debug)]
pub struct Schema {
    /// The kind, such as `ballot.opened`.
    pub kind: &'static str,
    /// The version, from one.
    pub version: u32,
    /// What has happened.
    pub title: &'static str,
    body: Vec<Member>,
}

/// What is wrong with the body of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Nobody has said what such events say.
    #[error("no schema tells of such events")]
    UnknownKind,
    /// Something is missing, is too much, or is of another shape.
    #[error("`{field}` {text}")]
    Body {
        /// Where.
        field: String,
        /// What is wrong there.
        text: String,
    },
}

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let rows = [kinds::OF_A_CITY, kinds::OF_A_CASE, kinds::OF_EXECUTION, kinds::OF_MONEY].concat();
    let schema = |(kind, version, title, body)| Schema { kind, version, title, body: shapes::members(body) };
    let mut all: Vec<_> = rows.into_iter().map(schema).collect();
    all.sort_by_key(|it| (it.kind, it.version));
    all
});

static DEFINITIONS: LazyLock<BTreeMap<&str, Vec<Member>>> =
    LazyLock::new(|| kinds::DEFINITIONS.iter().map(|(name, members)| (*name, shapes::members(members))).collect());

/// Every schema, by kind and version.
pub fn all() -> &'static [Schema] {
    &SCHEMAS
}

/// The schema of a kind in a version; in the newest, which is what is told now, where none is given.
pub fn find(kind: &str, version: Option<u32>) -> Option<&'static Schema> {
    SCHEMAS.iter().rfind(|it| it.kind == kind && version.is_none_or(|version| it.version == version))
}

/// Refuses a body that the newest schema of its kind does not tell of, down to the last member.
pub fn check(kind: &str, body: &Value) -> Result<(), Misfit> {
    let schema = find(kind, None).ok_or(Misfit::UnknownKind)?;
    let members = body.as_object().ok_or_else(|| Misfit::Body { field: "body".into(), text: "is no object".into() })?;
    shapes::fit(&schema.body, members, &DEFINITIONS).map_err(|(field, text)| Misfit::Body { field, text })
}

impl Schema {
    /// Where the schema is served.
    pub fn path(&self) -> String {
        format!("/schemas/events/{}/{}.json", self.kind, self.version)
    }

    /// The schema by itself, of an event as the change feed and the data of webhooks have it.
    pub fn document(&self) -> Value {
        let mut document = json!({"$schema": DIALECT, "$id": self.path()});
        let members = document.as_object_mut().expect("it is an object");
        members.append(&mut self.event());
        members.insert("$defs".into(), definitions(Some(&self.body)).into());
        document
    }

    fn event(&self) -> Map<String, Value> {
        let schema = json!({
            "title": self.title,
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid", "description": "The event's identifier."},
                "position": {"type": "integer", "minimum": 0, "description": "Its position in the record, from zero."},
                "kind": {"const": self.kind},
                "subject": {"type": "string", "format": "uuid", "description": "What it is about: the case where there is one, else the thing itself."},
                "actor": {"enum": ["member", "operator", "system"]},
                "at": {"type": "string", "format": "date-time", "description": "When it happened by the tenant's clock."},
                "recorded_at": {"type": "string", "format": "date-time", "description": "When it was committed by the wall clock."},
                "body": shapes::object(&self.body),
            },
            "required": ["id", "position", "kind", "subject", "actor", "at", "recorded_at", "body"],
        });
        schema.as_object().cloned().unwrap_or_default()
    }
}

/// All schemas in one: whatever an event of this version of the program is, it fits one of them.
pub fn bundle() -> Value {
    let name = |it: &Schema| format!("{}.{}", it.kind, it.version);
    let any: Vec<_> = all().iter().map(|it| json!({"$ref": format!("#/$defs/{}", name(it))})).collect();
    let mut parts = definitions(None);
    parts.extend(all().iter().map(|it| (name(it), Value::Object(it.event()))));
    json!({
        "$schema": DIALECT,
        "$id": "/schemas/events.json",
        "title": "An event of the change feed, or the data of a webhook's CloudEvent",
        "description": "Whoever reads ignores members that they do not know: later versions add some, and take none away.",
        "anyOf": any,
        "$defs": parts,
    })
}

/// What schemas refer to: all of it, or what some members come to.
fn definitions(of: Option<&[Member]>) -> Map<String, Value> {
    let mut wanted: Vec<&str> = match of {
        Some(members) => members.iter().flat_map(|it| it.shape.names()).collect(),
        None => DEFINITIONS.keys().copied().chain([Shape::HIDDEN]).collect(),
    };
    let mut parts = Map::new();
    while let Some(name) = wanted.pop() {
        if parts.contains_key(name) {
            continue;
        }
        let part = match DEFINITIONS.get(name) {
            Some(members) => {
                wanted.extend(members.iter().flat_map(|it| it.shape.names()));
                shapes::object(members)
            }
            None => shapes::hidden(),
        };
        parts.insert(name.to_owned(), part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_schema_tells_of_is_refused() {
        assert_eq!(check("topic.sung", &json!({})), Err(Misfit::UnknownKind));
        let wrong = check("notice.read", &json!({"by": "somebody"})).expect_err("it says too much");
        assert_eq!(wrong.to_string(), "`by` is told of by no schema");
        let wrong = check("resolution.completed", &json!({"resolution": "7", "late": false, "evidence": 1}));
        assert_eq!(wrong.expect_err("wrong").to_string(), "`resolution` should be a UUID");
    }

    #[test]
    fn a_later_version_adds_what_may_be_missing_and_takes_nothing_away() {
        for (i, schema) in all().iter().enumerate() {
            assert!(!schema.title.is_empty() && schema.title.ends_with('.'), "{}", schema.kind);
            let before = i.checked_sub(1).map(|i| &all()[i]).filter(|it| it.kind == schema.kind);
            assert_eq!(schema.version, before.map_or(0, |it| it.version) + 1, "{}", schema.kind);
            let Some(before) = before else { continue };
            for member in &schema.body {
                match before.body.iter().find(|it| it.name == member.name) {
                    Some(old) => assert!(old.shape == member.shape && old.needed == member.needed, "{}", schema.kind),
                    None => assert!(!member.needed, "{} {}", schema.kind, member.name),
                }
            }
            assert!(before.body.iter().all(|old| schema.body.iter().any(|it| it.name == old.name)), "{}", schema.kind);
        }
    }
}
