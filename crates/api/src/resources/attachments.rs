//! `/v1/{tenant}/attachments`: text, images, voice, video and documents, beside a topic, a meeting or an action item.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::http::StatusCode;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{
    AttachmentId, Digest, ItemId, MeetingId, TopicId,
    attachments::{self as domain, Place},
};
use yishi_service::attachments::{self, Said, Target};

use crate::{
    downloads::{Asked, Download},
    instants::Instant,
    parameters::RequestKey,
    payloads::Upload,
    problems::Problem,
    resources::{Tag, codes::wire_enum, members::Created},
    sessions::{Session, Visitor},
};

/// The operations on attachments.
pub struct AttachmentsApi;

wire_enum! {
    /// A kind of attachment.
    MediaKind = domain::MediaKind {
        /// Plain text.
        Text,
        /// An image.
        Image,
        /// A voice.
        Voice,
        /// A video.
        Video,
        /// A PDF document.
        Document,
    }
}

/// An attachment.
#[derive(Debug, Object)]
pub struct Attachment {
    /// Its identifier.
    pub id: Uuid,
    /// The topic of its case.
    pub topic: Uuid,
    /// The meeting that it belongs to.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// The action item that it belongs to.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// The SHA-256 digest of its bytes: `sha256:` and 64 hexadecimal digits. A report names it as evidence by it.
    pub digest: String,
    /// How many bytes it has.
    pub size: u64,
    /// Its media type, as its bytes show it.
    pub media_type: String,
    /// Its kind.
    pub kind: MediaKind,
    /// Its name as a file.
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<String>,
    /// When it was added.
    pub added_at: Instant,
    /// Since when its bytes and its name are erased.
    #[oai(skip_serializing_if_is_none)]
    pub erased_at: Option<Instant>,
}

/// Why something is erased.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ErasureInput {
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// What became of the bytes.
#[derive(Debug, Object)]
pub struct Erasure {
    /// Whether they are removed; they are not where another attachment in the city has the same ones.
    pub removed: bool,
}

#[OpenApi(tag = "Tag::Topic")]
impl AttachmentsApi {
    /// Adds an attachment to a topic, for who raised it or for whom, and coordinators.
    ///
    /// The body is the bytes themselves. What they are is found out from them and not from the `Content-Type`: plain text in UTF-8, JPEG, PNG, GIF,
    /// WebP, HEIF or AVIF, MP3, AAC, M4A, Ogg, FLAC, WAV or AMR, MP4, WebM or QuickTime, or PDF. The operator sets how large each kind may be.
    #[oai(path = "/v1/:tenant/topics/:topic/attachments", method = "post", operation_id = "attach_to_topic")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn attach_to_topic(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// The name of the file.
        #[oai(validator(min_length = 1, max_length = 200))]
        name: Query<Option<String>>,
        /// The digest of the body (RFC 9530), such as `sha-256=:base64:`; where the bytes that come have another, they are refused.
        #[oai(name = "Content-Digest")]
        content_digest: Header<Option<String>>,
        /// The same of the representation, which is the body here.
        #[oai(name = "Repr-Digest")]
        repr_digest: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Upload,
    ) -> Result<Created, Problem> {
        let said = said(name.0, [("Content-Digest", content_digest.0), ("Repr-Digest", repr_digest.0)])?;
        add(&session, Target::Topic(TopicId(*topic)), said, body).await
    }

    /// Adds an attachment to a meeting, such as the recording or a signed page of the minutes; what it is follows `attach_to_topic`.
    #[oai(path = "/v1/:tenant/meetings/:meeting/attachments", method = "post", operation_id = "attach_to_meeting")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn attach_to_meeting(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// The name of the file.
        #[oai(validator(min_length = 1, max_length = 200))]
        name: Query<Option<String>>,
        /// The digest of the body (RFC 9530), such as `sha-256=:base64:`; where the bytes that come have another, they are refused.
        #[oai(name = "Content-Digest")]
        content_digest: Header<Option<String>>,
        /// The same of the representation, which is the body here.
        #[oai(name = "Repr-Digest")]
        repr_digest: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Upload,
    ) -> Result<Created, Problem> {
        let said = said(name.0, [("Content-Digest", content_digest.0), ("Repr-Digest", repr_digest.0)])?;
        add(&session, Target::Meeting(MeetingId(*meeting)), said, body).await
    }

    /// Adds an attachment to an action item, whose reports then name it as evidence by its digest; what it is follows `attach_to_topic`.
    #[oai(path = "/v1/:tenant/items/:item/attachments", method = "post", operation_id = "attach_to_item")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn attach_to_item(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The item's id.
        item: Path<Uuid>,
        /// The name of the file.
        #[oai(validator(min_length = 1, max_length = 200))]
        name: Query<Option<String>>,
        /// The digest of the body (RFC 9530), such as `sha-256=:base64:`; where the bytes that come have another, they are refused.
        #[oai(name = "Content-Digest")]
        content_digest: Header<Option<String>>,
        /// The same of the representation, which is the body here.
        #[oai(name = "Repr-Digest")]
        repr_digest: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Upload,
    ) -> Result<Created, Problem> {
        let said = said(name.0, [("Content-Digest", content_digest.0), ("Repr-Digest", repr_digest.0)])?;
        add(&session, Target::Item(ItemId(*item)), said, body).await
    }

    /// Lists the attachments of a case, the earliest first: of its topic, its meetings and its action items. There are at most 500.
    #[oai(path = "/v1/:tenant/topics/:topic/attachments", method = "get", operation_id = "list_attachments")]
    async fn list_attachments(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Attachment>>, Problem> {
        let all = attachments::list(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(all.into_iter().map(Attachment::from).collect()))
    }

    /// Gets what is known of an attachment.
    #[oai(path = "/v1/:tenant/attachments/:attachment", method = "get", operation_id = "get_attachment")]
    async fn get_attachment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The attachment's id.
        attachment: Path<Uuid>,
    ) -> Result<Json<Attachment>, Problem> {
        Ok(Json(attachments::get(&session.app, &session, AttachmentId(*attachment)).await?.into()))
    }

    /// Gets the bytes of an attachment, or a part of them, for whoever sees its topic.
    #[oai(path = "/v1/:tenant/attachments/:attachment/content", method = "get", operation_id = "download_attachment")]
    async fn download_attachment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The attachment's id.
        attachment: Path<Uuid>,
        /// Which part (RFC 9110, section 14), such as `bytes=0-1023`.
        #[oai(name = "Range")]
        range: Header<Option<String>>,
        /// The `ETag` that the part must belong to; else all bytes are sent.
        #[oai(name = "If-Range")]
        if_range: Header<Option<String>>,
        /// The `ETag` of what the caller has.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Download, Problem> {
        let asked =
            Asked { range: range.as_deref(), if_range: if_range.as_deref(), if_none_match: if_none_match.as_deref() };
        let found = attachments::get(&session.app, &session, AttachmentId(*attachment)).await?;
        Download::of(&session.app, &session, found, asked).await
    }

    /// Gets the bytes of an attachment without an account: of a topic that is public, of an item, or of a meeting whose minutes are adopted.
    #[oai(path = "/public/:tenant/attachments/:attachment", method = "get", operation_id = "get_public_attachment")]
    async fn get_public_attachment(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The attachment's id.
        attachment: Path<Uuid>,
        /// Which part (RFC 9110, section 14), such as `bytes=0-1023`.
        #[oai(name = "Range")]
        range: Header<Option<String>>,
        /// The `ETag` that the part must belong to; else all bytes are sent.
        #[oai(name = "If-Range")]
        if_range: Header<Option<String>>,
        /// The `ETag` of what the caller has.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Download, Problem> {
        let asked =
            Asked { range: range.as_deref(), if_range: if_range.as_deref(), if_none_match: if_none_match.as_deref() };
        let found = attachments::get(&visitor.app, &visitor, AttachmentId(*attachment)).await?;
        Download::of(&visitor.app, &visitor, found, asked).await
    }

    /// Erases an attachment: its bytes and its name are removed, and the record keeps the digest. For who added it, coordinators and administrators.
    #[oai(path = "/v1/:tenant/attachments/:attachment/erasure", method = "post", operation_id = "erase_attachment")]
    async fn erase_attachment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The attachment's id.
        attachment: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ErasureInput>,
    ) -> Result<Json<Erasure>, Problem> {
        let (app, id) = (&session.app, AttachmentId(*attachment));
        let erased = session.once(app, attachments::erase(app, &session, id, body.0.reason)).await?;
        Ok(Json(Erasure { removed: erased.removed }))
    }
}

async fn add(session: &Session, target: Target, said: Said, body: Upload) -> Result<Created, Problem> {
    let app = &session.app;
    let id = session.once(app, attachments::add(app, session, target, said, body.0)).await?;
    Ok(Created::one(id.uuid()))
}

fn said(name: Option<String>, headers: [(&'static str, Option<String>); 2]) -> Result<Said, Problem> {
    let given = headers.into_iter().filter_map(|(header, text)| Some((header, text?)));
    let digests = given.map(|(header, text)| digest(header, &text)).collect::<Result<_, _>>()?;
    Ok(Said { name, digests })
}

/// Reads a digest as RFC 9530 writes it: members of a dictionary, of which the one of SHA-256 counts.
fn digest(header: &'static str, text: &str) -> Result<Digest, Problem> {
    let member = text.split(',').find_map(|it| it.trim().strip_prefix("sha-256=:")?.strip_suffix(':'));
    let bytes = member.and_then(|it| STANDARD.decode(it).ok());
    bytes.and_then(|it| Digest::try_from(it).ok()).ok_or_else(|| {
        let text = "it names no SHA-256 digest of the form sha-256=:base64:";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "attachment.bad_digest", text).with_field(header)
    })
}

impl From<domain::Attachment> for Attachment {
    fn from(it: domain::Attachment) -> Self {
        let (meeting, item) = match it.place {
            Place::Topic => (None, None),
            Place::Meeting(id) => (Some(id.uuid()), None),
            Place::Item(id) => (None, Some(id.uuid())),
        };
        Self {
            id: it.id.uuid(),
            topic: it.topic.uuid(),
            meeting,
            item,
            digest: it.digest.to_string(),
            size: it.size,
            media_type: it.media_type,
            kind: it.kind.into(),
            name: Some(it.name).filter(|it| !it.is_empty()),
            added_at: it.added_at.into(),
            erased_at: it.erased_at.map(Instant::from),
        }
    }
}

impl Example for ErasureInput {
    fn example() -> Self {
        Self { reason: "照片中有他人的面部，当事人要求删除。".into() }
    }
}
