//! The quarterly disclosure (财务公开): what came in, what was spent and what is left, made from the books whenever it is asked for.

use chrono::Duration;
use yishi_domain::{Refusal, UnitId, money::Quarter};
use yishi_store::{
    disclosures::{self, Figures},
    units::Unit,
};

use crate::{App, directory::find_unit, failures::Failure, sessions::Session};

pub use yishi_store::disclosures as stored;

/// How long after its end a quarter is disclosed: by then whatever was being booked at its last instant has been committed or has failed, so
/// that the figures never change. What is booked or reversed later belongs to its own quarter.
const SETTLING: Duration = Duration::hours(1);

/// The disclosure of a unit, with those under it, for a quarter that is over.
pub async fn get(app: &App, session: &Session, unit: UnitId, quarter: Quarter) -> Result<(Unit, Figures), Failure> {
    let zone = session.tenant()?.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let (from, to) = quarter.bounds(&zone);
    if session.ctx.now < to + SETTLING {
        let text = format!("{quarter} is disclosed from {} on", (to + SETTLING).to_rfc3339());
        let refusal = Refusal::conflict("disclosure.not_over", text);
        return Err(refusal.with_fix("ask then, or for an earlier quarter").into());
    }
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    let figures = disclosures::figures(&mut tx, unit.id, from, to).await?;
    Ok((unit, figures))
}
