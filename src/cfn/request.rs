//! Reads a [`Request`] from the fields of an event, with the types of `aws_lambda_events`.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest as Event;
use serde_json::{Map, Value};

use super::envelope::{Echo, Envelope, Fields, read};
use crate::domain::timestamp::Timestamp;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The operation that CloudFormation requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the request types of the protocol")]
pub enum RequestType {
    Create,
    Update,
    Delete,
}

/// A valid request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The operation.
    pub request_type: RequestType,
    /// `Custom::...`.
    pub resource_type: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// The name of the resource in the template.
    pub logical_id: String,
    /// The ID of the resource. `None` on Create, even if the event has one, and if it is empty.
    pub physical_id: Option<String>,
    /// The properties in the template. Empty if a Delete has none.
    pub properties: Object,
    /// The previous properties of an Update, possibly of an older schema. Otherwise, empty.
    pub old_properties: Object,
    /// When CloudFormation issued the request.
    pub issued_at: Option<Timestamp>,
}

impl Envelope {
    /// Reads the request.
    ///
    /// # Errors
    /// Why the request is not valid, as a reason for the response.
    pub fn request(&self, fields: &Fields) -> Result<Request, String> {
        self.valid_request(fields).map_err(|problem| {
            format!(
                "the request is not valid: {problem}. CloudFormation does not send such a request; \
                 check what else invokes the function"
            )
        })
    }

    fn valid_request(&self, fields: &Fields) -> Result<Request, String> {
        let issued_at = self.response_url.issued_at();
        match serde_json::from_value(Value::Object(self.event(fields)?)) {
            Ok(Event::<Object, Object>::Create(event)) => Ok(Request {
                request_type: RequestType::Create,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: None,
                properties: event.resource_properties,
                old_properties: Object::new(),
                issued_at,
            }),
            Ok(Event::Update(event)) => Ok(Request {
                request_type: RequestType::Update,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: Some(event.physical_resource_id),
                properties: event.resource_properties,
                old_properties: event.old_resource_properties,
                issued_at,
            }),
            Ok(Event::Delete(event)) => Ok(Request {
                request_type: RequestType::Delete,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: Some(event.physical_resource_id).filter(|id| !id.is_empty()),
                properties: event.resource_properties,
                old_properties: Object::new(),
                issued_at,
            }),
            // The error is not repeated, because it may quote the event.
            Ok(_) | Err(_) => Err("RequestType must be Create, Update or Delete".to_owned()),
        }
    }

    /// The event with all fields that `aws_lambda_events` requires. A Delete never fails for its
    /// properties, and an Update never fails for the old ones, because they may be of an older schema.
    fn event(&self, fields: &Fields) -> Result<Object, String> {
        let string = |name: &str| read::<String>(fields, name).unwrap_or_default();
        let request_type = string("RequestType");
        self.require_ids()?;
        if request_type == "Update" && self.physical_id.is_none() {
            return Err("PhysicalResourceId is required for an Update".to_owned());
        }
        let properties = match read::<Object>(fields, "ResourceProperties") {
            Some(properties) => properties,
            None if request_type == "Delete" => Object::new(),
            None => {
                let problem = "ResourceProperties must be an object that is not nested too deeply";
                return Err(problem.to_owned());
            }
        };
        let mut event = Object::new();
        for name in [
            "RequestType",
            "RequestId",
            "ResponseURL",
            "StackId",
            "ResourceType",
            "LogicalResourceId",
            "PhysicalResourceId",
        ] {
            event.insert(name.to_owned(), string(name).into());
        }
        event.insert("ResourceProperties".to_owned(), properties.into());
        let old_properties: Object = read(fields, "OldResourceProperties").unwrap_or_default();
        event.insert("OldResourceProperties".to_owned(), old_properties.into());
        Ok(event)
    }

    fn require_ids(&self) -> Result<(), String> {
        let Echo { stack_id, request_id, logical_resource_id } = &self.echo;
        let missing: Vec<&str> = [
            ("StackId", stack_id),
            ("RequestId", request_id),
            ("LogicalResourceId", logical_resource_id),
        ]
        .into_iter()
        .filter_map(|(name, id)| id.as_ref().is_none_or(String::is_empty).then_some(name))
        .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!("{} must be present", missing.join(" and ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

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

    fn request(event: &Value) -> Result<Request, String> {
        let event = to_raw_value(event).expect("JSON");
        let (envelope, fields) = Envelope::open(&event, false).expect("an envelope");
        envelope.request(&fields)
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let request = request(&event()).expect("a request");
        assert_eq!(request.request_type, RequestType::Update);
        assert_eq!(request.physical_id.as_deref(), Some("id"));
        assert_eq!(request.resource_type, "Custom::OrgTrail");
        assert_eq!(request.properties["TrailName"], "org");
        assert!(request.old_properties.is_empty());
        let noon = Timestamp::from_seconds(1_795_435_200);
        assert_eq!(request.issued_at, Some(noon));
    }

    #[test]
    fn old_properties_are_parsed_only_as_an_object() {
        let mut event = event();
        event["OldResourceProperties"] = json!({"TrailName": "before"});
        let request = request(&event).expect("a request");
        assert_eq!(request.old_properties["TrailName"], "before");
    }

    #[test]
    fn a_request_in_an_sns_message_is_read() {
        let wrapped = json!({"Records": [{"Sns": {"Message": event().to_string()}}]});
        assert_eq!(request(&wrapped).expect("a request").logical_id, "Trail");
    }

    #[test]
    fn problems_name_the_field() {
        for (field, value) in [
            ("RequestType", json!("create")),
            ("RequestType", json!(null)),
            ("StackId", json!(7)),
            ("PhysicalResourceId", json!("")),
            ("RequestId", json!("")),
            ("ResourceProperties", json!([])),
        ] {
            let mut event = event();
            event[field] = value;
            let problem = request(&event).expect_err(field);
            let beginning = format!("the request is not valid: {field} ");
            assert!(problem.starts_with(&beginning), "{problem}");
        }
    }

    #[test]
    fn delete_needs_no_properties_and_create_no_id() {
        let mut delete = event();
        delete["RequestType"] = json!("Delete");
        delete["ResourceProperties"] = json!("garbage");
        assert!(request(&delete).expect("a request").properties.is_empty());
        let mut create = event();
        create["RequestType"] = json!("Create");
        assert_eq!(request(&create).expect("a request").physical_id, None);
    }

    #[test]
    fn an_empty_id_of_a_delete_is_none() {
        let mut delete = event();
        delete["RequestType"] = json!("Delete");
        for (id, expected) in [("id", Some("id")), ("", None)] {
            delete["PhysicalResourceId"] = json!(id);
            let request = request(&delete).expect("a request");
            assert_eq!(request.physical_id.as_deref(), expected);
        }
    }
}
