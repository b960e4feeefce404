//! `/open311/{tenant}/v2`: Open311's GeoReport v2 (<https://wiki.open311.org/GeoReport_v2>), by which other systems bring requests and follow them.

mod wire;

use poem::Request as HttpRequest;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    payload::{Form, Json},
};
use yishi_domain::TopicId;
use yishi_service::{
    App, api_keys,
    open311::{self, Search, stored},
};

use crate::{
    open311::{Either, Format, Refused, Xml},
    parameters::RequestKey,
    problems::Problem,
    resources::Tag,
    sessions::Visitor,
};

pub use wire::{Attribute, Discovery, Endpoint, Made, Request, RequestForm, Service, ServiceDefinition};

/// The operations of Open311.
pub struct Open311Api;

/// A thing, in the form that the path asks for.
#[derive(ApiResponse)]
pub enum Found<T: poem_openapi::types::Type + poem_openapi::types::ToJSON + Send + Sync> {
    /// Found.
    #[oai(status = 200)]
    It(Either<T>),
}

/// The answer to a request that was made, in JSON.
#[derive(ApiResponse)]
pub enum MadeJson {
    /// Made.
    #[oai(status = 201)]
    Made(Json<Vec<Made>>),
}

/// The answer to a request that was made, in XML.
#[derive(ApiResponse)]
pub enum MadeXml {
    /// Made.
    #[oai(status = 201)]
    Made(Xml),
}

#[OpenApi(tag = "Tag::Integration")]
impl Open311Api {
    /// Tells where Open311 is served, in JSON.
    #[oai(path = "/open311/:tenant/v2/discovery.json", method = "get", operation_id = "get_open311_discovery")]
    async fn get_open311_discovery(
        &self,
        visitor: Visitor,
        request: &HttpRequest,
        /// The tenant's slug.
        tenant: Path<String>,
    ) -> Result<Json<Discovery>, Refused> {
        let made = visitor.tenant()?;
        Ok(Json(Discovery::of(
            &origin(&visitor.app, request),
            &tenant,
            &made.name,
            made.created_at,
            made.mode == "production",
        )))
    }

    /// Tells where Open311 is served, in XML.
    #[oai(path = "/open311/:tenant/v2/discovery.xml", method = "get", operation_id = "get_open311_discovery_xml")]
    async fn get_open311_discovery_xml(
        &self,
        visitor: Visitor,
        request: &HttpRequest,
        /// The tenant's slug.
        tenant: Path<String>,
    ) -> Result<Xml, Refused> {
        Xml::one("discovery", &self.get_open311_discovery(visitor, request, tenant).await?.0)
    }

    /// Lists the services, which are the categories of the rules in force, in JSON.
    #[oai(path = "/open311/:tenant/v2/services.json", method = "get", operation_id = "list_open311_services")]
    async fn list_open311_services(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
    ) -> Result<Json<Vec<Service>>, Refused> {
        check(&tenant, jurisdiction_id.as_deref())?;
        let services = open311::services(&visitor.app, &visitor).await?;
        Ok(Json(services.iter().map(Service::from).collect()))
    }

    /// Lists the services, which are the categories of the rules in force, in XML.
    #[oai(path = "/open311/:tenant/v2/services.xml", method = "get", operation_id = "list_open311_services_xml")]
    async fn list_open311_services_xml(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
    ) -> Result<Xml, Refused> {
        Xml::list(&self.list_open311_services(visitor, tenant, jurisdiction_id).await?.0)
    }

    /// Tells what a service asks besides what every request says.
    #[oai(path = "/open311/:tenant/v2/services/:service", method = "get", operation_id = "get_open311_service")]
    async fn get_open311_service(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The service's code, and `.json` or `.xml`.
        service: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
    ) -> Result<Found<ServiceDefinition>, Refused> {
        check(&tenant, jurisdiction_id.as_deref())?;
        let (code, format) = ending(&service)?;
        let services = open311::services(&visitor.app, &visitor).await?;
        if !services.iter().any(|it| it.code == code) {
            let text = "the rules in force know no such service";
            return Err(Problem::new(poem::http::StatusCode::NOT_FOUND, "service.unknown", text)
                .with_field("service_code")
                .into());
        }
        let definition = ServiceDefinition::of(code);
        Ok(Found::It(match format {
            Format::Json => Either::Json(Json(definition)),
            Format::Xml => Either::Xml(Xml::one("service_definition", &definition)?),
        }))
    }

    /// Makes a request, which is a topic from then on; answered in JSON.
    ///
    /// It needs a key (`POST /v1/{tenant}/api-keys`). Whoever asks stays with the system that brings it: their name and how they are reached are
    /// not taken over.
    #[oai(path = "/open311/:tenant/v2/requests.json", method = "post", operation_id = "make_open311_request")]
    async fn make_open311_request(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Form<RequestForm>,
    ) -> Result<MadeJson, Refused> {
        let app = &visitor.app;
        let form = body.0;
        check(&tenant, form.jurisdiction_id.as_deref())?;
        let (key, session) = api_keys::admit(app, &visitor, form.api_key.as_deref()).await?;
        let new = form.read()?;
        let id = session.once(app, open311::submit(app, &session, &key, new)).await?;
        Ok(MadeJson::Made(Json(vec![Made::of(id)])))
    }

    /// Makes a request, which is a topic from then on; answered in XML.
    #[oai(path = "/open311/:tenant/v2/requests.xml", method = "post", operation_id = "make_open311_request_xml")]
    async fn make_open311_request_xml(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<RequestKey>>,
        body: Form<RequestForm>,
    ) -> Result<MadeXml, Refused> {
        let MadeJson::Made(Json(made)) = self.make_open311_request(visitor, tenant, key, body).await?;
        Ok(MadeXml::Made(Xml::list(&made)?))
    }

    /// Searches requests, the newest first, in JSON: those that are public, and with a key those that its system brought.
    ///
    /// A search covers 90 days: those before now unless dates are given. At most 1,000 requests are found.
    #[oai(path = "/open311/:tenant/v2/requests.json", method = "get", operation_id = "list_open311_requests")]
    #[expect(clippy::too_many_arguments, reason = "the specification has as many parameters")]
    async fn list_open311_requests(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
        /// A key, with which what its system brought is found before it is public.
        api_key: Query<Option<String>>,
        /// Requests by their identifiers, with commas between; whatever else is asked is not looked at.
        service_request_id: Query<Option<String>>,
        /// Services by their codes, with commas between.
        service_code: Query<Option<String>>,
        /// From when on they were made.
        start_date: Query<Option<String>>,
        /// Up to when they were made.
        end_date: Query<Option<String>>,
        /// `open`, `closed`, or both with a comma between.
        status: Query<Option<String>>,
    ) -> Result<Json<Vec<Request>>, Refused> {
        check(&tenant, jurisdiction_id.as_deref())?;
        let search = Search {
            ids: service_request_id.0.map(|ids| wire::identifiers(&ids)).transpose()?,
            services: service_code.0.map(|codes| codes.split(',').map(|it| it.trim().to_owned()).collect()),
            from: start_date.0.map(|it| wire::date("start_date", &it)).transpose()?,
            to: end_date.0.map(|it| wire::date("end_date", &it)).transpose()?,
            closed: status.0.map(|it| wire::status(&it)).transpose()?.flatten(),
        };
        let app = &visitor.app;
        let key = match api_key.as_deref() {
            None => None,
            text => Some(api_keys::admit(app, &visitor, text).await?.0),
        };
        let found = open311::search(app, &visitor, key.as_ref(), search).await?;
        let services = open311::services(app, &visitor).await?;
        Ok(Json(found.iter().map(|it| Request::of(it, &services)).collect()))
    }

    /// Searches requests, the newest first, in XML: those that are public, and with a key those that its system brought.
    #[oai(path = "/open311/:tenant/v2/requests.xml", method = "get", operation_id = "list_open311_requests_xml")]
    #[expect(clippy::too_many_arguments, reason = "the specification has as many parameters")]
    async fn list_open311_requests_xml(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
        /// A key, with which what its system brought is found before it is public.
        api_key: Query<Option<String>>,
        /// Requests by their identifiers, with commas between; whatever else is asked is not looked at.
        service_request_id: Query<Option<String>>,
        /// Services by their codes, with commas between.
        service_code: Query<Option<String>>,
        /// From when on they were made.
        start_date: Query<Option<String>>,
        /// Up to when they were made.
        end_date: Query<Option<String>>,
        /// `open`, `closed`, or both with a comma between.
        status: Query<Option<String>>,
    ) -> Result<Xml, Refused> {
        let found = self.list_open311_requests(
            visitor,
            tenant,
            jurisdiction_id,
            api_key,
            service_request_id,
            service_code,
            start_date,
            end_date,
            status,
        );
        Xml::list(&found.await?.0)
    }

    /// Gets a request: where it stands, who has it, and by when it is to be done.
    #[oai(path = "/open311/:tenant/v2/requests/:request", method = "get", operation_id = "get_open311_request")]
    async fn get_open311_request(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The request's identifier, and `.json` or `.xml`.
        request: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
        /// A key, with which what its system brought is found before it is public.
        api_key: Query<Option<String>>,
    ) -> Result<Found<Vec<Request>>, Refused> {
        check(&tenant, jurisdiction_id.as_deref())?;
        let (found, format) = self.found(&visitor, &request, api_key.as_deref()).await?;
        let services = open311::services(&visitor.app, &visitor).await?;
        let found = vec![Request::of(&found, &services)];
        Ok(Found::It(match format {
            Format::Json => Either::Json(Json(found)),
            Format::Xml => Either::Xml(Xml::list(&found)?),
        }))
    }

    /// Gets the request of a token. Requests have their identifier at once, so it is also its token.
    #[oai(path = "/open311/:tenant/v2/tokens/:token", method = "get", operation_id = "get_open311_token")]
    async fn get_open311_token(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        tenant: Path<String>,
        /// The token, and `.json` or `.xml`.
        token: Path<String>,
        /// The jurisdiction: the tenant's slug, where it is given.
        jurisdiction_id: Query<Option<String>>,
        /// A key, with which what its system brought is found before it is public.
        api_key: Query<Option<String>>,
    ) -> Result<Found<Vec<Made>>, Refused> {
        check(&tenant, jurisdiction_id.as_deref())?;
        let (found, format) = self.found(&visitor, &token, api_key.as_deref()).await?;
        let made = vec![Made::token(found.topic.id)];
        Ok(Found::It(match format {
            Format::Json => Either::Json(Json(made)),
            Format::Xml => Either::Xml(Xml::list(&made)?),
        }))
    }
}

impl Open311Api {
    async fn found(
        &self,
        visitor: &Visitor,
        path: &str,
        key: Option<&str>,
    ) -> Result<(stored::Request, Format), Refused> {
        let app = &visitor.app;
        let (id, format) = ending(path)?;
        let unknown = "there is no such request for you";
        let id: TopicId =
            id.parse().map_err(|_| Problem::new(poem::http::StatusCode::NOT_FOUND, "request.unknown", unknown))?;
        let key = match key {
            None => None,
            text => Some(api_keys::admit(app, visitor, text).await?.0),
        };
        Ok((open311::get(app, visitor, key.as_ref(), id).await?, format))
    }
}

fn check(tenant: &str, jurisdiction: Option<&str>) -> Result<(), Refused> {
    match jurisdiction.is_none_or(|it| it == tenant) {
        true => Ok(()),
        false => {
            let text = format!("this is the jurisdiction {tenant}");
            let problem = Problem::new(poem::http::StatusCode::NOT_FOUND, "jurisdiction.unknown", text);
            Err(problem.with_field("jurisdiction_id").into())
        }
    }
}

fn ending(path: &str) -> Result<(&str, Format), Refused> {
    let unknown =
        || Problem::new(poem::http::StatusCode::NOT_FOUND, "request.unknown_format", "end it with .json or .xml");
    Ok(Format::of(path).ok_or_else(unknown)?)
}

/// Where this server is reached from outside; as the caller says, where the operator does not.
fn origin(app: &App, request: &HttpRequest) -> String {
    if let Some(known) = app.link("") {
        return known;
    }
    let scheme = request.header("x-forwarded-proto").filter(|it| *it == "https").unwrap_or("http");
    request.header("host").map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}
