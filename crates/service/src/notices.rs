//! What a member is told in the application itself: their inbox, which they read, and follow as it fills.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use yishi_domain::Refusal;
use yishi_store::notices;

use crate::{App, events::event, failures::Failure, sessions::Session};

pub use yishi_store::notices::Notice;

/// How often it is looked whether something was told, and how late what has an earlier id may be committed.
const LOOK: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(30);

/// How many notices are looked at together.
const MOST: u16 = 500;

/// Lists the caller's notices before one, the latest first, and counts the unread.
pub async fn list(
    app: &App,
    session: &Session,
    unread: bool,
    before: Option<Uuid>,
    limit: u16,
) -> Result<(Vec<Notice>, u64), Failure> {
    let me = session.member()?;
    let mut tx = app.db.read(&session.ctx).await?;
    Ok((notices::of_member(&mut tx, me, unread, before, limit).await?, notices::unread(&mut tx, me).await?))
}

/// Notes that the caller has read a notice.
pub async fn read(app: &App, session: &Session, id: Uuid) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    if !notices::read(&mut tx, me, id, ctx.now).await? {
        return Err(Refusal::not_found("notice.unknown", "there is no such notice for you").into());
    }
    Ok(tx.commit([event(ctx, "notice.read", id, json!({}))], ()).await?)
}

/// Notes that the caller has read whatever they were told up to a notice.
pub async fn read_until(app: &App, session: &Session, last: Uuid) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    if notices::read_until(&mut tx, me, last, ctx.now).await? == 0 {
        return Ok(());
    }
    Ok(tx.commit([event(ctx, "inbox.read", me.uuid(), json!({}))], ()).await?)
}

/// Up to where somebody was shown their inbox: the latest notice, and how many they were shown whose ids lie shortly before it.
///
/// What is committed late has an id before one that was shown; by the number it is known whether there is such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    last: Uuid,
    near: usize,
}

/// Somebody who follows their inbox.
#[derive(Clone, Debug)]
pub struct Follower {
    last: Uuid,
    /// What they were shown from shortly before the latest on.
    shown: BTreeSet<Uuid>,
    unread: bool,
}

/// Begins to follow the caller's inbox where they stopped, or with what is unread, or with what is told from now on.
pub async fn follow(app: &App, session: &Session, mark: Option<Mark>, unread: bool) -> Result<Follower, Failure> {
    let last = match (mark, unread) {
        (Some(mark), _) => mark.last,
        (None, true) => return Ok(Follower { last: Uuid::nil(), shown: BTreeSet::new(), unread }),
        (None, false) => session.ctx.new_id(),
    };
    let mut shown: BTreeSet<_> =
        notices::ids_from(&mut app.db.read(&session.ctx).await?, session.member()?, before(last))
            .await?
            .into_iter()
            .collect();
    if let Some(mark) = mark {
        shown.retain(|it| *it <= last);
        // Something came in between, and it is not known what: all of that time is shown again.
        if shown.len() != mark.near {
            shown.clear();
        }
    }
    Ok(Follower { last, shown, unread })
}

/// Waits up to a time for what is new to a follower, each with the mark to go on from; also tells how many of all are unread.
pub async fn next(
    app: &App,
    session: &Session,
    follower: &mut Follower,
    wait: Duration,
) -> Result<(Vec<(Notice, Mark)>, u64), Failure> {
    let (me, until) = (session.member()?, Instant::now() + wait);
    loop {
        let mut tx = app.db.read(&session.ctx).await?;
        let shown: Vec<_> = follower.shown.iter().copied().collect();
        let found = notices::others_from(&mut tx, me, before(follower.last), &shown, follower.unread, MOST).await?;
        if !found.is_empty() || Instant::now() >= until || app.is_ending() {
            let unread = notices::unread(&mut tx, me).await?;
            return Ok((
                found.into_iter().map(|it| (follower.show(it.id), it)).map(|(mark, it)| (it, mark)).collect(),
                unread,
            ));
        }
        drop(tx);
        sleep(LOOK).await;
    }
}

impl Follower {
    fn show(&mut self, id: Uuid) -> Mark {
        self.shown.insert(id);
        self.last = self.last.max(id);
        self.shown = self.shown.split_off(&before(self.last));
        Mark { last: self.last, near: self.shown.len() }
    }
}

/// The least id of a time shortly before another one's (RFC 9562, section 5.7: the first 48 bits are milliseconds).
fn before(id: Uuid) -> Uuid {
    let millis = (id.as_u128() >> 80).saturating_sub(LATE.as_millis());
    Uuid::from_u128(millis << 80)
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.last, self.near)
    }
}

impl FromStr for Mark {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let bad = || {
            Refusal::invalid("notice.bad_mark", "Last-Event-ID", format!("`{text}` is no id of a notice that was sent"))
                .with_fix("send the id of the last event as it came, or none")
        };
        let (last, near) = text.split_once('.').ok_or_else(bad)?;
        Ok(Self { last: last.parse().map_err(|_| bad())?, near: near.parse().map_err(|_| bad())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id of a millisecond.
    fn id(millis: u128) -> Uuid {
        Uuid::from_u128(millis << 80 | 7)
    }

    #[test]
    fn a_mark_counts_what_was_shown_shortly_before_the_latest() {
        let mut it = Follower { last: id(0), shown: BTreeSet::new(), unread: false };
        assert_eq!(it.show(id(100_000)), Mark { last: id(100_000), near: 1 });
        assert_eq!(it.show(id(120_000)), Mark { last: id(120_000), near: 2 });
        assert_eq!(it.show(id(110_000)), Mark { last: id(120_000), near: 3 }, "it was committed late");
        assert_eq!(it.show(id(145_000)), Mark { last: id(145_000), near: 2 });
        let mark = it.show(id(146_000));
        assert_eq!(mark.to_string().parse::<Mark>().expect("a mark"), mark);
        for bad in ["", "7", "x.1", "01a225dc-d28a-7c6f-9677-b822935b1722", "01a225dc-d28a-7c6f-9677-b822935b1722.x"] {
            assert_eq!(bad.parse::<Mark>().expect_err(bad).code, "notice.bad_mark");
        }
    }
}
