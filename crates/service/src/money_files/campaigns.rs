//! Crowdfundings: those that run, and those that had ended elsewhere, whose money came with the entries.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    CampaignId, FundId,
    books::Fault,
    money::{CampaignState, MoneyFile},
};
use yishi_store::{
    Chosen, TenantTx, WriteTx,
    campaigns::{self, Campaign},
};

use super::{
    Beside, REFERENCE, Sheet, Taken, Told, names,
    places::{Names, Places, require_held},
};
use crate::{
    campaigns::{NewCampaign, begin, require_ahead, require_goal},
    failures::Failure,
    lines::{self, Reading, one_of},
    sessions::Session,
};

/// A line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Line {
    reference: String,
    keeper: String,
    fund: String,
    unit: String,
    title: String,
    goal_fen: u64,
    ends_at: DateTime<Utc>,
    state: CampaignState,
}

impl Told for Line {
    const FILE: MoneyFile = MoneyFile::Campaigns;

    fn reference(&self) -> &str {
        &self.reference
    }

    fn read(cells: &mut Reading) -> Option<Self> {
        let (reference, keeper) = (cells.text("reference", REFERENCE), cells.text("keeper", 20));
        let (fund, unit, title) = (cells.text("fund", 100), cells.text("unit", 20), cells.text("title", 200));
        let goal = cells.parsed("goal_fen", || "give a whole number of fen".into());
        let ends = cells.parsed::<DateTime<Utc>>("ends_at", || "give an instant as 2027-01-31T16:00:00Z".into());
        let state = cells.parsed("state", || one_of(CampaignState::ALL.iter().map(|it| it.code())));
        Some(Self { reference, keeper, fund, unit, title, goal_fen: goal?, ends_at: ends?, state: state? })
    }

    fn cells(self) -> Vec<Option<Value>> {
        let Self { reference, keeper, fund, unit, title, goal_fen, ends_at, state } = self;
        let [reference, keeper, fund, unit, title] =
            [reference, keeper, fund, unit, title].map(|it| Some(Value::from(it)));
        let ends_at = ends_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let (goal, state) = (Some(goal_fen.into()), Some(state.code().into()));
        vec![reference, keeper, fund, unit, title, goal, Some(ends_at.into()), state]
    }

    fn beside(&self, known: &Self) -> Beside {
        // A file from when it ran still tells of it once it has ended.
        let state = if self.state == CampaignState::Open { self.state } else { known.state };
        match *self == (Self { state, ..known.clone() }) {
            true => Beside::Same,
            false => Beside::Other,
        }
    }

    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure> {
        let rows = campaigns::some(tx, chosen).await?;
        let places =
            Names::of(tx, rows.iter().map(|it| it.unit).collect(), rows.iter().map(|it| it.fund).collect()).await?;
        let mut names = names(tx, Self::FILE, &rows.iter().map(|it| it.id.uuid()).collect::<Vec<_>>()).await?;
        let line = |it: Campaign| {
            let (state, (keeper, fund)) = (it.state(), places.fund(it.fund)?);
            let Campaign { id, unit, title, goal_fen, ends_at, .. } = it;
            let (reference, unit) = (names.remove(&id.uuid()).unwrap_or_default(), places.unit(unit)?);
            Ok((id.uuid(), Self { reference, keeper, fund, unit, title, goal_fen, ends_at, state }))
        };
        rows.into_iter().map(line).collect()
    }
}

/// Opens what is not there yet, and takes over what had ended.
pub(super) async fn take(tx: &mut WriteTx, session: &Session, lines: Vec<lines::Line>) -> Result<Taken, Failure> {
    let Sheet { fresh, mut taken, .. } = Sheet::<Line>::read(tx, lines).await?;
    let codes = fresh.iter().flat_map(|(_, it, _)| [it.keeper.clone(), it.unit.clone()]).collect();
    let places = Places::find(tx, codes, fresh.iter().map(|(_, it, _)| it.fund.clone()).collect()).await?;
    for (number, line, _) in fresh {
        let ended = match line.state {
            CampaignState::Open => None,
            state => Some(state == CampaignState::Collected),
        };
        match opened(session, &places, &line) {
            Ok((fund, new)) => {
                let (CampaignId(id), event) = begin(tx, &session.ctx, fund, new, ended).await?;
                taken.added(id, line.reference, event);
            }
            Err(fault) => taken.faults.push((number, fault)),
        }
    }
    Ok(taken)
}

fn opened(session: &Session, places: &Places, line: &Line) -> Result<(FundId, NewCampaign), Fault> {
    let fund = places.fund(["keeper", "fund"], &line.keeper, &line.fund)?;
    let unit = places.reached(session, "unit", &line.unit)?;
    require_held(fund, unit, "unit")?;
    let new = NewCampaign { unit: unit.id, title: line.title.clone(), goal_fen: line.goal_fen, ends_at: line.ends_at };
    let refused = |refusal| lines::fault("goal_fen", refusal);
    require_goal(&new).map_err(refused)?;
    match (line.state, require_ahead(&session.ctx, &new)) {
        (CampaignState::Open, ahead) => ahead.map_err(refused)?,
        (_, Ok(())) => return Err(Fault::new("ends_at", "what has ended did so in the past", "write when it ended")),
        (_, Err(_)) => {}
    }
    Ok((fund.id, new))
}
