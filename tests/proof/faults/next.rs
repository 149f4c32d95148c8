//! The requests that CloudFormation sends next.

use simulator::cloudformation::{Event, Response};

use super::flow::Flow;
use crate::requests::request;

impl Flow {
    /// The Delete of what a Create made, or of what an Update made the resource.
    pub fn deletion(&self, id: &str) -> Event {
        let properties = self.event.value()["ResourceProperties"].clone();
        request("Delete", self.resource_type())
            .with("PhysicalResourceId", id)
            .with("ResourceProperties", properties)
    }

    /// The Delete of what an Update left behind, or was rolled back to.
    pub fn deletion_of_old(&self, id: &str) -> Event {
        let properties = self.event.value()["OldResourceProperties"].clone();
        request("Delete", self.resource_type())
            .with("PhysicalResourceId", id)
            .with("ResourceProperties", properties)
    }

    /// The Update that takes an Update back: the properties change places.
    pub fn rollback(&self, id: &str) -> Event {
        let event = self.event.value();
        request("Update", self.resource_type())
            .with("PhysicalResourceId", id)
            .with("ResourceProperties", event["OldResourceProperties"].clone())
            .with("OldResourceProperties", event["ResourceProperties"].clone())
    }

    /// The ID that the request names.
    pub fn id(&self) -> &str {
        self.event.text("PhysicalResourceId").unwrap_or_default()
    }

    /// The requests that CloudFormation sends if the stack continues after this response and is then
    /// deleted.
    pub fn rest_of_life(&self, response: &Response) -> Vec<Event> {
        let id = response.physical_id();
        match self.kind() {
            "Update" if id != self.id() => {
                vec![self.deletion_of_old(self.id()), self.deletion(id)]
            }
            "Delete" => Vec::new(),
            _ => vec![self.deletion(id)],
        }
    }
}
