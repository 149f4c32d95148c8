//! Event selectors, insights and aggregation.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, with_trail};
use crate::aws::{
    EventSelectors, World,
    tests::{done, management, refused},
};

fn put(world: &mut World, kind: &str, selectors: Value) -> Value {
    done(
        world,
        &management(),
        "PutEventSelectors",
        json!({ "TrailName": TRAIL, kind: selectors }),
    )
}

fn basic(selector: Value) -> Value {
    json!([selector])
}

fn data_events() -> Value {
    basic(json!({ "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }] }))
}

fn advanced(fields: Value) -> Value {
    json!([{ "Name": "selected", "FieldSelectors": fields }])
}

fn category(name: &str) -> Value {
    json!({ "Field": "eventCategory", "Equals": [name] })
}

fn get(world: &mut World, operation: &str) -> Value {
    done(
        world,
        &management(),
        operation,
        json!({ "TrailName": TRAIL }),
    )
}

#[test]
fn a_fresh_trail_has_the_default_selector_and_no_custom_ones() {
    let mut world = with_trail();
    let selectors = get(&mut world, "GetEventSelectors");
    let default = json!([{
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }]);
    assert_eq!(
        selectors,
        json!({ "TrailARN": TRAIL_ARN, "EventSelectors": default })
    );
    assert_eq!(
        world.trails[0].described()["HasCustomEventSelectors"],
        false
    );
    put(&mut world, "EventSelectors", data_events());
    assert_eq!(world.trails[0].described()["HasCustomEventSelectors"], true);
    put(&mut world, "EventSelectors", default);
    assert_eq!(get(&mut world, "GetEventSelectors"), selectors, "reset");
    assert_eq!(
        world.trails[0].described()["HasCustomEventSelectors"],
        false
    );
}

#[test]
fn one_kind_of_selectors_overwrites_the_other() {
    let mut world = with_trail();
    put(&mut world, "EventSelectors", data_events());
    put(
        &mut world,
        "AdvancedEventSelectors",
        advanced(json!([category("Management")])),
    );
    let selectors = get(&mut world, "GetEventSelectors");
    assert_eq!(selectors.get("EventSelectors"), None);
    assert_eq!(selectors["AdvancedEventSelectors"][0]["Name"], "selected");
    put(&mut world, "EventSelectors", data_events());
    assert_eq!(
        get(&mut world, "GetEventSelectors").get("AdvancedEventSelectors"),
        None
    );
}

#[test]
fn basic_selectors_have_rules() {
    let wildcard = json!([{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::*"] }]);
    let other_type = json!([{ "Type": "AWS::SNS::Topic", "Values": ["arn:aws:sns"] }]);
    let values: Vec<String> = (0..251)
        .map(|n| format!("arn:aws:s3:::bucket-{n}/"))
        .collect();
    let many = json!([{ "Type": "AWS::S3::Object", "Values": values }]);
    let cases = [
        json!([]),
        json!([{}, {}, {}, {}, {}, {}]),
        basic(json!({ "ReadWriteType": "Some" })),
        basic(json!({ "IncludeManagementEvents": false })),
        basic(json!({ "ExcludeManagementEventSources": ["s3.amazonaws.com"] })),
        basic(json!({ "DataResources": wildcard })),
        basic(json!({ "DataResources": other_type })),
        basic(json!({ "DataResources": many })),
    ];
    for selectors in cases {
        let input = json!({ "TrailName": TRAIL, "EventSelectors": selectors });
        let code = refused(&mut with_trail(), &management(), "PutEventSelectors", input);
        assert_eq!(code, "InvalidEventSelectorsException", "{selectors}");
    }
    let excluded = basic(json!({ "ExcludeManagementEventSources": ["kms.amazonaws.com"] }));
    put(&mut with_trail(), "EventSelectors", excluded);
    let mut only_data = data_events();
    only_data[0]["IncludeManagementEvents"] = json!(false);
    put(&mut with_trail(), "EventSelectors", only_data);
}

#[test]
fn advanced_selectors_have_rules() {
    let values: Vec<String> = (0..501)
        .map(|n| format!("service-{n}.amazonaws.com"))
        .collect();
    let source =
        |operator: &str, values: Value| json!({ "Field": "eventSource", operator: values });
    let cases = [
        json!([]),
        advanced(json!([])),
        advanced(json!([source("Equals", json!(["s3.amazonaws.com"]))])),
        advanced(json!([category("Data"), source("Equals", json!([]))])),
        advanced(json!([category("Data"), source("NotEquals", json!([""]))])),
        advanced(json!([
            category("Data"),
            source("NotEquals", json!(values))
        ])),
        advanced(json!([category("Data"), { "Field": "readOnly", "NotEquals": ["true"] }])),
    ];
    for selectors in cases {
        let input = json!({ "TrailName": TRAIL, "AdvancedEventSelectors": selectors });
        let code = refused(&mut with_trail(), &management(), "PutEventSelectors", input);
        assert_eq!(code, "InvalidEventSelectorsException", "{selectors}");
    }
}

#[test]
fn both_kinds_or_neither_are_refused() {
    let both = json!({
        "TrailName": TRAIL,
        "EventSelectors": data_events(),
        "AdvancedEventSelectors": advanced(json!([category("Data")])),
    });
    for input in [both, json!({ "TrailName": TRAIL })] {
        let code = refused(&mut with_trail(), &management(), "PutEventSelectors", input);
        assert_eq!(code, "InvalidEventSelectorsException");
    }
}

fn insights(kinds: &[&str], categories: &[&str]) -> Value {
    let selector = |kind: &&str| json!({ "InsightType": kind, "EventCategories": categories });
    let selectors: Vec<Value> = kinds.iter().map(selector).collect();
    json!({ "TrailName": TRAIL, "InsightSelectors": selectors })
}

#[test]
fn insights_are_replaced_and_switched_off() {
    let mut world = with_trail();
    let none = json!({ "TrailName": TRAIL });
    let code = refused(
        &mut world,
        &management(),
        "GetInsightSelectors",
        none.clone(),
    );
    assert_eq!(code, "InsightNotEnabledException");
    let both = insights(&["ApiCallRateInsight", "ApiErrorRateInsight"], &[]);
    done(&mut world, &management(), "PutInsightSelectors", both);
    assert_eq!(world.trails[0].described()["HasInsightSelectors"], true);
    let one = insights(&["ApiErrorRateInsight"], &[]);
    done(&mut world, &management(), "PutInsightSelectors", one);
    let listed = get(&mut world, "GetInsightSelectors");
    let expected =
        json!([{ "InsightType": "ApiErrorRateInsight", "EventCategories": ["Management"] }]);
    assert_eq!(listed["InsightSelectors"], expected);
    done(
        &mut world,
        &management(),
        "PutInsightSelectors",
        insights(&[], &[]),
    );
    let code = refused(&mut world, &management(), "GetInsightSelectors", none);
    assert_eq!(code, "InsightNotEnabledException");
}

#[test]
fn insights_need_the_events_that_they_watch() {
    let read_only = basic(json!({ "ReadWriteType": "ReadOnly" }));
    let mut only_data = data_events();
    only_data[0]["IncludeManagementEvents"] = json!(false);
    let advanced_reads =
        advanced(json!([category("Management"), { "Field": "readOnly", "Equals": ["true"] }]));
    let (basic, advanced) = ("EventSelectors", "AdvancedEventSelectors");
    let (rate, error) = ("ApiCallRateInsight", "ApiErrorRateInsight");
    // What is logged, what is to be watched, and whether that goes.
    let cases = [
        (basic, json!([{}]), rate, "Management", true),
        (basic, json!([{}]), rate, "Data", false),
        (basic, read_only.clone(), rate, "Management", false),
        (basic, read_only, error, "Management", true),
        (basic, only_data.clone(), error, "Management", false),
        (basic, only_data, rate, "Data", true),
        (advanced, advanced_reads.clone(), rate, "Management", false),
        (advanced, advanced_reads, error, "Management", true),
        (basic, json!([{}]), "ApiWeatherInsight", "Management", false),
        (basic, json!([{}]), rate, "Weather", false),
    ];
    for (kind, selectors, insight, category, goes) in cases {
        let mut world = with_trail();
        put(&mut world, kind, selectors.clone());
        let input = insights(&[insight], &[category]);
        if goes {
            done(&mut world, &management(), "PutInsightSelectors", input);
        } else {
            let code = refused(&mut world, &management(), "PutInsightSelectors", input);
            assert_eq!(
                code, "InvalidInsightSelectorsException",
                "{selectors} {insight}"
            );
        }
    }
}

#[test]
fn insights_have_to_be_given_and_given_for_a_trail() {
    let cases = [
        (json!({ "TrailName": TRAIL }), "InvalidParameterException"),
        (
            json!({ "TrailName": TRAIL, "EventDataStore": "lake", "InsightSelectors": [] }),
            "InvalidParameterCombinationException",
        ),
    ];
    for (input, code) in cases {
        let refusal = refused(
            &mut with_trail(),
            &management(),
            "PutInsightSelectors",
            input,
        );
        assert_eq!(refusal, code);
    }
}

fn aggregation(configurations: Value) -> Value {
    json!({ "TrailName": TRAIL, "AggregationConfigurations": configurations })
}

fn logging_data() -> World {
    let mut world = with_trail();
    put(&mut world, "EventSelectors", data_events());
    assert_ne!(world.trails[0].event_selectors, EventSelectors::Default);
    world
}

#[test]
fn aggregation_is_set_and_switched_off() {
    let mut world = logging_data();
    let configurations = json!([{ "Templates": ["API_ACTIVITY"], "EventCategory": "Data" }]);
    let input = aggregation(configurations.clone());
    done(&mut world, &management(), "PutEventConfiguration", input);
    let shown = get(&mut world, "GetEventConfiguration");
    assert_eq!(shown["AggregationConfigurations"], configurations);
    done(
        &mut world,
        &management(),
        "PutEventConfiguration",
        aggregation(json!([])),
    );
    let shown = get(&mut world, "GetEventConfiguration");
    assert_eq!(shown["AggregationConfigurations"], json!([]));
}

#[test]
fn aggregation_has_rules() {
    let one = json!({ "Templates": ["API_ACTIVITY"], "EventCategory": "Data" });
    let templates = |templates: Value| json!([{ "Templates": templates, "EventCategory": "Data" }]);
    let invalid = "InvalidParameterException";
    let sized = json!({ "TrailName": TRAIL, "MaxEventSize": "Large" });
    let cases = [
        (logging_data(), aggregation(json!([one, one])), invalid),
        (logging_data(), aggregation(templates(json!([]))), invalid),
        (
            logging_data(),
            aggregation(templates(json!(["WEATHER"]))),
            invalid,
        ),
        (
            logging_data(),
            aggregation(templates(json!(["API_ACTIVITY", "API_ACTIVITY"]))),
            invalid,
        ),
        (
            logging_data(),
            aggregation(json!([{ "Templates": ["API_ACTIVITY"] }])),
            invalid,
        ),
        (logging_data(), json!({ "TrailName": TRAIL }), invalid),
        (logging_data(), sized, invalid),
        (
            logging_data(),
            json!({}),
            "InvalidParameterCombinationException",
        ),
        (
            with_trail(),
            aggregation(json!([one])),
            "InvalidParameterCombinationException",
        ),
    ];
    for (mut world, input, code) in cases {
        assert_eq!(
            refused(&mut world, &management(), "PutEventConfiguration", input),
            code
        );
    }
}
