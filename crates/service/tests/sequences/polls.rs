//! Ballots of every sort on a case: on options, secret, by area, drawn from the register, with somebody recused, and in rounds.

use yishi_domain::{
    BallotId, BatchId,
    ballots::{ControlTotals, VotingUnit},
    voting::{Choice, Electorate},
};
use yishi_service::{
    ballots, batches, casting,
    failures::Failure,
    registers::Draw,
    rolls::Removal,
    sessions::{Claim, Session},
    voting,
};

use crate::cases::{Case, unit};

/// A sort of ballot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// On one proposal, openly, each voting unit as much as another.
    #[default]
    Plain,
    /// Among two options: by approval under the standard rules, in an order under the city's own.
    Options,
    /// Secret, where the city's own rules have such.
    Secret,
    /// Owners, who weigh by their area.
    Area,
    /// The roll comes from the register.
    Drawn,
    /// One of the roll is recused.
    Recused,
    /// The first of two rounds, where the city's own rules have such.
    FirstRound,
    /// The round after the last ballot.
    NextRound,
}

/// What people do with ballots.
#[derive(Clone, Copy, Debug)]
pub enum Poll {
    Open(Sort),
    /// All votes in one request.
    CastAll(bool),
}

impl Sort {
    /// The matter by which the city's own rules know it.
    const fn matter(self) -> Option<&'static str> {
        match self {
            Self::Secret => Some("secret"),
            Self::FirstRound | Self::NextRound => Some("rounds"),
            _ => None,
        }
    }

    fn electorate(self) -> Electorate {
        match self {
            Self::Area => Electorate::Owners,
            Self::NextRound => Electorate::PartyMembers,
            _ => Electorate::Residents,
        }
    }
}

impl Case<'_> {
    pub(crate) async fn poll(&mut self, what: Poll, session: &Session) -> Result<(), Failure> {
        match what {
            Poll::Open(sort) => self.open(session, sort).await,
            Poll::CastAll(yes) => {
                let names = ["1-101", "1-102", "1-103"];
                let list = names.map(|it| voting::NewVote { choice: self.choice(yes), ..vote(it) }).to_vec();
                let (tenant, member) = (self.city.slug.clone(), self.city.everybody.0);
                let claim = Claim { tenant, member, request: session.ctx.request, wall: session.ctx.wall, once: None };
                let cast = casting::cast_all(&self.city.app, &claim, self.last(), list).await?;
                let (done, mut refused): (Vec<_>, Vec<_>) = cast.into_iter().partition(Result::is_ok);
                match (done.is_empty(), refused.pop()) {
                    (true, Some(first)) => first.map(drop),
                    _ => Ok(()),
                }
            }
        }
    }

    pub(crate) async fn open(&mut self, session: &Session, sort: Sort) -> Result<(), Failure> {
        let agents = vec![self.city.everybody.0];
        // Nobody acts for the second one: it votes on paper.
        let mut roll = vec![unit("1-101", agents), unit("1-102", vec![])];
        if sort == Sort::Recused {
            roll.push(unit("1-103", vec![]));
        }
        if sort == Sort::Area {
            roll = roll.into_iter().zip([8_850, 12_000]).map(|(it, area)| of_area(it, area)).collect();
        }
        let draw = (sort == Sort::Drawn).then_some(Draw { unit: Some(self.city.other), minimum_age: None });
        let recused = Removal { voting_unit: "1-103".into(), reason: "承建人".into(), recused: true };
        let option =
            |code: &str, title: &str| ballots::NewOption { code: code.into(), title: title.into(), cost: None };
        let options = vec![option("lamps", "更换路灯"), option("wires", "更换线路")];
        let new = ballots::NewBallot {
            question: "是否更换？".into(),
            matter: sort.matter().map(Into::into),
            electorate: sort.electorate(),
            roll: if draw.is_some() { vec![] } else { roll },
            draw,
            recusals: if sort == Sort::Recused { vec![recused] } else { vec![] },
            options: if sort == Sort::Options { options } else { vec![] },
            budget: None,
            after: (sort == Sort::NextRound).then(|| self.last()),
        };
        let opened: BallotId = ballots::open(&self.city.app, session, self.topic, new).await?;
        self.keep(opened);
        self.keep(sort);
        Ok(())
    }

    /// What is said for or against, as the last ballot takes it.
    fn choice(&self, yes: bool) -> Choice {
        let order = if yes { ["lamps", "wires"] } else { ["wires", "lamps"] };
        match (self.sort(), self.city.rules.is_some()) {
            (Sort::Options, true) => Choice::Ranked(order.map(Into::into).to_vec()),
            (Sort::Options, false) => Choice::Approved(vec![order[0].into()]),
            _ if yes => Choice::InFavour,
            _ => Choice::Against,
        }
    }

    fn sort(&self) -> Sort {
        self.made().unwrap_or_default()
    }

    fn is_secret(&self) -> bool {
        self.sort() == Sort::Secret && self.city.rules.is_some()
    }

    pub(crate) async fn vote(&self, session: &Session, yes: bool) -> Result<(), Failure> {
        let vote = voting::NewVote { choice: self.choice(yes), ..vote("1-101") };
        voting::cast(&self.city.app, session, self.last(), vote).await.map(drop)
    }

    pub(crate) async fn enter(&mut self, session: &Session, yes: bool) -> Result<(), Failure> {
        let entered: BatchId = batches::enter(&self.city.app, session, self.last(), self.paper(yes)).await?;
        self.keep(entered);
        self.keep(Entered(yes));
        Ok(())
    }

    pub(crate) async fn void(&self, session: &Session) -> Result<(), Failure> {
        batches::void(&self.city.app, session, self.last(), self.last(), self.misread()).await
    }

    pub(crate) async fn count_paper_again(&mut self, session: &Session, yes: bool) -> Result<(), Failure> {
        let (new, app) = (self.paper(yes), &self.city.app);
        self.keep(batches::recount(app, session, self.last(), self.last::<BatchId>(), self.misread(), new).await?);
        self.keep(Entered(yes));
        Ok(())
    }

    /// Why the last batch is not what its paper says.
    fn misread(&self) -> batches::Voiding {
        let Entered(yes) = self.made().unwrap_or_default();
        let contents = if self.is_secret() { vec![(self.choice(yes), 1)] } else { vec![] };
        batches::Voiding { reason: "误录".into(), contents }
    }

    /// A batch of one paper.
    fn paper(&self, yes: bool) -> batches::NewBatch {
        let (choice, secret) = (self.choice(yes), self.is_secret());
        let count = |wanted: &Choice| u64::from(choice == *wanted);
        let named: &[String] = match &choice {
            Choice::Approved(options) | Choice::Ranked(options) => options,
            _ => &[],
        };
        let control = ControlTotals {
            papers: 1,
            in_favour: count(&Choice::InFavour),
            against: count(&Choice::Against),
            options: named.iter().map(|it| (it.clone(), 1)).collect(),
            ..ControlTotals::default()
        };
        batches::NewBatch {
            station: "社区议事厅".into(),
            witness: self.city.boss,
            scan_reference: "scans/1.pdf".into(),
            meeting: None,
            control,
            papers: vec![("1-102".into(), (!secret).then(|| choice.clone()))],
            contents: if secret { vec![(choice, 1)] } else { vec![] },
        }
    }
}

/// What the last batch was entered as.
#[derive(Clone, Copy, Default)]
struct Entered(bool);

fn vote(voting_unit: &str) -> voting::NewVote {
    voting::NewVote { voting_unit: voting_unit.into(), choice: Choice::Abstained, reason: None }
}

fn of_area(unit: VotingUnit, area: u64) -> VotingUnit {
    VotingUnit { floor_area: Some(area), ..unit }
}
