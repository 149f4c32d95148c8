//! Aggregation of data events.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, read};
use crate::aws::{AggregationConfiguration, Answer, Caller, ServiceError, Trail, World};

const TEMPLATES: [&str; 3] = ["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventConfiguration {
    trail_name: Option<String>,
    event_data_store: Option<String>,
    max_event_size: Option<String>,
    context_key_selectors: Option<Vec<Value>>,
    aggregation_configurations: Option<Vec<AggregationConfiguration>>,
}

/// Replaces the configuration; an empty list switches aggregation off.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let request: PutEventConfiguration = read(input)?;
    let trail_name = request.only_trail()?;
    let index = addressing::find_for_write(world, caller, trail_name)?;
    if request.max_event_size.is_some() || request.context_key_selectors.is_some() {
        return refuse("Trails take only AggregationConfigurations.");
    }
    let Some(configurations) = request.aggregation_configurations else {
        return refuse("AggregationConfigurations is required.");
    };
    if configurations.len() > 1 {
        return refuse("A trail has at most one aggregation configuration.");
    }
    let trail = &mut world.trails[index];
    for configuration in &configurations {
        check(configuration, trail)?;
    }
    trail.aggregation_configurations = configurations;
    Ok(described(trail))
}

pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let request: PutEventConfiguration = read(input)?;
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, request.only_trail()?)?;
    Ok(described(&world.trails[index]))
}

impl PutEventConfiguration {
    fn only_trail(&self) -> Result<&str, ServiceError> {
        let trail = self
            .trail_name
            .as_deref()
            .filter(|_| self.event_data_store.is_none());
        trail.ok_or_else(|| {
            let message = "Give either TrailName or EventDataStore; the simulator has only trails.";
            ServiceError::new("InvalidParameterCombinationException", message)
        })
    }
}

fn described(trail: &Trail) -> Value {
    json!({
        "TrailARN": trail.arn(),
        "AggregationConfigurations": trail.aggregation_configurations,
    })
}

fn check(configuration: &AggregationConfiguration, trail: &Trail) -> Result<(), ServiceError> {
    if configuration.event_category != "Data" {
        return refuse("EventCategory must be Data.");
    }
    let distinct: BTreeSet<&String> = configuration.templates.iter().collect();
    let known = |template: &String| TEMPLATES.contains(&template.as_str());
    if distinct.is_empty() || distinct.len() < configuration.templates.len() {
        return refuse("Templates must have 1 to 50 different entries.");
    }
    if !configuration.templates.iter().all(known) {
        return refuse("Templates must be of API_ACTIVITY, RESOURCE_ACCESS and USER_ACTIONS.");
    }
    if !trail.event_selectors.data_events() {
        let message = "Aggregation needs a trail that logs data events.";
        return Err(ServiceError::new(
            "InvalidParameterCombinationException",
            message,
        ));
    }
    Ok(())
}

fn refuse<T>(message: &str) -> Result<T, ServiceError> {
    Err(ServiceError::new("InvalidParameterException", message))
}
