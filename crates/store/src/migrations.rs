//! The schema's migrations, built into the program.

use sqlx::{Connection, PgConnection};

use crate::StoreError;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Brings the schema up to date, as its owner; does nothing where it is.
pub async fn migrate(owner_url: &str) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect(owner_url).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
