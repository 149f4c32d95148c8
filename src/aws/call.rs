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

use super::role::{RoleNotAssumed, Session};
use crate::domain::error_codes::ErrorCode;
use crate::domain::fault::{Cause, Fault, RetryClass};
use crate::domain::names::Region;
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
    /// The wait for prerequisites of the call.
    pub prerequisites: Prerequisites,
}

/// The reaction if a prerequisite of a call does not exist: trusted access, a policy, a role or a
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

/// Where calls go, and the credentials that they are made with.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// `None` if the service has one Region in each partition, or finds the Region itself.
    pub region: Option<Region>,
    /// The role session, if the function assumes a role.
    pub session: Option<Session>,
}

/// Calls `send` until it succeeds, fails permanently, or the deadline passes.
pub(super) async fn call<T, E, F>(
    target: &Target,
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
    let mut session = target.session.as_ref();
    loop {
        attempt += 1;
        let attempt_ends = deadline.until.min(Instant::now() + ATTEMPT_TIMEOUT);
        let renewals = session.map(Session::renewals);
        // Boxed, because the SDK keeps several kilobytes of state for each request, and the future
        // of a resource contains many of these futures.
        let fault = match timeout_at(attempt_ends, Box::pin(send())).await {
            Ok(Ok(output)) => {
                let aws_request_id = output.request_id();
                tracing::info!(%operation, attempt, aws_request_id, "AWS call succeeded");
                return Ok(output);
            }
            Ok(Err(error)) => fault(target, operation, &error),
            Err(_) => target.fault(operation, Cause::TimedOut),
        };
        let aws_request_id = fault.request_id.as_deref();
        tracing::info!(%operation, attempt, aws_request_id, error = %fault, "AWS call failed");
        if fault.code() == Some(ErrorCode::ExpiredToken)
            && let Some((session, renewals)) = session.take().zip(renewals)
        {
            session.renew(renewals);
            continue;
        }
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

/// `None` for what does not exist, is not enabled or is not offered.
pub(super) fn optional<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(output) => Ok(Some(output)),
        Err(fault) if fault.reads_as_none() => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Target {
    fn fault(&self, operation: Operation, cause: Cause) -> Fault {
        Fault { operation, region: self.region.clone(), cause, request_id: None }
    }

    /// A response that lacks a field that the operation always returns.
    pub(super) fn unreadable(&self, operation: Operation) -> Fault {
        self.fault(operation, Cause::Unreadable)
    }

    /// A value that the SDK's types reject.
    pub(super) fn not_sent(&self, operation: Operation, error: &impl Error) -> Fault {
        self.fault(operation, Cause::NotSent(error.to_string()))
    }
}

fn fault<E>(target: &Target, operation: Operation, error: &SdkError<E, HttpResponse>) -> Fault
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
    Fault { request_id: error.request_id().map(str::to_owned), ..target.fault(operation, cause) }
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
