//! From an event to a request, in two stages.
//!
//! First the [`Envelope`]: the little that is needed to answer. Whatever is wrong with the rest,
//! CloudFormation then gets its answer instead of waiting for an hour. Then the [`Request`].

use serde::Serialize;
use serde_json::{Map, Value};

use super::response_url::{ResponseUrl, UrlProblem};

/// A JSON object.
pub type Object = Map<String, Value>;

/// Enough to answer.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Where the answer goes.
    pub response_url: ResponseUrl,
    /// What the answer repeats.
    pub echo: Echo,
    /// The id that CloudFormation knows the resource by, except on Create.
    pub physical_id: Option<String>,
}

/// The ids that CloudFormation recognises an answer by, copied as they came.
///
/// Left out of an answer where they did not come: CloudFormation discards one that has a null in it.
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
    /// Nowhere to send an answer to.
    #[error(transparent)]
    ResponseUrl(#[from] UrlProblem),
}

/// What CloudFormation wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the request types of the protocol")]
pub enum RequestType {
    Create,
    Update,
    Delete,
}

/// A request that can be worked on.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be done.
    pub request_type: RequestType,
    /// `Custom::...`.
    pub resource_type: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The id that CloudFormation knows the resource by. Never on Create: a leftover is dropped.
    pub physical_id: Option<String>,
    /// The properties of the template; on Delete an empty object where there are none.
    pub properties: Object,
    /// On Update those that held before, possibly of an older schema; else an empty object.
    pub old_properties: Object,
    /// When the request was issued, in seconds since 1970.
    pub issued_at: Option<i64>,
}

/// Takes an event apart into what an answer needs and the rest. SNS-backed custom resources carry
/// the same event as a text inside a message.
///
/// # Errors
/// When no answer can be sent; nothing must be done then.
pub fn open(event: Value, allow_http: bool) -> Result<(Envelope, Object), Unanswerable> {
    let event = unwrap_sns(event).ok_or(Unanswerable::NotARequest)?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
    let url = text("ResponseURL").ok_or(UrlProblem::Missing)?;
    let envelope = Envelope {
        response_url: ResponseUrl::parse(&url, allow_http)?,
        echo: Echo {
            stack_id: text("StackId"),
            request_id: text("RequestId"),
            logical_resource_id: text("LogicalResourceId"),
        },
        physical_id: text("PhysicalResourceId").filter(|id| !id.is_empty()),
    };
    Ok((envelope, event))
}

fn unwrap_sns(event: Value) -> Option<Object> {
    let Value::Object(event) = event else {
        return None;
    };
    if event.contains_key("ResponseURL") {
        return Some(event);
    }
    match event
        .get("Records")
        .and_then(|records| records.pointer("/0/Sns/Message"))
    {
        Some(message) => match serde_json::from_str(message.as_str()?).ok()? {
            Value::Object(inner) => Some(inner),
            _ => None,
        },
        None => Some(event),
    }
}

impl Envelope {
    /// The request, if the event is one.
    ///
    /// # Errors
    /// A sentence for the stack's owner.
    pub fn request(&self, mut event: Object) -> Result<Request, String> {
        let request_type = match event.get("RequestType").and_then(Value::as_str) {
            Some("Create") => RequestType::Create,
            Some("Update") => RequestType::Update,
            Some("Delete") => RequestType::Delete,
            Some(_) | None => {
                return Err("the request's RequestType is not Create, Update or Delete".to_owned());
            }
        };
        let Echo {
            stack_id,
            request_id,
            logical_resource_id,
        } = &self.echo;
        let missing: Vec<&str> = [
            ("StackId", stack_id),
            ("RequestId", request_id),
            ("LogicalResourceId", logical_resource_id),
        ]
        .into_iter()
        .filter_map(|(name, id)| id.as_ref().is_none_or(String::is_empty).then_some(name))
        .collect();
        if !missing.is_empty() {
            return Err(format!("the request lacks {}", missing.join(" and ")));
        }
        if request_type == RequestType::Update && self.physical_id.is_none() {
            return Err(
                "the Update has no PhysicalResourceId, so it is not known what to \
                        update"
                    .to_owned(),
            );
        }
        let resource_type = match event.remove("ResourceType") {
            Some(Value::String(name)) => name,
            _ => String::new(),
        };
        let properties = match (event.remove("ResourceProperties"), request_type) {
            (Some(Value::Object(properties)), _) => properties,
            (_, RequestType::Delete) => Object::new(),
            (_, RequestType::Create | RequestType::Update) => {
                return Err("the request's ResourceProperties are missing or not an object".into());
            }
        };
        let old_properties = match event.remove("OldResourceProperties") {
            Some(Value::Object(properties)) => properties,
            _ => Object::new(),
        };
        Ok(Request {
            request_type,
            resource_type,
            stack_id: stack_id.clone().unwrap_or_default(),
            logical_id: logical_resource_id.clone().unwrap_or_default(),
            physical_id: self
                .physical_id
                .clone()
                .filter(|_| request_type != RequestType::Create),
            properties,
            old_properties,
            issued_at: self.response_url.issued_at(),
        })
    }
}

/// A `ServiceTimeout` that CloudFormation would not take either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ServiceTimeout is not a number of seconds from 1 to 3600")]
pub struct BadServiceTimeout;

/// The request's `ServiceTimeout` in seconds, a number or its digits; `None` where there is none.
///
/// # Errors
/// When the value is to be ignored, which is worth a warning.
pub fn service_timeout(event: &Object) -> Result<Option<u32>, BadServiceTimeout> {
    // CloudFormation says it in both places, some local emulators in the properties only.
    let own = event.get("ServiceTimeout").filter(|value| !value.is_null());
    let property = || event.get("ResourceProperties")?.get("ServiceTimeout");
    let seconds = match own.or_else(property) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(BadServiceTimeout),
    };
    if seconds.is_empty() || !seconds.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadServiceTimeout);
    }
    match seconds.parse() {
        Ok(seconds @ 1..=3600) => Ok(Some(seconds)),
        Ok(_) | Err(_) => Err(BadServiceTimeout),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "RequestType": "Update",
            "ResponseURL": "https://host/path?X-Amz-Date=20261123T120000Z",
            "StackId": "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid",
            "RequestId": "request",
            "LogicalResourceId": "Trail",
            "PhysicalResourceId": "id",
            "ResourceType": "Custom::OrgTrail",
            "ResourceProperties": {"TrailName": "org"},
            "OldResourceProperties": "garbage",
            "SomethingNew": {"x": 1},
        })
    }

    fn request(event: Value) -> Result<Request, String> {
        let (envelope, event) = open(event, false).expect("answerable");
        envelope.request(event)
    }

    #[test]
    fn a_request_is_read_and_what_is_unknown_is_ignored() {
        let request = request(event()).expect("a request");
        assert_eq!(request.request_type, RequestType::Update);
        assert_eq!(request.physical_id.as_deref(), Some("id"));
        assert_eq!(request.resource_type, "Custom::OrgTrail");
        assert_eq!(request.properties["TrailName"], "org");
        assert!(request.old_properties.is_empty());
        assert_eq!(request.issued_at, Some(1_795_435_200));
    }

    #[test]
    fn the_properties_from_before_are_read_where_they_are_an_object() {
        let mut event = event();
        event["OldResourceProperties"] = json!({"TrailName": "before"});
        let request = request(event).expect("a request");
        assert_eq!(request.old_properties["TrailName"], "before");
    }

    #[test]
    fn a_request_inside_an_sns_message_is_the_same_request() {
        let wrapped = json!({"Records": [{"Sns": {"Message": event().to_string()}}]});
        assert_eq!(request(wrapped).expect("a request").logical_id, "Trail");
    }

    #[test]
    fn what_cannot_be_answered_is_told_apart_from_what_is_wrong() {
        for event in [json!([]), json!("x"), json!(null), json!(5)] {
            assert_eq!(open(event, false).err(), Some(Unanswerable::NotARequest));
        }
        for event in [json!({}), json!({"ResponseURL": 5}), json!({"Records": []})] {
            let problem = Unanswerable::ResponseUrl(UrlProblem::Missing);
            assert_eq!(open(event, false).err(), Some(problem));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (field, value, said) in [
            ("RequestType", json!("create"), "RequestType"),
            ("RequestType", json!(null), "RequestType"),
            ("StackId", json!(7), "StackId"),
            ("PhysicalResourceId", json!(""), "PhysicalResourceId"),
            ("RequestId", json!(""), "RequestId"),
            ("ResourceProperties", json!([]), "ResourceProperties"),
        ] {
            let mut event = event();
            event[field] = value;
            let problem = request(event).expect_err(field);
            assert!(problem.contains(said), "{problem}");
        }
    }

    #[test]
    fn delete_needs_no_properties_and_create_no_id() {
        let mut delete = event();
        delete["RequestType"] = json!("Delete");
        delete["ResourceProperties"] = json!("garbage");
        assert!(request(delete).expect("a request").properties.is_empty());
        let mut create = event();
        create["RequestType"] = json!("Create");
        assert_eq!(request(create).expect("a request").physical_id, None);
    }

    #[test]
    fn a_service_timeout_is_believed_only_as_far_as_cloudformation_would() {
        let read =
            |value: Value| service_timeout(json!({"ServiceTimeout": value}).as_object()?).ok();
        assert_eq!(read(json!("30")), Some(Some(30)));
        assert_eq!(read(json!(30)), Some(Some(30)));
        assert_eq!(read(json!(null)), Some(None));
        let property = json!({"ResourceProperties": {"ServiceTimeout": "40"}});
        let property = service_timeout(property.as_object().expect("an object"));
        assert_eq!(property, Ok(Some(40)));
        for value in ["abc", "0", "9999", "", "1.5", "-1", "1e3", "٣", "+5"] {
            assert_eq!(read(json!(value)), None, "{value}");
        }
    }
}
