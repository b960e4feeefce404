//! Whom the story calls as: every person in it has a token of the installation's own.

use std::sync::Arc;

use chrono::Duration;
use yishi_service::{App, tokens::Bearer};

use crate::{callers::Caller, clocks};

/// The service as its callers reach it.
pub struct Service<'a> {
    /// The installation, whose issuer signs the tokens.
    pub app: &'a Arc<App>,
    anybody: Caller,
}

impl<'a> Service<'a> {
    /// Reaches the service at a base URL.
    pub fn new(app: &'a Arc<App>, base: &str) -> Self {
        Self { app, anybody: Caller::new(base) }
    }

    /// A caller with a token of their own.
    pub fn caller(&self, bearer: &Bearer) -> Caller {
        self.anybody.with_token(self.app.issuer.issue(bearer, clocks::now(), Duration::hours(12)))
    }

    /// A caller without a token.
    pub const fn anybody(&self) -> &Caller {
        &self.anybody
    }
}
