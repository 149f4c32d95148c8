//! Bad surroundings get a cure, not just a code: what the Reason has to say, with the real values.

use serde_json::{Value, json};
use simulator::aws::{Policy, Trail, World};

use crate::support::{
    BRIEF, BUCKET, CLOUDTRAIL, KEY, LOG_GROUP, LOG_ROLE, OrgTrail, SENTINEL, Scene, TOPIC,
    TRAIL_ARN, assert_mentions, ready, trail_properties,
};

/// Creates the trail in a world that does not let it, and gives the Reason.
async fn reason(world: World, properties: Value) -> String {
    let scene = Scene::of(world).await;
    let event = scene.create(OrgTrail).properties(trail_properties(properties));
    let response = scene.send_within(BRIEF, &event).await;
    assert!(!response.is_success(), "created all the same");
    assert_eq!(response.physical_id(), SENTINEL);
    assert_eq!(scene.trail(TRAIL_ARN), None);
    response.reason().to_owned()
}

#[tokio::test]
async fn trusted_access_is_off() {
    let world = ready().with(|world| world.trusted_access.clear());
    let reason = reason(world, json!({})).await;
    let expected = ["trusted access", CLOUDTRAIL, "Custom::OrgTrustedAccess"];
    assert_mentions(&reason, &expected);
    assert_mentions(&reason, &["CloudTrailAccessNotEnabled"]);
}

/// The function runs in an account that is neither the management account nor a delegated
/// administrator.
#[tokio::test]
async fn the_account_may_not_own_organization_trails() {
    let reason = reason(ready().called_by("333333333333"), json!({})).await;
    assert_mentions(&reason, &["management account", "111111111111", "delegated administrator"]);
}

#[tokio::test]
async fn the_organization_is_missing_or_lacks_all_features() {
    let none = reason(ready().without_organization(), json!({})).await;
    assert_mentions(&none, &["organization"]);
    assert!(none.contains("NotInUse"), "{none}");
    let billing = reason(ready().consolidated_billing(), json!({})).await;
    assert_mentions(&billing, &["all features"]);
}

#[tokio::test]
async fn the_bucket_is_missing() {
    let reason = reason(ready(), json!({ "S3BucketName": "no-such-bucket" })).await;
    assert_mentions(&reason, &["no-such-bucket", "does not exist", "S3BucketDoesNotExist"]);
}

#[tokio::test]
async fn the_bucket_policy_is_insufficient() {
    let world = ready().with_bucket_policy(Policy::Missing);
    let reason = reason(world, json!({ "S3KeyPrefix": "organization" })).await;
    let logs = format!("arn:aws:s3:::{BUCKET}/organization/AWSLogs");
    let expected = [
        "InsufficientS3BucketPolicy",
        CLOUDTRAIL,
        "s3:GetBucketAcl",
        &format!("arn:aws:s3:::{BUCKET}"),
        "s3:PutObject",
        &format!("{logs}/111111111111/*"),
        &format!("{logs}/o-exampleorg1/*"),
        "s3:x-amz-acl",
        "bucket-owner-full-control",
        "aws:SourceArn",
        TRAIL_ARN,
    ];
    assert_mentions(&reason, &expected);
}

/// A policy of the statements in a Reason.
fn pasted(reason: &str) -> Policy {
    let start = reason.find("[{\"Effect\"").or_else(|| reason.find("{\"Effect\""));
    let text = &reason[start.unwrap_or_else(|| panic!("no statement: {reason}"))..];
    let statements = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let statements = statements.and_then(Result::ok).unwrap_or_else(|| panic!("no JSON: {reason}"));
    Policy::Document(json!({ "Version": "2012-10-17", "Statement": statements }))
}

#[tokio::test]
async fn statements_of_a_reason_are_pasted_and_suffice() {
    let properties =
        json!({ "S3KeyPrefix": "organization", "KMSKeyId": KEY, "SnsTopicName": TOPIC });
    let mut world = ready();
    world.buckets.values_mut().for_each(|bucket| bucket.policy = Policy::Missing);
    world.keys.iter_mut().for_each(|key| key.policy = Policy::Missing);
    world.topics.iter_mut().for_each(|topic| topic.policy = Policy::Missing);
    let mut cured = Vec::new();
    loop {
        let scene = Scene::of(world.clone()).await;
        let event = scene.create(OrgTrail).properties(trail_properties(properties.clone()));
        let response = scene.send_within(BRIEF, &event).await;
        if response.is_success() {
            break;
        }
        let reason = response.reason();
        let policy = pasted(reason);
        if reason.contains("to the bucket policy") {
            world.buckets.values_mut().for_each(|bucket| bucket.policy = policy.clone());
            cured.push("bucket");
        } else if reason.contains("to the key policy") {
            world.keys.iter_mut().for_each(|key| key.policy = policy.clone());
            cured.push("key");
        } else {
            world.topics.iter_mut().for_each(|topic| topic.policy = policy.clone());
            cured.push("topic");
        }
        assert!(cured.len() <= 3, "{cured:?}: {reason}");
    }
    cured.sort_unstable();
    assert_eq!(cured, ["bucket", "key", "topic"]);
}

#[tokio::test]
async fn the_key_is_missing_or_in_another_region() {
    let missing = KEY.replace("0a1b2c3d", "ffffffff");
    let reason_missing = reason(ready(), json!({ "KMSKeyId": missing })).await;
    assert_mentions(&reason_missing, &[&missing, "KmsKeyNotFound", BUCKET]);

    let world = ready().with(|world| world.keys[0].region = "us-east-1".to_owned());
    let elsewhere = KEY.replace("eu-west-1", "us-east-1");
    let reason = reason(world, json!({ "KMSKeyId": elsewhere })).await;
    assert_mentions(&reason, &[&elsewhere, "Region"]);
}

#[tokio::test]
async fn the_key_policy_is_insufficient() {
    let world = ready().with(|world| world.keys[0].policy = Policy::Missing);
    let reason = reason(world, json!({ "KMSKeyId": KEY })).await;
    let expected = [
        "InsufficientEncryptionPolicy",
        KEY,
        CLOUDTRAIL,
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
        "aws:SourceArn",
        TRAIL_ARN,
        "kms:EncryptionContext:aws:cloudtrail:arn",
        "arn:aws:cloudtrail:*:111111111111:trail/*",
    ];
    assert_mentions(&reason, &expected);
}

#[tokio::test]
async fn the_topic_policy_is_insufficient() {
    let world = ready().with(|world| world.topics[0].policy = Policy::Missing);
    for name in [TOPIC, "org-logs"] {
        let reason = reason(world.clone(), json!({ "SnsTopicName": name })).await;
        let expected =
            ["InsufficientSnsTopicPolicy", CLOUDTRAIL, TOPIC, "aws:SourceArn", TRAIL_ARN];
        assert_mentions(&reason, &expected);
        assert_mentions(&reason.to_lowercase(), &["sns:publish"]);
    }
}

#[tokio::test]
async fn the_log_group_or_its_role_is_unusable() {
    let logs = json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP, "CloudWatchLogsRoleArn": LOG_ROLE });
    let untrusting = ready().with(|world| world.roles[0].trust = Policy::Missing);
    let about_the_role = reason(untrusting, logs.clone()).await;
    assert_mentions(&about_the_role, &[LOG_ROLE, "sts:AssumeRole", CLOUDTRAIL]);

    let powerless = ready().with(|world| world.roles[0].permissions = Policy::Missing);
    let absent = ready().with(|world| world.log_groups.clear());
    for world in [powerless, absent] {
        let about_the_group = reason(world, logs.clone()).await;
        let expected = [
            LOG_GROUP,
            LOG_ROLE,
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "o-exampleorg1_",
            "111111111111_CloudTrail_",
        ];
        assert_mentions(&about_the_group, &expected);
    }
}

#[tokio::test]
async fn there_are_five_trails_already() {
    let world = (1..=5).fold(ready(), |world, number| {
        world.with_trail(Trail::organization(&format!("trail{number}")).in_region("eu-west-1"))
    });
    let reason = reason(world, json!({})).await;
    assert_mentions(&reason, &["five trails", "eu-west-1", "MaximumNumberOfTrailsExceeded"]);
}

#[tokio::test]
async fn the_service_linked_role_is_missing() {
    // The delegated administrator was registered through Organizations, which creates no roles.
    let world = ready().with_delegated_administrator(CLOUDTRAIL, "222222222222");
    let reason = reason(world.called_by("222222222222"), json!({})).await;
    let expected = ["AWSServiceRoleForCloudTrail", "create-service-linked-role", CLOUDTRAIL];
    assert_mentions(&reason, &expected);
}

#[tokio::test]
async fn an_iam_permission_is_missing() {
    for action in ["cloudtrail:CreateTrail", "cloudtrail:StartLogging"] {
        let reason = reason(ready().denying(action), json!({})).await;
        assert_mentions(&reason, &[action, "AccessDenied", TRAIL_ARN]);
    }
    for action in
        ["iam:CreateServiceLinkedRole", "organizations:ListAWSServiceAccessForOrganization"]
    {
        let reason = reason(ready().denying(action), json!({})).await;
        assert_mentions(&reason, &[action]);
    }
}

#[tokio::test]
async fn a_policy_of_another_kind_denies_the_call() {
    let action = "cloudtrail:CreateTrail";
    for (denial, part) in [
        ("with an explicit deny in a service control policy", "service control policy"),
        ("with an explicit deny in a resource control policy", "resource control policy"),
        ("with an explicit deny in a permissions boundary", "permissions boundary"),
        ("with an explicit deny in a session policy", "session policy"),
        ("with an explicit deny in a VPC endpoint policy", "VPC endpoint"),
    ] {
        let reason = reason(ready().denying_with(action, denial), json!({})).await;
        assert_mentions(&reason, &[action, denial, part, "Deny statement"]);
        assert!(!reason.contains("Allow "), "{reason}");
    }
    let implicit = "because no permissions boundary allows the {action} action";
    let reason = reason(ready().denying_with(action, implicit), json!({})).await;
    assert_mentions(&reason, &["Allow cloudtrail:CreateTrail in the permissions boundary"]);
}

#[tokio::test]
async fn the_region_lacks_a_feature_of_the_template() {
    let data_events = json!([{
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }],
    }]);
    let insights = json!([{ "InsightType": "ApiCallRateInsight" }]);
    let aggregation = json!([{ "EventCategory": "Data", "Templates": ["API_ACTIVITY"] }]);
    for (operation, properties, part) in [
        ("PutInsightSelectors", json!({ "InsightSelectors": insights }), "Remove InsightSelectors"),
        (
            "PutEventConfiguration",
            json!({ "EventSelectors": data_events, "AggregationConfigurations": aggregation }),
            "Remove AggregationConfigurations",
        ),
    ] {
        let reason = reason(ready().not_offering(&[operation]), properties).await;
        assert_mentions(&reason, &[operation, "eu-west-1", part]);
    }
}

#[tokio::test]
async fn the_region_is_not_enabled() {
    let mut world = ready();
    world.disabled_regions.insert("ap-southeast-2".to_owned());
    let reason = reason(world, json!({ "HomeRegion": "ap-southeast-2" })).await;
    assert_mentions(&reason, &["UnrecognizedClient", "Enable ap-southeast-2", "HomeRegion"]);
}

#[tokio::test]
async fn the_trail_has_too_many_tags() {
    let tags: Vec<_> = (0..50).map(|n| json!({ "Key": format!("k{n}"), "Value": "v" })).collect();
    let reason = reason(ready(), json!({ "Tags": tags })).await;
    assert_mentions(&reason, &["Tags", "50"]);
}

#[tokio::test]
async fn the_essence_comes_first() {
    let worlds = [
        (ready().with_bucket_policy(Policy::Missing), "bucket policy"),
        (ready().denying("cloudtrail:CreateTrail"), "allowed"),
        (World::organization().with_bucket_policy(Policy::AllowsEverything), "trusted access"),
    ];
    for (world, essence) in worlds {
        let reason = reason(world, json!({})).await;
        let start: String = reason.chars().take(200).collect();
        assert_mentions(&start, &["CreateTrail", TRAIL_ARN, essence]);
    }
}
