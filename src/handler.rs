//! One invocation: from an event to exactly one response.
//!
//! Called by `main` for every event. CloudFormation gets one response in time, even if the event is
//! not valid, AWS fails, or the work panics or does not end. A Plan is not a request of
//! CloudFormation: its response is the result of the invocation.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::aws::Aws;
use crate::cfn::envelope::{Envelope, Fields, InvalidEvent};
use crate::cfn::plan::{InvalidPlan, PlanResponse, planned_request};
use crate::cfn::request::{Request, RequestType};
use crate::cfn::response::{Response, not_created};
use crate::cfn::submit::{Put, Unsubmitted, submit};
use crate::domain::budget::{Budget, Timing};
use crate::domain::names::AccountId;
use crate::domain::plan::Plan;
use crate::domain::timestamp::Timestamp;
use crate::resource::context::Progress;
use crate::resource::{Failure, Outcome, RequestContext, Work};

/// Serves all invocations of a function.
#[derive(Clone)]
pub struct Handler {
    /// The calls to AWS.
    pub aws: Aws,
    /// The client that submits the response.
    pub http: Arc<dyn Put>,
    /// The work on a request: [`crate::resource::serve`]. A Delete has no outcome.
    pub serve: Work<Option<Outcome>>,
    /// The work on a Plan: [`crate::resource::plan`].
    pub plan: Work<Plan>,
    /// Serve Plans only, and fail every request of CloudFormation.
    pub plan_only: bool,
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

/// There is no response, so the invocation fails. Lambda then retries a request of CloudFormation
/// twice, and sends it to the queue in the template if all attempts fail.
#[derive(Debug, thiserror::Error)]
pub enum NoResponse {
    /// The event has no usable response URL.
    #[error("no response can be sent: {0}")]
    InvalidEvent(#[from] InvalidEvent),
    /// The PUT failed.
    #[error(transparent)]
    Unsubmitted(#[from] Unsubmitted),
    /// The event is a Plan that is not valid.
    #[error(transparent)]
    InvalidPlan(#[from] InvalidPlan),
    /// A read for a Plan failed.
    #[error("no plan was made: {0}")]
    NoPlan(String),
}

/// Why the work on a request or on a Plan ended without a result.
enum Interruption {
    Panic,
    Timeout,
}

impl Handler {
    /// Serves one event. Returns the response to a Plan, and nothing for a request of
    /// CloudFormation.
    ///
    /// # Errors
    /// [`NoResponse`] if there is no plan, or no response was submitted. Every other failure is in
    /// the response.
    pub async fn handle(
        &self,
        event: &RawValue,
        invocation: Invocation,
    ) -> Result<Option<PlanResponse>, NoResponse> {
        let rejected = |error: &dyn std::error::Error| {
            tracing::error!(lambda_request_id = invocation.request_id, %error, "event rejected");
        };
        if let Some(request) = planned_request(event, self.aws.now()) {
            let request = request.inspect_err(|error| rejected(error))?;
            let span = tracing::info_span!(
                "plan",
                lambda_request_id = invocation.request_id,
                stack_id = request.stack_id,
                logical_id = request.logical_id,
            );
            return Box::pin(self.plan(request, invocation)).instrument(span).await.map(Some);
        }
        let opened = Envelope::open(event, self.allow_http_response_url);
        let (envelope, fields) = opened.inspect_err(|error| rejected(error))?;
        let span = tracing::info_span!(
            "request",
            lambda_request_id = invocation.request_id,
            request_id = envelope.echo.request_id,
            stack_id = envelope.echo.stack_id,
            logical_id = envelope.echo.logical_resource_id,
        );
        // Boxed, so that the future of the runtime's loop stays small.
        Box::pin(self.respond(envelope, fields, invocation)).instrument(span).await.map(|()| None)
    }

    async fn respond(
        &self,
        envelope: Envelope,
        fields: Fields,
        invocation: Invocation,
    ) -> Result<(), NoResponse> {
        let (budget, start) = (budget(&envelope, &invocation, self.aws.now()), Instant::now());
        let request = if self.plan_only {
            Err("this function only makes plans (PLAN_ONLY is true), so nothing was changed. Set \
                 ServiceToken to the ARN of the function that serves the custom resources"
                .to_owned())
        } else {
            envelope.request(&fields)
        };
        let response = match request {
            Ok(request) => {
                let caller = self.caller(&invocation);
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

    /// The account that calls are made from, if it is known.
    fn caller(&self, invocation: &Invocation) -> Option<AccountId> {
        self.aws.role_account().or(AccountId::of_arn(&invocation.function_arn))
    }

    /// Makes the plan of a Create or an Update.
    async fn plan(
        &self,
        request: Request,
        invocation: Invocation,
    ) -> Result<PlanResponse, NoResponse> {
        let start = Instant::now();
        let budget = Budget::new(Timing {
            now: self.aws.now(),
            lambda_deadline: invocation.deadline,
            issued_at: None,
            service_timeout: None,
        });
        let aws = self.aws.for_stack(&request.stack_id).await;
        let context = RequestContext {
            request: &request,
            aws: &aws,
            until: start + budget.work,
            clean_up_until: start + budget.clean_up,
            caller: self.caller(&invocation),
            progress: &Progress::default(),
        };
        tracing::info!(
            request_type = ?request.request_type,
            resource_type = request.resource_type,
            physical_id = request.physical_id,
            "plan requested"
        );
        let failed = match guarded(self.plan, &context).await {
            Ok(Ok(plan)) => return Ok(logged(PlanResponse::from(plan))),
            Ok(Err(Failure::Properties(problems))) => {
                return Ok(logged(PlanResponse::invalid(&problems)));
            }
            Ok(Err(Failure::Refusal(reason))) => {
                return Ok(logged(PlanResponse::refused(&reason)));
            }
            Ok(Err(failure @ (Failure::Aws { .. } | Failure::Timeout(_)))) => failure.to_string(),
            Err(Interruption::Panic) => "the function has a bug (a panic). The function's log \
                                         contains its location"
                .to_owned(),
            Err(Interruption::Timeout) => {
                "AWS did not return the state in time; raise the Timeout of the function".to_owned()
            }
        };
        let error = NoResponse::NoPlan(failed);
        tracing::error!(%error, "plan failed");
        Err(error)
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
            let served = guarded(self.serve, &context).await;
            served.unwrap_or_else(|interruption| Err(interrupted(&interruption, request)))
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

/// Does the work, unless it panics or time runs out.
async fn guarded<T>(
    work: Work<T>,
    context: &RequestContext<'_>,
) -> Result<Result<T, Failure>, Interruption> {
    // Unwind safe: a panic drops the future, and `Progress` only ever contains complete values.
    let guarded = AssertUnwindSafe(work(context)).catch_unwind();
    match timeout_at(context.clean_up_until, guarded).await {
        Ok(Ok(result)) => Ok(result),
        // The payload of the panic is left out, because it may contain a secret.
        Ok(Err(_payload)) => Err(Interruption::Panic),
        Err(_) => Err(Interruption::Timeout),
    }
}

/// The failure of a request whose work was interrupted.
fn interrupted(interruption: &Interruption, request: &Request) -> Failure {
    let what = format!("{:?} of {}", request.request_type, request.logical_id);
    match interruption {
        Interruption::Panic => Failure::refusal(format!(
            "{what} failed because of a bug in the function (a panic). The function's log contains \
             its location. Everything that was created so far is removed when the resource is \
             deleted"
        )),
        Interruption::Timeout => Failure::Timeout(format!(
            "{what} did not finish in time; raise the Timeout of the function or the \
             ServiceTimeout of the resource, or deploy again"
        )),
    }
}

/// Logs the response to a Plan.
fn logged(response: PlanResponse) -> PlanResponse {
    let (steps, reason) = (response.operations(), response.reason());
    tracing::info!(steps, reason, "plan returned");
    response
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
