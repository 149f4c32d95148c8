//! The context of a request, and its progress.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, sleep};

use super::Failure;
use crate::aws::Aws;
use crate::aws::call::{Deadline, Prerequisites};
use crate::cfn::request::{Request, RequestType};
use crate::cfn::response::is_not_created;
use crate::domain::diagnosis::{Context, names_management_account};
use crate::domain::fault::{Fault, RetryClass};
use crate::domain::names::{AccountId, Region};
use crate::domain::organization::Organization;

/// A request and everything needed to serve it.
#[derive(Debug)]
pub struct RequestContext<'a> {
    /// The request.
    pub request: &'a Request,
    /// The calls to AWS.
    pub aws: &'a Aws,
    /// When the work ends.
    pub until: Instant,
    /// When the rollback of failed work ends.
    pub clean_up_until: Instant,
    /// The account that the calls are made from, if it is known.
    pub caller: Option<AccountId>,
    /// The resource that a Delete would have to remove if the work ended now.
    pub progress: &'a Progress,
}

impl RequestContext<'_> {
    /// The deadline of calls.
    pub fn deadline(&self) -> Deadline {
        let prerequisites =
            if self.deletes() { Prerequisites::Final } else { Prerequisites::Settle };
        Deadline { prerequisites, ..Deadline::until(self.until) }
    }

    fn deletes(&self) -> bool {
        self.request.request_type == RequestType::Delete
    }

    /// The organization, if the reason for `fault` names its management account. Any other reason
    /// does not have to wait for the call.
    pub async fn organization_for(&self, fault: &Fault) -> Option<Organization> {
        if !names_management_account(fault) {
            return None;
        }
        self.aws.organization(self.clean_up_deadline()).await.ok()
    }

    /// The facts that hold for every call of the request.
    pub fn circumstances(&self) -> Context<'_> {
        Context { deletes: self.deletes(), ..Context::default() }
    }

    /// The deadline of calls that roll back failed work.
    pub fn clean_up_deadline(&self) -> Deadline {
        Deadline::until(self.clean_up_until)
    }

    /// Repeats `read` until it returns a value, for as long as AWS may take to make a change
    /// visible. Returns `None` if it does not become visible.
    pub async fn wait_until_visible<T, F>(&self, read: impl Fn() -> F) -> Result<Option<T>, Failure>
    where
        F: Future<Output = Result<Option<T>, Failure>>,
    {
        let started = Instant::now();
        for attempts in 1.. {
            if let Some(observed) = read().await? {
                return Ok(Some(observed));
            }
            match RetryClass::LetSettle.wait(attempts, started.elapsed(), fastrand::f64()) {
                Some(wait) if Instant::now() + wait < self.until => sleep(wait).await,
                Some(_) | None => break,
            }
        }
        Ok(None)
    }

    /// The ID that the resource has before it is replaced. `None` if it keeps its ID, or has none.
    pub fn replaced(&self, keeps_id: bool) -> Option<String> {
        self.request.physical_id.clone().filter(|id| !keeps_id && !is_not_created(id))
    }

    /// The function's own Region. Lambda always sets it.
    pub fn region(&self) -> Result<Region, Failure> {
        self.aws.region().ok_or_else(|| {
            Failure::refusal(
                "the Region of the function is missing or not valid; set AWS_REGION in its \
                 environment",
            )
        })
    }
}

/// The physical ID that CloudFormation needs if the work ends now, by a failure, a timeout or a
/// panic. It is kept outside of the work's future, so that it survives it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Option<String>>);

impl Progress {
    /// From now on there may be something to delete.
    pub fn record(&self, physical_id: impl Into<String>) {
        *self.physical_id_mut() = Some(physical_id.into());
    }

    /// There is nothing to delete.
    pub fn clear(&self) {
        *self.physical_id_mut() = None;
    }

    /// Clears the ID if a read after a failed attempt finds nothing. The failure alone is not
    /// enough: an earlier attempt may have succeeded, and only its response was lost.
    pub fn clear_if_gone<T>(&self, read: &Result<Option<T>, Fault>) {
        if let Ok(None) = read {
            self.clear();
        }
    }

    /// The ID, if there may be something to delete.
    pub fn physical_id(&self) -> Option<String> {
        self.physical_id_mut().clone()
    }

    fn physical_id_mut(&self) -> MutexGuard<'_, Option<String>> {
        // The lock covers one assignment or clone, so the value of a poisoned lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
