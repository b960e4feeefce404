//! What can go wrong below the use cases.

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the way to it failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A stored value has a form that this version does not know.
    #[error("stored {what} `{value}` is not known to this version")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// An event holds a number that the record cannot hold.
    #[error("the event {kind} holds {number}, which is not an integer within 2^53 - 1")]
    Inexact {
        /// The event's kind.
        kind: &'static str,
        /// The number.
        number: String,
    },
    /// An event says something else than the schema of its kind; only builds for development ask.
    #[error("the event {kind} is not as its schema says: {why}")]
    Misfit {
        /// The event's kind.
        kind: &'static str,
        /// What is wrong.
        why: yishi_domain::schemas::Misfit,
    },
    /// Another request with the same idempotency key is being answered, or was a moment ago.
    #[error("a request with the same idempotency key is in flight")]
    InFlight,
    /// A key that must be unique is taken.
    #[error("{0} is taken")]
    Taken(String),
}

impl StoreError {
    /// Tells whether the same may succeed a little later: the database was away or busy.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) => true,
            Self::Database(sqlx::Error::Database(db)) => {
                // PostgreSQL, appendix A: connection exceptions, rollbacks of a transaction, a lack of resources, a shutdown.
                let code = db.code().unwrap_or_default();
                ["08", "40", "53", "57P"].iter().any(|class| code.starts_with(class))
            }
            _ => false,
        }
    }

    /// Tells whether a text holds what no text of PostgreSQL can: the character U+0000.
    pub fn is_bad_text(&self) -> bool {
        // PostgreSQL, appendix A: character_not_in_repertoire from a text, untranslatable_character from JSON.
        matches!(self, Self::Database(sqlx::Error::Database(db)) if matches!(db.code().as_deref(), Some("22021" | "22P05")))
    }

    /// Turns a violated unique constraint into [`StoreError::Taken`].
    pub(crate) fn or_taken(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) if db.is_unique_violation() => {
                Self::Taken(db.constraint().unwrap_or("the key").to_owned())
            }
            _ => Self::Database(error),
        }
    }
}
