//! Random sequences of what people do with cases: none reaches a state that the tables forbid, every refusal has its code, and what the record
//! tells is what the tables of the database say.
//!
//! `YISHI_SEQUENCES` says how many sequences are tried; 200 unless given.

use std::{
    collections::{BTreeMap, HashSet},
    hash::Hash,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Duration, Utc};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use yishi_domain::{
    Actor, BallotId, CallId, Ctx, Digest, Entropy, FindingId, ItemId, MeetingId, MemberId, RequestId, ResolutionId,
    TenantId, TopicId, UnitId,
    access::Role,
    ballots::VotingUnit,
    calls::{self, CallState, Reply},
    channels::{Channel, Presence, RatingChannel},
    findings::{self, FindingKind, FindingState},
    items::{self, ItemState, NewItem, Report},
    machines::Move,
    resolutions::{Deadlines, Lists, Resources, Responsibility},
    voting::{Choice, Electorate},
    workflow::{self, Stage},
};
use yishi_policy::{HostOptions, PolicyHost, limits::Tier};
use yishi_service::{
    App, Sources, ballots, calls as calling, clocks, counting, execution, failures::Failure, findings as supervising,
    items as doing, keys::Signing, meetings, memberships, minutes, onboarding, reports, screening,
    sequencing::sequence, sessions, sessions::Access, sessions::Session, surveys, tokens::Bearer, tokens::Issuer,
    topics, trust::Trust, voting,
};
use yishi_store::{events, tenants::Tenant, testing, units};

/// A city of two districts, whose code takes the place of `CITY`.
const LIST: &str = "code,level,name,parent_code\n33,province,浙江省,\nCITY,city,杭州市,33\nCITY06,district,西湖区,CITY\nCITY08,district,滨江区,CITY\n";

/// What somebody tries.
#[derive(Clone, Copy, Debug)]
enum Try {
    /// The step that the case waits for.
    Forward,
    Convene,
    Vote(bool),
    AddItem,
    Report,
    Finish,
    AskTime,
    DecideTime(bool),
    Offer,
    AnswerOffer(bool),
    Split,
    Call,
    AnswerCall(Reply),
    CloseCall,
    Note(FindingKind),
    Answer,
    AskAgain,
    CloseFinding,
    Rate(u8),
    Advance(u32),
    /// Somebody without a role tries to file the lists.
    Stranger,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let reply = prop::sample::select(Reply::ALL);
    let kind = prop::sample::select(FindingKind::ALL);
    let one = prop_oneof![
        12 => Just(Try::Forward),
        1 => Just(Try::Convene),
        2 => any::<bool>().prop_map(Try::Vote),
        3 => Just(Try::AddItem),
        2 => Just(Try::Report),
        3 => Just(Try::Finish),
        1 => Just(Try::AskTime),
        1 => any::<bool>().prop_map(Try::DecideTime),
        2 => Just(Try::Offer),
        2 => any::<bool>().prop_map(Try::AnswerOffer),
        1 => Just(Try::Split),
        2 => Just(Try::Call),
        3 => reply.prop_map(Try::AnswerCall),
        1 => Just(Try::CloseCall),
        2 => kind.prop_map(Try::Note),
        2 => Just(Try::Answer),
        1 => Just(Try::AskAgain),
        1 => Just(Try::CloseFinding),
        1 => (0_u8..=100).prop_map(Try::Rate),
        3 => (1_u32..200).prop_map(Try::Advance),
        1 => Just(Try::Stranger),
    ];
    prop::collection::vec(one, 10..40)
}

/// Where everything of a case stands.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    stage: Stage,
    items: BTreeMap<ItemId, ItemState>,
    calls: BTreeMap<CallId, CallState>,
    findings: BTreeMap<FindingId, FindingState>,
}

/// A city in which one person holds every role, and another none.
struct City {
    app: Arc<App>,
    slug: String,
    unit: UnitId,
    other: UnitId,
    third: UnitId,
    everybody: (MemberId, String),
    stranger: String,
}

/// A case with what was made for it last.
struct Case<'a> {
    city: &'a City,
    topic: TopicId,
    meeting: Option<MeetingId>,
    ballot: Option<BallotId>,
    resolution: Option<ResolutionId>,
}

fn rating(score: u8) -> surveys::Rating {
    surveys::Rating { score, words: None, channel: RatingChannel::Online, member: None }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01")
}

/// A counter in the place of randomness: distinct, in order, and the same at every run.
fn entropy() -> Entropy {
    static NEXT: Mutex<u64> = Mutex::new(0);
    Entropy::new(|buffer| {
        let mut next = NEXT.lock().expect("no panic while counting");
        *next += 1;
        let length = buffer.len().min(8);
        buffer[..length].copy_from_slice(&next.to_be_bytes()[8 - length..]);
    })
}

/// A service over a database of its own.
async fn service() -> Arc<App> {
    let (db, _) = testing::database().await;
    let artefacts = std::env::temp_dir().join(format!("yishi-sequences-{}", std::process::id()));
    let compiler = vec![Path::new("compile-component").into()];
    let policy = PolicyHost::new(&HostOptions { artefacts, key: [3; 32], compiler, widest: Tier::Native });
    let signing = Signing::new("yishi.test", vec![[2; 32]], vec![]);
    let sources = Sources { now, entropy };
    Arc::new(App::new(db, Issuer::new([1; 32]), policy.expect("an engine"), Trust::default(), signing, sources))
}

impl City {
    async fn tenant(&self) -> Tenant {
        self.app.tenant(&self.slug).await.expect("read").expect("onboarded")
    }

    /// Onboards a city of its own, so that a move of its clock escalates nothing that another sequence left.
    async fn founded(app: Arc<App>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1_000);
        let slug = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let operator =
            |tenant| Ctx { entropy: entropy(), ..testing::ctx(tenant, Actor::Operator("province".into()), 1) };
        let list = onboarding::read_list(LIST.replace("CITY", &slug).as_bytes()).expect("a sound list");
        onboarding::onboard(&app.db, &operator, list, onboarding::Mode::Sandbox, |_| ()).await.expect("onboarded");
        let operator = app.issuer.issue(&Bearer::Operator("ops".into()), now(), Duration::hours(1));
        let session = admit(&app, &slug, Access::Platform, &operator).await;
        let boss = memberships::create_administrator(&app, &session, "王芳".into()).await.expect("appointed");
        let boss = token(&app, &slug, boss);
        let session = admit(&app, &slug, Access::AnyMember, &boss).await;
        let all = units::all(&mut app.db.read(&session.ctx).await.expect("begin")).await.expect("read");
        let person = |name: &str| memberships::NewMember {
            name: name.into(),
            unit: all[0].id,
            born_on: None,
            reached: Default::default(),
        };
        let people = memberships::create_members(&app, &session, vec![person("李明"), person("陈静")]).await;
        let people = people.expect("added");
        for role in [Role::Resident, Role::Coordinator, Role::Officer, Role::Supervisor, Role::Administrator] {
            memberships::create_grant(&app, &session, people[0], all[0].id, role, None).await.expect("granted");
        }
        let (everybody, stranger) = ((people[0], token(&app, &slug, people[0])), token(&app, &slug, people[1]));
        Self { unit: all[0].id, other: all[1].id, third: all[2].id, everybody, stranger, app, slug }
    }
}

fn token(app: &App, slug: &str, member: MemberId) -> String {
    app.issuer.issue(&Bearer::Member { tenant: slug.into(), member }, now(), Duration::hours(1))
}

async fn admit(app: &App, slug: &str, access: Access, token: &str) -> Session {
    let nobody = uuid::Uuid::nil();
    let request: RequestId = app.ctx(TenantId(nobody), 0, Actor::System("test"), RequestId(nobody)).new_id();
    sessions::admit(app, access, Some(token), Some(slug), request, None).await.expect("admitted")
}

impl<'a> Case<'a> {
    async fn raised(city: &'a City) -> Self {
        let session = admit(&city.app, &city.slug, Access::AnyMember, &city.everybody.1).await;
        let new = topics::NewTopic {
            unit: city.other,
            title: "小区路灯不亮".into(),
            body: "两盏路灯已有一周不亮。".into(),
            channel: Channel::Online,
            on_behalf_of: None,
            place: None,
            category: None,
        };
        let topic = topics::raise(&city.app, &session, new).await.expect("raised");
        Self { city, topic, meeting: None, ballot: None, resolution: None }
    }

    async fn session(&self) -> Session {
        admit(&self.city.app, &self.city.slug, Access::AnyMember, &self.city.everybody.1).await
    }

    async fn standing(&self) -> Standing {
        let (app, session) = (&self.city.app, self.session().await);
        let stage = topics::get(app, &session, self.topic).await.expect("its author sees it").stage;
        let mut items = BTreeMap::new();
        for (resolution, _) in execution::list(app, &session, self.topic).await.expect("read") {
            let list = doing::list(app, &session, resolution.id).await.expect("read");
            items.extend(list.into_iter().map(|it| (it.id, it.state)));
        }
        let filter = calling::stored::CallFilter { topic: Some(self.topic), ..Default::default() };
        let calls = calling::list(app, &session, &filter, None, 1_000).await.expect("read");
        let filter = supervising::stored::FindingFilter { topic: Some(self.topic), ..Default::default() };
        let findings = supervising::list(app, &session, &filter, None, 1_000).await.expect("read");
        Standing {
            stage,
            items,
            calls: calls.into_iter().map(|it| (it.id, it.state)).collect(),
            findings: findings.into_iter().map(|it| (it.id, it.state)).collect(),
        }
    }

    async fn convene(&mut self, session: &Session) -> Result<(), Failure> {
        let new = meetings::NewMeeting {
            place: "社区议事厅".into(),
            starts_at: session.ctx.now + Duration::hours(1),
            form: None,
            mode: yishi_domain::meetings::Mode::OnSite,
            link: None,
            body: None,
            host: None,
            agenda: vec!["听取意见".into()],
            rules: None,
            speech_seconds: 180,
        };
        self.meeting = Some(meetings::convene(&self.city.app, session, self.topic, new).await?);
        Ok(())
    }

    async fn forward(&mut self, stage: Stage, session: &Session) -> Result<(), Failure> {
        let (app, nobody) = (&self.city.app, uuid::Uuid::nil());
        let resolution = self.resolution.unwrap_or(ResolutionId(nobody));
        match stage {
            Stage::Submitted => {
                let accepted = screening::Acceptance::default();
                screening::accept(app, session, self.topic, None, accepted).await.map(drop)
            }
            Stage::Accepted | Stage::NotAdopted => self.convene(session).await,
            Stage::Deliberating => {
                let Some(meeting) = self.meeting else { return self.convene(session).await };
                clocks::advance(app, session, 2).await?;
                let session = self.session().await;
                let present = meetings::stored::Attendance {
                    member: self.city.everybody.0,
                    presence: Presence::OnSite,
                    mandated: None,
                    mandate: None,
                    representative: None,
                    profile: Default::default(),
                };
                meetings::attend(app, &session, meeting, vec![present]).await?;
                let new = minutes::NewMinutes { text: "多数同意。".into(), recording: None };
                minutes::file(app, &session, meeting, new).await?;
                let adopted = minutes::adopt(app, &session, meeting).await.map(drop);
                self.meeting = None;
                adopted
            }
            Stage::Deliberated => {
                let agents = vec![self.city.everybody.0];
                let roll = vec![VotingUnit { name: "1-101".into(), heads: 1, floor_area: None, agents }];
                let new = ballots::NewBallot {
                    question: "是否更换？".into(),
                    matter: None,
                    electorate: Electorate::Residents,
                    roll,
                    draw: None,
                    recusals: vec![],
                    options: vec![],
                    budget: None,
                    after: None,
                };
                self.ballot = Some(ballots::open(app, session, self.topic, new).await?);
                Ok(())
            }
            Stage::Deciding => {
                let ballot = self.ballot.unwrap_or(BallotId(nobody));
                // It may have closed by itself.
                counting::close(app, session, ballot).await.ok();
                sequence(&app.db, &session.ctx, &self.city.slug, &app.signing).await.expect("sequenced");
                self.resolution = counting::count(app, session, ballot).await?.resolution.or(self.resolution);
                Ok(())
            }
            Stage::Decided => execution::assign(app, session, resolution, self.lists(session.ctx.now)).await.map(drop),
            Stage::Executing => execution::complete(app, session, resolution, "照片".into()).await.map(drop),
            Stage::Done => surveys::rate(app, session, resolution, rating(90)).await,
            Stage::Rejected | Stage::Merged | Stage::Withdrawn | Stage::Closed => Ok(()),
        }
    }

    fn lists(&self, now: DateTime<Utc>) -> Lists {
        Lists {
            responsibility: Responsibility {
                lead_unit: self.city.unit,
                cooperating_units: vec![],
                first_responsible_post: "街道办主任".into(),
            },
            resources: Resources { budget_fen: 0, source_of_funds: "无".into() },
            deadlines: Deadlines { due_at: now + Duration::hours(100), milestones: vec![] },
        }
    }

    fn item(&self, now: DateTime<Utc>) -> NewItem {
        NewItem {
            title: "更换灯具".into(),
            unit: self.city.unit,
            cooperating_units: vec![],
            first_responsible_post: "科长".into(),
            due_at: now + Duration::hours(20),
            milestones: vec![],
        }
    }

    /// Tries it on the first thing that there is to try it on.
    async fn attempt(&mut self, what: Try, known: &Standing) -> Result<(), Failure> {
        let (app, session) = (&self.city.app, self.session().await);
        let (session, now, nobody) = (&session, session.ctx.now, uuid::Uuid::nil());
        let resolution = self.resolution.unwrap_or(ResolutionId(nobody));
        let last = |open: fn(&ItemState) -> bool| known.items.iter().rfind(|(_, state)| open(state));
        let item = last(|it| *it == ItemState::Underway).or(known.items.iter().next_back());
        let item = item.map_or(ItemId(nobody), |(id, _)| *id);
        let offered = last(|it| *it == ItemState::Offered).map_or(item, |(id, _)| *id);
        let call = known.calls.keys().next_back().copied().unwrap_or(CallId(nobody));
        let finding = known.findings.keys().next_back().copied().unwrap_or(FindingId(nobody));
        let report = || Report { text: "进展".into(), evidence: vec![Digest([7; 32])], milestone: None };
        match what {
            Try::Forward => self.forward(known.stage, session).await,
            Try::Convene => self.convene(session).await,
            Try::Vote(yes) => {
                let choice = if yes { Choice::InFavour } else { Choice::Against };
                let vote = voting::NewVote { voting_unit: "1-101".into(), choice, reason: None };
                voting::cast(app, session, self.ballot.unwrap_or(BallotId(nobody)), vote).await.map(drop)
            }
            Try::AddItem => doing::add(app, session, resolution, self.item(now)).await.map(drop),
            Try::Report => doing::report(app, session, item, None, report(), false).await.map(drop),
            Try::Finish => doing::report(app, session, item, None, report(), true).await.map(drop),
            Try::AskTime => {
                let due_at = now + Duration::hours(300);
                doing::ask_extension(app, session, item, None, due_at, "资金".into()).await.map(drop)
            }
            Try::DecideTime(granted) => doing::decide_extension(app, session, item, None, granted).await.map(drop),
            Try::Offer => doing::offer(app, session, item, None, self.city.other, "职责".into()).await.map(drop),
            Try::AnswerOffer(yes) => doing::answer_offer(app, session, offered, None, yes).await.map(drop),
            Try::Split => {
                let part = || NewItem { due_at: now + Duration::hours(5), ..self.item(now) };
                doing::split(app, session, item, None, vec![part(), part()]).await.map(drop)
            }
            Try::Call => {
                let (units, matter) = (vec![self.city.unit, self.city.other], "占道".into());
                let new =
                    calling::NewCall { units, lead: Some(self.city.other), matter, hours: None, working_days: None };
                calling::open(app, session, self.topic, new).await.map(drop)
            }
            Try::AnswerCall(reply) => {
                let called = calling::get(app, session, call).await?;
                let unit = called.missing().first().copied().unwrap_or(self.city.unit);
                calling::answer(app, session, call, None, unit, reply, Some("说明".into())).await.map(drop)
            }
            Try::CloseCall => calling::close(app, session, call, None).await.map(drop),
            Try::Note(kind) => {
                let answer_by = (kind == FindingKind::Question).then(|| now + Duration::hours(24));
                let (unit, text) = (self.city.unit, "未公示".into());
                let new = supervising::NewFinding { kind, unit, item: None, text, answer_by };
                supervising::note(app, session, self.topic, new).await.map(drop)
            }
            Try::Answer => supervising::answer(app, session, finding, None, "已改".into()).await.map(drop),
            Try::AskAgain => {
                let by = now + Duration::hours(24);
                supervising::ask_again(app, session, finding, None, "凭证？".into(), by).await.map(drop)
            }
            Try::CloseFinding => supervising::close(app, session, finding, None, "合格".into()).await.map(drop),
            Try::Rate(score) => surveys::rate(app, session, resolution, rating(score)).await,
            Try::Advance(hours) => clocks::advance(app, session, hours).await.map(drop),
            Try::Stranger => {
                let stranger = admit(app, &self.city.slug, Access::AnyMember, &self.city.stranger).await;
                let done = execution::assign(app, &stranger, resolution, self.lists(now)).await;
                assert!(done.is_err(), "nobody without the role files lists");
                done.map(drop)
            }
        }
    }

    /// What the record tells of where everything stands.
    async fn told(&self) -> Standing {
        const KINDS: &[&str] = &[
            "topic.raised",
            "topic.accepted",
            "meeting.convened",
            "minutes.adopted",
            "ballot.opened",
            "ballot.decided",
            "resolution.adopted",
            "resolution.assigned",
            "resolution.completed",
            "topic.reopened",
            "topic.closed",
            "item.added",
            "item.offered",
            "item.taken_over",
            "item.declined",
            "item.split",
            "item.completed",
            "item.dropped",
            "call.opened",
            "call.answered",
            "call.unanswered",
            "call.closed",
            "finding.noted",
            "finding.answered",
            "finding.unanswered",
            "finding.asked_again",
            "finding.closed",
        ];
        let session = self.session().await;
        let mut tx = self.city.app.db.read(&session.ctx).await.expect("begin");
        let events = events::of_kinds(&mut tx, &[self.topic.uuid()], KINDS).await.expect("read");
        let mut told = Standing {
            stage: Stage::Submitted,
            items: BTreeMap::new(),
            calls: BTreeMap::new(),
            findings: BTreeMap::new(),
        };
        for event in events {
            let id = |field: &str| event.body[field].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let stage = match event.kind.as_str() {
                "topic.accepted" => Stage::Accepted,
                "meeting.convened" | "topic.reopened" => Stage::Deliberating,
                "minutes.adopted" => Stage::Deliberated,
                "ballot.opened" => Stage::Deciding,
                "ballot.decided" => Stage::NotAdopted,
                "resolution.adopted" => Stage::Decided,
                "resolution.assigned" => Stage::Executing,
                "resolution.completed" => Stage::Done,
                "topic.closed" => Stage::Closed,
                _ => told.stage,
            };
            told.stage = stage;
            let item = match event.kind.as_str() {
                "item.added" | "item.taken_over" | "item.declined" => Some(ItemState::Underway),
                "item.offered" => Some(ItemState::Offered),
                "item.split" => Some(ItemState::Split),
                "item.completed" => Some(ItemState::Done),
                "item.dropped" => Some(ItemState::Dropped),
                _ => None,
            };
            told.items.extend(item.map(|state| (ItemId(id("item")), state)));
            let call = match event.kind.as_str() {
                "call.opened" => Some(CallState::Open),
                "call.unanswered" => Some(CallState::Unanswered),
                "call.answered" => Some(event.body["state"].as_str().expect("a state").parse().expect("known")),
                "call.closed" => Some(CallState::Closed),
                _ => None,
            };
            told.calls.extend(call.map(|state| (CallId(id("call")), state)));
            let finding = match event.kind.as_str() {
                "finding.noted" if event.body["kind"] == "check" => Some(FindingState::Closed),
                "finding.noted" | "finding.asked_again" => Some(FindingState::Open),
                "finding.unanswered" => Some(FindingState::Overdue),
                "finding.answered" => Some(FindingState::Answered),
                "finding.closed" => Some(FindingState::Closed),
                _ => None,
            };
            told.findings.extend(finding.map(|state| (FindingId(id("finding")), state)));
        }
        told
    }
}

/// Tells whether a table leads from a state to another one.
fn leads<S: Copy + Eq + Hash, T>(moves: &[Move<S, T>], from: S, to: S) -> bool {
    let mut reached = HashSet::from([from]);
    while moves.iter().any(|row| reached.contains(&row.0) && reached.insert(row.2)) {}
    reached.contains(&to)
}

/// Tells whether each thing went on as its table says, and none is gone.
fn went_on<I: Ord, S: Copy + Eq + Hash, T>(moves: &[Move<S, T>], was: &BTreeMap<I, S>, is: &BTreeMap<I, S>) -> bool {
    was.iter().all(|(id, from)| is.get(id).is_some_and(|to| leads(moves, *from, *to)))
}

async fn try_all(city: &City, tries: Vec<Try>) -> Result<(), TestCaseError> {
    let mut case = Case::raised(city).await;
    let mut was = case.standing().await;
    // To count everything anew takes as long as the sequence itself, so that some sequences stand for all.
    let counted = tries.len().is_multiple_of(4);
    for (i, what) in tries.into_iter().enumerate() {
        if counted && i % 4 == 3 {
            // Counted in parts that end anywhere.
            count(city, u16::try_from(i % 5 + 1).unwrap_or(1)).await;
        }
        let done = case.attempt(what, &was).await;
        let is = case.standing().await;
        match &done {
            Ok(()) => {}
            Err(Failure::Refused(refusal)) => {
                let parts = refusal.code.split_once('.');
                prop_assert!(parts.is_some_and(|(what, why)| !what.is_empty() && !why.is_empty()), "{refusal:?}");
                // To deliberate and to count take several steps, of which an earlier one may stand.
                prop_assert!(
                    was == is || matches!(what, Try::Forward),
                    "{what:?} was refused and changed {was:?} to {is:?}"
                );
            }
            Err(other) => prop_assert!(false, "{what:?}: {other}"),
        }
        prop_assert!(leads(workflow::MOVES, was.stage, is.stage), "{what:?}: {} to {}", was.stage, is.stage);
        prop_assert!(went_on(items::MOVES, &was.items, &is.items), "{what:?}: {was:?} to {is:?}");
        prop_assert!(went_on(calls::MOVES, &was.calls, &is.calls), "{what:?}: {was:?} to {is:?}");
        prop_assert!(went_on(findings::MOVES, &was.findings, &is.findings), "{what:?}: {was:?} to {is:?}");
        let open = is.items.values().any(|it| matches!(it, ItemState::Underway | ItemState::Offered));
        prop_assert!(is.stage == Stage::Executing || !open, "{what:?} leaves items open: {is:?}");
        prop_assert_eq!(&case.told().await, &is, "after {:?}", what);
        was = is;
    }
    if !counted {
        return Ok(());
    }
    count(city, 3).await;
    let (app, tenant) = (&city.app, city.tenant().await);
    let session = case.session().await;
    testing::erase_openings(&app.db, &session.ctx).await;
    let anew = reports::recount(&app.db, &session.ctx, &tenant, false).await.expect("counted");
    prop_assert!(anew.differences.is_empty(), "{anew:?}");
    // What is moved elsewhere is counted elsewhere, once it is counted anew.
    testing::move_unit(&app.db, &session.ctx, city.other, city.third).await;
    count(city, 3).await;
    let moved = reports::recount(&app.db, &session.ctx, &tenant, true).await.expect("counted");
    prop_assert!(moved.repaired, "{moved:?}");
    let again = reports::recount(&app.db, &session.ctx, &tenant, false).await.expect("counted");
    prop_assert!(again.differences.is_empty() && again.events == moved.events, "{again:?}");
    Ok(())
}

/// Gives positions to what happened, and counts it in parts.
async fn count(city: &City, part: u16) {
    let (app, tenant) = (&city.app, city.tenant().await);
    let ctx = app.ctx_in(Some(&tenant), Actor::System("test"), RequestId(uuid::Uuid::nil()));
    sequence(&app.db, &ctx, &city.slug, &app.signing).await.expect("sequenced");
    reports::project_up_to(&app.db, &ctx, &tenant, part).await.expect("counted");
}

#[test]
fn no_sequence_reaches_what_the_tables_forbid_and_the_record_tells_where_everything_stands() {
    let cases = std::env::var("YISHI_SEQUENCES").map_or(200, |number| number.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let app = runtime.block_on(service());
    let done = TestRunner::new(config).run(&tries(), |tries| {
        runtime.block_on(async { try_all(&City::founded(Arc::clone(&app)).await, tries).await })
    });
    done.unwrap_or_else(|failure| panic!("{failure}"));
}
