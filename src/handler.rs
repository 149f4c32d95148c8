//! One invocation: from an event to exactly one response.
//!
//! Called by `main` for every event. CloudFormation gets one response in time, even if the event is
//! not valid, AWS fails, or the work panics or does not end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::aws::Aws;
use crate::cfn::envelope::{Envelope, Fields, InvalidEvent};
use crate::cfn::request::{Request, RequestType};
use crate::cfn::response::{Response, not_created};
use crate::cfn::submit::{Put, Unsubmitted, submit};
use crate::domain::budget::{Budget, Timing};
use crate::domain::names::AccountId;
use crate::domain::timestamp::Timestamp;
use crate::resource::context::Progress;
use crate::resource::{Failure, Outcome, RequestContext, Serve};

/// Serves all invocations of a function.
#[derive(Clone)]
pub struct Handler {
    /// The calls to AWS.
    pub aws: Aws,
    /// The client that submits the response.
    pub http: Arc<dyn Put>,
    /// The work on a request: [`crate::resource::serve`].
    pub serve: Serve,
    /// Accept response URLs without TLS. For local use only.
    pub allow_http_response_url: bool,
}

/// The context that Lambda passes with an event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's ID of the invocation.
    pub request_id: String,
    /// When Lambda ends the invocation.
    pub deadline: Timestamp,
    /// The ARN of the function. Contains the account that the function runs in.
    pub function_arn: String,
}

/// No response was submitted, so the invocation fails. Lambda then retries it twice, and sends the
/// event to the queue in the template if all attempts fail.
#[derive(Debug, thiserror::Error)]
pub enum NoResponse {
    /// The event has no usable response URL.
    #[error("no response can be sent: {0}")]
    InvalidEvent(#[from] InvalidEvent),
    /// The PUT failed.
    #[error(transparent)]
    Unsubmitted(#[from] Unsubmitted),
}

impl Handler {
    /// Serves one event.
    ///
    /// # Errors
    /// [`NoResponse`] if no response was submitted. Every other failure is in the response.
    pub async fn handle(&self, event: &RawValue, invocation: Invocation) -> Result<(), NoResponse> {
        let opened = Envelope::open(event, self.allow_http_response_url);
        let (envelope, fields) = opened.inspect_err(|error| {
            tracing::error!(lambda_request_id = invocation.request_id, %error, "event rejected");
        })?;
        let span = tracing::info_span!(
            "request",
            lambda_request_id = invocation.request_id,
            request_id = envelope.echo.request_id,
            stack_id = envelope.echo.stack_id,
            logical_id = envelope.echo.logical_resource_id,
        );
        // Boxed, so that the future of the runtime's loop stays small.
        Box::pin(self.respond(envelope, fields, invocation)).instrument(span).await
    }

    async fn respond(
        &self,
        envelope: Envelope,
        fields: Fields,
        invocation: Invocation,
    ) -> Result<(), NoResponse> {
        let (budget, start) = (budget(&envelope, &invocation, self.aws.now()), Instant::now());
        let response = match envelope.request(&fields) {
            Ok(request) => {
                let own = AccountId::of_arn(&invocation.function_arn);
                let caller = self.aws.role_account().or(own);
                self.response(&envelope, &request, caller, budget, start).await
            }
            Err(problem) => {
                let id = physical_id(&envelope, envelope.physical_id.as_deref());
                Response::failed(&envelope.echo, &id, &problem)
            }
        };
        // Logged in full, because the response may cut it.
        let reason = response.reason().map(str::to_owned);
        let response = response.fitting();
        submit(&*self.http, &envelope.response_url, response.to_json(), start + budget.submit)
            .await
            .inspect_err(|error| tracing::error!(%error, "response not submitted"))?;
        tracing::info!(
            status = if response.is_success() { "SUCCESS" } else { "FAILED" },
            physical_id = response.physical_id(),
            reason = reason.as_deref().or(response.reason()),
            "response submitted"
        );
        Ok(())
    }

    /// Serves the request within its deadlines, and returns the response.
    async fn response(
        &self,
        envelope: &Envelope,
        request: &Request,
        caller: Option<AccountId>,
        budget: Budget,
        start: Instant,
    ) -> Response {
        let progress = Progress::default();
        let aws = self.aws.for_stack(&request.stack_id).await;
        let context = RequestContext {
            request,
            aws: &aws,
            until: start + budget.work,
            clean_up_until: start + budget.clean_up,
            caller,
            progress: &progress,
        };
        tracing::info!(
            request_type = ?request.request_type,
            resource_type = request.resource_type,
            physical_id = request.physical_id,
            "request received"
        );
        let result = if budget.stale && request.request_type != RequestType::Delete {
            Err(Failure::Timeout(
                "the request arrived after CloudFormation had stopped waiting for a response, so \
                 nothing was changed"
                    .to_owned(),
            ))
        } else {
            guarded(self.serve, &context).await
        };
        let known = request.physical_id.as_deref();
        match result {
            Ok(Some(Outcome { physical_id, attributes })) => {
                Response::success(&envelope.echo, &physical_id, attributes)
            }
            Ok(None) => {
                let id = physical_id(envelope, known);
                Response::success(&envelope.echo, &id, <_>::default())
            }
            Err(failure) => {
                // A failed Update keeps its ID: CloudFormation would take another ID for a
                // replacement and delete it.
                let id = known.map(str::to_owned).or(progress.physical_id());
                let id = physical_id(envelope, id.as_deref());
                Response::failed(&envelope.echo, &id, &failure.to_string())
            }
        }
    }
}

/// The ID for the response: `known`, or the sentinel of a Create that created nothing.
fn physical_id(envelope: &Envelope, known: Option<&str>) -> String {
    let logical_id = envelope.echo.logical_resource_id.as_deref();
    known
        .filter(|id| !id.is_empty())
        .map_or_else(|| not_created(logical_id.unwrap_or("unknown")), str::to_owned)
}

/// Serves the request, and turns a panic or a timeout into a failure.
async fn guarded(serve: Serve, context: &RequestContext<'_>) -> Result<Option<Outcome>, Failure> {
    let request = context.request;
    // Unwind safe: a panic drops the future, and `Progress` only ever contains complete values.
    let guarded = AssertUnwindSafe(serve(context)).catch_unwind();
    let what = format!("{:?} of {}", request.request_type, request.logical_id);
    match timeout_at(context.clean_up_until, guarded).await {
        Ok(Ok(result)) => result,
        // The payload of the panic is left out, because it may contain a secret.
        Ok(Err(_payload)) => Err(Failure::refusal(format!(
            "{what} failed because of a bug in the function (a panic). The function's log contains \
             its location. Everything that was created so far is removed when the resource is \
             deleted"
        ))),
        Err(_) => Err(Failure::Timeout(format!(
            "{what} did not finish in time; raise the Timeout of the function or the \
             ServiceTimeout of the resource, or deploy again"
        ))),
    }
}

fn budget(envelope: &Envelope, invocation: &Invocation, now: Timestamp) -> Budget {
    let service_timeout = envelope.service_timeout.unwrap_or_else(|error| {
        tracing::warn!(%error, "invalid ServiceTimeout ignored");
        None
    });
    Budget::new(Timing {
        now,
        lambda_deadline: invocation.deadline,
        issued_at: envelope.response_url.issued_at(),
        service_timeout,
    })
}

#[cfg(test)]
mod tests;
