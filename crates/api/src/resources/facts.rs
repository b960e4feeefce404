//! `/v1/{tenant}/facts`: what is known of units, such as who lives there.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use poem_openapi::{
    ApiRequest, Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json},
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{FactId, TopicId, UnitId, facts as domain};
use yishi_service::facts::{self, Known, Row, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, members::Created},
    sessions::Session,
};

/// The operations on facts of units.
pub struct FactsApi;

/// Facts to record.
#[derive(ApiRequest)]
pub enum Facts {
    /// Facts with their cells.
    Json(Json<FactList>),
    /// A row a cell, with the header `unit,name,valid_from,source,number` and a further column for each dimension; an empty one is not given.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
    /// An object a line, with the fields that the CSV has as columns.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Vec<u8>>),
}

/// Facts to record.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct FactList {
    /// Between 1 and 1,000 facts.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub facts: Vec<FactInput>,
}

/// A version of a fact to record.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct FactInput {
    /// The unit's statistical code.
    pub unit: String,
    /// What it is about: `population`, or any other name of small letters, digits and underscores.
    pub name: String,
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// Where it comes from.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub source: String,
    /// The counts.
    #[oai(validator(min_items = 1, max_items = 10000))]
    pub cells: Vec<FactCell>,
}

/// A count.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct FactCell {
    /// A value for each dimension that it is broken down by; none for the whole. The population knows `age_band` (`under18`, `from18`, `from36`,
    /// `from46`, `from60`), `sex` (`female`, `male`) and `occupation` (`employee`, `gig_worker`, `self_employed`, `farmer`, `student`,
    /// `retired`, `other`). A dimension stands in cells with the same other dimensions alone, so that nothing is counted twice.
    #[oai(default)]
    pub groups: BTreeMap<String, String>,
    /// How many.
    pub number: u64,
}

/// A version of a fact.
#[derive(Debug, Object)]
pub struct Fact {
    /// Its identifier.
    pub id: Uuid,
    /// The unit.
    pub unit: Uuid,
    /// What it is about.
    pub name: String,
    /// The first day on which it holds, until a later version does.
    pub valid_from: NaiveDate,
    /// Where it comes from.
    pub source: String,
    /// The counts.
    pub cells: Vec<FactCell>,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// Who lives in a unit on a day.
#[derive(Debug, Object)]
pub struct Population {
    /// All residents.
    pub residents: u64,
    /// By age band; empty where it was not counted.
    pub by_age_band: BTreeMap<String, u64>,
    /// By sex.
    pub by_sex: BTreeMap<String, u64>,
    /// By occupation.
    pub by_occupation: BTreeMap<String, u64>,
    /// The facts that it was added up from: the unit's own, or those of the highest units below that have one.
    pub from: Vec<PopulationSource>,
}

/// A fact that a population was added up from.
#[derive(Debug, Object)]
pub struct PopulationSource {
    /// The fact.
    pub fact: Uuid,
    /// The unit.
    pub unit: Uuid,
    /// Since when it holds.
    pub valid_from: NaiveDate,
}

#[OpenApi(tag = "Tag::Tenant")]
impl FactsApi {
    /// Records facts of units: all of them, or none with what is wrong with each row.
    ///
    /// Nothing is overwritten: a later version holds from its day on, and one for the same day corrects the one before.
    #[oai(path = "/v1/:tenant/facts", method = "post", operation_id = "record_facts")]
    async fn record_facts(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Facts,
    ) -> Result<Created, Problem> {
        let rows = match body {
            Facts::Json(list) => rows(list.0),
            Facts::Csv(Binary(bytes)) => facts::read_csv(&bytes)?,
            Facts::Ndjson(Binary(bytes)) => facts::read_ndjson(&bytes)?,
        };
        let ids = session.once(&session.app, facts::record(&session.app, &session, rows)).await?;
        Ok(Created::many(ids.into_iter().map(FactId::uuid)))
    }

    /// Lists the facts of a unit that are in force on a day, one a name.
    #[oai(path = "/v1/:tenant/units/:unit/facts", method = "get", operation_id = "list_facts")]
    async fn list_facts(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The day; today unless given.
        on: Query<Option<NaiveDate>>,
    ) -> Result<Json<Vec<Fact>>, Problem> {
        let found = facts::list(&session.app, &session, UnitId(*unit), *on).await?;
        Ok(Json(found.into_iter().map(Fact::from).collect()))
    }

    /// Lists the versions of one fact of a unit, the latest first; 1,000 at most.
    #[oai(path = "/v1/:tenant/units/:unit/facts/:name", method = "get", operation_id = "list_fact_versions")]
    async fn list_fact_versions(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// What the fact is about.
        name: Path<String>,
    ) -> Result<Json<Vec<Fact>>, Problem> {
        let found = facts::versions(&session.app, &session, UnitId(*unit), &name).await?;
        Ok(Json(found.into_iter().map(Fact::from).collect()))
    }

    /// Gets who lives in a unit on a day: by its own fact, or added up from the units below.
    #[oai(path = "/v1/:tenant/units/:unit/population", method = "get", operation_id = "get_population")]
    async fn get_population(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The day; today unless given.
        on: Query<Option<NaiveDate>>,
    ) -> Result<Json<Population>, Problem> {
        Ok(Json(facts::population(&session.app, &session, UnitId(*unit), *on).await?.into()))
    }

    /// Gets a topic's background: the facts that are in force in its unit.
    #[oai(path = "/v1/:tenant/topics/:topic/background", method = "get", operation_id = "get_background")]
    async fn get_background(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Fact>>, Problem> {
        let found = facts::background(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(found.into_iter().map(Fact::from).collect()))
    }
}

fn rows(list: FactList) -> Vec<Row> {
    let rows = list.facts.into_iter().enumerate().flat_map(|(i, it)| {
        let FactInput { unit, name, valid_from, source, cells } = it;
        cells.into_iter().enumerate().map(move |(j, FactCell { groups, number })| Row {
            at: format!("facts[{i}].cells[{j}]"),
            unit: unit.clone(),
            name: name.clone(),
            valid_from,
            source: source.clone(),
            cell: domain::Cell { groups, number },
        })
    });
    rows.collect()
}

impl From<stored::Fact> for Fact {
    fn from(it: stored::Fact) -> Self {
        let cells = it.cells.into_iter().map(|domain::Cell { groups, number }| FactCell { groups, number });
        Self {
            id: it.id.uuid(),
            unit: it.unit.uuid(),
            name: it.name,
            valid_from: it.valid_from,
            source: it.source,
            cells: cells.collect(),
            recorded_at: it.recorded_at.into(),
        }
    }
}

impl From<Known> for Population {
    fn from(Known { population: it, from }: Known) -> Self {
        let from = from.into_iter().map(|it| PopulationSource {
            fact: it.id.uuid(),
            unit: it.unit.uuid(),
            valid_from: it.valid_from,
        });
        Self {
            residents: it.residents,
            by_age_band: by_code(it.by_age_band),
            by_sex: by_code(it.by_sex),
            by_occupation: by_code(it.by_occupation),
            from: from.collect(),
        }
    }
}

fn by_code<K: ToString>(numbers: BTreeMap<K, u64>) -> BTreeMap<String, u64> {
    numbers.into_iter().map(|(key, number)| (key.to_string(), number)).collect()
}

impl Example for FactList {
    fn example() -> Self {
        let old = FactCell { groups: BTreeMap::from([("age_band".into(), "from60".into())]), number: 820 };
        let valid_from = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
        let whole = FactCell { groups: BTreeMap::new(), number: 3_100 };
        let (unit, name, source) = ("330106002051".into(), domain::POPULATION.into(), "社区人口台账".into());
        Self { facts: vec![FactInput { unit, name, valid_from, source, cells: vec![whole, old] }] }
    }
}
