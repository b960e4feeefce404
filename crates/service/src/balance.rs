//! Whether those who take part are like those who live there, by the facts of the population that are in force.

use std::{collections::BTreeMap, fmt::Display};

use chrono::NaiveDate;
use serde_json::json;
use yishi_domain::{
    BallotId, Ctx, Event,
    balance::{LEAST_SHARE, Missing, missing},
    facts::AgeBand,
    meetings::Structure,
};
use yishi_store::{
    TenantTx,
    ballots::{self, Ballot},
    participations, topics,
};

use crate::{App, ballots as opening, cases, events::event, facts, failures::Failure, sessions::Session};

/// Who took part in a ballot: by age band those who voted by themselves and of whom it is known, and the bands that are missed among them.
pub async fn of_ballot(app: &App, session: &Session, id: BallotId) -> Result<(Structure, Vec<Missing>), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let ballot = ballots::find(&mut tx, id).await?.ok_or_else(opening::unknown)?;
    let path = cases::find(&mut tx, ballot.topic).await?.path;
    let voted = voters(&mut tx, &ballot).await?;
    let missing = of(&mut tx, &path, ballot.closes_at.date_naive(), &voted).await?;
    Ok((voted, missing))
}

/// The event that tells which groups were missed in a ballot that has closed, where there are any.
pub(crate) async fn alert(ctx: &Ctx, tx: &mut TenantTx, ballot: &Ballot) -> Result<Vec<Event>, Failure> {
    let Some(topic) = topics::find(tx, ballot.topic).await? else { return Ok(Vec::new()) };
    let voted = voters(tx, ballot).await?;
    let missing = of(tx, &topic.path, ballot.closes_at.date_naive(), &voted).await?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let body = json!({"ballot": ballot.id, "least_share": LEAST_SHARE, "missing": missing});
    Ok(vec![event(ctx, "ballot.imbalanced", ballot.topic.uuid(), body)])
}

async fn voters(tx: &mut TenantTx, ballot: &Ballot) -> Result<Structure, Failure> {
    let day = ballot.closes_at.date_naive();
    let mut voted = Structure::default();
    for born in participations::born(tx, ballot.id).await? {
        if let Some(age) = day.years_since(born) {
            voted.total += 1;
            *voted.age_band.entry(AgeBand::of(age).code().to_owned()).or_default() += 1;
        }
    }
    Ok(voted)
}

/// The groups of a unit's population, by its path, that are missed among those who take part; none where the population is not known.
pub(crate) async fn of(
    tx: &mut TenantTx,
    path: &str,
    day: NaiveDate,
    present: &Structure,
) -> Result<Vec<Missing>, Failure> {
    let Some(known) = facts::population_of(tx, path, day).await? else { return Ok(Vec::new()) };
    let residents = known.population;
    let mut found = missing("age_band", &present.age_band, &by_code(residents.by_age_band));
    found.extend(missing("sex", &present.sex, &by_code(residents.by_sex)));
    found.extend(missing("occupation", &present.occupation, &by_code(residents.by_occupation)));
    Ok(found)
}

fn by_code<K: Display>(numbers: BTreeMap<K, u64>) -> BTreeMap<String, u64> {
    numbers.into_iter().map(|(group, number)| (group.to_string(), number)).collect()
}
