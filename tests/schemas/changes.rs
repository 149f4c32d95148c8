//! Properties to compare schema and function on: valid ones, and what becomes of them when mistakes
//! are made in them, each by itself, and several at random.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// Valid properties of a type, all of its properties in at least one of them.
pub fn valid(type_name: &str) -> Vec<Value> {
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
static VALUES: LazyLock<Vec<Value>> = LazyLock::new(|| {
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
});

/// A mistake, or a change that is none.
#[derive(Debug, Clone)]
pub enum Change {
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
    /// Gives a text another letter case, and a flag its other value.
    Swap,
}

pub fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        3 => Just(Change::Remove),
        6 => any::<Index>().prop_map(Change::Replace),
        1 => any::<Index>().prop_map(Change::Rename),
        2 => any::<Index>().prop_map(Change::Repeat),
        4 => any::<(Index, Index)>().prop_map(|(name, value)| Change::Add(name, value)),
        1 => Just(Change::Swap),
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

/// One thing taken out, one value exchanged for each of the others, one entry given up to six times.
pub fn with_one_change(properties: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    places(properties, "", &mut all);
    let mut changed = Vec::new();
    for place in &all {
        let (around, name) = place.rsplit_once('/').expect("a pointer");
        let mut change = |change: &dyn Fn(&mut Value)| {
            let mut properties = properties.clone();
            change(
                properties
                    .pointer_mut(around)
                    .expect("what is around a value"),
            );
            changed.push(properties);
        };
        for value in VALUES.iter() {
            change(&|around| *inside(around, name) = value.clone());
        }
        change(&|around| match around {
            Value::Array(entries) => drop(entries.remove(number(name))),
            around => drop(around.as_object_mut().expect("an object").remove(name)),
        });
        for times in 2..=6 {
            change(&|around| {
                if let Value::Array(entries) = around {
                    *entries = vec![entries[number(name)].clone(); times];
                }
            });
        }
    }
    changed
}

pub fn apply(properties: &mut Value, place: Index, change: &Change, valid: &[Value]) {
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
        known.push(("Arn", value.get(&VALUES)));
        known.push(("Zebra", value.get(&VALUES)));
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
            *inside(around, name) = value.get(&VALUES).clone();
        }
        (Change::Swap, around) => match inside(around, name) {
            Value::String(text) => *text = text.chars().map(swapped).collect(),
            Value::Bool(flag) => *flag = !*flag,
            _ => {}
        },
        // An entry has no name, and a text nothing inside.
        _ => {}
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
