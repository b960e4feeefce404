//! `/v1/{tenant}/indicators`: what figures mean, in words that stay.

use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use yishi_domain::reports::{self as domain, INDICATORS, PHASES};

use crate::{
    problems::Problem,
    resources::{Tag, codes::wire_enum},
    sessions::Session,
};

/// The operation on indicators.
pub struct IndicatorsApi;

wire_enum! {
    /// What an indicator is about.
    IndicatorGroup = domain::Group {
        /// How deliberation goes.
        Process,
        /// What comes of it.
        Outcome,
        /// What is built up.
        Development,
        /// How it is evaluated.
        Evaluation,
        /// How far it has spread.
        Rollout,
        /// What it costs.
        Money,
    }
}

/// An indicator.
#[derive(Debug, Object)]
pub struct Indicator {
    /// Its stable identifier.
    pub id: String,
    /// The version of its definition; figures name it.
    pub version: u32,
    /// What it is about.
    pub group: IndicatorGroup,
    /// In what it is told: `count`, `ratio`, `days`, `score` (of 100) or `fen`.
    pub scale: String,
    /// Whether less of it is better.
    pub less_is_better: bool,
    /// Whether its cases can be listed.
    pub cases: bool,
    /// Its name in zh-CN.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// Its definition in zh-CN.
    pub definition_zh: String,
    /// Its definition in English.
    pub definition_en: String,
    /// What the plan asks for, by phase; a target of meetings or money is for a year.
    pub targets: Vec<IndicatorTarget>,
}

/// What is to be reached in a phase.
#[derive(Debug, Object)]
pub struct IndicatorTarget {
    /// The phase: `pilot`, `2025-26` or `2027`.
    pub phase: String,
    /// Whether it is the most, and not the least.
    pub at_most: bool,
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator.
    pub denominator: i64,
}

#[OpenApi(tag = "Tag::Reports")]
impl IndicatorsApi {
    /// Lists the indicators with their definitions and what the plan asks for.
    #[oai(path = "/v1/:tenant/indicators", method = "get", operation_id = "list_indicators")]
    async fn list_indicators(
        &self,
        _session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<Indicator>>, Problem> {
        Ok(Json(INDICATORS.iter().map(Indicator::from).collect()))
    }
}

impl From<&domain::Indicator> for Indicator {
    fn from(it: &domain::Indicator) -> Self {
        let targets = PHASES.iter().zip(it.targets).filter_map(|(phase, target)| {
            let domain::Target { at_most, numerator, denominator } = target?;
            Some(IndicatorTarget { phase: phase.code.into(), at_most, numerator, denominator })
        });
        let ([name_zh, name_en], [definition_zh, definition_en]) =
            (it.names.map(str::to_owned), it.definitions.map(str::to_owned));
        Self {
            id: it.id.into(),
            version: it.version,
            group: it.group.into(),
            scale: it.scale.into(),
            less_is_better: it.less_is_better(),
            cases: it.cases().is_some(),
            name_zh,
            name_en,
            definition_zh,
            definition_en,
            targets: targets.collect(),
        }
    }
}
