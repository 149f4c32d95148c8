//! A flow: a world, what led to it, and the request whose every call is then made to fail.

use std::time::Duration;

use serde_json::Value;
use simulator::{
    aws::World,
    cloudformation::{Event, ResourceType},
};

use crate::{
    requests::request,
    stage::LASTING,
    states::with_roles,
    support::{GENERATED, REGION},
};

/// One request in one world.
#[derive(Clone)]
pub struct Flow {
    /// The name of its row in the table.
    pub name: &'static str,
    /// The world before anything happened.
    pub world: World,
    /// Requests that led to where the flow begins; all of them succeed.
    pub before: Vec<Event>,
    /// The changes that an administrator made since, outside CloudFormation.
    pub tamper: fn(&mut World),
    /// The request.
    pub event: Event,
    /// The trail that the request may take over, although it is not the resource's own.
    pub adopts: Option<&'static str>,
    /// The timeout of the function for each request.
    pub lasting: Duration,
    /// Where the function is.
    pub region: &'static str,
    /// A success may come without attributes: nothing that is found or not found may block it.
    pub may_know_nothing: bool,
}

impl Flow {
    fn new(name: &'static str, world: World, event: Event) -> Self {
        Self {
            name,
            world,
            before: Vec::new(),
            tamper: |_| {},
            event,
            adopts: None,
            lasting: LASTING,
            region: REGION,
            may_know_nothing: false,
        }
    }

    /// A Create with these properties.
    pub fn create(
        name: &'static str,
        resource_type: ResourceType,
        world: World,
        properties: Value,
    ) -> Self {
        let event = request("Create", resource_type).properties(properties);
        Self::new(name, world, event)
    }

    /// An Update of `id` from the old properties to the new ones.
    pub fn update(
        name: &'static str,
        resource_type: ResourceType,
        world: World,
        id: &str,
        [old, new]: [Value; 2],
    ) -> Self {
        let event = request("Update", resource_type)
            .with("PhysicalResourceId", id)
            .old_properties(old)
            .properties(new);
        Self::new(name, world, event)
    }

    /// A Delete of `id`, whose properties were these.
    pub fn delete(
        name: &'static str,
        resource_type: ResourceType,
        world: World,
        id: &str,
        properties: Value,
    ) -> Self {
        let event =
            request("Delete", resource_type).with("PhysicalResourceId", id).properties(properties);
        Self::new(name, world, event)
    }

    /// The same after these requests.
    pub fn after(mut self, before: impl IntoIterator<Item = Event>) -> Self {
        self.before.extend(before);
        self
    }

    /// The same after a Create with these properties.
    pub fn after_create(self, properties: Value) -> Self {
        let resource_type = self.resource_type();
        self.after([request("Create", resource_type).properties(properties)])
    }

    /// The same after an administrator made this change.
    pub fn tampered(mut self, tamper: fn(&mut World)) -> Self {
        self.tamper = tamper;
        self
    }

    /// The same by a function that assumes roles.
    pub fn with_roles(mut self) -> Self {
        self.world = with_roles(self.world);
        self
    }

    /// The same, where the request may take this trail over.
    pub fn adopting(mut self, arn: &'static str) -> Self {
        self.adopts = Some(arn);
        self
    }

    /// The same by a function that has little time, because what it waits for would fill all it has
    /// with calls that are all alike.
    pub fn in_brief(mut self) -> Self {
        self.lasting = Duration::from_secs(12);
        self
    }

    /// The same by a function in another Region.
    pub fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    /// The same, where a success may come without attributes.
    pub fn that_may_know_nothing(mut self) -> Self {
        self.may_know_nothing = true;
        self
    }

    /// The resource type of its request.
    pub fn resource_type(&self) -> ResourceType {
        let name = self.event.text("ResourceType").unwrap_or_default();
        ResourceType::ALL
            .into_iter()
            .find(|resource_type| resource_type.name() == name)
            .expect("a type that is served")
    }

    /// True if the function sees trails only as CloudTrail's delegated administrator, and the request
    /// says which trail is meant.
    pub fn sees_trails_by_delegation(&self) -> bool {
        let is_own = self.world.assumable_roles.is_empty();
        let is_management = self.world.is_management_account(&self.world.default_account);
        is_own && !is_management && self.event.text("PhysicalResourceId") != Some(GENERATED)
    }

    /// True if neither the request nor one before it asks for insights or aggregation, and no event
    /// data store prevents the request.
    pub fn asks_for_no_optional_feature(&self) -> bool {
        let features = ["InsightSelectors", "AggregationConfigurations"];
        let asks = |event: &Event| {
            let properties = ["ResourceProperties", "OldResourceProperties"];
            let of = |properties: &str| &event.value()[properties];
            properties.iter().any(|name| features.iter().any(|key| !of(name)[key].is_null()))
        };
        let stores = self.world.event_data_stores.iter();
        !self.before.iter().chain([&self.event]).any(asks)
            && stores.filter(|store| store.organization_enabled).count() == 0
    }

    /// `Create`, `Update` or `Delete`.
    pub fn kind(&self) -> &str {
        self.event.text("RequestType").unwrap_or_default()
    }
}
