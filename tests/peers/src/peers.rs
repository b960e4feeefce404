//! Those who answer the same question, each in its own way.

mod extisms;
mod hosts;
mod natives;
mod regos;
mod webhooks;

use std::path::Path;

use anyhow::{Result, ensure};
use yishi_domain::voting::Verdict;

use crate::questions::Question;

pub use hosts::{Host, component};

/// One who asks a peer, on a thread of its own.
pub type Session = Box<dyn FnMut(&Question) -> Result<Verdict> + Send>;

/// Who answers.
pub struct Peer {
    /// What it is called in the report.
    pub name: &'static str,
    /// Begins to ask it.
    pub session: Box<dyn Fn() -> Result<Session>>,
}

impl Peer {
    fn new(name: &'static str, session: impl Fn() -> Result<Session> + 'static) -> Self {
        Self { name, session: Box::new(session) }
    }

    /// Fails unless it comes to the expected verdict on every question.
    pub fn check(&self, questions: &[Question]) -> Result<()> {
        let mut session = (self.session)()?;
        for question in questions {
            let verdict = session(question)?;
            ensure!(
                question.agrees(&verdict),
                "{} disagrees: {verdict:?}, expected {:?}",
                self.name,
                question.expected
            );
        }
        Ok(())
    }
}

/// All of them; the rule sets and the guest lie in the folder of built plugins.
pub fn all(plugins: &Path, host: &Host) -> Result<Vec<Peer>> {
    let mut peers = vec![natives::peer()];
    peers.extend(host.peers(plugins)?);
    peers.extend(extisms::peers(plugins)?);
    peers.extend(regos::peers()?);
    peers.push(webhooks::peer()?);
    Ok(peers)
}
