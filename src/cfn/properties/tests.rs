use serde_json::json;

use super::declaration::Condition;
use super::problems::MOST_PROBLEMS;
use super::*;
use crate::domain::names::Region;

crate::properties! {
    struct Outer {
        required TrailName => trail_name: String [
            Strings(&[Length(3, 9), Pattern("^[a-z]+$", "must be lowercase")])
        ],
        optional IsLogging => is_logging: bool,
        default("7") MaxAgeDays => max_age_days: String,
        optional Selectors => selectors: Vec<Inner> [Items(0, Some(3)), Unique("ReadWriteType")],
        optional Sources => sources: Vec<String> [
            Items(1, None), Hint("leave it out"), Strings(&[OneOf(&["a", "b"])])
        ],
        default("true") IsOrganizationTrail => is_organization_trail: bool [True, Hint("see the manual")],
        optional Group => group: String,
        optional Role => role: String,
    } [
        Excludes("Selectors", "Sources"),
        Needs("Group", "Role"),
        When(
            IsFalse("IsLogging"),
            AnyOf(&[HasEntries("Sources"), AnyEntry("Selectors", &HasEntries("Values"))]),
            Some("Selectors"),
            "is required without logging",
        ),
    ]
}

crate::properties! {
    struct Inner {
        required ReadWriteType => read_write_type: String,
        optional Values => values: Vec<String>,
    } [When(Always, AnyOf(&[HasEntries("Values")]), None, "must have values")]
}

fn outer(value: &Value) -> Result<Outer, String> {
    read(value.as_object().expect("an object")).map_err(|problems| problems.to_string())
}

/// Valid properties with some of them set.
fn with(changes: &Value) -> Value {
    let mut properties = json!({ "TrailName": "org" });
    for (name, value) in changes.as_object().expect("an object") {
        properties[name] = value.clone();
    }
    properties
}

fn refused(changes: &Value) -> String {
    outer(&with(changes)).expect_err("refused")
}

#[test]
fn scalars_may_be_strings() {
    let read = outer(&json!({
        "ServiceToken": "arn", "ServiceTimeout": "300",
        "TrailName": "org", "IsLogging": "FALSE", "MaxAgeDays": 14, "IsOrganizationTrail": "True",
        "Selectors": [{ "ReadWriteType": 1, "Values": [true] }],
    }));
    let expected = Outer {
        trail_name: "org".to_owned(),
        is_logging: Some(false),
        max_age_days: "14".to_owned(),
        selectors: Some(vec![Inner {
            read_write_type: "1".to_owned(),
            values: Some(vec!["true".to_owned()]),
        }]),
        sources: None,
        is_organization_trail: true,
        group: None,
        role: None,
    };
    assert_eq!(read, Ok(expected));
}

#[test]
fn all_problems_are_reported_with_paths() {
    let problems = outer(&json!({
        "Trailname": "s3cr3t", "IsLogging": "yes", "Zzz": 1, "Sources": ["s3cr3t"],
        "Selectors": [{"ReadWriteType": {}}, "s3cr3t", {"ReadwriteTypes": "All"}],
    }));
    let problems = problems.expect_err("refused");
    for part in [
        "unknown property Trailname (did you mean TrailName?)",
        "unknown property Zzz;",
        "TrailName is required",
        "IsLogging must be true or false",
        "Selectors[0].ReadWriteType must be a string",
        "Selectors[0] must have values",
        "Selectors[1] must be an object",
        "unknown property Selectors[2].ReadwriteTypes (did you mean ReadWriteType?)",
        "Selectors[2].ReadWriteType is required",
        "Sources[0] must be a or b",
        "Sources cannot be given together with Selectors",
    ] {
        assert!(problems.contains(part), "{part} is not in: {problems}");
    }
    assert!(!problems.contains("s3cr3t"), "{problems}");
}

#[test]
fn an_unknown_property_is_refused() {
    assert_eq!(refused(&json!({ "Zzz": 1 })), "unknown property Zzz");
    // CloudFormation adds its own at the top level only.
    let selectors = json!([{ "ReadWriteType": "All", "Values": ["x"], "ServiceToken": "arn" }]);
    let problem = refused(&json!({ "Selectors": selectors }));
    assert_eq!(problem, "unknown property Selectors[0].ServiceToken");
}

#[test]
#[rustfmt::skip]
fn booleans_are_read_in_any_letter_case() {
    for (value, flag) in [
        (json!(true), true), (json!("true"), true), (json!("TRUE"), true),
        (json!(false), false), (json!("false"), false), (json!("False"), false),
    ] {
        let read = outer(&with(&json!({ "IsLogging": value, "Sources": ["a"] })));
        assert_eq!(read.map(|outer| outer.is_logging), Ok(Some(flag)), "{value}");
    }
    for value in [json!("yes"), json!("1"), json!(1), json!("true "), json!([])] {
        let problem = refused(&json!({ "IsLogging": value }));
        assert_eq!(problem, "IsLogging must be true or false", "{value}");
    }
}

#[test]
fn lists_and_scalars_do_not_replace_each_other() {
    let problems = outer(&json!({ "TrailName": ["org"], "Selectors": "All" }));
    let expected = "TrailName must be a string; Selectors must be a list";
    assert_eq!(problems.expect_err("refused"), expected);
}

#[test]
#[rustfmt::skip] // One row per case.
fn each_rule_is_enforced() {
    let selector = |name: &str| json!({ "ReadWriteType": name, "Values": ["x"] });
    for (changes, problem) in [
        (json!({ "TrailName": "ab" }), "TrailName must be 3 to 9 characters long"),
        (json!({ "TrailName": "ORG" }), "TrailName must be lowercase"),
        (json!({ "Sources": [] }), "Sources must have at least 1 entry (leave it out)"),
        (json!({ "Sources": ["a", "c"] }), "Sources[1] must be a or b"),
        (json!({ "Selectors": (["a", "b", "c", "d"].map(selector)) }), "Selectors must have at most 3 entries"),
        (json!({ "Selectors": (["a", "b", "a"].map(selector)) }), "Selectors[2].ReadWriteType is given twice"),
        (json!({ "IsOrganizationTrail": "False" }), "IsOrganizationTrail must be true (see the manual)"),
        (json!({ "Group": "g" }), "Role is required with Group"),
        (json!({ "Group": "g", "Role": "" }), "Role is required with Group"),
        (json!({ "Selectors": [], "Sources": ["a"] }), "Sources cannot be given together with Selectors"),
        (json!({ "IsLogging": "false" }), "Selectors is required without logging"),
        (json!({ "Selectors": [{ "ReadWriteType": "All", "Values": [""] }] }), "Selectors[0] must have values"),
    ] {
        assert_eq!(refused(&changes), problem);
    }
    for changes in [
        json!({ "Selectors": [] }),
        json!({ "Selectors": (["a", "b", "c"].map(selector)) }),
        json!({ "Group": "g", "Role": "r" }),
        json!({ "Role": "r" }),
        json!({ "IsLogging": false, "Sources": ["b"] }),
        json!({ "IsLogging": false, "Selectors": [selector("a")] }),
    ] {
        assert!(outer(&with(&changes)).is_ok(), "{changes}");
    }
}

/// A rule without problems adds no hint to the problem of another property.
#[test]
fn a_hint_belongs_to_its_own_property() {
    let problem = refused(&json!({ "TrailName": "ab", "Sources": ["a"] }));
    assert_eq!(problem, "TrailName must be 3 to 9 characters long");
}

#[test]
#[rustfmt::skip] // One row per condition.
fn each_condition_is_evaluated() {
    use Condition::{AllOf, Always, AnyEntry, AnyOf, Contains, HasEntries, Is, IsFalse, IsGiven, Not};
    let object = json!({
        "Name": "a", "Flag": "false", "Entries": ["a", "b"], "Nothing": [],
        "Objects": [{ "Name": "b" }, { "Name": "c" }],
    });
    let object = object.as_object().expect("an object");
    for (condition, holds) in [
        (Always, true),
        (IsFalse("Flag"), true), (IsFalse("Name"), false), (IsFalse("Other"), false),
        (Is("Name", "a"), true), (Is("Name", "b"), false), (Is("Other", "a"), false),
        (IsGiven("Name"), true), (IsGiven("Other"), false),
        (HasEntries("Entries"), true), (HasEntries("Nothing"), false), (HasEntries("Other"), false),
        (Contains("Entries", "b"), true), (Contains("Entries", "c"), false), (Contains("Name", "a"), false),
        (AnyEntry("Objects", &Is("Name", "c")), true), (AnyEntry("Objects", &Is("Name", "a")), false),
        (AnyOf(&[IsGiven("Other"), IsGiven("Name")]), true), (AnyOf(&[IsGiven("Other")]), false),
        (AllOf(&[IsGiven("Flag"), IsGiven("Name")]), true), (AllOf(&[IsGiven("Other"), IsGiven("Name")]), false),
        (Not(&IsGiven("Other")), true), (Not(&IsGiven("Name")), false),
    ] {
        assert_eq!(condition.holds(object), holds, "{condition:?}");
    }
}

#[test]
#[rustfmt::skip]
fn blank_values_count_as_absent() {
    let minimal = outer(&with(&json!({})));
    assert!(minimal.is_ok(), "{minimal:?}");
    for blank in [json!(""), json!([""]), json!(["", ""]), json!(null)] {
        for name in ["IsLogging", "MaxAgeDays", "Selectors", "Sources", "IsOrganizationTrail", "Group"] {
            let read = outer(&with(&json!({ name: blank })));
            assert_eq!(read, minimal, "{name}: {blank}");
        }
    }
    for (changes, problem) in [
        (json!({ "TrailName": null }), "TrailName is required"),
        (json!({ "TrailName": "" }), "TrailName must be 3 to 9 characters long"),
        (json!({ "Sources": ["", "a"] }), "Sources[0] must be a or b"),
    ] {
        assert_eq!(refused(&changes), problem);
    }
}

#[test]
fn an_absent_property_has_its_default() {
    let minimal = outer(&with(&json!({}))).expect("valid");
    assert_eq!((minimal.max_age_days.as_str(), minimal.is_organization_trail), ("7", true));
    assert_eq!((minimal.is_logging, minimal.sources), (None, None));
}

#[test]
fn one_property_is_read_alone() {
    let properties = json!({"TrailName": "org", "IsLogging": "yes", "Zzz": 1});
    let properties = properties.as_object().expect("an object");
    assert_eq!(lenient(properties, "TrailName"), Some("org".to_owned()));
    assert_eq!(lenient::<bool>(properties, "IsLogging"), None);
    assert_eq!(lenient::<String>(properties, "S3BucketName"), None);
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let entries = |count: usize| refused(&json!({ "Sources": vec!["s3cr3t"; count] }));
    let all = entries(MOST_PROBLEMS);
    let last = format!("Sources[{}] must be a or b", MOST_PROBLEMS - 1);
    assert!(all.ends_with(&last), "{all}");
    assert_eq!(entries(MOST_PROBLEMS + 2), format!("{all}; and 2 more"));
    let mut problems = Problems::default();
    for _ in 0..MOST_PROBLEMS + 2 {
        problems.add("Sources", "is required");
    }
    assert_eq!(problems.count(), MOST_PROBLEMS + 2);
}

crate::properties! {
    /// A property whose type has rules.
    struct Located {
        /// The Region.
        required HomeRegion => home_region: Region,
    }
}

#[test]
fn a_type_has_its_own_rules() {
    let located = |value: &str| {
        let properties = json!({ "HomeRegion": value });
        read::<Located>(properties.as_object().expect("an object"))
    };
    let home_region = "eu-west-1".parse().expect("a Region");
    assert_eq!(located("eu-west-1"), Ok(Located { home_region }));
    let problem = located("Ireland").expect_err("refused").to_string();
    assert_eq!(problem, "HomeRegion must be a Region code such as eu-west-1");
}

crate::properties! {
    /// A property that is an integer.
    struct Aged {
        /// The age.
        default("7") MaxAgeDays => max_age_days: Integer<1, 365>,
    }
}

#[test]
fn integers_are_numbers_or_digits() {
    let aged = |value: Value| {
        let properties = json!({ "MaxAgeDays": value });
        read::<Aged>(properties.as_object().expect("an object"))
    };
    let accepted = [
        (json!(14), 14),
        (json!("14"), 14),
        (json!("1"), 1),
        (json!(365), 365),
        (json!(""), 7),
        (Value::Null, 7),
    ];
    for (value, days) in accepted {
        let max_age_days = Integer(days);
        assert_eq!(aged(value.clone()), Ok(Aged { max_age_days }), "{value}");
    }
    let refused = ["0", "366", "99999999", "1.5", "-1", "1e3", "+5", "٣", " 7", "week", "true"];
    let refused = refused.map(Value::from).into_iter();
    for value in refused.chain([json!(0), json!(7.5), json!(true), json!([7]), json!({})]) {
        let problem = aged(value.clone()).expect_err("refused").to_string();
        assert_eq!(problem, "MaxAgeDays must be an integer from 1 to 365", "{value}");
    }
}
