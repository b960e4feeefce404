//! Third-party evaluation (第三方评估): an outside evaluator reads, scores, and files a report that they have signed.

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Map, json};
use yishi_domain::{
    Digest, MemberId, Refusal, UnitId,
    access::Role,
    books::{Book, Row},
    evaluations::{Score, Subject, mean, statement, validate},
};
use yishi_store::{
    books,
    evaluations::{self, Key, Signed},
    grants,
};

use crate::{
    App, books::changed, cases::require_text, directory::require_unit, events::event, failures::Failure,
    sessions::Session,
};

pub use yishi_store::evaluations as stored;

/// An evaluation to file.
#[derive(Clone, Debug)]
pub struct NewEvaluation {
    /// The unit that was evaluated.
    pub unit: UnitId,
    /// The year.
    pub year: u16,
    /// What was scored.
    pub scores: Vec<Score>,
    /// The report's digest.
    pub report: Digest,
    /// The signature over the statement.
    pub signature: Vec<u8>,
}

/// Registers the key of an evaluator, with which they sign from now on.
pub async fn register(
    app: &App,
    session: &Session,
    member: MemberId,
    institute: String,
    key: [u8; 32],
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("evaluation.bad_institute", "institute", &institute, 200)?;
    if VerifyingKey::from_bytes(&key).is_err() {
        let text = "this is no public key of Ed25519";
        return Err(Refusal::invalid("evaluation.bad_key", "key", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let held = grants::of_member(&mut tx, member, ctx.now).await?;
    if !held.iter().any(|it| it.role == Role::Evaluator && session.require_reach(&it.path).is_ok()) {
        let refusal =
            Refusal::invalid("evaluation.no_role", "member", "they are no evaluator of a unit that you reach");
        return Err(refusal.with_fix("give them the role, with the day on which it ends, first").into());
    }
    let body = json!({"member": member, "institute": institute, "key": hex::encode(key)});
    evaluations::set_key(&mut tx, &Key { member, institute, key, registered_at: ctx.now }).await?;
    Ok(tx.commit([event(ctx, "evaluator.registered", member.uuid(), body)], ()).await?)
}

/// Files an evaluation whose statement the evaluator's registered key has signed; gives the key of its row in the register.
pub async fn file(app: &App, session: &Session, new: NewEvaluation) -> Result<String, Failure> {
    let (ctx, member) = (&session.ctx, session.member()?);
    validate(&new.scores)?;
    let mut tx = app.db.write(ctx).await?;
    let unit = require_unit(&mut tx, new.unit, "unit").await?;
    session.require_role(Role::Evaluator, &unit.path)?;
    let unregistered = || {
        let refusal = Refusal::conflict("evaluation.no_key", "your key is not registered");
        refusal.with_fix("have the city's administrator register the public half of the key that you sign with")
    };
    let registered = evaluations::key(&mut tx, member).await?.ok_or_else(unregistered)?;
    let subject = Subject { tenant: &session.tenant()?.slug, unit: &unit.code, year: new.year };
    let said = statement(subject, &new.scores, &new.report);
    let signature = verified(&registered.key, &said, &new.signature)?;
    let filed_on = ctx.now.date_naive();
    let (row, score) =
        (format!("{}-{}-{}", new.year, unit.code, &member.uuid().simple().to_string()[20..]), mean(&new.scores));
    let fields = json!({
        "year": new.year, "evaluator": registered.institute, "score": score, "report": new.report,
        "filed_on": filed_on,
    });
    let fields = fields.as_object().cloned().unwrap_or_else(Map::new);
    let kept = Row { key: row.clone(), unit: unit.code.clone(), began_on: filed_on, ended_on: None, fields };
    let signed = Signed {
        row: row.clone(),
        member,
        key: registered.key,
        scores: new.scores,
        report: new.report,
        statement: said,
        signature,
        filed_at: ctx.now,
    };
    if !evaluations::insert(&mut tx, &signed).await? {
        let text = "you have filed your evaluation of this unit for this year";
        return Err(Refusal::conflict("evaluation.filed", text).into());
    }
    let told = changed(ctx, Book::Evaluations, unit.id, &kept);
    books::upsert(&mut tx, Book::Evaluations, &[(unit.id, kept)], ctx.now).await?;
    let body = json!({
        "row": row, "unit": unit.id, "year": new.year, "score": score, "report": new.report,
        "key": hex::encode(registered.key), "signature": hex::encode(signature),
    });
    let filed = event(ctx, "evaluation.filed", unit.id.uuid(), body);
    Ok(tx.commit([filed, told], row).await?)
}

/// Finds an evaluation as it was signed, by the key of its row in the register.
pub async fn get(app: &App, session: &Session, row: &str) -> Result<Signed, Failure> {
    let unknown = || Refusal::not_found("evaluation.unknown", "no signed evaluation has this key");
    Ok(evaluations::find(&mut app.db.read(&session.ctx).await?, row).await?.ok_or_else(unknown)?)
}

fn verified(key: &[u8; 32], said: &str, signature: &[u8]) -> Result<[u8; 64], Refusal> {
    let bad = |text: &str| {
        let refusal = Refusal::invalid("evaluation.bad_signature", "signature", text);
        refusal.with_fix(format!("sign exactly these bytes with your registered key: {said:?}"))
    };
    let bytes: [u8; 64] = signature.try_into().map_err(|_| bad("a signature of Ed25519 has 64 bytes"))?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| bad("the registered key is no key"))?;
    let checked = key.verify_strict(said.as_bytes(), &Signature::from_bytes(&bytes));
    checked.map_err(|_| bad("your registered key has not signed this"))?;
    Ok(bytes)
}
