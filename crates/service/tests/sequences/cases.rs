//! A case of a sequence: where everything of it stands, and what is tried on it.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;
use yishi_domain::{
    BallotId, CallId, Digest, FindingId, ItemId, MeetingId, MemberId, ProvisionId, ResolutionId, TopicId,
    ballots::{BallotState, VotingUnit},
    calls::{CallState, Reply},
    channels::{Channel, RatingChannel},
    findings::{FindingKind, FindingState, Ground, Measure},
    items::{ItemState, NewItem, Report},
    money::AccountKind,
    resolutions::{Deadlines, Lists, Resources, Responsibility},
    workflow::Stage,
};
use yishi_service::{
    ballots, calls as calling, clocks, counting, execution, failures::Failure, findings as supervising, funds,
    items as doing, meetings, minutes, objections, pools, rolls, screening, sequencing::sequence, sessions::Access,
    sessions::Session, surveys, topics,
};

use crate::{
    books::Book,
    changes::Change,
    cities::{City, admit},
    offices::Office,
    outside::{self, Outside},
    polls::{Poll, Sort},
    talks::Talk,
};

/// What somebody tries.
#[derive(Clone, Copy, Debug)]
pub enum Try {
    /// One of those that are sensible where the case stands.
    Fitting(u8),
    /// The step that the case waits for.
    Forward,
    /// Convenes a meeting in so many hours.
    Convene(u8),
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
    CallInWorkingDays,
    AnswerCall(Reply),
    CloseCall,
    Note(FindingKind),
    Answer,
    AskAgain,
    CloseFinding(Measure),
    Rate(u8),
    Advance(u32),
    /// A batch of one paper, and voiding the last one.
    Paper(bool),
    Void,
    /// An objection to what was adopted, and its answer.
    Object,
    AnswerObjection(bool),
    /// The case is merged into another one, or another one into it.
    MergeInto,
    TakeIn,
    /// A batch in the place of the last one, as a recount found it.
    CountPaperAgain(bool),
    /// A roll is corrected before its ballot.
    CorrectRoll,
    Annul,
    Reject,
    Withdraw,
    /// The supervisors conclude what did not satisfy twice.
    Conclude,
    LookBack(bool),
    /// What is said, in the pool and at meetings.
    Talk(Talk),
    /// What is booked and drawn.
    Book(Book),
    /// Ballots of every sort.
    Poll(Poll),
    /// What offices do beside cases.
    Office(Office),
    /// What comes from outside.
    Outside(Outside),
    /// What the city changes meanwhile.
    Change(Change),
    /// Somebody without a role tries to file the lists.
    Stranger,
}

/// Where everything of a case stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Standing {
    pub stage: Stage,
    pub ballots: BTreeMap<BallotId, BallotState>,
    pub items: BTreeMap<ItemId, ItemState>,
    pub calls: BTreeMap<CallId, CallState>,
    pub findings: BTreeMap<FindingId, FindingState>,
    /// What the city's accounts hold, by kind, in fen.
    pub accounts: BTreeMap<AccountKind, i64>,
    /// What is left in the city's pool.
    pub pool: BTreeMap<ProvisionId, i64>,
}

/// A case with what was made for it last.
#[derive(Clone)]
pub struct Case<'a> {
    pub city: &'a City,
    pub topic: TopicId,
    made: HashMap<TypeId, Arc<dyn Any>>,
}

fn rating(score: u8) -> surveys::Rating {
    surveys::Rating { score, words: None, channel: RatingChannel::Online, member: None }
}

impl<'a> Case<'a> {
    pub async fn raised(city: &'a City) -> Self {
        let session = admit(&city.app, &city.slug, Access::AnyMember, &city.everybody.1).await;
        if !city.is_called {
            return Self { city, topic: raise(city, &session).await, made: HashMap::new() };
        }
        outside::map(city, &session).await.expect("mapped");
        let topic = outside::ordered(city, &session, "HZ-0").await.expect("entered").topic;
        Self { city, topic, made: HashMap::new() }
    }

    /// What was made last of a kind, or what is nobody's.
    pub fn last<I: Copy + From<Uuid> + 'static>(&self) -> I {
        self.made().unwrap_or_else(|| Uuid::nil().into())
    }

    /// What was made last of a kind.
    pub fn made<I: Clone + 'static>(&self) -> Option<I> {
        self.made.get(&TypeId::of::<I>()).and_then(|it| it.downcast_ref()).cloned()
    }

    pub fn keep<I: 'static>(&mut self, made: I) {
        self.made.insert(TypeId::of::<I>(), Arc::new(made));
    }

    /// The same case as somebody else left it who acted at the same time.
    pub fn catch_up(&mut self, other: Self) {
        self.made.extend(other.made);
    }

    pub async fn session(&self) -> Session {
        admit(&self.city.app, &self.city.slug, Access::AnyMember, &self.city.everybody.1).await
    }

    pub async fn standing(&self) -> Standing {
        let (app, session) = (&self.city.app, self.session().await);
        let stage = topics::get(app, &session, self.topic).await.expect("its author sees it").stage;
        let mut states = BTreeMap::new();
        for id in ballots::list(app, &session, self.topic).await.expect("read") {
            states.insert(id, ballots::get(app, &session, id).await.expect("read").ballot.state);
        }
        let mut items = BTreeMap::new();
        for (resolution, _) in execution::list(app, &session, self.topic).await.expect("read") {
            let list = doing::list(app, &session, resolution.id).await.expect("read");
            items.extend(list.into_iter().map(|it| (it.id, it.state)));
        }
        let filter = calling::stored::CallFilter { topic: Some(self.topic), ..Default::default() };
        let calls = calling::list(app, &session, &filter, None, 1_000).await.expect("read");
        let filter = supervising::stored::FindingFilter { topic: Some(self.topic), ..Default::default() };
        let findings = supervising::list(app, &session, &filter, None, 1_000).await.expect("read");
        let mut accounts = BTreeMap::new();
        for fund in self.city.funds {
            let (_, balances) = funds::get(app, &session, fund).await.expect("read");
            for (account, fen) in balances {
                let within = fen >= 0 || account.kind == AccountKind::Income;
                assert!(within, "{account:?} holds {fen} fen");
                *accounts.entry(account.kind).or_default() += fen;
            }
        }
        assert_eq!(accounts.values().sum::<i64>(), 0, "what came in is somewhere");
        let pool = pools::get(app, &session, self.city.unit).await.expect("read").provisions;
        Standing {
            stage,
            ballots: states,
            items,
            calls: calls.into_iter().map(|it| (it.id, it.state)).collect(),
            findings: findings.into_iter().map(|it| (it.id, it.state)).collect(),
            accounts: accounts.into_iter().filter(|(_, fen)| *fen != 0).collect(),
            pool: pool.into_iter().map(|it| (it.id, it.remaining.cast_signed())).collect(),
        }
    }

    async fn convene(&mut self, session: &Session, hours: u8) -> Result<(), Failure> {
        let new = Self::meeting(session.ctx.now + Duration::hours(hours.into()));
        self.keep(meetings::convene(&self.city.app, session, self.topic, new).await?);
        Ok(())
    }

    pub fn meeting(starts_at: DateTime<Utc>) -> meetings::NewMeeting {
        meetings::NewMeeting {
            place: "社区议事厅".into(),
            starts_at,
            form: None,
            mode: yishi_domain::meetings::Mode::OnSite,
            link: None,
            body: None,
            host: None,
            agenda: vec!["听取意见".into()],
            rules: None,
            speech_seconds: 180,
        }
    }

    async fn forward(&mut self, stage: Stage, session: &Session) -> Result<(), Failure> {
        let (app, resolution): (_, ResolutionId) = (&self.city.app, self.last());
        match stage {
            Stage::Submitted => {
                let accepted = screening::Acceptance::default();
                screening::accept(app, session, self.topic, None, accepted).await.map(drop)
            }
            Stage::Accepted | Stage::NotAdopted => self.convene(session, 0).await,
            Stage::Deliberating => {
                let meeting: MeetingId = self.last();
                if meeting.uuid().is_nil() {
                    return self.convene(session, 0).await;
                }
                clocks::advance(app, session, 2).await?;
                let session = self.session().await;
                self.attend(&session).await?;
                let new = minutes::NewMinutes { text: "多数同意。".into(), recording: None };
                minutes::file(app, &session, meeting, new).await?;
                let adopted = minutes::adopt(app, &session, meeting).await.map(drop);
                self.keep(MeetingId(Uuid::nil()));
                adopted
            }
            Stage::Deliberated => self.open(session, Sort::Plain).await,
            Stage::Deciding => {
                let ballot: BallotId = self.last();
                // Whoever has not voted does; it may have closed by itself.
                self.vote(session, true).await.ok();
                self.enter(session, true).await.ok();
                counting::close(app, session, ballot).await.ok();
                sequence(&app.db, &session.ctx, &self.city.slug, &app.signing).await.expect("sequenced");
                if let Some(resolution) = counting::count(app, session, ballot).await?.resolution {
                    self.keep(resolution);
                }
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
    pub async fn attempt(&mut self, what: Try, known: &Standing) -> Result<(), Failure> {
        let (app, session) = (&self.city.app, self.session().await);
        let (session, now, nobody) = (&session, session.ctx.now, Uuid::nil());
        let (resolution, ballot): (ResolutionId, BallotId) = (self.last(), self.last());
        let last = |open: fn(&ItemState) -> bool| known.items.iter().rfind(|(_, state)| open(state));
        let item = last(|it| *it == ItemState::Underway).or(known.items.iter().next_back());
        let item = item.map_or(ItemId(nobody), |(id, _)| *id);
        let offered = last(|it| *it == ItemState::Offered).map_or(item, |(id, _)| *id);
        let call = known.calls.keys().next_back().copied().unwrap_or(CallId(nobody));
        let finding = known.findings.keys().next_back().copied().unwrap_or(FindingId(nobody));
        let report = || Report { text: "进展".into(), evidence: vec![Digest([7; 32])], milestone: None };
        match what {
            Try::Fitting(pick) => unreachable!("{pick} was looked up"),
            Try::Forward => self.forward(known.stage, session).await,
            Try::Convene(hours) => self.convene(session, hours).await,
            Try::Vote(yes) => self.vote(session, yes).await,
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
            Try::Call | Try::CallInWorkingDays => {
                let (units, matter) = (vec![self.city.unit, self.city.other], "占道".into());
                let working_days = matches!(what, Try::CallInWorkingDays).then_some(2);
                let new = calling::NewCall { units, lead: Some(self.city.other), matter, hours: None, working_days };
                calling::open(app, session, self.topic, new).await.map(drop)
            }
            Try::AnswerCall(reply) => {
                let called = calling::get(app, session, call).await?;
                let unit = called.missing().first().copied().unwrap_or(self.city.unit);
                calling::answer(app, session, call, None, unit, reply, Some("说明".into())).await.map(drop)
            }
            Try::CloseCall => calling::close(app, session, call, None).await.map(drop),
            Try::Note(kind) => {
                let answer_by = (kind != FindingKind::Check).then(|| now + Duration::hours(24));
                let ground = (kind == FindingKind::Finding).then_some(Ground::MissingStep);
                let (unit, text) = (self.city.unit, "未公示".into());
                let new = supervising::NewFinding { kind, unit, item: None, ground, text, answer_by };
                supervising::note(app, session, self.topic, new).await.map(drop)
            }
            Try::Answer => supervising::answer(app, session, finding, None, "已改".into()).await.map(drop),
            Try::AskAgain => {
                let by = now + Duration::hours(24);
                supervising::ask_again(app, session, finding, None, "凭证？".into(), by).await.map(drop)
            }
            Try::CloseFinding(measure) => {
                supervising::close(app, session, finding, None, "合格".into(), Some(measure)).await.map(drop)
            }
            Try::Rate(score) => surveys::rate(app, session, resolution, rating(score)).await,
            Try::Advance(hours) => clocks::advance(app, session, hours).await.map(drop),
            Try::Paper(yes) => self.enter(session, yes).await,
            Try::Void => self.void(session).await,
            Try::CountPaperAgain(yes) => self.count_paper_again(session, yes).await,
            Try::CorrectRoll => {
                let added = vec![unit("1-103", vec![])];
                rolls::change(app, session, ballot, rolls::RollChange { added, removed: vec![] }).await
            }
            Try::Annul => counting::annul(app, session, ballot, "名册有误".into()).await.map(drop),
            Try::Object => {
                self.keep(objections::raise(app, session, resolution, "程序有误".into()).await?);
                Ok(())
            }
            Try::AnswerObjection(upheld) => objections::answer(app, session, self.last(), upheld, "已核".into()).await,
            Try::Reject => screening::reject(app, session, self.topic, None, "不属社区".into()).await.map(drop),
            Try::Withdraw => screening::withdraw(app, session, self.topic, None).await.map(drop),
            Try::Conclude => surveys::conclude(app, session, resolution, "已说明".into()).await.map(drop),
            Try::LookBack(lasting) => {
                surveys::look_back(app, session, resolution, lasting, "现场查看".into()).await.map(drop)
            }
            Try::Talk(what) => self.talk(what, session).await,
            Try::Book(what) => self.book(what, session, known).await,
            Try::Poll(what) => self.poll(what, session).await,
            Try::Office(what) => self.office(what, session, known).await,
            Try::Outside(what) => self.outside(what, session).await,
            Try::Change(what) => self.change(what, session).await,
            Try::MergeInto => {
                let other = self.accepted(session).await;
                screening::merge(app, session, self.topic, None, other).await.map(drop)
            }
            Try::TakeIn => {
                let other = self.accepted(session).await;
                screening::merge(app, session, other, None, self.topic).await.map(drop)
            }
            Try::Stranger => {
                let stranger = admit(app, &self.city.slug, Access::AnyMember, &self.city.stranger).await;
                let done = execution::assign(app, &stranger, resolution, self.lists(now)).await;
                assert!(done.is_err(), "nobody without the role files lists");
                done.map(drop)
            }
        }
    }

    /// Another topic that was accepted.
    async fn accepted(&self, session: &Session) -> TopicId {
        let other = raise(self.city, session).await;
        let accepted = screening::Acceptance::default();
        screening::accept(&self.city.app, session, other, None, accepted).await.expect("accepted");
        other
    }
}

pub fn unit(name: &str, agents: Vec<MemberId>) -> VotingUnit {
    VotingUnit { name: name.into(), heads: 1, floor_area: None, agents }
}

async fn raise(city: &City, session: &Session) -> TopicId {
    let new = topics::NewTopic {
        unit: city.other,
        title: "小区路灯不亮".into(),
        body: "两盏路灯已有一周不亮。".into(),
        channel: Channel::Online,
        on_behalf_of: None,
        place: None,
        category: None,
    };
    topics::raise(&city.app, session, new).await.expect("raised")
}
