//! What the use cases of a topic share: loading it, and moving it through its stages.

use serde::{Deserialize, Serialize};
use yishi_domain::{
    Ctx, Refusal, RefusalKind, TopicId,
    workflow::{Stage, Step, after},
};
use yishi_store::{
    TenantTx, WriteTx,
    topics::{self, Topic},
};

use crate::failures::Failure;

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    /// The topic.
    pub topic: TopicId,
    /// Where it stands now.
    pub stage: Stage,
    /// Its version.
    pub version: u64,
}

impl Stepped {
    pub(crate) fn of(topic: &Topic) -> Self {
        Self { topic: topic.id, stage: topic.stage, version: topic.version }
    }
}

/// Finds a topic.
pub(crate) async fn find(tx: &mut TenantTx, id: TopicId) -> Result<Topic, Failure> {
    Ok(topics::find(tx, id).await?.ok_or_else(unknown)?)
}

/// Finds a topic and keeps it from changing; refuses where it has changed since the caller read it.
pub(crate) async fn lock(tx: &mut WriteTx, id: TopicId, seen: Option<u64>) -> Result<Topic, Failure> {
    let topic = topics::lock(tx, id).await?.ok_or_else(unknown)?;
    require_version("topic.stale", "topic", seen, topic.version)?;
    Ok(topic)
}

/// Refuses where a thing has changed since the caller read it.
pub(crate) fn require_version(code: &'static str, what: &str, seen: Option<u64>, present: u64) -> Result<(), Refusal> {
    match seen {
        Some(version) if version != present => {
            let text = format!("the {what} has version {present}, and {version} was read");
            let refusal = Refusal::new(RefusalKind::Stale, code, text).with_fix(format!("read the {what} again"));
            Err(Refusal { current_version: Some(present), ..refusal })
        }
        _ => Ok(()),
    }
}

/// Takes a step, if the workflow has it, and saves the topic.
pub(crate) async fn step(ctx: &Ctx, tx: &mut WriteTx, topic: &mut Topic, step: Step) -> Result<(), Failure> {
    topic.stage = after(topic.stage, step)?;
    topic.stage_since = ctx.now;
    Ok(topics::save(tx, topic).await?)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("topic.unknown", "there is no such topic for you")
}

/// Refuses free text that is empty or longer than a number of characters.
pub(crate) fn require_text(code: &'static str, field: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Refusal::invalid(code, field, format!("give 1 to {most} characters")));
    }
    Ok(())
}
