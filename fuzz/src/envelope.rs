//! From an event to a request: what is read is what was sent, whatever can be answered can be
//! answered with its own ids, and no word of the response URL gets out.

use orgtrail::cfn::request::{
    Echo, Envelope, Object, Request, RequestType, Unanswerable, open, service_timeout,
};
use orgtrail::cfn::response_url::{ResponseUrl, UrlProblem};
use serde_json::{Value, json};

/// Takes the JSON of an event.
pub fn check(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let opened = open(event.clone(), true);
    let Some(inner) = inner(&event) else {
        assert_eq!(opened.err(), Some(Unanswerable::NotARequest));
        return;
    };
    let url = inner.get("ResponseURL").and_then(Value::as_str);
    let (envelope, rest) = match (opened, url.map(|url| ResponseUrl::parse(url, true))) {
        (Ok(opened), Some(Ok(_))) => opened,
        (Err(problem), Some(Err(why))) => {
            assert_eq!(problem, Unanswerable::ResponseUrl(why));
            return;
        }
        (Err(problem), None) => {
            assert_eq!(problem, Unanswerable::ResponseUrl(UrlProblem::Missing));
            return;
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(rest, inner);
    let text = |name: &str| inner.get(name).and_then(Value::as_str).map(str::to_owned);
    let echo = Echo {
        stack_id: text("StackId"),
        request_id: text("RequestId"),
        logical_resource_id: text("LogicalResourceId"),
    };
    assert_eq!(envelope.echo, echo);

    if let Ok(seconds) = service_timeout(&inner) {
        assert!(seconds.is_none_or(|seconds| (1..=3_600).contains(&seconds)));
    }
    let request = envelope.request(rest);
    check_secrecy(&envelope, &request, &inner);
    // The same event by way of SNS is the same request.
    let wrapped =
        json!({"Records": [{"Sns": {"Message": Value::Object(inner.clone()).to_string()}}]});
    let (by_sns, rest) = open(wrapped, true).expect("opened before");
    let again = by_sns.request(rest);
    assert_eq!(format!("{request:?}"), format!("{again:?}"));
    if let Ok(request) = request {
        check_request(&request, &envelope, &inner);
    }
}

/// The event itself, out of an SNS message where it is in one.
fn inner(event: &Value) -> Option<Object> {
    let object = event.as_object()?;
    let message = event.pointer("/Records/0/Sns/Message");
    match message.filter(|_| !object.contains_key("ResponseURL")) {
        Some(message) => serde_json::from_str(message.as_str()?).ok(),
        None => Some(object.clone()),
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
    // A query that is short or stands elsewhere too is no secret.
    if query.len() < 16 || Value::Object(rest).to_string().contains(query) {
        return;
    }
    let printed = format!("{envelope:?} {request:?}");
    assert!(!printed.contains(query), "{printed}");
}

fn check_request(request: &Request, envelope: &Envelope, event: &Object) {
    let echo = &envelope.echo;
    assert_eq!(Some(&request.stack_id), echo.stack_id.as_ref());
    assert_eq!(Some(&request.logical_id), echo.logical_resource_id.as_ref());
    assert!(!request.stack_id.is_empty() && !request.logical_id.is_empty());
    let name = format!("{:?}", request.request_type);
    assert_eq!(event["RequestType"].as_str(), Some(name.as_str()));
    let id = event.get("PhysicalResourceId").and_then(Value::as_str);
    let id = id.filter(|id| !id.is_empty());
    match request.request_type {
        RequestType::Create => assert_eq!(request.physical_id, None),
        RequestType::Update => {
            assert!(request.physical_id.is_some() && request.physical_id.as_deref() == id);
        }
        RequestType::Delete => assert_eq!(request.physical_id.as_deref(), id),
    }
    match event.get("ResourceProperties") {
        Some(Value::Object(properties)) => assert_eq!(*properties, request.properties),
        _ => assert!(request.request_type == RequestType::Delete && request.properties.is_empty()),
    }
    assert_eq!(request.issued_at, envelope.response_url.issued_at());
}
