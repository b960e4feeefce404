//! What pools hold besides money.

use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{ProvisionId, UnitId, books::Fault, money::MoneyFile, pools::ProvisionKind};
use yishi_store::{Chosen, TenantTx, WriteTx, provisions};

use super::{
    REFERENCE, Sheet, Taken, Told, names,
    places::{Names, Places},
};
use crate::{
    failures::Failure,
    lines::{self, Reading, one_of},
    pools::{Offer, put_in, require_quantity},
    sessions::Session,
};

/// A line.
#[derive(PartialEq, Eq)]
pub(super) struct Line {
    reference: String,
    unit: String,
    kind: ProvisionKind,
    name: String,
    measure: String,
    quantity: u64,
}

impl Told for Line {
    const FILE: MoneyFile = MoneyFile::Provisions;

    fn reference(&self) -> &str {
        &self.reference
    }

    fn read(cells: &mut Reading) -> Option<Self> {
        let (reference, unit) = (cells.text("reference", REFERENCE), cells.text("unit", 20));
        let kind = cells.parsed::<ProvisionKind>("kind", || one_of(ProvisionKind::ALL.iter().map(|it| it.code())));
        let (name, measure) = (cells.text("name", 100), cells.text("measure", 20));
        let quantity = quantity(cells);
        Some(Self { reference, unit, kind: kind?, name, measure, quantity: quantity? })
    }

    fn cells(self) -> Vec<Option<Value>> {
        let Self { reference, unit, kind, name, measure, quantity } = self;
        let [reference, unit, name, measure] = [reference, unit, name, measure].map(|it| Some(Value::from(it)));
        vec![reference, unit, Some(kind.code().into()), name, measure, Some(quantity.into())]
    }

    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure> {
        let rows = provisions::some(tx, chosen).await?;
        let places = Names::of(tx, rows.iter().map(|it| it.unit).collect(), [].into()).await?;
        let mut names = names(tx, Self::FILE, &rows.iter().map(|it| it.id.uuid()).collect::<Vec<_>>()).await?;
        let line = |it: provisions::Provision| {
            let provisions::Provision { id, unit, kind, name, measure, quantity, .. } = it;
            let reference = names.remove(&id.uuid()).unwrap_or_default();
            Ok((id.uuid(), Self { reference, unit: places.unit(unit)?, kind, name, measure, quantity }))
        };
        rows.into_iter().map(line).collect()
    }
}

/// Offers what is not there yet.
pub(super) async fn take(tx: &mut WriteTx, session: &Session, lines: Vec<lines::Line>) -> Result<Taken, Failure> {
    let Sheet { fresh, mut taken, .. } = Sheet::<Line>::read(tx, lines).await?;
    let codes = fresh.iter().map(|(_, it, _)| it.unit.clone()).collect();
    let places = Places::find(tx, codes, [].into()).await?;
    for (number, line, _) in fresh {
        let unit = match offered(session, &places, &line) {
            Ok(unit) => unit,
            Err(fault) => {
                taken.faults.push((number, fault));
                continue;
            }
        };
        let Line { reference, kind, name, measure, quantity, .. } = line;
        let (ProvisionId(id), event) = put_in(tx, &session.ctx, unit, Offer { kind, name, measure, quantity }).await?;
        taken.added(id, reference, event);
    }
    Ok(taken)
}

fn offered(session: &Session, places: &Places, line: &Line) -> Result<UnitId, Fault> {
    require_quantity(line.quantity).map_err(|refusal| lines::fault("quantity", refusal))?;
    Ok(places.reached(session, "unit", &line.unit)?.id)
}

/// A quantity that must be there.
pub(super) fn quantity(cells: &mut Reading) -> Option<u64> {
    cells.parsed("quantity", || "give a whole number that is not 0".into())
}
