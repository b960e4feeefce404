//! `/platform/divisions`: a province's cities from its division list, in one request.

use poem_openapi::{
    ApiRequest, Enum, Object, OpenApi,
    param::Query,
    payload::{Binary, Json},
};
use yishi_domain::TenantId;
use yishi_service::{
    failures::Failure,
    onboarding::{self, onboard, read_list},
};

use crate::{problems::Problem, resources::Tag, sessions::Session};

/// The operations on division lists.
pub struct DivisionsApi;

/// Whether tenants are for real or for trying out.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Mode {
    /// For real: the clock is the wall clock.
    Production,
    /// For trying out: the clock can be moved forward.
    Sandbox,
}

/// A division list.
#[derive(ApiRequest)]
enum DivisionList {
    /// CSV in UTF-8 with the header `code,level,name,parent_code`; `level` is province, city, district, street or community.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
}

/// What applying the list did.
#[derive(Debug, Object)]
pub struct Applied {
    /// Each city of the list.
    pub tenants: Vec<AppliedTenant>,
}

/// What applying the list did to one city.
#[derive(Debug, Object)]
pub struct AppliedTenant {
    /// The tenant's slug: its statistical code.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Units that were not there before.
    pub created: u64,
    /// Units with another name than before.
    pub renamed: u64,
    /// Units that lie under another one than before, with all that they have done.
    pub moved: u64,
    /// Units that the list gives it, itself included.
    pub total: u64,
}

#[OpenApi(tag = "Tag::Platform")]
impl DivisionsApi {
    /// Makes the tenants and their units equal to a division list.
    ///
    /// What is there already stays, so that a second run changes nothing. A faulty list changes nothing either; every fault is listed with its line.
    #[oai(path = "/platform/divisions", method = "post", operation_id = "apply_divisions")]
    async fn apply_divisions(
        &self,
        session: Session,
        /// What new tenants are for; production unless given. A tenant keeps its mode for good.
        mode: Query<Option<Mode>>,
        list: DivisionList,
    ) -> Result<Json<Applied>, Problem> {
        let DivisionList::Csv(Binary(bytes)) = list;
        let list = read_list(&bytes).map_err(Failure::from)?;
        let contexts = |tenant: TenantId| session.app.ctx(tenant, 0, session.ctx.actor.clone(), session.ctx.request);
        let mode = mode.map_or(onboarding::Mode::Production, onboarding::Mode::from);
        let done = onboard(&session.app.db, &contexts, list, mode, |_| {}).await;
        let done = done.map_err(Failure::from)?;
        Ok(Json(Applied { tenants: done.into_iter().map(AppliedTenant::from).collect() }))
    }
}

impl From<Mode> for onboarding::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Production => Self::Production,
            Mode::Sandbox => Self::Sandbox,
        }
    }
}

impl From<onboarding::Onboarded> for AppliedTenant {
    fn from(it: onboarding::Onboarded) -> Self {
        let onboarding::Onboarded { tenant, name, created, renamed, moved, total } = it;
        Self {
            tenant,
            name,
            created: created as u64,
            renamed: renamed as u64,
            moved: moved as u64,
            total: total as u64,
        }
    }
}
