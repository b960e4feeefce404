//! Minutes (雙記錄): a draft, the objections of those who took part, and the adoption that signs and publishes both text and recording.

use serde_json::{Value, json};
use yishi_domain::{
    Digest, MeetingId, MinutesObjectionId, Refusal, RefusalKind,
    access::Role,
    attachments::Place,
    meetings::Structure,
    workflow::{Step, after},
};
use yishi_record::minutes::sign;
use yishi_store::{
    WriteTx, attachments,
    meetings::{self, Adoption, Attendance, Meeting, Minutes},
    minutes::{self, Objection},
    objections::Answer,
};

use crate::{
    App,
    cases::{self, Stepped, require_text},
    events::{commit_to, event},
    failures::Failure,
    keys,
    meetings::{lock, require_begun, structure, unknown},
    sessions::Session,
};

pub use yishi_store::minutes as stored;

/// What the reference of a recording begins with that is an attachment of its meeting.
const ATTACHED: &str = "attachment:";

/// Minutes to file.
#[derive(Clone, Debug)]
pub struct NewMinutes {
    /// The text.
    pub text: String,
    /// Where the recording is, and its digest.
    pub recording: Option<(String, Digest)>,
}

/// Minutes as they are published, with what is needed to verify them.
#[derive(Clone, Debug)]
pub struct Published {
    /// What the commitment is to.
    pub value: Value,
    /// The adoption: salt, commitment, signature.
    pub adoption: Adoption,
}

/// Files a draft of the minutes; without anybody present there is nothing to minute. A draft is replaced once an objection to it is upheld.
pub async fn file(app: &App, session: &Session, id: MeetingId, new: NewMinutes) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    require_text("meeting.bad_minutes", "text", &new.text, 100_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    require_begun(&meeting, session)?;
    if let Some(draft) = &meeting.minutes
        && (draft.adopted.is_some() || !upheld_since(draft, &minutes::of_meeting(&mut tx, id).await?))
    {
        return Err(Refusal::conflict("meeting.minuted", "the minutes of this meeting are filed").into());
    }
    after(topic.stage, Step::FileMinutes)?;
    let present = meetings::attendances(&mut tx, id).await?;
    if present.is_empty() {
        let refusal = Refusal::conflict("meeting.nobody_present", "no attendance is recorded for this meeting");
        return Err(refusal.with_fix("record who took part, then file the minutes").into());
    }
    if let Some((reference, digest)) = &new.recording {
        require_attached(&mut tx, id, reference, digest).await?;
    }
    let draft = Minutes { text: new.text, recording: new.recording, filed_at: ctx.now, adopted: None };
    meetings::file(&mut tx, id, &draft).await?;
    let body = json!({
        "meeting": id, "present": structure(&present), "recording": draft.recording.as_ref().map(|(_, digest)| digest),
    });
    let filed = commit_to(ctx, event(ctx, "minutes.filed", topic.id.uuid(), body), "minutes", draft.text);
    Ok(tx.commit([filed], Stepped::of(&topic)).await?)
}

/// Objects to a draft, for those who took part.
pub async fn object(app: &App, session: &Session, id: MeetingId, text: String) -> Result<MinutesObjectionId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("minutes.bad_objection", "text", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    require_draft(&meeting)?;
    let present = meetings::attendances(&mut tx, id).await?;
    if !present.iter().any(|it| it.member == me || it.mandated == Some(me)) {
        let text = "objections to minutes are for those who took part";
        return Err(Refusal::new(RefusalKind::Forbidden, "minutes.not_present", text).into());
    }
    let objection = Objection { id: ctx.new_id(), meeting: id, member: me, text, raised_at: ctx.now, answer: None };
    minutes::insert(&mut tx, &objection).await?;
    let body = json!({"meeting": id, "objection": objection.id});
    let raised = event(ctx, "minutes.objected", topic.id.uuid(), body);
    let said = json!({"member": me, "text": objection.text});
    Ok(tx.commit([commit_to(ctx, raised, "objection_text", said)], objection.id).await?)
}

/// Answers an objection; where one is upheld, corrected minutes are filed before they are adopted.
pub async fn answer(
    app: &App,
    session: &Session,
    id: MinutesObjectionId,
    upheld: bool,
    text: String,
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("minutes.bad_answer", "answer", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let missing = || Refusal::not_found("minutes.unknown_objection", "there is no such objection in this tenant");
    let objection = minutes::find(&mut tx, id).await?.ok_or_else(missing)?;
    let (topic, meeting) = lock(&mut tx, objection.meeting).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    require_draft(&meeting)?;
    let answer = Answer { upheld, text, at: ctx.now };
    if !minutes::answer(&mut tx, id, &answer).await? {
        return Err(Refusal::conflict("minutes.objection_answered", "it was answered before").into());
    }
    let body = json!({"meeting": meeting.id, "objection": id, "upheld": upheld});
    let answered = event(ctx, "minutes.objection_answered", topic.id.uuid(), body);
    Ok(tx.commit([commit_to(ctx, answered, "answer", answer.text)], ()).await?)
}

/// Lists the objections to the minutes of a meeting, the earliest first.
pub async fn objections(app: &App, session: &Session, id: MeetingId) -> Result<Vec<Objection>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    Ok(minutes::of_meeting(&mut tx, id).await?)
}

/// Adopts the minutes: they are committed to, signed by the record's key and published with their recording, and the topic can be decided.
pub async fn adopt(app: &App, session: &Session, id: MeetingId) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, meeting) = lock(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let draft = require_draft(&meeting)?;
    let objections = minutes::of_meeting(&mut tx, id).await?;
    let open = objections.iter().filter(|it| it.answer.is_none()).count();
    if open > 0 {
        let refusal = Refusal::conflict("minutes.objections_open", format!("{open} objections are not answered"));
        return Err(refusal.with_fix("answer each, under its `answer`").into());
    }
    if upheld_since(draft, &objections) {
        let refusal = Refusal::conflict("minutes.not_corrected", "an objection to this draft was upheld");
        return Err(refusal.with_fix("file the corrected minutes, then adopt them").into());
    }
    let present = meetings::attendances(&mut tx, id).await?;
    cases::step(ctx, &mut tx, &mut topic, Step::FileMinutes).await?;
    let body = json!({
        "meeting": id, "objections": objections.len(), "present": structure(&present),
        "recording": draft.recording.as_ref().map(|(_, digest)| digest),
    });
    let mut adopted = commit_to(
        ctx,
        event(ctx, "minutes.adopted", topic.id.uuid(), body),
        "minutes",
        value(&meeting, draft, &present),
    );
    let salt = adopted.openings.last().map(|it| it.salt).unwrap_or_default();
    let commitment = yishi_record::commitments::commit(&salt, &value(&meeting, draft, &present));
    let key = keys::promising(app, ctx, &session.tenant()?.slug, &mut tx).await?;
    let signature = sign(&key, id, commitment, ctx.now)?;
    adopted.body["signature"] = json!(signature);
    meetings::adopt(&mut tx, id, &Adoption { at: ctx.now, salt, commitment, signature }).await?;
    Ok(tx.commit([adopted], Stepped::of(&topic)).await?)
}

/// The minutes that were adopted, for everybody, with their recording.
pub async fn published(app: &App, session: &Session, id: MeetingId) -> Result<Published, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let meeting = meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let Some((minutes, adoption)) = meeting.minutes.as_ref().and_then(|it| Some((it, it.adopted.clone()?))) else {
        let refusal =
            Refusal::conflict("minutes.not_adopted", "minutes and recording are published once they are adopted");
        return Err(refusal.into());
    };
    let present = meetings::attendances(&mut tx, id).await?;
    Ok(Published { value: value(&meeting, minutes, &present), adoption })
}

/// What is committed to, signed and published.
fn value(meeting: &Meeting, minutes: &Minutes, present: &[Attendance]) -> Value {
    let present: Structure = structure(present);
    json!({
        "meeting": meeting.id,
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "present": present,
        "text": minutes.text,
        "recording": minutes.recording.as_ref().map(|(reference, digest)| json!({"reference": reference, "digest": digest})),
    })
}

/// Refuses a recording that is said to be an attachment and is none of this meeting with these bytes.
async fn require_attached(
    tx: &mut WriteTx,
    meeting: MeetingId,
    reference: &str,
    digest: &Digest,
) -> Result<(), Failure> {
    let Some(id) = reference.strip_prefix(ATTACHED) else { return Ok(()) };
    let found = match id.parse() {
        Ok(id) => attachments::find(tx, id).await?,
        Err(_) => None,
    };
    match found.filter(|it| it.place == Place::Meeting(meeting) && it.digest == *digest && it.erased_at.is_none()) {
        Some(_) => Ok(()),
        None => {
            let text = "this meeting has no such attachment with this digest";
            let refusal = Refusal::invalid("minutes.unknown_recording", "recording.reference", text);
            Err(refusal.with_fix("add the recording under the meeting's `attachments` first").into())
        }
    }
}

fn require_draft(meeting: &Meeting) -> Result<&Minutes, Refusal> {
    let missing = || Refusal::conflict("minutes.not_filed", "the minutes of this meeting are not filed");
    let draft = meeting.minutes.as_ref().ok_or_else(missing)?;
    match draft.adopted {
        Some(_) => Err(Refusal::conflict("minutes.adopted", "the minutes of this meeting are adopted")),
        None => Ok(draft),
    }
}

/// Whether an objection to the draft as it stands was upheld.
fn upheld_since(draft: &Minutes, objections: &[Objection]) -> bool {
    objections.iter().any(|it| it.raised_at >= draft.filed_at && it.answer.as_ref().is_some_and(|answer| answer.upheld))
}
