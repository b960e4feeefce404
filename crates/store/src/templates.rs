//! What a city says in its letters in place of the text that comes with the program.

use chrono::{DateTime, Utc};
use yishi_domain::letters::Locale;

use crate::{StoreError, TenantTx, WriteTx};

/// A city's own text.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Template {
    /// The kind of notice that it tells of, or what else it is for.
    pub kind: String,
    /// Its language.
    pub locale: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was changed.
    pub changed_at: DateTime<Utc>,
}

/// Keeps one in place of what was there.
pub async fn put(tx: &mut WriteTx, it: &Template) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO templates (tenant_id, kind, locale, subject, body, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, kind, locale)
         DO UPDATE SET subject = EXCLUDED.subject, body = EXCLUDED.body, changed_at = EXCLUDED.changed_at",
    )
    .bind(tx.tenant().uuid())
    .bind(&it.kind)
    .bind(&it.locale)
    .bind(&it.subject)
    .bind(&it.body)
    .bind(it.changed_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists all of them.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Template>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT kind, locale, subject, body, changed_at FROM templates WHERE tenant_id = $1 ORDER BY kind, locale",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.sql())
    .await?)
}

/// Takes one away; tells whether it was there.
pub async fn remove(tx: &mut WriteTx, kind: &str, locale: Locale) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM templates WHERE tenant_id = $1 AND kind = $2 AND locale = $3")
        .bind(tx.tenant().uuid())
        .bind(kind)
        .bind(locale.code())
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected() == 1)
}
