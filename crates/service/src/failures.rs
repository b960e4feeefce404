//! What a use case ends with where it does not succeed: a refusal for the caller, or a fault of ours.

use yishi_domain::{Refusal, RefusalKind};
use yishi_policy::PolicyFailure;
use yishi_record::{bundles::BundleError, checkpoints::CheckpointError};
use yishi_store::{StoreError, blobs::BlobError};

use crate::{onboarding::OnboardError, sequencing::SequenceError};

/// Why a use case did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller may not, or asked for something wrong.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Several things are wrong with the input.
    #[error("{} faults", .0.len())]
    Faults(Vec<Refusal>),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// The record failed.
    #[error(transparent)]
    Record(#[from] SequenceError),
    /// A bundle could not be made.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What keeps the bytes of attachments failed.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What was stored does not fit together.
    #[error("{0}")]
    Inconsistent(String),
}

impl Failure {
    /// The same of what stands under a field of the request.
    pub(crate) fn within(self, field: &str) -> Self {
        let within = |refusal: Refusal| Refusal { field: refusal.field.map(|it| format!("{field}.{it}")), ..refusal };
        match self {
            Self::Refused(refusal) => Self::Refused(within(refusal)),
            Self::Faults(refusals) => Self::Faults(refusals.into_iter().map(within).collect()),
            other => other,
        }
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self::Record(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InFlight => {
                let text = "a request with this idempotency key is being answered";
                Refusal::conflict("request.in_flight", text).with_fix("send the same request again in a moment").into()
            }
            error => Self::Store(error),
        }
    }
}

impl From<OnboardError> for Failure {
    fn from(error: OnboardError) -> Self {
        match error {
            OnboardError::List(faults) => Self::Faults(faults),
            OnboardError::Store(error) => error.into(),
        }
    }
}

/// A failure of the city's rules, as the caller sees it: ours may pass, a wrong configuration is theirs, all else is for the rules' author.
impl From<PolicyFailure> for Failure {
    fn from(failure: PolicyFailure) -> Self {
        let code = failure.code();
        let refusal = match &failure {
            PolicyFailure::Configuration(_) => Refusal::invalid(code, "configuration", failure.to_string()),
            PolicyFailure::Refused { .. } => Refusal::new(RefusalKind::Invalid, code, failure.to_string()),
            it if it.is_retryable() => Refusal::new(RefusalKind::Unavailable, code, failure.to_string()),
            _ => Refusal::conflict(code, failure.to_string())
                .with_fix("have the rule set mended and activate the mended one; nothing was changed"),
        };
        refusal.into()
    }
}
