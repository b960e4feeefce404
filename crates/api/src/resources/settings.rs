//! `/v1/{tenant}/settings`: what a city decides for itself where its rules have no say.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_domain::settings as domain;
use yishi_service::settings;

use crate::{conditions::require_match, parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operations on settings.
pub struct SettingsApi;

/// A city's settings.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Settings {
    /// The mean of a survey, of 1000, below which it counts as unsatisfied and the rules are asked; 600 at first.
    #[oai(validator(maximum(value = "1000")))]
    pub satisfaction_floor_per_mille: u32,
    /// Days after which a finished matter is visited again, each time; 90 at first.
    #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
    pub look_back_days: u32,
    /// Whether a case stays open until it was visited again and what was done has lasted; no at first.
    pub closing_needs_look_back: bool,
    /// Whether a case stays open while a finding about it is open; yes at first.
    pub closing_needs_findings_closed: bool,
}

#[OpenApi(tag = "Tag::Tenant")]
impl SettingsApi {
    /// Gets the city's settings.
    #[oai(path = "/v1/:tenant/settings", method = "get", operation_id = "get_settings")]
    async fn get_settings(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Settings>, Problem> {
        Ok(Json(settings::get(&session.app, &session).await?.into()))
    }

    /// Changes the city's settings, for what comes to its end from now on.
    #[oai(path = "/v1/:tenant/settings", method = "put", operation_id = "change_settings")]
    async fn change_settings(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The `ETag` of the settings as the caller knows them.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Settings>,
    ) -> Result<Json<Settings>, Problem> {
        let app = &session.app;
        let fits = |it: &domain::Settings| require_match(if_match.as_deref(), &Settings::from(*it));
        Ok(Json(session.once(app, settings::change(app, &session, body.0.into(), fits)).await?.into()))
    }
}

impl From<domain::Settings> for Settings {
    fn from(it: domain::Settings) -> Self {
        Self {
            satisfaction_floor_per_mille: it.satisfaction_floor_per_mille,
            look_back_days: it.look_back_days,
            closing_needs_look_back: it.closing_needs_look_back,
            closing_needs_findings_closed: it.closing_needs_findings_closed,
        }
    }
}

impl From<Settings> for domain::Settings {
    fn from(it: Settings) -> Self {
        Self {
            satisfaction_floor_per_mille: it.satisfaction_floor_per_mille,
            look_back_days: it.look_back_days,
            closing_needs_look_back: it.closing_needs_look_back,
            closing_needs_findings_closed: it.closing_needs_findings_closed,
        }
    }
}

impl Example for Settings {
    fn example() -> Self {
        domain::Settings { satisfaction_floor_per_mille: 850, ..domain::Settings::default() }.into()
    }
}
