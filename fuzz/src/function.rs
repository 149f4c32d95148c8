//! The whole function, from an event to the response, with any responses from AWS.
//!
//! CloudFormation gets exactly one response to every event with a usable URL, in time, with the IDs of
//! the request and by the rules for physical IDs. The response contains no secret. Nothing is deleted,
//! disabled or deregistered unless AWS's responses show that it belongs to the resource. A Plan only
//! reads, and CloudFormation gets no response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use orgtrail::cfn::envelope::{Envelope, Fields};
use orgtrail::cfn::plan::{PlanResponse, planned_request};
use orgtrail::cfn::request::{Request, RequestType};
use orgtrail::cfn::response::not_created;
use orgtrail::cfn::submit::{NoStatus, Put};
use orgtrail::domain::timestamp::Timestamp;
use orgtrail::handler::{Handler, Invocation};
use orgtrail::resource;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::response::check_body;
use super::scripted_aws::{
    Call, NOW, ROUND_TRIP, Response, SECRET_KEY, SESSION_TOKEN, ScriptedAws, parts,
};

/// The timeout of the function.
const TIMEOUT: Duration = Duration::from_mins(1);
const SIGNATURE: &str = "signature-of-the-response-url";

/// Takes an event and a script of AWS's responses, with the separator of the responses.
pub fn check(data: &[u8]) {
    let Ok(script) = str::from_utf8(data) else {
        return;
    };
    let mut parts = parts(script);
    let event = parts.next().unwrap_or_default();
    let with_url = with_secret_url(event);
    let Ok(event) = serde_json::from_str::<Box<RawValue>>(with_url.as_deref().unwrap_or(event))
    else {
        return;
    };
    let aws = ScriptedAws::new(parts.filter_map(Response::parse));
    let endpoint = Endpoint::default();
    let handled = handle(&aws, &endpoint, &event);
    let calls = aws.calls();
    let submissions = endpoint.0.lock().expect("no panic").clone();
    if let Some(plan) = planned_request(&event, Timestamp::from_seconds(0)) {
        assert!(submissions.is_empty(), "a response to a Plan: {submissions:?}");
        assert!(plan.is_ok() || handled.is_err() && calls.is_empty(), "{calls:?}");
        assert!(calls.iter().all(|call| !is_change(call)), "{calls:?}");
        check_plan(&handled, script);
        return;
    }
    match (Envelope::open(&event, false), &submissions[..]) {
        (Err(_), []) => {
            assert!(with_url.is_none(), "no response in spite of a URL");
            assert!(handled.is_err() && calls.is_empty(), "{calls:?}");
        }
        (Ok((envelope, fields)), [submission]) => {
            assert!(handled.is_ok(), "{handled:?}");
            let request = envelope.request(&fields);
            check_submission(&envelope, request.as_ref(), submission, &calls, script);
            check_deletions(&envelope, request.as_ref(), &calls);
        }
        (opened, submissions) => panic!("{} responses to {opened:?}", submissions.len()),
    }
}

/// An event with a URL gets another one with a known signature, inside an SNS message too. The last of
/// two fields is used.
fn with_secret_url(event: &str) -> Option<String> {
    add_secret_url(event).or_else(|| {
        let value: Value = serde_json::from_str(event).ok()?;
        let message = value.pointer("/Records/0/Sns/Message")?;
        let message = add_secret_url(message.as_str()?)?;
        Some(json!({"Records": [{"Sns": {"Message": message}}]}).to_string())
    })
}

/// The new URL has the old one's date.
fn add_secret_url(event: &str) -> Option<String> {
    const DATE: &str = "X-Amz-Date=20261123T120000Z&";
    let fields: Fields = serde_json::from_str(event).ok()?;
    let url: String = serde_json::from_str(fields.get("ResponseURL")?.get()).ok()?;
    let is_http = url.get(..4)?.eq_ignore_ascii_case("http");
    let date = if url.contains(DATE) { DATE } else { "" };
    let fields = event.trim_end().strip_suffix('}')?;
    is_http.then(|| {
        format!(
            r#"{fields}, "ResponseURL": "https://example.com/response?{date}X-Amz-Signature={SIGNATURE}"}}"#
        )
    })
}

/// Accepts every response that is submitted.
#[derive(Debug, Default, Clone)]
struct Endpoint(Arc<Mutex<Vec<Submission>>>);

#[derive(Debug, Clone)]
struct Submission {
    url: String,
    body: Bytes,
}

impl Put for Endpoint {
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        let url = url.to_owned();
        let mut submissions = self.0.lock().expect("no panic");
        submissions.push(Submission { url, body });
        Box::pin(async {
            tokio::time::sleep(ROUND_TRIP).await;
            Ok(200)
        })
    }
}

fn handle(
    aws: &ScriptedAws,
    endpoint: &Endpoint,
    event: &RawValue,
) -> Result<Option<PlanResponse>, String> {
    let invocation = Invocation {
        request_id: "invocation".to_owned(),
        deadline: Timestamp::from_milliseconds(
            i64::try_from((NOW + TIMEOUT).as_millis()).expect("fits"),
        ),
        function_arn: "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail".to_owned(),
    };
    let handler = Handler {
        aws: aws.client(),
        http: Arc::new(endpoint.clone()),
        serve: resource::serve,
        plan: resource::plan,
        plan_only: false,
        allow_http_response_url: false,
    };
    fastrand::seed(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let started = tokio::time::Instant::now();
        let result = handler.handle(event, invocation).await;
        assert!(started.elapsed() < TIMEOUT, "too late: {:?}", started.elapsed());
        result.map_err(|problem| problem.to_string())
    })
}

/// Only the script may contain what looks like a secret.
fn assert_discreet(text: &str, script: &str) {
    for secret in [SIGNATURE, SECRET_KEY, SESSION_TOKEN] {
        assert!(!text.contains(secret) || script.contains(secret), "{text}");
    }
}

fn check_plan(handled: &Result<Option<PlanResponse>, String>, script: &str) {
    match handled {
        Ok(plan) => {
            let plan = serde_json::to_value(plan).expect("JSON");
            assert_discreet(&plan.to_string(), script);
            let stopped = plan["Refused"] != "" || plan["Problems"] != json!([]);
            assert!(!stopped || plan["Steps"] == json!([]) && plan["InSync"] == false, "{plan}");
        }
        Err(error) => {
            assert_discreet(error, script);
            assert!(!error.contains("a panic"), "{error}");
        }
    }
}

fn is_change(call: &Call) -> bool {
    let reads = ["Get", "List", "Describe", "AssumeRole"];
    !reads.iter().any(|read| call.operation.starts_with(read))
}

fn check_submission(
    envelope: &Envelope,
    request: Result<&Request, &String>,
    submission: &Submission,
    calls: &[Call],
    script: &str,
) {
    let Submission { url, body } = submission;
    assert!(url.ends_with(SIGNATURE), "{url}");
    let text = str::from_utf8(body).expect("UTF-8");
    assert_discreet(text, script);
    let body = check_body(body, &envelope.echo);
    let success = body["Status"] == "SUCCESS";
    let reason = body["Reason"].as_str().unwrap_or_default();
    assert!(!reason.contains("a panic"), "{reason}");
    let id = body["PhysicalResourceId"].as_str().expect("an id");
    let known = envelope
        .physical_id
        .as_deref()
        .filter(|id| id.len() <= 1_024 && !id.contains(char::is_control));
    let changed = calls.iter().any(is_change);
    match request.map(|request| request.request_type) {
        Ok(RequestType::Delete) if known.is_some() => assert_eq!(Some(id), known),
        Ok(RequestType::Update) | Err(_) if !success && known.is_some() => {
            assert_eq!(Some(id), known);
        }
        Ok(RequestType::Create) if !success && !changed => {
            let logical_id = envelope.echo.logical_resource_id.as_deref().unwrap_or_default();
            if logical_id.len() < 1_000 {
                assert_eq!(id, not_created(logical_id));
            }
        }
        Err(_) => assert!(!success, "an invalid request succeeded"),
        Ok(_) => {}
    }
}

/// Every destructive call meets its condition, for all responses of AWS.
fn check_deletions(envelope: &Envelope, request: Result<&Request, &String>, calls: &[Call]) {
    let called_before = |index: usize, operation: &str| {
        calls[..index].iter().any(|call| call.operation == operation)
    };
    for (index, call) in calls.iter().enumerate() {
        match call.operation.as_str() {
            "DeleteTrail" => {
                let shown_as_owned =
                    calls[..index].iter().any(|call| call.response_body.contains("LogicalId"));
                assert!(shown_as_owned || called_before(index, "CreateTrail"), "{calls:?}");
            }
            "StopLogging" => assert!(
                called_before(index, "GetTrailStatus") || called_before(index, "StartLogging"),
                "{calls:?}"
            ),
            "DisableAWSServiceAccess" => {
                let request = request.expect("a request");
                let id = envelope.physical_id.as_deref().unwrap_or_default();
                assert!(
                    id.ends_with("/enabled") && request.request_type == RequestType::Delete,
                    "{id}"
                );
                assert_eq!(request.properties["DeleteBehavior"], "Disable");
            }
            "DeregisterOrganizationDelegatedAdmin" | "DeregisterDelegatedAdministrator" => {
                let id = envelope.physical_id.as_deref().unwrap_or_default();
                assert!(
                    id.ends_with("/registered")
                        || called_before(index, "RegisterOrganizationDelegatedAdmin")
                        || called_before(index, "RegisterDelegatedAdministrator"),
                    "{id}"
                );
            }
            _ => {}
        }
    }
}
