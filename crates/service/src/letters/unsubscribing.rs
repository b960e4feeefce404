//! Links by which somebody is rid of letters without signing in (RFC 8058): whoever holds one may do that and nothing else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac as _;
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    MemberId, Refusal,
    letters::{Carrier, Preferences, Wish},
};
use yishi_store::{members, preferences};

use super::proofs::proof;
use crate::{App, events::event, failures::Failure, sessions::Session};

const DERIVATION: &[u8] = b"yishi unsubscribing v1";

/// The number of the secret, the carrier and the member; then comes what proves that we have written them.
const CLAIM: usize = 4 + 1 + 16;
const PROOF: usize = 16;

/// The part of a link that tells whose letters end, and by what.
pub(crate) fn token(app: &App, slug: &str, member: Uuid, carrier: Carrier) -> Result<String, Failure> {
    let number = app.signing.newest();
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.push(carrier as u8);
    bytes.extend(member.as_bytes());
    bytes.extend(&proof(app, number, DERIVATION, slug, &bytes)?.finalize().into_bytes()[..PROOF]);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Whose letters a link ends; refused where we have not written it.
pub async fn find(app: &App, session: &Session, token: &str) -> Result<(MemberId, Carrier), Failure> {
    let unknown = || Refusal::not_found("unsubscribing.unknown", "this link is not one of ours, or was cut off");
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|it| it.len() == CLAIM + PROOF).ok_or_else(unknown)?;
    let (claim, code) = bytes.split_at(CLAIM);
    let number = i32::from_be_bytes(claim[..4].try_into().map_err(|_| unknown())?);
    let mac = proof(app, number, DERIVATION, &session.tenant()?.slug, claim).map_err(|_| unknown())?;
    mac.verify_truncated_left(code).map_err(|_| unknown())?;
    let carrier = Carrier::ALL.iter().copied().find(|it| *it as u8 == claim[4]).ok_or_else(unknown)?;
    let member = MemberId(Uuid::from_slice(&claim[5..]).map_err(|_| unknown())?);
    let mut tx = app.db.read(&session.ctx).await?;
    members::find(&mut tx, member).await?.ok_or_else(unknown)?;
    Ok((member, carrier))
}

/// Ends whatever comes by the link's carrier; a second time changes nothing.
pub async fn end(app: &App, session: &Session, token: &str) -> Result<Carrier, Failure> {
    let (member, carrier) = find(app, session, token).await?;
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    // What somebody changes meanwhile would be written back as it was.
    preferences::hold(&mut tx, member).await?;
    let before = preferences::of_member(&mut tx, member).await?;
    let after = match carrier {
        Carrier::Email => Preferences { email: Wish::Nothing, ..before.clone() },
        Carrier::Sms => Preferences { sms: Wish::Nothing, ..before.clone() },
    };
    if after != before {
        preferences::save(&mut tx, member, &after, ctx.wall).await?;
        tx.commit([event(ctx, "preferences.changed", member.uuid(), json!({}))], ()).await?;
    }
    Ok(carrier)
}
