//! What a rule set needs before it may be put in force: signatures of keys that the platform trusts, or the province's approval.
//!
//! A signature is Ed25519 (RFC 8032) over [`signed_bytes`]: a line that says what is signed, and the digest of the component.

use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{Ctx, Digest, Event, Refusal, RefusalKind, access::Role};
use yishi_policy::limits::Tier;
use yishi_store::{TenantTx, WriteTx, notices, rule_sets, trust};

use crate::{
    App,
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    rule_sets::unknown,
    sessions::Session,
};

pub use yishi_store::trust as stored;

/// How often a rule set may fail in a row before it is suspended, unless the operator says otherwise.
pub const FAILURES: u16 = 5;

/// What the operator of the platform says of rule sets.
#[derive(Clone, Debug)]
pub struct Trust {
    /// What a rule set needs before it may be put in force.
    pub need: Need,
    /// Whose signatures count.
    pub signers: Vec<Signer>,
    /// The tenants, by slug, to which the script tier is open; `*` opens it to all.
    pub script_tier: Vec<String>,
    /// How often a rule set may fail in a row before it is suspended for new work.
    pub failures: u16,
}

impl Default for Trust {
    fn default() -> Self {
        Self { need: Need::Nothing, signers: Vec::new(), script_tier: Vec::new(), failures: FAILURES }
    }
}

impl Trust {
    /// The widest tier that is open to a tenant.
    pub fn tier_of(&self, slug: &str) -> Tier {
        match self.script_tier.iter().any(|it| it == "*" || it == slug) {
            true => Tier::Script,
            false => Tier::Native,
        }
    }
}

/// What a rule set needs before it may be put in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// A signature of a trusted key.
    Signature,
    /// The province's approval.
    Approval,
    /// The one or the other.
    Either,
}

impl FromStr for Need {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nothing" => Ok(Self::Nothing),
            "signature" => Ok(Self::Signature),
            "approval" => Ok(Self::Approval),
            "either" => Ok(Self::Either),
            other => Err(format!("`{other}` is none of nothing, signature, approval and either")),
        }
    }
}

/// A key whose signatures count, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: VerifyingKey,
}

/// Reads `NAME=` and 64 hexadecimal digits.
impl FromStr for Signer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, key) =
            text.split_once('=').ok_or("write a signer as NAME=64 hexadecimal digits of its public key")?;
        let bytes = hex::decode(key.trim()).ok().and_then(|it| <[u8; 32]>::try_from(it).ok());
        let key = bytes.and_then(|it| VerifyingKey::from_bytes(&it).ok()).filter(|it| !it.is_weak());
        let key =
            key.ok_or_else(|| format!("the key of `{name}` is no Ed25519 public key in 64 hexadecimal digits"))?;
        Ok(Self { name: name.trim().to_owned(), key })
    }
}

/// What a signature signs: this line, the digest as `sha256:` and 64 hexadecimal digits, and a line's end.
pub fn signed_bytes(digest: &Digest) -> Vec<u8> {
    format!("yishi rule set v1\n{digest}\n").into_bytes()
}

/// What speaks for a rule set, and against it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The signatures.
    pub signatures: Vec<trust::Signature>,
    /// What the province says.
    pub approval: Option<trust::Approval>,
    /// How it failed of late.
    pub faults: Option<trust::Faults>,
}

/// How a rule set stands.
pub async fn standing(app: &App, session: &Session, digest: &Digest) -> Result<Standing, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    Ok(Standing {
        signatures: trust::signatures(&mut tx, digest).await?,
        approval: trust::approval(&mut tx, digest).await?,
        faults: trust::faults(&mut tx, digest).await?,
    })
}

/// A signature to file.
#[derive(Clone, Debug)]
pub struct NewSignature {
    /// The signer's name among the trusted keys.
    pub signer: String,
    /// 128 hexadecimal digits.
    pub signature: String,
}

/// Files a signature of a trusted key; one that is there already is answered in the same way.
pub async fn sign(app: &App, session: &Session, digest: &Digest, new: NewSignature) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let signature = verified(app, ctx, digest, new, "")?;
    let mut tx = app.db.write(ctx).await?;
    rule_sets::find(&mut tx, digest).await?.ok_or_else(unknown)?;
    if let Some(signed) = file(&mut tx, ctx, digest, &signature).await? {
        tx.commit([signed], ()).await?;
    }
    Ok(())
}

/// Files a verified signature; gives its event where it was not there before.
pub(crate) async fn file(
    tx: &mut WriteTx,
    ctx: &Ctx,
    digest: &Digest,
    it: &trust::Signature,
) -> Result<Option<Event>, Failure> {
    let body = json!({"component": digest, "signer": it.signer, "signature": hex::encode(&it.signature)});
    let new = trust::sign(tx, digest, it).await?;
    Ok(new.then(|| event(ctx, "rule_set.signed", ctx.tenant.uuid(), body)))
}

/// Verifies a signature of a trusted key; refusals name its fields behind a prefix.
pub(crate) fn verified(
    app: &App,
    ctx: &Ctx,
    digest: &Digest,
    new: NewSignature,
    prefix: &str,
) -> Result<trust::Signature, Refusal> {
    let NewSignature { signer, signature } = new;
    let trusted = app.trust.signers.iter().find(|it| it.name == signer).ok_or_else(|| {
        let names: Vec<_> = app.trust.signers.iter().map(|it| it.name.as_str()).collect();
        let fix = match names.is_empty() {
            true => "the platform trusts no key yet; its operator names them".to_owned(),
            false => format!("the platform trusts the keys of {}", names.join(", ")),
        };
        let field = format!("{prefix}signer");
        Refusal::invalid("signature.unknown_signer", field, "no trusted key has this name").with_fix(fix)
    })?;
    let bytes = hex::decode(signature).ok().and_then(|it| <[u8; 64]>::try_from(it).ok());
    let sound = bytes.filter(|it| trusted.key.verify_strict(&signed_bytes(digest), &Signature::from_bytes(it)).is_ok());
    let bytes = sound.ok_or_else(|| {
        let text = "it is no signature of this key over this rule set";
        let fix = format!("sign the bytes of {:?} with Ed25519 and send 128 hexadecimal digits", text_of(digest));
        Refusal::invalid("signature.bad", format!("{prefix}signature"), text).with_fix(fix)
    })?;
    Ok(trust::Signature { signer, signature: bytes.into(), signed_at: ctx.now })
}

/// Files what the province says of a rule set; it tells the tenant's administrators.
pub async fn decide(
    app: &App,
    session: &Session,
    digest: &Digest,
    approves: bool,
    reason: String,
) -> Result<Uuid, Failure> {
    let ctx = &session.ctx;
    require_text("approval.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    rule_sets::find(&mut tx, digest).await?.ok_or_else(unknown)?;
    let decision = if approves { "approved" } else { "refused" };
    let approval = trust::Approval { id: ctx.new_id(), decision: decision.into(), reason, decided_at: ctx.now };
    trust::approve(&mut tx, digest, &approval).await?;
    let kind = if approves { "rule_set.approved" } else { "rule_set.refused" };
    let decided = event(ctx, kind, ctx.tenant.uuid(), json!({"component": digest}));
    let decided = commit_to(ctx, decided, "reason", approval.reason.as_str());
    let facts = json!({"component": digest, "reason": approval.reason});
    notices::tell(&mut tx, Role::Administrator, || ctx.new_id(), kind, decided.id, &facts, ctx.now).await?;
    Ok(tx.commit([decided], approval.id).await?)
}

/// Refuses to put a rule set in force for which nobody speaks whom the platform asks for.
pub(crate) async fn require_trusted(app: &App, tx: &mut TenantTx, digest: &Digest) -> Result<(), Failure> {
    let Trust { need, signers, .. } = &app.trust;
    if *need == Need::Nothing {
        return Ok(());
    }
    // A key that is no longer trusted does not speak any more.
    let signatures = trust::signatures(tx, digest).await?;
    let signed = signatures.iter().any(|it| signers.iter().any(|signer| signer.name == it.signer));
    let approval = trust::approval(tx, digest).await?;
    let approved = approval.as_ref().is_some_and(|it| it.decision == "approved");
    let refuse =
        |code, text: &str, fix: &str| Err(Refusal::new(RefusalKind::Conflict, code, text).with_fix(fix).into());
    match need {
        Need::Nothing => Ok(()),
        Need::Signature if signed => Ok(()),
        Need::Approval if approved => Ok(()),
        Need::Either if signed || approved => Ok(()),
        Need::Signature => {
            refuse("rule_set.not_signed", "no trusted key has signed it", "file a signature under its `signatures`")
        }
        Need::Approval | Need::Either => {
            let fix = "ask the province to approve it; a shadow may run meanwhile";
            refuse("rule_set.not_approved", "the province has not approved it", fix)
        }
    }
}

fn text_of(digest: &Digest) -> String {
    String::from_utf8(signed_bytes(digest)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    #[test]
    fn a_signer_is_written_as_a_name_and_a_key() {
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let text = format!("zhejiang={}", hex::encode(key.as_bytes()));
        assert_eq!(text.parse(), Ok(Signer { name: "zhejiang".into(), key }));
        assert!("zhejiang".parse::<Signer>().is_err());
        assert!("zhejiang=00".parse::<Signer>().is_err());
        assert!(format!("weak={}", "00".repeat(32)).parse::<Signer>().is_err());
    }

    #[test]
    fn a_signature_is_over_the_purpose_and_the_digest() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let digest = Digest([1; 32]);
        let signature = key.sign(&signed_bytes(&digest));
        assert!(key.verifying_key().verify_strict(&signed_bytes(&digest), &signature).is_ok());
        assert!(key.verifying_key().verify_strict(&signed_bytes(&Digest([2; 32])), &signature).is_err());
        assert!(key.verifying_key().verify_strict(&digest.0, &signature).is_err());
    }
}
