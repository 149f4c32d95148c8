//! One call to AWS, with retries until its deadline, and its log messages.
//!
//! The SDK's own retries are disabled, because its standard mode does not fit:
//!
//! - It makes a fixed number of attempts within a quota. A throttled call must be retried until
//!   the deadline.
//! - It has no deadline, and a timeout around it would lose the last error from AWS.
//! - It does not distinguish errors that only mean that an earlier change is not visible yet.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, sleep, timeout_at};

use super::role::RoleNotAssumed;
use crate::domain::fault::{Cause, Fault, RetryClass};
use crate::domain::operation::Operation;

/// The maximum duration of one attempt. CreateTrail takes long, because it checks bucket, key and
/// topic.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The time that a throttled call keeps for its last attempt.
const LAST_ATTEMPT: Duration = Duration::from_secs(1);

/// When the retries of a call end.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// The time at which attempts end.
    pub until: Instant,
    /// The call is about something that was created moments ago, so "not found" can mean "not
    /// visible yet".
    pub fresh: bool,
    /// How long to wait for what the call requires.
    pub prerequisites: Prerequisites,
}

/// What to do if something that a call requires does not exist: trusted access, a policy, a role, a
/// bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prerequisites {
    /// Wait, because it may be seconds old and not visible yet.
    Settle,
    /// Do not wait. A Delete creates none of them.
    Final,
}

impl Deadline {
    /// A deadline at `until`.
    pub fn until(until: Instant) -> Self {
        Self { until, fresh: false, prerequisites: Prerequisites::Settle }
    }

    /// The time to wait before the next attempt; `None` if there is none.
    fn wait(self, fault: &Fault, attempts: u32, started: Instant) -> Option<Duration> {
        let retry_class = if self.fresh && fault.is_not_found() {
            RetryClass::LetSettle
        } else {
            fault.retry_class()
        };
        if (retry_class, self.prerequisites) == (RetryClass::LetSettle, Prerequisites::Final) {
            return None;
        }
        let wait = retry_class.wait(attempts, started.elapsed(), fastrand::f64())?;
        let left = self.until.saturating_duration_since(Instant::now());
        match retry_class {
            _ if wait < left => Some(wait),
            // Throttling is no reason to fail while there is time for one more attempt.
            RetryClass::SlowDown => left.checked_sub(LAST_ATTEMPT).filter(|wait| !wait.is_zero()),
            RetryClass::TryAgain
            | RetryClass::LetSettle
            | RetryClass::LetFinish
            | RetryClass::LetRoleSettle
            | RetryClass::None => None,
        }
    }
}

/// Calls `send` until it succeeds, fails permanently, or the deadline passes.
pub(super) async fn call<T, E, F>(
    operation: Operation,
    deadline: Deadline,
    send: impl Fn() -> F,
) -> Result<T, Fault>
where
    T: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let started = Instant::now();
    let mut attempt = 0;
    let mut last_fault = None;
    loop {
        attempt += 1;
        let attempt_ends = deadline.until.min(Instant::now() + ATTEMPT_TIMEOUT);
        // Boxed, because the SDK keeps several kilobytes of state for each request, and the future
        // of a resource contains many of these futures.
        let fault = match timeout_at(attempt_ends, Box::pin(send())).await {
            Ok(Ok(output)) => {
                let aws_request_id = output.request_id();
                tracing::info!(%operation, attempt, aws_request_id, "AWS call succeeded");
                return Ok(output);
            }
            Ok(Err(error)) => fault(operation, &error),
            Err(_) => Fault { operation, cause: Cause::TimedOut, request_id: None },
        };
        let aws_request_id = fault.request_id.as_deref();
        tracing::info!(%operation, attempt, aws_request_id, error = %fault, "AWS call failed");
        let Some(wait) = deadline.wait(&fault, attempt, started) else {
            // An earlier error from AWS explains more than a timeout.
            return Err(match (&fault.cause, last_fault) {
                (Cause::TimedOut, Some(earlier)) => earlier,
                _ => fault,
            });
        };
        last_fault = Some(fault);
        sleep(wait).await;
    }
}

/// A list response, page by page. `get` takes the token of a page and returns the entries and the next
/// token.
pub(super) fn pages<T, F>(
    get: impl Fn(Option<String>) -> F,
) -> impl Stream<Item = Result<Vec<T>, Fault>>
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

fn fault<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let cause = match error {
        SdkError::ServiceError(context) => service_error(context.raw(), context.err()),
        SdkError::TimeoutError(_) => Cause::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Cause::TimedOut,
        SdkError::DispatchFailure(_) if lacks_credentials(error) => not_authenticated(error),
        SdkError::DispatchFailure(failure) if failure.is_user() => Cause::NotSent(innermost(error)),
        SdkError::DispatchFailure(_) => Cause::Unreachable(innermost(error)),
        SdkError::ConstructionFailure(_) => Cause::NotSent(innermost(error)),
        // `ResponseError`: the response is not the service's, or is incomplete.
        _ => Cause::Unreadable,
    };
    Fault { operation, cause, request_id: error.request_id().map(str::to_owned) }
}

fn service_error(response: &HttpResponse, error: &impl ProvideErrorMetadata) -> Cause {
    let status = response.status().as_u16();
    let code = match error.code().filter(|code| !code.trim().is_empty()) {
        Some(code) => code.to_owned(),
        None if status < 400 => return Cause::Unreadable,
        None => format!("HTTP status {status}"),
    };
    let message = error.message().unwrap_or_default();
    let message = match reason(response) {
        Some(reason) => format!("{message} (Reason: {reason})"),
        None => message.to_owned(),
    };
    Cause::service(code, message, status)
}

/// The `Reason` in the ConstraintViolation and InvalidInput errors of Organizations. It is more
/// specific than code and message, and the SDK's error metadata does not contain it.
fn reason(response: &HttpResponse) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(response.body().bytes()?).ok()?;
    Some(body.get("Reason")?.as_str()?.to_owned())
}

/// A response that lacks a field that the operation always returns.
pub(super) fn unreadable(operation: Operation) -> Fault {
    Fault { operation, cause: Cause::Unreadable, request_id: None }
}

/// A value that the SDK's types reject.
pub(super) fn not_sent(operation: Operation, error: &impl Error) -> Fault {
    Fault { operation, cause: Cause::NotSent(error.to_string()), request_id: None }
}

/// The SDK resolves credentials while it dispatches a request, and reports a failure of either as a
/// `DispatchFailure`.
fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<CredentialsError>)
}

fn not_authenticated(error: &(dyn Error + 'static)) -> Cause {
    match chain(error).find_map(|source| source.downcast_ref::<RoleNotAssumed>()) {
        Some(RoleNotAssumed { why, code }) => {
            Cause::RoleNotAssumed { why: why.clone(), code: *code }
        }
        None => Cause::NotSent(format!(
            "there are no AWS credentials. In Lambda the function uses those of its role. \
             Elsewhere set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({})",
            innermost(error)
        )),
    }
}

/// An error and its sources.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The message of the last source: the SDK's own messages are generic.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
