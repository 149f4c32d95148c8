//! The failure of a request.

use crate::cfn::properties::Problems;
use crate::domain::diagnosis::{self, Context};
use crate::domain::fault::Fault;
use crate::domain::trail::{NotVisible, plan};
use crate::domain::trusted_access::{EnabledByItsService, StillNeeded};

/// The failure of a request. Its `Display` is the reason that the stack's owner reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The properties are not valid.
    #[error("the properties are not valid: {0}")]
    Properties(#[from] Problems),
    /// The function refuses the request.
    #[error("{0}")]
    Refusal(String),
    /// A call to AWS failed.
    #[error("{explanation}")]
    Aws {
        /// The fault of the call.
        fault: Box<Fault>,
        /// Its cause, and what to do.
        explanation: String,
    },
    /// The request did not finish in time.
    #[error("{0}")]
    Timeout(String),
}

impl Failure {
    /// A refusal. The sentence says what the function refuses, why, and what to do.
    pub fn refusal(sentence: impl Into<String>) -> Self {
        Self::Refusal(sentence.into())
    }

    /// A call to AWS that failed under these circumstances.
    pub fn aws(fault: &Fault, circumstances: &Context<'_>) -> Self {
        Self::Aws {
            explanation: diagnosis::explain(fault, circumstances),
            fault: Box::new(fault.clone()),
        }
    }

    /// Appends a sentence to the reason.
    #[must_use]
    pub fn and(self, more: &str) -> Self {
        let sentence = format!("{self}. {more}");
        match self {
            Self::Properties(_) | Self::Refusal(_) => Self::Refusal(sentence),
            Self::Aws { fault, .. } => Self::Aws { fault, explanation: sentence },
            Self::Timeout(_) => Self::Timeout(sentence),
        }
    }
}

impl From<plan::Refusal> for Failure {
    fn from(refusal: plan::Refusal) -> Self {
        Self::refusal(refusal.to_string())
    }
}

impl From<NotVisible> for Failure {
    fn from(error: NotVisible) -> Self {
        Self::refusal(error.to_string())
    }
}

impl From<EnabledByItsService> for Failure {
    fn from(refusal: EnabledByItsService) -> Self {
        Self::refusal(refusal.to_string())
    }
}

impl From<StillNeeded> for Failure {
    fn from(refusal: StillNeeded) -> Self {
        Self::refusal(refusal.to_string())
    }
}
