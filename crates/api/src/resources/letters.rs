//! `/v1/{tenant}/letters`: what members were sent, what is waiting, and what could not be sent and why.

use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use uuid::Uuid;
use yishi_service::letters;

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::Tag,
    sessions::Session,
};

/// The operations on letters.
pub struct LettersApi;

/// A letter: what a member is sent of one notice, or of those that were gathered. Neither the address nor what it says is shown.
#[derive(Debug, Object)]
pub struct Letter {
    /// Its identifier, which is also that of its message, however often it is tried.
    pub id: Uuid,
    /// Whose it is.
    pub member: Uuid,
    /// What it goes by.
    pub carrier: Carrier,
    /// What became of it.
    pub outcome: LetterOutcome,
    /// Until when it gathers notices, where it does.
    #[oai(skip_serializing_if_is_none)]
    pub gathers_until: Option<Instant>,
    /// When it was written.
    pub written_at: Instant,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    #[oai(skip_serializing_if_is_none)]
    pub due_at: Option<Instant>,
    /// Why the last attempt failed.
    #[oai(skip_serializing_if_is_none)]
    pub failure: Option<String>,
    /// When it was settled.
    #[oai(skip_serializing_if_is_none)]
    pub settled_at: Option<Instant>,
}

/// What letters go by.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Carrier {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum LetterOutcome {
    /// It is not due yet, or is tried again.
    Waiting,
    /// It was taken.
    Sent,
    /// It was taken, and came back.
    Bounced,
    /// The address was refused for good; nothing is sent to it any more.
    Refused,
    /// It failed as often as it is tried.
    Dead,
    /// Nobody wants it any more.
    Dropped,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum LetterDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Notice")]
impl LettersApi {
    /// Lists the letters of the last ninety days, the latest first.
    #[oai(path = "/v1/:tenant/letters", method = "get", operation_id = "list_letters")]
    async fn list_letters(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only what became of this.
        outcome: Query<Option<LetterOutcome>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many letters at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Letter>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let before = match wanted.after.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| bad_cursor())?),
        };
        let outcome = outcome.map(LetterOutcome::code);
        let loaded = letters::list(&session.app, &session, outcome, before, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Letter::from)))
    }

    /// Has a letter tried again that was not sent, or came back, under the same id; an address that was refused gets another try.
    #[oai(path = "/v1/:tenant/letters/:letter/revival", method = "post", operation_id = "revive_letter")]
    async fn revive_letter(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The letter's id.
        letter: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<LetterDone, Problem> {
        let app = &session.app;
        session.once(app, letters::revive(app, &session, *letter)).await?;
        Ok(LetterDone::Done)
    }
}

impl LetterOutcome {
    const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Bounced => "bounced",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    fn of(code: Option<&str>) -> Self {
        let all = [Self::Sent, Self::Bounced, Self::Refused, Self::Dead, Self::Dropped];
        all.into_iter().find(|it| Some(it.code()) == code).unwrap_or(Self::Waiting)
    }
}

impl From<letters::Letter> for Letter {
    fn from(it: letters::Letter) -> Self {
        Self {
            id: it.id,
            member: it.member_id,
            carrier: if it.channel == "sms" { Carrier::Sms } else { Carrier::Email },
            outcome: LetterOutcome::of(it.outcome.as_deref()),
            gathers_until: it.gathers_until.map(Instant::from),
            written_at: it.written_at.into(),
            attempts: it.attempts.unsigned_abs(),
            due_at: it.settled_at.is_none().then(|| it.due_at.into()),
            failure: it.failure,
            settled_at: it.settled_at.map(Instant::from),
        }
    }
}
