//! What cannot be provoked from outside the process: panics, races with the guard, crossed wires.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all, ready};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::time::{sleep, sleep_until};

use super::*;
use crate::cfn::attributes::Attributes;
use crate::cfn::submit::NoStatus;
use crate::resource;

/// A response endpoint that takes everything and remembers it.
#[derive(Debug, Clone, Default)]
struct Endpoint(Arc<Mutex<Vec<(String, Value)>>>);

impl Put for Endpoint {
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        let body = serde_json::from_slice(&body).expect("JSON");
        self.0
            .lock()
            .expect("no panic")
            .push((url.to_owned(), body));
        Box::pin(ready(Ok(200)))
    }
}

impl Endpoint {
    fn answers(&self) -> Vec<(String, Value)> {
        self.0.lock().expect("no panic").clone()
    }

    /// The one answer that there must be.
    fn answer(&self) -> Value {
        match self.answers().as_slice() {
            [(_, answer)] => answer.clone(),
            answers => panic!("{} answers: {answers:?}", answers.len()),
        }
    }
}

fn outcome(physical_id: &str) -> Outcome {
    Outcome {
        physical_id: physical_id.to_owned(),
        attributes: Attributes::new(),
    }
}

/// Resource types that do what no real one should.
fn act<'a>(work: &'a RequestContext<'a>) -> BoxFuture<'a, Result<Option<Outcome>, Failure>> {
    Box::pin(async {
        let done = match work.request.resource_type.as_str() {
            "Custom::Other" => outcome("another-id"),
            "Custom::Str" => panic!("s3cr3t"),
            "Custom::String" => panic!("{}", "s3cr3t"),
            "Custom::Any" => std::panic::panic_any(7),
            "Custom::PanicsHalfway" => {
                work.progress.record("half-made");
                panic!("s3cr3t")
            }
            "Custom::Hangs" => std::future::pending().await,
            "Custom::HangsHalfway" => {
                work.progress.record("half-made");
                std::future::pending().await
            }
            "Custom::InTheSameInstant" => {
                sleep_until(work.clean_up_until).await;
                outcome("late")
            }
            "Custom::Slow" => {
                sleep(Duration::from_millis(5)).await;
                outcome(&work.request.logical_id)
            }
            other => unreachable!("{other}"),
        };
        // As of a real resource type, a Delete has no outcome.
        Ok(Some(done).filter(|_| work.request.request_type != RequestType::Delete))
    })
}

fn handler(endpoint: &Endpoint, serve: Serve) -> Handler {
    Handler {
        aws: Aws::new(&SdkConfig::builder().build()),
        http: Arc::new(endpoint.clone()),
        serve,
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
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let now = i64::try_from(now.as_millis()).expect("fits");
    Invocation {
        request_id: "invocation".to_owned(),
        deadline: Timestamp::from_milliseconds(now + 300_000),
        function_arn: "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail".to_owned(),
    }
}

async fn answer_to(event: Value) -> Value {
    let endpoint = Endpoint::default();
    let event = to_raw_value(&event).expect("JSON");
    let handled = handler(&endpoint, act).handle(&event, invocation()).await;
    handled.expect("answered");
    endpoint.answer()
}

#[tokio::test]
async fn case_48_a_delete_answers_the_id_that_it_was_asked_for() {
    let answer = answer_to(event("Delete", "Custom::Other", "Trail")).await;
    assert_eq!(
        (&answer["Status"], &answer["PhysicalResourceId"]),
        (&json!("SUCCESS"), &json!("current-id"))
    );
}

#[tokio::test]
async fn case_49_a_panic_of_any_kind_is_answered_without_its_payload() {
    for resource_type in [
        "Custom::Str",
        "Custom::String",
        "Custom::Any",
        "Custom::PanicsHalfway",
    ] {
        for (request_type, id) in [
            ("Create", "not-created/Trail"),
            ("Update", "current-id"),
            ("Delete", "current-id"),
        ] {
            let answer = answer_to(event(request_type, resource_type, "Trail")).await;
            let half_made = resource_type.ends_with("Halfway") && request_type == "Create";
            let id = if half_made { "half-made" } else { id };
            assert_eq!(answer["Status"], "FAILED");
            assert_eq!(
                answer["PhysicalResourceId"], id,
                "{request_type} {resource_type}"
            );
            let reason = answer["Reason"].as_str().expect("a reason");
            assert!(
                reason.contains("panic") && !reason.contains("s3cr3t"),
                "{reason}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_50_work_that_hangs_is_answered_in_time_and_only_once() {
    for (resource_type, id) in [
        ("Custom::Hangs", "not-created/Trail"),
        ("Custom::HangsHalfway", "half-made"),
    ] {
        let start = Instant::now();
        let answer = answer_to(event("Create", resource_type, "Trail")).await;
        assert_eq!(
            (&answer["Status"], &answer["PhysicalResourceId"]),
            (&json!("FAILED"), &json!(id))
        );
        assert!(
            start.elapsed() < Duration::from_secs(299),
            "{:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn case_51_work_that_ends_in_the_instant_of_the_guard_is_answered_once() {
    let answer = answer_to(event("Create", "Custom::InTheSameInstant", "Trail")).await;
    let ended = [json!("late"), json!("not-created/Trail")];
    assert!(ended.contains(&answer["PhysicalResourceId"]), "{answer}");
}

#[tokio::test]
async fn case_72_without_region_or_credentials_each_request_is_still_answered() {
    let endpoint = Endpoint::default();
    let handler = handler(&endpoint, resource::serve);
    for logical_id in ["First", "Second"] {
        let event = to_raw_value(&event("Create", "Custom::OrgTrail", logical_id)).expect("JSON");
        let handled = handler.handle(&event, invocation()).await;
        handled.expect("answered");
    }
    for (_, answer) in endpoint.answers() {
        let reason = answer["Reason"].as_str().expect("a reason");
        assert!(
            answer["Status"] == "FAILED" && reason.contains("AWS_REGION"),
            "{reason}"
        );
    }
    assert_eq!(endpoint.answers().len(), 2);
}

#[tokio::test]
async fn case_75_requests_at_the_same_time_do_not_see_one_another() {
    let endpoint = Endpoint::default();
    let handler = handler(&endpoint, act);
    let requests = (0..64).map(|number| {
        let event = event("Create", "Custom::Slow", &format!("Trail{number}"));
        let event = to_raw_value(&event).expect("JSON");
        let handler = &handler;
        async move { handler.handle(&event, invocation()).await }
    });
    for handled in join_all(requests).await {
        handled.expect("answered");
    }
    let answers = endpoint.answers();
    let urls: BTreeSet<_> = answers.iter().map(|(url, _)| url.clone()).collect();
    assert_eq!((answers.len(), urls.len()), (64, 64));
    for (url, answer) in answers {
        let logical_id = answer["LogicalResourceId"].as_str().expect("an id");
        assert!(
            url.ends_with(&format!("/{logical_id}")),
            "{url} {logical_id}"
        );
        assert_eq!(answer["PhysicalResourceId"], logical_id);
        assert_eq!(answer["RequestId"], format!("request-{logical_id}"));
    }
}
