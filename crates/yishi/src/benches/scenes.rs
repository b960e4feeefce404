//! What benchmarks vote in: tenants with a ballot each, and as many voters as will cast a vote once.

use anyhow::{Context as _, Result, anyhow};
use chrono::Duration;
use serde::Deserialize as _;
use serde_json::json;
use yishi_domain::{
    Actor, BallotId, Ctx, Digest, Event, MemberId, RequestId, TenantId, TopicId,
    ballots::{BallotState, VotingUnit},
    channels::Channel,
    escalation::Level,
    standard,
    topics::{Form, Significance},
    voting::{Choice, Measure, Subject, Tally},
    workflow::Stage,
};
use yishi_record::facts::{self, BALLOT_OPENED, BallotOpened, Eligible, ONLINE, VOTE_CAST, VoteCast};
use yishi_service::{
    keys::Signing,
    running,
    sequencing::catch_up,
    tokens::{Bearer, Issuer},
};
use yishi_store::{
    Db, SharedAct,
    ballots::{self, Ballot},
    casts,
    members::{self, Member},
    running as store,
    tenants::{self, Tenant},
    topics::{self, Topic},
    units::{self, Unit},
    votes::{self, Source, Vote},
};

use crate::clocks;

/// How many votes share a transaction where they are not cast over HTTP.
const VOTES: usize = 2_000;

/// A ballot of a tenant that nobody has voted in yet.
pub struct Scene {
    /// The tenant.
    pub tenant: TenantId,
    slug: String,
    topic: TopicId,
    /// The ballot.
    pub ballot: BallotId,
    voters: Vec<MemberId>,
}

/// Makes a tenant with a ballot of so many voters, each of whom acts for a voting unit of their own.
pub async fn make(db: &Db, slug: &str, voters: usize) -> Result<Scene> {
    let id: TenantId = context(TenantId(uuid::Uuid::nil())).new_id();
    let ctx = context(id);
    let wall = ctx.wall;
    let mut platform = db.platform().await?;
    let tenant = Tenant {
        id,
        slug: slug.into(),
        code: slug.into(),
        name: slug.into(),
        mode: "production".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: 0,
        created_at: wall,
    };
    tenants::insert(&mut platform, &tenant).await?;
    platform.commit().await?;

    let mut tx = db.write(&ctx).await?;
    let path = format!("{slug}/");
    let unit = Unit {
        id: ctx.new_id(),
        code: slug.into(),
        level: "city".into(),
        name: slug.into(),
        parent_id: None,
        path: path.clone(),
        merged_into: None,
    };
    units::upsert(&mut tx, std::slice::from_ref(&unit)).await?;
    let voters: Vec<MemberId> = (0..voters).map(|_| ctx.new_id()).collect();
    let member =
        |id: &MemberId| Member { id: *id, unit_id: unit.id, name: "王芳".into(), born_on: None, created_at: wall };
    members::insert(&mut tx, &voters.iter().map(member).collect::<Vec<_>>()).await?;
    let topic = Topic {
        id: ctx.new_id(),
        unit: unit.id,
        path,
        author: *voters.first().context("a ballot has a voter")?,
        on_behalf_of: None,
        channel: Channel::Online,
        title: "小区路灯不亮".into(),
        body: "3号楼前的两盏路灯已有一周不亮。".into(),
        category: "other".into(),
        significance: Significance::General,
        form: Form::RoundTable,
        stage: Stage::Deciding,
        level: Level::Community,
        reason: None,
        merged_into: None,
        marked_at: None,
        version: 1,
        raised_at: wall,
        stage_since: wall,
        place: None,
        split_from: None,
        mandate: None,
    };
    topics::insert(&mut tx, &topic).await?;
    let subject = Subject::of("other", voters.len() as u64);
    let rule = standard::rule(&subject);
    let ballot = Ballot {
        id: ctx.new_id(),
        topic: topic.id,
        state: BallotState::Open,
        question: "是否更换两盏路灯？".into(),
        subject,
        titles: Vec::new(),
        after: None,
        rule,
        rule_receipt: None,
        activation: None,
        roll_root: Digest([0; 32]),
        opened_at: wall,
        opens_at: wall,
        closes_at: wall + Duration::days(1),
        extended: 0,
        tally: None,
        dissent: None,
        verdict: None,
        verdict_receipt: None,
        reason: None,
        ended_at: None,
    };
    let roll: Vec<_> = voters.iter().enumerate().map(|(i, voter)| voting_unit(i, *voter)).collect();
    ballots::insert(&mut tx, &ballot, &roll).await?;
    let opened = BallotOpened {
        ballot: ballot.id,
        topic: topic.id,
        question: ballot.question,
        titles: ballot.titles,
        rule: ballot.rule,
        subject: ballot.subject,
        component: None,
        configuration: None,
        eligible: vec![Eligible { measure: Measure::Heads, total: voters.len() as u64 }],
        roll_root: ballot.roll_root,
        opens_at: ballot.opens_at,
        closes_at: ballot.closes_at,
    };
    tx.commit([told(&ctx, BALLOT_OPENED, topic.id, json!(opened))], ()).await?;
    Ok(Scene { tenant: id, slug: slug.into(), topic: topic.id, ballot: ballot.id, voters })
}

impl Scene {
    /// Casts the votes of all voters, many a transaction, and gives them their positions in the record.
    pub async fn fill(&self, db: &Db, signing: &Signing) -> Result<()> {
        let ctx = context(self.tenant);
        for (i, chunk) in self.voters.chunks(VOTES).enumerate() {
            let votes: Vec<_> = (i * VOTES..).zip(chunk).map(|(i, voter)| self.vote(&ctx, i, *voter)).collect();
            let mut tx = db.share(&ctx).await?;
            let rows: Vec<_> = votes.iter().map(|(vote, _)| (self.ballot, vote, ctx.now)).collect();
            casts::insert(&mut tx, &rows).await?;
            let act = |event| SharedAct { ctx: ctx.clone(), event, answer: (), keeps_request: false };
            let done = tx.commit_each(votes.into_iter().map(|(_, event)| act(event)).collect(), false).await;
            done.map_err(|error| anyhow!("votes were not committed: {error:?}"))?;
            catch_up(db, &ctx, &self.slug, signing).await?;
        }
        Ok(())
    }

    fn vote(&self, ctx: &Ctx, i: usize, voter: MemberId) -> (Vote, Event) {
        let choice = if i.is_multiple_of(3) { Choice::Against } else { Choice::InFavour };
        let cast = VoteCast {
            ballot: self.ballot,
            voting_unit: name(i),
            choice: Some(choice.clone()),
            heads: 1,
            floor_area: None,
            channel: ONLINE.into(),
            replaces: None,
            batch: None,
            reason: None,
        };
        let event = told(ctx, VOTE_CAST, self.topic, json!(cast));
        let source = Source::Member(voter);
        (Vote { voting_unit: name(i), choice: Some(choice), reason: None, source, event: event.id }, event)
    }

    /// What the ballot comes to by all its votes, counted again from the record.
    pub async fn recount(&self, db: &Db) -> Result<Tally> {
        let mut tx = db.read(&context(self.tenant)).await?;
        let ballot = ballots::find(&mut tx, self.ballot).await?.context("the ballot is there")?;
        let events = votes::events_of(&mut tx, self.ballot).await?;
        let cast: Vec<_> = events.iter().map(|it| VoteCast::deserialize(&it.body)).collect::<Result<_, _>>()?;
        let eligible = [Eligible { measure: Measure::Heads, total: self.voters.len() as u64 }];
        Ok(facts::recount(&ballot.rule, &ballot.subject.options, &eligible, &cast, None)?)
    }

    /// What the ballot comes to by its running tally.
    pub async fn running(&self, db: &Db) -> Result<Option<Tally>> {
        let mut tx = db.read(&context(self.tenant)).await?;
        let ballot = ballots::find(&mut tx, self.ballot).await?.context("the ballot is there")?;
        let found = store::find(&mut tx, self.ballot).await?.context("the running tally is there")?;
        Ok(running::so_far(ballot, found).await?.tally)
    }

    /// A whole request for what the ballot comes to so far.
    pub fn tally(&self, issuer: &Issuer) -> Vec<u8> {
        let bearer = Bearer::Member { tenant: self.slug.clone(), member: self.voters[0] };
        let token = issuer.issue(&bearer, clocks::now(), Duration::hours(1));
        format!(
            "GET /v1/{}/ballots/{}/tally HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n",
            self.slug, self.ballot
        )
        .into_bytes()
    }

    /// Whole requests, each the vote of a voter who has cast none with a token that nobody has seen.
    pub fn votes(&self, of: std::ops::Range<usize>, issuer: &Issuer, keyed: bool) -> Vec<Vec<u8>> {
        let (now, good_for) = (clocks::now(), Duration::hours(1));
        let request = |i: usize| {
            let bearer = Bearer::Member { tenant: self.slug.clone(), member: self.voters[i] };
            let token = issuer.issue(&bearer, now, good_for);
            let body =
                json!({"voting_unit": name(i), "choice": if i.is_multiple_of(3) { "against" } else { "in_favour" }});
            let body = body.to_string();
            let key = if keyed { format!("Idempotency-Key: vote {i}\r\n") } else { String::new() };
            format!(
                "POST /v1/{}/ballots/{}/votes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{key}\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                self.slug,
                self.ballot,
                body.len()
            )
            .into_bytes()
        };
        of.filter(|i| *i < self.voters.len()).map(request).collect()
    }
}

fn context(tenant: TenantId) -> Ctx {
    let wall = clocks::now();
    let (actor, request) = (Actor::System("bench"), RequestId(uuid::Uuid::nil()));
    Ctx { tenant, actor, now: wall, wall, request, once: None, entropy: (clocks::REAL.entropy)() }
}

fn told(ctx: &Ctx, kind: &'static str, topic: TopicId, body: serde_json::Value) -> Event {
    Event { id: ctx.new_id(), kind, subject: topic.uuid(), body, openings: Vec::new() }
}

fn voting_unit(i: usize, voter: MemberId) -> VotingUnit {
    VotingUnit { name: name(i), heads: 1, floor_area: None, agents: vec![voter] }
}

fn name(i: usize) -> String {
    format!("{}-{}", i / 1_000 + 1, i % 1_000 + 101)
}
