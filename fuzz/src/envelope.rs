//! From an event to a request: fields keep their values, every event with a usable URL gets a response
//! with its own IDs, and the response URL is never printed.

use std::iter::once;

use orgtrail::cfn::envelope::{Echo, Envelope, Fields, InvalidEvent};
use orgtrail::cfn::request::{Object, Request, RequestType};
use orgtrail::cfn::response_url::{ResponseUrl, UrlProblem};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The depth of the nested values that are added to each event. `serde_json` reads 128 levels.
const DEPTH: usize = 300;

/// Takes the JSON of an event.
pub fn check(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Box<RawValue>>(data) else {
        return;
    };
    let opened = Envelope::open(&event, true);
    let Some(expected) = inner(event.get()) else {
        assert_eq!(opened.err(), Some(InvalidEvent::NotARequest));
        return;
    };
    let url = expected.get("ResponseURL").and_then(Value::as_str);
    let (envelope, fields) = match (opened, url.map(|url| ResponseUrl::parse(url, true))) {
        (Ok(opened), Some(Ok(_))) => opened,
        (Err(problem), Some(Err(why))) => {
            assert_eq!(problem, InvalidEvent::ResponseUrl(why));
            return;
        }
        (Err(problem), None) => {
            assert_eq!(problem, InvalidEvent::ResponseUrl(UrlProblem::Missing));
            return;
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(values(&fields), expected);
    check_envelope(&envelope, &expected);

    let request = envelope.request(&fields);
    check_secrecy(&envelope, &request, &expected);
    check_sns(&envelope, &request, &fields);
    check_nesting(&envelope, &request, &fields);
    if let Ok(request) = request {
        check_request(&request, &envelope, &expected);
    }
}

/// The fields of the event itself, which an SNS message may contain.
fn inner(event: &str) -> Option<Object> {
    let outer = object(event)?;
    let records = outer.get("Records");
    let message = records.and_then(|records| records.pointer("/0/Sns/Message"));
    match message.filter(|_| !outer.contains_key("ResponseURL")) {
        Some(message) => object(message.as_str()?),
        None => Some(outer),
    }
}

/// Reads an object as a whole, and field by field only if that is not possible.
fn object(json: &str) -> Option<Object> {
    let read_as_a_whole = serde_json::from_str(json).ok();
    read_as_a_whole.or_else(|| Some(values(&serde_json::from_str(json).ok()?)))
}

/// The values of the fields: null if a field has none, because it is nested too deeply, contains half a
/// surrogate pair or a number out of range.
fn values(fields: &Fields) -> Object {
    let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_default();
    let values = fields.iter();
    values.map(|(name, raw)| (name.clone(), value(raw))).collect()
}

fn check_envelope(envelope: &Envelope, event: &Object) {
    let string = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
    let echo = Echo {
        stack_id: string("StackId"),
        request_id: string("RequestId"),
        logical_resource_id: string("LogicalResourceId"),
    };
    assert_eq!(envelope.echo, echo);
    let id = string("PhysicalResourceId").filter(|id| !id.is_empty());
    assert_eq!(envelope.physical_id, id);
    if let Ok(Some(seconds)) = envelope.service_timeout {
        assert!((1..=3_600).contains(&seconds));
    }
}

fn check_secrecy(envelope: &Envelope, request: &Result<Request, String>, event: &Object) {
    let url = event["ResponseURL"].as_str().expect("a URL");
    let Some((_, query)) = url.split_once('?') else {
        return;
    };
    let rest: Object = event
        .iter()
        .filter(|(name, _)| *name != "ResponseURL")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // A query that is short or also part of another field is not a secret.
    if query.len() < 16 || Value::Object(rest).to_string().contains(query) {
        return;
    }
    let printed = format!("{envelope:?} {request:?}");
    assert!(!printed.contains(query), "{printed}");
}

/// In an SNS message, the event is the same request.
fn check_sns(envelope: &Envelope, request: &Result<Request, String>, fields: &Fields) {
    let event = serde_json::to_string(fields).expect("JSON");
    let message = json!({"Records": [{"Sns": {"Message": event}}]});
    let (in_sns, fields) = open(&message.to_string());
    assert_same_envelope(&in_sns, envelope);
    assert_eq!(format!("{:?}", in_sns.request(&fields)), format!("{request:?}"));
}

/// Values that are nested too deeply change nothing in fields that are unknown or given again, and in
/// the properties only the result of a request that needs them.
fn check_nesting(envelope: &Envelope, request: &Result<Request, String>, fields: &Fields) {
    let deep = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let names = fields.keys().map(String::as_str).chain(once("\u{fffd}"));
    let ignored: Vec<String> = names.map(|name| format!("{}: {deep}", Value::from(name))).collect();
    let event = serde_json::to_string(fields).expect("JSON");
    let event = format!("{{{}, {}", ignored.join(", "), &event[1..]);
    let (nested, nested_fields) = open(&event);
    assert_same_envelope(&nested, envelope);
    assert_eq!(format!("{:?}", nested.request(&nested_fields)), format!("{request:?}"));

    let mut fields = fields.clone();
    let properties = RawValue::from_string(format!(r#"{{"Deep": {deep}}}"#)).expect("JSON");
    fields.insert("ResourceProperties".to_owned(), properties);
    let (nested, fields) = open(&serde_json::to_string(&fields).expect("JSON"));
    assert_eq!(nested.echo, envelope.echo);
    match (nested.request(&fields), request) {
        (Ok(nested), Ok(request)) => {
            assert_eq!(request.request_type, RequestType::Delete);
            let properties = Object::new();
            let request = Request { properties, ..request.clone() };
            assert_eq!(format!("{nested:?}"), format!("{request:?}"));
        }
        (Ok(nested), Err(problem)) => panic!("{nested:?} instead of {problem}"),
        (Err(problem), Ok(request)) => {
            assert_ne!(request.request_type, RequestType::Delete, "{problem}");
        }
        (Err(_), Err(_)) => {}
    }
}

fn open(event: &str) -> (Envelope, Fields) {
    let event = RawValue::from_string(event.to_owned()).expect("JSON");
    Envelope::open(&event, true).expect("opened before")
}

fn assert_same_envelope(one: &Envelope, other: &Envelope) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

fn check_request(request: &Request, envelope: &Envelope, event: &Object) {
    let echo = &envelope.echo;
    assert_eq!(Some(&request.stack_id), echo.stack_id.as_ref());
    assert_eq!(Some(&request.logical_id), echo.logical_resource_id.as_ref());
    assert!(!request.stack_id.is_empty() && !request.logical_id.is_empty());
    let name = format!("{:?}", request.request_type);
    assert_eq!(event["RequestType"].as_str(), Some(name.as_str()));
    let resource_type = event.get("ResourceType").and_then(Value::as_str);
    assert_eq!(request.resource_type, resource_type.unwrap_or_default());
    match request.request_type {
        RequestType::Create => assert_eq!(request.physical_id, None),
        RequestType::Update => {
            assert!(request.physical_id.is_some());
            assert_eq!(request.physical_id, envelope.physical_id);
        }
        RequestType::Delete => assert_eq!(request.physical_id, envelope.physical_id),
    }
    match event.get("ResourceProperties") {
        Some(Value::Object(properties)) => assert_eq!(*properties, request.properties),
        _ => assert!(request.request_type == RequestType::Delete && request.properties.is_empty()),
    }
    match event.get("OldResourceProperties") {
        Some(Value::Object(properties)) if request.request_type == RequestType::Update => {
            assert_eq!(*properties, request.old_properties);
        }
        _ => assert!(request.old_properties.is_empty()),
    }
    assert_eq!(request.issued_at, envelope.response_url.issued_at());
}
