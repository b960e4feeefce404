//! Pledges to crowdfundings: those on paper while one runs, and those of one that had ended elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{MemberId, PledgeId, books::Fault, money::MoneyFile};
use yishi_store::{
    Chosen, TenantTx, WriteTx,
    campaigns::{self, Campaign, Pledge},
    members,
};

use super::{REFERENCE, Sheet, Taken, Told, campaigns as openings, known, names, places::Held};
use crate::{
    campaigns::{add, require_running},
    failures::Failure,
    lines::{self, Reading},
    sessions::Session,
};

/// A line.
#[derive(PartialEq, Eq)]
pub(super) struct Line {
    reference: String,
    /// What the crowdfunding is known by.
    campaign: String,
    member: MemberId,
    fen: u64,
}

impl Told for Line {
    const FILE: MoneyFile = MoneyFile::Pledges;

    fn reference(&self) -> &str {
        &self.reference
    }

    fn read(cells: &mut Reading) -> Option<Self> {
        let (reference, campaign) = (cells.text("reference", REFERENCE), cells.text("campaign", REFERENCE));
        let member = cells.parsed::<Uuid>("member", || "give the member's id".into()).map(MemberId);
        let fen = cells.parsed("amount_fen", || "give a whole number of fen that is not 0".into());
        Some(Self { reference, campaign, member: member?, fen: fen? })
    }

    fn cells(self) -> Vec<Option<Value>> {
        let Self { reference, campaign, member, fen } = self;
        let [reference, campaign, member] = [reference, campaign, member.to_string()].map(|it| Some(Value::from(it)));
        vec![reference, campaign, member, Some(fen.into())]
    }

    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure> {
        let rows = campaigns::pledges(tx, chosen).await?;
        let mut own = names(tx, Self::FILE, &rows.iter().map(|it| it.id.uuid()).collect::<Vec<_>>()).await?;
        let ids: Vec<_> = rows.iter().map(|it| it.campaign.uuid()).collect();
        let openings = names(tx, MoneyFile::Campaigns, &ids).await?;
        let line = |it: Pledge| {
            let Pledge { id, campaign, member, fen, .. } = it;
            let reference = own.remove(&id.uuid()).unwrap_or_default();
            (id.uuid(), Self { reference, campaign: openings[&campaign.uuid()].clone(), member, fen })
        };
        Ok(rows.into_iter().map(line).collect())
    }
}

/// Makes the pledges that are not there yet.
pub(super) async fn take(tx: &mut WriteTx, session: &Session, lines: Vec<lines::Line>) -> Result<Taken, Failure> {
    let ctx = &session.ctx;
    let Sheet { fresh, mut taken, .. } = Sheet::<Line>::read(tx, lines).await?;
    let mut held = hold(tx, &fresh).await?;
    let named: Vec<_> = fresh.iter().map(|(_, it, _)| it.member).collect::<BTreeSet<_>>().into_iter().collect();
    let strangers: BTreeSet<_> = members::unknown(tx, &named).await?.into_iter().collect();
    for (number, line, _) in fresh {
        if strangers.contains(&line.member) {
            taken.fault(number, "member", "there is no such member in this tenant", "see GET members");
            continue;
        }
        let made = pledged(session, &mut held, &line).and_then(|campaign| {
            add(ctx, campaign, line.member, line.fen).map_err(|refusal| lines::fault("amount_fen", refusal))
        });
        match made {
            Ok((pledge, event)) => {
                campaigns::pledge(tx, &pledge).await?;
                let PledgeId(id) = pledge.id;
                taken.added(id, line.reference, event);
            }
            Err(fault) => taken.faults.push((number, fault)),
        }
    }
    for campaign in held.into_rows().collect::<Vec<_>>() {
        campaigns::save(tx, &campaign).await?;
    }
    Ok(taken)
}

/// Keeps the crowdfundings that lines name as they are until the transaction ends.
async fn hold(tx: &mut WriteTx, fresh: &[(u64, Line, Option<Uuid>)]) -> Result<Held<Campaign>, Failure> {
    let openings = known::<openings::Line>(tx, fresh.iter().map(|(_, it, _)| it.campaign.clone()).collect()).await?;
    let names: BTreeMap<_, _> = openings.into_iter().map(|(name, (id, _))| (id, name)).collect();
    let rows = campaigns::lock_all(tx, &names.keys().copied().collect::<Vec<_>>()).await?;
    Held::of(tx, rows.into_iter().map(|it| (names[&it.id.uuid()].clone(), it.unit, it)).collect()).await
}

/// The crowdfunding of a line, which takes pledges or had ended before it came.
fn pledged<'a>(session: &Session, held: &'a mut Held<Campaign>, line: &Line) -> Result<&'a mut Campaign, Fault> {
    let fix = "open it first, or name one of GET money/campaigns/file";
    let (campaign, _) = held.reached(session, "campaign", &line.campaign, fix)?;
    if !campaign.carried_over {
        require_running(&session.ctx, campaign).map_err(|refusal| lines::fault("campaign", refusal))?;
    }
    Ok(campaign)
}
