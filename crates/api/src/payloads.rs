//! Payloads that the framework does not have.

use poem::{Body, IntoResponse, Request, RequestBody, Response};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{Binary, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef},
};
use yishi_service::spools::Spool;

use crate::problems::Problem;

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

/// Bytes of any type, which have been spooled before the operation takes them.
#[derive(Clone, Debug)]
pub struct Upload(pub Spool);

impl<'a> ApiExtractor<'a> for Upload {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchema { format: Some("binary"), ..MetaSchema::new("string") };
        let content_type = Binary::<Body>::CONTENT_TYPE;
        let content = vec![MetaMediaType { content_type, schema: MetaSchemaRef::Inline(Box::new(schema)) }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let missing = || {
            tracing::error!(path = request.uri().path(), "an upload was not spooled");
            Problem::internal()
        };
        Ok(Self(request.data::<Spool>().cloned().ok_or_else(missing)?))
    }
}
