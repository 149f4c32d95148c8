//! Schema and function: each refuses what the other refuses, over generated properties.
//!
//! No value is ever null: for the
//! function a null is an absent property, for a schema it is a value, and CloudFormation sends none.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::changes::{apply, changes, valid, with_one_change};
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
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let compare = |properties: &Value| {
        let is_taken = compare(type_name, &schema, properties)?;
        let counter = if is_taken { &taken } else { &refused };
        counter.set(counter.get() + 1);
        Ok(())
    };
    for properties in valid.iter().flat_map(with_one_change) {
        let same = compare(&properties);
        assert!(same.is_ok(), "{same:?}");
    }
    let properties = (proptest::sample::select(valid.clone()), changes());
    let mut runner = TestRunner::new(Config::with_cases(2_000));
    let result = runner.run(&properties, |(mut properties, changes)| {
        for (place, change) in &changes {
            apply(&mut properties, *place, change, &valid);
        }
        compare(&properties)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (taken, refused) = (taken.get(), refused.get());
    assert!(
        taken > 200 && refused > 200,
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
