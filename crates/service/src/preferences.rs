//! How a member wants to hear of things.

use serde_json::json;
use yishi_domain::{Refusal, letters::Preferences};
use yishi_store::preferences;

use crate::{App, events::event, failures::Failure, sessions::Session};

/// How the caller wants to hear of things.
pub async fn get(app: &App, session: &Session) -> Result<Preferences, Failure> {
    Ok(preferences::of_member(&mut app.db.read(&session.ctx).await?, session.member()?).await?)
}

/// Keeps how the caller wants to hear of things; it holds for what they are told from now on.
pub async fn put(app: &App, session: &Session, it: Preferences) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    if it.quiet.is_some_and(|(from, to)| from == to) {
        let text = "quiet hours have an end that is not their beginning";
        let refusal = Refusal::invalid("preferences.bad_quiet_hours", "quiet.to", text);
        return Err(refusal.with_fix("leave `quiet` out to have none").into());
    }
    let mut tx = app.db.write(ctx).await?;
    preferences::hold(&mut tx, me).await?;
    preferences::save(&mut tx, me, &it, ctx.wall).await?;
    // How somebody wants to hear of things is theirs alone, so the record says only that they said it.
    Ok(tx.commit([event(ctx, "preferences.changed", me.uuid(), json!({}))], ()).await?)
}
