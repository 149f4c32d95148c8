//! One invocation: from an event to exactly one answer.
//!
//! Called by `main` for every event. Guarantees that CloudFormation is answered once and in time,
//! whatever is wrong with the event, whatever AWS does, if the work panics and if it never ends.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::aws::Aws;
use crate::cfn::envelope::{Envelope, Fields, Unanswerable};
use crate::cfn::request::{Request, RequestType};
use crate::cfn::response::{Response, not_created};
use crate::cfn::submit::{Put, Unsubmitted, submit};
use crate::domain::budget::{Budget, Timing};
use crate::domain::names::AccountId;
use crate::domain::timestamp::Timestamp;
use crate::resource::context::Progress;
use crate::resource::{Failure, Outcome, RequestContext, Serve};

/// What serves all invocations of a function.
#[derive(Clone)]
pub struct Handler {
    /// The way to AWS.
    pub aws: Aws,
    /// What the answer is sent with.
    pub http: Arc<dyn Put>,
    /// The work on a request: [`crate::resource::serve`].
    pub serve: Serve,
    /// Take response URLs that are not https: for local use only.
    pub allow_http_response_url: bool,
}

/// What Lambda says about an invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of it.
    pub request_id: String,
    /// When Lambda ends it.
    pub deadline: Timestamp,
    /// Names the account that the function runs in.
    pub function_arn: String,
}

/// Why Lambda is told that an invocation failed: no answer was delivered. Lambda then tries twice
/// more, and after that the event goes where the template sends failed events.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// There is nowhere to send an answer to.
    #[error("no answer can be sent: {0}")]
    Unanswerable(#[from] Unanswerable),
    /// It did not arrive.
    #[error(transparent)]
    Unsubmitted(#[from] Unsubmitted),
}

/// The ends of the phases of an invocation.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    work: Instant,
    clean_up: Instant,
    answer: Instant,
    stale: bool,
}

impl Handler {
    /// Serves one event.
    ///
    /// # Errors
    /// [`Unanswered`] where CloudFormation got no answer; anything else it is told.
    pub async fn handle(&self, event: &RawValue, invocation: Invocation) -> Result<(), Unanswered> {
        let opened = Envelope::open(event, self.allow_http_response_url);
        let (envelope, fields) = opened.inspect_err(|problem| {
            tracing::error!(lambda_request_id = invocation.request_id, %problem, "no answer");
        })?;
        let span = tracing::info_span!(
            "request",
            lambda_request_id = invocation.request_id,
            request_id = envelope.echo.request_id,
            stack_id = envelope.echo.stack_id,
            logical_id = envelope.echo.logical_resource_id,
        );
        // Boxed: the runtime's own loop would otherwise carry all of it.
        Box::pin(self.answer(envelope, fields, invocation))
            .instrument(span)
            .await
    }

    async fn answer(
        &self,
        envelope: Envelope,
        fields: Fields,
        invocation: Invocation,
    ) -> Result<(), Unanswered> {
        let deadlines = deadlines(&envelope, &invocation, self.aws.now());
        let response = match envelope.request(&fields) {
            Ok(request) => {
                let own = AccountId::of_arn(&invocation.function_arn);
                let caller = self.aws.role_account().or(own);
                self.respond(&envelope, &request, caller, deadlines).await
            }
            Err(problem) => {
                let id = physical_id(&envelope, envelope.physical_id.as_deref());
                Response::failed(&envelope.echo, &id, &problem)
            }
        };
        // The log has the whole of a reason that is too long for CloudFormation.
        let reason = response.reason().map(str::to_owned);
        let response = response.fitting();
        let body = response.to_json();
        submit(&*self.http, &envelope.response_url, body, deadlines.answer)
            .await
            .inspect_err(|problem| tracing::error!(%problem, "not answered"))?;
        tracing::info!(
            success = response.is_success(),
            physical_id = response.physical_id(),
            reason = reason.as_deref().or(response.reason()),
            "answered"
        );
        Ok(())
    }

    /// Has the request carried out, by the guard's rules, and says what to answer.
    async fn respond(
        &self,
        envelope: &Envelope,
        request: &Request,
        caller: Option<AccountId>,
        deadlines: Deadlines,
    ) -> Response {
        let progress = Progress::default();
        let aws = self.aws.for_stack(&request.stack_id).await;
        let context = RequestContext {
            request,
            aws: &aws,
            until: deadlines.work,
            clean_up_until: deadlines.clean_up,
            caller,
            progress: &progress,
        };
        tracing::info!(
            request_type = ?request.request_type,
            resource_type = request.resource_type,
            physical_id = request.physical_id,
            "request"
        );
        let result = if deadlines.stale && request.request_type != RequestType::Delete {
            Err(Failure::Timeout(
                "the request arrived after CloudFormation had stopped waiting for it, so nothing \
                 was changed"
                    .to_owned(),
            ))
        } else {
            guarded(self.serve, &context).await
        };
        let known = request.physical_id.as_deref();
        match result {
            Ok(Some(Outcome {
                physical_id,
                attributes,
            })) => Response::success(&envelope.echo, &physical_id, attributes),
            Ok(None) => Response::success(
                &envelope.echo,
                &physical_id(envelope, known),
                <_>::default(),
            ),
            Err(failure) => {
                // What a failed Update answers is the id that it was given: CloudFormation would
                // take another one for a replacement and delete it.
                let id = known.map(str::to_owned).or(progress.physical_id());
                Response::failed(
                    &envelope.echo,
                    &physical_id(envelope, id.as_deref()),
                    &failure.to_string(),
                )
            }
        }
    }
}

/// The id to answer: the one that is known, or the sentinel of a Create that made nothing.
fn physical_id(envelope: &Envelope, known: Option<&str>) -> String {
    known.filter(|id| !id.is_empty()).map_or_else(
        || {
            not_created(
                envelope
                    .echo
                    .logical_resource_id
                    .as_deref()
                    .unwrap_or("unknown"),
            )
        },
        str::to_owned,
    )
}

/// Does the work, but neither for longer than there is time nor at the cost of the answer.
async fn guarded(serve: Serve, context: &RequestContext<'_>) -> Result<Option<Outcome>, Failure> {
    let request = context.request;
    // Unwinding drops the work, and what outlives it (`Progress`) holds whole values only.
    let guarded = AssertUnwindSafe(serve(context)).catch_unwind();
    let what = format!("{:?} of {}", request.request_type, request.logical_id);
    match timeout_at(context.clean_up_until, guarded).await {
        Ok(Ok(result)) => result,
        // The payload of a panic may hold anything, so it is not repeated.
        Ok(Err(_payload)) => Err(Failure::refusal(format!(
            "{what} ended with a defect of the function (a panic); its log says where. What had \
             been done until then is removed with the resource"
        ))),
        Err(_) => Err(Failure::Timeout(format!(
            "{what} was not done in the time that there was; raise the Timeout of the function or \
             the ServiceTimeout of the resource, or deploy again"
        ))),
    }
}

fn deadlines(envelope: &Envelope, invocation: &Invocation, now: Timestamp) -> Deadlines {
    let service_timeout = envelope.service_timeout.unwrap_or_else(|problem| {
        tracing::warn!(%problem, "ignored");
        None
    });
    let Budget {
        work,
        clean_up,
        answer,
        stale,
    } = Budget::new(Timing {
        now,
        lambda_deadline: invocation.deadline,
        issued_at: envelope.response_url.issued_at(),
        service_timeout,
    });
    let start = Instant::now();
    let at = |phase: Duration| start + phase;
    Deadlines {
        work: at(work),
        clean_up: at(clean_up),
        answer: at(answer),
        stale,
    }
}

#[cfg(test)]
mod tests;
