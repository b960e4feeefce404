//! `/v1/{tenant}/templates`: what a city's letters say.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_service::templates::{self, Shown};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, preferences::Locale},
    sessions::Session,
};

/// The operations on templates.
pub struct TemplatesApi;

/// A template.
#[derive(Debug, Object)]
pub struct Template {
    /// The kind of notice, `digest` for gathered notices, or `sms` for text messages.
    pub kind: String,
    /// Its language.
    pub locale: Locale,
    /// The subject; a text message has none.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Whether it is the city's own, and not the standard one.
    pub own: bool,
}

/// What a template is to say.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TemplateInput {
    /// The subject, in one line.
    #[oai(validator(max_length = 200))]
    pub subject: String,
    /// The text.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub body: String,
}

/// A template to try.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TemplateTrial {
    /// The kind of notice, `digest` or `sms`.
    #[oai(validator(max_length = 130))]
    pub kind: String,
    /// The language.
    pub locale: Locale,
    /// The subject, in one line.
    #[oai(validator(max_length = 200))]
    pub subject: String,
    /// The text.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub body: String,
}

/// What a template says of an example.
#[derive(Debug, Object)]
pub struct TemplatePreview {
    /// The subject.
    pub subject: String,
    /// The text; under a mail come the links to the board and to unsubscribe.
    pub body: String,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum TemplateDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Notice")]
impl TemplatesApi {
    /// Lists the templates of all kinds and languages: the city's own, and the standard ones where it has none.
    #[oai(path = "/v1/:tenant/templates", method = "get", operation_id = "list_templates")]
    async fn list_templates(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<Template>>, Problem> {
        Ok(Json(templates::list(&session.app, &session).await?.into_iter().map(Template::from).collect()))
    }

    /// Shows what a template would say of an example, and keeps nothing.
    #[oai(path = "/v1/:tenant/templates/previews", method = "post", operation_id = "preview_template")]
    async fn preview_template(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<TemplateTrial>,
    ) -> Result<Json<TemplatePreview>, Problem> {
        let TemplateTrial { kind, locale, subject, body } = body.0;
        let (subject, body) = templates::preview(&session, &kind, locale.into(), &subject, &body)?;
        Ok(Json(TemplatePreview { subject, body }))
    }

    /// Has letters of a kind and a language say something else from now on.
    ///
    /// Templates are written as Jinja templates are. They may name `city`, `name` (the reader's), `locale`, and of the notice `kind`, `label` (what the
    /// kind is called), `title` (the topic's, where it is about one), `when` and `facts`. One of gathered notices has their `number` and `items`, each
    /// with the same. Whatever a notice does not have is empty.
    #[oai(path = "/v1/:tenant/templates/:kind/:locale", method = "put", operation_id = "put_template")]
    async fn put_template(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The kind of notice, `digest` or `sms`.
        kind: Path<String>,
        /// The language.
        locale: Path<Locale>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<TemplateInput>,
    ) -> Result<TemplateDone, Problem> {
        let (app, TemplateInput { subject, body }) = (&session.app, body.0);
        session.once(app, templates::put(app, &session, kind.0, locale.0.into(), subject, body)).await?;
        Ok(TemplateDone::Done)
    }

    /// Has letters of a kind and a language say again what the standard template does.
    #[oai(path = "/v1/:tenant/templates/:kind/:locale", method = "delete", operation_id = "remove_template")]
    async fn remove_template(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The kind of notice, `digest` or `sms`.
        kind: Path<String>,
        /// The language.
        locale: Path<Locale>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<TemplateDone, Problem> {
        let app = &session.app;
        session.once(app, templates::remove(app, &session, &kind, locale.0.into())).await?;
        Ok(TemplateDone::Done)
    }
}

impl From<Shown> for Template {
    fn from(it: Shown) -> Self {
        let Shown { kind, locale, subject, body, own } = it;
        Self { kind, locale: locale.into(), subject, body, own }
    }
}

impl Example for TemplateInput {
    fn example() -> Self {
        let (subject, body) = ("{{ label }}：{{ title }}", "{{ name }}，您好：\n\n{{ when }}，{{ label }}。\n");
        Self { subject: subject.into(), body: body.into() }
    }
}

impl Example for TemplateTrial {
    fn example() -> Self {
        let TemplateInput { subject, body } = TemplateInput::example();
        Self { kind: "topic.accepted".into(), locale: Locale::Chinese, subject, body }
    }
}
