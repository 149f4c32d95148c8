//! The look at bucket, key, topic and log group that comes before a trail is taken.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, request, with_trail};
use crate::aws::{
    Bucket, LogGroup, Policy, World,
    samples::{
        BUCKET, KEY_ALIAS, KEY_ARN, LOG_GROUP_ARN, LOG_ROLE_ARN, MANAGEMENT_ACCOUNT,
        ORGANIZATION_ID, SECURITY_ACCOUNT, TOPIC_ARN,
    },
    tests::{done, management, ready, refused, security},
};

const BUCKET_REFUSAL: &str = "InsufficientS3BucketPolicyException";
const GROUP_REFUSAL: &str = "InvalidCloudWatchLogsLogGroupArnException";
const ROLE_REFUSAL: &str = "InvalidCloudWatchLogsRoleArnException";

fn refused_create(mut world: World, more: Value) -> String {
    refused(&mut world, &management(), "CreateTrail", request(more))
}

fn create(mut world: World, more: Value) -> Value {
    done(&mut world, &management(), "CreateTrail", request(more))
}

fn documented(prefix: Option<&str>) -> Policy {
    Policy::of_bucket(BUCKET, prefix, TRAIL_ARN, ORGANIZATION_ID)
}

/// The documented bucket policy without one of its statements.
fn without_statement(index: usize) -> Policy {
    let Policy::Document(mut document) = documented(None) else {
        panic!("a document")
    };
    document["Statement"]
        .as_array_mut()
        .expect("statements")
        .remove(index);
    Policy::Document(document)
}

#[test]
fn the_documented_bucket_policy_suffices() {
    create(ready().with_bucket_policy(documented(None)), json!({}));
    let prefixed = ready().with_bucket_policy(documented(Some("trails")));
    create(prefixed, json!({ "S3KeyPrefix": "trails" }));
    create(
        ready().with_bucket_policy(Policy::AllowsEverything),
        json!({}),
    );
}

#[test]
fn each_part_of_the_bucket_policy_is_needed() {
    for index in 0..3 {
        let world = ready().with_bucket_policy(without_statement(index));
        assert_eq!(
            refused_create(world, json!({})),
            BUCKET_REFUSAL,
            "statement {index}"
        );
    }
    let world = || ready().with_bucket_policy(documented(None));
    assert_eq!(
        refused_create(world(), json!({ "S3KeyPrefix": "trails" })),
        BUCKET_REFUSAL
    );
    assert_eq!(
        refused_create(world(), json!({ "Name": "Other" })),
        BUCKET_REFUSAL
    );
    let missing = ready().with_bucket_policy(Policy::Missing);
    assert_eq!(refused_create(missing, json!({})), BUCKET_REFUSAL);
}

#[test]
fn an_account_level_trail_needs_no_statement_for_the_organization() {
    let world = ready().with_bucket_policy(without_statement(2));
    create(world, json!({ "IsOrganizationTrail": false }));
}

#[test]
fn a_bucket_policy_takes_some_attempts_to_be_seen() {
    let mut world = ready().with_propagation(|p| p.bucket_policy = 1);
    let first = refused(&mut world, &management(), "CreateTrail", request(json!({})));
    assert_eq!(first, BUCKET_REFUSAL);
    done(&mut world, &management(), "CreateTrail", request(json!({})));
}

#[test]
fn insights_look_at_the_bucket_again() {
    let mut world = with_trail().with_bucket_policy(Policy::Missing);
    let input = json!({
        "TrailName": TRAIL,
        "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }],
    });
    assert_eq!(
        refused(&mut world, &management(), "PutInsightSelectors", input),
        BUCKET_REFUSAL
    );
}

#[test]
fn a_key_is_named_in_four_ways_and_always_answered_as_its_arn() {
    let alias_arn = KEY_ARN.replace("key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", KEY_ALIAS);
    for named in [KEY_ARN, &alias_arn] {
        assert_eq!(
            create(ready(), json!({ "KmsKeyId": named }))["KmsKeyId"],
            KEY_ARN
        );
    }
    let mut world = ready();
    world.keys[0].account = MANAGEMENT_ACCOUNT.to_owned();
    let own = world.keys[0].arn();
    for named in ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", KEY_ALIAS] {
        assert_eq!(
            create(world.clone(), json!({ "KmsKeyId": named }))["KmsKeyId"],
            own
        );
    }
}

#[test]
fn a_key_has_to_exist_in_the_buckets_region_and_let_cloudtrail_in() {
    let key = json!({ "KmsKeyId": KEY_ARN });
    let with = |change: fn(&mut World)| {
        let mut world = ready();
        change(&mut world);
        world
    };
    let cases = [
        (with(|w| w.keys.clear()), "KmsKeyNotFoundException"),
        (with(|w| w.keys[0].disabled = true), "KmsException"),
        (
            with(|w| w.keys[0].policy = Policy::Missing),
            "InsufficientEncryptionPolicyException",
        ),
        (
            with(|w| w.propagation.key_policy = 1),
            "InsufficientEncryptionPolicyException",
        ),
        (
            ready().with_bucket(BUCKET, Bucket::open("eu-west-1")),
            "KmsKeyNotFoundException",
        ),
    ];
    for (world, code) in cases {
        assert_eq!(refused_create(world, key.clone()), code);
    }
    for malformed in ["not-a-key", "arn:aws:s3:::bucket", "mrk-1234"] {
        let code = refused_create(ready(), json!({ "KmsKeyId": malformed }));
        assert_eq!(code, "InvalidKmsKeyIdException", "{malformed}");
    }
    let elsewhere = json!({ "KmsKeyId": "alias/nobody-has-it" });
    assert_eq!(
        refused_create(ready(), elsewhere),
        "KmsKeyNotFoundException"
    );
}

#[test]
fn a_key_policy_for_another_trail_is_not_enough() {
    let mut world = ready();
    world.keys[0].policy = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": "cloudtrail.amazonaws.com" },
        "Action": "kms:*",
        "Resource": "*",
        "Condition": { "StringEquals": { "aws:SourceArn": format!("{TRAIL_ARN}2") } },
    } }));
    let code = refused_create(world, json!({ "KmsKeyId": KEY_ARN }));
    assert_eq!(code, "InsufficientEncryptionPolicyException");
}

#[test]
fn a_topic_is_named_or_has_an_arn_and_lets_cloudtrail_publish() {
    for named in ["org-logs", TOPIC_ARN] {
        assert_eq!(
            create(ready(), json!({ "SnsTopicName": named }))["SnsTopicARN"],
            TOPIC_ARN
        );
    }
    let code = "InsufficientSnsTopicPolicyException";
    let mut closed = ready();
    closed.topics[0].policy = Policy::Missing;
    assert_eq!(
        refused_create(closed, json!({ "SnsTopicName": TOPIC_ARN })),
        code
    );
    assert_eq!(
        refused_create(ready(), json!({ "SnsTopicName": "nothing" })),
        code
    );
    // A name means the caller's own account and Region.
    let mut foreign = ready();
    foreign.topics[0].account = SECURITY_ACCOUNT.to_owned();
    assert_eq!(
        refused_create(foreign, json!({ "SnsTopicName": "org-logs" })),
        code
    );
    let unseen = ready().with_propagation(|p| p.topic_policy = 1);
    assert_eq!(
        refused_create(unseen, json!({ "SnsTopicName": TOPIC_ARN })),
        code
    );
}

fn log_group(group: &str, role: &str) -> Value {
    json!({ "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role })
}

#[test]
fn a_log_group_ends_in_the_wildcard_exactly_once() {
    create(ready(), log_group(LOG_GROUP_ARN, LOG_ROLE_ARN));
    let bare = LOG_GROUP_ARN.trim_end_matches(":*");
    let twice = format!("{LOG_GROUP_ARN}:*");
    let other_account = LOG_GROUP_ARN.replace(MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT);
    let other_region = LOG_GROUP_ARN.replace("us-east-1", "eu-west-1");
    let missing = LOG_GROUP_ARN.replace("org-logs", "nothing");
    for group in [
        bare,
        &twice,
        &other_account,
        &other_region,
        &missing,
        "org-logs",
    ] {
        let code = refused_create(ready(), log_group(group, LOG_ROLE_ARN));
        assert_eq!(code, GROUP_REFUSAL, "{group}");
    }
}

#[test]
fn half_of_the_pair_is_refused() {
    let role = json!({ "CloudWatchLogsRoleArn": LOG_ROLE_ARN });
    assert_eq!(refused_create(ready(), role), GROUP_REFUSAL);
    let group = json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP_ARN });
    assert_eq!(refused_create(ready(), group), ROLE_REFUSAL);
}

#[test]
fn the_role_trusts_cloudtrail_and_may_write() {
    let message = |mut world: World| {
        let input = request(log_group(LOG_GROUP_ARN, LOG_ROLE_ARN));
        let error = world
            .call(&management(), "CreateTrail", &input)
            .expect_err("refused");
        (error.code, error.message)
    };
    let with = |change: fn(&mut World)| {
        let mut world = ready();
        change(&mut world);
        world
    };
    let untrusting: [fn(&mut World); 3] = [
        |w| w.roles.clear(),
        |w| w.roles[0].trust = Policy::Missing,
        |w| w.propagation.log_role = 1,
    ];
    for change in untrusting {
        let (code, text) = message(with(change));
        assert_eq!(code, ROLE_REFUSAL);
        assert!(
            text.contains("Access denied") && text.contains("trust"),
            "{text}"
        );
    }
    let unwritable: [fn(&mut World); 2] = [
        |w| w.roles[0].permissions = Policy::Missing,
        |w| w.propagation.log_group = 1,
    ];
    for change in unwritable {
        let (code, text) = message(with(change));
        assert_eq!(code, GROUP_REFUSAL);
        assert!(text.contains("Access denied"), "{text}");
    }
    let (code, text) = message(ready().denying("iam:PassRole"));
    assert_eq!(code, "AccessDeniedException");
    assert!(text.contains("iam:PassRole"), "{text}");
}

#[test]
fn a_role_for_the_account_alone_is_not_enough_for_the_organization() {
    let mut world = ready();
    let streams = "arn:aws:logs:us-east-1:111111111111:log-group:org-logs:log-stream:";
    world.roles[0].permissions = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Action": "logs:*",
        "Resource": format!("{streams}111111111111_CloudTrail_us-east-1*"),
    } }));
    let pair = log_group(LOG_GROUP_ARN, LOG_ROLE_ARN);
    assert_eq!(refused_create(world.clone(), pair.clone()), GROUP_REFUSAL);
    let mut alone = request(pair);
    alone["IsOrganizationTrail"] = json!(false);
    done(&mut world, &management(), "CreateTrail", alone);
}

#[test]
fn a_delegates_log_group_and_role_are_its_own() {
    let mut world = super::delegated();
    world.trails.clear();
    let more = log_group(LOG_GROUP_ARN, LOG_ROLE_ARN);
    assert_eq!(
        refused(
            &mut world,
            &security(),
            "CreateTrail",
            request(more.clone())
        ),
        GROUP_REFUSAL
    );
    let own = |text: &str| text.replace(MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT);
    world.log_groups.push(LogGroup {
        account: SECURITY_ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        name: "org-logs".to_owned(),
    });
    let mut role = world.roles[0].clone();
    role.account = SECURITY_ACCOUNT.to_owned();
    role.permissions = Policy::AllowsEverything;
    world.roles.push(role);
    let more = log_group(&own(LOG_GROUP_ARN), &own(LOG_ROLE_ARN));
    let answer = done(&mut world, &security(), "CreateTrail", request(more));
    assert_eq!(answer["Name"], TRAIL);
}
