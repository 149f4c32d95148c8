//! CloudFormation's engine for a stack of one custom resource: the requests that it sends, their
//! physical IDs, and the state that it stores after each response.

use std::time::Duration;

use serde_json::Value;

use super::{
    endpoint::ResponseEndpoint,
    event::{Event, ResourceType},
    response::Response,
};
use crate::lambda::{Function, Invocation};

/// A Delete in a clean-up phase is tried three times and then given up.
const CLEAN_UPS: usize = 3;

/// The state of a resource that CloudFormation stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The value that `Ref` returns.
    pub physical_id: String,
    /// The properties of the last request that succeeded.
    pub properties: Value,
}

impl Resource {
    fn new(response: &Response, properties: &Value) -> Self {
        Self { physical_id: response.physical_id().to_owned(), properties: properties.clone() }
    }
}

/// A stack with one resource. Each response is checked for what CloudFormation requires of it.
pub struct Stack<'a> {
    endpoint: &'a ResponseEndpoint,
    resource_type: ResourceType,
    timeout: Duration,
    /// The resource, while there is one as far as CloudFormation knows.
    pub resource: Option<Resource>,
    /// The types of all requests so far, those included that CloudFormation sent of its own accord.
    pub requests: Vec<String>,
    /// The responses to them.
    pub history: Vec<Response>,
}

impl<'a> Stack<'a> {
    /// A stack without its resource, whose function has `timeout` for each request.
    pub fn new(
        endpoint: &'a ResponseEndpoint,
        resource_type: ResourceType,
        timeout: Duration,
    ) -> Self {
        let (requests, history) = (Vec::new(), Vec::new());
        Self { endpoint, resource_type, timeout, resource: None, requests, history }
    }

    /// Creates the resource. After a failure, CloudFormation deletes the resource with the ID of the
    /// response.
    pub async fn create(&mut self, function: &Function, properties: Value) -> Response {
        let event = Event::create(self.resource_type, &self.endpoint.url());
        let response = self.send(function, event.properties(properties.clone())).await;
        self.resource = Some(Resource::new(&response, &properties));
        if !response.is_success() {
            self.delete(function).await;
        }
        response
    }

    /// Updates the resource. After a replacement CloudFormation deletes the old resource; after a
    /// failure it updates back to the old properties.
    ///
    /// # Panics
    /// Without a resource.
    pub async fn update(&mut self, function: &Function, properties: Value) -> Response {
        let old = self.existing();
        let response = self.send(function, self.update_event(&old, &properties)).await;
        let new = Resource::new(&response, &properties);
        if response.is_success() {
            self.replace(function, &old, new).await;
        } else {
            let rollback = self.update_event(&new, &old.properties);
            let rolled_back = self.send(function, rollback).await;
            if rolled_back.is_success() {
                let restored = Resource::new(&rolled_back, &old.properties);
                self.replace(function, &new, restored).await;
            }
        }
        response
    }

    /// Deletes the resource, which stays when that fails.
    ///
    /// # Panics
    /// Without a resource.
    pub async fn delete(&mut self, function: &Function) -> Response {
        let response = self.send(function, self.delete_event(&self.existing())).await;
        if response.is_success() {
            self.resource = None;
        }
        response
    }

    fn existing(&self) -> Resource {
        self.resource.clone().expect("there is a resource")
    }

    /// `new` takes the place of `old`, which CloudFormation deletes if its ID is another one.
    async fn replace(&mut self, function: &Function, old: &Resource, new: Resource) {
        let replaced = new.physical_id != old.physical_id;
        self.resource = Some(new);
        if !replaced {
            return;
        }
        for _ in 0..CLEAN_UPS {
            if self.send(function, self.delete_event(old)).await.is_success() {
                break;
            }
        }
    }

    fn update_event(&self, from: &Resource, properties: &Value) -> Event {
        Event::update(self.resource_type, &self.endpoint.url())
            .with("PhysicalResourceId", from.physical_id.as_str())
            .properties(properties.clone())
            .old_properties(from.properties.clone())
    }

    fn delete_event(&self, resource: &Resource) -> Event {
        Event::delete(self.resource_type, &self.endpoint.url())
            .with("PhysicalResourceId", resource.physical_id.as_str())
            .properties(resource.properties.clone())
    }

    async fn send(&mut self, function: &Function, event: Event) -> Response {
        function.invoke(&event, Invocation::lasting(self.timeout)).await;
        let response = self.endpoint.only_response_to(event.value());
        self.requests.extend(event.text("RequestType").map(str::to_owned));
        self.history.push(response.clone());
        response
    }
}
