//! `/v1/{tenant}/preferences`: how the caller wants to hear of things.

use chrono::NaiveTime;
use poem::http::StatusCode;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_domain::letters;
use yishi_service::preferences;

use crate::{parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operations on preferences.
pub struct PreferencesApi;

/// How somebody wants to hear of things besides the inbox, which has everything.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Preferences {
    /// What comes by e-mail.
    pub email: Wish,
    /// What comes as text messages.
    pub sms: Wish,
    /// How often what can wait comes: each by itself, or gathered at eight in the morning of every day or of Mondays.
    pub pace: Pace,
    /// When nothing comes that can wait; an escalation comes all the same.
    #[oai(skip_serializing_if_is_none)]
    pub quiet: Option<QuietHours>,
    /// The language.
    pub locale: Locale,
}

/// Hours of the city's clock; over midnight where they end before they begin.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct QuietHours {
    /// When they begin, such as `22:00`.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// When they end, such as `07:00`.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub to: String,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// What cannot wait.
    Urgent,
    /// Everything.
    Everything,
}

/// How often.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Pace {
    /// Each by itself.
    AtOnce,
    /// Gathered, in the morning.
    Daily,
    /// Gathered, on Monday morning.
    Weekly,
}

/// A language.
#[derive(Clone, Copy, Debug, Enum)]
pub enum Locale {
    /// Chinese.
    #[oai(rename = "zh-CN")]
    Chinese,
    /// English.
    #[oai(rename = "en")]
    English,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum PreferencesDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Notice")]
impl PreferencesApi {
    /// Gets how the caller wants to hear of things.
    #[oai(path = "/v1/:tenant/preferences", method = "get", operation_id = "get_preferences")]
    async fn get_preferences(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Preferences>, Problem> {
        Ok(Json(preferences::get(&session.app, &session).await?.into()))
    }

    /// Says how the caller wants to hear of things from now on.
    #[oai(path = "/v1/:tenant/preferences", method = "put", operation_id = "put_preferences")]
    async fn put_preferences(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Preferences>,
    ) -> Result<PreferencesDone, Problem> {
        let (app, wanted) = (&session.app, read(body.0)?);
        session.once(app, preferences::put(app, &session, wanted)).await?;
        Ok(PreferencesDone::Done)
    }
}

fn read(it: Preferences) -> Result<letters::Preferences, Problem> {
    let hour = |field: &str, text: &str| {
        NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| {
            let detail = "an hour is written as 07:30";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_field", detail).with_field(field)
        })
    };
    let quiet = it.quiet.map(|it| Ok::<_, Problem>((hour("quiet.from", &it.from)?, hour("quiet.to", &it.to)?)));
    let pace = match it.pace {
        Pace::AtOnce => letters::Pace::AtOnce,
        Pace::Daily => letters::Pace::Daily,
        Pace::Weekly => letters::Pace::Weekly,
    };
    let (email, sms, locale) = (it.email.into(), it.sms.into(), it.locale.into());
    Ok(letters::Preferences { email, sms, pace, quiet: quiet.transpose()?, locale })
}

impl From<letters::Preferences> for Preferences {
    fn from(it: letters::Preferences) -> Self {
        let hour = |it: NaiveTime| it.format("%H:%M").to_string();
        let pace = match it.pace {
            letters::Pace::AtOnce => Pace::AtOnce,
            letters::Pace::Daily => Pace::Daily,
            letters::Pace::Weekly => Pace::Weekly,
        };
        let quiet = it.quiet.map(|(from, to)| QuietHours { from: hour(from), to: hour(to) });
        Self { email: it.email.into(), sms: it.sms.into(), pace, quiet, locale: it.locale.into() }
    }
}

impl From<Wish> for letters::Wish {
    fn from(it: Wish) -> Self {
        match it {
            Wish::Nothing => Self::Nothing,
            Wish::Urgent => Self::Urgent,
            Wish::Everything => Self::Everything,
        }
    }
}

impl From<letters::Wish> for Wish {
    fn from(it: letters::Wish) -> Self {
        match it {
            letters::Wish::Nothing => Self::Nothing,
            letters::Wish::Urgent => Self::Urgent,
            letters::Wish::Everything => Self::Everything,
        }
    }
}

impl From<Locale> for letters::Locale {
    fn from(it: Locale) -> Self {
        match it {
            Locale::Chinese => Self::Chinese,
            Locale::English => Self::English,
        }
    }
}

impl From<letters::Locale> for Locale {
    fn from(it: letters::Locale) -> Self {
        match it {
            letters::Locale::Chinese => Self::Chinese,
            letters::Locale::English => Self::English,
        }
    }
}

impl Example for Preferences {
    fn example() -> Self {
        let quiet = Some(QuietHours { from: "22:00".into(), to: "07:00".into() });
        Self { email: Wish::Everything, sms: Wish::Urgent, pace: Pace::Daily, quiet, locale: Locale::Chinese }
    }
}
