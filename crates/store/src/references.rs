//! What rows that came in by files are known by there; without a reference a row is known by its identifier.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::money::MoneyFile;

use crate::{StoreError, TenantTx, WriteTx, rows};

/// Keeps what rows are known by.
pub async fn keep(tx: &mut WriteTx, file: MoneyFile, kept: &[(Uuid, String)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(kept) {
        let mut query = QueryBuilder::new("INSERT INTO file_references (tenant_id, file, subject_id, reference) ");
        query.push_values(part, |mut row, (subject, reference)| {
            row.push_bind(tenant).push_bind(file.code()).push_bind(subject).push_bind(reference);
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// What rows are known by, of those that came in by a file.
pub async fn of(tx: &mut TenantTx, file: MoneyFile, subjects: &[Uuid]) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT subject_id, reference FROM file_references WHERE tenant_id = $1 AND file = $2 AND subject_id = ANY($3)",
    )
    .bind(tx.tenant().uuid())
    .bind(file.code())
    .bind(subjects)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().collect())
}

/// The rows that references may mean: those that are known by them, and those whose identifiers they are.
pub async fn subjects(tx: &mut TenantTx, file: MoneyFile, references: &[String]) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = sqlx::query_as(
        "SELECT subject_id FROM file_references WHERE tenant_id = $1 AND file = $2 AND reference = ANY($3)",
    )
    .bind(tx.tenant().uuid())
    .bind(file.code())
    .bind(references)
    .fetch_all(tx.sql())
    .await?;
    let ids = references.iter().filter_map(|it| it.parse().ok());
    Ok(rows.into_iter().map(|(id,)| id).chain(ids).collect())
}
