//! Event selectors, insights and aggregation.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, with_trail};
use crate::aws::{
    EventSelectors, World,
    tests::{check, management, with},
};

const BASIC: &str = "EventSelectors";
const ADVANCED: &str = "AdvancedEventSelectors";

fn of_trail(member: &str, value: Value) -> Value {
    json!({ "TrailName": TRAIL, member: value })
}

fn put(world: &mut World, kind: &str, selectors: Value) {
    world.done(management(), "PutEventSelectors", of_trail(kind, selectors));
}

fn get(world: &mut World, operation: &str) -> Value {
    world.done(management(), operation, json!({ "TrailName": TRAIL }))
}

fn data_events() -> Value {
    json!([{ "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }] }])
}

fn only_data_events() -> Value {
    json!([with(data_events()[0].clone(), json!({ "IncludeManagementEvents": false }))])
}

fn advanced(category: &str, more: Value) -> Value {
    let category = json!({ "Field": "eventCategory", "Equals": [category] });
    json!([{ "Name": "selected", "FieldSelectors": [category, more] }])
}

fn logging_data() -> World {
    let mut world = with_trail();
    put(&mut world, BASIC, data_events());
    world
}

#[test]
fn the_default_selector_is_not_custom() {
    let mut world = with_trail();
    let selectors = get(&mut world, "GetEventSelectors");
    let default = json!([{
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }]);
    assert_eq!(selectors, json!({ "TrailARN": TRAIL_ARN, "EventSelectors": default.clone() }));
    put(&mut world, BASIC, default);
    assert_eq!(world.trails[0].event_selectors, EventSelectors::Default);
    assert_eq!(get(&mut world, "GetEventSelectors"), selectors);
}

fn insights(kinds: &[&str], categories: &[&str]) -> Value {
    let selector = |kind: &&str| json!({ "InsightType": kind, "EventCategories": categories });
    of_trail("InsightSelectors", kinds.iter().map(selector).collect())
}

#[test]
fn insights_need_the_events_they_watch() {
    let (rate, error) = ("ApiCallRateInsight", "ApiErrorRateInsight");
    let read_only = || json!([{ "ReadWriteType": "ReadOnly" }]);
    let reads = || advanced("Management", json!({ "Field": "readOnly", "Equals": ["true"] }));
    let invalid = "InvalidInsightSelectorsException";
    #[rustfmt::skip]
    let cases = [
        (BASIC, json!([{}]), rate, "Management", ""),
        (BASIC, json!([{}]), rate, "Data", invalid),
        (BASIC, read_only(), rate, "Management", invalid),
        (BASIC, read_only(), error, "Management", ""),
        (BASIC, only_data_events(), error, "Management", invalid),
        (BASIC, only_data_events(), rate, "Data", ""),
        (ADVANCED, reads(), rate, "Management", invalid),
        (ADVANCED, reads(), error, "Management", ""),
        (BASIC, json!([{}]), "ApiWeatherInsight", "Management", invalid),
        (BASIC, json!([{}]), rate, "Weather", invalid),
    ];
    for (kind, selectors, insight, category, code) in cases {
        let world = || {
            let mut world = with_trail();
            put(&mut world, kind, selectors.clone());
            world
        };
        let input = insights(&[insight], &[category]);
        check(world, management, "PutInsightSelectors", [(input, code)]);
    }
    let of_store = with(insights(&[], &[]), json!({ "EventDataStore": "lake" }));
    #[rustfmt::skip]
    let cases = [
        (json!({ "TrailName": TRAIL }), "InvalidParameterException"),
        (of_store, "InvalidParameterCombinationException"),
    ];
    check(with_trail, management, "PutInsightSelectors", cases);
}

#[test]
fn selectors_are_of_one_kind_and_required() {
    let both = with(of_trail(BASIC, data_events()), json!({ ADVANCED: [] }));
    let invalid = "InvalidEventSelectorsException";
    let cases = [(both, invalid), (json!({ "TrailName": TRAIL }), invalid)];
    check(with_trail, management, "PutEventSelectors", cases);
}

#[test]
fn aggregation_needs_data_events() {
    let one = json!([{ "Templates": ["API_ACTIVITY"], "EventCategory": "Data" }]);
    let one = of_trail("AggregationConfigurations", one);
    let combination = "InvalidParameterCombinationException";
    #[rustfmt::skip]
    let cases = [
        (one.clone(), ""),
        (json!({ "TrailName": TRAIL }), "InvalidParameterException"),
        (json!({}), combination),
    ];
    check(logging_data, management, "PutEventConfiguration", cases);
    check(with_trail, management, "PutEventConfiguration", [(one, combination)]);
}
