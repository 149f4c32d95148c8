//! What CloudTrail watches for unusual activity.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, delivery, read};
use crate::aws::{Answer, Caller, EventSelectors, InsightSelector, ServiceError, World};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInsightSelectors {
    trail_name: Option<String>,
    event_data_store: Option<String>,
    insight_selectors: Option<Vec<InsightSelector>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInsightSelectors {
    trail_name: Option<String>,
    event_data_store: Option<String>,
}

/// Replaces the set; an empty one switches insights off.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let PutInsightSelectors {
        trail_name,
        event_data_store,
        insight_selectors,
    } = read(input)?;
    let trail_name = only_trail(trail_name, event_data_store.as_ref())?;
    let index = addressing::find_for_write(world, caller, &trail_name)?;
    let Some(mut selectors) = insight_selectors else {
        return Err(ServiceError::new(
            "InvalidParameterException",
            "InsightSelectors is required; an empty list switches insights off.",
        ));
    };
    for selector in &mut selectors {
        if selector.event_categories.is_empty() {
            selector.event_categories.push("Management".to_owned());
        }
        check(selector, &world.trails[index].event_selectors)?;
    }
    let trail = world.trails[index].clone();
    delivery::check_destinations(world, &trail)?;
    world.trails[index].insight_selectors = selectors;
    let trail = &world.trails[index];
    Ok(json!({ "TrailARN": trail.arn(), "InsightSelectors": trail.insight_selectors }))
}

/// There is no empty set to read: it is an error.
pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let GetInsightSelectors {
        trail_name,
        event_data_store,
    } = read(input)?;
    let trail_name = only_trail(trail_name, event_data_store.as_ref())?;
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, &trail_name)?;
    let trail = &world.trails[index];
    if trail.insight_selectors.is_empty() {
        let message = format!("Trail {} does not have Insights enabled.", trail.arn());
        return Err(ServiceError::new("InsightNotEnabledException", message));
    }
    Ok(json!({ "TrailARN": trail.arn(), "InsightSelectors": trail.insight_selectors }))
}

fn only_trail(
    trail: Option<String>,
    event_data_store: Option<&String>,
) -> Result<String, ServiceError> {
    trail.filter(|_| event_data_store.is_none()).ok_or_else(|| {
        let message = "Give either TrailName or EventDataStore; the simulator has only trails.";
        ServiceError::new("InvalidParameterCombinationException", message)
    })
}

fn check(selector: &InsightSelector, logged: &EventSelectors) -> Result<(), ServiceError> {
    let refuse = |message: &str| {
        Err(ServiceError::new(
            "InvalidInsightSelectorsException",
            message,
        ))
    };
    let (reads, writes) = logged.management_events();
    let enough_management = match selector.insight_type.as_str() {
        "ApiCallRateInsight" => writes,
        "ApiErrorRateInsight" => reads || writes,
        _ => return refuse("InsightType must be ApiCallRateInsight or ApiErrorRateInsight."),
    };
    for category in &selector.event_categories {
        match category.as_str() {
            "Management" if enough_management => {}
            "Data" if logged.data_events() => {}
            "Management" => return refuse("The trail does not log the needed management events."),
            "Data" => return refuse("The trail does not log data events."),
            _ => return refuse("EventCategories must be Management or Data."),
        }
    }
    Ok(())
}
