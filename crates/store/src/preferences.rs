//! How members want to hear of things.

use chrono::{DateTime, NaiveTime, Utc};
use sqlx::{Row, postgres::PgRow};
use yishi_domain::{MemberId, letters::Preferences};

use crate::{StoreError, TenantTx, WriteTx, codes, holds};

/// Keeps everybody else from changing how a member wants to hear of things until the transaction ends; there may be no row yet that could be locked.
pub async fn hold(tx: &mut WriteTx, member: MemberId) -> Result<(), StoreError> {
    let (first, last) = member.uuid().as_u64_pair();
    holds::hold(tx, "preferences", first ^ last).await
}

/// Keeps how a member wants to hear of things.
pub async fn save(tx: &mut WriteTx, member: MemberId, it: &Preferences, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO preferences (tenant_id, member_id, email, sms, pace, quiet_from, quiet_to, locale, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, member_id) DO UPDATE SET email = EXCLUDED.email, sms = EXCLUDED.sms, pace = EXCLUDED.pace,
             quiet_from = EXCLUDED.quiet_from, quiet_to = EXCLUDED.quiet_to, locale = EXCLUDED.locale,
             changed_at = EXCLUDED.changed_at",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .bind(it.email.code())
    .bind(it.sms.code())
    .bind(it.pace.code())
    .bind(it.quiet.map(|(from, _)| from))
    .bind(it.quiet.map(|(_, to)| to))
    .bind(it.locale.code())
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// How a member wants to hear of things; as everybody does who has said nothing.
pub async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Preferences, StoreError> {
    let row = sqlx::query(
        "SELECT email, sms, pace, quiet_from, quiet_to, locale FROM preferences WHERE tenant_id = $1 AND member_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .fetch_optional(tx.sql())
    .await?;
    row.as_ref().map_or_else(|| Ok(Preferences::default()), preferences)
}

/// Reads them from a row that may have none.
pub(crate) fn preferences(row: &PgRow) -> Result<Preferences, StoreError> {
    let Some(email) = row.try_get::<Option<String>, _>("email")? else { return Ok(Preferences::default()) };
    let (from, to): (Option<NaiveTime>, Option<NaiveTime>) = (row.try_get("quiet_from")?, row.try_get("quiet_to")?);
    Ok(Preferences {
        email: codes::read("wish", email)?,
        sms: codes::read("wish", row.try_get("sms")?)?,
        pace: codes::read("pace", row.try_get("pace")?)?,
        quiet: from.zip(to),
        locale: codes::read("locale", row.try_get("locale")?)?,
    })
}
