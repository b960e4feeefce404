//! What is said in a case: in the pool, at meetings, about minutes, and by whoever speaks and votes for somebody else.

use chrono::Duration;
use yishi_domain::{
    AmendmentId, MeetingId, MemberId, StatementId,
    channels::{Presence, Side},
    meetings::{Part, Reply},
    opinions::Stance,
    visits::{Help, Helped},
    voting::Choice,
};
use yishi_service::{
    attachments, failures::Failure, invitations, mandates, meetings, minutes, pool, positions, sessions::Access,
    sessions::Session, speeches, statements, visits, voting,
};

use crate::{cases::Case, cities::admit};

/// What somebody says, or does so that it can be said.
#[derive(Clone, Copy, Debug)]
pub enum Talk {
    Support(bool),
    Follow(bool),
    Comment,
    HideComment,
    Answer,
    SplitOff,
    State(Side),
    Word,
    Amend,
    DecideAmendment(bool),
    AddStatement,
    Take(Stance),
    EnterStances(Stance),
    Invite,
    Reply(Reply),
    AskToSpeak,
    BeginSpeech,
    EndSpeech,
    Attend,
    FileMinutes,
    ObjectToMinutes,
    AnswerMinutes(bool),
    AdoptMinutes,
    Attach,
    EraseAttachment,
    Empower,
    TakeBackMandate,
    /// Votes, comes to the meeting and speaks by a mandate.
    VoteForAnother,
    ComeForAnother,
    SpeakForAnother,
    Visit,
}

impl Case<'_> {
    pub(crate) async fn talk(&mut self, what: Talk, session: &Session) -> Result<(), Failure> {
        let (app, topic, meeting): (_, _, MeetingId) = (&self.city.app, self.topic, self.last());
        let (me, other) = (self.city.everybody.0, self.city.proxy.0);
        match what {
            Talk::Support(bound) => pool::bind(app, session, topic, pool::stored::Bond::Support, bound).await?,
            Talk::Follow(bound) => pool::bind(app, session, topic, pool::stored::Bond::Following, bound).await?,
            Talk::Comment => self.keep(pool::comment(app, session, topic, None, "附议".into()).await?),
            Talk::HideComment => pool::hide(app, session, self.last(), "离题".into()).await?,
            Talk::Answer => drop(pool::answer(app, session, topic, "本周内修好。".into()).await?),
            Talk::SplitOff => {
                let part = pool::Part { title: "另一盏路灯".into(), body: "在七号楼前。".into() };
                pool::split(app, session, topic, vec![part]).await?;
            }
            Talk::State(side) => positions::state(app, session, topic, side, "费用".into()).await?,
            Talk::Word => {
                let seen = self.version(session).await?;
                positions::word(app, session, topic, seen, "更换全部路灯。".into()).await?;
            }
            Talk::Amend => {
                let (seen, text) = (self.version(session).await?, "只更换两盏。".into());
                self.keep(positions::propose(app, session, topic, seen, text, "费用".into()).await?);
            }
            Talk::DecideAmendment(accepted) => {
                let amendment: AmendmentId = self.last();
                positions::decide(app, session, amendment, accepted, "采纳情况".into()).await?;
            }
            Talk::AddStatement => {
                let added = statements::add(app, session, topic, vec!["路灯应当更换".into()]).await?;
                added.into_iter().for_each(|it| self.keep(it));
            }
            Talk::Take(stance) => statements::take(app, session, self.last::<StatementId>(), stance).await?,
            Talk::EnterStances(stance) => {
                let statement = self.last::<StatementId>();
                let list = vec![(me, statement, stance), (other, statement, Stance::Agree)];
                statements::enter(app, session, topic, list).await?;
            }
            Talk::Invite => {
                let people = vec![(me, Part::Participant), (other, Part::Participant)];
                invitations::invite(app, session, meeting, people).await?;
            }
            Talk::Reply(reply) => invitations::answer(app, session, meeting, reply).await?,
            Talk::AskToSpeak => self.keep(speeches::request(app, session, meeting, Some(0), None).await?),
            Talk::BeginSpeech => speeches::begin(app, session, self.last()).await?,
            Talk::EndSpeech => speeches::end(app, session, self.last()).await?,
            Talk::Attend => self.attend(session).await?,
            Talk::FileMinutes => {
                let new = minutes::NewMinutes { text: "更正后的纪要。".into(), recording: None };
                minutes::file(app, session, meeting, new).await?;
            }
            Talk::ObjectToMinutes => self.keep(minutes::object(app, session, meeting, "漏记发言".into()).await?),
            Talk::AnswerMinutes(upheld) => {
                minutes::answer(app, session, self.last(), upheld, "已核对录音".into()).await?;
            }
            Talk::AdoptMinutes => drop(minutes::adopt(app, session, meeting).await?),
            Talk::Attach => self.attach(session, attachments::Target::Topic(topic)).await?,
            Talk::EraseAttachment => drop(attachments::erase(app, session, self.last(), "误传".into()).await?),
            Talk::Empower => {
                let new = mandates::NewMandate {
                    proxy: other,
                    principal: None,
                    ballot: None,
                    meeting: None,
                    starts_at: None,
                    ends_at: session.ctx.now + Duration::hours(60),
                };
                self.keep(mandates::give(app, session, new).await?);
            }
            Talk::TakeBackMandate => mandates::revoke(app, session, self.last()).await?,
            Talk::VoteForAnother => {
                let choice = Choice::InFavour;
                let vote = voting::NewVote { voting_unit: "1-101".into(), choice, reason: None };
                voting::cast(app, &self.proxy().await, self.last(), vote).await?;
            }
            Talk::ComeForAnother => self.present(session, Some(other)).await?,
            Talk::SpeakForAnother => {
                let asked = speeches::request(app, &self.proxy().await, meeting, Some(0), Some(me)).await;
                self.keep(asked?);
            }
            Talk::Visit => {
                let new = visits::NewVisit {
                    unit: self.city.other,
                    helper: None,
                    helped: Helped::Named("周奶奶".into()),
                    help: Help::Ballot,
                    topic: Some(topic),
                    minutes: 20,
                    visited_on: session.ctx.now.date_naive(),
                    note: None,
                };
                visits::record(app, session, new).await?;
            }
        }
        Ok(())
    }

    /// Comes to the meeting.
    pub(crate) async fn attend(&self, session: &Session) -> Result<(), Failure> {
        self.present(session, None).await
    }

    /// Takes part in the meeting, or has somebody come who does.
    async fn present(&self, session: &Session, mandated: Option<MemberId>) -> Result<(), Failure> {
        let present = meetings::stored::Attendance {
            member: self.city.everybody.0,
            presence: if mandated.is_some() { Presence::Mandated } else { Presence::OnSite },
            mandated,
            mandate: None,
            representative: None,
            profile: Default::default(),
        };
        meetings::attend(&self.city.app, session, self.last(), vec![present]).await.map(drop)
    }

    /// Which version of the wording stands.
    async fn version(&self, session: &Session) -> Result<u32, Failure> {
        let all = positions::wordings(&self.city.app, session, self.topic).await?;
        Ok(all.last().map_or(0, |it| it.version))
    }

    pub(crate) async fn proxy(&self) -> Session {
        admit(&self.city.app, &self.city.slug, Access::AnyMember, &self.city.proxy.1).await
    }
}
