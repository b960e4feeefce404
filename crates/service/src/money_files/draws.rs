//! What was drawn from pools for what was resolved, and whether it was given back.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    DrawId, ItemId, ResolutionId,
    money::{MoneyFile, Purpose},
};
use yishi_store::{
    Chosen, TenantTx, WriteTx,
    provisions::{self, Draw, Provision},
};

use super::{Beside, Purposes, REFERENCE, Sheet, Taken, Told, known, names, places::Held, provisions as offers};
use crate::{
    failures::Failure,
    lines::{self, Reading},
    pools::{put_back, require_quantity, take_out},
    sessions::Session,
};

/// A line.
#[derive(PartialEq, Eq)]
pub(super) struct Line {
    reference: String,
    /// What it was drawn from is known by.
    provision: String,
    purpose: Purpose,
    quantity: u64,
    returned: bool,
}

impl Told for Line {
    const FILE: MoneyFile = MoneyFile::Draws;

    fn reference(&self) -> &str {
        &self.reference
    }

    fn read(cells: &mut Reading) -> Option<Self> {
        let (reference, provision) = (cells.text("reference", REFERENCE), cells.text("provision", REFERENCE));
        let resolution = cells.parsed::<Uuid>("resolution", || "give its id".into()).map(ResolutionId);
        let item = cells.parsed_if_given::<Uuid>("item", || "give its id".into()).map(ItemId);
        let (quantity, returned) = (offers::quantity(cells), cells.yes("returned"));
        let purpose = Purpose { resolution: resolution?, item };
        Some(Self { reference, provision, purpose, quantity: quantity?, returned })
    }

    fn cells(self) -> Vec<Option<Value>> {
        let Self { reference, provision, purpose: Purpose { resolution, item }, quantity, returned } = self;
        let returned = if returned { "yes" } else { "no" };
        vec![
            Some(reference.into()),
            Some(provision.into()),
            Some(resolution.to_string().into()),
            item.map(|it| it.to_string().into()),
            Some(quantity.into()),
            Some(returned.into()),
        ]
    }

    fn beside(&self, known: &Self) -> Beside {
        let of = |it: &Self| (it.provision.clone(), it.purpose, it.quantity);
        match of(self) == of(known) {
            false => Beside::Other,
            true if self.returned && !known.returned => Beside::Further,
            true => Beside::Same,
        }
    }

    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure> {
        let rows = provisions::draws(tx, chosen).await?;
        let mut own = names(tx, Self::FILE, &rows.iter().map(|it| it.id.uuid()).collect::<Vec<_>>()).await?;
        let ids: Vec<_> = rows.iter().map(|it| it.provision.uuid()).collect();
        let offers = names(tx, MoneyFile::Provisions, &ids).await?;
        let line = |it: Draw| {
            let Draw { id, provision, purpose, quantity, returned_at, .. } = it;
            let reference = own.remove(&id.uuid()).unwrap_or_default();
            let (provision, returned) = (offers[&provision.uuid()].clone(), returned_at.is_some());
            (id.uuid(), Self { reference, provision, purpose, quantity, returned })
        };
        Ok(rows.into_iter().map(line).collect())
    }
}

/// Draws what is not drawn yet, and gives back what is said to be back.
pub(super) async fn take(tx: &mut WriteTx, session: &Session, lines: Vec<lines::Line>) -> Result<Taken, Failure> {
    let ctx = &session.ctx;
    let Sheet { fresh, mut taken, .. } = Sheet::<Line>::read(tx, lines).await?;
    let mut held = hold(tx, &fresh).await?;
    let there: Vec<_> = fresh.iter().filter_map(|it| it.2).collect();
    let there: BTreeMap<_, _> =
        provisions::draws(tx, Chosen::Ids(&there)).await?.into_iter().map(|it| (it.id.uuid(), it)).collect();
    let mut purposes = Purposes::default();
    for (number, line, drawn) in fresh {
        let fix = "offer it first, or name one of GET money/provisions/file";
        let (it, path) = match held.reached(session, "provision", &line.provision, fix) {
            Ok(found) => found,
            Err(fault) => {
                taken.faults.push((number, fault));
                continue;
            }
        };
        if let Some(draw) = drawn.and_then(|id| there.get(&id)) {
            if provisions::give_back(tx, draw.id, ctx.now).await? {
                taken.events.push(put_back(ctx, it, draw));
                taken.done.changed += 1;
            } else {
                taken.done.unchanged += 1;
            }
            continue;
        }
        let out = purposes.served(tx, line.purpose, path).await?.and_then(|()| {
            let out = require_quantity(line.quantity).and_then(|()| take_out(ctx, it, line.purpose, line.quantity));
            out.map_err(|refusal| lines::fault("quantity", refusal))
        });
        match out {
            Ok((draw, event)) => {
                provisions::draw(tx, &draw).await?;
                let DrawId(id) = draw.id;
                taken.added(id, line.reference, event);
                if line.returned && provisions::give_back(tx, draw.id, ctx.now).await? {
                    taken.events.push(put_back(ctx, it, &draw));
                }
            }
            Err(fault) => taken.faults.push((number, fault)),
        }
    }
    for it in held.into_rows().collect::<Vec<_>>() {
        provisions::save(tx, &it).await?;
    }
    Ok(taken)
}

/// Keeps what lines draw from as it is until the transaction ends.
async fn hold(tx: &mut WriteTx, fresh: &[(u64, Line, Option<Uuid>)]) -> Result<Held<Provision>, Failure> {
    let offers = known::<offers::Line>(tx, fresh.iter().map(|(_, it, _)| it.provision.clone()).collect()).await?;
    let names: BTreeMap<_, _> = offers.into_iter().map(|(name, (id, _))| (id, name)).collect();
    let rows = provisions::lock_all(tx, &names.keys().copied().collect::<Vec<_>>()).await?;
    Held::of(tx, rows.into_iter().map(|it| (names[&it.id.uuid()].clone(), it.unit, it)).collect()).await
}
