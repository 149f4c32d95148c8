//! From the fields of an event to a [`Request`]: CloudFormation's event as `aws_lambda_events` has it.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest as Event;
use serde_json::{Map, Value};

use super::envelope::{Echo, Envelope, Fields, read};
use crate::domain::timestamp::Timestamp;

/// A JSON object.
pub type Object = Map<String, Value>;

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
    /// When the request was issued.
    pub issued_at: Option<Timestamp>,
}

impl Envelope {
    /// The request, if the event is one.
    ///
    /// # Errors
    /// A sentence for the stack's owner.
    pub fn request(&self, fields: &Fields) -> Result<Request, String> {
        let event = serde_json::from_value(Value::Object(self.event(fields)?));
        let request = match event {
            Ok(Event::<Object, Object>::Create(event)) => Request {
                request_type: RequestType::Create,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: None,
                properties: event.resource_properties,
                old_properties: Object::new(),
                issued_at: None,
            },
            Ok(Event::Update(event)) => Request {
                request_type: RequestType::Update,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: Some(event.physical_resource_id),
                properties: event.resource_properties,
                old_properties: event.old_resource_properties,
                issued_at: None,
            },
            Ok(Event::Delete(event)) => Request {
                request_type: RequestType::Delete,
                resource_type: event.resource_type,
                stack_id: event.stack_id,
                logical_id: event.logical_resource_id,
                physical_id: Some(event.physical_resource_id).filter(|id| !id.is_empty()),
                properties: event.resource_properties,
                old_properties: Object::new(),
                issued_at: None,
            },
            // The problem is not repeated: it may quote the event.
            Ok(_) | Err(_) => {
                return Err("the request's RequestType is not Create, Update or Delete".to_owned());
            }
        };
        Ok(Request {
            issued_at: self.response_url.issued_at(),
            ..request
        })
    }

    /// The event in the form that `aws_lambda_events` insists on, where it comes close enough: a Delete
    /// never fails for its properties, nor an Update for the old ones (custom resources have to cope
    /// with every schema that they ever had).
    fn event(&self, fields: &Fields) -> Result<Object, String> {
        let string = |name: &str| read::<String>(fields, name).unwrap_or_default();
        let request_type = string("RequestType");
        let (is_update, is_delete) = (request_type == "Update", request_type == "Delete");
        self.require_ids()?;
        if is_update && self.physical_id.is_none() {
            return Err(
                "the Update has no PhysicalResourceId, so it is not known what to update"
                    .to_owned(),
            );
        }
        let properties = match read::<Object>(fields, "ResourceProperties") {
            Some(properties) => properties,
            None if is_delete => Object::new(),
            None => {
                return Err(
                    "the request's ResourceProperties are missing, not an object or nested too \
                     deeply"
                        .to_owned(),
                );
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
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!("the request lacks {}", missing.join(" and ")))
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

    fn request(event: Value) -> Result<Request, String> {
        let event = to_raw_value(&event).expect("JSON");
        let (envelope, fields) = Envelope::open(&event, false).expect("answerable");
        envelope.request(&fields)
    }

    #[test]
    fn a_request_is_read_and_what_is_unknown_is_ignored() {
        let request = request(event()).expect("a request");
        assert_eq!(request.request_type, RequestType::Update);
        assert_eq!(request.physical_id.as_deref(), Some("id"));
        assert_eq!(request.resource_type, "Custom::OrgTrail");
        assert_eq!(request.properties["TrailName"], "org");
        assert!(request.old_properties.is_empty());
        let noon = Timestamp::from_seconds(1_795_435_200);
        assert_eq!(request.issued_at, Some(noon));
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
    fn a_delete_has_an_id_unless_it_is_empty() {
        let mut delete = event();
        delete["RequestType"] = json!("Delete");
        for (id, expected) in [("id", Some("id")), ("", None)] {
            delete["PhysicalResourceId"] = json!(id);
            let request = request(delete.clone()).expect("a request");
            assert_eq!(request.physical_id.as_deref(), expected);
        }
    }
}
