//! What offices do beside cases: standing bodies, the registers of voters and of people, roles, evaluations, settings and working days.

use ed25519_dalek::{Signer as _, SigningKey};
use yishi_domain::{
    AdviserId, BodyId, Digest, MeetingId, RegistrationId,
    access::Role,
    bodies::BodyKind,
    books::Book,
    channels::RatingChannel,
    evaluations::{Score, Subject, statement},
    meetings::Mode,
    registers::Capacity,
    settings::Settings,
    topics::Form,
};
use yishi_service::{
    attachments, bodies, books, evaluations, failures::Failure, meetings, memberships, people, registers,
    sessions::Session, settings, spools::Spool, surveys, working_days,
};

use crate::cases::{Case, Standing};

/// What an office does.
#[derive(Clone, Copy, Debug)]
pub enum Office {
    FoundBody,
    ChangeBody,
    /// A sitting of the last body, on the case.
    Sit,
    MeetOnline,
    Register,
    EndRegistration,
    Appoint,
    RegisterKey,
    Evaluate(u16),
    Settle(bool),
    SetWorkingDays,
    EnterPerson,
    Assign,
    Recuse,
    PublishPoints,
    Credit,
    Undo,
    /// A rating that did not come through the interface.
    RateFor(RatingChannel),
    AttachToMeeting,
    AttachToItem,
}

/// Somebody of a pool.
pub const PERSON: &str = "M-1";

/// What a volunteer was credited with last.
#[derive(Clone)]
struct Credited(String);

impl Case<'_> {
    pub(crate) async fn office(&mut self, what: Office, session: &Session, known: &Standing) -> Result<(), Failure> {
        let (app, topic, now) = (&self.city.app, self.topic, session.ctx.now);
        let (unit, code, proxy) = (self.city.other, self.city.code_of_other(), self.city.proxy.0);
        let today = now.date_naive();
        match what {
            Office::FoundBody => {
                let members = vec![self.city.everybody.0];
                let (kind, name) = (BodyKind::Council, "街道议事会".into());
                let new = bodies::NewBody { unit, kind, name, months: Some(1), members };
                self.keep(bodies::found(app, session, new).await?);
            }
            Office::ChangeBody => bodies::change(app, session, self.last(), vec![proxy], vec![]).await?,
            Office::Sit => {
                let body: BodyId = self.last();
                let new = meetings::NewMeeting { body: Some(body), ..Self::meeting(now) };
                self.keep::<MeetingId>(meetings::convene(app, session, topic, new).await?);
            }
            Office::MeetOnline => {
                let (link, form) = (Some("https://meet.example/1".into()), Some(Form::RoundTable));
                let new = meetings::NewMeeting { mode: Mode::Online, link, form, ..Self::meeting(now) };
                self.keep::<MeetingId>(meetings::convene(app, session, topic, new).await?);
            }
            Office::Register => {
                let (member, capacity) = (self.city.everybody.0, Capacity::Resident);
                let voting_unit = "1-101".into();
                let new = registers::NewRegistration { member, unit, capacity, voting_unit, floor_area: None };
                let made = registers::register(app, session, vec![new]).await?;
                made.into_iter().for_each(|it: RegistrationId| self.keep(it));
            }
            Office::EndRegistration => registers::end(app, session, self.last()).await?,
            Office::Appoint => {
                let until = Some(now + chrono::Duration::days(100));
                memberships::create_grant(app, session, proxy, unit, Role::Evaluator, until).await?;
            }
            Office::RegisterKey => {
                let public = key().verifying_key().to_bytes();
                evaluations::register(app, session, proxy, "评估中心".into(), public).await?;
            }
            Office::Evaluate(year) => {
                let (scores, report) = (vec![Score { criterion: "参与".into(), score: 88 }], Digest([5; 32]));
                let said = statement(Subject { tenant: &self.city.slug, unit: &code, year }, &scores, &report);
                let signature = key().sign(said.as_bytes()).to_bytes().to_vec();
                let new = evaluations::NewEvaluation { unit, year, scores, report, signature };
                evaluations::file(app, &self.proxy().await, new).await?;
            }
            Office::Settle(strict) => {
                let new = Settings {
                    satisfaction_floor_per_mille: if strict { 950 } else { 600 },
                    look_back_days: if strict { 5 } else { 90 },
                    closing_needs_look_back: strict,
                    closing_needs_findings_closed: strict,
                };
                settings::change(app, session, new, |_| Ok::<_, Failure>(())).await?;
            }
            Office::SetWorkingDays => {
                let day = working_days::SpecialDay { day: today, working: false, name: "调休".into() };
                working_days::put(app, session, chrono::Datelike::year(&today), vec![day]).await?;
            }
            Office::EnterPerson => {
                let cells = [("name", "赵调解"), ("pool", "mediator"), ("capacity", "2"), ("since", "2025-01-01")];
                books::put(app, session, Book::People, row(PERSON, &code, &cells)).await?;
            }
            Office::Assign => self.keep::<AdviserId>(people::assign(app, session, topic, PERSON.into()).await?),
            Office::Recuse => people::recuse(app, session, self.last(), "亲属".into()).await?,
            Office::PublishPoints => {
                let cells = [("activity", "巡查"), ("points_per_hour", "3"), ("since", "2025-01-01")];
                books::put(app, session, Book::PointRules, row("R-1", &code, &cells)).await?;
            }
            Office::Credit => {
                let done = people::Service { activity: "巡查".into(), hours: 2, served_on: today };
                self.keep(Credited(people::credit(app, session, PERSON.into(), done).await?));
            }
            Office::Undo => {
                let Credited(row) = self.made().unwrap_or(Credited(String::new()));
                people::undo(app, session, &row).await?;
            }
            Office::RateFor(channel) => {
                let rating = surveys::Rating { score: 40, words: Some("慢".into()), channel, member: Some(proxy) };
                surveys::rate(app, session, self.last(), rating).await?;
            }
            Office::AttachToMeeting => self.attach(session, attachments::Target::Meeting(self.last())).await?,
            Office::AttachToItem => {
                let item = known.items.keys().next_back().copied().unwrap_or_else(|| uuid::Uuid::nil().into());
                self.attach(session, attachments::Target::Item(item)).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn attach(&mut self, session: &Session, to: attachments::Target) -> Result<(), Failure> {
        let text = format!("路灯照片说明 {to:?}");
        let spool = Spool::read(text.as_bytes(), 1_000).await.expect("read").expect("small");
        self.keep(attachments::add(&self.city.app, session, to, attachments::Said::default(), spool).await?);
        Ok(())
    }
}

/// The key of the one evaluator.
fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn row(key: &str, unit: &str, cells: &[(&str, &str)]) -> yishi_domain::books::Cells {
    let known = [("key", key), ("unit", unit)];
    known.iter().chain(cells).map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}
