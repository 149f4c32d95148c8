//! The kinds of unusual activity that CloudTrail watches for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{addressing, authority, delivery, only_trail, read};
use crate::aws::{
    Caller, EventSelectors, OperationResult, ServiceError, Trail, World, error::refuse,
};

/// One kind of insight on some categories of events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InsightSelector {
    /// `ApiCallRateInsight` or `ApiErrorRateInsight`.
    pub insight_type: String,
    /// `Management`, `Data` or both.
    pub event_categories: Vec<String>,
}

/// Replaces the set; an empty one switches insights off.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, only_trail(input)?)?;
    let Some(mut selectors) = read::<Vec<InsightSelector>>(input, "InsightSelectors")? else {
        let message = "InsightSelectors is required; an empty list switches insights off.";
        return refuse("InvalidParameterException", message);
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
    Ok(described(&world.trails[index]))
}

/// There is no empty set to read: it is an error.
pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let trail = only_trail(input)?;
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, trail)?;
    let trail = &world.trails[index];
    if trail.insight_selectors.is_empty() {
        let message = format!("Trail {} does not have Insights enabled.", trail.arn());
        return refuse("InsightNotEnabledException", message);
    }
    Ok(described(trail))
}

fn described(trail: &Trail) -> Value {
    json!({ "TrailARN": trail.arn(), "InsightSelectors": trail.insight_selectors })
}

fn check(selector: &InsightSelector, logged: &EventSelectors) -> Result<(), ServiceError> {
    let invalid = |message: &str| refuse("InvalidInsightSelectorsException", message);
    let (reads, writes) = logged.management_events();
    let enough_management = match selector.insight_type.as_str() {
        "ApiCallRateInsight" => writes,
        "ApiErrorRateInsight" => reads || writes,
        _ => return invalid("InsightType must be ApiCallRateInsight or ApiErrorRateInsight."),
    };
    for category in &selector.event_categories {
        match category.as_str() {
            "Management" if enough_management => {}
            "Data" if logged.data_events() => {}
            "Management" => return invalid("The trail does not log the needed management events."),
            "Data" => return invalid("The trail does not log data events."),
            _ => return invalid("EventCategories must be Management or Data."),
        }
    }
    Ok(())
}
