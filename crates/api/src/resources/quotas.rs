//! `/platform/tenants/{tenant}/quotas` and `/v1/{tenant}/quotas`: how much the province lets a city keep, and do in a day.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_domain::quotas::{self as domain, Quota, Standing};
use yishi_service::quotas;

use crate::{conditions::require_match, parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operations on quotas.
pub struct QuotasApi;

/// The quotas of a city; where one is absent there is no limit.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Quotas {
    /// The most members.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub members: Option<u64>,
    /// The most topics that are raised in a day, by the city's clock and in its zone.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub topics_a_day: Option<u64>,
    /// The most bytes of attachments; the same bytes count once.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub attachment_bytes: Option<u64>,
    /// The most rule sets that are uploaded, each version by itself.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub rule_sets: Option<u64>,
    /// The most webhooks.
    #[oai(skip_serializing_if_is_none, validator(maximum(value = "9007199254740991")))]
    pub webhooks: Option<u64>,
}

/// How a city stands with its quotas.
#[derive(Debug, Object)]
#[oai(example)]
pub struct QuotaUses {
    /// Its members.
    pub members: QuotaUse,
    /// The topics that were raised today, by the city's clock and in its zone.
    pub topics_a_day: QuotaUse,
    /// The bytes of its attachments; the same bytes count once.
    pub attachment_bytes: QuotaUse,
    /// The rule sets that were uploaded.
    pub rule_sets: QuotaUse,
    /// Its webhooks.
    pub webhooks: QuotaUse,
}

/// How a city stands with a quota.
#[derive(Debug, Object)]
pub struct QuotaUse {
    /// The limit; absent where there is none.
    #[oai(skip_serializing_if_is_none)]
    pub limit: Option<u64>,
    /// How much is used; above the limit where that was lowered afterwards.
    pub used: u64,
}

#[OpenApi]
impl QuotasApi {
    /// Gets the quotas of a city as they were set.
    #[oai(
        path = "/platform/tenants/:tenant/quotas",
        method = "get",
        operation_id = "get_tenant_quotas",
        tag = "Tag::Platform"
    )]
    async fn get_tenant_quotas(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Quotas>, Problem> {
        Ok(Json(quotas::get(&session.app, &session).await?.into()))
    }

    /// Sets the quotas of a city, all of them; one that is left out is no limit. It is told in the city's record and in the platform's log.
    ///
    /// What is there stays when a quota is lowered; what would be more is refused with `quota.exceeded`, whose `field` is the quota. Votes, verdicts and
    /// whatever else is done in a case take nothing from a quota.
    #[oai(
        path = "/platform/tenants/:tenant/quotas",
        method = "put",
        operation_id = "set_tenant_quotas",
        tag = "Tag::Platform"
    )]
    async fn set_tenant_quotas(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The `ETag` of the quotas as the caller knows them.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Quotas>,
    ) -> Result<Json<Quotas>, Problem> {
        let app = &session.app;
        let fits = |it: &domain::Quotas| require_match(if_match.as_deref(), &Quotas::from(*it));
        Ok(Json(session.once(app, quotas::set(app, &session, body.0.into(), fits)).await?.into()))
    }

    /// Gets the city's quotas with what is used of each.
    #[oai(path = "/v1/:tenant/quotas", method = "get", operation_id = "get_quotas", tag = "Tag::Tenant")]
    async fn get_quotas(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<QuotaUses>, Problem> {
        Ok(Json(QuotaUses::of(&quotas::standing(&session.app, &session).await?)))
    }
}

impl QuotaUses {
    pub(crate) fn of(all: &[Standing]) -> Self {
        let of = |quota| {
            let found = all.iter().find(|it| it.quota == quota);
            QuotaUse { limit: found.and_then(|it| it.most), used: found.map_or(0, |it| it.used) }
        };
        Self {
            members: of(Quota::Members),
            topics_a_day: of(Quota::TopicsADay),
            attachment_bytes: of(Quota::AttachmentBytes),
            rule_sets: of(Quota::RuleSets),
            webhooks: of(Quota::Webhooks),
        }
    }
}

impl From<domain::Quotas> for Quotas {
    fn from(it: domain::Quotas) -> Self {
        let domain::Quotas { members, topics_a_day, attachment_bytes, rule_sets, webhooks } = it;
        Self { members, topics_a_day, attachment_bytes, rule_sets, webhooks }
    }
}

impl From<Quotas> for domain::Quotas {
    fn from(it: Quotas) -> Self {
        let Quotas { members, topics_a_day, attachment_bytes, rule_sets, webhooks } = it;
        Self { members, topics_a_day, attachment_bytes, rule_sets, webhooks }
    }
}

impl Example for Quotas {
    fn example() -> Self {
        Self {
            members: Some(2_000_000),
            topics_a_day: Some(5_000),
            attachment_bytes: Some(500 << 30),
            rule_sets: Some(100),
            webhooks: Some(20),
        }
    }
}

impl Example for QuotaUses {
    fn example() -> Self {
        let of = |limit, used| QuotaUse { limit, used };
        Self {
            members: of(Some(2_000_000), 1_204_311),
            topics_a_day: of(Some(5_000), 812),
            attachment_bytes: of(Some(500 << 30), 61_203_554_816),
            rule_sets: of(None, 7),
            webhooks: of(Some(20), 3),
        }
    }
}
