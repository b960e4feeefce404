//! Deliberation (協商討論): a meeting is convened, its attendance is recorded, and its minutes are filed before anything is decided.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    Digest, MeetingId, Refusal, TopicId, access::Role, channels::Presence, topics::Form, workflow::Step,
};
use yishi_store::{
    WriteTx,
    meetings::{self, Attendance, Meeting, Minutes},
    members,
    topics::Topic,
};

use crate::{
    App,
    cases::{self, Stepped, require_text},
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    topics,
};

pub use yishi_store::meetings as stored;

/// How many attendances one request records at most.
pub const MOST_ATTENDANCES: usize = 1_000;

/// A meeting to convene.
#[derive(Clone, Debug)]
pub struct NewMeeting {
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Its form, where it differs from the one that the topic's category names.
    pub form: Option<Form>,
}

/// Minutes to file.
#[derive(Clone, Debug)]
pub struct NewMinutes {
    /// The text.
    pub text: String,
    /// Where the recording is, and its digest.
    pub recording: Option<(String, Digest)>,
}

/// Convenes a meeting on a topic: one topic, one deliberation (一事一議).
pub async fn convene(app: &App, session: &Session, id: TopicId, new: NewMeeting) -> Result<MeetingId, Failure> {
    let ctx = &session.ctx;
    require_text("meeting.bad_place", "place", &new.place, 200)?;
    if new.starts_at < ctx.now {
        return Err(Refusal::invalid("meeting.in_the_past", "starts_at", "the meeting must lie ahead").into());
    }
    let mut tx = app.db.write(ctx).await?;
    let mut topic = cases::lock(&mut tx, id, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    cases::step(ctx, &mut tx, &mut topic, Step::Convene).await?;
    let meeting = Meeting {
        id: ctx.new_id(),
        topic: id,
        form: new.form.unwrap_or(topic.form),
        place: new.place,
        starts_at: new.starts_at,
        convened_at: ctx.now,
        minutes: None,
    };
    meetings::insert(&mut tx, &meeting).await?;
    let body = json!({"meeting": meeting.id, "form": meeting.form, "starts_at": meeting.starts_at});
    let convened = commit_to(ctx, event(ctx, "meeting.convened", id.uuid(), body), "place", meeting.place.as_str());
    Ok(tx.commit([convened], meeting.id).await?)
}

/// Records who took part; the record keeps their number, not their names. Tells how many were not recorded before.
pub async fn attend(app: &App, session: &Session, id: MeetingId, attendances: Vec<Attendance>) -> Result<u64, Failure> {
    let ctx = &session.ctx;
    if attendances.is_empty() || attendances.len() > MOST_ATTENDANCES {
        let text = format!("give 1 to {MOST_ATTENDANCES} attendances");
        return Err(Refusal::invalid("meeting.bad_attendance", "attendances", text).into());
    }
    let (mut tx, _, meeting) = begin(app, session, id).await?;
    let ids: Vec<_> = attendances.iter().map(|it| it.member).collect();
    if let Some(unknown) = members::unknown(&mut tx, &ids).await?.first() {
        let i = ids.iter().position(|id| id == unknown).unwrap_or_default();
        let text = format!("there is no member {unknown}");
        return Err(Refusal::invalid("member.unknown", format!("attendances[{i}].member"), text).into());
    }
    let added = meetings::attend(&mut tx, id, &attendances, ctx.now).await?;
    let body = json!({"meeting": id, "added": added});
    let recorded = event(ctx, "attendance.recorded", meeting.topic.uuid(), body);
    Ok(tx.commit([recorded], added).await?)
}

/// Files the minutes; without anybody present there is nothing to minute.
pub async fn file_minutes(app: &App, session: &Session, id: MeetingId, new: NewMinutes) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    require_text("meeting.bad_minutes", "text", &new.text, 100_000)?;
    let (mut tx, mut topic, meeting) = begin(app, session, id).await?;
    let present = meetings::attendances(&mut tx, id).await?;
    if present.is_empty() {
        let refusal = Refusal::conflict("meeting.nobody_present", "no attendance is recorded for this meeting");
        return Err(refusal.with_fix("record who took part, then file the minutes").into());
    }
    let minutes = Minutes { text: new.text, recording: new.recording, filed_at: ctx.now };
    meetings::file(&mut tx, id, &minutes).await?;
    cases::step(ctx, &mut tx, &mut topic, Step::FileMinutes).await?;
    let by = |presence| present.iter().filter(|it| it.presence == presence).count();
    let body = json!({
        "meeting": id,
        "present": {
            "on_site": by(Presence::OnSite),
            "online": by(Presence::Online),
            "written": by(Presence::Written),
        },
        "recording": minutes.recording.as_ref().map(|(_, digest)| digest),
    });
    let filed = event(ctx, "minutes.filed", meeting.topic.uuid(), body);
    let filed = commit_to(ctx, filed, "minutes", minutes.text);
    Ok(tx.commit([filed], Stepped::of(&topic)).await?)
}

/// Finds a meeting, with who took part.
pub async fn get(app: &App, session: &Session, id: MeetingId) -> Result<(Meeting, Vec<Attendance>), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let meeting = meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let present = meetings::attendances(&mut tx, id).await?;
    Ok((meeting, present))
}

/// Lists the meetings on a topic, the earliest first.
pub async fn list(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Meeting>, Failure> {
    topics::get(app, session, topic).await?;
    Ok(meetings::of_topic(&mut app.db.read(&session.ctx).await?, topic).await?)
}

/// Loads a meeting that has begun and has no minutes yet, with its topic.
async fn begin(app: &App, session: &Session, id: MeetingId) -> Result<(WriteTx, Topic, Meeting), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let known = meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    // The topic is locked before its parts, always in this order, so that two acts on a case never wait for each other.
    let topic = cases::lock(&mut tx, known.topic, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let meeting = meetings::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if meeting.minutes.is_some() {
        return Err(Refusal::conflict("meeting.minuted", "the minutes of this meeting are filed").into());
    }
    if session.ctx.now < meeting.starts_at {
        return Err(Refusal::conflict("meeting.not_begun", "this meeting has not begun").into());
    }
    Ok((tx, topic, meeting))
}

fn unknown() -> Refusal {
    Refusal::not_found("meeting.unknown", "there is no such meeting in this tenant")
}
