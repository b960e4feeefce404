//! `/v1/{tenant}/units`: a city's division tree.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::UnitId;
use yishi_service::directory::{self, NewDepartment};

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
        let directory::Unit { id, code, level, name, parent_id, path } = it;
        Self { id: id.uuid(), code, level, name, parent: parent_id, path }
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
        }
    }
}

impl Example for DepartmentInput {
    fn example() -> Self {
        Self { code: "330106-cg".into(), name: "城市管理局".into() }
    }
}
