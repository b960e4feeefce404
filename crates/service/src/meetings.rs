//! Deliberation (協商討論): a meeting is convened, its attendance is recorded, and its minutes are filed before anything is decided.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    BodyId, MeetingId, MemberId, Refusal, RefusalKind, TopicId,
    access::Role,
    balance::{LEAST_SHARE, Missing},
    channels::Presence,
    meetings::{Mode, SPEECH_SECONDS, Structure, check_mode},
    topics::Form,
    workflow::Step,
};
use yishi_store::{
    TenantTx, WriteTx, mandates,
    meetings::{self, Attendance, Meeting},
    members,
    topics::Topic,
};

use crate::{
    App, balance, bodies,
    cases::{self, require_text},
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    topics,
};

pub use yishi_store::meetings as stored;

/// How many attendances one request records at most.
pub const MOST_ATTENDANCES: usize = 1_000;

/// How many items an agenda has at most.
pub const MOST_ITEMS: usize = 50;

/// A meeting to convene.
#[derive(Clone, Debug)]
pub struct NewMeeting {
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Its form, where it differs from the one that the topic's category names.
    pub form: Option<Form>,
    /// Whether it is held in a room, through a link, or both.
    pub mode: Mode,
    /// The link, unless it is held in a room alone.
    pub link: Option<String>,
    /// The standing body whose sitting it is.
    pub body: Option<BodyId>,
    /// Who hosts it, besides the coordinators.
    pub host: Option<MemberId>,
    /// What it goes through, in order.
    pub agenda: Vec<String>,
    /// The rules by which it is held.
    pub rules: Option<String>,
    /// How long a speech lasts at most, in seconds.
    pub speech_seconds: u32,
}

/// Convenes a meeting on a topic: one topic, one deliberation (一事一議).
pub async fn convene(app: &App, session: &Session, id: TopicId, new: NewMeeting) -> Result<MeetingId, Failure> {
    let ctx = &session.ctx;
    check(&new, ctx.now)?;
    let mut tx = app.db.write(ctx).await?;
    let mut topic = cases::lock(&mut tx, id, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    require_members(&mut tx, new.host.iter().copied().map(|host| (host, "host".to_owned()))).await?;
    if let Some(body) = new.body {
        bodies::require_sits(&mut tx, body, &topic.path).await?;
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Convene).await?;
    let meeting = Meeting {
        id: ctx.new_id(),
        topic: id,
        form: new.form.unwrap_or(topic.form),
        mode: new.mode,
        place: new.place,
        link: new.link,
        body: new.body,
        host: new.host,
        agenda: new.agenda,
        rules: new.rules,
        speech_seconds: new.speech_seconds,
        starts_at: new.starts_at,
        convened_at: ctx.now,
        minutes: None,
    };
    meetings::insert(&mut tx, &meeting).await?;
    let body = json!({
        "meeting": meeting.id, "form": meeting.form, "mode": meeting.mode, "starts_at": meeting.starts_at,
        "body": meeting.body, "items": meeting.agenda.len(), "speech_seconds": meeting.speech_seconds,
    });
    let convened = event(ctx, "meeting.convened", id.uuid(), body);
    let convened = commit_to(ctx, convened, "place", meeting.place.as_str());
    let held = json!({"host": meeting.host, "agenda": meeting.agenda, "rules": meeting.rules});
    let convened = commit_to(ctx, convened, "held", held);
    Ok(tx.commit([convened], meeting.id).await?)
}

fn check(new: &NewMeeting, now: DateTime<Utc>) -> Result<(), Refusal> {
    require_text("meeting.bad_place", "place", &new.place, 200)?;
    if new.starts_at < now {
        return Err(Refusal::invalid("meeting.in_the_past", "starts_at", "the meeting must lie ahead"));
    }
    check_mode(new.mode, new.link.as_deref())?;
    if new.agenda.len() > MOST_ITEMS {
        return Err(Refusal::invalid("meeting.bad_agenda", "agenda", format!("give at most {MOST_ITEMS} items")));
    }
    for (i, item) in new.agenda.iter().enumerate() {
        require_text("meeting.bad_agenda", &format!("agenda[{i}]"), item, 200)?;
    }
    if let Some(rules) = &new.rules {
        require_text("meeting.bad_rules", "rules", rules, 5_000)?;
    }
    match SPEECH_SECONDS.contains(&new.speech_seconds) {
        true => Ok(()),
        false => {
            let (least, most) = (SPEECH_SECONDS.start(), SPEECH_SECONDS.end());
            let text = format!("a speech lasts {least} to {most} seconds");
            Err(Refusal::invalid("meeting.bad_speech_seconds", "speech_seconds", text))
        }
    }
}

/// Records who took part; the record keeps their number, not their names. Tells how many were not recorded before.
///
/// Whoever came for a member holds a mandate of theirs; whoever is no member is named.
pub async fn attend(
    app: &App,
    session: &Session,
    id: MeetingId,
    mut attendances: Vec<Attendance>,
) -> Result<u64, Failure> {
    let ctx = &session.ctx;
    if attendances.is_empty() || attendances.len() > MOST_ATTENDANCES {
        let text = format!("give 1 to {MOST_ATTENDANCES} attendances");
        return Err(Refusal::invalid("meeting.bad_attendance", "attendances", text).into());
    }
    let (mut tx, topic, meeting) = begin(app, session, id).await?;
    check_attendances(&attendances)?;
    let here = attendances.iter().enumerate().map(|(i, it)| (it.member, format!("attendances[{i}].member")));
    let others =
        attendances.iter().enumerate().filter_map(|(i, it)| Some((it.mandated?, format!("attendances[{i}].mandated"))));
    require_members(&mut tx, here.chain(others)).await?;
    for (i, it) in attendances.iter_mut().enumerate() {
        let Some(proxy) = it.mandated else { continue };
        it.mandate = mandates::for_meeting(&mut tx, id, it.member, proxy, meeting.starts_at).await?;
        if it.mandate.is_none() {
            let text = "whoever came for a member held no mandate of theirs when the meeting began";
            let refusal = Refusal::invalid("meeting.no_mandate", format!("attendances[{i}].mandated"), text);
            return Err(refusal.with_fix("file the mandate under `mandates`, or name who is no member").into());
        }
    }
    let mut recorded = event(ctx, "attendance.recorded", meeting.topic.uuid(), json!({"meeting": id}));
    let added = meetings::attend(&mut tx, id, &attendances, (recorded.id, ctx.now)).await?;
    let present = structure(&meetings::attendances(&mut tx, id).await?);
    recorded.body["added"] = json!(added);
    recorded.body["present"] = json!(present);
    let people: Vec<_> = attendances
        .iter()
        .map(|it| {
            json!({
                "member": it.member, "presence": it.presence, "mandated": it.mandated, "mandate": it.mandate,
                "representative": it.representative,
            })
        })
        .collect();
    let recorded = commit_to(ctx, recorded, "people", people);
    let missing = balance::of(&mut tx, &topic.path, meeting.starts_at.date_naive(), &present).await?;
    let mut alerts = Vec::new();
    if !missing.is_empty() {
        let body = json!({"meeting": id, "least_share": LEAST_SHARE, "missing": missing});
        alerts.push(event(ctx, "meeting.imbalanced", topic.id.uuid(), body));
    }
    Ok(tx.commit_with(recorded, alerts, added).await?)
}

/// Erases the name of who came for a member, for that member, coordinators and administrators; that somebody came stays.
pub async fn erase_representative(
    app: &App,
    session: &Session,
    id: MeetingId,
    member: MemberId,
    reason: String,
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("attendance.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    let own = session.member()? == member;
    if !own && !session.holds(&[Role::Coordinator, Role::Administrator], &topic.path) {
        let text = "the name is erased by whom they came for, a coordinator or an administrator";
        return Err(Refusal::new(RefusalKind::Forbidden, "session.forbidden", text).into());
    }
    if !meetings::erase_representative(&mut tx, &meeting, member).await? {
        let text = "no name is kept of anybody who came for them";
        return Err(Refusal::not_found("attendance.no_representative", text).into());
    }
    let erased = event(ctx, "attendance.erased", topic.id.uuid(), json!({"meeting": id}));
    Ok(tx.commit([commit_to(ctx, erased, "reason", reason)], ()).await?)
}

/// Whoever takes part by a mandate sends somebody, and nobody else does; what is known of people are codes.
fn check_attendances(attendances: &[Attendance]) -> Result<(), Refusal> {
    for (i, it) in attendances.iter().enumerate() {
        let sent = usize::from(it.mandated.is_some()) + usize::from(it.representative.is_some());
        if sent != usize::from(it.presence == Presence::Mandated) {
            let text = "whoever takes part by a mandate names who came in their place, one member or one other, and nobody else does";
            return Err(Refusal::invalid("meeting.bad_mandate", format!("attendances[{i}].mandated"), text));
        }
        if let Some(name) = &it.representative {
            require_text("meeting.bad_representative", &format!("attendances[{i}].representative"), name, 100)?;
        }
        let known =
            [("age_band", &it.profile.age_band), ("sex", &it.profile.sex), ("occupation", &it.profile.occupation)];
        for (name, code) in known {
            if code.as_ref().is_some_and(|it| !is_code(it)) {
                let text = "a code has 1 to 40 lower-case letters, digits, `_` and `-`";
                return Err(Refusal::invalid("meeting.bad_profile", format!("attendances[{i}].{name}"), text));
            }
        }
    }
    Ok(())
}

fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_' || it == b'-')
}

/// Counts those who took part by what is known of them.
pub fn structure(present: &[Attendance]) -> Structure {
    Structure::of(present.iter().map(|it| (it.presence, &it.profile)))
}

/// Refuses members whom nobody knows, by the fields that name them.
pub(crate) async fn require_members(
    tx: &mut TenantTx,
    named: impl IntoIterator<Item = (MemberId, String)>,
) -> Result<(), Failure> {
    let (ids, fields): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    match members::unknown(tx, &ids).await?.first() {
        None => Ok(()),
        Some(unknown) => {
            let field = ids.iter().zip(fields).find(|(id, _)| *id == unknown).map(|(_, field)| field);
            let text = format!("there is no member {unknown}");
            Err(Refusal::invalid("member.unknown", field.unwrap_or_default(), text).into())
        }
    }
}

/// A meeting with who took part.
#[derive(Clone, Debug)]
pub struct Held {
    /// The meeting.
    pub meeting: Meeting,
    /// How many took part, by what is known of them.
    pub present: Structure,
    /// The groups of the population that are missed among them.
    pub missing: Vec<Missing>,
}

/// Finds a meeting, with who took part.
pub async fn get(app: &App, session: &Session, id: MeetingId) -> Result<Held, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let meeting = meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let present = structure(&meetings::attendances(&mut tx, id).await?);
    let path = cases::find(&mut tx, meeting.topic).await?.path;
    let missing = balance::of(&mut tx, &path, meeting.starts_at.date_naive(), &present).await?;
    Ok(Held { meeting, present, missing })
}

/// Lists the meetings on a topic, the earliest first.
pub async fn list(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Meeting>, Failure> {
    topics::get(app, session, topic).await?;
    Ok(meetings::of_topic(&mut app.db.read(&session.ctx).await?, topic).await?)
}

/// Loads a meeting that has begun and has no minutes yet, with its topic.
async fn begin(app: &App, session: &Session, id: MeetingId) -> Result<(WriteTx, Topic, Meeting), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    require_begun(&meeting, session)?;
    require_open(&meeting)?;
    Ok((tx, topic, meeting))
}

/// Locks a meeting after its topic, always in this order, so that two acts on a case never wait for each other.
pub(crate) async fn lock(tx: &mut WriteTx, id: MeetingId) -> Result<(Topic, Meeting), Failure> {
    let known = meetings::find(tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::lock(tx, known.topic, None).await?;
    Ok((topic, meetings::lock(tx, id).await?.ok_or_else(unknown)?))
}

/// Refuses what belongs to a meeting whose minutes are not filed.
pub(crate) fn require_open(meeting: &Meeting) -> Result<(), Refusal> {
    match meeting.minutes {
        Some(_) => Err(Refusal::conflict("meeting.minuted", "the minutes of this meeting are filed")),
        None => Ok(()),
    }
}

pub(crate) fn require_begun(meeting: &Meeting, session: &Session) -> Result<(), Refusal> {
    match session.ctx.now < meeting.starts_at {
        true => Err(Refusal::conflict("meeting.not_begun", "this meeting has not begun")),
        false => Ok(()),
    }
}

/// Whoever runs a meeting: its host, or a coordinator of its topic.
pub(crate) fn require_chair(session: &Session, topic: &Topic, meeting: &Meeting) -> Result<(), Failure> {
    match meeting.host.is_some_and(|host| session.member().is_ok_and(|me| me == host)) {
        true => Ok(()),
        false => session.require_role(Role::Coordinator, &topic.path),
    }
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("meeting.unknown", "there is no such meeting in this tenant")
}
