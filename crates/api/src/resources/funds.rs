//! `/v1/{tenant}/funds`: the funds, what their accounts hold, and their entries.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{EntryId, FundId, ItemId, UnitId, money};
use yishi_service::{
    bookings::{self, stored as booked},
    funds::{self, NewFund, stored},
};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on funds.
pub struct FundsApi;

wire_enum! {
    /// Where a fund's money comes from.
    FundKind = money::FundKind {
        /// The budget per head (人均经费).
        Budget,
        /// A special fund (专项资金).
        Special,
        /// Donations and crowdfunding (捐赠、众筹).
        Donations,
    }
}

wire_enum! {
    /// What an account holds.
    AccountKind = money::AccountKind {
        /// What may still be set aside or moved.
        Available,
        /// What is set aside for a resolution or an action item, and not spent.
        Allocated,
        /// What came in; negative.
        Income,
        /// What was paid out.
        Spent,
    }
}

wire_enum! {
    /// What an entry does; of a reversal what the reversed entry did.
    EntryKind = money::EntryKind {
        /// Income by the budget per head.
        Budget,
        /// Income by a grant from outside.
        Grant,
        /// Income by a donation.
        Donation,
        /// Income by a crowdfunding that reached its goal.
        Crowdfunding,
        /// Moves available money to another unit or fund.
        Transfer,
        /// Sets available money aside for a resolution or an action item.
        Allocation,
        /// Makes what was set aside available again.
        Release,
        /// Pays for a resolution or an action item.
        Spending,
    }
}

wire_enum! {
    /// What money was spent on.
    SpendingKind = money::SpendingKind {
        /// Building and repair.
        Works,
        /// Equipment and material.
        Equipment,
        /// Services that were bought.
        Services,
        /// Meetings and publicity.
        Meetings,
        /// Help to residents in need.
        Assistance,
        /// Anything else.
        Other,
    }
}

/// A fund to open.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct FundInput {
    /// The unit that keeps it; it holds money of this unit and of those under it.
    pub unit: Uuid,
    /// Where its money comes from.
    pub kind: FundKind,
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// Whether its rule lets available money go below nothing; it does not unless said so.
    #[oai(default)]
    pub may_overdraw: bool,
}

/// A fund.
#[derive(Debug, Object)]
pub struct Fund {
    /// Its identifier.
    pub id: Uuid,
    /// The unit that keeps it.
    pub unit: Uuid,
    /// Where its money comes from.
    pub kind: FundKind,
    /// What it is called.
    pub name: String,
    /// Whether available money may go below nothing.
    pub may_overdraw: bool,
    /// When it was opened.
    pub opened_at: Instant,
}

/// A fund with its accounts.
#[derive(Debug, Object)]
pub struct FundAccounts {
    /// The fund.
    pub fund: Fund,
    /// Its accounts; what they hold adds up to nothing.
    pub accounts: Vec<Account>,
}

/// An account.
#[derive(Debug, Object)]
pub struct Account {
    /// The fund.
    pub fund: Uuid,
    /// The unit whose money it is.
    pub unit: Uuid,
    /// What it holds.
    pub kind: AccountKind,
    /// The resolution that it is set aside for.
    #[oai(skip_serializing_if_is_none)]
    pub resolution: Option<Uuid>,
    /// The action item of it that it is set aside for, where it is for one alone.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// How much it holds, or how much an entry changes that, in fen.
    pub fen: i64,
}

/// An entry of the books.
#[derive(Debug, Object)]
pub struct Entry {
    /// Its identifier.
    pub id: Uuid,
    /// The fund.
    pub fund: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it was booked.
    pub booked_at: Instant,
    /// What it is about.
    pub note: String,
    /// What was paid for.
    #[oai(skip_serializing_if_is_none)]
    pub spent_on: Option<SpendingKind>,
    /// The number of the voucher.
    #[oai(skip_serializing_if_is_none)]
    pub voucher: Option<String>,
    /// The digest of the voucher's scan.
    #[oai(skip_serializing_if_is_none)]
    pub scan: Option<String>,
    /// The entry that it undoes.
    #[oai(skip_serializing_if_is_none)]
    pub reverses: Option<Uuid>,
    /// What it does to each account.
    pub postings: Vec<Account>,
}

#[OpenApi(tag = "Tag::Money")]
impl FundsApi {
    /// Opens a fund.
    #[oai(path = "/v1/:tenant/funds", method = "post", operation_id = "open_fund")]
    async fn open_fund(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<FundInput>,
    ) -> Result<Created, Problem> {
        let FundInput { unit, kind, name, may_overdraw } = body.0;
        let new = NewFund { unit: UnitId(unit), kind: kind.into(), name, may_overdraw };
        let app = &session.app;
        Ok(Created::one(session.once(app, funds::open(app, &session, new)).await?.uuid()))
    }

    /// Lists the funds.
    #[oai(path = "/v1/:tenant/funds", method = "get", operation_id = "list_funds")]
    async fn list_funds(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many funds at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Fund>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(FundId);
        let loaded = funds::list(&session.app, &session, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Fund::from)))
    }

    /// Gets a fund with what its accounts hold.
    #[oai(path = "/v1/:tenant/funds/:fund", method = "get", operation_id = "get_fund")]
    async fn get_fund(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
    ) -> Result<Json<FundAccounts>, Problem> {
        let (fund, balances) = funds::get(&session.app, &session, FundId(*fund)).await?;
        let accounts = balances.into_iter().map(|(account, fen)| Account::of(account, fen)).collect();
        Ok(Json(FundAccounts { fund: fund.into(), accounts }))
    }

    /// Lists the entries of a fund, in the order in which they were booked.
    #[oai(path = "/v1/:tenant/funds/:fund/entries", method = "get", operation_id = "list_entries")]
    async fn list_entries(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many entries at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Entry>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(EntryId);
        let loaded = bookings::list(&session.app, &session, FundId(*fund), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Entry::from)))
    }
}

impl Account {
    fn of(account: money::Account, fen: i64) -> Self {
        let money::Account { fund, unit, kind, purpose } = account;
        let resolution = purpose.map(|it| it.resolution.uuid());
        let item = purpose.and_then(|it| it.item).map(ItemId::uuid);
        Self { fund: fund.uuid(), unit: unit.uuid(), kind: kind.into(), resolution, item, fen }
    }
}

impl From<stored::Fund> for Fund {
    fn from(it: stored::Fund) -> Self {
        let stored::Fund { id, unit, kind, name, may_overdraw, opened_at, .. } = it;
        Self { id: id.uuid(), unit: unit.uuid(), kind: kind.into(), name, may_overdraw, opened_at: opened_at.into() }
    }
}

impl From<booked::Entry> for Entry {
    fn from(it: booked::Entry) -> Self {
        let (spent_on, voucher, scan) = match it.spent {
            Some(spent) => (Some(spent.kind.into()), Some(spent.voucher), Some(spent.scan.to_string())),
            None => (None, None, None),
        };
        Self {
            id: it.id.uuid(),
            fund: it.fund.uuid(),
            kind: it.kind.into(),
            booked_at: it.booked_at.into(),
            note: it.note,
            spent_on,
            voucher,
            scan,
            reverses: it.reverses.map(EntryId::uuid),
            postings: it.postings.into_iter().map(|it| Account::of(it.account, it.fen)).collect(),
        }
    }
}

impl Example for FundInput {
    fn example() -> Self {
        Self { unit: EXAMPLE, kind: FundKind::Budget, name: "社区民主议事经费".into(), may_overdraw: false }
    }
}
