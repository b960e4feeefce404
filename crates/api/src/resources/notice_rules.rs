//! `/v1/{tenant}/notice-rules`: who is told of which events.

use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_domain::{access, escalation::Level, letters::Haste, notices};
use yishi_service::announcing;

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, members::Role},
    sessions::Session,
};

/// The operations on rules for notices.
pub struct NoticeRulesApi;

/// A city's rules for notices.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct NoticeRuleList {
    /// The rules; whoever several of them name is told once. None at all tells nobody of anything.
    #[oai(validator(max_items = 100))]
    pub rules: Vec<NoticeRule>,
}

/// The rules for notices that hold.
#[derive(Debug, Object)]
pub struct NoticeRules {
    /// The rules.
    pub rules: Vec<NoticeRule>,
    /// Whether they are the city's own, and not the standard ones.
    pub own: bool,
}

/// A rule: who is told of which events.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NoticeRule {
    /// Kinds of events such as `ballot.opened`, or all of a resource such as `ballot.*`.
    #[oai(validator(min_items = 1, max_items = 100))]
    pub kinds: Vec<String>,
    /// Who is told.
    #[oai(validator(min_items = 1, max_items = 10))]
    pub to: Vec<Audience>,
    /// How soon they are to hear of it; as they want unless given.
    #[oai(default)]
    pub when: When,
}

/// How soon whoever is told is to hear of it by mail or text message; their inbox has it at once.
#[derive(Clone, Copy, Debug, Default, Enum)]
#[oai(rename_all = "snake_case")]
pub enum When {
    /// Gathered until a Monday morning, also for whoever wants it sooner.
    Weekly,
    /// Gathered until a morning, also for whoever wants it sooner.
    Daily,
    /// As they want: at once or gathered, and not in their quiet hours.
    #[default]
    AsWanted,
    /// At once, in quiet hours too. What is late or stands still always is.
    Urgent,
}

/// Who is told.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Audience {
    /// Who they are to what happened.
    pub who: Who,
    /// Their role, where they are told for that.
    #[oai(skip_serializing_if_is_none)]
    pub role: Option<Role>,
    /// The level above what happened at which they hold the role; the very unit unless given.
    #[oai(skip_serializing_if_is_none)]
    pub level: Option<AudienceLevel>,
}

/// Who somebody is to what happened.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Who {
    /// Whoever raised the topic, and on whose behalf.
    Author,
    /// Who supports the topic.
    Supporters,
    /// Who follows the topic.
    Followers,
    /// Who may vote in the ballot.
    Voters,
    /// Who holds a mandate of somebody who may vote in the ballot, or one for the meeting.
    MandateHolders,
    /// Who holds a role.
    Role,
}

/// A level of the division tree.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum AudienceLevel {
    /// City (市).
    City,
    /// District or county (區、縣).
    District,
    /// Street or township (街道、鄉鎮).
    Street,
    /// Community or village (社區、村).
    Community,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum NoticeRulesDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Notice")]
impl NoticeRulesApi {
    /// Gets the rules for notices that hold: the city's own, or the standard ones.
    #[oai(path = "/v1/:tenant/notice-rules", method = "get", operation_id = "get_notice_rules")]
    async fn get_notice_rules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<NoticeRules>, Problem> {
        let (rules, own) = announcing::rules(&session.app, &session).await?;
        Ok(Json(NoticeRules { rules: rules.into_iter().map(NoticeRule::from).collect(), own }))
    }

    /// Gives a city its own rules for notices, for what gets its position in the record from now on.
    ///
    /// What a notice says by mail is a template of its kind. What somebody has to act on, such as an item that is late, is told by the act itself and needs no rule.
    #[oai(path = "/v1/:tenant/notice-rules", method = "put", operation_id = "put_notice_rules")]
    async fn put_notice_rules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<NoticeRuleList>,
    ) -> Result<NoticeRulesDone, Problem> {
        let app = &session.app;
        let rules = body.0.rules.into_iter().enumerate().map(|(i, it)| read(i, it)).collect::<Result<_, _>>()?;
        session.once(app, announcing::put_rules(app, &session, Some(rules))).await?;
        Ok(NoticeRulesDone::Done)
    }

    /// Takes a city's own rules for notices away, so that the standard ones hold again.
    #[oai(path = "/v1/:tenant/notice-rules", method = "delete", operation_id = "remove_notice_rules")]
    async fn remove_notice_rules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<NoticeRulesDone, Problem> {
        let app = &session.app;
        session.once(app, announcing::put_rules(app, &session, None)).await?;
        Ok(NoticeRulesDone::Done)
    }
}

fn read(i: usize, it: NoticeRule) -> Result<notices::NoticeRule, Problem> {
    let audience = |(n, it): (usize, Audience)| {
        let needs = |detail: &str| {
            let status = poem::http::StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(status, "notice_rule.bad_audience", detail).with_field(format!("rules[{i}].to[{n}].role"))
        };
        let plain = it.role.is_none() && it.level.is_none();
        match (it.who, it.role) {
            (Who::Role, Some(role)) => {
                Ok(notices::Audience::Role { role: role.into(), level: it.level.map(Level::from) })
            }
            (Who::Role, None) => Err(needs("say which role")),
            _ if !plain => Err(needs("a role and a level belong to `who: role` alone")),
            (Who::Author, _) => Ok(notices::Audience::Author),
            (Who::Supporters, _) => Ok(notices::Audience::Supporters),
            (Who::Followers, _) => Ok(notices::Audience::Followers),
            (Who::Voters, _) => Ok(notices::Audience::Voters),
            (Who::MandateHolders, _) => Ok(notices::Audience::MandateHolders),
        }
    };
    let to = it.to.into_iter().enumerate().map(audience).collect::<Result<_, _>>()?;
    Ok(notices::NoticeRule { kinds: it.kinds, to, when: it.when.into() })
}

impl From<notices::NoticeRule> for NoticeRule {
    fn from(it: notices::NoticeRule) -> Self {
        Self { kinds: it.kinds, to: it.to.into_iter().map(Audience::from).collect(), when: it.when.into() }
    }
}

impl From<notices::Audience> for Audience {
    fn from(it: notices::Audience) -> Self {
        let plain = |who| Self { who, role: None, level: None };
        match it {
            notices::Audience::Author => plain(Who::Author),
            notices::Audience::Supporters => plain(Who::Supporters),
            notices::Audience::Followers => plain(Who::Followers),
            notices::Audience::Voters => plain(Who::Voters),
            notices::Audience::MandateHolders => plain(Who::MandateHolders),
            notices::Audience::Role { role, level } => {
                Self { who: Who::Role, role: Some(role.into()), level: level.and_then(AudienceLevel::of) }
            }
        }
    }
}

impl From<When> for Haste {
    fn from(it: When) -> Self {
        match it {
            When::Weekly => Self::Weekly,
            When::Daily => Self::Daily,
            When::AsWanted => Self::AsWanted,
            When::Urgent => Self::Urgent,
        }
    }
}

impl From<Haste> for When {
    fn from(it: Haste) -> Self {
        match it {
            Haste::Weekly => Self::Weekly,
            Haste::Daily => Self::Daily,
            Haste::AsWanted => Self::AsWanted,
            Haste::Urgent => Self::Urgent,
        }
    }
}

impl AudienceLevel {
    /// A tenant has no level above the city's.
    const fn of(level: Level) -> Option<Self> {
        match level {
            Level::Province => None,
            Level::City => Some(Self::City),
            Level::District => Some(Self::District),
            Level::Street => Some(Self::Street),
            Level::Community => Some(Self::Community),
        }
    }
}

impl From<AudienceLevel> for Level {
    fn from(it: AudienceLevel) -> Self {
        match it {
            AudienceLevel::City => Self::City,
            AudienceLevel::District => Self::District,
            AudienceLevel::Street => Self::Street,
            AudienceLevel::Community => Self::Community,
        }
    }
}

impl From<access::Role> for Role {
    fn from(role: access::Role) -> Self {
        match role {
            access::Role::Resident => Self::Resident,
            access::Role::Coordinator => Self::Coordinator,
            access::Role::CouncilMember => Self::CouncilMember,
            access::Role::Supervisor => Self::Supervisor,
            access::Role::Officer => Self::Officer,
            access::Role::Administrator => Self::Administrator,
            access::Role::Evaluator => Self::Evaluator,
        }
    }
}

impl Example for NoticeRuleList {
    fn example() -> Self {
        let supporters = Audience { who: Who::Supporters, role: None, level: None };
        let role = Some(Role::Supervisor);
        let supervisors = Audience { who: Who::Role, role, level: Some(AudienceLevel::Street) };
        let rule = NoticeRule {
            kinds: vec!["resolution.completed".into()],
            to: vec![supporters, supervisors],
            when: When::AsWanted,
        };
        Self { rules: vec![rule] }
    }
}
