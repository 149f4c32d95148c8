//! One call to AWS, made to succeed: repeated while that can help and time is left, and logged.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{Answered, Failed};
use crate::core::fault::{Cause, Fault, Remedy};
use crate::core::operation::Operation;

/// The longest that one attempt may take. CreateTrail looks at bucket, key and topic first.
const ATTEMPT: Duration = Duration::from_secs(20);

/// What is left for an attempt that was put off for as long as possible.
const LAST_ATTEMPT: Duration = Duration::from_secs(1);

/// How long to go on with a call.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// When attempts end.
    pub until: Instant,
    /// The thing was made moments ago, so that "not found" may only mean "not seen yet".
    pub fresh: bool,
}

impl Patience {
    /// Goes on until `until`.
    pub fn until(until: Instant) -> Self {
        Self {
            until,
            fresh: false,
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn wait(self, fault: &Fault, attempts: u32, started: Instant) -> Option<Duration> {
        let remedy = if self.fresh && fault.is_not_found() {
            Remedy::LetSettle
        } else {
            fault.remedy()
        };
        let wait = remedy.wait(attempts, started.elapsed(), fastrand::f64())?;
        let left = self.until.saturating_duration_since(Instant::now());
        match remedy {
            _ if wait < left => Some(wait),
            // Throttling is no reason to fail while there is time for one more attempt.
            Remedy::SlowDown => left
                .checked_sub(LAST_ATTEMPT)
                .filter(|wait| !wait.is_zero()),
            Remedy::TryAgain | Remedy::LetSettle | Remedy::LetRoleSettle | Remedy::None => None,
        }
    }
}

/// Makes a call with `attempt` until it succeeds, fails for good, or patience ends.
///
/// # Errors
/// The last thing that AWS said.
pub(super) async fn call<T, F>(
    operation: Operation,
    patience: Patience,
    attempt: impl Fn() -> F + Sync,
) -> Result<T, Fault>
where
    T: Send,
    F: Future<Output = Result<Answered<T>, Failed>> + Send,
{
    let taken = Mutex::new(None);
    // What is the same for all operations is not compiled for each of their outputs. And a resource
    // holds many of these futures inside its own, so they are boxed.
    let attempt = || -> Attempt<'_> {
        let attempt = attempt();
        Box::pin(async {
            let Answered { value, request_id } = attempt.await?;
            *lock(&taken) = Some(value);
            Ok(request_id)
        })
    };
    repeat(operation, patience, &attempt).await?;
    lock(&taken).take().ok_or_else(|| unreadable(operation))
}

/// One attempt: AWS's id of the request that succeeded, where the answer has one.
type Attempt<'a> = BoxFuture<'a, Result<Option<String>, Failed>>;

fn lock<T>(taken: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn repeat<'a>(
    operation: Operation,
    patience: Patience,
    attempt: &(dyn Fn() -> Attempt<'a> + Sync),
) -> Result<(), Fault> {
    let started = Instant::now();
    let mut attempts = 0;
    let mut last_said = None;
    loop {
        attempts += 1;
        let deadline = patience.until.min(Instant::now() + ATTEMPT);
        let failed = match timeout_at(deadline, attempt()).await {
            // An operation without an output has nothing that could be read: status 200 without AWS's
            // id of the request may be any proxy's page, and nothing may have happened.
            Ok(Ok(None)) => Cause::Unreadable.into(),
            Ok(Ok(Some(aws_request_id))) => {
                tracing::info!(%operation, attempts, aws_request_id, "called AWS");
                return Ok(());
            }
            Ok(Err(failed)) => failed,
            Err(_) => Cause::TimedOut.into(),
        };
        let Failed { cause, request_id } = failed;
        let fault = Fault {
            operation,
            cause,
            request_id,
        };
        let aws_request_id = fault.request_id.as_deref();
        tracing::info!(%operation, attempts, aws_request_id, %fault, "AWS did not do it");
        let Some(wait) = patience.wait(&fault, attempts, started) else {
            // What AWS said is worth more than that it said nothing the last time.
            return Err(match (&fault.cause, last_said) {
                (Cause::TimedOut, Some(said)) => said,
                _ => fault,
            });
        };
        last_said = Some(fault);
        sleep(wait).await;
    }
}

/// The entries of a listing, page by page: `get` is given the token of a page and gives the page and
/// the next token.
pub fn pages<T, F>(get: impl Fn(Option<String>) -> F) -> impl Stream<Item = Result<Vec<T>, Fault>>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Fault>>,
{
    stream::try_unfold(Some(None), move |token| {
        let page = token.map(&get);
        async move {
            let Some(page) = page else { return Ok(None) };
            let (entries, next) = page.await?;
            // CloudTrail ends some listings with an empty token.
            let next = next.filter(|token| !token.is_empty());
            Ok(Some((entries, next.map(Some))))
        }
    })
}

/// An answer that is not what the operation answers.
pub(super) fn unreadable(operation: Operation) -> Fault {
    Fault {
        operation,
        cause: Cause::Unreadable,
        request_id: None,
    }
}
