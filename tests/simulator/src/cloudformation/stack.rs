//! CloudFormation's engine for a stack of one custom resource: which request it sends when, with
//! which physical ID, and what it makes of the answer.

use std::{future::Future, time::Duration};

use serde_json::{Map, Value};

use super::{
    answer::Answer,
    endpoint::ResponseEndpoint,
    event::{Event, LOGICAL_ID, ResourceType},
    identifiers::unique_suffix,
};
use crate::lambda::{Function, Invocation, Outcome};

/// An asynchronous invocation that ends in an error is repeated twice.
const DELIVERIES: usize = 3;

/// A Delete in a clean-up phase is tried three times and then given up.
const CLEAN_UPS: usize = 3;

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request.
    pub event: Event,
    /// The outcomes of the invocations: one, unless Lambda had to repeat it.
    pub outcomes: Vec<Outcome>,
    /// The answer, if there was one.
    pub answer: Option<Answer>,
}

impl Exchange {
    /// True if the answer says SUCCESS.
    pub fn is_success(&self) -> bool {
        self.answer.as_ref().is_some_and(Answer::is_success)
    }

    /// Why the request failed; empty where no answer says.
    pub fn reason(&self) -> &str {
        self.answer.as_ref().map(Answer::reason).unwrap_or_default()
    }

    fn request_type(&self) -> &str {
        self.event.text("RequestType").unwrap_or_default()
    }
}

/// The state of a resource that CloudFormation stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The value that `Ref` returns.
    pub physical_id: String,
    /// The properties of the last request that succeeded.
    pub properties: Value,
    /// The values that `Fn::GetAtt` returns.
    pub attributes: Map<String, Value>,
}

/// A stack with one resource. Every answer is checked for what CloudFormation demands of it.
pub struct Stack<'a> {
    endpoint: &'a ResponseEndpoint,
    resource_type: ResourceType,
    timeout: Duration,
    /// The resource, while there is one as far as CloudFormation knows.
    pub resource: Option<Resource>,
    /// All requests so far, those included that CloudFormation sent of its own accord.
    pub history: Vec<Exchange>,
}

impl<'a> Stack<'a> {
    /// A stack without its resource, whose function has `timeout` for each request.
    pub fn new(
        endpoint: &'a ResponseEndpoint,
        resource_type: ResourceType,
        timeout: Duration,
    ) -> Self {
        Self { endpoint, resource_type, timeout, resource: None, history: Vec::new() }
    }

    /// Creates the resource. After a failure CloudFormation deletes what the answer named.
    pub async fn create(&mut self, function: &Function, properties: Value) -> Exchange {
        let exchange = self.send(function, self.create_event(&properties)).await;
        self.resource = Some(resource(&exchange, &properties, &invented_id()));
        if !exchange.is_success() {
            self.delete(function).await;
        }
        exchange
    }

    /// Creates the resource and cancels that as soon as `canceled` is ready: Delete goes to
    /// `other`, with a physical ID that CloudFormation generated, while Create still runs.
    pub async fn create_and_cancel(
        &mut self,
        function: &Function,
        other: &Function,
        properties: Value,
        canceled: impl Future<Output = ()>,
    ) -> [Exchange; 2] {
        let create = self.create_event(&properties);
        let delete = self.delete_event(&invented_id(), &properties);
        let exchanges =
            tokio::join!(deliver(self.endpoint, function, create, self.timeout), async {
                canceled.await;
                deliver(self.endpoint, other, delete, self.timeout).await
            });
        let exchanges: [Exchange; 2] = exchanges.into();
        self.history.extend(exchanges.clone());
        exchanges
    }

    /// Updates the resource. After a replacement CloudFormation deletes the old resource; after a
    /// failure it updates back to the old properties.
    ///
    /// # Panics
    /// Without a resource.
    pub async fn update(&mut self, function: &Function, properties: Value) -> Exchange {
        let old = self.existing();
        let update = self.update_event(&old, &properties);
        let exchange = self.send(function, update).await;
        let new = resource(&exchange, &properties, &old.physical_id);
        if exchange.is_success() {
            self.replace(function, &old, new).await;
        } else {
            let rollback = self.update_event(&new, &old.properties);
            let rolled_back = self.send(function, rollback).await;
            if rolled_back.is_success() {
                let restored = resource(&rolled_back, &old.properties, &old.physical_id);
                self.replace(function, &new, restored).await;
            }
        }
        exchange
    }

    /// Deletes the resource, which stays when that fails.
    ///
    /// # Panics
    /// Without a resource.
    pub async fn delete(&mut self, function: &Function) -> Exchange {
        let resource = self.existing();
        let event = self.delete_event(&resource.physical_id, &resource.properties);
        let exchange = self.send(function, event).await;
        if exchange.is_success() {
            self.resource = None;
        }
        exchange
    }

    fn existing(&self) -> Resource {
        self.resource.clone().expect("there is a resource")
    }

    /// The requests so far, as `Create`, `Update` and `Delete`.
    pub fn requests(&self) -> Vec<&str> {
        self.history.iter().map(Exchange::request_type).collect()
    }

    /// `new` takes the place of `old`; what that leaves behind is deleted.
    async fn replace(&mut self, function: &Function, old: &Resource, new: Resource) {
        let replaced = new.physical_id != old.physical_id;
        self.resource = Some(new);
        if !replaced {
            return;
        }
        for _ in 0..CLEAN_UPS {
            let event = self.delete_event(&old.physical_id, &old.properties);
            if self.send(function, event).await.is_success() {
                break;
            }
        }
    }

    fn create_event(&self, properties: &Value) -> Event {
        Event::create(self.resource_type, &self.endpoint.url()).properties(properties.clone())
    }

    fn update_event(&self, from: &Resource, properties: &Value) -> Event {
        Event::update(self.resource_type, &self.endpoint.url())
            .with("PhysicalResourceId", from.physical_id.as_str())
            .properties(properties.clone())
            .old_properties(from.properties.clone())
    }

    fn delete_event(&self, physical_id: &str, properties: &Value) -> Event {
        Event::delete(self.resource_type, &self.endpoint.url())
            .with("PhysicalResourceId", physical_id)
            .properties(properties.clone())
    }

    async fn send(&mut self, function: &Function, event: Event) -> Exchange {
        let exchange = deliver(self.endpoint, function, event, self.timeout).await;
        self.history.push(exchange.clone());
        exchange
    }
}

/// Invokes the function as Lambda's queue does, and takes the answer.
async fn deliver(
    endpoint: &ResponseEndpoint,
    function: &Function,
    event: Event,
    timeout: Duration,
) -> Exchange {
    let mut outcomes = Vec::new();
    while outcomes.len() < DELIVERIES && !matches!(outcomes.last(), Some(Outcome::Ok(_))) {
        outcomes.push(function.invoke(&event, Invocation::lasting(timeout)).await);
    }
    let url = event.text("ResponseURL").unwrap_or_default();
    let answered = !endpoint.answers_at(url).is_empty();
    let answer = answered.then(|| endpoint.only_answer_to(event.value()));
    Exchange { event, outcomes, answer }
}

/// The state that CloudFormation stores after an exchange, with the ID `fallback` if no answer
/// names one.
fn resource(exchange: &Exchange, properties: &Value, fallback: &str) -> Resource {
    let answer = exchange.answer.as_ref();
    let id = answer.map(Answer::physical_id).filter(|id| !id.is_empty());
    let attributes = answer.and_then(|answer| answer.json()["Data"].as_object());
    Resource {
        physical_id: id.unwrap_or(fallback).to_owned(),
        properties: properties.clone(),
        attributes: attributes.cloned().unwrap_or_default(),
    }
}

fn invented_id() -> String {
    format!("organization-logging-{LOGICAL_ID}-{}", unique_suffix())
}
