//! The checks of bucket, key, topic and log group.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, delegated, request, with_trail};
use crate::aws::{
    Bucket, CLOUDTRAIL, LogGroup, Policy, Propagation, World,
    samples::{
        BUCKET, KEY_ALIAS, KEY_ARN, LOG_GROUP_ARN, LOG_ROLE_ARN, MANAGEMENT_ACCOUNT,
        ORGANIZATION_ID, REGION, SECURITY_ACCOUNT, TOPIC_ARN,
    },
    tests::{check, management, ready, security, with},
};

const BUCKET_REFUSAL: &str = "InsufficientS3BucketPolicyException";
const KEY_REFUSAL: &str = "InsufficientEncryptionPolicyException";
const TOPIC_REFUSAL: &str = "InsufficientSnsTopicPolicyException";
const GROUP_REFUSAL: &str = "InvalidCloudWatchLogsLogGroupArnException";
const ROLE_REFUSAL: &str = "InvalidCloudWatchLogsRoleArnException";

/// Checks the result of a request for the trail, with `more` members, in a changed world.
#[track_caller]
fn check_create(change: impl Fn(&mut World), more: Value, code: &'static str) {
    check(|| ready().with(&change), management, "CreateTrail", [(request(more), code)]);
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

fn key(reference: &str) -> Value {
    json!({ "KmsKeyId": reference })
}

fn topic(named: &str) -> Value {
    json!({ "SnsTopicName": named })
}

fn log_group(group: &str, role: &str) -> Value {
    json!({ "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role })
}

#[test]
fn the_bucket_policy_must_suffice() {
    let prefixed = json!({ "S3KeyPrefix": "trails" });
    // The last statement is for the organization's logs.
    let account_level = json!({ "IsOrganizationTrail": false });
    #[rustfmt::skip]
    let cases = [
        (documented(None), json!({}), ""),
        (documented(Some("trails")), prefixed.clone(), ""),
        (documented(None), prefixed, BUCKET_REFUSAL),
        (documented(None), json!({ "Name": "Other" }), BUCKET_REFUSAL),
        (Policy::AllowsEverything, json!({}), ""),
        (Policy::Missing, json!({}), BUCKET_REFUSAL),
        (without_statement(0), json!({}), BUCKET_REFUSAL),
        (without_statement(1), json!({}), BUCKET_REFUSAL),
        (without_statement(2), json!({}), BUCKET_REFUSAL),
        (without_statement(2), account_level, ""),
    ];
    for (policy, more, code) in cases {
        check_create(bucket_policy(policy), more, code);
    }
    let selectors = json!([{ "InsightType": "ApiCallRateInsight" }]);
    let input = json!({ "TrailName": TRAIL, "InsightSelectors": selectors });
    let world = || with_trail().with_bucket_policy(Policy::Missing);
    check(world, management, "PutInsightSelectors", [(input, BUCKET_REFUSAL)]);
}

#[test]
fn policies_and_roles_take_effect_later() {
    let everything =
        with(with(key(KEY_ARN), topic(TOPIC_ARN)), log_group(LOG_GROUP_ARN, LOG_ROLE_ARN));
    let delays: [(fn(&mut Propagation), _); 5] = [
        (|p| p.bucket_policy = 1, BUCKET_REFUSAL),
        (|p| p.key_policy = 1, KEY_REFUSAL),
        (|p| p.topic_policy = 1, TOPIC_REFUSAL),
        (|p| p.log_role = 1, ROLE_REFUSAL),
        (|p| p.log_group = 1, GROUP_REFUSAL),
    ];
    for (delay, code) in delays {
        let mut world = ready().with_propagation(delay);
        let input = request(everything.clone());
        assert_eq!(world.refused(management(), "CreateTrail", input.clone()), code);
        world.done(management(), "CreateTrail", input);
    }
}

#[test]
fn keys_and_topics_are_shown_by_arn() {
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
        let mut world = ready().with(|world| owner.clone_into(&mut world.keys[0].account));
        let result = world.done(management(), "CreateTrail", request(key(named)));
        assert_eq!(result["KmsKeyId"], arn);
    }
    for named in ["org-logs", TOPIC_ARN] {
        let result = ready().done(management(), "CreateTrail", request(topic(named)));
        assert_eq!(result["SnsTopicARN"], TOPIC_ARN);
    }
}

#[test]
fn keys_and_topics_must_admit_cloudtrail() {
    let for_another_trail = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": CLOUDTRAIL },
        "Action": "kms:*",
        "Resource": "*",
        "Condition": { "StringEquals": { "aws:SourceArn": format!("{TRAIL_ARN}2") } },
    } }));
    let change = |w: &mut World| w.keys[0].policy = for_another_trail.clone();
    check_create(change, key(KEY_ARN), KEY_REFUSAL);
    #[rustfmt::skip]
    let cases: [(fn(&mut World), _, _); 8] = [
        (|w| w.keys.clear(), key(KEY_ARN), "KmsKeyNotFoundException"),
        (|w| w.keys[0].disabled = true, key(KEY_ARN), "KmsException"),
        (|w| w.keys[0].policy = Policy::Missing, key(KEY_ARN), KEY_REFUSAL),
        (
            |w| drop(w.buckets.insert(BUCKET.to_owned(), Bucket::open("eu-west-1"))),
            key(KEY_ARN),
            "KmsKeyNotFoundException",
        ),
        (|_| {}, key("alias/missing"), "KmsKeyNotFoundException"),
        (|w| w.topics[0].policy = Policy::Missing, topic(TOPIC_ARN), TOPIC_REFUSAL),
        (|_| {}, topic("nothing"), TOPIC_REFUSAL),
        // A name means the caller's own account and Region.
        (
            |w| SECURITY_ACCOUNT.clone_into(&mut w.topics[0].account),
            topic("org-logs"),
            TOPIC_REFUSAL,
        ),
    ];
    for (change, more, code) in cases {
        check_create(change, more, code);
    }
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
    let cases: [(fn(&mut World), _, _); 4] = [
        (|w| w.roles.clear(), ROLE_REFUSAL, "Access denied. Check the trust"),
        (|w| w.roles[0].trust = Policy::Missing, ROLE_REFUSAL, "Access denied. Check the trust"),
        (|w| w.roles[0].permissions = Policy::Missing, GROUP_REFUSAL, "adequate permissions"),
        (|w| *w = w.clone().denying("iam:PassRole"), "AccessDeniedException", "iam:PassRole"),
    ];
    for (change, code, text) in cases {
        let input = request(log_group(LOG_GROUP_ARN, LOG_ROLE_ARN));
        let error = ready().with(change).call(&management(), "CreateTrail", &input);
        let error = error.expect_err("refused");
        assert_eq!(error.code, code);
        assert!(error.message.contains(text), "{error}");
    }
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
        delegated().with(|world| {
            world.trails.clear();
            world.log_groups.push(LogGroup {
                account: SECURITY_ACCOUNT.to_owned(),
                ..world.log_groups[0].clone()
            });
            let mut role = world.roles[0].clone();
            SECURITY_ACCOUNT.clone_into(&mut role.account);
            world.roles.push(role);
        })
    };
    let own = |text: &str| text.replace(MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT);
    #[rustfmt::skip]
    let cases = [
        (request(log_group(LOG_GROUP_ARN, LOG_ROLE_ARN)), GROUP_REFUSAL),
        (request(log_group(&own(LOG_GROUP_ARN), &own(LOG_ROLE_ARN))), ""),
    ];
    check(world, security, "CreateTrail", cases);
}
