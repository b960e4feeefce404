//! Tokens signed here: such as `yishi token` would not sign, and many at once (RFC 7519, RFC 8037).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

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
    let signed = encoded(&json!({"alg": "EdDSA", "typ": "JWT"}), claims);
    let signature = SigningKey::from_bytes(secret).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A token that says of itself that it needs no signature.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.", encoded(&json!({"alg": "none", "typ": "JWT"}), claims))
}

fn encoded(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}
