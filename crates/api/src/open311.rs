//! The forms of Open311: XML beside JSON, as the ending of a path asks for, and errors as GeoReport v2 writes them.

use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse, Object, ResponseContent,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};
use serde::Serialize;
use yishi_service::failures::Failure;

use crate::problems::Problem;

/// Where the paths of Open311 begin.
pub const ROOT: &str = "/open311/";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

/// In which form an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    /// The form that the ending of a path asks for, and what stands before it.
    pub(crate) fn of(path: &str) -> Option<(&str, Self)> {
        let (before, ending) = path.rsplit_once('.')?;
        match ending {
            "json" => Some((before, Self::Json)),
            "xml" => Some((before, Self::Xml)),
            _ => None,
        }
    }
}

/// What stands in a list: the names of the list and of each thing in XML.
pub(crate) trait Listed: Serialize {
    /// The list.
    const LIST: &'static str;
    /// A thing in it.
    const ITEM: &'static str;
}

/// A document of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xml(String);

impl Xml {
    /// One thing.
    pub(crate) fn one(name: &str, thing: &impl Serialize) -> Result<Self, Refused> {
        Ok(Self(format!("{DECLARATION}{}", element(name, thing)?)))
    }

    /// A list of things.
    pub(crate) fn list<T: Listed>(things: &[T]) -> Result<Self, Refused> {
        let items = things.iter().map(|it| element(T::ITEM, it)).collect::<Result<String, _>>()?;
        Ok(Self(format!("{DECLARATION}<{0}>{items}</{0}>", T::LIST)))
    }
}

/// An element, without what XML 1.0 cannot say.
fn element(name: &str, thing: &impl Serialize) -> Result<String, Refused> {
    let mut text = quick_xml::se::to_string_with_root(name, thing).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, name, "no XML can be made of this");
        Problem::internal()
    })?;
    text.retain(
        |it| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'),
    );
    Ok(text)
}

impl Payload for Xml {
    const CONTENT_TYPE: &'static str = "text/xml; charset=utf-8";

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")))
    }
}

impl IntoResponse for Xml {
    fn into_response(self) -> Response {
        Response::builder().content_type(Self::CONTENT_TYPE).body(self.0)
    }
}

impl ApiResponse for Xml {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: Self::schema_ref() }];
        let description = "The same in XML, as GeoReport v2 has it.";
        let found = MetaResponse { description, status: Some(200), status_range: None, content, headers: Vec::new() };
        MetaResponses { responses: vec![found] }
    }

    fn register(_: &mut Registry) {}
}

/// An answer in the form that was asked for.
#[derive(ResponseContent)]
pub enum Either<T: Type + ToJSON + Send + Sync> {
    /// JSON.
    Json(Json<T>),
    /// XML.
    Xml(Xml),
}

/// An error.
#[derive(Clone, Debug, Object, Serialize)]
#[oai(rename = "Open311Error")]
pub struct Error {
    /// The HTTP status.
    pub code: u16,
    /// What is wrong, and what to do about it.
    pub description: String,
}

impl Listed for Error {
    const ITEM: &'static str = "error";
    const LIST: &'static str = "errors";
}

/// A refusal that is answered in the form of Open311.
#[derive(Debug)]
pub struct Refused(Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self(failure.into())
    }
}

impl From<Refused> for poem::Error {
    fn from(refused: Refused) -> Self {
        refused.0.into()
    }
}

impl ApiResponse for Refused {
    fn meta() -> MetaResponses {
        let of = |range: &str, description| MetaResponse {
            description,
            status: None,
            status_range: Some(range.to_owned()),
            content: vec![
                MetaMediaType { content_type: Json::<Vec<Error>>::CONTENT_TYPE, schema: Vec::<Error>::schema_ref() },
                MetaMediaType { content_type: Xml::CONTENT_TYPE, schema: Xml::schema_ref() },
            ],
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                of("4XX", "Refused, in the form that the path asks for."),
                of("5XX", "Failed on the server's side, or not possible right now."),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        Vec::<Error>::register(registry);
    }
}

/// Says a problem on a path of Open311 as Open311 does: an input that is wrong is 400 there, and who may not is 403.
pub(crate) fn in_its_own_form(path: &str, response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| path.starts_with(ROOT)) else {
        return response;
    };
    let status = match problem.status {
        422 => StatusCode::BAD_REQUEST,
        401 => StatusCode::FORBIDDEN,
        status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let parts = [problem.field.as_ref(), Some(&problem.detail), problem.fix.as_ref()];
    let description = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(": ");
    let errors = vec![Error { code: status.as_u16(), description }];
    let said = match Format::of(path) {
        Some((_, Format::Json)) => Json(errors).into_response(),
        _ => match Xml::list(&errors) {
            Ok(xml) => xml.into_response(),
            Err(_) => return response,
        },
    };
    let (mut parts, _) = response.into_parts();
    let (form, body) = said.into_parts();
    parts.status = status;
    parts.headers.extend(form.headers);
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        assert_eq!(Format::of("services.xml"), Some(("services", Format::Xml)));
        assert_eq!(Format::of("roads.big.json"), Some(("roads.big", Format::Json)));
        assert_eq!(Format::of("services"), None);
        assert_eq!(Format::of("services.yaml"), None);
    }

    #[test]
    fn xml_is_escaped_and_says_nothing_that_it_cannot() {
        let error = Error { code: 400, description: "a < b & \u{1}c".into() };
        let said = "<errors><error><code>400</code><description>a &lt; b &amp; c</description></error></errors>";
        assert_eq!(Xml::list(&[error]).expect("XML").0, format!("{DECLARATION}{said}"));
        assert_eq!(Xml::list::<Error>(&[]).expect("XML").0, format!("{DECLARATION}<errors></errors>"));
    }
}
