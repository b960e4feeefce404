//! Witnesses (C2SP tlog-witness): others who hold that a record only grows, and whose word is served with its checkpoints.

use chrono::Duration;
use yishi_domain::Refusal;
use yishi_record::{checkpoints, cosignatures};
use yishi_store::{TenantTx, cosignatures as stored, records};

use crate::{App, failures::Failure, sessions::Session};

/// How far a witness's clock may be ahead of ours.
const AHEAD: Duration = Duration::minutes(5);

/// The newest checkpoint, with what witnesses say of it.
pub async fn newest(app: &App, session: &Session) -> Result<String, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let empty = || Refusal::not_found("record.empty", "nothing has been recorded of this tenant yet");
    let checkpoint = records::latest_checkpoint(&mut tx).await?.ok_or_else(empty)?;
    with_cosignatures(&mut tx, checkpoint).await
}

/// The newest checkpoint of which a witness says something.
pub async fn newest_cosigned(app: &App, session: &Session) -> Result<String, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let none = || Refusal::not_found("record.not_cosigned", "no witness has cosigned a checkpoint of this record yet");
    let checkpoint = stored::latest(&mut tx).await?.ok_or_else(none)?;
    with_cosignatures(&mut tx, checkpoint).await
}

/// A checkpoint's note with the witnesses' lines after the record's own.
pub(crate) async fn with_cosignatures(
    tx: &mut TenantTx,
    (size, signed_at, note): records::Checkpoint,
) -> Result<String, Failure> {
    Ok(note + &stored::of(tx, size, signed_at).await?.concat())
}

/// Takes a checkpoint that a witness of this installation has cosigned; what it has said already stays as it is.
pub async fn cosign(app: &App, session: &Session, note: &str) -> Result<(), Failure> {
    let refuse = |code, text: String| Refusal::invalid(code, "body", text);
    let (own, _) = cosignatures::split(note).map_err(|error| {
        refuse("cosignature.malformed", error.to_string())
            .with_fix("send a checkpoint as it was served, with the witness's signature line after it")
    })?;
    let witnesses = app.signing.witnesses();
    let held: Vec<_> = witnesses.iter().filter_map(|it| it.cosignature(note)).collect();
    if held.is_empty() {
        let names: Vec<_> = witnesses.iter().map(|it| it.name.as_str()).collect();
        let fix = match names.is_empty() {
            true => "this installation has no witnesses; its operator names them".to_owned(),
            false => format!("the witnesses are {}", names.join(", ")),
        };
        return Err(refuse("cosignature.unknown_witness", "no witness has signed this".into()).with_fix(fix).into());
    }
    if let Some(early) = held.iter().find(|it| it.time > session.ctx.wall + AHEAD) {
        return Err(refuse("cosignature.ahead", format!("{} is yet to come", early.time)).into());
    }
    let size = checkpoints::read(&own)?.size;
    let mut tx = app.db.record(&session.ctx).await?;
    let unknown = || {
        refuse("cosignature.unknown_checkpoint", "this record has no such checkpoint".into())
            .with_fix("alarm, if it is signed by this record's key: then there are two histories")
    };
    let signed_at = stored::find_checkpoint(&mut tx, size, &own).await?.ok_or_else(unknown)?;
    for cosignature in &held {
        let at = (size, signed_at);
        stored::insert(&mut tx, at, &cosignature.witness, &cosignature.line, cosignature.time).await?;
    }
    Ok(tx.commit().await?)
}
