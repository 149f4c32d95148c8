use serde_json::json;

use super::*;

crate::properties! {
    struct Outer {
        required TrailName => trail_name: String,
        optional IsLogging => is_logging: bool,
        optional Selectors => selectors: Vec<Inner>,
    }
}

crate::properties! {
    struct Inner {
        required ReadWriteType => read_write_type: String,
    }
}

fn outer(value: &Value) -> Result<Outer, String> {
    let (outer, problems) = read(value.as_object().expect("an object"));
    problems
        .unless_any(outer)
        .map_err(|problems| problems.to_string())
}

#[test]
fn scalars_may_be_texts_and_cloudformations_own_properties_are_no_ones_business() {
    let read = outer(&json!({
        "ServiceToken": "arn", "ServiceTimeout": "300",
        "TrailName": 14, "IsLogging": "FALSE", "Selectors": [{"ReadWriteType": "All"}],
    }));
    let selectors = vec![Inner {
        read_write_type: "All".to_owned(),
    }];
    let expected = Outer {
        trail_name: "14".to_owned(),
        is_logging: Some(false),
        selectors: Some(selectors),
    };
    assert_eq!(read, Ok(expected));
}

#[test]
fn every_problem_is_reported_at_once_with_its_path_and_without_its_value() {
    let problems = outer(&json!({
        "Trailname": "s3cr3t", "IsLogging": "yes", "Zzz": 1,
        "Selectors": [{"ReadWriteType": {}}, "s3cr3t", {"ReadwriteTypes": "All"}],
    }))
    .expect_err("refused");
    for part in [
        "unknown property Trailname (did you mean TrailName?)",
        "unknown property Zzz;",
        "TrailName is required",
        "IsLogging must be true or false",
        "Selectors[0].ReadWriteType must be a text",
        "Selectors[1] must be an object",
        "unknown property Selectors[2].ReadwriteTypes (did you mean ReadWriteType?)",
        "Selectors[2].ReadWriteType is required",
    ] {
        assert!(problems.contains(part), "{part} is not in: {problems}");
    }
    assert!(!problems.contains("s3cr3t"), "{problems}");
}

#[test]
fn an_unknown_property_is_enough_to_refuse() {
    let problems = outer(&json!({"TrailName": "org", "Zzz": 1})).expect_err("refused");
    assert_eq!(problems, "unknown property Zzz");
}

#[test]
fn a_flag_is_what_it_says_in_any_letter_case() {
    for (value, flag) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("TRUE"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("False"), false),
    ] {
        let read = outer(&json!({"TrailName": "org", "IsLogging": value}));
        assert_eq!(
            read.map(|outer| outer.is_logging),
            Ok(Some(flag)),
            "{value}"
        );
    }
}

#[test]
fn only_true_and_false_are_flags() {
    for value in [
        json!("yes"),
        json!("1"),
        json!(""),
        json!(1),
        json!("true "),
        json!([]),
    ] {
        assert!(
            outer(&json!({"TrailName": "org", "IsLogging": value})).is_err(),
            "{value}"
        );
    }
}

#[test]
fn a_list_is_not_a_text_and_a_text_is_not_a_list() {
    let problems = outer(&json!({"TrailName": ["org"], "Selectors": "All"})).expect_err("no");
    assert_eq!(
        problems,
        "TrailName must be a text; Selectors must be a list"
    );
}

#[test]
fn a_property_by_itself_is_read_whatever_is_wrong_with_the_others() {
    let properties = json!({"TrailName": "org", "IsLogging": "yes", "Zzz": 1});
    let properties = properties.as_object().expect("an object");
    assert_eq!(lenient(properties, "TrailName"), Some("org".to_owned()));
    assert_eq!(lenient::<bool>(properties, "IsLogging"), None);
    assert_eq!(lenient::<String>(properties, "S3BucketName"), None);
}

#[test]
fn a_null_is_an_absent_property() {
    assert!(outer(&json!({"TrailName": "org", "IsLogging": null})).is_ok());
    assert!(outer(&json!({"TrailName": null})).is_err());
}

#[test]
fn of_very_many_problems_those_that_an_answer_may_have_room_for_are_noted_and_the_rest_is_counted()
{
    let entries = |count: usize| {
        let selectors = vec![json!("s3cr3t"); count];
        outer(&json!({ "TrailName": "org", "Selectors": selectors })).expect_err("refused")
    };
    let all = entries(MOST_PROBLEMS);
    let last = format!("Selectors[{}] must be an object", MOST_PROBLEMS - 1);
    assert!(all.ends_with(&last), "{all}");
    let more = entries(MOST_PROBLEMS + 2);
    assert_eq!(more, format!("{all}; and 2 more"));
}
