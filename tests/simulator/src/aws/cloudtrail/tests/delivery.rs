//! The checks of bucket, key, topic and log group.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, delegated, request, with_trail};
use crate::aws::{
    Bucket, CLOUDTRAIL, LogGroup, Policy, World,
    samples::{
        BUCKET, KEY_ALIAS, KEY_ARN, LOG_GROUP_ARN, LOG_ROLE_ARN, MANAGEMENT_ACCOUNT,
        ORGANIZATION_ID, REGION, SECURITY_ACCOUNT, TOPIC_ARN,
    },
    tests::{check, management, ready, security},
};

const BUCKET_REFUSAL: &str = "InsufficientS3BucketPolicyException";
const KEY_REFUSAL: &str = "InsufficientEncryptionPolicyException";
const GROUP_REFUSAL: &str = "InvalidCloudWatchLogsLogGroupArnException";
const ROLE_REFUSAL: &str = "InvalidCloudWatchLogsRoleArnException";

/// Checks what becomes of a request for the trail, with `more` members, in a changed world.
#[track_caller]
fn check_create(change: impl Fn(&mut World), more: Value, code: &'static str) {
    let world = || {
        let mut world = ready();
        change(&mut world);
        world
    };
    check(world, management, "CreateTrail", [(request(more), code)]);
}

/// A change of the bucket's policy.
fn bucket_policy(policy: Policy) -> impl Fn(&mut World) {
    move |world| world.buckets.get_mut(BUCKET).expect("the bucket").policy = policy.clone()
}

fn documented(prefix: Option<&str>) -> Policy {
    Policy::of_bucket(BUCKET, prefix, TRAIL_ARN, ORGANIZATION_ID)
}

/// The documented bucket policy without one of its statements.
fn without_statement(index: usize) -> Policy {
    let Policy::Document(mut document) = documented(None) else { panic!("a document") };
    document["Statement"].as_array_mut().expect("statements").remove(index);
    Policy::Document(document)
}

#[test]
fn the_bucket_policy_must_suffice() {
    let prefixed = json!({ "S3KeyPrefix": "trails" });
    check_create(bucket_policy(documented(None)), json!({}), "");
    check_create(bucket_policy(documented(Some("trails"))), prefixed.clone(), "");
    check_create(bucket_policy(documented(None)), prefixed, BUCKET_REFUSAL);
    check_create(bucket_policy(documented(None)), json!({ "Name": "Other" }), BUCKET_REFUSAL);
    check_create(bucket_policy(Policy::AllowsEverything), json!({}), "");
    check_create(bucket_policy(Policy::Missing), json!({}), BUCKET_REFUSAL);
    for index in 0..3 {
        check_create(bucket_policy(without_statement(index)), json!({}), BUCKET_REFUSAL);
    }
    // The last statement is for the organization's logs.
    let account_level = json!({ "IsOrganizationTrail": false });
    check_create(bucket_policy(without_statement(2)), account_level, "");
    check_create(|w| w.propagation.bucket_policy = 1, json!({}), BUCKET_REFUSAL);
}

#[test]
fn a_policy_takes_effect_later() {
    let mut world = ready().with_propagation(|p| p.bucket_policy = 1);
    let input = request(json!({}));
    assert_eq!(world.refused(management(), "CreateTrail", input.clone()), BUCKET_REFUSAL);
    world.done(management(), "CreateTrail", input);
}

#[test]
fn insights_check_the_bucket_again() {
    let selectors = json!([{ "InsightType": "ApiCallRateInsight" }]);
    let input = json!({ "TrailName": TRAIL, "InsightSelectors": selectors });
    let world = || with_trail().with_bucket_policy(Policy::Missing);
    check(world, management, "PutInsightSelectors", [(input, BUCKET_REFUSAL)]);
}

#[test]
fn a_key_is_always_shown_by_arn() {
    let id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let alias_arn = KEY_ARN.replace(&format!("key/{id}"), KEY_ALIAS);
    let own_arn = KEY_ARN.replace(SECURITY_ACCOUNT, MANAGEMENT_ACCOUNT);
    #[rustfmt::skip]
    let cases = [
        (SECURITY_ACCOUNT, KEY_ARN, KEY_ARN),
        (SECURITY_ACCOUNT, &alias_arn, KEY_ARN),
        (MANAGEMENT_ACCOUNT, id, &own_arn),
        (MANAGEMENT_ACCOUNT, KEY_ALIAS, &own_arn),
    ];
    for (owner, named, arn) in cases {
        let mut world = ready();
        owner.clone_into(&mut world.keys[0].account);
        let input = request(json!({ "KmsKeyId": named }));
        assert_eq!(world.done(management(), "CreateTrail", input)["KmsKeyId"], arn);
    }
}

#[test]
fn a_key_must_be_usable() {
    let key = |reference: &str| json!({ "KmsKeyId": reference });
    check_create(|w| w.keys.clear(), key(KEY_ARN), "KmsKeyNotFoundException");
    check_create(|w| w.keys[0].disabled = true, key(KEY_ARN), "KmsException");
    check_create(|w| w.keys[0].policy = Policy::Missing, key(KEY_ARN), KEY_REFUSAL);
    check_create(|w| w.propagation.key_policy = 1, key(KEY_ARN), KEY_REFUSAL);
    let elsewhere = |world: &mut World| {
        world.buckets.insert(BUCKET.to_owned(), Bucket::open("eu-west-1"));
    };
    check_create(elsewhere, key(KEY_ARN), "KmsKeyNotFoundException");
    let for_another_trail = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": CLOUDTRAIL },
        "Action": "kms:*",
        "Resource": "*",
        "Condition": { "StringEquals": { "aws:SourceArn": format!("{TRAIL_ARN}2") } },
    } }));
    let change = |w: &mut World| w.keys[0].policy = for_another_trail.clone();
    check_create(change, key(KEY_ARN), KEY_REFUSAL);
    for malformed in ["not-a-key", "arn:aws:s3:::bucket", "mrk-1234"] {
        check_create(|_| {}, key(malformed), "InvalidKmsKeyIdException");
    }
    check_create(|_| {}, key("alias/missing"), "KmsKeyNotFoundException");
}

#[test]
fn a_topic_must_let_cloudtrail_publish() {
    let topic = |named: &str| json!({ "SnsTopicName": named });
    for named in ["org-logs", TOPIC_ARN] {
        let answer = ready().done(management(), "CreateTrail", request(topic(named)));
        assert_eq!(answer["SnsTopicARN"], TOPIC_ARN);
    }
    let code = "InsufficientSnsTopicPolicyException";
    check_create(|w| w.topics[0].policy = Policy::Missing, topic(TOPIC_ARN), code);
    check_create(|w| w.propagation.topic_policy = 1, topic(TOPIC_ARN), code);
    check_create(|_| {}, topic("nothing"), code);
    // A name means the caller's own account and Region.
    let foreign = |w: &mut World| SECURITY_ACCOUNT.clone_into(&mut w.topics[0].account);
    check_create(foreign, topic("org-logs"), code);
}

fn log_group(group: &str, role: &str) -> Value {
    json!({ "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role })
}

#[test]
fn a_log_group_ends_in_one_wildcard() {
    check_create(|_| {}, log_group(LOG_GROUP_ARN, LOG_ROLE_ARN), "");
    for group in [
        "org-logs",
        LOG_GROUP_ARN.trim_end_matches(":*"),
        &format!("{LOG_GROUP_ARN}:*"),
        &LOG_GROUP_ARN.replace(MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT),
        &LOG_GROUP_ARN.replace(REGION, "eu-west-1"),
        &LOG_GROUP_ARN.replace("org-logs", "nothing"),
    ] {
        check_create(|_| {}, log_group(group, LOG_ROLE_ARN), GROUP_REFUSAL);
    }
    // A log group needs its role, and a role its log group.
    check_create(|_| {}, json!({ "CloudWatchLogsRoleArn": LOG_ROLE_ARN }), GROUP_REFUSAL);
    check_create(|_| {}, json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP_ARN }), ROLE_REFUSAL);
}

#[test]
fn the_role_must_trust_cloudtrail_and_write() {
    #[rustfmt::skip]
    let cases: [(fn(&mut World), _, _); 5] = [
        (|w| w.roles.clear(), ROLE_REFUSAL, "trust"),
        (|w| w.roles[0].trust = Policy::Missing, ROLE_REFUSAL, "trust"),
        (|w| w.propagation.log_role = 1, ROLE_REFUSAL, "trust"),
        (|w| w.roles[0].permissions = Policy::Missing, GROUP_REFUSAL, "permissions"),
        (|w| w.propagation.log_group = 1, GROUP_REFUSAL, "permissions"),
    ];
    let input = request(log_group(LOG_GROUP_ARN, LOG_ROLE_ARN));
    for (change, code, text) in cases {
        let mut world = ready();
        change(&mut world);
        let error = world.call(&management(), "CreateTrail", &input).expect_err("refused");
        assert_eq!(error.code, code);
        assert!(error.message.contains("Access denied") && error.message.contains(text), "{error}");
    }
    let mut world = ready().denying("iam:PassRole");
    let error = world.call(&management(), "CreateTrail", &input).expect_err("refused");
    assert_eq!(error.code, "AccessDeniedException");
    assert!(error.message.contains("iam:PassRole"), "{error}");
}

#[test]
fn the_role_must_write_the_organizations_stream() {
    let for_the_account = |world: &mut World| {
        let streams = "arn:aws:logs:us-east-1:111111111111:log-group:org-logs:log-stream:";
        world.roles[0].permissions = Policy::Document(json!({ "Statement": {
            "Effect": "Allow",
            "Action": "logs:*",
            "Resource": format!("{streams}111111111111_CloudTrail_us-east-1*"),
        } }));
    };
    let mut pair = log_group(LOG_GROUP_ARN, LOG_ROLE_ARN);
    check_create(for_the_account, pair.clone(), GROUP_REFUSAL);
    pair["IsOrganizationTrail"] = json!(false);
    check_create(for_the_account, pair, "");
}

#[test]
fn a_delegates_log_group_is_its_own() {
    let world = || {
        let mut world = delegated();
        world.trails.clear();
        world.log_groups.push(LogGroup {
            account: SECURITY_ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            name: "org-logs".to_owned(),
        });
        let mut role = world.roles[0].clone();
        role.account = SECURITY_ACCOUNT.to_owned();
        role.permissions = Policy::AllowsEverything;
        world.roles.push(role);
        world
    };
    let own = |text: &str| text.replace(MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT);
    #[rustfmt::skip]
    let cases = [
        (request(log_group(LOG_GROUP_ARN, LOG_ROLE_ARN)), GROUP_REFUSAL),
        (request(log_group(&own(LOG_GROUP_ARN), &own(LOG_ROLE_ARN))), ""),
    ];
    check(world, security, "CreateTrail", cases);
}
