//! The units and funds that the lines of a file name.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use yishi_domain::{FundId, UnitId, books::Fault};
use yishi_store::{
    TenantTx,
    funds::{self, Fund},
    units::{self, Unit},
};

use crate::{failures::Failure, lines, sessions::Session};

/// Units by their codes, and funds by the units that keep them and their names.
pub(super) struct Places {
    units: BTreeMap<String, Unit>,
    funds: BTreeMap<(UnitId, String), Fund>,
}

/// The codes of units and the names of funds, for lines to tell.
pub(super) struct Names {
    units: BTreeMap<UnitId, Unit>,
    funds: BTreeMap<FundId, (String, String)>,
}

impl Places {
    /// Finds what has these codes and names.
    pub(super) async fn find(
        tx: &mut TenantTx,
        codes: BTreeSet<String>,
        names: BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let (codes, names) = (codes.into_iter().collect::<Vec<_>>(), names.into_iter().collect::<Vec<_>>());
        let units = units::with_codes(tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
        let funds = funds::of_names(tx, &names).await?.into_iter().map(|it| ((it.unit, it.name.clone()), it)).collect();
        Ok(Self { units, funds })
    }

    /// A unit.
    pub(super) fn unit(&self, column: &str, code: &str) -> Result<&Unit, Fault> {
        lines::known(column, self.units.get(code))
    }

    /// A unit that the caller's role reaches.
    pub(super) fn reached(&self, session: &Session, column: &str, code: &str) -> Result<&Unit, Fault> {
        lines::reached(session, column, self.units.get(code))
    }

    /// A fund of a unit that keeps it; the columns are those of both.
    pub(super) fn fund(&self, [keeper, fund]: [&str; 2], code: &str, name: &str) -> Result<&Fund, Fault> {
        let unit = self.unit(keeper, code)?;
        self.funds.get(&(unit.id, name.to_owned())).ok_or_else(|| {
            let fix = "open the fund first, or name one of GET funds/file";
            Fault::new(fund, "the unit keeps no fund of this name", fix)
        })
    }

    /// Every fund that is named.
    pub(super) fn funds(&self) -> impl Iterator<Item = &Fund> {
        self.funds.values()
    }
}

/// Refuses a unit whose money a fund does not hold.
pub(super) fn require_held(fund: &Fund, unit: &Unit, column: &str) -> Result<(), Fault> {
    if unit.path.starts_with(&fund.path) {
        return Ok(());
    }
    let detail = "the fund holds money of the unit that keeps it and of those under it";
    Err(Fault::new(column, detail, "name a unit under the fund's"))
}

impl Names {
    /// The names of units and funds that rows have.
    pub(super) async fn of(
        tx: &mut TenantTx,
        units: BTreeSet<UnitId>,
        funds: BTreeSet<FundId>,
    ) -> Result<Self, Failure> {
        let units: Vec<Uuid> = units.into_iter().map(UnitId::uuid).collect();
        let units = units::of_ids(tx, &units).await?;
        let funds: Vec<Uuid> = funds.into_iter().map(FundId::uuid).collect();
        let funds = funds::with_codes(tx, Some(&funds)).await?;
        Ok(Self { units, funds: funds.into_iter().map(|(keeper, it)| (it.id, (keeper, it.name))).collect() })
    }

    pub(super) fn unit(&self, id: UnitId) -> Result<String, Failure> {
        self.units
            .get(&id)
            .map(|it| it.code.clone())
            .ok_or_else(|| Failure::Inconsistent(format!("unit {id} is not there")))
    }

    /// The code of the unit that keeps a fund, and the fund's name.
    pub(super) fn fund(&self, id: FundId) -> Result<(String, String), Failure> {
        self.funds.get(&id).cloned().ok_or_else(|| Failure::Inconsistent(format!("fund {id} is not there")))
    }
}

/// Rows of another file that lines name, kept from changing, each with the path of its unit.
pub(super) struct Held<T>(BTreeMap<String, (T, String)>);

impl<T> Held<T> {
    /// Those rows with what they are known by and their units.
    pub(super) async fn of(tx: &mut TenantTx, rows: Vec<(String, UnitId, T)>) -> Result<Self, Failure> {
        let ids: Vec<Uuid> = rows.iter().map(|(_, unit, _)| unit.uuid()).collect::<BTreeSet<_>>().into_iter().collect();
        let units = units::of_ids(tx, &ids).await?;
        let held = |(name, unit, row)| {
            let found = units.get(&unit).ok_or_else(|| Failure::Inconsistent(format!("unit {unit} is not there")))?;
            Ok((name, (row, found.path.clone())))
        };
        Ok(Self(rows.into_iter().map(held).collect::<Result<_, Failure>>()?))
    }

    /// The row of a reference with its unit's path, where the caller's role reaches it.
    pub(super) fn reached(
        &mut self,
        session: &Session,
        column: &str,
        reference: &str,
        fix: &str,
    ) -> Result<(&mut T, &String), Fault> {
        let unknown = || Fault::new(column, "nothing is known by this reference", fix);
        let (row, path) = self.0.get_mut(reference).ok_or_else(unknown)?;
        match session.require_reach(path) {
            Ok(()) => Ok((row, path)),
            Err(_) => Err(Fault::new(column, "your role does not reach its unit", "leave the line out")),
        }
    }

    /// The rows as they are now.
    pub(super) fn into_rows(self) -> impl Iterator<Item = T> {
        self.0.into_values().map(|(row, _)| row)
    }
}
