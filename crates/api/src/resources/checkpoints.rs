//! `/public/{tenant}/record`: the signed checkpoints, their witnesses, the keys that sign them, and receipts.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::{Json, PlainText},
};
use uuid::Uuid;
use yishi_domain::EventId;
use yishi_service::{keys, promises, witnessing};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::Tag,
    sessions::{Session, Visitor},
};

/// The operations on checkpoints, keys and receipts.
pub struct CheckpointsApi;

/// A signed note (C2SP signed-note).
#[derive(ApiResponse)]
pub enum Note {
    /// The note; the next moment may have another one.
    #[oai(status = 200)]
    Text(
        PlainText<String>,
        /// Nothing is to be kept.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// A receipt (C2SP tlog-proof).
#[derive(ApiResponse)]
pub enum Receipt {
    /// The leaf, its place and its proof under a signed checkpoint.
    #[oai(status = 200)]
    Text(PlainText<String>),
}

/// The answer to a cosignature.
#[derive(ApiResponse)]
pub enum Cosigned {
    /// It is served with the checkpoint.
    #[oai(status = 204)]
    Taken,
}

/// A key of the record.
#[derive(Debug, Object)]
pub struct RecordKey {
    /// The key to verify with (C2SP signed-note); pin it from elsewhere, for a key that comes with what it signs proves nothing.
    pub key: String,
    /// Since when it signs.
    pub since: Instant,
    /// The note, signed by both, by which the key before handed over to it; absent of the first.
    #[oai(skip_serializing_if_is_none)]
    pub handover: Option<String>,
}

/// The keys of the record.
#[derive(Debug, Object)]
pub struct RecordKeys {
    /// The keys, the first one first; the last one signs.
    pub keys: Vec<RecordKey>,
}

#[OpenApi(tag = "Tag::Record")]
impl CheckpointsApi {
    /// Gets the newest signed checkpoint (C2SP tlog-checkpoint), with what witnesses say of it.
    ///
    /// Beside it the record is served as tiles (C2SP tlog-tiles): `/public/{tenant}/record/tile/{level}/{number}[.p/{width}]` and
    /// `/public/{tenant}/record/tile/entries/{number}[.p/{width}]`. A tile of entries that has one longer than 65,535 bytes is refused with
    /// `tile.leaf_too_long`; those are had from `/public/{tenant}/record/proofs/{position}`.
    #[oai(path = "/public/:tenant/record/checkpoint", method = "get", operation_id = "get_checkpoint")]
    async fn get_checkpoint(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Note, Problem> {
        Ok(note(witnessing::newest(&visitor.app, &visitor).await?))
    }

    /// Gets the newest checkpoint that a witness has cosigned (C2SP tlog-cosignature).
    #[oai(
        path = "/public/:tenant/record/cosigned-checkpoint",
        method = "get",
        operation_id = "get_cosigned_checkpoint"
    )]
    async fn get_cosigned_checkpoint(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Note, Problem> {
        Ok(note(witnessing::newest_cosigned(&visitor.app, &visitor).await?))
    }

    /// Takes a witness's cosignature: a checkpoint as it was served, with the signature line of a witness that the platform names after it.
    #[oai(path = "/public/:tenant/record/cosignatures", method = "post", operation_id = "cosign_checkpoint")]
    async fn cosign_checkpoint(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Needless here, since a second cosignature of the same checkpoint changes nothing.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: PlainText<String>,
    ) -> Result<Cosigned, Problem> {
        visitor.once(&visitor.app, witnessing::cosign(&visitor.app, &visitor, &body.0)).await?;
        Ok(Cosigned::Taken)
    }

    /// Lists the keys that have signed the record, the first one first.
    #[oai(path = "/public/:tenant/record/keys", method = "get", operation_id = "list_record_keys")]
    async fn list_record_keys(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<RecordKeys>, Problem> {
        Ok(Json(keys::list(&visitor.app, &visitor).await?.into()))
    }

    /// Hands a tenant's record over to a new key, derived from the newest of the installation's secrets.
    ///
    /// Whoever has pinned an earlier key follows the handover, which both keys sign.
    #[oai(path = "/platform/tenants/:tenant/record/keys", method = "post", operation_id = "rotate_record_key")]
    async fn rotate_record_key(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Json<RecordKeys>, Problem> {
        let app = &session.app;
        session.once(app, keys::rotate(app, &session)).await?;
        Ok(Json(keys::list(app, &session).await?.into()))
    }

    /// Proves that an event is in the record (C2SP tlog-proof), once it has its place there.
    ///
    /// The `extra` line is base64 of JSON with the `leaf` and, where the record has had several keys, the `handovers` between them.
    #[oai(path = "/public/:tenant/record/receipts/:event", method = "get", operation_id = "get_receipt")]
    async fn get_receipt(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The event's id, as the answer to a vote has it.
        event: Path<Uuid>,
    ) -> Result<Receipt, Problem> {
        Ok(Receipt::Text(PlainText(promises::receipt(&visitor.app, &visitor, EventId(*event)).await?)))
    }
}

fn note(text: String) -> Note {
    Note::Text(PlainText(text), "no-cache".into())
}

impl From<Vec<keys::RecordKey>> for RecordKeys {
    fn from(keys: Vec<keys::RecordKey>) -> Self {
        let key = |it: keys::RecordKey| RecordKey { key: it.key, since: it.since.into(), handover: it.handover };
        Self { keys: keys.into_iter().map(key).collect() }
    }
}
