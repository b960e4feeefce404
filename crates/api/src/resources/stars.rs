//! `/v1/{tenant}/leagues` and performance sheets: star ratings by a published formula.

use chrono::NaiveDate;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;
use yishi_domain::{
    UnitId,
    reports::{FORMULA, LEAGUE_RULE, Points},
};
use yishi_service::reports::{self, Placed};

use crate::{
    pages::{Page, Wanted, bad_cursor},
    parameters::Cursor,
    problems::Problem,
    resources::{Tag, reports::period_of},
    sessions::Session,
};

/// The operations on star ratings.
pub struct StarsApi;

/// The formula of star ratings.
#[derive(Debug, Object)]
pub struct StarFormula {
    /// Its version; ratings name it.
    pub version: u32,
    /// Its parts. Each earns its weight times the part of the phase's target that is reached, at most all of it, in thousandths rounded down; what could not
    /// be measured is left out, and the total is divided by the weight of what is known.
    pub parts: Vec<StarPart>,
    /// The points of 1000 from which there is one star, two, and so on.
    pub stars: Vec<i64>,
    /// The weight that must be known at least; with less there is no rating.
    pub least_weight: i64,
    /// The rule of leagues in zh-CN.
    pub league_rule_zh: String,
    /// The rule of leagues in English.
    pub league_rule_en: String,
}

/// A part of the formula.
#[derive(Debug, Object)]
pub struct StarPart {
    /// The indicator.
    pub indicator: String,
    /// Its weight of 100.
    pub weight: i64,
}

/// A performance sheet.
#[derive(Debug, Object)]
pub struct PerformanceSheet {
    /// How many events of the record are counted.
    pub position: u64,
    /// The unit.
    pub unit: Uuid,
    /// Its statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The first day of the period.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The version of the formula.
    pub formula: u32,
    /// Each part of it.
    pub parts: Vec<SheetPart>,
    /// Points of 1000; absent where too little is known.
    #[oai(skip_serializing_if_is_none)]
    pub total: Option<i64>,
    /// Stars, from 0 to 5.
    #[oai(skip_serializing_if_is_none)]
    pub stars: Option<u32>,
}

/// What an indicator contributes.
#[derive(Debug, Object)]
pub struct SheetPart {
    /// The indicator.
    pub indicator: String,
    /// Its weight of 100.
    pub weight: i64,
    /// The figure's numerator.
    pub numerator: i64,
    /// Its denominator.
    #[oai(skip_serializing_if_is_none)]
    pub denominator: Option<i64>,
    /// The target's numerator.
    pub target_numerator: i64,
    /// Its denominator.
    pub target_denominator: i64,
    /// Points of a thousand times the weight; absent where there was nothing to measure.
    #[oai(skip_serializing_if_is_none)]
    pub points: Option<i64>,
}

/// A community in the league.
#[derive(Debug, Object)]
pub struct LeaguePlace {
    /// Its place, from 1; absent without a rating.
    #[oai(skip_serializing_if_is_none)]
    pub place: Option<u64>,
    /// The unit.
    pub unit: Uuid,
    /// Its statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Points of 1000.
    #[oai(skip_serializing_if_is_none)]
    pub total: Option<i64>,
    /// Stars, from 0 to 5.
    #[oai(skip_serializing_if_is_none)]
    pub stars: Option<u32>,
    /// The version of the formula.
    pub formula: u32,
}

#[OpenApi(tag = "Tag::Reports")]
impl StarsApi {
    /// Gets the formula of star ratings and the rule of leagues.
    #[oai(path = "/v1/:tenant/star-formula", method = "get", operation_id = "get_star_formula")]
    async fn get_star_formula(
        &self,
        _session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<StarFormula>, Problem> {
        let parts = FORMULA.parts.iter().map(|it| StarPart { indicator: it.indicator.into(), weight: it.weight });
        let [league_rule_zh, league_rule_en] = LEAGUE_RULE.map(str::to_owned);
        Ok(Json(StarFormula {
            version: FORMULA.version,
            parts: parts.collect(),
            stars: FORMULA.stars.to_vec(),
            least_weight: FORMULA.least_weight,
            league_rule_zh,
            league_rule_en,
        }))
    }

    /// Gets the performance sheet of a unit: its star rating with every figure and target that it is made of.
    #[oai(path = "/v1/:tenant/units/:unit/sheet", method = "get", operation_id = "get_performance_sheet")]
    async fn get_performance_sheet(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The period, as in reports; this year unless given.
        period: Query<Option<String>>,
    ) -> Result<Json<PerformanceSheet>, Problem> {
        let period = period_of(&session, period.as_deref())?;
        let (position, sheet) = reports::sheet(&session.app, &session, UnitId(*unit), period).await?;
        let parts = sheet.rating.parts.into_iter().filter_map(|Points { part, points }| {
            let (figure, target) = sheet.figures.iter().find(|(it, _)| it.indicator.id == part.indicator)?;
            Some(SheetPart {
                indicator: part.indicator.into(),
                weight: part.weight,
                numerator: figure.value.numerator,
                denominator: figure.value.denominator,
                target_numerator: target.numerator,
                target_denominator: target.denominator,
                points,
            })
        });
        Ok(Json(PerformanceSheet {
            position,
            unit: sheet.unit.id.uuid(),
            code: sheet.unit.code,
            name: sheet.unit.name,
            from: period.from,
            to: period.last(),
            formula: FORMULA.version,
            parts: parts.collect(),
            total: sheet.rating.total,
            stars: sheet.rating.stars,
        }))
    }

    /// Lists the communities under a unit by their star ratings, as the rule of leagues says.
    #[oai(path = "/v1/:tenant/league", method = "get", operation_id = "list_league")]
    async fn list_league(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// The period, as in reports; this year unless given.
        period: Query<Option<String>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many communities at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<LeaguePlace>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let skipped = match wanted.after.as_str() {
            "" => 0,
            text => text.parse::<usize>().map_err(|_| bad_cursor())? + 1,
        };
        let period = period_of(&session, period.as_deref())?;
        let (_, placed) = reports::league(&session.app, &session, unit.map(UnitId), period).await?;
        let loaded = placed.into_iter().enumerate().skip(skipped).take(wanted.load().into()).collect();
        Ok(Json(wanted.page(loaded, |(i, _)| i.to_string(), |(_, it)| it.into())))
    }
}

impl From<Placed> for LeaguePlace {
    fn from(Placed { place, sheet }: Placed) -> Self {
        Self {
            place,
            unit: sheet.unit.id.uuid(),
            code: sheet.unit.code,
            name: sheet.unit.name,
            total: sheet.rating.total,
            stars: sheet.rating.stars,
            formula: FORMULA.version,
        }
    }
}
