//! Tokens signed here: such as `yishi token` would not sign, and many at once (RFC 7519, RFC 7518).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The secret that signs tokens.
pub type Secret = [u8; 32];

/// The claims of an operator's token that is good until an instant, in seconds since 1970 UTC.
pub fn operator_until(expiry: i64) -> Value {
    json!({"iss": "local", "aud": "yishi", "sub": "operator", "exp": expiry})
}

/// The claims of a member's token that is good for as long as any test.
pub fn member_for_good(tenant: &str, member: &str) -> Value {
    // 2100-01-01.
    json!({"iss": "local", "aud": "yishi", "sub": member, "exp": 4_102_444_800_i64, "tenant": tenant})
}

/// Signs a token.
pub fn sign(secret: &Secret, claims: &Value) -> String {
    let signed = encoded(&json!({"alg": "HS256", "typ": "JWT"}), claims);
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length is taken");
    let signature = mac.chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token that says of itself that it needs no signature.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.", encoded(&json!({"alg": "none", "typ": "JWT"}), claims))
}

fn encoded(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}
