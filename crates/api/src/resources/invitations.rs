//! `/v1/{tenant}/meetings/{meeting}/invitations`: who is invited to a meeting, as what, and what they answer.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MeetingId, MemberId, meetings as domain};
use yishi_service::invitations::{self, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, meetings::Recorded},
    sessions::Session,
};

/// The operations on invitations.
pub struct InvitationsApi;

wire_enum! {
    /// What somebody is invited as.
    MeetingPart = domain::Part {
        /// To deliberate.
        Participant,
        /// A third party who mediates.
        Mediator,
        /// A third party who knows the law.
        LegalAdviser,
        /// A third party who knows the matter.
        Expert,
    }
}

wire_enum! {
    /// What somebody answers to an invitation.
    InvitationReply = domain::Reply {
        /// Comes.
        Coming,
        /// Does not come.
        Declined,
    }
}

/// Invitations to a meeting.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct InvitationList {
    /// Between 1 and 1,000 invitations.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub invitations: Vec<InvitationInput>,
}

/// Somebody to invite.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct InvitationInput {
    /// Who.
    pub member: Uuid,
    /// As what.
    pub part: MeetingPart,
}

/// An answer to an invitation.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct InvitationAnswer {
    /// The answer.
    pub reply: InvitationReply,
}

/// An invitation.
#[derive(Debug, Object)]
pub struct Invitation {
    /// Who is invited.
    pub member: Uuid,
    /// As what.
    pub part: MeetingPart,
    /// When.
    pub invited_at: Instant,
    /// What they answered.
    #[oai(skip_serializing_if_is_none)]
    pub reply: Option<InvitationReply>,
    /// When they answered.
    #[oai(skip_serializing_if_is_none)]
    pub replied_at: Option<Instant>,
}

/// The answer to something that changes nothing else.
#[derive(ApiResponse)]
pub enum Noted {
    /// Noted.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl InvitationsApi {
    /// Invites participants and third parties, for the meeting's host and coordinators.
    #[oai(path = "/v1/:tenant/meetings/:meeting/invitations", method = "post", operation_id = "invite_to_meeting")]
    async fn invite_to_meeting(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<InvitationList>,
    ) -> Result<Json<Recorded>, Problem> {
        let list = body.0.invitations.into_iter().map(|it| (MemberId(it.member), it.part.into())).collect();
        let app = &session.app;
        let added = session.once(app, invitations::invite(app, &session, MeetingId(*meeting), list)).await?;
        Ok(Json(Recorded { added }))
    }

    /// Lists who is invited and what they answered.
    #[oai(path = "/v1/:tenant/meetings/:meeting/invitations", method = "get", operation_id = "list_invitations")]
    async fn list_invitations(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
    ) -> Result<Json<Vec<Invitation>>, Problem> {
        let all = invitations::list(&session.app, &session, MeetingId(*meeting)).await?;
        Ok(Json(all.into_iter().map(Invitation::from).collect()))
    }

    /// Answers one's own invitation; a later answer takes the place of an earlier one, until the meeting begins.
    #[oai(path = "/v1/:tenant/meetings/:meeting/reply", method = "post", operation_id = "answer_invitation")]
    async fn answer_invitation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The meeting's id.
        meeting: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<InvitationAnswer>,
    ) -> Result<Noted, Problem> {
        let app = &session.app;
        let answer = invitations::answer(app, &session, MeetingId(*meeting), body.0.reply.into());
        session.once(app, answer).await?;
        Ok(Noted::Done)
    }
}

impl From<stored::Invitation> for Invitation {
    fn from(it: stored::Invitation) -> Self {
        let (reply, replied_at) = it.reply.map(|(reply, at)| (reply.into(), at.into())).unzip();
        Self { member: it.member.uuid(), part: it.part.into(), invited_at: it.invited_at.into(), reply, replied_at }
    }
}

impl Example for InvitationList {
    fn example() -> Self {
        Self { invitations: vec![InvitationInput { member: EXAMPLE, part: MeetingPart::Mediator }] }
    }
}

impl Example for InvitationAnswer {
    fn example() -> Self {
        Self { reply: InvitationReply::Coming }
    }
}
