//! One call to AWS: repeated while that can help and time is left, and logged.
//!
//! The SDK's own retries are off. Its standard mode cannot keep what the resources promise: it makes a
//! fixed number of attempts and pays for them from a budget that runs out, while throttling is to be
//! waited out for as long as time remains; it does not know the invocation's deadline, and a timeout
//! around it loses what AWS said last; and it does not know what may still be propagating.

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

/// The longest that one attempt may take. CreateTrail looks at bucket, key and topic first.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// What is left for an attempt that was put off for as long as possible.
const LAST_ATTEMPT: Duration = Duration::from_secs(1);

/// When to stop repeating a call.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// When attempts end.
    pub until: Instant,
    /// The thing was made moments ago, so that "not found" may only mean "not seen yet".
    pub fresh: bool,
}

impl Deadline {
    /// Goes on until `until`.
    pub fn until(until: Instant) -> Self {
        Self {
            until,
            fresh: false,
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn wait(self, fault: &Fault, attempts: u32, started: Instant) -> Option<Duration> {
        let retry_class = if self.fresh && fault.is_not_found() {
            RetryClass::LetSettle
        } else {
            fault.retry_class()
        };
        let wait = retry_class.wait(attempts, started.elapsed(), fastrand::f64())?;
        let left = self.until.saturating_duration_since(Instant::now());
        match retry_class {
            _ if wait < left => Some(wait),
            // Throttling is no reason to fail while there is time for one more attempt.
            RetryClass::SlowDown => left
                .checked_sub(LAST_ATTEMPT)
                .filter(|wait| !wait.is_zero()),
            RetryClass::TryAgain
            | RetryClass::LetSettle
            | RetryClass::LetRoleSettle
            | RetryClass::None => None,
        }
    }
}

/// Makes a call with `attempt` until it succeeds, fails for good, or deadline ends.
///
/// # Errors
/// The last thing that AWS said.
pub(super) async fn call<T, E, F>(
    operation: Operation,
    deadline: Deadline,
    attempt: impl Fn() -> F,
) -> Result<T, Fault>
where
    T: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let started = Instant::now();
    let mut attempts = 0;
    let mut last_said = None;
    loop {
        attempts += 1;
        let attempt_ends = deadline.until.min(Instant::now() + ATTEMPT_TIMEOUT);
        // Boxed, because the SDK keeps several kilobytes of state for a request, and a resource holds
        // many of these futures inside its own.
        let fault = match timeout_at(attempt_ends, Box::pin(attempt())).await {
            Ok(Ok(output)) => {
                let aws_request_id = output.request_id();
                tracing::info!(%operation, attempts, aws_request_id, "called AWS");
                return Ok(output);
            }
            Ok(Err(error)) => fault(operation, &error),
            Err(_) => Fault {
                operation,
                cause: Cause::TimedOut,
                request_id: None,
            },
        };
        let aws_request_id = fault.request_id.as_deref();
        tracing::info!(%operation, attempts, aws_request_id, %fault, "AWS did not do it");
        let Some(wait) = deadline.wait(&fault, attempts, started) else {
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
        // `ResponseError`: an error page instead of an answer, or half an answer.
        _ => Cause::Unreadable,
    };
    Fault {
        operation,
        cause,
        request_id: error.request_id().map(str::to_owned),
    }
}

fn service_error(response: &HttpResponse, error: &impl ProvideErrorMetadata) -> Cause {
    let status = response.status().as_u16();
    // Where AWS gives an empty one, it gives none.
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

/// What Organizations adds to ConstraintViolation and InvalidInput, and what says more than both.
fn reason(response: &HttpResponse) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(response.body().bytes()?).ok()?;
    Some(body.get("Reason")?.as_str()?.to_owned())
}

/// An answer that is not what the operation answers.
pub(super) fn unreadable(operation: Operation) -> Fault {
    Fault {
        operation,
        cause: Cause::Unreadable,
        request_id: None,
    }
}

/// A value of ours that the SDK's types do not take.
pub(super) fn not_sent(operation: Operation, problem: &impl Error) -> Fault {
    Fault {
        operation,
        cause: Cause::NotSent(problem.to_string()),
        request_id: None,
    }
}

/// The SDK gets credentials while it dispatches a request, and says of both only that they failed.
fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<CredentialsError>)
}

fn not_authenticated(error: &(dyn Error + 'static)) -> Cause {
    match chain(error).find_map(|cause| cause.downcast_ref::<RoleNotAssumed>()) {
        Some(RoleNotAssumed { why, code }) => Cause::RoleNotAssumed {
            why: why.clone(),
            code: *code,
        },
        None => Cause::NotSent(format!(
            "there are no credentials. Lambda gives the function those of its role; elsewhere set \
             AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({})",
            innermost(error)
        )),
    }
}

/// An error and what it was caused by, down to the beginning.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The beginning of a chain of causes: the SDK's own levels say little.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
