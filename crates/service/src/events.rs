//! Events as use cases make them.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{Ctx, Event, Opening};
use yishi_record::commitments::commit;

/// An event of an act, whose body is public.
pub(crate) fn event(ctx: &Ctx, kind: &'static str, subject: Uuid, body: impl Serialize) -> Event {
    let body = serde_json::to_value(body).expect("a body is made of what JSON can say");
    Event { id: ctx.new_id(), kind, subject, body, openings: Vec::new() }
}

/// Adds what is personal, or free text: the body carries its commitment, and the opening can be erased.
pub(crate) fn commit_to(ctx: &Ctx, mut event: Event, field: &str, value: impl Into<Value>) -> Event {
    let opening = Opening { field: field.into(), salt: ctx.salt(), value: value.into() };
    event.body[field] = json!({"commitment": commit(&opening.salt, &opening.value)});
    event.openings.push(opening);
    event
}
