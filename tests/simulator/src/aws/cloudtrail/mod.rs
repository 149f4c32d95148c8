//! CloudTrail's operations and their rules.
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
mod logging;
mod names;
mod reads;
mod selectors;
mod tags;
mod trails;

#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Answer, Caller, ServiceError, World};

/// Carries out one operation.
pub(super) type CarryOut = fn(&mut World, &Caller, &Value) -> Answer;

/// What carries out the operation with this name, if CloudTrail has it here.
pub(super) fn operation(name: &str) -> Option<CarryOut> {
    Some(match name {
        "CreateTrail" => trails::create,
        "UpdateTrail" => trails::update,
        "DeleteTrail" => trails::delete,
        "GetTrail" => reads::get_trail,
        "GetTrailStatus" => reads::get_trail_status,
        "DescribeTrails" => reads::describe_trails,
        "ListTrails" => reads::list_trails,
        "StartLogging" => logging::start,
        "StopLogging" => logging::stop,
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

/// The operation's input, as the model has it.
fn read<T: DeserializeOwned>(input: &Value) -> Result<T, ServiceError> {
    serde_json::from_value(input.clone())
        .map_err(|error| ServiceError::new("SerializationException", error.to_string()))
}
