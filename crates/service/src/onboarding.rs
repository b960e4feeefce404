//! Onboards the cities of a province from its division list: one tenant a city, one transaction a tenant.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use yishi_domain::{
    Ctx, Refusal, TenantId, UnitId,
    divisions::{City, Division, split_cities},
};
use yishi_store::{
    Db, StoreError, tenants,
    tenants::Tenant,
    units::{self, Unit},
};

use crate::{events::event, moves};

/// The time zone of a tenant unless said otherwise.
const ZONE: &str = "Asia/Shanghai";

/// Whether tenants are for real or for trying out; a tenant keeps its mode for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For real: the clock is the wall clock.
    Production,
    /// For trying out: the clock can be moved forward.
    Sandbox,
}

impl Mode {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }
}

/// What onboarding did to one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Onboarded {
    /// The tenant's slug: its statistical code.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Units that were not there before.
    pub created: usize,
    /// Units with another name than before.
    pub renamed: usize,
    /// Units that lie under another one than before.
    pub moved: usize,
    /// Units that the list gives it, itself included.
    pub total: usize,
}

/// Why onboarding stopped; tenants before the one that failed stay onboarded, and a second run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum OnboardError {
    /// The list is wrong: every fault with its line.
    #[error("the division list has {} fault(s), the first: {}", .0.len(), .0[0])]
    List(Vec<Refusal>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a division list: CSV (RFC 4180) with the header `code,level,name,parent_code`, in UTF-8.
pub fn read_list(bytes: &[u8]) -> Result<Vec<Division>, OnboardError> {
    let mut list = Vec::new();
    let mut faults = Vec::new();
    for row in csv::Reader::from_reader(bytes).deserialize() {
        match row {
            Ok(division) => list.push(division),
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                faults.push(Refusal::invalid("divisions.bad_line", format!("line {line}"), error.to_string()));
            }
        }
    }
    faults.truncate(20);
    if faults.is_empty() { Ok(list) } else { Err(OnboardError::List(faults)) }
}

/// Makes the tenants and their units equal to the list; what is there already stays, so that a second run changes nothing.
///
/// `contexts` gives the context for acting in a tenant; `progress` is told of each tenant as it is done.
pub async fn onboard(
    db: &Db,
    contexts: &(dyn Fn(TenantId) -> Ctx + Sync),
    list: Vec<Division>,
    mode: Mode,
    mut progress: impl FnMut(&Onboarded),
) -> Result<Vec<Onboarded>, OnboardError> {
    let cities = split_cities(list).map_err(OnboardError::List)?;
    let mut done = Vec::with_capacity(cities.len());
    for city in &cities {
        let onboarded = onboard_city(db, contexts, city, mode).await?;
        progress(&onboarded);
        done.push(onboarded);
    }
    Ok(done)
}

async fn onboard_city(
    db: &Db,
    contexts: &(dyn Fn(TenantId) -> Ctx + Sync),
    city: &City,
    mode: Mode,
) -> Result<Onboarded, OnboardError> {
    let tenant = find_or_create(db, contexts, &city.root, mode).await?;
    let ctx = contexts(tenant.id);
    let mut tx = db.write(&ctx).await?;
    units::hold_tree(&mut tx).await?;
    let known = units::all(&mut tx).await?;
    let plan = Plan::new(&ctx, city, known);
    let onboarded = Onboarded {
        tenant: tenant.slug,
        name: tenant.name,
        created: plan.created.len(),
        renamed: plan.renamed.len(),
        moved: plan.moved.len(),
        total: city.under.len() + 1,
    };
    let mut events = Vec::new();
    if onboarded.created + onboarded.renamed > 0 {
        units::upsert(&mut tx, &plan.created).await?;
        units::upsert(&mut tx, &plan.renamed).await?;
        let body = json!({"created": onboarded.created, "renamed": onboarded.renamed, "total": onboarded.total});
        events.push(event(&ctx, "tenant.onboarded", tenant.id.uuid(), body));
    }
    for (unit, under) in plan.moved {
        // Whatever lies above it may have been made or moved just now.
        let found = (units::find(&mut tx, unit).await?, units::find(&mut tx, under).await?);
        let (Some(unit), Some(under)) = found else { continue };
        events.push(moves::put_under(&mut tx, &ctx, &unit, &under).await?);
    }
    let mut events = events.into_iter();
    if let Some(first) = events.next() {
        tx.commit_with(first, events.collect(), ()).await?;
    }
    Ok(onboarded)
}

async fn find_or_create(
    db: &Db,
    contexts: &(dyn Fn(TenantId) -> Ctx + Sync),
    root: &Division,
    mode: Mode,
) -> Result<Tenant, StoreError> {
    let mut tx = db.platform().await?;
    if let Some(tenant) = tenants::find_by_code(&mut tx, &root.code).await? {
        return Ok(tenant);
    }
    let ctx = contexts(TenantId(uuid::Uuid::nil()));
    let tenant = tenant_of(ctx.new_id(), root, mode, ctx.wall);
    tenants::insert(&mut tx, &tenant).await?;
    tx.commit().await?;
    Ok(tenant)
}

fn tenant_of(id: TenantId, root: &Division, mode: Mode, created_at: DateTime<Utc>) -> Tenant {
    Tenant {
        id,
        slug: root.code.clone(),
        code: root.code.clone(),
        name: root.name.clone(),
        mode: mode.code().into(),
        zone: ZONE.into(),
        clock_offset_ms: 0,
        created_at,
    }
}

/// What must change to make a tenant's units equal to the list, parents before children.
struct Plan {
    created: Vec<Unit>,
    renamed: Vec<Unit>,
    /// Units that lie elsewhere by now, each with the unit above.
    moved: Vec<(UnitId, UnitId)>,
}

impl Plan {
    fn new(ctx: &Ctx, city: &City, known: Vec<Unit>) -> Self {
        let mut plan = Self { created: Vec::new(), renamed: Vec::new(), moved: Vec::new() };
        let known: HashMap<String, Unit> = known.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
        let mut ids: HashMap<&str, UnitId> = HashMap::with_capacity(city.under.len() + 1);
        let root_path = format!("{}/", city.root.code);
        let all =
            std::iter::once((&city.root, &root_path)).chain(city.under.iter().map(|(division, path)| (division, path)));
        for (division, path) in all {
            let found = known.get(&division.code);
            let id = found.map_or_else(|| ctx.new_id(), |unit| unit.id);
            ids.insert(&division.code, id);
            let above = ids.get(division.parent_code.as_str()).copied();
            if let Some(unit) = found {
                let lies = unit.merged_into.is_some() || unit.parent_id == above.map(UnitId::uuid);
                plan.moved.extend(above.filter(|_| !lies).map(|above| (id, above)));
                if unit.name == division.name {
                    continue;
                }
            }
            let unit = Unit {
                id,
                code: division.code.clone(),
                level: division.level.code().into(),
                name: division.name.clone(),
                parent_id: above.map(UnitId::uuid),
                path: path.clone(),
                merged_into: None,
            };
            if found.is_some() { plan.renamed.push(unit) } else { plan.created.push(unit) }
        }
        plan
    }
}
