//! What a member is told in the application itself.

use uuid::Uuid;
use yishi_domain::Refusal;
use yishi_store::notices;

use crate::{App, events::event, failures::Failure, sessions::Session};

pub use yishi_store::notices::Notice;

/// Lists the caller's notices before one, the latest first, and counts the unread.
pub async fn list(
    app: &App,
    session: &Session,
    before: Option<Uuid>,
    limit: u16,
) -> Result<(Vec<Notice>, u64), Failure> {
    let me = session.member()?;
    let mut tx = app.db.read(&session.ctx).await?;
    Ok((notices::of_member(&mut tx, me, before, limit).await?, notices::unread(&mut tx, me).await?))
}

/// Notes that the caller has read a notice.
pub async fn read(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    if !notices::read(&mut tx, me, id, ctx.now).await? {
        return Err(Refusal::not_found("notice.unknown", "there is no such notice for you").into());
    }
    let read = event(ctx, "notice.read", id, serde_json::json!({}));
    Ok(tx.commit([read], ()).await?)
}
