//! What the work on a request has at hand, and what it records.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, sleep};

use super::Failure;
use crate::aws::Aws;
use crate::aws::call::Deadline;
use crate::cfn::request::Request;
use crate::domain::fault::{Fault, RetryClass};
use crate::domain::names::{AccountId, Region};

/// A request and what is needed to work on it.
#[derive(Debug)]
pub struct RequestContext<'a> {
    /// What is wanted.
    pub request: &'a Request,
    /// The way to AWS.
    pub aws: &'a Aws,
    /// When work ends.
    pub until: Instant,
    /// When cleaning up after failed work ends.
    pub clean_up_until: Instant,
    /// The account that calls are made as, where it is known.
    pub caller: Option<AccountId>,
    /// What would have to be deleted if work ended now.
    pub progress: &'a Progress,
}

impl RequestContext<'_> {
    /// Deadline for context.
    pub fn deadline(&self) -> Deadline {
        Deadline::until(self.until)
    }

    /// Deadline for cleaning up.
    pub fn clean_up_deadline(&self) -> Deadline {
        Deadline::until(self.clean_up_until)
    }

    /// Looks again and again for what AWS says is there and does not show yet, for as long as that
    /// may take. `None`: it did not show.
    ///
    /// # Errors
    /// What looking failed with.
    pub async fn look_until_observed<T, F>(
        &self,
        look: impl Fn() -> F,
    ) -> Result<Option<T>, Failure>
    where
        F: Future<Output = Result<Option<T>, Failure>>,
    {
        let started = Instant::now();
        for looks in 1.. {
            if let Some(observed) = look().await? {
                return Ok(Some(observed));
            }
            match RetryClass::LetSettle.wait(looks, started.elapsed(), fastrand::f64()) {
                Some(wait) if Instant::now() + wait < self.until => sleep(wait).await,
                Some(_) | None => break,
            }
        }
        Ok(None)
    }

    /// The function's own Region.
    ///
    /// # Errors
    /// Outside of Lambda, where `AWS_REGION` may be missing.
    pub fn region(&self) -> Result<Region, Failure> {
        self.aws.region().ok_or_else(|| {
            Failure::refusal(
                "the function does not know its Region: set AWS_REGION in its environment",
            )
        })
    }
}

/// The physical id that CloudFormation would need if the work ended at this moment: by failing, by time
/// running out or by a panic. Kept outside of the context, so that it survives it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Option<String>>);

impl Progress {
    /// From here on there may be something to delete.
    pub fn record(&self, physical_id: impl Into<String>) {
        *self.slot() = Some(physical_id.into());
    }

    /// There is nothing to delete any more.
    pub fn clear(&self) {
        *self.slot() = None;
    }

    /// There is nothing to delete if a look after a failed attempt has shown so. The failure itself
    /// does not: an earlier attempt may have taken effect, and only its answer was lost.
    pub fn clear_if_gone<T>(&self, look: &Result<Option<T>, Fault>) {
        if let Ok(None) = look {
            self.clear();
        }
    }

    /// The id, if there may be something to delete.
    pub fn physical_id(&self) -> Option<String> {
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<String>> {
        // A panic elsewhere leaves a whole value here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
