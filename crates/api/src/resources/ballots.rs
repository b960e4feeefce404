//! `/v1/{tenant}/ballots`: a rule that binds, a roll that is frozen, one vote a voting unit.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BallotId, ResolutionId, TopicId, ballots as rolls};
use yishi_service::{
    ballots::{self, NewBallot, NewOption, Standing},
    bundling, casting,
    counting::{self, Ended},
    registers::Draw,
    rolls::Removal,
    voting::NewVote,
};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    payloads::ObjectBytes,
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::wire_enum,
        members::Created,
        papers::VoteInput,
        rolls::{Recusal, RollDraw, VotingUnit},
        rules::{Count, Electorate, Outcome, Verdict, VotingRule},
        selections,
        topics::Reason,
    },
    sessions::{Claimant, Claimed, Session, Visitor},
};

/// The operations on ballots.
pub struct BallotsApi;

wire_enum! {
    /// Where a ballot stands.
    BallotState = rolls::BallotState {
        /// Takes votes from its opening to its closing instant.
        Open,
        /// Takes no more votes online; paper is entered and reconciled.
        Closing,
        /// Counted: the votes are committed to, the tally is public.
        Counted,
        /// The rules gave their verdict.
        Decided,
        /// Counted, and the rules cannot answer yet.
        AwaitingVerdict,
        /// Ended without a verdict, for a reason.
        Annulled,
    }
}

/// A ballot to open.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BallotInput {
    /// What is asked.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub question: String,
    /// The matter in the terms of the law, such as `change_common_parts`, where the city's rules go by it.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub matter: Option<String>,
    /// Who votes.
    pub electorate: Electorate,
    /// The voting units, each with who may act for it; none where `register` says from where they are drawn.
    #[oai(default, validator(max_items = 10000))]
    pub roll: Vec<VotingUnit>,
    /// From where the roll is drawn: whoever is registered in the capacity of the electorate.
    #[oai(skip_serializing_if_is_none)]
    pub register: Option<RollDraw>,
    /// Voting units of the roll whose interest is at stake, and who do not vote (回避).
    #[oai(default, validator(max_items = 1000))]
    pub recusals: Vec<Recusal>,
    /// The options to choose among, in their order; none where the ballot is on one proposal.
    #[oai(default, validator(max_items = 500))]
    pub options: Vec<BallotOption>,
    /// What may be spent on the options, in fen.
    #[oai(skip_serializing_if_is_none)]
    pub budget: Option<u64>,
    /// The ballot of the round before, where this is another round of its decision.
    #[oai(skip_serializing_if_is_none)]
    pub after: Option<Uuid>,
}

/// One of the options to choose among.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct BallotOption {
    /// Its code, unique in the ballot, such as `lamps`.
    #[oai(validator(min_length = 1, max_length = 50))]
    pub code: String,
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: String,
    /// What it costs in fen, where a budget is spent.
    #[oai(skip_serializing_if_is_none)]
    pub cost: Option<u64>,
}

/// A ballot.
#[derive(Debug, Object)]
pub struct Ballot {
    /// Its identifier.
    pub id: Uuid,
    /// The topic that it decides on.
    pub topic: Uuid,
    /// Where it stands.
    pub state: BallotState,
    /// What is asked.
    pub question: String,
    /// The options to choose among; none where it is on one proposal.
    pub options: Vec<BallotOption>,
    /// The ballot of the round before.
    #[oai(skip_serializing_if_is_none)]
    pub after: Option<Uuid>,
    /// Its rule.
    pub rule: VotingRule,
    /// The digest of the rule set that gave the rule; absent for the standard rules.
    #[oai(skip_serializing_if_is_none)]
    pub component: Option<String>,
    /// When it was opened, and its rule published.
    pub opened_at: Instant,
    /// The first instant at which it takes votes.
    pub opens_at: Instant,
    /// The last instant at which it takes votes.
    pub closes_at: Instant,
    /// How often its closing was put off because too few had voted.
    pub extended: u32,
    /// How many voting units the roll has.
    pub voting_units: u64,
    /// How many of them have voted.
    pub voted: u64,
    /// The tally, one count a measure, once it is counted.
    #[oai(skip_serializing_if_is_none)]
    pub tally: Option<Vec<Count>>,
    /// How the options came out, once it is counted.
    #[oai(skip_serializing_if_is_none)]
    pub standings: Option<Vec<selections::Standing>>,
    /// The verdict, once it is decided.
    #[oai(skip_serializing_if_is_none)]
    pub verdict: Option<Verdict>,
    /// Who wanted something else, once it is decided.
    #[oai(skip_serializing_if_is_none)]
    pub dissent: Option<Dissent>,
    /// Why it was annulled, or the code of why there is no verdict yet.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<String>,
    /// When it was decided or annulled.
    #[oai(skip_serializing_if_is_none)]
    pub ended_at: Option<Instant>,
}

/// Those who wanted something else than what came out.
#[derive(Debug, Object)]
pub struct Dissent {
    /// How many heads they count; among options, how many papers name none that was chosen.
    pub number: u64,
    /// Why, in the words of those who said it, without their names; the first thousand.
    pub reasons: Vec<String>,
}

/// The ballots on a topic.
#[derive(Debug, Object)]
pub struct BallotIds {
    /// The identifiers, the earliest first.
    pub ids: Vec<Uuid>,
}

/// What a voter holds after casting.
#[derive(Debug, Object)]
pub struct CastVote {
    /// The vote's event; its place in the record proves that the vote is counted, see `/public/{tenant}/record/receipts/{event}`.
    pub event: Uuid,
    /// The record's promise of that place, which ends with its signature (C2SP signed-note): a record without it convicts itself. It tells no more of
    /// the vote than the record does, and so nothing of what a secret one says.
    pub promise: String,
}

/// The answer to a vote.
#[derive(ApiResponse)]
pub enum Cast {
    /// Cast, and durable.
    #[oai(status = 201)]
    Vote(Json<CastVote>),
}

/// What became of a ballot.
#[derive(Debug, Object)]
pub struct BallotEnd {
    /// The ballot.
    pub ballot: Uuid,
    /// Where it stands.
    pub state: BallotState,
    /// The verdict's outcome, where there is one.
    #[oai(skip_serializing_if_is_none)]
    pub outcome: Option<Outcome>,
    /// The resolution that it adopted.
    #[oai(skip_serializing_if_is_none)]
    pub resolution: Option<Uuid>,
}

/// A bundle.
#[derive(ApiResponse)]
pub enum Bundle {
    /// The bundle, in its one canonical form.
    #[oai(status = 200, content_type = "application/vnd.yishi.bundle+json")]
    Bytes(ObjectBytes),
}

#[OpenApi]
impl BallotsApi {
    /// Opens a ballot on a topic that was deliberated.
    ///
    /// The city's rules give the rule; it is published with the answer and binds from then on. The topic needs minutes.
    #[oai(
        path = "/v1/:tenant/topics/:topic/ballots",
        method = "post",
        operation_id = "open_ballot",
        tag = "Tag::Decision"
    )]
    async fn open_ballot(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<BallotInput>,
    ) -> Result<Created, Problem> {
        let new = NewBallot::from(body.0);
        let app = &session.app;
        Ok(Created::one(session.once(app, ballots::open(app, &session, TopicId(*topic), new)).await?.uuid()))
    }

    /// Lists the ballots on a topic, the earliest first.
    #[oai(
        path = "/v1/:tenant/topics/:topic/ballots",
        method = "get",
        operation_id = "list_ballots",
        tag = "Tag::Decision"
    )]
    async fn list_ballots(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<BallotIds>, Problem> {
        let ids = ballots::list(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(BallotIds { ids: ids.into_iter().map(BallotId::uuid).collect() }))
    }

    /// Gets a ballot: its rule from the opening on, its turnout, its tally once counted, its verdict once decided.
    #[oai(path = "/v1/:tenant/ballots/:ballot", method = "get", operation_id = "get_ballot", tag = "Tag::Decision")]
    async fn get_ballot(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
    ) -> Result<Json<Ballot>, Problem> {
        Ok(Json(ballots::get(&session.app, &session, BallotId(*ballot)).await?.into()))
    }

    /// Casts the vote of a voting unit for which the caller may act.
    #[oai(
        path = "/v1/:tenant/ballots/:ballot/votes",
        method = "post",
        operation_id = "cast_vote",
        tag = "Tag::Decision"
    )]
    async fn cast_vote(
        &self,
        claimant: Claimant,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<VoteInput>,
    ) -> Result<Cast, Problem> {
        let (voting_unit, said, reason) = body.0.parts();
        let new = NewVote { voting_unit, choice: said.require("choice")?, reason };
        let Claimed { app, claim } = &*claimant;
        let cast = casting::cast(app, claim, BallotId(*ballot), new).await?;
        Ok(Cast::Vote(Json(CastVote { event: cast.event.uuid(), promise: cast.promise })))
    }

    /// Closes a ballot: before its time only where every voting unit has voted.
    #[oai(
        path = "/v1/:tenant/ballots/:ballot/closing",
        method = "post",
        operation_id = "close_ballot",
        tag = "Tag::Decision"
    )]
    async fn close_ballot(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Json<BallotEnd>, Problem> {
        let app = &session.app;
        Ok(Json(session.once(app, counting::close(app, &session, BallotId(*ballot))).await?.into()))
    }

    /// Counts a closed ballot, which ends the entry of paper, and asks the rules for their verdict.
    ///
    /// Where they cannot answer the ballot awaits its verdict, which is asked for again; no other rules ever decide it.
    #[oai(
        path = "/v1/:tenant/ballots/:ballot/count",
        method = "post",
        operation_id = "count_ballot",
        tag = "Tag::Decision"
    )]
    async fn count_ballot(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Json<BallotEnd>, Problem> {
        let app = &session.app;
        Ok(Json(session.once(app, counting::count(app, &session, BallotId(*ballot))).await?.into()))
    }

    /// Ends a ballot without a verdict, for a reason; the topic goes back to where it was before.
    #[oai(
        path = "/v1/:tenant/ballots/:ballot/annulment",
        method = "post",
        operation_id = "annul_ballot",
        tag = "Tag::Decision"
    )]
    async fn annul_ballot(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Reason>,
    ) -> Result<Json<BallotEnd>, Problem> {
        let app = &session.app;
        Ok(Json(session.once(app, counting::annul(app, &session, BallotId(*ballot), body.0.reason)).await?.into()))
    }

    /// Gets all that is needed to verify a decision without this server, as `yishi verify` does.
    #[oai(
        path = "/public/:tenant/ballots/:ballot/bundle",
        method = "get",
        operation_id = "get_bundle",
        tag = "Tag::Record"
    )]
    async fn get_bundle(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The ballot's id.
        ballot: Path<Uuid>,
    ) -> Result<Bundle, Problem> {
        let bytes = bundling::bundle(&visitor.app, &visitor, BallotId(*ballot)).await?;
        Ok(Bundle::Bytes(ObjectBytes(bytes)))
    }

    /// Gets all that is needed to verify the decision that adopted a resolution, as `get_bundle` does.
    #[oai(
        path = "/public/:tenant/resolutions/:resolution/bundle",
        method = "get",
        operation_id = "get_resolution_bundle",
        tag = "Tag::Record"
    )]
    async fn get_resolution_bundle(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
    ) -> Result<Bundle, Problem> {
        let id = ResolutionId(*resolution);
        Ok(Bundle::Bytes(ObjectBytes(bundling::bundle_of_resolution(&visitor.app, &visitor, id).await?)))
    }
}

impl From<BallotInput> for NewBallot {
    fn from(it: BallotInput) -> Self {
        let option = |BallotOption { code, title, cost }| NewOption { code, title, cost };
        Self {
            question: it.question,
            matter: it.matter,
            electorate: it.electorate.into(),
            roll: it.roll.into_iter().map(rolls::VotingUnit::from).collect(),
            draw: it.register.map(Draw::from),
            recusals: it.recusals.into_iter().map(Removal::from).collect(),
            options: it.options.into_iter().map(option).collect(),
            budget: it.budget,
            after: it.after.map(BallotId),
        }
    }
}

impl From<Standing> for Ballot {
    fn from(it: Standing) -> Self {
        let Standing { ballot, component, voting_units, voted, dissent } = it;
        let titled = ballot.subject.options.into_iter().zip(ballot.titles);
        let (counts, standings) = ballot.tally.map(|it| (it.counts, it.standings)).unzip();
        Self {
            id: ballot.id.uuid(),
            topic: ballot.topic.uuid(),
            state: ballot.state.into(),
            question: ballot.question,
            options: titled.map(|(it, title)| BallotOption { code: it.code, title, cost: it.cost }).collect(),
            after: ballot.after.map(BallotId::uuid),
            rule: ballot.rule.into(),
            component: component.map(|digest| digest.to_string()),
            opened_at: ballot.opened_at.into(),
            opens_at: ballot.opens_at.into(),
            closes_at: ballot.closes_at.into(),
            extended: ballot.extended,
            voting_units,
            voted,
            tally: counts.map(|it| it.into_iter().map(Count::from).collect()),
            standings: standings
                .filter(|it| !it.is_empty())
                .map(|it| it.into_iter().map(selections::Standing::from).collect()),
            verdict: ballot.verdict.map(Verdict::from),
            dissent: dissent.map(|it| Dissent { number: it.number, reasons: it.reasons }),
            reason: ballot.reason,
            ended_at: ballot.ended_at.map(Instant::from),
        }
    }
}

impl From<Ended> for BallotEnd {
    fn from(it: Ended) -> Self {
        Self {
            ballot: it.ballot.uuid(),
            state: it.state.into(),
            outcome: it.outcome.map(Outcome::from),
            resolution: it.resolution.map(|id| id.uuid()),
        }
    }
}

impl Example for BallotInput {
    fn example() -> Self {
        let unit =
            VotingUnit { voting_unit: "3-2-201".into(), heads: None, floor_area: Some(8_950), agents: vec![EXAMPLE] };
        Self {
            question: "是否续聘现物业服务企业三年？".into(),
            matter: Some("property_service".into()),
            electorate: Electorate::Owners,
            roll: vec![unit],
            register: None,
            recusals: Vec::new(),
            options: Vec::new(),
            budget: None,
            after: None,
        }
    }
}
