//! Cases that cannot be caused from outside the process: panics, races with the guard, concurrency.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, SdkConfig};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all, ready};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::time::{sleep, sleep_until};

use super::*;
use crate::cfn::attributes::Attributes;
use crate::cfn::submit::NoStatus;
use crate::resource;

/// A response endpoint that accepts and records everything.
#[derive(Debug, Clone, Default)]
struct Endpoint(Arc<Mutex<Vec<(String, Value)>>>);

impl Put for Endpoint {
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        let body = serde_json::from_slice(&body).expect("JSON");
        self.0.lock().expect("no panic").push((url.to_owned(), body));
        Box::pin(ready(Ok(200)))
    }
}

impl Endpoint {
    fn responses(&self) -> Vec<(String, Value)> {
        self.0.lock().expect("no panic").clone()
    }

    /// The only response.
    fn response(&self) -> Value {
        match self.responses().as_slice() {
            [(_, response)] => response.clone(),
            responses => panic!("{} responses: {responses:?}", responses.len()),
        }
    }
}

fn outcome(physical_id: &str) -> Outcome {
    Outcome { physical_id: physical_id.to_owned(), attributes: Attributes::new() }
}

/// Resource types that behave as no real one should.
fn act<'a>(context: &'a RequestContext<'a>) -> BoxFuture<'a, Result<Option<Outcome>, Failure>> {
    Box::pin(async {
        let done = match context.request.resource_type.as_str() {
            "Custom::Other" => outcome("another-id"),
            "Custom::Str" => panic!("s3cr3t"),
            "Custom::String" => panic!("{}", "s3cr3t"),
            "Custom::Any" => std::panic::panic_any(7),
            "Custom::PanicsHalfway" => {
                context.progress.record("half-made");
                panic!("s3cr3t")
            }
            "Custom::Hangs" => std::future::pending().await,
            "Custom::HangsHalfway" => {
                context.progress.record("half-made");
                std::future::pending().await
            }
            "Custom::InTheSameInstant" => {
                sleep_until(context.clean_up_until).await;
                outcome("late")
            }
            "Custom::Slow" => {
                sleep(Duration::from_millis(5)).await;
                outcome(&context.request.logical_id)
            }
            other => unreachable!("{other}"),
        };
        // A Delete has no outcome.
        Ok(Some(done).filter(|_| context.request.request_type != RequestType::Delete))
    })
}

/// A plan that behaves as no real one should.
fn make_plan<'a>(context: &'a RequestContext<'a>) -> BoxFuture<'a, Result<Plan, Failure>> {
    Box::pin(async {
        match context.request.resource_type.as_str() {
            "Custom::Panics" => panic!("s3cr3t"),
            "Custom::Hangs" => std::future::pending().await,
            other => unreachable!("{other}"),
        }
    })
}

fn handler(endpoint: &Endpoint, serve: Work<Option<Outcome>>) -> Handler {
    Handler {
        aws: Aws::new(
            &SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).build(),
        ),
        http: Arc::new(endpoint.clone()),
        serve,
        plan: make_plan,
        plan_only: false,
        allow_http_response_url: false,
    }
}

fn event(request_type: &str, resource_type: &str, logical_id: &str) -> Value {
    json!({
        "RequestType": request_type,
        "ResponseURL": format!("https://example.com/{logical_id}"),
        "StackId": "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid",
        "RequestId": format!("request-{logical_id}"),
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": (request_type != "Create").then_some("current-id"),
        "ResourceType": resource_type,
        "ResourceProperties": {"TrailName": "org", "S3BucketName": "org-logs"},
    })
}

fn invocation() -> Invocation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let now = i64::try_from(now.as_millis()).expect("fits");
    Invocation {
        request_id: "invocation".to_owned(),
        deadline: Timestamp::from_milliseconds(now + 300_000),
        function_arn: "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail".to_owned(),
    }
}

async fn response_to(event: Value) -> Value {
    let endpoint = Endpoint::default();
    let event = to_raw_value(&event).expect("JSON");
    let result = handler(&endpoint, act).handle(&event, invocation()).await;
    result.expect("submitted");
    endpoint.response()
}

#[tokio::test]
async fn case_48_delete_keeps_its_physical_id() {
    let response = response_to(event("Delete", "Custom::Other", "Trail")).await;
    assert_eq!(
        (&response["Status"], &response["PhysicalResourceId"]),
        (&json!("SUCCESS"), &json!("current-id"))
    );
}

#[tokio::test]
async fn case_49_a_panic_fails_without_its_payload() {
    for resource_type in ["Custom::Str", "Custom::String", "Custom::Any", "Custom::PanicsHalfway"] {
        for (request_type, id) in
            [("Create", "not-created/Trail"), ("Update", "current-id"), ("Delete", "current-id")]
        {
            let response = response_to(event(request_type, resource_type, "Trail")).await;
            let half_made = resource_type.ends_with("Halfway") && request_type == "Create";
            let id = if half_made { "half-made" } else { id };
            assert_eq!(response["Status"], "FAILED");
            assert_eq!(response["PhysicalResourceId"], id, "{request_type} {resource_type}");
            let reason = response["Reason"].as_str().expect("a reason");
            assert!(reason.contains("panic") && !reason.contains("s3cr3t"), "{reason}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_50_hanging_work_fails_in_time_once() {
    for (resource_type, id) in
        [("Custom::Hangs", "not-created/Trail"), ("Custom::HangsHalfway", "half-made")]
    {
        let start = Instant::now();
        let response = response_to(event("Create", resource_type, "Trail")).await;
        assert_eq!(
            (&response["Status"], &response["PhysicalResourceId"]),
            (&json!("FAILED"), &json!(id))
        );
        assert!(start.elapsed() < Duration::from_secs(299), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn case_51_work_ending_at_the_deadline_responds_once() {
    let response = response_to(event("Create", "Custom::InTheSameInstant", "Trail")).await;
    let ended = [json!("late"), json!("not-created/Trail")];
    assert!(ended.contains(&response["PhysicalResourceId"]), "{response}");
}

#[tokio::test]
async fn case_72_requests_without_region_or_credentials_fail() {
    let endpoint = Endpoint::default();
    let handler = handler(&endpoint, resource::serve);
    for logical_id in ["First", "Second"] {
        let event = to_raw_value(&event("Create", "Custom::OrgTrail", logical_id)).expect("JSON");
        let result = handler.handle(&event, invocation()).await;
        result.expect("submitted");
    }
    for (_, response) in endpoint.responses() {
        let reason = response["Reason"].as_str().expect("a reason");
        assert!(response["Status"] == "FAILED" && reason.contains("AWS_REGION"), "{reason}");
    }
    assert_eq!(endpoint.responses().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_plan_ends_with_an_error() {
    for (resource_type, reason) in [("Custom::Panics", "bug"), ("Custom::Hangs", "in time")] {
        let mut event = event("Plan", resource_type, "Trail");
        event.as_object_mut().expect("an object").remove("ResponseURL");
        let event = to_raw_value(&event).expect("JSON");
        let endpoint = Endpoint::default();
        let result = handler(&endpoint, act).handle(&event, invocation()).await;
        let error = result.expect_err("no plan").to_string();
        assert!(error.contains(reason) && !error.contains("s3cr3t"), "{error}");
        assert_eq!(endpoint.responses(), []);
    }
}

#[tokio::test]
async fn case_75_concurrent_requests_are_independent() {
    let endpoint = Endpoint::default();
    let handler = handler(&endpoint, act);
    let requests = (0..64).map(|number| {
        let event = event("Create", "Custom::Slow", &format!("Trail{number}"));
        let event = to_raw_value(&event).expect("JSON");
        let handler = &handler;
        async move { handler.handle(&event, invocation()).await }
    });
    for result in join_all(requests).await {
        result.expect("submitted");
    }
    let responses = endpoint.responses();
    let urls: BTreeSet<_> = responses.iter().map(|(url, _)| url.clone()).collect();
    assert_eq!((responses.len(), urls.len()), (64, 64));
    for (url, response) in responses {
        let logical_id = response["LogicalResourceId"].as_str().expect("an id");
        assert!(url.ends_with(&format!("/{logical_id}")), "{url} {logical_id}");
        assert_eq!(response["PhysicalResourceId"], logical_id);
        assert_eq!(response["RequestId"], format!("request-{logical_id}"));
    }
}
