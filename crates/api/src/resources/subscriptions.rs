//! `/public/{tenant}/meetings.ics` and `/public/{tenant}/disclosures.atom`: what calendars and feed readers subscribe to.

use atom_syndication::{Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use chrono::{DateTime, Utc};
use icalendar::{Calendar, CalendarDateTime, Component as _, DatePerhapsTime, Event, EventLike as _, Property};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::PlainText,
};
use uuid::Uuid;
use yishi_domain::{StoredEvent, UnitId};
use yishi_service::subscriptions::{self, Appointment};

use crate::{boards::labels, problems::Problem, resources::Tag, sessions::Visitor};

/// The operations on calendars and disclosures.
pub struct SubscriptionsApi;

/// A calendar.
#[derive(ApiResponse)]
pub enum MeetingCalendar {
    /// An iCalendar object (RFC 5545).
    #[oai(status = 200, content_type = "text/calendar; charset=utf-8")]
    Text(PlainText<String>),
}

/// A feed.
#[derive(ApiResponse)]
pub enum DisclosureFeed {
    /// An Atom feed (RFC 4287).
    #[oai(status = 200, content_type = "application/atom+xml; charset=utf-8")]
    Text(PlainText<String>),
}

#[OpenApi]
impl SubscriptionsApi {
    /// Gets the calendar of meetings, from ninety days ago on, to subscribe to.
    #[oai(
        path = "/public/:tenant/meetings.ics",
        method = "get",
        operation_id = "get_calendar",
        tag = "Tag::Deliberation"
    )]
    async fn get_calendar(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only meetings on topics of this unit and of those under it.
        unit: Query<Option<Uuid>>,
    ) -> Result<MeetingCalendar, Problem> {
        let meetings = subscriptions::calendar(&visitor.app, &visitor, unit.map(UnitId)).await?;
        let tenant = visitor.tenant()?;
        let mut calendar = Calendar::new();
        calendar.name(&format!("{}议事会", tenant.name));
        for meeting in &meetings {
            calendar.push(appointment(meeting, &tenant.slug));
        }
        Ok(MeetingCalendar::Text(PlainText(calendar.done().to_string())))
    }

    /// Gets the newest disclosures of topics, meetings and results, to subscribe to.
    #[oai(
        path = "/public/:tenant/disclosures.atom",
        method = "get",
        operation_id = "get_disclosure_feed",
        tag = "Tag::Record"
    )]
    async fn get_disclosure_feed(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<DisclosureFeed, Problem> {
        let found = subscriptions::newest(&visitor.app, &visitor).await?;
        let tenant = visitor.tenant()?;
        let updated = found.first().map_or(tenant.created_at, |(event, _)| event.recorded_at);
        let feed = Feed {
            id: format!("urn:uuid:{}", tenant.id),
            title: Text::plain(format!("{}议事公开", tenant.name)),
            updated: fixed(updated),
            authors: vec![Person { name: tenant.name.clone(), ..Person::default() }],
            generator: Some(Generator { value: "Yishi".into(), ..Generator::default() }),
            entries: found.iter().map(|(event, title)| entry(event, title.as_deref(), &tenant.slug)).collect(),
            ..Feed::default()
        };
        Ok(DisclosureFeed::Text(PlainText(feed.to_string())))
    }
}

fn appointment(meeting: &Appointment, slug: &str) -> Event {
    let instant = |at: DateTime<Utc>| DatePerhapsTime::DateTime(CalendarDateTime::Utc(at));
    let mut event = Event::new();
    event.uid(&format!("{}@{slug}.yishi", meeting.id)).timestamp(meeting.convened_at);
    event.starts(instant(meeting.starts_at)).summary(&meeting.title).location(&meeting.place);
    if let Some(link) = &meeting.link {
        event.append_property(Property::new("URL", link).done());
    }
    event.done()
}

/// What was disclosed, with the proof that it stands in the record.
fn entry(event: &StoredEvent, title: Option<&str>, slug: &str) -> Entry {
    let what = labels::of_event(&event.kind).unwrap_or(&event.kind);
    let title = title.map_or_else(|| what.to_owned(), |title| format!("{what}：{title}"));
    let proof = event.position.map(|it| Link {
        href: format!("/public/{slug}/record/proofs/{it}"),
        rel: "alternate".into(),
        mime_type: Some("application/json".into()),
        ..Link::default()
    });
    Entry {
        id: format!("urn:uuid:{}", event.id),
        title: Text::plain(title),
        updated: fixed(event.recorded_at),
        links: proof.into_iter().collect(),
        ..Entry::default()
    }
}

fn fixed(at: DateTime<Utc>) -> FixedDateTime {
    at.fixed_offset()
}
