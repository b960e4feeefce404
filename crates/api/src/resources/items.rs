//! `/v1/{tenant}/items`: the action items by which a resolution is carried out.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{
    ItemId, ResolutionId, UnitId,
    items::{self as domain, NewItem, Report},
    resolutions,
};
use yishi_service::items;

use crate::{
    conditions::require_match,
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::wire_enum,
        members::{Created, CreatedIds},
        parse_digest,
        resolutions::Milestone,
    },
    sessions::Session,
};

/// The operations on action items.
pub struct ItemsApi;

wire_enum! {
    /// Where an action item stands.
    ItemState = domain::ItemState {
        /// Its unit carries it out.
        Underway,
        /// Its unit has offered it to another, which has not answered.
        Offered,
        /// It was split into parts, which stand in its place.
        Split,
        /// It is carried out.
        Done,
        /// Its topic is deliberated again.
        Dropped,
    }
}

/// An action item to add.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ItemInput {
    /// What is to be done.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: String,
    /// The unit that answers for it.
    pub unit: Uuid,
    /// The units that help.
    #[oai(default, validator(max_items = 50))]
    pub cooperating_units: Vec<Uuid>,
    /// The post that answers for it first.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub first_responsible_post: String,
    /// By when it is due; not after what it is part of.
    pub due_at: Instant,
    /// What is reached on the way, in order of time.
    #[oai(default, validator(max_items = 50))]
    pub milestones: Vec<Milestone>,
}

/// An action item.
#[derive(Debug, Object)]
pub struct Item {
    /// Its identifier.
    pub id: Uuid,
    /// The resolution that it is part of.
    pub resolution: Uuid,
    /// The topic of the case.
    pub topic: Uuid,
    /// What it was split from.
    #[oai(skip_serializing_if_is_none)]
    pub parent: Option<Uuid>,
    /// What is to be done.
    pub title: String,
    /// The unit that answers for it.
    pub unit: Uuid,
    /// The units that help.
    pub cooperating_units: Vec<Uuid>,
    /// The post that answers for it first.
    pub first_responsible_post: String,
    /// Where it stands.
    pub state: ItemState,
    /// By when it is due.
    pub due_at: Instant,
    /// What is reached on the way.
    pub milestones: Vec<ItemMilestone>,
    /// Since when it is late.
    #[oai(skip_serializing_if_is_none)]
    pub late_at: Option<Instant>,
    /// When it was done.
    #[oai(skip_serializing_if_is_none)]
    pub done_at: Option<Instant>,
    /// The unit to which it is offered.
    #[oai(skip_serializing_if_is_none)]
    pub offered_to: Option<Uuid>,
    /// Until when more time is asked for.
    #[oai(skip_serializing_if_is_none)]
    pub extension_until: Option<Instant>,
    /// Why more time is asked for, or why it is offered to another unit.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<String>,
    /// Counts its changes, from one.
    pub version: u64,
}

/// A milestone of an action item.
#[derive(Debug, Object)]
pub struct ItemMilestone {
    /// What is reached.
    pub name: String,
    /// By when.
    pub due_at: Instant,
    /// When it was reached.
    #[oai(skip_serializing_if_is_none)]
    pub reached_at: Option<Instant>,
}

/// A report on an action item.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ItemReportInput {
    /// What was done.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub text: String,
    /// The digests of what shows it, such as photographs: `sha256:` and 64 hexadecimal digits each, of attachments or of what is kept elsewhere; at least one where it is done.
    #[oai(default, validator(max_items = 50))]
    pub evidence: Vec<String>,
    /// The milestone that was reached, by its place from zero.
    pub milestone: Option<u16>,
}

/// A report on an action item, as it was made.
#[derive(Debug, Object)]
pub struct ItemReport {
    /// Its identifier.
    pub id: Uuid,
    /// What was done.
    pub text: String,
    /// The digests of what shows it.
    pub evidence: Vec<String>,
    /// The attachments of its case that have these digests.
    pub attachments: Vec<Uuid>,
    /// The milestone that was reached, by its place from zero.
    #[oai(skip_serializing_if_is_none)]
    pub milestone: Option<u64>,
    /// When it was made.
    pub reported_at: Instant,
}

/// More time that is asked for.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ExtensionInput {
    /// Until when.
    pub due_at: Instant,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// The answer to a request for more time.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ExtensionDecision {
    /// Whether it is granted.
    pub granted: bool,
}

/// An item to hand over.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct HandoverInput {
    /// The unit that should take it over.
    pub unit: Uuid,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// The answer to an offer to hand an item over.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct HandoverAnswer {
    /// Whether it is taken over.
    pub accepted: bool,
}

/// The parts of an item.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct PartsInput {
    /// The parts, which stand in its place.
    #[oai(validator(min_items = 2, max_items = 20))]
    pub parts: Vec<ItemInput>,
}

#[OpenApi(tag = "Tag::Execution")]
impl ItemsApi {
    /// Adds an action item to a resolution that is being carried out.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/items", method = "post", operation_id = "add_item")]
    async fn add_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ItemInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let act = items::add(app, &session, ResolutionId(*resolution), body.0.into());
        Ok(Created::one(session.once(app, act).await?.uuid()))
    }

    /// Lists the action items of a resolution, the earliest first.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/items", method = "get", operation_id = "list_items")]
    async fn list_items(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
    ) -> Result<Json<Vec<Item>>, Problem> {
        let list = items::list(&session.app, &session, ResolutionId(*resolution)).await?;
        Ok(Json(list.into_iter().map(Item::from).collect()))
    }

    /// Gets an action item.
    #[oai(path = "/v1/:tenant/items/:item", method = "get", operation_id = "get_item")]
    async fn get_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
    ) -> Result<Json<Item>, Problem> {
        Ok(Json(items::get(&session.app, &session, ItemId(*item)).await?.into()))
    }

    /// Lists the reports on an action item, the earliest first.
    #[oai(path = "/v1/:tenant/items/:item/reports", method = "get", operation_id = "list_item_reports")]
    async fn list_item_reports(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many reports at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<ItemReport>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?;
        let loaded = items::reports(&session.app, &session, ItemId(*item), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.reported.id.to_string(), ItemReport::from)))
    }

    /// Reports progress on an action item, with what shows it.
    #[oai(path = "/v1/:tenant/items/:item/reports", method = "post", operation_id = "report_item")]
    async fn report_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ItemReportInput>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let report = report_of(body.0)?;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::report(app, &session, id, seen, report, false).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Reports an action item as done, with what shows it.
    #[oai(path = "/v1/:tenant/items/:item/completion", method = "post", operation_id = "complete_item")]
    async fn complete_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ItemReportInput>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let report = report_of(body.0)?;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::report(app, &session, id, seen, report, true).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Asks for more time for an action item, with a reason.
    #[oai(path = "/v1/:tenant/items/:item/extension", method = "post", operation_id = "ask_extension")]
    async fn ask_extension(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ExtensionInput>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let ExtensionInput { due_at, reason } = body.0;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::ask_extension(app, &session, id, seen, due_at.0, reason).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Grants or refuses the time that was asked for.
    #[oai(path = "/v1/:tenant/items/:item/extension/decision", method = "post", operation_id = "decide_extension")]
    async fn decide_extension(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ExtensionDecision>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::decide_extension(app, &session, id, seen, body.0.granted).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Offers an action item to another unit, which answers for it once it has taken it over.
    #[oai(path = "/v1/:tenant/items/:item/handover", method = "post", operation_id = "offer_item")]
    async fn offer_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<HandoverInput>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let HandoverInput { unit, reason } = body.0;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::offer(app, &session, id, seen, UnitId(unit), reason).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Takes over, or declines, an action item that another unit offers.
    #[oai(path = "/v1/:tenant/items/:item/handover/answer", method = "post", operation_id = "answer_handover")]
    async fn answer_handover(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<HandoverAnswer>,
    ) -> Result<Json<Item>, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::answer_offer(app, &session, id, seen, body.0.accepted).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Splits an action item into parts, which stand in its place.
    #[oai(path = "/v1/:tenant/items/:item/parts", method = "post", operation_id = "split_item")]
    async fn split_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The item's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<PartsInput>,
    ) -> Result<Created, Problem> {
        let (id, app) = (ItemId(*item), &session.app);
        let parts = body.0.parts.into_iter().map(NewItem::from).collect();
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(items::split(app, &session, id, seen, parts).await?)
        };
        let ids = session.once(app, act).await?.into_iter().map(ItemId::uuid).collect();
        Ok(Created::Ids(Json(CreatedIds { ids })))
    }
}

/// The version of an item that the caller has seen, where they say which.
async fn seen(session: &Session, id: ItemId, if_match: Option<&str>) -> Result<Option<u64>, Problem> {
    if if_match.is_none() {
        return Ok(None);
    }
    let present: Item = items::get(&session.app, session, id).await?.into();
    require_match(if_match, &present)?;
    Ok(Some(present.version))
}

fn report_of(it: ItemReportInput) -> Result<Report, Problem> {
    let evidence = it.evidence.iter().enumerate();
    let evidence = evidence.map(|(i, text)| parse_digest(&format!("evidence[{i}]"), text)).collect::<Result<_, _>>()?;
    Ok(Report { text: it.text, evidence, milestone: it.milestone.map(usize::from) })
}

impl From<ItemInput> for NewItem {
    fn from(it: ItemInput) -> Self {
        let milestone = |it: Milestone| resolutions::Milestone { name: it.name, due_at: it.due_at.0 };
        Self {
            title: it.title,
            unit: UnitId(it.unit),
            cooperating_units: it.cooperating_units.into_iter().map(UnitId).collect(),
            first_responsible_post: it.first_responsible_post,
            due_at: it.due_at.0,
            milestones: it.milestones.into_iter().map(milestone).collect(),
        }
    }
}

impl From<domain::Item> for Item {
    fn from(it: domain::Item) -> Self {
        let domain::Facts { title, cooperating_units, first_responsible_post, milestones, reached, offer, extension } =
            it.facts;
        let reason = offer.as_ref().map(|it| &it.reason).or(extension.as_ref().map(|it| &it.reason)).cloned();
        let milestones = milestones.into_iter().zip(reached).map(|(it, reached)| ItemMilestone {
            name: it.name,
            due_at: it.due_at.into(),
            reached_at: reached.map(Instant::from),
        });
        Self {
            id: it.id.uuid(),
            resolution: it.resolution.uuid(),
            topic: it.topic.uuid(),
            parent: it.parent.map(ItemId::uuid),
            title,
            unit: it.unit.uuid(),
            cooperating_units: cooperating_units.into_iter().map(UnitId::uuid).collect(),
            first_responsible_post,
            state: it.state.into(),
            due_at: it.due_at.into(),
            milestones: milestones.collect(),
            late_at: it.late_at.map(Instant::from),
            done_at: it.done_at.map(Instant::from),
            offered_to: offer.map(|it| it.unit.uuid()),
            extension_until: extension.map(|it| it.due_at.into()),
            reason,
            version: it.version,
        }
    }
}

impl From<items::Shown> for ItemReport {
    fn from(shown: items::Shown) -> Self {
        let it = shown.reported;
        Self {
            attachments: shown.attachments.into_iter().map(|it| it.uuid()).collect(),
            id: it.id,
            text: it.report.text,
            evidence: it.report.evidence.iter().map(ToString::to_string).collect(),
            milestone: it.report.milestone.and_then(|it| u64::try_from(it).ok()),
            reported_at: it.at.into(),
        }
    }
}

/// The last instant of January 2026, in which examples are due.
fn example_due() -> Instant {
    chrono::DateTime::from_timestamp(1_769_817_600, 0).unwrap_or_default().into()
}

impl Example for ItemInput {
    fn example() -> Self {
        Self {
            title: "划定 42 个车位".into(),
            unit: EXAMPLE,
            cooperating_units: vec![],
            first_responsible_post: "街道城管科长".into(),
            due_at: example_due(),
            milestones: vec![],
        }
    }
}

impl Example for ItemReportInput {
    fn example() -> Self {
        Self {
            text: "已完成划线。".into(), evidence: vec![format!("sha256:{}", "0f".repeat(32))], milestone: None
        }
    }
}

impl Example for ExtensionInput {
    fn example() -> Self {
        Self { due_at: example_due(), reason: "等待专项资金下达。".into() }
    }
}

impl Example for HandoverInput {
    fn example() -> Self {
        Self { unit: EXAMPLE, reason: "职责在区城市管理局。".into() }
    }
}
