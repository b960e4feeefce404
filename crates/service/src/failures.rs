//! What a use case ends with where it does not succeed: a refusal for the caller, or a fault of ours.

use yishi_domain::Refusal;
use yishi_record::checkpoints::CheckpointError;
use yishi_store::StoreError;

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
    Store(#[from] StoreError),
    /// The record failed.
    #[error(transparent)]
    Record(#[from] SequenceError),
    /// The record's key is not usable.
    #[error(transparent)]
    Key(#[from] CheckpointError),
}

impl From<OnboardError> for Failure {
    fn from(error: OnboardError) -> Self {
        match error {
            OnboardError::List(faults) => Self::Faults(faults),
            OnboardError::Store(error) => Self::Store(error),
        }
    }
}
