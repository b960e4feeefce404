//! `/public/{tenant}/units/{unit}/disclosures/{quarter}`: income and spending, for everybody.

use poem::http::StatusCode;
use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;
use yishi_domain::{UnitId, money::Quarter};
use yishi_service::{
    directory::Unit,
    disclosures::{self, stored},
};

use crate::{
    problems::Problem,
    resources::{
        Tag,
        funds::{EntryKind, SpendingKind},
    },
    sessions::Visitor,
};

/// The operation on disclosures.
pub struct DisclosuresApi;

/// Income and spending of a unit, with those under it, in a quarter. Closing less opening is income less spending and what was transferred.
#[derive(Debug, Object)]
pub struct Disclosure {
    /// The unit's code.
    pub unit: String,
    /// The unit's name.
    pub name: String,
    /// The quarter.
    pub quarter: String,
    /// How many entries were booked.
    pub entries: u64,
    /// How many of them reverse an earlier one, of whatever quarter.
    pub reversals: u64,
    /// What came in, by kind, less what was reversed.
    pub income: Vec<DisclosedIncome>,
    /// What was spent, by what on, less what was reversed.
    pub spending: Vec<DisclosedSpending>,
    /// What came from units elsewhere, less what went to them, in fen.
    pub transferred_fen: i64,
    /// What each fund held, available or set aside.
    pub holdings: Vec<DisclosedHolding>,
}

/// Income of a kind.
#[derive(Debug, Object)]
pub struct DisclosedIncome {
    /// The kind.
    pub kind: EntryKind,
    /// In fen.
    pub fen: i64,
}

/// Spending on something.
#[derive(Debug, Object)]
pub struct DisclosedSpending {
    /// What on.
    pub kind: SpendingKind,
    /// In fen.
    pub fen: i64,
}

/// What a fund held.
#[derive(Debug, Object)]
pub struct DisclosedHolding {
    /// The fund.
    pub fund: Uuid,
    /// What it is called.
    pub name: String,
    /// When the quarter began, in fen.
    pub opening_fen: i64,
    /// When it was over, in fen.
    pub closing_fen: i64,
}

#[OpenApi(tag = "Tag::Money")]
impl DisclosuresApi {
    /// Gets the disclosure of a unit for a quarter that is over, such as `2026-Q3`.
    ///
    /// It is made from the books, and comes out the same whenever it is asked for: what is booked or reversed later belongs to its own quarter.
    #[oai(path = "/public/:tenant/units/:unit/disclosures/:quarter", method = "get", operation_id = "get_disclosure")]
    async fn get_disclosure(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The quarter, in the tenant's zone.
        #[oai(validator(pattern = "^2[0-9]{3}-Q[1-4]$"))]
        quarter: Path<String>,
    ) -> Result<Json<Disclosure>, Problem> {
        let quarter = quarter_of(&quarter)?;
        let (unit, figures) = disclosures::get(&visitor.app, &visitor, UnitId(*unit), quarter).await?;
        Ok(Json(Disclosure::of(unit, quarter, figures)))
    }
}

/// Reads a quarter in a path.
pub(crate) fn quarter_of(text: &str) -> Result<Quarter, Problem> {
    text.parse().map_err(|error: yishi_domain::money::NotAQuarter| {
        Problem::new(StatusCode::BAD_REQUEST, "request.bad_path", error.to_string()).with_field("quarter")
    })
}

impl Disclosure {
    /// The disclosure of a unit in a quarter.
    pub(crate) fn of(unit: Unit, quarter: Quarter, figures: stored::Figures) -> Self {
        let stored::Figures { entries, reversals, income, spending, transferred, holdings } = figures;
        Self {
            unit: unit.code,
            name: unit.name,
            quarter: quarter.to_string(),
            entries,
            reversals,
            income: income.into_iter().map(|(kind, fen)| DisclosedIncome { kind: kind.into(), fen }).collect(),
            spending: spending.into_iter().map(|(kind, fen)| DisclosedSpending { kind: kind.into(), fen }).collect(),
            transferred_fen: transferred,
            holdings: holdings.into_iter().map(DisclosedHolding::from).collect(),
        }
    }
}

impl From<stored::Holding> for DisclosedHolding {
    fn from(it: stored::Holding) -> Self {
        Self { fund: it.fund.uuid(), name: it.name, opening_fen: it.opening, closing_fen: it.closing }
    }
}
