//! The response: CloudFormation accepts it, for any input.

use orgtrail::cfn::attributes::Attributes;
use orgtrail::cfn::envelope::Echo;
use orgtrail::cfn::response::{MAX_RESPONSE_BYTES, Response};
use orgtrail::domain::diagnosis::{Context, explain};
use orgtrail::domain::fault::{Cause, Fault};
use orgtrail::domain::names::TrailArn;
use orgtrail::domain::operation::Operation;
use orgtrail::domain::organization::Organization;
use orgtrail::domain::trail::settings::{CloudWatchLogs, Settings};
use orgtrail::domain::trusted_access::CLOUDTRAIL;
use serde_json::Value;

/// The maximum number of bytes of a physical ID.
const MAX_ID: usize = 1_024;
/// The maximum number of bytes of JSON for the IDs of a request: more than an ARN with a stack name
/// of 128 characters, a UUID and a logical ID of 255 characters.
const MAX_ECHO: usize = 1_400;

/// Takes an object with the parts of a response. `Times` repeats the reason and the data, so that
/// small inputs make long responses. With an error `Code`, the reason is also the message of an AWS error.
pub fn check(data: &[u8]) {
    let Ok(Value::Object(input)) = serde_json::from_slice(data) else {
        return;
    };
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let times = input.get("Times").and_then(Value::as_u64).unwrap_or(1);
    let times = usize::try_from(times.min(2_000)).expect("small");
    let repeated = |text: &str| text.repeat(times.min(20_000 / text.len().max(1)));
    let echo = Echo {
        stack_id: text("StackId"),
        request_id: text("RequestId"),
        logical_resource_id: text("LogicalResourceId"),
    };
    let id = text("PhysicalResourceId").unwrap_or_default();
    let reason = repeated(&text("Reason").unwrap_or_default());
    let values = input.get("Data").and_then(Value::as_array);
    let values = values.into_iter().flatten().filter_map(Value::as_str);
    let names = ["Arn", "TrailName", "HomeRegion", "LogPrefix", "KmsKeyArn"];
    let attributes: Attributes = names.into_iter().zip(values.map(repeated)).collect();

    if let Some(code) = text("Code") {
        let operation = text("Operation");
        let is_named = |known: &&Operation| Some(known.to_string()) == operation;
        let operation = Operation::ALL.iter().find(is_named);
        let operation = operation.copied().unwrap_or(Operation::CreateTrail);
        refused(&echo, &id, operation, &code, &reason);
    }
    failed(&echo, &id, &reason);
    at_the_limit(&echo, &id, &reason);
    success(&echo, &id, &attributes);
}

/// The reason of a failed call names the operation and repeats AWS's error, with or without the values
/// that advice needs.
fn refused(echo: &Echo, id: &str, operation: Operation, code: &str, message: &str) {
    let cause = Cause::service(code, message, 400);
    let fault = Fault { operation, region: None, cause, request_id: None };
    let trail = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org".parse::<TrailArn>().ok();
    let trail = trail.expect("an ARN");
    let organization =
        Organization { id: "o-exampleorg1".to_owned(), management_account: trail.account() };
    let settings = Settings {
        key_prefix: Some("audit".to_owned()),
        kms_key: Some("alias/logs".to_owned()),
        sns_topic: Some("trail-topic".to_owned()),
        cloud_watch_logs: Some(CloudWatchLogs {
            log_group_arn: "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*".to_owned(),
            role_arn: "arn:aws:iam::111111111111:role/trail-to-logs".to_owned(),
        }),
        ..Settings::new("org-logs")
    };
    let whole = Context {
        deletes: false,
        trail: Some(&trail),
        trail_name: Some(trail.name()),
        organization: Some(&organization),
        settings: Some(&settings),
        service_principal: Some(CLOUDTRAIL),
        account: "222222222222".parse().ok(),
    };
    for context in [whole, Context { deletes: true, ..whole }, Context::default()] {
        let reason = explain(&fault, &context);
        for said in [&operation.to_string(), code, message] {
            assert!(reason.contains(said), "{said} is not in: {reason}");
        }
        failed(echo, id, &reason);
    }
}

fn failed(echo: &Echo, id: &str, reason: &str) {
    let response = Response::failed(echo, id, reason);
    let whole = response.reason().expect("a reason").to_owned();
    let fitting = response.clone().fitting();
    assert!(!fitting.is_success());
    assert_eq!(fitting.clone().fitting(), fitting, "fits already");
    let said = fitting.reason().expect("a reason");
    if response.to_json().len() <= MAX_RESPONSE_BYTES {
        assert_eq!(fitting, response, "nothing to cut");
    } else {
        let head = said.strip_suffix("... (cut)").expect("a mark");
        assert!(whole.starts_with(head), "{head}");
    }
    // Only whitespace, control and direction characters are removed.
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    if !letters(reason).is_empty() {
        assert_eq!(letters(&whole), letters(reason));
    }
    let body = body(&fitting, echo, id);
    assert_eq!((&body["Status"], &body["Reason"]), (&"FAILED".into(), &said.into()));
}

/// The same with a reason that makes the response as long as the limit, one byte shorter and one byte
/// longer.
fn at_the_limit(echo: &Echo, id: &str, reason: &str) {
    let reason = format!("{reason}x");
    let length = Response::failed(echo, id, &reason).to_json().len();
    for limit in MAX_RESPONSE_BYTES - 1..=MAX_RESPONSE_BYTES + 1 {
        if let Some(more) = limit.checked_sub(length) {
            failed(echo, id, &(reason.clone() + &"x".repeat(more)));
        }
    }
}

fn success(echo: &Echo, id: &str, attributes: &Attributes) {
    let response = Response::success(echo, id, attributes.clone()).fitting();
    let body = body(&response, echo, id);
    if response.is_success() {
        let data = body.get("Data").and_then(Value::as_object);
        let data = data.into_iter().flatten();
        let data: Vec<_> = data.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let given: Vec<_> =
            attributes.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
        assert_eq!(data, given);
    } else {
        assert!(body.get("Data").is_none(), "{body}");
    }
}

fn body(response: &Response, echo: &Echo, id: &str) -> Value {
    let body = check_body(response.to_json().as_bytes(), echo);
    let used = body["PhysicalResourceId"].as_str().expect("an id");
    assert_eq!(used, response.physical_id());
    // Quotes and backslashes need two bytes in JSON, and control characters more.
    if !id.is_empty() && id.len() <= MAX_ID && !id.contains(char::is_control) {
        assert_eq!(used, id);
    }
    body
}

/// Checks the body of a response to a request with the IDs of `echo`, and returns it.
pub(crate) fn check_body(bytes: &[u8], echo: &Echo) -> Value {
    let body: Value = serde_json::from_slice(bytes).expect("JSON");
    let object = body.as_object().expect("an object");
    let echoed: Vec<_> = [
        ("StackId", &echo.stack_id),
        ("RequestId", &echo.request_id),
        ("LogicalResourceId", &echo.logical_resource_id),
    ]
    .into_iter()
    .inspect(|(name, id)| assert_eq!(object.get(*name).and_then(Value::as_str), id.as_deref()))
    .filter_map(|(_, id)| id.clone())
    .collect();
    let echo_length = serde_json::to_string(&echoed).expect("strings").len();
    assert!(bytes.len() <= MAX_RESPONSE_BYTES || echo_length > MAX_ECHO, "{} bytes", bytes.len());

    let id = object["PhysicalResourceId"].as_str().expect("a string");
    assert!(!id.is_empty() && id.len() <= MAX_ID, "{id}");
    let reason = object.get("Reason").map(|reason| reason.as_str().expect("a string"));
    match (object["Status"].as_str(), reason) {
        (Some("SUCCESS"), None) => {}
        (Some("FAILED"), Some(reason)) => assert_readable(reason),
        other => panic!("{other:?}"),
    }
    if let Some(data) = object.get("Data") {
        let data = data.as_object().expect("an object");
        assert!(data.values().all(Value::is_string), "{data:?}");
    }
    body
}

fn assert_readable(reason: &str) {
    let unreadable = |c: char| {
        c.is_control()
            || ('\u{200e}'..='\u{200f}').contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
    };
    assert!(!reason.trim().is_empty() && !reason.contains(unreadable), "{reason:?}");
}
