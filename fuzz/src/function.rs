//! The whole function, from an event to the answer, while AWS says anything.
//!
//! Whatever the event and whatever AWS answers: CloudFormation gets exactly one answer if there is
//! somewhere to send it, with the request's own ids and by the rules for physical ids; nothing
//! secret is in it; and nothing is deleted that AWS did not say was ours.

use std::time::Duration;

use orgtrail::cfn::request::{self, Envelope, RequestType};
use orgtrail::cfn::response::not_created;
use orgtrail::handler::{Handler, Invocation};
use orgtrail::resource::RESOURCES;
use serde_json::Value;

use super::response::check_body;
use super::scripted_aws::{Answer, Call, NOW, SECRET_KEY, SESSION_TOKEN, ScriptedAws, parts};

/// How long the function may take.
const TIMEOUT: Duration = Duration::from_mins(1);
const SIGNATURE: &str = "signature-of-the-response-url";

/// Takes an event and a script of answers, divided as the answers are.
pub fn check(data: &[u8]) {
    let Ok(script) = str::from_utf8(data) else {
        return;
    };
    let mut parts = parts(script);
    let Some(Ok(event)) = parts.next().map(serde_json::from_str) else {
        return;
    };
    let aws = ScriptedAws::new(parts.filter_map(Answer::parse));
    let event = with_secret_url(event);
    let opened = request::open(event.clone(), false);
    let handled = handle(&aws, event);
    let mut calls = aws.calls();
    let answers: Vec<Call> = calls
        .extract_if(.., |call| call.operation == "PUT")
        .collect();
    match (opened, &answers[..]) {
        (Err(_), []) => assert!(handled.is_err() && calls.is_empty(), "{calls:?}"),
        (Ok((envelope, event)), [answer]) => {
            assert!(handled.is_ok(), "{handled:?}");
            let request = envelope.request(event);
            check_answer(&envelope, request.as_ref(), answer, &calls, script);
            check_deletions(&envelope, request.as_ref(), &calls);
        }
        (opened, answers) => panic!("{} answers to {opened:?}", answers.len()),
    }
}

/// Gives the event's URL a signature to look for, and keeps its date if it has one.
fn with_secret_url(mut event: Value) -> Value {
    if let Some(Value::String(url)) = event.get_mut("ResponseURL") {
        let scheme = url.get(..4).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("http") {
            let date = "X-Amz-Date=20261123T120000Z&";
            let date = Some(date)
                .filter(|date| url.contains(date))
                .unwrap_or_default();
            *url = format!("https://example.com/answer?{date}X-Amz-Signature={SIGNATURE}");
        }
    }
    event
}

fn handle(aws: &ScriptedAws, event: Value) -> Result<(), String> {
    let invocation = Invocation {
        request_id: "invocation".to_owned(),
        deadline: i64::try_from((NOW + TIMEOUT).as_millis()).expect("fits"),
        function_arn: "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail".to_owned(),
    };
    let handler = Handler {
        aws: aws.client(),
        transport: aws.transport(),
        resources: RESOURCES,
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
        assert!(
            started.elapsed() < TIMEOUT,
            "too late: {:?}",
            started.elapsed()
        );
        result.map_err(|problem| problem.to_string())
    })
}

fn check_answer(
    envelope: &Envelope,
    request: Result<&request::Request, &String>,
    answer: &Call,
    calls: &[Call],
    script: &str,
) {
    assert!(answer.uri.ends_with(SIGNATURE), "{}", answer.uri);
    let text = String::from_utf8(answer.body.clone()).expect("UTF-8");
    for secret in [SIGNATURE, SECRET_KEY, SESSION_TOKEN] {
        assert!(!text.contains(secret) || script.contains(secret), "{text}");
    }
    let body = check_body(&answer.body, &envelope.echo);
    let success = body["Status"] == "SUCCESS";
    let reason = body["Reason"].as_str().unwrap_or_default();
    assert!(!reason.contains("a panic"), "{reason}");
    let id = body["PhysicalResourceId"].as_str().expect("an id");
    let known = envelope
        .physical_id
        .as_deref()
        .filter(|id| id.len() <= 1_024 && !id.contains(char::is_control));
    let changed = calls.iter().any(|call| {
        !["Get", "List", "Describe"]
            .iter()
            .any(|read| call.operation.starts_with(read))
    });
    match request.map(|request| request.request_type) {
        Ok(RequestType::Delete) if known.is_some() => assert_eq!(Some(id), known),
        Ok(RequestType::Update) | Err(_) if !success && known.is_some() => {
            assert_eq!(Some(id), known);
        }
        Ok(RequestType::Create) if !success && !changed => {
            let logical_id = envelope
                .echo
                .logical_resource_id
                .as_deref()
                .unwrap_or_default();
            if logical_id.len() < 1_000 {
                assert_eq!(id, not_created(logical_id));
            }
        }
        Err(_) => assert!(!success, "a request that is none succeeded"),
        Ok(_) => {}
    }
}

/// Of what destroys each has its condition, whatever AWS says.
fn check_deletions(
    envelope: &Envelope,
    request: Result<&request::Request, &String>,
    calls: &[Call],
) {
    let made_before = |index: usize, operation: &str| {
        calls[..index]
            .iter()
            .any(|call| call.operation == operation)
    };
    for (index, call) in calls.iter().enumerate() {
        match call.operation.as_str() {
            "DeleteTrail" => {
                let said_ours = calls[..index]
                    .iter()
                    .any(|call| call.said.contains("LogicalId"));
                assert!(said_ours || made_before(index, "CreateTrail"), "{calls:?}");
            }
            "StopLogging" => assert!(
                made_before(index, "GetTrailStatus") || made_before(index, "StartLogging"),
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
                        || made_before(index, "RegisterOrganizationDelegatedAdmin")
                        || made_before(index, "RegisterDelegatedAdministrator"),
                    "{id}"
                );
            }
            _ => {}
        }
    }
}
