//! A city's settings: what it decides for itself where its rules have no say.

use serde_json::json;
use yishi_domain::settings::Settings;
use yishi_store::settings;

use crate::{App, events::event, failures::Failure, sessions::Session};

/// The settings that hold.
pub async fn get(app: &App, session: &Session) -> Result<Settings, Failure> {
    Ok(settings::get(&mut app.db.read(&session.ctx).await?).await?)
}

/// Changes the settings, for administrators of the whole city; `fits` refuses where they are not as the caller knows them.
pub async fn change<E: From<Failure>>(
    app: &App,
    session: &Session,
    new: Settings,
    fits: impl FnOnce(&Settings) -> Result<(), E>,
) -> Result<Settings, E> {
    session.require_reach(&session.root()?)?;
    new.validate().map_err(Failure::from)?;
    let mut tx = app.db.write(&session.ctx).await.map_err(Failure::from)?;
    fits(&settings::get(&mut tx).await.map_err(Failure::from)?)?;
    settings::put(&mut tx, &new).await.map_err(Failure::from)?;
    let changed = event(&session.ctx, "settings.changed", session.ctx.tenant.uuid(), json!({"settings": new}));
    Ok(tx.commit([changed], new).await.map_err(Failure::from)?)
}
