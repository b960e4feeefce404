//! What the benchmark votes in: tenants with a ballot each, and as many voters as will cast a vote once.

use anyhow::{Context as _, Result};
use chrono::Duration;
use serde_json::json;
use yishi_domain::{
    Actor, BallotId, Ctx, Digest, Event, MemberId, RequestId, TenantId,
    ballots::{BallotState, VotingUnit},
    channels::Channel,
    escalation::Level,
    standard,
    topics::{Form, Significance},
    voting::Subject,
    workflow::Stage,
};
use yishi_service::tokens::{Bearer, Issuer};
use yishi_store::{
    Db,
    ballots::{self, Ballot},
    members::{self, Member},
    records,
    tenants::{self, Tenant},
    topics::{self, Topic},
    units::{self, Unit},
};

use crate::clocks;

/// A ballot of a tenant that nobody has voted in yet.
pub struct Scene {
    /// The tenant.
    pub tenant: TenantId,
    slug: String,
    ballot: BallotId,
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
    let body = json!({"voters": voters.len()});
    let event = Event { id: ctx.new_id(), kind: "bench.prepared", subject: id.uuid(), body, openings: Vec::new() };
    tx.commit([event], ()).await?;
    Ok(Scene { tenant: id, slug: slug.into(), ballot: ballot.id, voters })
}

impl Scene {
    /// Tells whether an event of the tenant waits for its place in the record.
    pub async fn has_pending(&self, db: &Db) -> Result<bool> {
        Ok(!records::pending(&mut db.read(&context(self.tenant)).await?, 1).await?.is_empty())
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

fn voting_unit(i: usize, voter: MemberId) -> VotingUnit {
    VotingUnit { name: name(i), heads: 1, floor_area: None, agents: vec![voter] }
}

fn name(i: usize) -> String {
    format!("{}-{}", i / 1_000 + 1, i % 1_000 + 101)
}
