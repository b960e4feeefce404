//! `/v1/{tenant}/funds/{fund}/..` and `/v1/{tenant}/entries`: what is booked.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{
    EntryId, FundId, ItemId, ResolutionId, UnitId,
    money::{self, Purpose},
};
use yishi_service::bookings::{self, Amount, Budget, Payment};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, funds::SpendingKind, members::Created, parse_digest},
    sessions::Session,
};

/// The operations that book.
pub struct BookingsApi;

/// A budget per head.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BudgetInput {
    /// Fen (hundredths of a yuan) a resident and year.
    #[oai(validator(minimum(value = "1")))]
    pub per_head_fen: u64,
    /// The year.
    #[oai(validator(minimum(value = "2000"), maximum(value = "2999")))]
    pub year: u16,
    /// The units, each once.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub units: Vec<BudgetedUnit>,
}

/// A unit to budget.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct BudgetedUnit {
    /// The unit.
    pub unit: Uuid,
    /// How many residents it has; those whom its population fact has today unless given.
    #[oai(validator(minimum(value = "1")))]
    pub residents: Option<u64>,
}

/// Money that comes in.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct IncomeInput {
    /// The unit that gets it.
    pub unit: Uuid,
    /// How much, in fen.
    pub amount_fen: u64,
    /// Where it comes from; in the record it is a commitment only.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub note: String,
}

/// Money to move.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TransferInput {
    /// The unit that gives it.
    pub unit: Uuid,
    /// The unit that gets it.
    pub to_unit: Uuid,
    /// The fund into which it goes; the same one unless given.
    #[oai(skip_serializing_if_is_none)]
    pub to_fund: Option<Uuid>,
    /// How much, in fen.
    pub amount_fen: u64,
    /// What for.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub note: String,
}

/// Money to set aside for a resolution or one of its action items, or to make available again.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AllocationInput {
    /// The unit whose money it is.
    pub unit: Uuid,
    /// The resolution.
    pub resolution: Uuid,
    /// The action item of it that this is for; for all of it unless given.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// How much, in fen.
    pub amount_fen: u64,
    /// What for.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub note: String,
}

/// A payment.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct SpendingInput {
    /// The unit whose money it is.
    pub unit: Uuid,
    /// The resolution that it is for, for which money was set aside.
    pub resolution: Uuid,
    /// The action item of it that it is for, where money was set aside for this one.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// How much, in fen.
    pub amount_fen: u64,
    /// What on.
    pub kind: SpendingKind,
    /// The number of the voucher, which pays once in a fund.
    #[oai(validator(min_length = 1, max_length = 60))]
    pub voucher: String,
    /// The digest of the voucher's scan: `sha256:` and 64 hexadecimal digits.
    pub scan: String,
    /// What was paid.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub note: String,
}

/// Why an entry is undone.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ReversalInput {
    /// Why.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reason: String,
}

/// Does an act that books one entry, once, and answers with its identifier.
macro_rules! booking {
    ($session:ident, $act:expr) => {{
        let app = &$session.app;
        let act = $act;
        let id = $session.once(app, act(app)).await?;
        Ok(Created::one(id.uuid()))
    }};
}

#[OpenApi(tag = "Tag::Money")]
impl BookingsApi {
    /// Budgets units per head of their residents: an entry for each of them, or none.
    #[oai(path = "/v1/:tenant/funds/:fund/budgets", method = "post", operation_id = "book_budget")]
    async fn book_budget(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<BudgetInput>,
    ) -> Result<Created, Problem> {
        let BudgetInput { per_head_fen, year, units } = body.0;
        let units = units.into_iter().map(|it| (UnitId(it.unit), it.residents)).collect();
        let app = &session.app;
        let act = bookings::budget(app, &session, FundId(*fund), Budget { per_head_fen, year, units });
        Ok(Created::many(session.once(app, act).await?.into_iter().map(EntryId::uuid)))
    }

    /// Books a donation.
    #[oai(path = "/v1/:tenant/funds/:fund/donations", method = "post", operation_id = "book_donation")]
    async fn book_donation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<IncomeInput>,
    ) -> Result<Created, Problem> {
        let (fund, amount) = (FundId(*fund), Amount::from(body.0));
        booking!(session, |app| bookings::receive(app, &session, fund, money::EntryKind::Donation, amount))
    }

    /// Books a grant from outside.
    #[oai(path = "/v1/:tenant/funds/:fund/grants", method = "post", operation_id = "book_grant")]
    async fn book_grant(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<IncomeInput>,
    ) -> Result<Created, Problem> {
        let (fund, amount) = (FundId(*fund), Amount::from(body.0));
        booking!(session, |app| bookings::receive(app, &session, fund, money::EntryKind::Grant, amount))
    }

    /// Moves available money to another unit, or into another fund.
    #[oai(path = "/v1/:tenant/funds/:fund/transfers", method = "post", operation_id = "book_transfer")]
    async fn book_transfer(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<TransferInput>,
    ) -> Result<Created, Problem> {
        let TransferInput { unit, to_unit, to_fund, amount_fen: fen, note } = body.0;
        let (amount, to) = (Amount { unit: UnitId(unit), fen, note }, FundId(to_fund.unwrap_or(*fund)));
        booking!(session, |app| bookings::transfer(app, &session, FundId(*fund), amount, to, UnitId(to_unit)))
    }

    /// Sets available money aside for a resolution of the unit or of one under it, or for one of its action items.
    #[oai(path = "/v1/:tenant/funds/:fund/allocations", method = "post", operation_id = "book_allocation")]
    async fn book_allocation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<AllocationInput>,
    ) -> Result<Created, Problem> {
        let (purpose, kind) = (purpose(body.resolution, body.item), money::EntryKind::Allocation);
        let (fund, amount) = (FundId(*fund), Amount::from(body.0));
        booking!(session, |app| bookings::set_aside(app, &session, fund, kind, amount, purpose))
    }

    /// Makes what was set aside for a resolution or an action item available again.
    #[oai(path = "/v1/:tenant/funds/:fund/releases", method = "post", operation_id = "book_release")]
    async fn book_release(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<AllocationInput>,
    ) -> Result<Created, Problem> {
        let (purpose, kind) = (purpose(body.resolution, body.item), money::EntryKind::Release);
        let (fund, amount) = (FundId(*fund), Amount::from(body.0));
        booking!(session, |app| bookings::set_aside(app, &session, fund, kind, amount, purpose))
    }

    /// Pays for a resolution or an action item, with a voucher, out of what was set aside for it.
    #[oai(path = "/v1/:tenant/funds/:fund/spendings", method = "post", operation_id = "book_spending")]
    async fn book_spending(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<SpendingInput>,
    ) -> Result<Created, Problem> {
        let SpendingInput { unit, resolution, item, amount_fen: fen, kind, voucher, scan, note } = body.0;
        let scan = parse_digest("scan", &scan)?;
        let payment = Payment { purpose: purpose(resolution, item), kind: kind.into(), voucher, scan };
        let (fund, amount) = (FundId(*fund), Amount { unit: UnitId(unit), fen, note });
        booking!(session, |app| bookings::spend(app, &session, fund, amount, payment))
    }

    /// Undoes an entry by another one, once; entries are never edited.
    #[oai(path = "/v1/:tenant/entries/:entry/reversal", method = "post", operation_id = "reverse_entry")]
    async fn reverse_entry(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The entry's id.
        entry: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ReversalInput>,
    ) -> Result<Created, Problem> {
        booking!(session, |app| bookings::reverse(app, &session, EntryId(*entry), body.0.reason))
    }
}

/// What money or goods are for.
pub(super) fn purpose(resolution: Uuid, item: Option<Uuid>) -> Purpose {
    Purpose { resolution: ResolutionId(resolution), item: item.map(ItemId) }
}

impl From<IncomeInput> for Amount {
    fn from(it: IncomeInput) -> Self {
        Self { unit: UnitId(it.unit), fen: it.amount_fen, note: it.note }
    }
}

impl From<AllocationInput> for Amount {
    fn from(it: AllocationInput) -> Self {
        Self { unit: UnitId(it.unit), fen: it.amount_fen, note: it.note }
    }
}

impl Example for BudgetInput {
    fn example() -> Self {
        Self { per_head_fen: 1_000, year: 2026, units: vec![BudgetedUnit { unit: EXAMPLE, residents: Some(3_200) }] }
    }
}

impl Example for IncomeInput {
    fn example() -> Self {
        Self { unit: EXAMPLE, amount_fen: 500_000, note: "辖区企业捐赠".into() }
    }
}

impl Example for TransferInput {
    fn example() -> Self {
        let note = "支持社区照明改造".into();
        Self { unit: EXAMPLE, to_unit: EXAMPLE, to_fund: None, amount_fen: 200_000, note }
    }
}

impl Example for AllocationInput {
    fn example() -> Self {
        let note = "更换两盏路灯".into();
        Self { unit: EXAMPLE, resolution: EXAMPLE, item: Some(EXAMPLE), amount_fen: 1_200_000, note }
    }
}

impl Example for SpendingInput {
    fn example() -> Self {
        Self {
            unit: EXAMPLE,
            resolution: EXAMPLE,
            item: Some(EXAMPLE),
            amount_fen: 1_150_000,
            kind: SpendingKind::Works,
            voucher: "2026-0117".into(),
            scan: yishi_domain::Digest([7; 32]).to_string(),
            note: "路灯采购与安装".into(),
        }
    }
}

impl Example for ReversalInput {
    fn example() -> Self {
        Self { reason: "金额录入有误".into() }
    }
}
