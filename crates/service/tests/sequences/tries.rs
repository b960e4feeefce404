//! What is tried, and how often.

use proptest::prelude::*;
use yishi_domain::{
    calls::Reply,
    channels::{RatingChannel, Side},
    findings::{FindingKind, Measure},
    meetings,
    opinions::Stance,
    workflow::Stage,
};

use crate::{
    books::Book::{self, Draw, GiveBack, Offer as Lend, Receive, Release, Reverse, SetAside, Spend},
    cases::Try,
    changes::Change::{self, AddDepartment, Advisers, MoveDepartment},
    offices::Office::{
        self, Appoint, Assign, AttachToItem, AttachToMeeting, Credit, EnterPerson, Evaluate, FoundBody, MeetOnline,
        PublishPoints, RateFor, Recuse, Register, RegisterKey, Sit, Undo,
    },
    outside::Outside::{self, CallBack, MakeKey, Request},
    polls::{
        Poll::{self, CastAll, Open},
        Sort,
    },
    talks::Talk::{
        self, AddStatement, AdoptMinutes, Amend, Answer, AnswerMinutes, AskToSpeak, Attach, Attend, BeginSpeech,
        ComeForAnother, Comment, DecideAmendment, Empower, EndSpeech, EnterStances, EraseAttachment, FileMinutes,
        Follow, HideComment, Invite, ObjectToMinutes, Reply as Replied, SpeakForAnother, SplitOff, State, Support,
        Take, TakeBackMandate, Visit, VoteForAnother, Word,
    },
};

/// The sorts of ballots that are opened as such.
const SORTS: [Sort; 7] =
    [Sort::Options, Sort::Secret, Sort::Area, Sort::Drawn, Sort::Recused, Sort::FirstRound, Sort::NextRound];

/// A try, and what is tried at the same time.
pub type Step = (Try, Option<Try>);

fn one() -> impl Strategy<Value = Try> {
    let reply = prop::sample::select(Reply::ALL);
    let kind = prop::sample::select(FindingKind::ALL);
    let measure = prop::sample::select(Measure::ALL);
    prop_oneof![
        12 => Just(Try::Forward),
        1 => (0_u8..2).prop_map(Try::Convene),
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
        1 => Just(Try::CallInWorkingDays),
        2 => kind.prop_map(Try::Note),
        2 => Just(Try::Answer),
        1 => Just(Try::AskAgain),
        2 => measure.prop_map(Try::CloseFinding),
        1 => (0_u8..=100).prop_map(Try::Rate),
        3 => (1_u32..200).prop_map(Try::Advance),
        1 => Just(Try::Stranger),
        2 => any::<bool>().prop_map(Try::Paper),
        1 => Just(Try::Void),
        2 => Just(Try::Object),
        2 => any::<bool>().prop_map(Try::AnswerObjection),
        1 => Just(Try::TakeIn),
        1 => any::<bool>().prop_map(Try::CountPaperAgain),
        1 => Just(Try::CorrectRoll),
        1 => Just(Try::Conclude),
        1 => any::<bool>().prop_map(Try::LookBack),
        18 => talk().prop_map(Try::Talk),
        12 => book().prop_map(Try::Book),
        6 => poll().prop_map(Try::Poll),
        14 => office().prop_map(Try::Office),
        7 => outside().prop_map(Try::Outside),
        6 => change().prop_map(Try::Change),
    ]
}

fn poll() -> impl Strategy<Value = Poll> {
    let sort = prop::sample::select(SORTS.to_vec());
    prop_oneof![3 => sort.prop_map(Poll::Open), 2 => any::<bool>().prop_map(Poll::CastAll)]
}

fn office() -> impl Strategy<Value = Office> {
    let channel = prop::sample::select(vec![RatingChannel::Paper, RatingChannel::Telephone]);
    prop_oneof![
        1 => Just(Office::FoundBody),
        1 => Just(Office::ChangeBody),
        1 => Just(Office::Sit),
        1 => Just(Office::MeetOnline),
        1 => Just(Office::Register),
        1 => Just(Office::EndRegistration),
        1 => Just(Office::Appoint),
        1 => Just(Office::RegisterKey),
        2 => (2_024_u16..2_028).prop_map(Office::Evaluate),
        1 => any::<bool>().prop_map(Office::Settle),
        1 => Just(Office::SetWorkingDays),
        2 => Just(Office::EnterPerson),
        1 => Just(Office::Assign),
        1 => Just(Office::Recuse),
        2 => Just(Office::PublishPoints),
        2 => Just(Office::Credit),
        1 => Just(Office::Undo),
        1 => channel.prop_map(Office::RateFor),
        1 => Just(Office::AttachToMeeting),
        1 => Just(Office::AttachToItem),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => any::<bool>().prop_map(Change::Activate),
        1 => Just(Change::RollBack),
        2 => (0_u8..3).prop_map(Change::AddDepartment),
        2 => Just(Change::MoveDepartment),
        1 => any::<bool>().prop_map(Change::Prefer),
        1 => any::<bool>().prop_map(Change::TellBy),
        2 => Just(Change::Advisers),
    ]
}

fn outside() -> impl Strategy<Value = Outside> {
    prop_oneof![
        1 => Just(Outside::Map),
        2 => (0_u8..6).prop_map(Outside::Order),
        1 => any::<bool>().prop_map(Outside::CallBack),
        2 => Just(Outside::MakeKey),
        1 => Just(Outside::RevokeKey),
        2 => Just(Outside::Request),
        1 => (0_u8..4).prop_map(Outside::Funds),
        2 => (1_u64..600).prop_map(Outside::Income),
    ]
}

fn talk() -> impl Strategy<Value = Talk> {
    let side = prop::sample::select(Side::ALL);
    let stance = prop::sample::select(Stance::ALL);
    let reply = prop::sample::select(meetings::Reply::ALL);
    prop_oneof![
        1 => any::<bool>().prop_map(Talk::Support),
        1 => any::<bool>().prop_map(Talk::Follow),
        1 => Just(Talk::Comment),
        1 => Just(Talk::HideComment),
        1 => Just(Talk::Answer),
        1 => Just(Talk::SplitOff),
        1 => side.prop_map(Talk::State),
        1 => Just(Talk::Word),
        1 => Just(Talk::Amend),
        1 => any::<bool>().prop_map(Talk::DecideAmendment),
        1 => Just(Talk::AddStatement),
        1 => stance.clone().prop_map(Talk::Take),
        1 => stance.prop_map(Talk::EnterStances),
        2 => Just(Talk::Invite),
        1 => reply.prop_map(Talk::Reply),
        1 => Just(Talk::AskToSpeak),
        1 => Just(Talk::BeginSpeech),
        1 => Just(Talk::EndSpeech),
        2 => Just(Talk::Attend),
        2 => Just(Talk::FileMinutes),
        2 => Just(Talk::ObjectToMinutes),
        2 => any::<bool>().prop_map(Talk::AnswerMinutes),
        2 => Just(Talk::AdoptMinutes),
        1 => Just(Talk::Attach),
        1 => Just(Talk::EraseAttachment),
        2 => Just(Talk::Empower),
        1 => Just(Talk::TakeBackMandate),
        2 => Just(Talk::VoteForAnother),
        1 => Just(Talk::ComeForAnother),
        1 => Just(Talk::SpeakForAnother),
        1 => Just(Talk::Visit),
    ]
}

fn book() -> impl Strategy<Value = Book> {
    let amount = || 0_u64..600;
    prop_oneof![
        2 => amount().prop_map(Book::Receive),
        1 => Just(Book::Budget),
        1 => amount().prop_map(Book::Transfer),
        2 => amount().prop_map(Book::SetAside),
        1 => amount().prop_map(Book::Release),
        2 => amount().prop_map(Book::Spend),
        2 => Just(Book::Reverse),
        1 => Just(Book::OpenCampaign),
        1 => amount().prop_map(Book::Pledge),
        1 => (0_u64..40).prop_map(Book::Offer),
        2 => (0_u64..40).prop_map(Book::Draw),
        1 => Just(Book::GiveBack),
    ]
}

/// What is tried, one after the other or two at once; seldom the case ends early.
pub fn tries() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        60 => any::<u8>().prop_map(|it| (Try::Fitting(it), None)),
        30 => one().prop_map(|it| (it, None)),
        6 => any::<(u8, u8)>().prop_map(|it| (Try::Fitting(it.0), Some(Try::Fitting(it.1)))),
        8 => (one(), one()).prop_map(|(it, other)| (it, Some(other))),
        // The same by two people, of whom one comes too late or both are heard.
        4 => one().prop_map(|it| (it, Some(it))),
        1 => prop::sample::select(vec![Try::MergeInto, Try::Reject, Try::Withdraw, Try::Annul]).prop_map(|it| (it, None)),
    ];
    (begun(), prop::collection::vec(step, 10..50)).prop_map(|(begun, steps)| {
        let begun = begun.into_iter().map(|it| (it, None));
        begun.chain(steps).collect()
    })
}

/// How a case has got to where a sequence goes on from; what takes long to come about comes about in some.
fn begun() -> impl Strategy<Value = Vec<Try>> {
    let convened = [Try::Forward, Try::Talk(Empower), Try::Convene(1), Try::Talk(Invite), Try::Talk(AskToSpeak)];
    let minuted = [Attend, AskToSpeak, FileMinutes, ObjectToMinutes].map(Try::Talk);
    let minuted = [vec![Try::Forward, Try::Convene(0)], minuted.to_vec()].concat();
    let to_be_done = [[Try::Forward; 2], [Try::Advance(1), Try::Forward], [Try::Advance(50), Try::Forward]].concat();
    let disappointed = [Try::Forward, Try::Rate(20), Try::Advance(400)];
    let once = [&to_be_done[..], &disappointed].concat();
    let twice = [vec![Try::Forward; 2], once.clone(), vec![Try::Forward], once].concat();
    let drawn = [Try::Office(Register), Try::Forward, Try::Forward, Try::Forward, Try::Poll(Open(Sort::Drawn))];
    let rounds =
        [vec![Try::Forward; 3], vec![Try::Poll(Open(Sort::FirstRound)), Try::Advance(1), Try::Forward]].concat();
    let rounds = [rounds, vec![Try::Poll(Open(Sort::NextRound)), Try::Advance(1), Try::Forward]].concat();
    let advised = [EnterPerson, Assign, Recuse, PublishPoints, Credit, Undo].map(Try::Office);
    let evaluated = [Appoint, RegisterKey, Evaluate(2_025)].map(Try::Office);
    let asked = [MakeKey, Request].map(Try::Outside);
    let moved = [AddDepartment(1), MoveDepartment].map(Try::Change);
    let brought = [Try::Office(EnterPerson), Try::Change(Advisers)];
    let worded = [Word, Amend, DecideAmendment(true), AddStatement, EnterStances(Stance::Agree)].map(Try::Talk);
    let worded = [vec![Try::Forward; 2], worded.to_vec()].concat();
    let spoken = [Try::Advance(1), Try::Talk(BeginSpeech), Try::Talk(EndSpeech)];
    let spoken = [convened.to_vec(), spoken.to_vec()].concat();
    let lent = [Lend(30), Draw(10), GiveBack].map(Try::Book);
    let lent = [&[Try::Forward; 2], &to_be_done[..], &lent].concat();
    prop_oneof![
        10 => (0..10_usize).prop_map(|many| vec![Try::Forward; many]),
        4 => Just(convened.to_vec()),
        4 => Just(minuted),
        2 => Just(twice),
        1 => Just(drawn.to_vec()),
        1 => Just(rounds),
        1 => Just(advised.to_vec()),
        1 => Just(evaluated.to_vec()),
        1 => Just(asked.to_vec()),
        1 => Just(moved.to_vec()),
        1 => Just(brought.to_vec()),
        1 => Just(worded),
        1 => Just(spoken),
        1 => Just(lent),
    ]
}

/// What people do who know where a case stands, each as likely as the others.
pub fn fitting(stage: Stage, pick: u8) -> Try {
    use Try::{
        AddItem, Advance, AnswerCall, AnswerObjection, AnswerOffer, AskAgain, AskTime, Book, Call, CallInWorkingDays,
        CloseCall, CloseFinding, Conclude, Convene, CorrectRoll, CountPaperAgain, DecideTime, Finish, Forward,
        LookBack, MergeInto, Note, Object, Office, Outside, Paper, Poll, Rate, Reject, Report, Split, TakeIn, Talk,
        Void, Vote, Withdraw,
    };
    let list: &[Try] = match stage {
        Stage::Submitted => {
            &[Forward, Forward, Forward, Forward, Talk(Attach), Talk(Answer), Talk(Visit), Call, Reject, Withdraw]
        }
        Stage::Accepted => &[
            Forward,
            Forward,
            Forward,
            Forward,
            Talk(Support(true)),
            Talk(Support(false)),
            Talk(Follow(true)),
            Talk(Comment),
            Talk(HideComment),
            Talk(SplitOff),
            Talk(EraseAttachment),
            TakeIn,
            MergeInto,
        ],
        Stage::Deliberating => &[
            Forward,
            Forward,
            Convene(0),
            Convene(1),
            Advance(1),
            Talk(Invite),
            Talk(Replied(meetings::Reply::Coming)),
            Talk(AskToSpeak),
            Talk(BeginSpeech),
            Talk(EndSpeech),
            Talk(Attend),
            Talk(Empower),
            Talk(ComeForAnother),
            Talk(SpeakForAnother),
            Talk(FileMinutes),
            Talk(FileMinutes),
            Talk(ObjectToMinutes),
            Talk(AnswerMinutes(true)),
            Talk(AnswerMinutes(false)),
            Talk(AdoptMinutes),
            Talk(State(Side::Against)),
            Talk(Word),
            Talk(Amend),
            Talk(DecideAmendment(true)),
            Talk(DecideAmendment(false)),
            Talk(AddStatement),
            Talk(Take(Stance::Agree)),
            Talk(Take(Stance::Pass)),
            Talk(EnterStances(Stance::Disagree)),
            Office(FoundBody),
            Office(Sit),
            Office(MeetOnline),
            Office(AttachToMeeting),
            Office(EnterPerson),
            Office(Assign),
            Office(Recuse),
        ],
        Stage::Deliberated => &[
            Forward,
            Forward,
            Forward,
            Forward,
            Poll(Open(Sort::Options)),
            Poll(Open(Sort::Secret)),
            Poll(Open(Sort::Area)),
            Office(Register),
            Poll(Open(Sort::Drawn)),
            Poll(Open(Sort::Recused)),
            Poll(Open(Sort::FirstRound)),
            Poll(Open(Sort::NextRound)),
            Poll(Open(Sort::NextRound)),
            Talk(Empower),
            Convene(0),
        ],
        Stage::Deciding => &[
            Forward,
            Forward,
            Forward,
            Vote(true),
            Vote(false),
            Paper(true),
            Paper(false),
            Void,
            CountPaperAgain(true),
            CountPaperAgain(false),
            Poll(CastAll(true)),
            Poll(CastAll(false)),
            Talk(VoteForAnother),
            Talk(TakeBackMandate),
            CorrectRoll,
            Advance(1),
            Advance(60),
        ],
        Stage::NotAdopted => &[Forward],
        Stage::Decided => &[
            Forward,
            Forward,
            Object,
            Object,
            AnswerObjection(true),
            AnswerObjection(false),
            AnswerObjection(false),
            Book(Receive(500)),
            Book(SetAside(200)),
            Advance(50),
        ],
        Stage::Executing => &[
            Forward,
            AddItem,
            AddItem,
            Report,
            Finish,
            AskTime,
            DecideTime(true),
            DecideTime(false),
            Try::Offer,
            AnswerOffer(true),
            AnswerOffer(false),
            Split,
            Call,
            AnswerCall(Reply::Accepted),
            AnswerCall(Reply::OnSite),
            CloseCall,
            Note(FindingKind::Finding),
            Try::Answer,
            AskAgain,
            CloseFinding(Measure::None),
            CloseFinding(Measure::Correction),
            Book(Receive(900)),
            Book(SetAside(400)),
            Book(Spend(100)),
            Book(Release(50)),
            Book(Reverse),
            Office(AttachToItem),
            CallInWorkingDays,
            Book(Lend(30)),
            Book(Draw(10)),
            Book(GiveBack),
            Advance(40),
        ],
        Stage::Done => &[
            Forward,
            Rate(20),
            Rate(20),
            Office(RateFor(RatingChannel::Paper)),
            Office(RateFor(RatingChannel::Telephone)),
            Outside(CallBack(false)),
            Advance(400),
            Conclude,
            LookBack(true),
            Try::Answer,
            CloseFinding(Measure::Talk),
        ],
        Stage::Closed => &[LookBack(true), LookBack(false), Note(FindingKind::Question), Talk(Answer)],
        Stage::Rejected | Stage::Merged | Stage::Withdrawn => &[Talk(Answer), Advance(20)],
    };
    list[usize::from(pick) % list.len()]
}
