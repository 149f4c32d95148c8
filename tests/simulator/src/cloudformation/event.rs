//! The requests that CloudFormation sends.

use serde_json::{Value, json};

use super::{identifiers::unique_uuid, response_url::ResponseUrl};
use crate::lambda::Payload;

/// The account that the stack is in: the organization's management account.
pub const ACCOUNT: &str = "111111111111";

/// The stack of every event.
pub const STACK_ID: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/organization-logging/\
                            5f0c1c70-c85d-11f0-9d4e-06f3a1b2c3d4";

/// The logical ID of every event.
pub const LOGICAL_ID: &str = "Trail";

const SERVICE_TOKEN: &str = "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail";
const SERVICE_TIMEOUT: &str = "300";

/// The resource types that the function serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    /// `Custom::OrgTrail`
    OrgTrail,
    /// `Custom::OrgTrustedAccess`
    OrgTrustedAccess,
    /// `Custom::OrgDelegatedAdministrator`
    OrgDelegatedAdministrator,
    /// `Custom::OrgTrailDelivery`
    OrgTrailDelivery,
}

impl ResourceType {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::OrgTrail,
        Self::OrgTrustedAccess,
        Self::OrgDelegatedAdministrator,
        Self::OrgTrailDelivery,
    ];

    /// The name in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrgTrail => "Custom::OrgTrail",
            Self::OrgTrustedAccess => "Custom::OrgTrustedAccess",
            Self::OrgDelegatedAdministrator => "Custom::OrgDelegatedAdministrator",
            Self::OrgTrailDelivery => "Custom::OrgTrailDelivery",
        }
    }

    /// The required properties, as a template would give them.
    pub fn properties(self) -> Value {
        match self {
            Self::OrgTrail => {
                json!({ "TrailName": "org-trail", "S3BucketName": "org-logs-example" })
            }
            Self::OrgTrustedAccess => json!({}),
            Self::OrgDelegatedAdministrator => json!({ "AccountId": "222222222222" }),
            Self::OrgTrailDelivery => json!({
                "TrailArn": "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail"
            }),
        }
    }

    /// The physical ID of the resource that [`Self::properties`] describe.
    pub fn physical_id(self) -> &'static str {
        match self {
            Self::OrgTrail => "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail",
            Self::OrgTrustedAccess => "trusted-access/cloudtrail.amazonaws.com/enabled",
            Self::OrgDelegatedAdministrator => {
                "delegated-administrator/cloudtrail.amazonaws.com/222222222222/registered"
            }
            Self::OrgTrailDelivery => {
                "delivery/arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail"
            }
        }
    }
}

/// A request with all the documented fields, any of which can be changed or taken away.
///
/// ```
/// # use simulator::cloudformation::{Event, ResourceType, ResponseUrl};
/// let url = ResponseUrl::new("http://127.0.0.1:9777");
/// let event = Event::create(ResourceType::OrgTrail, &url)
///     .property("IsLogging", "false")
///     .without("LogicalResourceId");
/// assert_eq!(event.value()["ResourceProperties"]["IsLogging"], "false");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Event(Value);

impl Event {
    /// A Create with the required properties.
    pub fn create(resource_type: ResourceType, url: &ResponseUrl) -> Self {
        Self::new("Create", resource_type, url)
    }

    /// An Update of what that Create made, in which no property changes.
    pub fn update(resource_type: ResourceType, url: &ResponseUrl) -> Self {
        Self::new("Update", resource_type, url)
            .with("PhysicalResourceId", resource_type.physical_id())
            .old_properties(resource_type.properties())
    }

    /// A Delete of what that Create made.
    pub fn delete(resource_type: ResourceType, url: &ResponseUrl) -> Self {
        Self::new("Delete", resource_type, url)
            .with("PhysicalResourceId", resource_type.physical_id())
    }

    fn new(request_type: &str, resource_type: ResourceType, url: &ResponseUrl) -> Self {
        let event = json!({
            "RequestType": request_type,
            "ServiceToken": SERVICE_TOKEN,
            "ServiceTimeout": SERVICE_TIMEOUT,
            "ResponseURL": url.as_str(),
            "StackId": STACK_ID,
            "RequestId": unique_uuid(),
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": resource_type.name(),
        });
        Self(event).properties(resource_type.properties())
    }

    /// Sets a field of the request.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }

    /// Takes a field of the request away.
    pub fn without(mut self, field: &str) -> Self {
        if let Some(fields) = self.0.as_object_mut() {
            fields.remove(field);
        }
        self
    }

    /// Replaces the properties; the service token and timeout come on top.
    pub fn properties(self, properties: Value) -> Self {
        self.with("ResourceProperties", as_sent(properties))
    }

    /// Replaces the old properties; the service token and timeout come on top.
    pub fn old_properties(self, properties: Value) -> Self {
        self.with("OldResourceProperties", as_sent(properties))
    }

    /// Sets one property.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0["ResourceProperties"][name] = value.into();
        self
    }

    /// Sets one of the old properties.
    pub fn old_property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0["OldResourceProperties"][name] = value.into();
        self
    }

    /// Takes one property away.
    pub fn without_property(mut self, name: &str) -> Self {
        if let Some(properties) = self.0["ResourceProperties"].as_object_mut() {
            properties.remove(name);
        }
        self
    }

    /// Points the request to another response URL, as a retried stack operation does.
    pub fn response_url(self, url: &ResponseUrl) -> Self {
        self.with("ResponseURL", url.as_str())
    }

    /// The request as JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// A field that is text, or nothing where it is absent or something else.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0[field].as_str()
    }
}

impl From<&Event> for Payload {
    fn from(event: &Event) -> Self {
        Self::from(event.value())
    }
}

/// A stored request with a fresh ID and a fresh response URL at `origin`.
pub fn addressed_to(mut request: Value, origin: &str) -> Value {
    request["RequestId"] = unique_uuid().into();
    request["ResponseURL"] = ResponseUrl::new(origin).as_str().into();
    request
}

/// The properties as CloudFormation sends them: every scalar a string, and its own two among them.
pub(super) fn as_sent(properties: Value) -> Value {
    let mut properties = stringified(properties);
    properties["ServiceToken"] = SERVICE_TOKEN.into();
    properties["ServiceTimeout"] = SERVICE_TIMEOUT.into();
    properties
}

/// The value as CloudFormation sends it: every scalar is a string.
pub fn stringified(value: Value) -> Value {
    match value {
        Value::Bool(flag) => flag.to_string().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(stringified).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, stringified(value))).collect()
        }
        Value::Null | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_sent_as_strings() {
        let sent = as_sent(json!({ "Flag": true, "List": [{ "Number": 14 }] }));
        assert_eq!(sent["Flag"], "true");
        assert_eq!(sent["List"], json!([{ "Number": "14" }]));
        assert_eq!(sent["ServiceTimeout"], "300");
    }
}
