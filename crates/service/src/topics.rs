//! Intake (議題徵集): topics come in by every channel, also on behalf of others.

use chrono::{DateTime, Duration, Utc};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio::time::Instant;
use yishi_domain::{
    Ctx, Event, MandateId, MemberId, Refusal, TopicId, UnitId,
    access::Role,
    channels::Channel,
    escalation::Level,
    pool::words,
    quotas::Quota,
    standard,
    timers::TimerKind,
    topics::{Category, Scored, TopicText},
    workflow::{FINAL, Stage},
};
use yishi_policy::{Answered, PolicyFailure};
use yishi_store::{
    TenantTx, WriteTx, mandates, members, pool,
    timers::{self, Timer},
    topics::{self, Topic, TopicFilter},
    units::Unit,
};

use crate::{
    App,
    cases::{require_text, unknown},
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    moves::require_standing,
    quotas,
    rules::Rules,
    sessions::Session,
    shadows,
};

pub use yishi_store::topics as stored;

/// Hours in which a submission is answered, where its category sets no limit.
const ANSWER_HOURS: u32 = 120;

/// How many topics that are prepared together the rules are asked of at a time, which leaves the tenant places for its other calls, and for how long; what is
/// left then the standard rules classify, as they do where rules fail.
const AT_ONCE: usize = 2;
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Those who see topics before they are accepted.
const STAFF: &[Role] =
    &[Role::Coordinator, Role::CouncilMember, Role::Supervisor, Role::Officer, Role::Administrator, Role::Evaluator];

/// A topic to raise.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// How it came in.
    pub channel: Channel,
    /// For whom it is entered, where that is not who enters it.
    pub on_behalf_of: Option<MemberId>,
    /// Where it is about: latitude and longitude in millionths of a degree (WGS 84).
    pub place: Option<(i32, i32)>,
    /// The category that whoever raises it says; what the rules make of it where they say none.
    pub category: Option<String>,
}

/// A topic that may be raised, with what becomes of it when it is.
pub(crate) struct Raised {
    /// The topic.
    pub topic: Topic,
    /// What is told of it.
    pub told: Event,
    text: TopicText,
    scored: Vec<Scored>,
    due_at: DateTime<Utc>,
}

/// Raises a topic. A resident raises their own online; whatever came in by another channel, or for somebody else
/// without a mandate of theirs in all matters, a coordinator enters.
pub async fn raise(app: &App, session: &Session, new: NewTopic) -> Result<TopicId, Failure> {
    let raised = prepare(app, session, new).await?;
    let mut tx = app.db.write(&session.ctx).await?;
    quotas::require(&mut tx, &session.ctx, session.tenant()?, Quota::TopicsADay, 1).await?;
    enter(&mut tx, &session.ctx, &raised).await?;
    let id = tx.commit([raised.told.clone()], raised.topic.id).await?;
    watch(app, &session.ctx, &raised).await;
    Ok(id)
}

/// Enters what was prepared, in a transaction that commits what is told of it and has taken it from the quota of topics.
pub(crate) async fn enter(tx: &mut WriteTx, ctx: &Ctx, raised: &Raised) -> Result<(), Failure> {
    let Raised { topic, due_at, .. } = raised;
    topics::insert(tx, topic).await?;
    pool::index(tx, topic.id, &words(&format!("{} {}", topic.title, topic.body))).await?;
    let (kind, subject, due_at) = (TimerKind::ScreeningDue, topic.id.uuid(), *due_at);
    timers::insert(tx, &Timer { id: ctx.new_id(), kind, subject, due_at }).await?;
    Ok(())
}

/// Has the rules that run in shadow look at what was entered.
pub(crate) async fn watch(app: &App, ctx: &Ctx, raised: &Raised) {
    shadows::watch_categories(app, ctx, raised.topic.id, &raised.text, &raised.scored).await;
}

/// Prepares a topic: refuses it, or asks the rules what it is.
async fn prepare(app: &App, session: &Session, new: NewTopic) -> Result<Raised, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let checked = check(&mut tx, session, new).await?;
    quotas::foresee(&mut tx, &session.ctx, session.tenant()?, Quota::TopicsADay, 1).await?;
    drop(tx);
    let rules = Rules::active(app, &session.ctx).await?;
    let categories = rules.categories(app).await;
    let scored = rules.classify(app, &checked.text()).await;
    put_together(session, checked, &categories, scored)
}

/// Prepares many topics, or tells which one is refused and why: the rules are read once, and asked of a few topics at a time and not for ever.
pub(crate) async fn prepare_all(
    app: &App,
    session: &Session,
    all: Vec<NewTopic>,
) -> Result<Vec<Raised>, (usize, Failure)> {
    let mut tx = app.db.read(&session.ctx).await.map_err(|error| (0, error.into()))?;
    let mut checked = Vec::with_capacity(all.len());
    for (i, new) in all.into_iter().enumerate() {
        checked.push(check(&mut tx, session, new).await.map_err(|failure| (i, failure))?);
    }
    drop(tx);
    let rules = Rules::active(app, &session.ctx).await.map_err(|failure| (0, failure))?;
    let categories = rules.categories(app).await;
    let until = Instant::now() + PATIENCE;
    let asked = checked.into_iter().map(async |it| {
        let text = it.text();
        let scored = match Instant::now() < until {
            true => rules.classify(app, &text).await,
            false => Answered::instead(standard::classify(&text), PolicyFailure::TooSlow),
        };
        (it, scored)
    });
    let mut asked = std::pin::pin!(stream::iter(asked).buffered(AT_ONCE));
    let mut raised = Vec::new();
    while let Some((checked, scored)) = asked.next().await {
        let i = raised.len();
        raised.push(put_together(session, checked, &categories, scored).map_err(|failure| (i, failure))?);
    }
    Ok(raised)
}

/// A topic that whoever raises it may raise, where they may.
struct Checked {
    new: NewTopic,
    unit: Unit,
    mandate: Option<MandateId>,
}

impl Checked {
    fn text(&self) -> TopicText {
        TopicText { title: self.new.title.clone(), body: self.new.body.clone() }
    }
}

async fn check(tx: &mut TenantTx, session: &Session, new: NewTopic) -> Result<Checked, Failure> {
    let (ctx, author) = (&session.ctx, session.member()?);
    require_text("topic.bad_title", "title", &new.title, 200)?;
    require_text("topic.bad_body", "body", &new.body, 10_000)?;
    let unit = require_unit(tx, new.unit, "unit").await?;
    require_standing(&unit, "unit")?;
    session.require_reach(&unit.path)?;
    if new.place.is_some_and(|(latitude, longitude)| latitude.abs() > 90_000_000 || longitude.abs() > 180_000_000) {
        let text = "latitudes reach from -90 to 90 degrees and longitudes from -180 to 180, in millionths of a degree";
        return Err(Refusal::invalid("topic.bad_place", "place", text).into());
    }
    let mandate = match new.on_behalf_of {
        Some(principal) => mandates::general(tx, principal, author, ctx.now).await?,
        None => None,
    };
    if new.channel != Channel::Online || (new.on_behalf_of.is_some() && mandate.is_none()) {
        session.require_role(Role::Coordinator, &unit.path)?;
    }
    if let Some(unknown) = members::unknown(tx, new.on_behalf_of.as_slice()).await?.first() {
        let text = format!("there is no member {unknown}");
        return Err(Refusal::invalid("member.unknown", "on_behalf_of", text).into());
    }
    Ok(Checked { new, unit, mandate })
}

/// The topic, in the category that whoever raises it says, or that the rules say.
fn put_together(
    session: &Session,
    checked: Checked,
    categories: &[Category],
    scored: Answered<Vec<Scored>>,
) -> Result<Raised, Failure> {
    let (ctx, author, text) = (&session.ctx, session.member()?, checked.text());
    let Checked { new, unit, mandate } = checked;
    let best = match &new.category {
        Some(code) => Some(named(categories, code)?),
        None => scored.value.iter().find_map(|it| categories.iter().find(|category| category.code == it.category)),
    };
    let category = best.or(categories.last()).ok_or_else(|| Failure::Inconsistent("there is no category".into()))?;
    let topic = Topic {
        id: ctx.new_id(),
        unit: unit.id,
        path: unit.path,
        author,
        on_behalf_of: new.on_behalf_of,
        channel: new.channel,
        title: new.title,
        body: new.body,
        category: category.code.clone(),
        significance: category.significance,
        form: category.form,
        stage: Stage::Submitted,
        level: Level::of_code(&unit.level).unwrap_or(Level::City),
        reason: None,
        merged_into: None,
        marked_at: None,
        version: 1,
        raised_at: ctx.now,
        stage_since: ctx.now,
        place: new.place,
        split_from: None,
        mandate,
    };
    let classified_by = match (&new.category, &scored.fallback) {
        (Some(_), _) => "submitter",
        (None, Some(_)) => "standard",
        (None, None) => "rules",
    };
    let body = json!({
        "unit": topic.unit,
        "channel": topic.channel,
        "represented": topic.on_behalf_of.is_some(),
        "mandate": topic.mandate,
        "category": topic.category,
        "classified_by": classified_by,
    });
    let told = event(ctx, "topic.raised", topic.id.uuid(), body);
    let told = commit_to(ctx, told, "title", topic.title.as_str());
    let told = commit_to(ctx, told, "body", topic.body.as_str());
    let due_at = ctx.now + Duration::hours(limit(category, Stage::Submitted).unwrap_or(ANSWER_HOURS).into());
    Ok(Raised { topic, told, text, scored: scored.value, due_at })
}

fn named<'a>(categories: &'a [Category], code: &str) -> Result<&'a Category, Refusal> {
    categories.iter().find(|it| it.code == code).ok_or_else(|| {
        let text = format!("the rules in force know no category `{code}`");
        Refusal::invalid("topic.unknown_category", "category", text).with_fix("take one of those that they list")
    })
}

/// Finds a topic; one that is not public is seen by its author and by staff whose role reaches its unit.
pub async fn get(app: &App, session: &Session, id: TopicId) -> Result<Topic, Failure> {
    let topic = topics::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?;
    if is_shown(session, &topic) { Ok(topic) } else { Err(unknown().into()) }
}

/// Lists topics; those that are not public only to staff of the unit that is asked for.
pub async fn list(
    app: &App,
    session: &Session,
    stage: Option<Stage>,
    unit: Option<UnitId>,
    after: Option<TopicId>,
    limit: u16,
) -> Result<Vec<Topic>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let under = match unit {
        None => None,
        Some(unit) => Some(require_unit(&mut tx, unit, "unit").await?.path),
    };
    let root = session.root()?;
    let public = !session.holds(STAFF, under.as_deref().unwrap_or(&root));
    Ok(topics::page(&mut tx, &TopicFilter { stage, under, public }, after, limit).await?)
}

/// The public topics that were raised last, the newest first.
pub async fn latest(app: &App, session: &Session, limit: u16) -> Result<Vec<Topic>, Failure> {
    Ok(topics::latest_public(&mut app.db.read(&session.ctx).await?, limit).await?)
}

/// The categories of topics by the rules that hold now.
pub async fn categories(app: &App, session: &Session) -> Result<Vec<Category>, Failure> {
    Ok(Rules::active(app, &session.ctx).await?.categories(app).await)
}

/// Whether the caller sees a topic.
pub(crate) fn is_shown(session: &Session, topic: &Topic) -> bool {
    let own = session.member().is_ok_and(|me| topic.author == me || topic.on_behalf_of == Some(me));
    own || is_public(topic.stage) || session.holds(STAFF, &topic.path)
}

pub(crate) fn is_public(stage: Stage) -> bool {
    stage == Stage::Closed || (stage != Stage::Submitted && !FINAL.contains(&stage))
}

fn limit(category: &Category, stage: Stage) -> Option<u32> {
    category.stage_hours.iter().find(|it| it.stage == stage.code()).map(|it| it.hours)
}
