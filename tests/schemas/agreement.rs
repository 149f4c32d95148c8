//! Schema and function: each refuses what the other refuses, over generated properties.
//!
//! What is generated are valid properties with mistakes made in them. No value is ever null: for the
//! function a null is an absent property, for a schema it is a value, and CloudFormation sends none.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::oracle::{Schema, as_sent, function_takes};

/// Where the two cannot agree, and why. As few as can be.
const DIFFERENCES: [Difference; 2] = [
    Difference {
        reason: "JSON Schema has no word for entries that differ in one property; `uniqueKeys` is \
                 cfn-lint's, and schemas/mistakes.yaml shows that it works",
        applies: has_a_tag_key_twice,
        refused_by: Side::Function,
    },
    Difference {
        reason: "an empty text counts as none, for the sake of parameters with an empty default; a \
                 template that names one of these two and not the other has still forgotten it",
        applies: names_one_half_of_the_log_group_and_leaves_it_empty,
        refused_by: Side::Schema,
    },
];

struct Difference {
    reason: &'static str,
    applies: fn(&Value) -> bool,
    /// Who always refuses it.
    refused_by: Side,
}

#[derive(Debug, PartialEq)]
enum Side {
    Function,
    Schema,
}

fn has_a_tag_key_twice(properties: &Value) -> bool {
    let tags = properties["Tags"].as_array().into_iter().flatten();
    let mut keys: Vec<&str> = tags.filter_map(|tag| tag["Key"].as_str()).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    keys.len() < all
}

fn names_one_half_of_the_log_group_and_leaves_it_empty(properties: &Value) -> bool {
    let halves = ["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"];
    let [one, other] = halves.map(|name| properties.get(name));
    matches!((one, other), (Some(half), None) | (None, Some(half)) if half == "")
}

/// Valid properties of a type, all of its properties in at least one of them.

fn valid(type_name: &str) -> Vec<Value> {
    match type_name {
        "Custom::OrgTrustedAccess" => vec![
            json!({}),
            json!({ "ServicePrincipal": "config.amazonaws.com", "DeleteBehavior": "Disable" }),
        ],
        "Custom::OrgDelegatedAdministrator" => vec![
            json!({ "AccountId": "222222222222" }),
            json!({ "AccountId": "022222222222", "ServicePrincipal": "config.amazonaws.com" }),
        ],
        "Custom::OrgTrailDelivery" => vec![
            json!({ "TrailArn": TRAIL, "Accounts": "All" }),
            json!({
                "TrailArn": TRAIL,
                "Accounts": ["222222222222", "333333333333"],
                "Regions": ["eu-west-1", "us-east-1"],
            }),
        ],
        "Custom::OrgTrail" => vec![
            json!({ "TrailName": "organization", "S3BucketName": "my-log-archive" }),
            with_basic_selectors(),
            with_advanced_selectors(),
        ],
        unknown => panic!("{unknown}"),
    }
}

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/organization";

fn with_basic_selectors() -> Value {
    json!({
        "TrailName": "organization",
        "HomeRegion": "eu-west-1",
        "S3BucketName": "my-log-archive",
        "S3KeyPrefix": "organization",
        "KMSKeyId": "alias/logs",
        "IsOrganizationTrail": true,
        "IsMultiRegionTrail": false,
        "IncludeGlobalServiceEvents": "False",
        "EnableLogFileValidation": true,
        "IsLogging": "TRUE",
        "RecursiveLogging": false,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111111111111:log-group:logs",
        "CloudWatchLogsRoleArn": "arn:aws:iam::111111111111:role/logs",
        "SnsTopicName": "logs",
        "EventSelectors": [
            { "ReadWriteType": "WriteOnly" },
            {
                "IncludeManagementEvents": false,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                "DataResources": [
                    { "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] },
                    { "Type": "AWS::Lambda::Function" },
                ],
            },
        ],
        "Tags": [{ "Key": "Purpose", "Value": "audit" }, { "Key": "Team", "Value": "" }],
        "ExistingTrail": "Adopt",
    })
}

fn with_advanced_selectors() -> Value {
    json!({
        "TrailName": "organization",
        "S3BucketName": "my-log-archive",
        "AdvancedEventSelectors": [{
            "Name": "Deleted objects",
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Data"] },
                { "Field": "eventName", "StartsWith": ["Delete"], "EndsWith": ["Object"] },
                { "Field": "a", "NotEquals": ["b"], "NotStartsWith": [], "NotEndsWith": ["c"] },
            ],
        }],
        "InsightSelectors": [
            { "InsightType": "ApiCallRateInsight", "EventCategories": ["Management", "Data"] },
        ],
        "AggregationConfigurations": [
            { "EventCategory": "Data", "Templates": ["API_ACTIVITY", "USER_ACTIONS"] },
        ],
    })
}

/// Values that are right in one place or another, or wrong in every one.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(true),
        json!(false),
        json!("true"),
        json!("fAlSe"),
        json!("yes"),
        json!(""),
        json!(0),
        json!(1),
        json!(14),
        json!(-1.5),
        json!(222_222_222_222_u64),
        json!("x"),
        json!("All"),
        json!("all"),
        json!("First"),
        json!("Keep"),
        json!("Adopt"),
        json!("Data"),
        json!("ReadOnly"),
        json!("kms.amazonaws.com"),
        json!("AWS::S3::Bucket"),
        json!("222222222222"),
        json!("22222222222"),
        json!("eu-west-1"),
        json!("Ireland"),
        json!("10.0.0.1"),
        json!("a--b"),
        json!("a trail"),
        json!("/organization"),
        json!(TRAIL),
        json!("aws:x"),
        json!("AWS:x"),
        json!("OrgTrail/Stack"),
        json!("Purpose"),
        json!([]),
        json!({}),
        json!([""]),
        json!(["222222222222"]),
        json!([[]]),
        json!([{}]),
        json!([{ "Key": "a", "Value": "b" }]),
        json!([{ "Key": "aws:a", "Value": "b" }]),
        json!([{ "Type": "AWS::S3::Object" }]),
        json!([{ "ReadWriteType": "All" }]),
        json!([{ "IncludeManagementEvents": "FALSE" }]),
        json!([{ "FieldSelectors": [{ "Field": "eventName", "EndsWith": [] }] }]),
    ];
    let tags = |count| -> Value {
        (0..count)
            .map(|n| json!({ "Key": n.to_string(), "Value": n }))
            .collect()
    };
    values.extend([tags(46), tags(47)]);
    for length in [128, 129, 200, 201, 255, 256, 257, 1000, 1001] {
        values.extend([json!("x".repeat(length)), json!("é".repeat(length))]);
    }
    values
}

/// A mistake, or a change that is none.
#[derive(Debug, Clone)]
enum Change {
    /// Takes a property or an entry out.
    Remove,
    /// Puts another value there.
    Replace(Index),
    /// Gives a property another name: one letter in another case.
    Rename(Index),
    /// Puts an entry into a list once more, or the value of a property under another name.
    Repeat(Index),
    /// Puts a property in that belongs to other valid properties of the type, or to none.
    Add(Index, Index),
    /// Gives a text another letter case.
    SwapCase,
}

fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        3 => Just(Change::Remove),
        6 => any::<Index>().prop_map(Change::Replace),
        1 => any::<Index>().prop_map(Change::Rename),
        2 => any::<Index>().prop_map(Change::Repeat),
        4 => any::<(Index, Index)>().prop_map(|(name, value)| Change::Add(name, value)),
        1 => Just(Change::SwapCase),
    ];
    proptest::collection::vec((any::<Index>(), change), 0..4)
}

/// The pointers to all values inside, the outermost one left out.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, v)| (name.clone(), v)).collect(),
        Value::Array(entries) => {
            let entries = entries.iter().enumerate();
            entries.map(|(index, v)| (index.to_string(), v)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let place = format!("{here}/{name}");
        places(value, &place, found);
        found.push(place);
    }
}

fn apply(properties: &mut Value, place: Index, change: &Change, valid: &[Value]) {
    if let Change::Add(name, value) = change {
        let mut known: Vec<(&str, &Value)> = Vec::new();
        for properties in valid {
            let properties = properties.as_object().expect("an object");
            known.extend(
                properties
                    .iter()
                    .map(|(name, value)| (name.as_str(), value)),
            );
        }
        let values = values();
        known.push(("Arn", value.get(&values)));
        known.push(("Zebra", value.get(&values)));
        let (name, value) = *name.get(&known);
        properties[name] = value.clone();
        return;
    }
    let mut all = Vec::new();
    places(properties, "", &mut all);
    if all.is_empty() {
        return;
    }
    let place = place.get(&all);
    let (around, name) = place.rsplit_once('/').expect("a pointer");
    let around = properties
        .pointer_mut(around)
        .expect("what is around a value");
    match (change, around) {
        (Change::Remove, Value::Object(fields)) => drop(fields.remove(name)),
        (Change::Remove, Value::Array(entries)) => drop(entries.remove(number(name))),
        (Change::Rename(letter), Value::Object(fields)) => {
            let value = fields.remove(name).expect("a field");
            fields.insert(with_another_case(name, letter.index(name.len())), value);
        }
        (Change::Repeat(other), Value::Object(fields)) => {
            let value = fields[name].clone();
            let mut names = fields.keys();
            let other = names
                .nth(other.index(fields.len()))
                .expect("a name")
                .clone();
            fields.insert(other, value);
        }
        (Change::Repeat(_), Value::Array(entries)) => entries.push(entries[number(name)].clone()),
        (Change::Replace(value), around) => {
            *inside(around, name) = value.get(&values()).clone();
        }
        (Change::SwapCase, around) => {
            if let Value::String(text) = inside(around, name) {
                *text = text.chars().map(swapped).collect();
            }
        }
        (Change::Rename(_) | Change::Add(..), _) | (_, _) => {}
    }
}

fn inside<'a>(around: &'a mut Value, name: &str) -> &'a mut Value {
    match around {
        Value::Array(entries) => &mut entries[number(name)],
        around => &mut around[name],
    }
}

fn number(name: &str) -> usize {
    name.parse().expect("an index")
}

fn with_another_case(name: &str, place: usize) -> String {
    let letters = name.chars().enumerate();
    letters
        .map(|(at, letter)| if at == place { swapped(letter) } else { letter })
        .collect()
}

fn swapped(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

/// Compares the two on one set of properties. Gives whether they were taken.
fn compare(type_name: &str, schema: &Schema, properties: &Value) -> Result<bool, TestCaseError> {
    // CloudFormation's own property, which the function leaves alone and every template must have.
    let mut written = properties.clone();
    written["ServiceToken"] = json!("arn:aws:lambda:eu-west-1:111111111111:function:orgtrail");
    let sent = as_sent(&written);

    let function = function_takes(type_name, &sent);
    let as_written = function_takes(type_name, &written);
    prop_assert_eq!(
        function.is_ok(),
        as_written.is_ok(),
        "a scalar may be a text"
    );

    let taken = schema.takes(&sent);
    for difference in &DIFFERENCES {
        if (difference.applies)(&sent) {
            let refused = match difference.refused_by {
                Side::Function => &function,
                Side::Schema => &taken,
            };
            prop_assert!(refused.is_err(), "{}", difference.reason);
            return Ok(false);
        }
    }
    prop_assert_eq!(
        function.is_ok(),
        taken.is_ok(),
        "{}\nthe function says {:?}\nthe schema says {:?}",
        sent,
        function,
        taken
    );
    // A validator that knows nothing of CloudFormation may refuse a number for a text, but what it
    // takes is right.
    let as_written = schema.takes(&written);
    prop_assert!(
        as_written.is_err() || function.is_ok(),
        "{written}: {function:?}"
    );
    Ok(function.is_ok())
}

fn agree(type_name: &str) {
    let (schema, valid) = (Schema::of(type_name), valid(type_name));
    for properties in &valid {
        assert_eq!(
            function_takes(type_name, properties),
            Ok(()),
            "{properties}"
        );
        let same = compare(type_name, &schema, properties);
        assert!(matches!(same, Ok(true)), "{same:?}");
    }
    let (mut taken, mut refused) = (0, 0);
    let mut runner = TestRunner::new(Config::with_cases(3_000));
    let properties = (proptest::sample::select(valid.clone()), changes());
    let counts = std::cell::RefCell::new((&mut taken, &mut refused));
    let result = runner.run(&properties, |(mut properties, changes)| {
        for (place, change) in &changes {
            apply(&mut properties, *place, change, &valid);
        }
        let mut counts = counts.borrow_mut();
        match compare(type_name, &schema, &properties)? {
            true => *counts.0 += 1,
            false => *counts.1 += 1,
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(
        taken > 300 && refused > 300,
        "{taken} taken, {refused} refused"
    );
}

#[test]
fn trusted_access() {
    agree("Custom::OrgTrustedAccess");
}

#[test]
fn a_trail() {
    agree("Custom::OrgTrail");
}

#[test]
fn a_delegated_administrator() {
    agree("Custom::OrgDelegatedAdministrator");
}

#[test]
fn a_delivery() {
    agree("Custom::OrgTrailDelivery");
}
