//! Aggregation of data events.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{addressing, authority, only_trail, read};
use crate::aws::{Answer, Caller, ServiceError, Trail, World, error::refuse};

const TEMPLATES: [&str; 3] = ["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"];

/// The events that are aggregated, and the templates for that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AggregationConfiguration {
    /// `API_ACTIVITY`, `RESOURCE_ACCESS`, `USER_ACTIONS`.
    pub templates: Vec<String>,
    /// `Data`.
    pub event_category: String,
}

/// Replaces the configuration; an empty list switches aggregation off.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let index = addressing::find_for_write(world, caller, only_trail(input)?)?;
    if !input["MaxEventSize"].is_null() || !input["ContextKeySelectors"].is_null() {
        return invalid("Trails take only AggregationConfigurations.");
    }
    let Some(given) = read::<Vec<AggregationConfiguration>>(input, "AggregationConfigurations")?
    else {
        return invalid("AggregationConfigurations is required.");
    };
    if given.len() > 1 {
        return invalid("A trail has at most one aggregation configuration.");
    }
    let trail = &mut world.trails[index];
    for configuration in &given {
        check(configuration, trail)?;
    }
    trail.aggregation_configurations = given;
    Ok(described(trail))
}

pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, only_trail(input)?)?;
    Ok(described(&world.trails[index]))
}

fn described(trail: &Trail) -> Value {
    let configurations = &trail.aggregation_configurations;
    json!({ "TrailARN": trail.arn(), "AggregationConfigurations": configurations })
}

fn check(configuration: &AggregationConfiguration, trail: &Trail) -> Result<(), ServiceError> {
    let AggregationConfiguration { templates, event_category } = configuration;
    if event_category != "Data" {
        return invalid("EventCategory must be Data.");
    }
    let distinct: BTreeSet<&String> = templates.iter().collect();
    if distinct.is_empty() || distinct.len() < templates.len() {
        return invalid("Templates must have 1 to 50 different entries.");
    }
    if !templates.iter().all(|template| TEMPLATES.contains(&template.as_str())) {
        return invalid("Templates must be of API_ACTIVITY, RESOURCE_ACCESS and USER_ACTIONS.");
    }
    if !trail.event_selectors.data_events() {
        let message = "Aggregation needs a trail that logs data events.";
        return refuse("InvalidParameterCombinationException", message);
    }
    Ok(())
}

fn invalid<T>(message: &str) -> Result<T, ServiceError> {
    refuse("InvalidParameterException", message)
}
