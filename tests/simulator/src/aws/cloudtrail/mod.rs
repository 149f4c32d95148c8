//! CloudTrail's operations and their rules, except those about the format of names, tags and
//! selectors: the function refuses these properties before any call.
//!
//! Section numbers in comments are those of the project's notes on the AWS APIs.

mod addressing;
mod aggregation;
mod authority;
mod delegation;
mod delivery;
mod event_data_stores;
mod insights;
mod log_files;
mod reads;
mod selectors;
mod tags;
mod trails;

#[cfg(test)]
mod tests;

pub use insights::InsightSelector;
pub use log_files::{Delivery, DeliveryOutcome};
pub use selectors::{EventSelector, EventSelectors};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Caller, Operation, OperationResult, ServiceError, World, error::refuse};

/// The handler of the operation with this name, if the simulated CloudTrail has it.
pub(super) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateTrail" => trails::create,
        "UpdateTrail" => trails::update,
        "DeleteTrail" => trails::delete,
        "GetTrail" => reads::get_trail,
        "GetTrailStatus" => reads::get_trail_status,
        "ListTrails" => reads::list_trails,
        "StartLogging" => start_logging,
        "StopLogging" => stop_logging,
        "PutEventSelectors" => selectors::put,
        "GetEventSelectors" => selectors::get,
        "PutInsightSelectors" => insights::put,
        "GetInsightSelectors" => insights::get,
        "PutEventConfiguration" => aggregation::put,
        "GetEventConfiguration" => aggregation::get,
        "AddTags" => tags::add,
        "RemoveTags" => tags::remove,
        "ListTags" => tags::list,
        "ListEventDataStores" => event_data_stores::list,
        "GetEventDataStore" => event_data_stores::get,
        "RegisterOrganizationDelegatedAdmin" => delegation::register,
        "DeregisterOrganizationDelegatedAdmin" => delegation::deregister,
        _ => return None,
    })
}

/// Repeating it has no effect and is not an error.
fn start_logging(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, text(input, "Name")?)?;
    let trail = &mut world.trails[index];
    if !trail.is_logging {
        trail.is_logging = true;
        trail.start_logging_time = Some(world.now);
    }
    Ok(json!({}))
}

/// Repeating it has no effect and is not an error.
fn stop_logging(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, text(input, "Name")?)?;
    let trail = &mut world.trails[index];
    if trail.is_logging {
        trail.is_logging = false;
        trail.stop_logging_time = Some(world.now);
    }
    Ok(json!({}))
}

/// A member that the model requires to be a string.
fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, ServiceError> {
    match input[member].as_str() {
        Some(text) => Ok(text),
        None => refuse("SerializationException", format!("{member} must be a string")),
    }
}

/// The trail that an operation names which event data stores have too.
fn only_trail(input: &Value) -> Result<&str, ServiceError> {
    match input["TrailName"].as_str() {
        Some(trail) if input["EventDataStore"].is_null() => Ok(trail),
        _ => refuse(
            "InvalidParameterCombinationException",
            "Give either TrailName or EventDataStore; the simulator has only trails.",
        ),
    }
}

/// A part of the input, in the shape that the model has for it; `None` where it is absent.
fn read<T: DeserializeOwned>(input: &Value, member: &str) -> Result<Option<T>, ServiceError> {
    serde_json::from_value(input[member].clone())
        .or_else(|error| refuse("SerializationException", error.to_string()))
}
