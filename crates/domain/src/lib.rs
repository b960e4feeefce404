//! What the product means: the five-step case, its rules and its tallies.
//!
//! Pure code: no input or output, no async, no clock, no randomness; whatever an act needs of these is handed in with a [`Ctx`].
//! Without the feature `cases` only the rule contract remains, which also compiles to WebAssembly for the plugin SDK.

pub mod describe;
pub mod digests;
pub mod escalation;
pub mod fixtures;
pub mod receipts;
pub mod standard;
pub mod texts;
pub mod topics;
pub mod voting;

#[cfg(feature = "cases")]
pub mod access;
#[cfg(feature = "cases")]
pub mod addresses;
#[cfg(feature = "cases")]
pub mod attachments;
#[cfg(feature = "cases")]
pub mod balance;
#[cfg(feature = "cases")]
pub mod ballots;
#[cfg(feature = "cases")]
pub mod bodies;
#[cfg(feature = "cases")]
pub mod books;
#[cfg(feature = "cases")]
pub mod calls;
#[cfg(feature = "cases")]
pub mod channels;
#[cfg(feature = "cases")]
pub mod compliance;
#[cfg(feature = "cases")]
pub mod ctx;
#[cfg(feature = "cases")]
pub mod divisions;
#[cfg(feature = "cases")]
pub mod evaluations;
#[cfg(feature = "cases")]
pub mod events;
#[cfg(feature = "cases")]
pub mod facts;
#[cfg(feature = "cases")]
pub mod findings;
#[cfg(feature = "cases")]
pub mod ids;
#[cfg(feature = "cases")]
pub mod items;
#[cfg(feature = "cases")]
pub mod letters;
#[cfg(feature = "cases")]
pub mod machines;
#[cfg(feature = "cases")]
pub mod meetings;
#[cfg(feature = "cases")]
pub mod money;
#[cfg(feature = "cases")]
pub mod notices;
#[cfg(feature = "cases")]
pub mod opinions;
#[cfg(feature = "cases")]
pub mod orders;
#[cfg(feature = "cases")]
pub mod pool;
#[cfg(feature = "cases")]
pub mod pools;
#[cfg(feature = "cases")]
pub mod quotas;
#[cfg(feature = "cases")]
pub mod refusals;
#[cfg(feature = "cases")]
pub mod registers;
#[cfg(feature = "cases")]
pub mod reports;
#[cfg(feature = "cases")]
pub mod resolutions;
#[cfg(feature = "cases")]
pub mod scheduling;
#[cfg(feature = "cases")]
pub mod schemas;
#[cfg(feature = "cases")]
pub mod settings;
#[cfg(feature = "cases")]
pub mod subscriptions;
#[cfg(feature = "cases")]
pub mod timers;
#[cfg(feature = "cases")]
pub mod trials;
#[cfg(feature = "cases")]
pub mod visits;
#[cfg(feature = "cases")]
pub mod work_orders;
#[cfg(feature = "cases")]
pub mod workflow;
#[cfg(feature = "cases")]
pub mod working_days;

pub use digests::Digest;
pub use texts::LocalText;

#[cfg(feature = "cases")]
pub use crate::{
    ctx::{Actor, Ctx, Entropy, IdempotencyKey},
    events::{Event, Opening, StoredEvent},
    ids::{
        ActivationId, AdviserId, AmendmentId, ApiKeyId, AttachmentId, BallotId, BatchId, BodyId, CallId, CampaignId,
        CommentId, DrawId, EntryId, EscalationId, EventId, FactId, FindingId, FundId, GrantId, ImportId, ItemId,
        MandateId, MeetingId, MemberId, MinutesObjectionId, ObjectionId, PledgeId, PositionId, ProvisionId,
        RegistrationId, ReplayId, RequestId, ResolutionId, ScheduleId, ShadowId, SpeechId, StatementId, TenantId,
        TimerId, TopicId, UnitId, VisitId,
    },
    refusals::{Refusal, RefusalKind},
};
