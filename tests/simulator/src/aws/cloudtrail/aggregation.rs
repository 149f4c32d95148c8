//! Aggregation of data events.

use serde_json::{Value, json};

use super::{addressing, authority, only_trail, read};
use crate::aws::{Caller, OperationResult, Trail, World, error::refuse};

/// Replaces the configuration; an empty list switches aggregation off.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, only_trail(input)?)?;
    let Some(given) = read::<Vec<Value>>(input, "AggregationConfigurations")? else {
        let message = "AggregationConfigurations is required.";
        return refuse("InvalidParameterException", message);
    };
    let trail = &mut world.trails[index];
    if !given.is_empty() && !trail.event_selectors.data_events() {
        let message = "Aggregation needs a trail that logs data events.";
        return refuse("InvalidParameterCombinationException", message);
    }
    trail.aggregation_configurations = given;
    Ok(described(trail))
}

pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, only_trail(input)?)?;
    Ok(described(&world.trails[index]))
}

fn described(trail: &Trail) -> Value {
    let configurations = &trail.aggregation_configurations;
    json!({ "TrailARN": trail.arn(), "AggregationConfigurations": configurations })
}
