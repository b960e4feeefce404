//! Payloads that the framework does not have.

use poem::{IntoResponse, Response};
use poem_openapi::{
    payload::Payload,
    registry::{MetaSchema, MetaSchemaRef},
};

/// A JSON object whose bytes matter, and are sent as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectBytes(pub Vec<u8>);

impl Payload for ObjectBytes {
    const CONTENT_TYPE: &'static str = "application/json";

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new("object")))
    }
}

impl IntoResponse for ObjectBytes {
    fn into_response(self) -> Response {
        Response::builder().content_type(Self::CONTENT_TYPE).body(self.0)
    }
}
