//! Counting anew: what is kept is put aside within a transaction, everything is counted from the first event on, and the two are held against each
//! other row by row.

use sqlx::AssertSqlSafe;

use crate::{RecordTx, StoreError};

/// What is counted, and which rows of it say something: a sum that came to nothing is like one that is not there.
const TABLES: [(&str, &str); 7] = [
    ("report_counters", "value <> 0"),
    ("report_cases", "true"),
    ("report_marks", "value <> 0"),
    ("report_people", "times <> 0"),
    ("report_persons", "persons <> 0"),
    ("report_residents", "true"),
    ("report_rows", "true"),
];

/// What differs in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// How many rows are kept that a recount does not come to.
    pub kept: u64,
    /// How many rows a recount comes to that are not kept.
    pub missing: u64,
    /// One of them, as the database writes it.
    pub example: Option<String>,
}

/// Holds the cursor, waiting for whoever counts, and tells where it stands.
pub async fn hold(tx: &mut RecordTx) -> Result<u64, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT position FROM report_cursors WHERE tenant_id = $1 FOR UPDATE")
        .bind(tx.tenant().uuid())
        .fetch_optional(tx.sql())
        .await?;
    Ok(row.map_or(0, |(position,)| position.unsigned_abs()))
}

/// Puts aside what is kept, until the transaction ends, and begins from nothing.
pub async fn begin_anew(tx: &mut RecordTx) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for (table, says) in TABLES {
        // Creating a table takes no parameters. Names and conditions are ours, and a UUID is safe.
        let keep = format!(
            "CREATE TEMPORARY TABLE kept_{table} ON COMMIT DROP AS SELECT * FROM {table} WHERE tenant_id = '{tenant}' AND {says}"
        );
        sqlx::query(AssertSqlSafe(keep)).execute(tx.sql()).await?;
    }
    clear(tx).await
}

/// Takes away what is kept, to begin from nothing.
pub async fn clear(tx: &mut RecordTx) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for (table, _) in TABLES {
        // Names are ours.
        let delete = format!("DELETE FROM {table} WHERE tenant_id = $1");
        sqlx::query(AssertSqlSafe(delete)).bind(tenant).execute(tx.sql()).await?;
    }
    sqlx::query("UPDATE report_cursors SET position = 0 WHERE tenant_id = $1").bind(tenant).execute(tx.sql()).await?;
    Ok(())
}

/// Holds what was put aside against what was counted anew.
pub async fn differences(tx: &mut RecordTx) -> Result<Vec<Difference>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut found = Vec::new();
    for (table, says) in TABLES {
        let now = format!("SELECT * FROM {table} WHERE tenant_id = $1 AND {says}");
        let query = format!(
            "WITH kept AS (SELECT * FROM kept_{table} EXCEPT ALL {now}), missing AS ({now} EXCEPT ALL SELECT * FROM kept_{table})
             SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM missing),
                    COALESCE((SELECT kept::text FROM kept LIMIT 1), (SELECT missing::text FROM missing LIMIT 1))"
        );
        let (kept, missing, example): (i64, i64, Option<String>) =
            sqlx::query_as(AssertSqlSafe(query)).bind(tenant).fetch_one(tx.sql()).await?;
        if kept + missing > 0 {
            found.push(Difference { table, kept: kept.unsigned_abs(), missing: missing.unsigned_abs(), example });
        }
    }
    Ok(found)
}
