//! The envelope of an event: the little that is needed to respond.
//!
//! Whatever is wrong with the rest of an event, CloudFormation then gets a response instead of waiting
//! for an hour. So the fields of an event are taken apart unread, whatever is in them and however deeply
//! it is nested.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::response_url::{ResponseUrl, UrlProblem};

/// The fields of an event, each as it came.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// Enough to respond.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Where the response goes.
    pub response_url: ResponseUrl,
    /// What the response repeats.
    pub echo: Echo,
    /// The id that CloudFormation knows the resource by, except on Create.
    pub physical_id: Option<String>,
    /// How long CloudFormation waits for the response, in seconds; `None` where the template leaves it
    /// to CloudFormation.
    pub service_timeout: Result<Option<u32>, BadServiceTimeout>,
}

/// The ids that CloudFormation recognises a response by, copied as they came.
///
/// Left out of a response where they did not come: CloudFormation discards one that has a null in it.
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

/// Why an event cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// No JSON object, and no SNS message with one in it.
    #[error("the event is not a CloudFormation custom resource request")]
    NotARequest,
    /// Nowhere to send a response to.
    #[error(transparent)]
    ResponseUrl(#[from] UrlProblem),
}

/// A `ServiceTimeout` that CloudFormation would not take either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ServiceTimeout is not a number of seconds from 1 to 3600")]
pub struct BadServiceTimeout;

impl Envelope {
    /// Takes an event apart into what a response needs and all of its fields. SNS-backed custom
    /// resources carry the same event as a string inside a message.
    ///
    /// # Errors
    /// When no response can be sent; nothing must be done then.
    pub fn open(event: &RawValue, allow_http: bool) -> Result<(Self, Fields), Unanswerable> {
        let fields = unwrap_sns(event).ok_or(Unanswerable::NotARequest)?;
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

/// A field, if there is one of this type.
pub(super) fn read<T: DeserializeOwned>(fields: &Fields, name: &str) -> Option<T> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

fn unwrap_sns(event: &RawValue) -> Option<Fields> {
    let fields: Fields = serde_json::from_str(event.get()).ok()?;
    if fields.contains_key("ResponseURL") {
        return Some(fields);
    }
    let records: Option<Value> = read(&fields, "Records");
    match records
        .as_ref()
        .and_then(|all| all.pointer("/0/Sns/Message"))
    {
        Some(message) => serde_json::from_str(message.as_str()?).ok(),
        None => Some(fields),
    }
}

/// The `ServiceTimeout` in seconds, a number or its digits; `None` where there is none.
fn service_timeout(fields: &Fields) -> Result<Option<u32>, BadServiceTimeout> {
    // CloudFormation says it in both places, some local emulators in the properties only.
    let own = read::<Value>(fields, "ServiceTimeout").filter(|value| !value.is_null());
    let property = || read(&read(fields, "ResourceProperties")?, "ServiceTimeout");
    let digits = match own.or_else(property) {
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

    fn open(event: &Value) -> Result<(Envelope, Fields), Unanswerable> {
        Envelope::open(&to_raw_value(event).expect("JSON"), false)
    }

    #[test]
    fn an_event_without_an_address_is_unanswerable() {
        for event in [json!([]), json!("x"), json!(null), json!(5)] {
            assert_eq!(open(&event).err(), Some(Unanswerable::NotARequest));
        }
        for event in [json!({}), json!({"ResponseURL": 5}), json!({"Records": []})] {
            let problem = Unanswerable::ResponseUrl(UrlProblem::Missing);
            assert_eq!(open(&event).err(), Some(problem));
        }
    }

    #[test]
    fn an_envelope_is_read_at_any_depth() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let event = format!(
            r#"{{"ResourceProperties": {{"Deep": {deep}, "ServiceTimeout": "40"}},
                 "Deep": {deep}, "ResponseURL": "https://host/x", "StackId": "stack"}}"#
        );
        let event = RawValue::from_string(event).expect("JSON");
        let (envelope, fields) = Envelope::open(&event, false).expect("answerable");
        assert_eq!(envelope.echo.stack_id.as_deref(), Some("stack"));
        assert_eq!(envelope.service_timeout, Ok(Some(40)));
        assert_eq!(fields.len(), 4);
    }

    #[test]
    fn the_last_of_two_fields_counts() {
        let event = r#"{"ResponseURL": 5, "ResponseURL": "https://host/x", "StackId": 7}"#;
        let event = RawValue::from_string(event.to_owned()).expect("JSON");
        let (envelope, _) = Envelope::open(&event, false).expect("answerable");
        assert_eq!(envelope.echo, Echo::default());
    }

    #[test]
    fn a_service_timeout_is_believed_only_as_far_as_cloudformation_would() {
        let timeout = |event: Value| {
            let mut event = event;
            event["ResponseURL"] = json!("https://host/x");
            open(&event).expect("answerable").0.service_timeout
        };
        let read = |value: Value| timeout(json!({"ServiceTimeout": value}));
        assert_eq!(read(json!("30")), Ok(Some(30)));
        assert_eq!(read(json!(30)), Ok(Some(30)));
        assert_eq!(read(json!(null)), Ok(None));
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
