//! Creating, updating and deleting.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, request, with_trail};
use crate::aws::{
    Trail,
    samples::{BUCKET, KEY_ARN, LOG_GROUP_ARN, LOG_ROLE_ARN, MEMBER_ACCOUNT, TOPIC_ARN},
    tests::{check, elsewhere, management, ready, with},
};

/// Compares these members of a response. Null is a member that is absent.
#[track_caller]
fn assert_members(response: &Value, expected: &Value) {
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(response[name], *value, "{name}");
    }
}

#[test]
fn a_created_trail_has_the_defaults() {
    let mut world = ready();
    let input = json!({ "Name": TRAIL, "S3BucketName": BUCKET });
    let expected = json!({
        "Name": TRAIL,
        "TrailARN": TRAIL_ARN,
        "S3BucketName": BUCKET,
        "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": false,
        "LogFileValidationEnabled": false,
        "IsOrganizationTrail": false,
    });
    assert_members(&world.done(management(), "CreateTrail", input), &expected);
    assert!(!world.trails[0].is_logging);
}

/// Everything that `UpdateTrail` can clear.
fn full_trail() -> Trail {
    Trail {
        s3_key_prefix: Some("trails".to_owned()),
        sns_topic_arn: Some(TOPIC_ARN.to_owned()),
        kms_key_id: Some(KEY_ARN.to_owned()),
        cloud_watch_logs_log_group_arn: Some(LOG_GROUP_ARN.to_owned()),
        cloud_watch_logs_role_arn: Some(LOG_ROLE_ARN.to_owned()),
        ..Trail::organization(TRAIL)
    }
}

#[test]
fn a_created_trail_has_what_was_given() {
    let mut world = ready();
    let more = json!({
        "S3KeyPrefix": "trails",
        "SnsTopicName": "org-logs",
        "EnableLogFileValidation": true,
        "CloudWatchLogsLogGroupArn": LOG_GROUP_ARN,
        "CloudWatchLogsRoleArn": LOG_ROLE_ARN,
        "KmsKeyId": KEY_ARN,
        "RecursiveLogging": false,
        "TagsList": [{ "Key": "Team", "Value": "security" }],
    });
    let answer = world.done(management(), "CreateTrail", request(more));
    assert_eq!((&answer["SnsTopicARN"], &answer["KmsKeyId"]), (&json!(TOPIC_ARN), &json!(KEY_ARN)));
    let expected = Trail { recursive_logging: false, is_logging: false, ..full_trail() };
    assert_eq!(world.trails, [expected.with_tag("Team", "security")]);
}

#[test]
fn invalid_settings_are_refused() {
    let long = "a".repeat(129);
    let name = |name: &str| (json!({ "Name": name }), "InvalidTrailNameException");
    let bucket = |name: Value| (json!({ "S3BucketName": name }), "InvalidS3BucketNameException");
    let prefix = |prefix: &str| (json!({ "S3KeyPrefix": prefix }), "InvalidS3PrefixException");
    let topic = |topic: &str| (json!({ "SnsTopicName": topic }), "InvalidSnsTopicNameException");
    let pair = json!({ "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "" });
    let shortened = [
        name("ab"),
        name(&long),
        name("-abc"),
        name("abc."),
        name("a..b"),
        name("a_-b"),
        name("a b"),
        name("ä-trail"),
        name("192.0.2.1"),
        name(TRAIL_ARN),
        bucket(json!("Not_A_Bucket")),
        bucket(json!(null)),
        prefix("/trails"),
        prefix(&"p".repeat(201)),
        topic("no topic"),
        topic("arn:aws:sqs:us-east-1:111111111111:org-logs"),
        // Section 9.3: it is not known whether CreateTrail takes empty strings.
        prefix(""),
        topic(""),
        (json!({ "KmsKeyId": "" }), "InvalidKmsKeyIdException"),
        (pair, "InvalidCloudWatchLogsLogGroupArnException"),
        (json!({ "S3BucketName": "no-such-bucket" }), "S3BucketDoesNotExistException"),
        (json!({ "IncludeGlobalServiceEvents": false }), "InvalidParameterCombinationException"),
        (json!({ "IsMultiRegionTrail": "yes" }), "SerializationException"),
        (json!({ "Name": "a.b-c_d" }), ""),
        (json!({ "Name": "1.2.3.4x" }), ""),
    ];
    let cases = shortened.map(|(more, code)| (request(more), code));
    check(ready, management, "CreateTrail", cases);
}

#[test]
fn a_name_is_taken_where_copies_meet() {
    let taken = "TrailAlreadyExistsException";
    let single = request(json!({ "IsMultiRegionTrail": false }));
    let multi = request(json!({}));
    check(with_trail, management, "CreateTrail", [(multi.clone(), taken)]);
    check(with_trail, elsewhere, "CreateTrail", [(single.clone(), taken)]);
    let with_single = || {
        let trail = Trail { is_multi_region_trail: false, ..Trail::organization(TRAIL) };
        ready().with_trail(trail)
    };
    // Single-Region trails may share a name.
    check(with_single, elsewhere, "CreateTrail", [(multi, taken), (single, "")]);
}

#[test]
fn a_region_has_five_trails_at_most() {
    let full = "MaximumNumberOfTrailsExceededException";
    let cases = |single: &'static str, multi: &'static str| {
        [(request(json!({ "IsMultiRegionTrail": false })), single), (request(json!({})), multi)]
    };
    let five = |change: fn(&mut Trail)| {
        move || {
            let mut world = ready();
            for number in 0..5 {
                let name = format!("trail-{number}");
                let mut trail = Trail::organization(&name).in_region("eu-west-1");
                change(&mut trail);
                world.trails.push(trail);
            }
            world
        }
    };
    let shadows = five(|_| {});
    check(shadows, management, "CreateTrail", cases(full, full));
    let elsewhere = five(|trail| trail.is_multi_region_trail = false);
    check(elsewhere, management, "CreateTrail", cases("", full));
    let of_others = five(|trail| trail.account = MEMBER_ACCOUNT.to_owned());
    check(of_others, management, "CreateTrail", cases("", ""));
}

#[test]
fn an_update_keeps_what_it_does_not_name() {
    let mut world = ready().with_trail(full_trail());
    world.done(management(), "UpdateTrail", json!({ "Name": TRAIL_ARN }));
    assert_eq!(world.trails, [full_trail()]);
}

#[test]
fn an_update_clears_with_empty_strings() {
    let mut world = ready().with_trail(full_trail());
    let cleared = json!({
        "Name": TRAIL,
        "S3KeyPrefix": "",
        "SnsTopicName": "",
        "KmsKeyId": "",
        "CloudWatchLogsLogGroupArn": "",
        "CloudWatchLogsRoleArn": "",
        "IsMultiRegionTrail": false,
        "IncludeGlobalServiceEvents": false,
        "EnableLogFileValidation": false,
    });
    let expected = json!({
        "Name": TRAIL,
        "TrailARN": TRAIL_ARN,
        "S3BucketName": BUCKET,
        "IncludeGlobalServiceEvents": false,
        "IsMultiRegionTrail": false,
        "LogFileValidationEnabled": false,
        "IsOrganizationTrail": true,
        "S3KeyPrefix": null,
        "SnsTopicName": null,
        "SnsTopicARN": null,
        "KmsKeyId": null,
        "CloudWatchLogsLogGroupArn": null,
        "CloudWatchLogsRoleArn": null,
    });
    assert_members(&world.done(management(), "UpdateTrail", cleared), &expected);
}

#[test]
fn an_update_is_judged_by_the_result() {
    let no_role = "InvalidCloudWatchLogsRoleArnException";
    let no_group = "InvalidCloudWatchLogsLogGroupArnException";
    #[rustfmt::skip]
    let cases = [
        (json!({ "IncludeGlobalServiceEvents": false }), "InvalidParameterCombinationException"),
        (json!({ "S3BucketName": "no-such-bucket" }), "S3BucketDoesNotExistException"),
        (json!({ "CloudWatchLogsLogGroupArn": "" }), no_group),
        (json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP_ARN }), no_role),
        (json!({ "CloudWatchLogsRoleArn": LOG_ROLE_ARN }), no_group),
        (json!({ "Name": "Other" }), "TrailNotFoundException"),
    ];
    let cases = cases.map(|(more, code)| (with(json!({ "Name": TRAIL }), more), code));
    check(with_trail, management, "UpdateTrail", cases);
}

#[test]
fn an_update_checks_a_named_log_group() {
    let world = || {
        let mut world = ready().with_trail(full_trail());
        world.roles.clear();
        world
    };
    let named = json!({
        "Name": TRAIL,
        "CloudWatchLogsLogGroupArn": LOG_GROUP_ARN,
        "CloudWatchLogsRoleArn": LOG_ROLE_ARN,
    });
    let other = json!({ "Name": TRAIL, "EnableLogFileValidation": false });
    let refused = "InvalidCloudWatchLogsRoleArnException";
    check(world, management, "UpdateTrail", [(other, ""), (named, refused)]);
}

#[test]
fn a_trail_is_deleted_once() {
    for reference in [TRAIL, TRAIL_ARN] {
        let mut world = with_trail();
        let input = json!({ "Name": reference });
        world.done(management(), "DeleteTrail", input.clone());
        assert!(world.trails.is_empty());
        let again = world.refused(management(), "DeleteTrail", input);
        assert_eq!(again, "TrailNotFoundException");
    }
}

#[test]
fn logging_starts_and_stops_with_times() {
    let mut world = with_trail();
    world.trails[0].is_logging = false;
    let named = json!({ "Name": TRAIL });
    world.done(management(), "StartLogging", named.clone());
    let started = world.now;
    world.now = started.later_by(60);
    world.done(management(), "StartLogging", named.clone());
    let status = world.done(management(), "GetTrailStatus", named.clone());
    assert_eq!(status["IsLogging"], true);
    assert_eq!(status["StartLoggingTime"], started.seconds());
    assert_eq!(status["TimeLoggingStarted"], "2023-11-14T22:13:20Z");
    assert_eq!(status.get("StopLoggingTime"), None);
    world.done(management(), "StopLogging", named.clone());
    let status = world.done(management(), "GetTrailStatus", named);
    assert_eq!(status["IsLogging"], false);
    assert_eq!(status["StopLoggingTime"], world.now.seconds());
}
