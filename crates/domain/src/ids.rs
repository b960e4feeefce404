//! Identifiers: one type a thing, so that no topic can be asked for by a ballot's id.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant: a city.
    TenantId;
    /// A unit of the division tree.
    UnitId;
    /// A person known to a tenant.
    MemberId;
    /// An entry of the register of voters.
    RegistrationId;
    /// A version of a fact of a unit.
    FactId;
    /// A role held by a member at a unit.
    GrantId;
    /// A report that comes by itself.
    ScheduleId;
    /// A visit of a digital helper.
    VisitId;
    /// A topic, and the case that grows from it.
    TopicId;
    /// An attachment.
    AttachmentId;
    /// A comment on a topic.
    CommentId;
    /// A meeting.
    MeetingId;
    /// A speech at a meeting.
    SpeechId;
    /// A standing body.
    BodyId;
    /// A position on a topic.
    PositionId;
    /// A statement on a topic.
    StatementId;
    /// An amendment to a wording.
    AmendmentId;
    /// An objection to a draft of minutes.
    MinutesObjectionId;
    /// A ballot.
    BallotId;
    /// A mandate to vote for somebody else.
    MandateId;
    /// A batch of paper votes.
    BatchId;
    /// A resolution.
    ResolutionId;
    /// An objection to a resolution.
    ObjectionId;
    /// A fund.
    FundId;
    /// An entry of the books.
    EntryId;
    /// A crowdfunding.
    CampaignId;
    /// A pledge to a crowdfunding.
    PledgeId;
    /// Something that a street's pool holds for use.
    ProvisionId;
    /// A draw from a pool.
    DrawId;
    /// An assignment of an adviser to a case.
    AdviserId;
    /// An import of a file into a register.
    ImportId;
    /// A key by which another system speaks for a member.
    ApiKeyId;
    /// An escalation.
    EscalationId;
    /// An action item of a resolution.
    ItemId;
    /// A whistle call.
    CallId;
    /// A finding of a supervision committee.
    FindingId;
    /// An activation of a rule set.
    ActivationId;
    /// A rule set that runs beside the one in force.
    ShadowId;
    /// A replay of past decisions.
    ReplayId;
    /// An event.
    EventId;
    /// A timer.
    TimerId;
    /// A request.
    RequestId;
}
