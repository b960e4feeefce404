//! The register of who may vote in which capacity.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{
    MemberId, RegistrationId, UnitId,
    registers::{Capacity, Entry},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its identifier.
    pub id: RegistrationId,
    /// Who votes.
    pub member: MemberId,
    /// The unit where.
    pub unit: UnitId,
    /// In which capacity.
    pub capacity: Capacity,
    /// The voting unit.
    pub voting_unit: String,
    /// Its whole exclusive floor area in hundredths of a square metre, of owners.
    pub floor_area: Option<u64>,
    /// Since when.
    pub registered_at: DateTime<Utc>,
}

/// Adds registrations; false where one of them is there already.
pub async fn insert(tx: &mut WriteTx, list: &[Registration]) -> Result<bool, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new(
        "INSERT INTO registrations (tenant_id, id, member_id, unit_id, capacity, voting_unit, floor_area, registered_at) ",
    );
    query.push_values(list, |mut row, it| {
        row.push_bind(tenant).push_bind(it.id.uuid()).push_bind(it.member.uuid()).push_bind(it.unit.uuid());
        row.push_bind(it.capacity.code()).push_bind(&it.voting_unit).push_bind(it.floor_area.map(u64::cast_signed));
        row.push_bind(it.registered_at);
    });
    query.push(" ON CONFLICT DO NOTHING");
    Ok(query.build().persistent(false).execute(tx.sql()).await?.rows_affected() == list.len() as u64)
}

/// Ends a registration that holds; false where there is none such at the unit of the path or under it.
pub async fn end(
    tx: &mut WriteTx,
    id: RegistrationId,
    paths: &[String],
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations r SET ended_at = $3 FROM units u WHERE r.tenant_id = $1 AND r.id = $2 AND r.ended_at IS NULL
         AND u.tenant_id = r.tenant_id AND u.id = r.unit_id
         AND EXISTS (SELECT 1 FROM unnest($4::text[]) AS reach WHERE starts_with(u.path, reach))",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .bind(paths)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lists the registrations that hold at units under a path after one, in order of their identifiers.
pub async fn page(
    tx: &mut TenantTx,
    path: &str,
    capacity: Option<Capacity>,
    after: Option<RegistrationId>,
    limit: u16,
) -> Result<Vec<Registration>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.id, r.member_id, r.unit_id, r.capacity, r.voting_unit, r.floor_area, r.registered_at FROM registrations r
         JOIN units u ON u.tenant_id = r.tenant_id AND u.id = r.unit_id
         WHERE r.tenant_id = $1 AND starts_with(u.path, $2) AND r.ended_at IS NULL
         AND ($3::text IS NULL OR r.capacity = $3) AND ($4::uuid IS NULL OR r.id > $4) ORDER BY r.id LIMIT $5",
    )
    .bind(tx.tenant().uuid())
    .bind(path)
    .bind(capacity.map(Capacity::code))
    .bind(after.map(RegistrationId::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(registration).collect()
}

/// The entries of a capacity at units under a path, as a roll is drawn from them; at most so many.
pub async fn entries(
    tx: &mut TenantTx,
    path: &str,
    capacity: Capacity,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.member_id, u.code, r.voting_unit, r.floor_area, m.born_on FROM registrations r
         JOIN units u ON u.tenant_id = r.tenant_id AND u.id = r.unit_id
         JOIN members m ON m.tenant_id = r.tenant_id AND m.id = r.member_id
         WHERE r.tenant_id = $1 AND starts_with(u.path, $2) AND r.capacity = $3 AND r.ended_at IS NULL
         ORDER BY u.code, r.voting_unit, r.member_id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(path)
    .bind(capacity.code())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                member: MemberId(row.try_get("member_id")?),
                unit: row.try_get("code")?,
                voting_unit: row.try_get("voting_unit")?,
                floor_area: row.try_get::<Option<i64>, _>("floor_area")?.map(i64::unsigned_abs),
                born_on: row.try_get::<Option<NaiveDate>, _>("born_on")?,
            })
        })
        .collect()
}

fn registration(row: &PgRow) -> Result<Registration, StoreError> {
    Ok(Registration {
        id: RegistrationId(row.try_get("id")?),
        member: MemberId(row.try_get("member_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        capacity: codes::read("capacity", row.try_get("capacity")?)?,
        voting_unit: row.try_get("voting_unit")?,
        floor_area: row.try_get::<Option<i64>, _>("floor_area")?.map(i64::unsigned_abs),
        registered_at: row.try_get("registered_at")?,
    })
}
