//! Bearer tokens of the installation's own issuer: JSON Web Tokens (RFC 7519) under HMAC with SHA-256 (RFC 7518, section 3.2).
//!
//! Whoever checks them here is who issues them, so that no key needs to be public; a signature would take tens of times as long to check, and every vote
//! waits for it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use yishi_domain::{ApiKeyId, MemberId, Refusal, RefusalKind};

/// The name of the issuer.
pub const ISSUER: &str = "local";
/// Whom the tokens are for.
pub const AUDIENCE: &str = "yishi";
/// Whom keys of other systems are for, so that none of them is a token.
const KEYS: &str = "yishi-keys";

/// How they are signed.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// An operator of the platform, by name.
    Operator(String),
    /// A member of the tenant with this slug.
    Member {
        /// The tenant's slug.
        tenant: String,
        /// The member.
        member: MemberId,
    },
}

/// The issuer: signs tokens and checks them.
pub struct Issuer {
    sign: EncodingKey,
    check: Hmac<Sha256>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tenant: Option<String>,
}

impl Issuer {
    /// Takes the issuer's secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            sign: EncodingKey::from_secret(&secret),
            check: Hmac::new_from_slice(&secret).expect("a key of any length is taken"),
        }
    }

    /// Signs a token that is good for so long.
    pub fn issue(&self, bearer: &Bearer, now: DateTime<Utc>, good_for: Duration) -> String {
        let (sub, tenant) = match bearer {
            Bearer::Operator(name) => (name.clone(), None),
            Bearer::Member { tenant, member } => (member.to_string(), Some(tenant.clone())),
        };
        let exp = (now + good_for).timestamp();
        let claims = Claims { iss: ISSUER.into(), aud: AUDIENCE.into(), sub, exp, tenant };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.sign).expect("a sound key signs anything")
    }

    /// Checks a token's signature, issuer, audience and expiry, and tells whom it speaks for.
    pub fn check(&self, token: &str, now: DateTime<Utc>) -> Result<Bearer, Refusal> {
        let bad = |why: &str| {
            Refusal::new(RefusalKind::Unauthenticated, "session.bad_token", why)
                .with_fix("send `Authorization: Bearer` and a token from `yishi token`")
        };
        let claims = self.claims(token, AUDIENCE).ok_or_else(|| bad("the token is not one of this installation's"))?;
        if claims.exp <= now.timestamp() {
            return Err(bad("the token has expired"));
        }
        match claims.tenant {
            None => Ok(Bearer::Operator(claims.sub)),
            Some(tenant) => {
                let member = claims.sub.parse().map_err(|_| bad("the token names no member"))?;
                Ok(Bearer::Member { tenant, member })
            }
        }
    }

    /// Signs a key by which another system speaks in a tenant; the same key whenever it is signed.
    pub fn issue_key(&self, tenant: &str, key: ApiKeyId, until: DateTime<Utc>) -> String {
        let (iss, aud, exp) = (ISSUER.into(), KEYS.into(), until.timestamp());
        let claims = Claims { iss, aud, sub: key.to_string(), exp, tenant: Some(tenant.into()) };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.sign).expect("a sound key signs anything")
    }

    /// The key that a text is, where it is one of a tenant and has not expired.
    pub fn check_key(&self, text: &str, tenant: &str, now: DateTime<Utc>) -> Option<ApiKeyId> {
        let claims = self.claims(text, KEYS)?;
        let ours = claims.tenant.as_deref() == Some(tenant) && claims.exp > now.timestamp();
        claims.sub.parse().ok().filter(|_| ours)
    }

    /// The claims of a token in the compact form (RFC 7515, section 3.1) that this issuer signed, and nobody else by any other way.
    ///
    /// Checked here and not by the library, which takes the key anew for each token; every vote waits for this.
    fn claims(&self, token: &str, audience: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.check.clone().chain_update(signed).verify_slice(&signature).ok()?;
        let (header, claims) = signed.split_once('.')?;
        let (header, claims): (Header, Claims) = (part(header)?, part(claims)?);
        let ours = header.alg == ALGORITHM && claims.iss == ISSUER && claims.aud == audience;
        ours.then_some(claims)
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_speaks_for_its_bearer_until_it_expires_and_under_its_key_alone() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).expect("an instant");
        let bearer = Bearer::Member { tenant: "3301".into(), member: MemberId(uuid::Uuid::from_u128(7)) };
        let issuer = Issuer::new([1; 32]);
        let token = issuer.issue(&bearer, now, Duration::minutes(5));
        assert_eq!(issuer.check(&token, now), Ok(bearer));
        assert!(issuer.check(&token, now + Duration::minutes(5)).is_err(), "expired");
        assert!(Issuer::new([2; 32]).check(&token, now).is_err(), "another key");
        assert!(issuer.check(&format!("{token}A"), now).is_err(), "a changed signature");
        let operator = issuer.issue(&Bearer::Operator("ops".into()), now, Duration::minutes(5));
        assert_eq!(issuer.check(&operator, now), Ok(Bearer::Operator("ops".into())));
    }

    #[test]
    fn a_key_is_no_token_and_a_token_no_key() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).expect("an instant");
        let (issuer, id, until) = (Issuer::new([1; 32]), ApiKeyId(uuid::Uuid::from_u128(9)), now + Duration::days(1));
        let key = issuer.issue_key("3301", id, until);
        assert_eq!(key, issuer.issue_key("3301", id, until));
        assert_eq!(issuer.check_key(&key, "3301", now), Some(id));
        assert_eq!(issuer.check_key(&key, "3302", now), None);
        assert_eq!(issuer.check_key(&key, "3301", until), None);
        assert!(issuer.check(&key, now).is_err());
        let bearer = Bearer::Member { tenant: "3301".into(), member: MemberId(id.uuid()) };
        assert_eq!(issuer.check_key(&issuer.issue(&bearer, now, Duration::days(1)), "3301", now), None);
    }
}
