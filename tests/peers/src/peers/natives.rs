//! The evaluator itself, called as a function.

use yishi_domain::standard;

use super::Peer;

/// The peer that all others are measured by.
pub fn peer() -> Peer {
    Peer::new("native", || Ok(Box::new(|question| Ok(standard::verdict(&question.rule, &question.tally)?))))
}
