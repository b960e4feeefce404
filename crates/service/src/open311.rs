//! Open311: topics as service requests, as GeoReport v2 (Open311, 2011) has them.

use chrono::{DateTime, Duration, Utc};
use yishi_domain::{Refusal, TopicId, topics::Category, workflow::Stage};
use yishi_store::{
    api_keys::ApiKey,
    requests::{self, Filter, Request},
    units,
};

use crate::{
    App,
    failures::Failure,
    sessions::Session,
    topics::{self, NewTopic},
};

pub use yishi_store::requests as stored;

/// The longest time that one search covers.
const SPAN: Duration = Duration::days(90);

/// The most requests that one search finds.
pub const MOST: u16 = 1_000;

/// The stages at which a request is closed.
pub const CLOSED: &[Stage] =
    &[Stage::Rejected, Stage::Merged, Stage::Withdrawn, Stage::NotAdopted, Stage::Done, Stage::Closed];

/// How long a title that is taken from a description may be.
const TITLE: usize = 40;

/// A request to make.
#[derive(Clone, Debug, Default)]
pub struct NewRequest {
    /// The category.
    pub service: String,
    /// What it is called; the beginning of its description unless given.
    pub title: Option<String>,
    /// What it is about.
    pub description: String,
    /// Where, in words.
    pub address: Option<String>,
    /// The statistical code of the unit that it belongs to; the key's unit unless given.
    pub unit: Option<String>,
    /// Where: latitude and longitude in millionths of a degree.
    pub place: Option<(i32, i32)>,
    /// Where a picture of it lies.
    pub media: Option<String>,
}

/// Which requests are searched for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// These alone, whatever else is said.
    pub ids: Option<Vec<TopicId>>,
    /// Those of these categories.
    pub services: Option<Vec<String>>,
    /// Those from an instant on.
    pub from: Option<DateTime<Utc>>,
    /// Those up to an instant.
    pub to: Option<DateTime<Utc>>,
    /// Those that are closed, or those that are not.
    pub closed: Option<bool>,
}

/// Makes a request: a topic that a key's member enters.
pub async fn submit(app: &App, session: &Session, key: &ApiKey, new: NewRequest) -> Result<TopicId, Failure> {
    if new.place.is_none() && new.address.is_none() && new.unit.is_none() {
        let text = "say where it is: lat and long, address_string, or address_id";
        return Err(Refusal::invalid("request.no_place", "lat", text).into());
    }
    let unit = match new.unit {
        None => key.unit,
        Some(code) => {
            let found = units::with_codes(&mut app.db.read(&session.ctx).await?, &[code]).await?.pop();
            let unknown = || Refusal::invalid("unit.unknown", "address_id", "no unit of this tenant has this code");
            found.ok_or_else(unknown)?.id
        }
    };
    let more = [("地址", new.address), ("附件", new.media)];
    let more = more.into_iter().filter_map(|(name, text)| Some(format!("\n{name}：{}", text?)));
    let title = new.title.unwrap_or_else(|| beginning(&new.description));
    let new = NewTopic {
        unit,
        title,
        body: std::iter::once(new.description).chain(more).collect(),
        channel: key.channel,
        on_behalf_of: None,
        place: new.place,
        category: Some(new.service),
    };
    let field = |it: Refusal| Refusal {
        field: it.field.map(|field| match field.as_str() {
            "category" => "service_code".into(),
            "title" | "body" => "description".into(),
            "place" => "lat".into(),
            _ => field,
        }),
        ..it
    };
    topics::raise(app, session, new).await.map_err(|failure| match failure {
        Failure::Refused(refusal) => Failure::Refused(field(refusal)),
        other => other,
    })
}

/// Searches requests: those that are public, and with a key those that its member entered by its channel; what they enter otherwise is no affair of
/// the system that has the key.
pub async fn search(
    app: &App,
    session: &Session,
    key: Option<&ApiKey>,
    search: Search,
) -> Result<Vec<Request>, Failure> {
    let entered = key.map(|it| (it.member, it.channel));
    let filter = match search.ids {
        Some(ids) => Filter { ids: Some(ids), entered, ..Filter::default() },
        None => {
            let (from, to) = span(search.from, search.to, session.ctx.now)?;
            let stages = search.closed.map(|closed| {
                Stage::ALL.iter().copied().filter(|stage| CLOSED.contains(stage) == closed).collect::<Vec<_>>()
            });
            Filter { ids: None, categories: search.services, raised: Some((from, to)), stages, entered }
        }
    };
    Ok(requests::page(&mut app.db.read(&session.ctx).await?, &filter, MOST).await?)
}

/// Finds a request.
pub async fn get(app: &App, session: &Session, key: Option<&ApiKey>, id: TopicId) -> Result<Request, Failure> {
    let wanted = Search { ids: Some(vec![id]), ..Search::default() };
    let unknown = || Refusal::not_found("request.unknown", "there is no such request for you");
    Ok(search(app, session, key, wanted).await?.pop().ok_or_else(unknown)?)
}

/// The services: the categories of the rules in force.
pub async fn services(app: &App, session: &Session) -> Result<Vec<Category>, Failure> {
    topics::categories(app, session).await
}

/// From when to when a search goes: the last days, or those before or after what was given.
fn span(
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Refusal> {
    let too_far = || Refusal::invalid("request.bad_span", "start_date", "this lies outside of the calendar");
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, from.checked_add_signed(SPAN).ok_or_else(too_far)?),
        (None, to) => {
            let to = to.unwrap_or(now);
            (to.checked_sub_signed(SPAN).ok_or_else(too_far)?, to)
        }
    };
    match to - from {
        span if span < Duration::zero() => {
            Err(Refusal::invalid("request.bad_span", "start_date", "start_date lies after end_date"))
        }
        span if span > SPAN => {
            let text = "from start_date to end_date are more than 90 days";
            Err(Refusal::invalid("request.bad_span", "start_date", text).with_fix("ask for one span after the other"))
        }
        _ => Ok((from, to)),
    }
}

/// The first sentence of a description, or its beginning.
fn beginning(description: &str) -> String {
    let line = description.trim().lines().next().unwrap_or_default();
    let sentence = line.split_inclusive(['。', '！', '？', '!', '?', '；']).next().unwrap_or_default();
    let sentence = sentence.trim_end_matches(['。', '；']);
    match sentence.chars().count() {
        ..=TITLE => sentence.to_owned(),
        _ => sentence.chars().take(TITLE).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_sentence_or_its_beginning() {
        assert_eq!(beginning(" 路灯不亮。已有一周。"), "路灯不亮");
        assert_eq!(beginning("路灯不亮\n已有一周"), "路灯不亮");
        assert_eq!(beginning(&"灯".repeat(50)), format!("{}…", "灯".repeat(40)));
        assert_eq!(beginning(""), "");
    }

    #[test]
    fn a_search_covers_ninety_days_at_most() {
        let day = |text: &str| format!("{text}T00:00:00Z").parse::<DateTime<Utc>>().expect("an instant");
        let now = day("2026-06-30");
        assert_eq!(span(None, None, now), Ok((now - SPAN, now)));
        assert_eq!(span(Some(day("2026-01-01")), None, now), Ok((day("2026-01-01"), day("2026-04-01"))));
        assert!(span(Some(day("2026-01-01")), Some(now), now).is_err());
        assert!(span(Some(now), Some(day("2026-06-29")), now).is_err());
        assert!(span(Some(DateTime::<Utc>::MAX_UTC), None, now).is_err());
    }
}
