//! What proves that something in a letter was written here: codes that are made of the installation's secrets (HMAC, RFC 2104; HKDF, RFC 5869).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{App, failures::Failure};

/// Begins the code of a claim, by the secret of a number; `purpose` and `whose` keep codes of different kinds and tenants apart.
pub(super) fn proof(
    app: &App,
    number: i32,
    purpose: &[u8],
    whose: &str,
    claim: &[u8],
) -> Result<Hmac<Sha256>, Failure> {
    let mut key = [0; 32];
    let secret = app.signing.secret(number)?;
    Hkdf::<Sha256>::new(Some(purpose), secret).expand(whose.as_bytes(), &mut key).expect("32 bytes are not too many");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(claim);
    Ok(mac)
}
