//! What GeoReport v2 says of services and requests, made from categories and topics.

use chrono::{DateTime, Utc};
use poem::http::StatusCode;
use poem_openapi::Object;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};
use uuid::Uuid;
use yishi_domain::{
    TopicId,
    topics::{Category, Significance},
};
use yishi_service::open311::{CLOSED, NewRequest, stored};

use crate::{
    instants::Instant,
    open311::{Listed, Refused},
    problems::Problem,
};

const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";
const KEYS: &str = "The city's administrator makes keys: POST /v1/{tenant}/api-keys.";

/// The attribute of a request that says what it is called.
const TITLE: &str = "title";

/// Where Open311 is served.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Discovery")]
pub struct Discovery {
    /// Since when.
    pub changeset: Instant,
    /// Who answers for it.
    pub contact: String,
    /// How a key is had.
    pub key_service: String,
    /// Where.
    #[serde(serialize_with = "endpoints")]
    pub endpoints: Vec<Endpoint>,
}

/// A place where Open311 is served.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Endpoint")]
pub struct Endpoint {
    /// The specification that it follows.
    pub specification: String,
    /// Where it is.
    pub url: String,
    /// Since when.
    pub changeset: Instant,
    /// `production`, or `test` in a sandbox.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// The forms that it has.
    #[serde(serialize_with = "formats")]
    pub formats: Vec<String>,
}

/// A service: a category of topics.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Service")]
pub struct Service {
    /// The category's code.
    pub service_code: String,
    /// Its first name.
    pub service_name: String,
    /// Its names.
    pub description: String,
    /// Whether it asks something besides what every request says.
    pub metadata: bool,
    /// `realtime`: a request has its identifier at once.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// Its other names, with commas between.
    pub keywords: String,
    /// How much hangs on its topics.
    pub group: String,
}

/// What a service asks.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311ServiceDefinition")]
pub struct ServiceDefinition {
    /// The service.
    pub service_code: String,
    /// What it asks.
    #[serde(serialize_with = "attributes")]
    pub attributes: Vec<Attribute>,
}

/// Something that a service asks.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Attribute")]
pub struct Attribute {
    /// Whether it is answered, and not only shown.
    pub variable: bool,
    /// Its code.
    pub code: String,
    /// What kind of answer it takes.
    pub datatype: String,
    /// Whether it must be answered.
    pub required: bool,
    /// What is to be known of the answer.
    pub datatype_description: String,
    /// Its place.
    pub order: u32,
    /// What it asks.
    pub description: String,
}

/// A request to make.
#[derive(Debug, Default, Object, Deserialize)]
#[oai(rename = "Open311RequestForm")]
pub struct RequestForm {
    /// The key.
    pub api_key: Option<String>,
    /// The jurisdiction: the tenant's slug, where it is given.
    pub jurisdiction_id: Option<String>,
    /// The service.
    pub service_code: Option<String>,
    /// Where: degrees of latitude (WGS 84).
    pub lat: Option<String>,
    /// Where: degrees of longitude (WGS 84).
    pub long: Option<String>,
    /// Where, in words.
    pub address_string: Option<String>,
    /// The statistical code of the unit that it belongs to.
    pub address_id: Option<String>,
    /// What it is about: 4,000 characters at most.
    pub description: Option<String>,
    /// What it is called; the beginning of its description unless given.
    #[oai(rename = "attribute[title]")]
    #[serde(rename = "attribute[title]")]
    pub title: Option<String>,
    /// Where a picture of it lies.
    pub media_url: Option<String>,
}

/// A request that was made.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Made")]
pub struct Made {
    /// Its identifier, which is also the topic's.
    pub service_request_id: Uuid,
    /// What is to be known of it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_notice: Option<String>,
    /// Its token, where that was asked for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Uuid>,
}

/// A request: a topic as GeoReport v2 sees it.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Open311Request")]
pub struct Request {
    /// Its identifier, which is also the topic's.
    pub service_request_id: Uuid,
    /// `open` or `closed`.
    pub status: String,
    /// The topic's stage, and the reason for it where there is one.
    pub status_notes: String,
    /// The service's name.
    pub service_name: String,
    /// The service.
    pub service_code: String,
    /// What it is about.
    pub description: String,
    /// The unit that leads what was resolved.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency_responsible: Option<String>,
    /// When it was made.
    pub requested_datetime: Instant,
    /// When it came to where it stands.
    pub updated_datetime: Instant,
    /// By when what was resolved is due.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_datetime: Option<Instant>,
    /// The unit that it belongs to.
    pub address: String,
    /// That unit's statistical code.
    pub address_id: String,
    /// Where: degrees of latitude (WGS 84).
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Where: degrees of longitude (WGS 84).
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long: Option<f64>,
}

impl Listed for Service {
    const ITEM: &'static str = "service";
    const LIST: &'static str = "services";
}

impl Listed for Made {
    const ITEM: &'static str = "request";
    const LIST: &'static str = "service_requests";
}

impl Listed for Request {
    const ITEM: &'static str = "request";
    const LIST: &'static str = "service_requests";
}

impl Discovery {
    /// What a tenant serves at an origin.
    pub(super) fn of(origin: &str, tenant: &str, name: &str, since: DateTime<Utc>, production: bool) -> Self {
        let changeset = Instant::from(since);
        let endpoint = Endpoint {
            specification: SPECIFICATION.into(),
            url: format!("{origin}/open311/{tenant}/v2"),
            changeset,
            kind: if production { "production" } else { "test" }.into(),
            formats: vec!["text/xml".into(), "application/json".into()],
        };
        Self { changeset, contact: name.to_owned(), key_service: KEYS.into(), endpoints: vec![endpoint] }
    }
}

impl From<&Category> for Service {
    fn from(it: &Category) -> Self {
        let names: Vec<_> = it.labels.iter().map(|it| it.text.as_str()).collect();
        let group = match it.significance {
            Significance::General => "general",
            Significance::Major => "major",
        };
        Self {
            service_code: it.code.clone(),
            service_name: name(it),
            description: names.join(" / "),
            metadata: true,
            kind: "realtime".into(),
            keywords: names.get(1..).unwrap_or_default().join(","),
            group: group.into(),
        }
    }
}

impl ServiceDefinition {
    /// Every service asks the same.
    pub(super) fn of(code: &str) -> Self {
        let title = Attribute {
            variable: true,
            code: TITLE.into(),
            datatype: "string".into(),
            required: false,
            datatype_description: "200 characters at most; the beginning of the description unless given".into(),
            order: 1,
            description: "标题".into(),
        };
        Self { service_code: code.to_owned(), attributes: vec![title] }
    }
}

impl RequestForm {
    /// Reads the form, or says what it lacks.
    pub(super) fn read(self) -> Result<NewRequest, Refused> {
        let given = |it: Option<String>| it.filter(|it| !it.trim().is_empty());
        let missing = |field: &str| bad(field, "this is missing");
        let description = given(self.description).ok_or_else(|| missing("description"))?;
        if description.chars().count() > 4_000 {
            return Err(bad("description", "it has more than 4,000 characters"));
        }
        let place = match (given(self.lat), given(self.long)) {
            (None, None) => None,
            (Some(lat), Some(long)) => Some((degrees("lat", &lat)?, degrees("long", &long)?)),
            (None, Some(_)) => return Err(missing("lat")),
            (Some(_), None) => return Err(missing("long")),
        };
        Ok(NewRequest {
            service: given(self.service_code).ok_or_else(|| missing("service_code"))?,
            title: given(self.title),
            description,
            address: given(self.address_string),
            unit: given(self.address_id),
            place,
            media: given(self.media_url),
        })
    }
}

impl Made {
    /// A request that was just made.
    pub(super) fn of(id: TopicId) -> Self {
        let notice = "It is screened first, and public from then on.";
        Self { service_request_id: id.uuid(), service_notice: Some(notice.into()), token: None }
    }

    /// The request of a token.
    pub(super) fn token(id: TopicId) -> Self {
        Self { service_request_id: id.uuid(), service_notice: None, token: Some(id.uuid()) }
    }
}

impl Request {
    /// A topic, among the services that there are now.
    pub(super) fn of(it: &stored::Request, services: &[Category]) -> Self {
        let topic = &it.topic;
        let known = services.iter().find(|it| it.code == topic.category);
        let notes = match &topic.reason {
            Some(reason) => format!("{}: {reason}", topic.stage),
            None => topic.stage.to_string(),
        };
        Self {
            service_request_id: topic.id.uuid(),
            status: if CLOSED.contains(&topic.stage) { "closed" } else { "open" }.into(),
            status_notes: notes,
            service_name: known.map_or_else(|| topic.category.clone(), name),
            service_code: topic.category.clone(),
            description: topic.body.clone(),
            agency_responsible: it.lead.clone(),
            requested_datetime: topic.raised_at.into(),
            updated_datetime: topic.stage_since.into(),
            expected_datetime: it.due_at.map(Instant::from),
            address: it.unit_name.clone(),
            address_id: it.unit_code.clone(),
            lat: topic.place.map(|it| f64::from(it.0) / 1e6),
            long: topic.place.map(|it| f64::from(it.1) / 1e6),
        }
    }
}

/// Identifiers with commas between. One that is none of ours finds nothing.
pub(super) fn identifiers(text: &str) -> Result<Vec<TopicId>, Refused> {
    let all: Vec<_> = text.split(',').collect();
    match all.len() {
        ..=1_000 => Ok(all.iter().filter_map(|it| it.trim().parse().ok()).collect()),
        _ => Err(bad("service_request_id", "these are more than 1,000")),
    }
}

/// An instant of a search.
pub(super) fn date(field: &str, text: &str) -> Result<DateTime<Utc>, Refused> {
    let read = DateTime::parse_from_rfc3339(text).map(|it| it.with_timezone(&Utc));
    read.map_err(|_| bad(field, "give it as 2026-01-31T08:00:00Z, with its offset"))
}

/// Which of the two is searched for; none where both are.
pub(super) fn status(text: &str) -> Result<Option<bool>, Refused> {
    let mut wanted = (false, false);
    for one in text.split(',').map(str::trim) {
        match one {
            "open" => wanted.0 = true,
            "closed" => wanted.1 = true,
            _ => return Err(bad("status", "it is open, closed, or both")),
        }
    }
    Ok(match wanted {
        (true, true) => None,
        (_, closed) => Some(closed),
    })
}

fn degrees(field: &str, text: &str) -> Result<i32, Refused> {
    let read: Option<f64> = text.trim().parse().ok().filter(|it: &f64| it.abs() <= 180.0);
    let read = read.ok_or_else(|| bad(field, "give degrees as 30.274151, from -180 to 180"))?;
    Ok((read * 1e6).round() as i32)
}

fn name(category: &Category) -> String {
    category.labels.first().map_or_else(|| category.code.clone(), |it| it.text.clone())
}

fn bad(field: &str, text: &str) -> Refused {
    Problem::new(StatusCode::BAD_REQUEST, "request.bad_field", text).with_field(field).into()
}

fn endpoints<S: Serializer>(list: &[Endpoint], serializer: S) -> Result<S::Ok, S::Error> {
    within("endpoints", "endpoint", list, serializer)
}

fn formats<S: Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    within("formats", "format", list, serializer)
}

fn attributes<S: Serializer>(list: &[Attribute], serializer: S) -> Result<S::Ok, S::Error> {
    within("attributes", "attribute", list, serializer)
}

/// A list as XML has it: an element for the list, in which each thing has its own.
fn within<T: Serialize, S: Serializer>(
    list: &'static str,
    item: &'static str,
    things: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut within = serializer.serialize_struct(list, 1)?;
    within.serialize_field(item, things)?;
    within.end()
}
