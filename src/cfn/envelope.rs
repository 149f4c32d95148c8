//! The envelope of an event: the fields that a response needs.
//!
//! They are read before everything else, so that CloudFormation gets a response to an event that is
//! otherwise not valid, instead of waiting for an hour. The other fields stay raw JSON, which may be
//! nested to any depth.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::response_url::{ResponseUrl, UrlProblem};

/// The fields of an event as raw JSON.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// The fields that a response needs.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The URL that receives the response.
    pub response_url: ResponseUrl,
    /// The IDs that the response repeats.
    pub echo: Echo,
    /// The ID of the resource. A Create has none.
    pub physical_id: Option<String>,
    /// The seconds that CloudFormation waits for the response. `None` if the template does not set it.
    pub service_timeout: Result<Option<u32>, BadServiceTimeout>,
}

/// The IDs by which CloudFormation assigns a response to its request.
///
/// A response contains only those of the event, because CloudFormation discards a response with a null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are those of the event, by name")]
pub struct Echo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
}

/// Why no response to an event is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// It is neither a JSON object nor an SNS message that contains one.
    #[error("the event is not a CloudFormation custom resource request")]
    NotARequest,
    /// There is no usable response URL.
    #[error(transparent)]
    ResponseUrl(#[from] UrlProblem),
}

/// A `ServiceTimeout` that CloudFormation does not accept either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ServiceTimeout must be a number of seconds from 1 to 3600")]
pub struct BadServiceTimeout;

impl Envelope {
    /// Reads the envelope and the fields of an event. An SNS-backed custom resource receives the
    /// event as a string in an SNS message.
    ///
    /// # Errors
    /// Why no response is possible. The function must then change nothing.
    pub fn open(event: &RawValue, allow_http: bool) -> Result<(Self, Fields), InvalidEvent> {
        let fields = unwrap_sns(event).ok_or(InvalidEvent::NotARequest)?;
        let string = |name: &str| read::<String>(&fields, name);
        let url = string("ResponseURL").ok_or(UrlProblem::Missing)?;
        let envelope = Self {
            response_url: ResponseUrl::parse(&url, allow_http)?,
            echo: Echo {
                stack_id: string("StackId"),
                request_id: string("RequestId"),
                logical_resource_id: string("LogicalResourceId"),
            },
            physical_id: string("PhysicalResourceId").filter(|id| !id.is_empty()),
            service_timeout: service_timeout(&fields),
        };
        Ok((envelope, fields))
    }
}

/// A field, if it exists and has this type.
pub(super) fn read<T: DeserializeOwned>(fields: &Fields, name: &str) -> Option<T> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

fn unwrap_sns(event: &RawValue) -> Option<Fields> {
    let fields: Fields = serde_json::from_str(event.get()).ok()?;
    if fields.contains_key("ResponseURL") {
        return Some(fields);
    }
    let records: Value = read(&fields, "Records").unwrap_or_default();
    match records.pointer("/0/Sns/Message") {
        Some(message) => serde_json::from_str(message.as_str()?).ok(),
        None => Some(fields),
    }
}

/// The `ServiceTimeout` in seconds. It may be a number or a string of digits.
fn service_timeout(fields: &Fields) -> Result<Option<u32>, BadServiceTimeout> {
    // CloudFormation sends it in both places, some local emulators only in the properties.
    let field = read::<Value>(fields, "ServiceTimeout").filter(|value| !value.is_null());
    let property = || read(&read(fields, "ResourceProperties")?, "ServiceTimeout");
    let digits = match field.or_else(property) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(string)) => string,
        Some(_) => return Err(BadServiceTimeout),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadServiceTimeout);
    }
    match digits.parse() {
        Ok(seconds @ 1..=3600) => Ok(Some(seconds)),
        Ok(_) | Err(_) => Err(BadServiceTimeout),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn open(event: &Value) -> Result<(Envelope, Fields), InvalidEvent> {
        Envelope::open(&to_raw_value(event).expect("JSON"), false)
    }

    #[test]
    fn an_event_without_url_has_no_response() {
        for event in [json!([]), json!("x"), json!(null), json!(5)] {
            assert_eq!(open(&event).err(), Some(InvalidEvent::NotARequest));
        }
        for event in [json!({}), json!({"ResponseURL": 5}), json!({"Records": []})] {
            let problem = InvalidEvent::ResponseUrl(UrlProblem::Missing);
            assert_eq!(open(&event).err(), Some(problem));
        }
    }

    #[test]
    fn nesting_may_have_any_depth() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let event = format!(
            r#"{{"ResourceProperties": {{"Deep": {deep}, "ServiceTimeout": "40"}},
                 "Deep": {deep}, "ResponseURL": "https://host/x", "StackId": "stack"}}"#
        );
        let event = RawValue::from_string(event).expect("JSON");
        let (envelope, fields) = Envelope::open(&event, false).expect("an envelope");
        assert_eq!(envelope.echo.stack_id.as_deref(), Some("stack"));
        assert_eq!(envelope.service_timeout, Ok(Some(40)));
        assert_eq!(fields.len(), 4);
    }

    #[test]
    fn the_last_of_two_equal_fields_is_read() {
        let event = r#"{"ResponseURL": 5, "ResponseURL": "https://host/x", "StackId": 7}"#;
        let event = RawValue::from_string(event.to_owned()).expect("JSON");
        let (envelope, _) = Envelope::open(&event, false).expect("an envelope");
        assert_eq!(envelope.echo, Echo::default());
    }

    #[test]
    fn a_service_timeout_is_a_number_or_digits() {
        let timeout = |mut event: Value| {
            event["ResponseURL"] = json!("https://host/x");
            open(&event).expect("an envelope").0.service_timeout
        };
        let read = |value: Value| timeout(json!({ "ServiceTimeout": value }));
        for (value, seconds) in
            [(json!("30"), Some(30)), (json!(30), Some(30)), (json!(null), None)]
        {
            assert_eq!(read(value), Ok(seconds));
        }
        let property = json!({"ResourceProperties": {"ServiceTimeout": "40"}});
        assert_eq!(timeout(property), Ok(Some(40)));
        for value in ["abc", "0", "9999", "", "1.5", "-1", "1e3", "٣", "+5"] {
            assert_eq!(read(json!(value)), Err(BadServiceTimeout), "{value}");
        }
        for value in [json!(1.5), json!(-1), json!([30]), json!(true)] {
            assert_eq!(read(value.clone()), Err(BadServiceTimeout), "{value}");
        }
    }
}
