//! Why a request failed.

use crate::cfn::properties::Problems;
use crate::domain::diagnosis::{self, Context};
use crate::domain::fault::Fault;
use crate::domain::trail::plan;
use crate::domain::trusted_access::StillNeeded;

/// Why a request failed. Prints as the sentence for the stack's owner. What the request left behind,
/// [`super::context::Progress`] says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The template is wrong.
    #[error("the properties are not valid: {0}")]
    Properties(#[from] Problems),
    /// The function declines.
    #[error("{0}")]
    Refusal(String),
    /// A call to AWS failed.
    #[error("{explanation}")]
    Aws {
        /// What AWS said.
        fault: Box<Fault>,
        /// What that means and what to do.
        explanation: String,
    },
    /// It did not happen in time.
    #[error("{0}")]
    Timeout(String),
}

impl Failure {
    /// A refusal: a sentence that says what is declined, why, and what to do.
    pub fn refusal(sentence: impl Into<String>) -> Self {
        Self::Refusal(sentence.into())
    }

    /// A call to AWS that failed, explained by what was known at the time.
    pub fn aws(fault: &Fault, known: &Context<'_>) -> Self {
        Self::Aws {
            explanation: diagnosis::explain(fault, known),
            fault: Box::new(fault.clone()),
        }
    }

    /// The same failure, of which there is more to say.
    #[must_use]
    pub fn and(self, more: &str) -> Self {
        let append = |sentence: String| format!("{sentence}. {more}");
        match self {
            Self::Properties(problems) => {
                Self::Refusal(append(Self::Properties(problems).to_string()))
            }
            Self::Refusal(sentence) => Self::Refusal(append(sentence)),
            Self::Aws { fault, explanation } => Self::Aws {
                fault,
                explanation: append(explanation),
            },
            Self::Timeout(sentence) => Self::Timeout(append(sentence)),
        }
    }
}

impl From<plan::Refusal> for Failure {
    fn from(refusal: plan::Refusal) -> Self {
        Self::refusal(refusal.to_string())
    }
}

impl From<StillNeeded> for Failure {
    fn from(refusal: StillNeeded) -> Self {
        Self::refusal(refusal.to_string())
    }
}
