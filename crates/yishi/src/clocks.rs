//! Where real time and randomness come from; the only place that reads them.

use chrono::{DateTime, Utc};
use rand::{TryRng as _, rngs::SysRng};
use yishi_domain::Entropy;
use yishi_service::Sources;

/// The real sources.
pub const REAL: Sources = Sources { now, entropy };

/// Draws a secret of 256 bits from the operating system.
pub fn secret() -> [u8; 32] {
    let mut secret = [0; 32];
    fill(&mut secret);
    secret
}

#[expect(clippy::disallowed_methods, reason = "this is where the wall clock comes from")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

fn entropy() -> Entropy {
    Entropy::new(fill)
}

fn fill(buffer: &mut [u8]) {
    SysRng.try_fill_bytes(buffer).expect("a Linux kernel always has randomness to give");
}
