//! The Lambda function: reads the environment, builds the clients once, and serves invocations.

#![warn(clippy::expect_used, clippy::unwrap_used)]

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use orgtrail::aws::role::Role;
use orgtrail::aws::{Aws, Roles};
use orgtrail::domain::timestamp::Timestamp;
use orgtrail::handler::{Handler, Invocation, NoResponse};
use orgtrail::{http, log, resource};
use serde_json::value::RawValue;

/// Only this function, the AWS SDK, reqwest (proxies) and rustls-native-certs read the environment.
#[expect(clippy::disallowed_methods, reason = "main reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn is_true(name: &str) -> bool {
    variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

// One thread, because an invocation mostly waits for the network, and the smallest memory size has
// a fourteenth of a core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log::start(&log::Configuration {
        format: variable("AWS_LAMBDA_LOG_FORMAT"),
        level: variable("AWS_LAMBDA_LOG_LEVEL"),
    });
    let http = http::client();
    let aws = Aws::from_environment(http::for_sdk(http.clone())).await;
    let handler = Handler {
        aws: aws.assuming(roles()),
        http: Arc::new(http),
        serve: resource::serve,
        plan: resource::plan,
        plan_only: is_true("PLAN_ONLY"),
        allow_http_response_url: is_true("ALLOW_HTTP_RESPONSE_URL"),
    };
    let serve = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let handler = handler.clone();
        async move {
            let invocation = Invocation {
                deadline: deadline(event.context.deadline),
                function_arn: event.context.invoked_function_arn,
                request_id: event.context.request_id,
            };
            handler.handle(&event.payload, invocation).await.map_err(|error| diagnose(&error))
        }
    });
    lambda_runtime::run(serve).await
}

/// Lambda's deadline, in milliseconds since 1970.
fn deadline(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

/// The roles in other accounts. A template passes an empty string for a parameter that has no
/// value.
fn roles() -> Roles<Role> {
    let not_empty = |name| variable(name).filter(|value| !value.is_empty());
    let role =
        |variable, external_id| not_empty(variable).map(|arn| Role { variable, arn, external_id });
    Roles {
        management: role("MANAGEMENT_ROLE_ARN", not_empty("MANAGEMENT_ROLE_EXTERNAL_ID")),
        log_bucket: role("LOG_BUCKET_ROLE_ARN", None),
    }
}

/// The error that Lambda logs for an invocation without a response.
fn diagnose(error: &NoResponse) -> Diagnostic {
    let error_type = match error {
        NoResponse::InvalidEvent(_) | NoResponse::InvalidPlan(_) => "InvalidEvent",
        NoResponse::NoPlan(_) => "NoPlan",
        NoResponse::Unsubmitted(_) => "ResponseNotSubmitted",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: error.to_string() }
}
