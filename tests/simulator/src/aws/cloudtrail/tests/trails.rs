//! Creating, updating and deleting.

use serde_json::json;

use super::{TRAIL, request, with_trail};
use crate::aws::{
    Trail,
    samples::{KEY_ARN, LOG_GROUP_ARN, LOG_ROLE_ARN, MEMBER_ACCOUNT, TOPIC_ARN},
    tests::{check, elsewhere, management, ready, with},
};

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
fn invalid_settings_are_refused() {
    let pair = json!({ "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "" });
    #[rustfmt::skip]
    let cases = [
        (json!({ "S3BucketName": null }), "InvalidS3BucketNameException"),
        // Section 9.3: it is not known whether CreateTrail takes empty strings.
        (json!({ "S3KeyPrefix": "" }), "InvalidS3PrefixException"),
        (json!({ "SnsTopicName": "" }), "InvalidSnsTopicNameException"),
        (json!({ "KmsKeyId": "" }), "InvalidKmsKeyIdException"),
        (pair, "InvalidCloudWatchLogsLogGroupArnException"),
        (json!({ "S3BucketName": "no-such-bucket" }), "S3BucketDoesNotExistException"),
        (json!({ "IncludeGlobalServiceEvents": false }), "InvalidParameterCombinationException"),
        (json!({ "IsMultiRegionTrail": "yes" }), "SerializationException"),
    ];
    let cases = cases.map(|(more, code)| (request(more), code));
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
