//! `/v1/{tenant}/units`: a city's division tree.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::UnitId;
use yishi_service::{
    directory::{self, NewDepartment},
    moves,
};

use crate::{
    pages::{Page, Wanted},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, members::Created},
    sessions::Session,
};

/// The operations on units.
pub struct UnitsApi;

/// A level of the division tree.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum UnitLevel {
    /// 市
    City,
    /// 区县
    District,
    /// 街道、乡镇
    Street,
    /// 社区、村
    Community,
    /// 部门
    Department,
}

/// A department to add.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct DepartmentInput {
    /// Its code, of one unit alone: letters, digits and hyphens.
    #[oai(validator(min_length = 1, max_length = 40))]
    pub code: String,
    /// Its name, by which rules call it.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
}

/// A unit of the division tree.
#[derive(Debug, Object)]
#[oai(example)]
pub struct Unit {
    /// Its identifier.
    pub id: Uuid,
    /// Its national statistical code.
    pub code: String,
    /// Its level: `city`, `district`, `street` or `community`, or `department`.
    pub level: String,
    /// Its name.
    pub name: String,
    /// The unit above; absent for the city.
    #[oai(skip_serializing_if_is_none)]
    pub parent: Option<Uuid>,
    /// The codes from the city down to it, each followed by `/`.
    pub path: String,
    /// The unit that it was merged into, and lies under since.
    #[oai(skip_serializing_if_is_none)]
    pub merged_into: Option<Uuid>,
}

/// Where a unit goes.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MoveInput {
    /// The unit under which it lies from now on, of a higher level.
    pub under: Uuid,
}

/// What a unit goes into.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MergerInput {
    /// The unit that it is merged into, of the same level.
    pub into: Uuid,
}

#[OpenApi(tag = "Tag::Tenant")]
impl UnitsApi {
    /// Lists units, in order of code.
    #[oai(path = "/v1/:tenant/units", method = "get", operation_id = "list_units")]
    async fn list_units(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only those of a level.
        level: Query<Option<UnitLevel>>,
        /// Only those directly under a unit.
        parent: Query<Option<Uuid>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many units at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Unit>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let (level, parent) = (level.map(UnitLevel::code), parent.map(UnitId));
        let loaded = directory::list_units(&session.app, &session, level, parent, &wanted.after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.code.clone(), Unit::from)))
    }

    /// Gets a unit.
    #[oai(path = "/v1/:tenant/units/:unit", method = "get", operation_id = "get_unit")]
    async fn get_unit(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
    ) -> Result<Json<Unit>, Problem> {
        Ok(Json(directory::get_unit(&session.app, &session, UnitId(*unit)).await?.into()))
    }

    /// Adds a department of a unit, which is called and carries out like any unit.
    #[oai(path = "/v1/:tenant/units/:unit/departments", method = "post", operation_id = "add_department")]
    async fn add_department(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The id of the unit that it belongs to.
        unit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<DepartmentInput>,
    ) -> Result<Created, Problem> {
        let (app, DepartmentInput { code, name }) = (&session.app, body.0);
        let new = NewDepartment { parent: UnitId(*unit), code, name };
        Ok(Created::one(session.once(app, directory::add_department(app, &session, new)).await?.uuid()))
    }

    /// Puts a unit, with all that lies under it, under another one. Figures of all times count it there once reports have counted the move; what was disclosed
    /// of a quarter that is over stays as it was.
    #[oai(path = "/v1/:tenant/units/:unit/move", method = "post", operation_id = "move_unit")]
    async fn move_unit(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<MoveInput>,
    ) -> Result<Json<Unit>, Problem> {
        let (app, under) = (&session.app, UnitId(body.under));
        session.once(app, moves::move_unit(app, &session, UnitId(*unit), under)).await?;
        Ok(Json(directory::get_unit(app, &session, UnitId(*unit)).await?.into()))
    }

    /// Merges a unit into another one of its level, under which it lies from now on with all that it has done. Nothing new is raised at it, and it is no
    /// community of its own any more in any figure. The population of the other one is to be recorded anew, since its fact does not know of these residents.
    #[oai(path = "/v1/:tenant/units/:unit/merge", method = "post", operation_id = "merge_unit")]
    async fn merge_unit(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<MergerInput>,
    ) -> Result<Json<Unit>, Problem> {
        let (app, into) = (&session.app, UnitId(body.into));
        session.once(app, moves::merge_unit(app, &session, UnitId(*unit), into)).await?;
        Ok(Json(directory::get_unit(app, &session, UnitId(*unit)).await?.into()))
    }
}

impl UnitLevel {
    const fn code(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::Street => "street",
            Self::Community => "community",
            Self::Department => directory::DEPARTMENT,
        }
    }
}

impl From<directory::Unit> for Unit {
    fn from(it: directory::Unit) -> Self {
        let directory::Unit { id, code, level, name, parent_id, path, merged_into } = it;
        Self { id: id.uuid(), code, level, name, parent: parent_id, path, merged_into }
    }
}

impl Example for Unit {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_d2a1_7c00_7abc_8def_0123_4567_89ac),
            code: "330106".into(),
            level: "district".into(),
            name: "西湖区".into(),
            parent: Some(EXAMPLE),
            path: "3301/330106/".into(),
            merged_into: None,
        }
    }
}

impl Example for DepartmentInput {
    fn example() -> Self {
        Self { code: "330106-cg".into(), name: "城市管理局".into() }
    }
}

impl Example for MoveInput {
    fn example() -> Self {
        Self { under: EXAMPLE }
    }
}

impl Example for MergerInput {
    fn example() -> Self {
        Self { into: EXAMPLE }
    }
}
