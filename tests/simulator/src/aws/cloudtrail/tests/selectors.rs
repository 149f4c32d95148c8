//! Event selectors, insights and aggregation.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, with_trail};
use crate::aws::{
    World,
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
    assert_eq!(selectors, json!({ "TrailARN": TRAIL_ARN, "EventSelectors": default }));
    for (given, custom) in [(None, false), (Some(data_events()), true), (Some(default), false)] {
        if let Some(given) = given {
            put(&mut world, BASIC, given);
        }
        assert_eq!(world.trails[0].described()["HasCustomEventSelectors"], custom);
    }
    assert_eq!(get(&mut world, "GetEventSelectors"), selectors);
}

#[test]
fn one_kind_of_selectors_replaces_the_other() {
    let mut world = logging_data();
    let reads = json!({ "Field": "readOnly", "Equals": ["true"] });
    put(&mut world, ADVANCED, advanced("Management", reads));
    let selectors = get(&mut world, "GetEventSelectors");
    assert_eq!(selectors.get(BASIC), None);
    assert_eq!(selectors[ADVANCED][0]["Name"], "selected");
    put(&mut world, BASIC, data_events());
    assert_eq!(get(&mut world, "GetEventSelectors").get(ADVANCED), None);
}

#[test]
fn basic_selectors_have_rules() {
    let invalid = "InvalidEventSelectorsException";
    let buckets: Vec<String> = (0..251).map(|n| format!("arn:aws:s3:::bucket-{n}/")).collect();
    let data =
        |of: &str, values: Value| json!([{ "DataResources": [{ "Type": of, "Values": values }] }]);
    #[rustfmt::skip]
    let cases = [
        (json!([]), invalid),
        (json!([{}, {}, {}, {}, {}, {}]), invalid),
        (json!([{ "ReadWriteType": "Some" }]), invalid),
        (json!([{ "IncludeManagementEvents": false }]), invalid),
        (json!([{ "ExcludeManagementEventSources": ["s3.amazonaws.com"] }]), invalid),
        (json!([{ "ExcludeManagementEventSources": ["kms.amazonaws.com"] }]), ""),
        (data("AWS::S3::Object", json!(["arn:aws:s3:::*"])), invalid),
        (data("AWS::SNS::Topic", json!(["arn:aws:sns"])), invalid),
        (data("AWS::S3::Object", json!(buckets)), invalid),
        (only_data_events(), ""),
    ];
    let cases = cases.map(|(selectors, code)| (of_trail(BASIC, selectors), code));
    check(with_trail, management, "PutEventSelectors", cases);
}

#[test]
fn advanced_selectors_have_rules() {
    let invalid = "InvalidEventSelectorsException";
    let services: Vec<String> = (0..501).map(|n| format!("service-{n}.amazonaws.com")).collect();
    let source = |operator: &str, of: Value| json!({ "Field": "eventSource", operator: of });
    let data = |more: Value| advanced("Data", more);
    #[rustfmt::skip]
    let cases = [
        (json!([]), invalid),
        (json!([{ "FieldSelectors": [] }]), invalid),
        (json!([{ "FieldSelectors": [source("Equals", json!(["s3.amazonaws.com"]))] }]), invalid),
        (data(source("Equals", json!([]))), invalid),
        (data(source("NotEquals", json!([""]))), invalid),
        (data(source("NotEquals", json!(services))), invalid),
        (data(json!({ "Field": "readOnly", "NotEquals": ["true"] })), invalid),
        (data(source("NotEquals", json!(services[..499]))), ""),
    ];
    let cases = cases.map(|(selectors, code)| (of_trail(ADVANCED, selectors), code));
    check(with_trail, management, "PutEventSelectors", cases);
    let both = with(of_trail(BASIC, data_events()), json!({ ADVANCED: [] }));
    let cases = [(both, invalid), (json!({ "TrailName": TRAIL }), invalid)];
    check(with_trail, management, "PutEventSelectors", cases);
}

fn insights(kinds: &[&str], categories: &[&str]) -> Value {
    let selector = |kind: &&str| json!({ "InsightType": kind, "EventCategories": categories });
    of_trail("InsightSelectors", kinds.iter().map(selector).collect())
}

#[test]
fn insights_are_replaced_and_switched_off() {
    let mut world = with_trail();
    let none = json!({ "TrailName": TRAIL });
    let code = world.refused(management(), "GetInsightSelectors", none.clone());
    assert_eq!(code, "InsightNotEnabledException");
    let both = insights(&["ApiCallRateInsight", "ApiErrorRateInsight"], &[]);
    world.done(management(), "PutInsightSelectors", both);
    assert_eq!(world.trails[0].described()["HasInsightSelectors"], true);
    world.done(management(), "PutInsightSelectors", insights(&["ApiErrorRateInsight"], &[]));
    let listed = get(&mut world, "GetInsightSelectors");
    let expected =
        json!([{ "InsightType": "ApiErrorRateInsight", "EventCategories": ["Management"] }]);
    assert_eq!(listed["InsightSelectors"], expected);
    world.done(management(), "PutInsightSelectors", insights(&[], &[]));
    let code = world.refused(management(), "GetInsightSelectors", none);
    assert_eq!(code, "InsightNotEnabledException");
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

fn aggregation(configurations: Value) -> Value {
    of_trail("AggregationConfigurations", configurations)
}

#[test]
fn aggregation_is_set_and_switched_off() {
    let mut world = logging_data();
    let given = json!([{ "Templates": ["API_ACTIVITY"], "EventCategory": "Data" }]);
    for configurations in [given, json!([])] {
        let input = aggregation(configurations.clone());
        world.done(management(), "PutEventConfiguration", input);
        let shown = get(&mut world, "GetEventConfiguration");
        assert_eq!(shown["AggregationConfigurations"], configurations);
    }
}

#[test]
fn aggregation_has_rules() {
    let of = |templates: Value| json!({ "Templates": templates, "EventCategory": "Data" });
    let one = || of(json!(["API_ACTIVITY"]));
    let (invalid, combination) =
        ("InvalidParameterException", "InvalidParameterCombinationException");
    #[rustfmt::skip]
    let cases = [
        (aggregation(json!([one(), one()])), invalid),
        (aggregation(json!([of(json!([]))])), invalid),
        (aggregation(json!([of(json!(["WEATHER"]))])), invalid),
        (aggregation(json!([of(json!(["API_ACTIVITY", "API_ACTIVITY"]))])), invalid),
        (aggregation(json!([{ "Templates": ["API_ACTIVITY"] }])), invalid),
        (json!({ "TrailName": TRAIL }), invalid),
        (of_trail("MaxEventSize", json!("Large")), invalid),
        (json!({}), combination),
    ];
    check(logging_data, management, "PutEventConfiguration", cases);
    let without_data_events = [(aggregation(json!([one()])), combination)];
    check(with_trail, management, "PutEventConfiguration", without_data_events);
}
