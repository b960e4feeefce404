//! Compliance of cases: computed from their events whenever it is asked for, never kept.

use std::collections::HashMap;

use yishi_domain::{
    TopicId, UnitId,
    compliance::{Shown, Standing, assess, kinds},
};
use yishi_store::{
    TenantTx, events,
    topics::{self, Topic, TopicFilter},
};

use crate::{App, directory::require_unit, failures::Failure, sessions::Session};

/// How many cases are looked at together.
const CHUNK: u16 = 200;

/// A case with the steps that it must show.
#[derive(Clone, Debug)]
pub struct Compliance {
    /// The case.
    pub topic: Topic,
    /// The steps, in the order of the case.
    pub steps: Vec<Shown>,
}

/// How a case stands to the steps that it must show.
pub async fn get(app: &App, session: &Session, id: TopicId) -> Result<Compliance, Failure> {
    let topic = crate::topics::get(app, session, id).await?;
    let mut shown = of(&mut app.db.read(&session.ctx).await?, vec![topic]).await?;
    shown.pop().ok_or_else(|| Failure::Inconsistent("a case shows nothing".into()))
}

/// Lists the cases under a unit that left a step out or took it too late, in the order in which they were raised.
pub async fn list_unmet(
    app: &App,
    session: &Session,
    unit: Option<UnitId>,
    after: Option<TopicId>,
    limit: u16,
) -> Result<Vec<Compliance>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let under = match unit {
        None => session.root()?,
        Some(unit) => require_unit(&mut tx, unit, "unit").await?.path,
    };
    session.require_reach(&under)?;
    let filter = TopicFilter { under: Some(under), ..TopicFilter::default() };
    let (mut found, mut last) = (Vec::new(), after);
    while found.len() < usize::from(limit) {
        let chunk = topics::page(&mut tx, &filter, last, CHUNK).await?;
        let Some(end) = chunk.last().map(|topic| topic.id) else { break };
        last = Some(end);
        let unmet = |it: &Compliance| it.steps.iter().any(|step| step.standing == Standing::Unmet);
        found.extend(of(&mut tx, chunk).await?.into_iter().filter(unmet));
    }
    found.truncate(limit.into());
    Ok(found)
}

async fn of(tx: &mut TenantTx, topics: Vec<Topic>) -> Result<Vec<Compliance>, Failure> {
    let subjects: Vec<_> = topics.iter().map(|topic| topic.id.uuid()).collect();
    let mut told: HashMap<_, Vec<_>> = HashMap::new();
    for event in events::of_kinds(tx, &subjects, &kinds()).await? {
        told.entry(event.subject).or_default().push(event);
    }
    let shown = |topic: Topic| {
        let events = told.get(&topic.id.uuid()).map_or(&[][..], Vec::as_slice);
        Compliance { steps: assess(topic.significance, topic.form, events), topic }
    };
    Ok(topics.into_iter().map(shown).collect())
}
