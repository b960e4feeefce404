//! Attachments: bytes that are kept beside a case, under their digest, and told of in the record by it.
//!
//! Bytes are kept before the row that names them, and removed after it, each while nobody else is at the same digest. So a row that is not erased
//! always has its bytes; bytes without a row are collected.

use std::ops::Range;

use chrono::Duration;
use futures_util::StreamExt as _;
use serde_json::json;
use yishi_domain::{
    Actor, AttachmentId, Ctx, Digest, ItemId, MeetingId, Refusal, RefusalKind, RequestId, TopicId,
    access::Role,
    attachments::{Attachment, MOST, MediaKind, Place, taken},
    quotas::Quota,
    workflow::FINAL,
};
use yishi_store::{TenantTx, attachments, blobs::Pieces, items, meetings, topics::Topic};

use crate::{
    App,
    cases::{self, require_text},
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    quotas,
    sessions::Session,
    spools::Spool,
    topics::is_shown,
};

/// How many bytes tell a media type.
const HEAD: u64 = 8 * 1024;

/// How long an upload lasts at most; what is unfinished for longer never ends.
const LONGEST: Duration = Duration::days(1);

/// What an attachment is added to.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A topic, by who raised it or for whom, or by its coordinator.
    Topic(TopicId),
    /// A meeting, by the coordinator.
    Meeting(MeetingId),
    /// An action item, by an officer of its unit, or by the coordinator.
    Item(ItemId),
}

/// What is said of what is uploaded.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its name as a file.
    pub name: Option<String>,
    /// The digests that it should have.
    pub digests: Vec<Digest>,
}

/// What became of the bytes of an attachment that was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Erased {
    /// Whether they are removed; they are not where another attachment of the tenant has the same ones.
    pub removed: bool,
}

/// Adds an attachment, whose type is what its bytes show, whatever it was called.
pub async fn add(
    app: &App,
    session: &Session,
    target: Target,
    said: Said,
    spool: Spool,
) -> Result<AttachmentId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    if let Some(name) = &said.name {
        require_text("attachment.bad_name", "name", name, 200)?;
    }
    let (topic, place) = admit(app, session, target).await?;
    if let Some(other) = said.digests.iter().find(|it| **it != spool.digest) {
        let text = format!("the bytes that came have the digest {}, and {other} was announced", spool.digest);
        let refusal = Refusal::invalid("attachment.wrong_digest", "Content-Digest", text);
        return Err(refusal.with_fix("send them again; they changed on the way").into());
    }
    let (media_type, kind) = recognise(app, &spool).await?;
    app.limits.check(kind, spool.size)?;
    let mut tx = app.db.read(ctx).await?;
    let most = quotas::most(&mut tx, Quota::AttachmentBytes).await?;
    require_room(&mut tx, session, most, &spool).await?;
    drop(tx);
    keep(app, ctx, &spool).await?;
    let mut tx = app.db.write(ctx).await?;
    // Those who add to a case at once count one after the other, and none is added to one that is over meanwhile.
    require_under_way(&cases::lock(&mut tx, topic.id, None).await?)?;
    if attachments::of_topic(&mut tx, topic.id).await?.len() >= MOST {
        return Err(Refusal::conflict("attachment.too_many", format!("a case has at most {MOST} attachments")).into());
    }
    attachments::hold(&mut tx, &spool.digest).await?;
    // Whoever collected them meanwhile did not know of this one.
    keep(app, ctx, &spool).await?;
    let most = quotas::hold(&mut tx, Quota::AttachmentBytes).await?;
    require_room(&mut tx, session, most, &spool).await?;
    let it = Attachment {
        id: ctx.new_id(),
        topic: topic.id,
        place,
        digest: spool.digest,
        size: spool.size,
        media_type: media_type.to_owned(),
        kind,
        name: said.name.unwrap_or_default(),
        member: me,
        added_at: ctx.now,
        erased_at: None,
    };
    let body = json!({
        "attachment": it.id, "place": it.place, "digest": it.digest, "size": it.size, "media_type": it.media_type,
    });
    let added = commit_to(ctx, event(ctx, "attachment.added", topic.id.uuid(), body), "name", it.name.as_str());
    attachments::insert(&mut tx, &it, added.id).await?;
    Ok(tx.commit([added], it.id).await?)
}

/// Lists the attachments of a case that the caller may see, the earliest first.
pub async fn list(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Attachment>, Failure> {
    crate::topics::get(app, session, topic).await?;
    Ok(attachments::of_topic(&mut app.db.read(&session.ctx).await?, topic).await?)
}

/// Finds an attachment; it is seen by whoever sees its topic, and without an account once it is in minutes that were adopted, or in none.
pub async fn get(app: &App, session: &Session, id: AttachmentId) -> Result<Attachment, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let it = attachments::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::find(&mut tx, it.topic).await?;
    let published = match it.place {
        Place::Meeting(id) if session.member().is_err() => is_adopted(&mut tx, id).await?,
        Place::Meeting(_) | Place::Topic | Place::Item(_) => true,
    };
    if published && is_shown(session, &topic) { Ok(it) } else { Err(unknown().into()) }
}

/// Reads the bytes of an attachment that is not erased, all of them or a part.
pub async fn read(app: &App, session: &Session, it: &Attachment, part: Option<Range<u64>>) -> Result<Pieces, Failure> {
    if it.erased_at.is_some() {
        return Err(Refusal::not_found("attachment.erased", "the bytes of this attachment were erased").into());
    }
    let found = app.blobs.read(session.ctx.tenant, &it.digest, part).await?;
    found.ok_or_else(|| Failure::Inconsistent(format!("the bytes of {} are not kept", it.id)))
}

/// Erases an attachment: its bytes and its name; the record keeps the digest. For who added it, coordinators and administrators.
pub async fn erase(app: &App, session: &Session, id: AttachmentId, reason: String) -> Result<Erased, Failure> {
    let ctx = &session.ctx;
    require_text("attachment.no_reason", "reason", &reason, 2_000)?;
    let seen = get(app, session, id).await?;
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::find(&mut tx, seen.topic).await?;
    let own = session.member().is_ok_and(|me| me == seen.member);
    if !own && !session.holds(&[Role::Coordinator, Role::Administrator], &topic.path) {
        let text = "an attachment is erased by who added it, a coordinator or an administrator";
        return Err(Refusal::new(RefusalKind::Forbidden, "session.forbidden", text).into());
    }
    let mut it = attachments::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if it.erased_at.is_some() {
        return Err(Refusal::conflict("attachment.erased", "this attachment was erased before").into());
    }
    it.erased_at = Some(ctx.now);
    attachments::erase(&mut tx, &it).await?;
    let removed = attachments::kept(&mut tx, &[it.digest]).await?.is_empty();
    let body = json!({"attachment": id, "digest": it.digest});
    let erased = commit_to(ctx, event(ctx, "attachment.erased", topic.id.uuid(), body), "reason", reason);
    let answer = tx.commit([erased], Erased { removed }).await?;
    if let Err(error) = sweep(app, ctx, &it.digest).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "bytes are still kept; they will be collected");
    }
    Ok(answer)
}

/// Removes bytes that no attachment names, in every tenant; tells how many.
pub async fn collect(app: &App) -> Result<usize, Failure> {
    let mut removed = 0;
    for tenant in app.tenants().await? {
        let ctx = app.ctx_in(Some(&tenant), Actor::System("collector"), RequestId(uuid::Uuid::nil()));
        removed += app.blobs.remove_unfinished(tenant.id, ctx.wall - LONGEST).await?;
        let mut portions = app.blobs.list(tenant.id);
        while let Some(portion) = portions.next().await {
            let portion = portion?;
            let kept = attachments::kept(&mut app.db.read(&ctx).await?, &portion).await?;
            for digest in portion.iter().filter(|it| !kept.contains(it)) {
                removed += usize::from(sweep(app, &ctx, digest).await?);
            }
        }
    }
    Ok(removed)
}

/// Removes bytes unless an attachment names them.
async fn sweep(app: &App, ctx: &Ctx, digest: &Digest) -> Result<bool, Failure> {
    let mut tx = app.db.read(ctx).await?;
    attachments::hold(&mut tx, digest).await?;
    let needless = attachments::kept(&mut tx, &[*digest]).await?.is_empty();
    if needless {
        app.blobs.remove(ctx.tenant, digest).await?;
    }
    Ok(needless)
}

/// Finds what an attachment is added to, and refuses who may not add to it.
async fn admit(app: &App, session: &Session, target: Target) -> Result<(Topic, Place), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let coordinates = |topic: &Topic| session.require_role(Role::Coordinator, &topic.path);
    let (topic, place) = match target {
        Target::Topic(id) => {
            let topic = cases::find(&mut tx, id).await?;
            let own = session.member().is_ok_and(|me| topic.author == me || topic.on_behalf_of == Some(me));
            if !is_shown(session, &topic) {
                return Err(cases::unknown().into());
            }
            if !own {
                coordinates(&topic)?;
            }
            (topic, Place::Topic)
        }
        Target::Meeting(id) => {
            let meeting = meetings::find(&mut tx, id).await?.ok_or_else(crate::meetings::unknown)?;
            let topic = cases::find(&mut tx, meeting.topic).await?;
            coordinates(&topic)?;
            (topic, Place::Meeting(id))
        }
        Target::Item(id) => {
            let item = items::find(&mut tx, id).await?.ok_or_else(crate::items::unknown)?;
            let topic = cases::find(&mut tx, item.topic).await?;
            let unit = require_unit(&mut tx, item.unit, "unit").await?;
            if !session.holds(&[Role::Officer], &unit.path) {
                coordinates(&topic)?;
            }
            (topic, Place::Item(id))
        }
    };
    require_under_way(&topic)?;
    Ok((topic, place))
}

fn require_under_way(topic: &Topic) -> Result<(), Refusal> {
    match FINAL.contains(&topic.stage) {
        true => Err(Refusal::conflict("attachment.case_over", format!("the topic is {}", topic.stage))),
        false => Ok(()),
    }
}

/// Refuses bytes that are more than the city's quota has room for; those that it keeps already take no more of it.
async fn require_room(tx: &mut TenantTx, session: &Session, most: Option<u64>, spool: &Spool) -> Result<(), Failure> {
    if most.is_none() || !attachments::kept(tx, &[spool.digest]).await?.is_empty() {
        return Ok(());
    }
    quotas::within(tx, &session.ctx, session.tenant()?, (Quota::AttachmentBytes, most), spool.size).await
}

/// Keeps the bytes, unless they are kept.
async fn keep(app: &App, ctx: &Ctx, spool: &Spool) -> Result<(), Failure> {
    if !app.blobs.has(ctx.tenant, &spool.digest).await? {
        let mut file = spool.open().map_err(yishi_store::blobs::BlobError::from)?;
        app.blobs.put(ctx.tenant, &spool.digest, &mut file).await?;
    }
    Ok(())
}

/// The media type that the bytes show, by the name that the IANA has for it, and its kind.
async fn recognise(app: &App, spool: &Spool) -> Result<(&'static str, MediaKind), Failure> {
    if spool.size == 0 {
        return Err(Refusal::invalid("attachment.empty", "body", "there are no bytes").into());
    }
    let read = async |most| spool.head(most).await.map_err(yishi_store::blobs::BlobError::from);
    let found = match infer::get(&read(HEAD).await?).map(|it| it.mime_type()) {
        // A text may be as long as texts are, and one byte more tells that it is too long.
        None => match is_text(&read(app.limits.of(MediaKind::Text) + 1).await?) {
            true => "text/plain",
            false => "application/octet-stream",
        },
        Some("audio/m4a") => "audio/mp4",
        Some("audio/opus") => "audio/ogg",
        Some("audio/x-flac") => "audio/flac",
        Some("audio/x-wav") => "audio/vnd.wave",
        Some("audio/amr") => "audio/AMR",
        Some("video/x-m4v") => "video/mp4",
        Some(other) => other,
    };
    Ok(taken(found)?)
}

/// Whether these are the first bytes of a text in UTF-8 (RFC 3629) without control characters; a last character may be cut.
fn is_text(bytes: &[u8]) -> bool {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    text.chars().all(|it| !it.is_control() || matches!(it, '\t' | '\r' | '\n'))
}

async fn is_adopted(tx: &mut TenantTx, id: MeetingId) -> Result<bool, Failure> {
    let meeting = meetings::find(tx, id).await?;
    Ok(meeting.and_then(|it| it.minutes).is_some_and(|it| it.adopted.is_some()))
}

fn unknown() -> Refusal {
    Refusal::not_found("attachment.unknown", "there is no such attachment for you")
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn a_text_is_utf_8_without_control_characters() {
        assert!(is_text("路灯不亮\n".as_bytes()) && is_text(&"灯".as_bytes()[..3]));
        assert!(is_text(&"路灯".as_bytes()[..5]), "the last character is cut");
        assert!(!is_text(b"\xff\xfe") && !is_text(b"a\0b") && !is_text(b"\x1b[2J") && !is_text(&[0xe7]));
    }
}
