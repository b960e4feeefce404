//! Writing letters about notices that were just left, each for when its reader wants it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;
use yishi_domain::letters::{Carrier, Haste, Preferences, Urgency};

use crate::{StoreError, TenantTx, codes, preferences, rows};

/// Somebody who is reached by a carrier, and wants to be.
struct Reader {
    member: Uuid,
    carrier: Carrier,
    preferences: Preferences,
    notice: Uuid,
}

/// A letter to be written.
struct New {
    id: Uuid,
    member: Uuid,
    carrier: Carrier,
    urgency: Urgency,
    due: DateTime<Utc>,
}

/// How often a gathering letter is looked for that has not gone out yet.
const PERIODS: usize = 3;

/// Writes what the readers of notices want to have; each notice comes with its reader.
pub(crate) async fn write(
    tx: &mut TenantTx,
    notices: &[(Uuid, Uuid)],
    ids: &impl Fn() -> Uuid,
    haste: Haste,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let readers = readers(tx, notices).await?;
    if readers.is_empty() {
        return Ok(());
    }
    let zone: String = sqlx::query_scalar("SELECT zone FROM tenants WHERE id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.sql())
        .await?;
    let zone: Tz = zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let now = at.with_timezone(&zone).naive_local();
    let (mut single, mut gathered, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for reader in readers {
        match reader.preferences.due(reader.carrier, haste, now) {
            None => {}
            Some((Urgency::Gathered, until)) => gathered.push((reader, until)),
            Some((urgency, due)) => {
                let due = instant(zone, due).max(at);
                let new = New { id: ids(), member: reader.member, carrier: reader.carrier, urgency, due };
                links.push((new.id, reader.notice));
                single.push(new);
            }
        }
    }
    insert(tx, &single, false, at).await?;
    for _ in 0..PERIODS {
        gathered = gather(tx, gathered, ids, (zone, haste), at, &mut links).await?;
    }
    link(tx, &links).await
}

async fn readers(tx: &mut TenantTx, notices: &[(Uuid, Uuid)]) -> Result<Vec<Reader>, StoreError> {
    let notice_of: HashMap<Uuid, Uuid> = notices.iter().map(|(notice, member)| (*member, *notice)).collect();
    let members: Vec<_> = notice_of.keys().copied().collect();
    let rows = sqlx::query(
        "SELECT c.member_id, c.channel, p.email, p.sms, p.pace, p.quiet_from, p.quiet_to, p.locale FROM contacts c
         LEFT JOIN preferences p ON p.tenant_id = c.tenant_id AND p.member_id = c.member_id
         WHERE c.tenant_id = $1 AND c.member_id = ANY($2) AND c.refused_at IS NULL ORDER BY c.member_id, c.channel",
    )
    .bind(tx.tenant().uuid())
    .bind(members)
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let member = row.try_get("member_id")?;
            let carrier = codes::read("carrier", row.try_get("channel")?)?;
            Ok(Reader { member, carrier, preferences: preferences::preferences(row)?, notice: notice_of[&member] })
        })
        .collect()
}

/// Puts notices into the letters that gather until an instant; gives back those whose letter is going out already, for the next one.
async fn gather(
    tx: &mut TenantTx,
    wanted: Vec<(Reader, NaiveDateTime)>,
    ids: &impl Fn() -> Uuid,
    (zone, haste): (Tz, Haste),
    at: DateTime<Utc>,
    links: &mut Vec<(Uuid, Uuid)>,
) -> Result<Vec<(Reader, NaiveDateTime)>, StoreError> {
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let new = |(reader, until): &(Reader, NaiveDateTime)| {
        let (urgency, due) = (Urgency::Gathered, instant(zone, *until));
        New { id: ids(), member: reader.member, carrier: reader.carrier, urgency, due }
    };
    let letters: Vec<_> = wanted.iter().map(new).collect();
    insert(tx, &letters, true, at).await?;
    // Held against whoever would send them meanwhile, but not against others who add to them.
    let rows: Vec<(Uuid, Uuid, String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT id, member_id, channel, gathers_until FROM letters
         WHERE tenant_id = $1 AND member_id = ANY($2) AND gathers_until = ANY($3) AND attempts = 0 AND settled_at IS NULL
         ORDER BY id FOR SHARE",
    )
    .bind(tx.tenant().uuid())
    .bind(letters.iter().map(|it| it.member).collect::<Vec<_>>())
    .bind(letters.iter().map(|it| it.due).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    let open: BTreeMap<_, _> =
        rows.into_iter().map(|(id, member, carrier, until)| ((member, carrier, until), id)).collect();
    let mut left = Vec::new();
    for (letter, (reader, until)) in letters.iter().zip(wanted) {
        match open.get(&(reader.member, reader.carrier.code().to_owned(), letter.due)) {
            Some(id) => links.push((*id, reader.notice)),
            None => {
                let next = reader.preferences.due(reader.carrier, haste, until).map(|(_, next)| next);
                left.extend(next.map(|next| (reader, next)));
            }
        }
    }
    Ok(left)
}

async fn insert(tx: &mut TenantTx, letters: &[New], gathers: bool, at: DateTime<Utc>) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(letters) {
        let mut query = QueryBuilder::new(
            "INSERT INTO letters (tenant_id, id, member_id, channel, urgency, gathers_until, written_at, due_at) ",
        );
        query.push_values(part, |mut row, it| {
            row.push_bind(tenant).push_bind(it.id).push_bind(it.member).push_bind(it.carrier.code());
            row.push_bind(it.urgency as i16).push_bind(gathers.then_some(it.due)).push_bind(at).push_bind(it.due);
        });
        query.push(" ON CONFLICT (tenant_id, member_id, channel, gathers_until) DO NOTHING");
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

async fn link(tx: &mut TenantTx, links: &[(Uuid, Uuid)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(links) {
        let mut query = QueryBuilder::new("INSERT INTO letter_notices (tenant_id, letter_id, notice_id) ");
        query.push_values(part, |mut row, (letter, notice)| {
            row.push_bind(tenant).push_bind(letter).push_bind(notice);
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// The instant that a clock on the wall shows; where it is set forward, the one that it would have shown.
fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local).earliest() {
        Some(at) => at.to_utc(),
        None => zone.from_utc_datetime(&local).to_utc(),
    }
}
