//! Where members are reached.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::{MemberId, letters::Carrier};

use crate::{RecordTx, StoreError, TenantTx, WriteTx, codes, rows};

/// Where a member is reached by a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// By what.
    pub carrier: Carrier,
    /// The address or number: personal data, never part of the record.
    pub address: String,
    /// Since when it is there.
    pub changed_at: DateTime<Utc>,
    /// Since when nothing is sent to it, because it was refused for good, and why.
    pub refused: Option<(DateTime<Utc>, String)>,
}

/// Keeps where members are reached, in place of what was there.
pub async fn put(
    tx: &mut WriteTx,
    contacts: &[(MemberId, Carrier, String)],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(contacts) {
        let mut query = QueryBuilder::new("INSERT INTO contacts (tenant_id, member_id, channel, address, changed_at) ");
        query.push_values(part, |mut row, (member, carrier, address)| {
            row.push_bind(tenant).push_bind(member.uuid()).push_bind(carrier.code()).push_bind(address).push_bind(at);
        });
        query.push(
            " ON CONFLICT (tenant_id, member_id, channel)
              DO UPDATE SET address = EXCLUDED.address, changed_at = EXCLUDED.changed_at, refused_at = NULL, refusal = NULL",
        );
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists where a member is reached.
pub async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Contact>, StoreError> {
    type Row = (String, String, DateTime<Utc>, Option<DateTime<Utc>>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT channel, address, changed_at, refused_at, refusal FROM contacts
         WHERE tenant_id = $1 AND member_id = $2 ORDER BY channel",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .fetch_all(tx.sql())
    .await?;
    let contact = |(carrier, address, changed_at, at, why): Row| {
        Ok(Contact { carrier: codes::read("carrier", carrier)?, address, changed_at, refused: at.zip(why) })
    };
    rows.into_iter().map(contact).collect()
}

/// Erases where a member is reached by some carriers.
pub async fn erase(tx: &mut WriteTx, member: MemberId, carriers: &[Carrier]) -> Result<(), StoreError> {
    let carriers: Vec<_> = carriers.iter().map(|it| it.code()).collect();
    sqlx::query("DELETE FROM contacts WHERE tenant_id = $1 AND member_id = $2 AND channel = ANY($3)")
        .bind(tx.tenant().uuid())
        .bind(member.uuid())
        .bind(carriers)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Notes that an address was refused for good, unless it is another one by now.
pub async fn refuse(
    tx: &mut RecordTx,
    member: Uuid,
    carrier: Carrier,
    address: &str,
    why: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET refused_at = $5, refusal = $6
         WHERE tenant_id = $1 AND member_id = $2 AND channel = $3 AND address = $4 AND refused_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(member)
    .bind(carrier.code())
    .bind(address)
    .bind(at)
    .bind(why)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Takes it back that a member's address was refused.
pub async fn allow(tx: &mut WriteTx, member: Uuid, carrier: Carrier) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET refused_at = NULL, refusal = NULL
         WHERE tenant_id = $1 AND member_id = $2 AND channel = $3 AND refused_at IS NOT NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(member)
    .bind(carrier.code())
    .execute(tx.sql())
    .await?;
    Ok(())
}
