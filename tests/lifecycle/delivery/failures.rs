//! The gate stays closed, and says why and what to do.

use serde_json::{Value, json};
use simulator::aws::{Bucket, Delivery, Fault, Objects, Policy, Timestamp, Trail, World, log_file};

use super::{
    ELSEWHERE, MANAGEMENT, ORGANIZATION, PATIENT, READER, SANDBOX, SECURITY, all_logs, awaiting,
    closed, count, create, delivered, delivering, just_started, log_of, organization_logs, private,
};
use crate::support::{
    ACCOUNTS, AMPLE, BRIEF, BUCKET, CLOUDTRAIL, KEY, LOG_GROUP, LOG_ROLE, OrgTrailDelivery, REGION,
    SENTINEL, Scene, TOPIC, TRAIL_ARN, assert_mentions, ready, unowned, waiting_for,
};

#[tokio::test]
async fn the_reason_names_missing_logs_and_their_checks() {
    let reason = closed(awaiting([]), waiting_for("First")).await;
    let expected = [TRAIL_ARN, "s3://org-logs-example/AWSLogs/o-exampleorg1/", REGION];
    assert_mentions(&reason, &expected);
    assert_mentions(&reason, &["Check", "logs", "ServiceTimeout"]);
}

#[tokio::test]
async fn many_missing_accounts_are_counted_and_partly_named() {
    let except = organization_logs(&[REGION]);
    let missing: Vec<String> = (1..=12).map(|n| format!("5000000000{n:02}")).collect();
    let logs = missing.iter().fold(except, |logs, id| logs.except(id));
    let world = delivered(Objects::of_organization(logs)).with_accounts_up_to(40);
    let reason = closed(world, waiting_for("All")).await;
    assert_mentions(&reason, &["500000000001", "500000000002", "12 of 40"]);
    assert!(!reason.contains("500000000012"), "{reason}");
    let essence: String = reason.chars().take(400).collect();
    assert_mentions(&essence, &[TRAIL_ARN, "500000000001"]);
}

#[tokio::test]
async fn a_timeout_during_a_check_names_missing_accounts() {
    let most = ["111111111111", "222222222222", "333333333333"];
    let delivery = Delivery::of_log_files(&most, &[REGION]);
    let scene = Scene::of(awaiting([delivery])).await;
    scene.aws.inject("GetTrailStatus", 2.., Fault::Hang);
    let response = create(&scene, BRIEF, waiting_for("All")).await;
    assert!(!response.is_success());
    assert_mentions(response.reason(), &[SANDBOX, "1 of 4", "ServiceTimeout"]);
}

#[tokio::test]
async fn a_part_of_the_logs_is_not_enough() {
    let most = ["111111111111", "222222222222", "333333333333"];
    let delivery = Delivery::of_log_files(&most, &[REGION]);
    let reason = closed(awaiting([delivery]), waiting_for("All")).await;
    assert_mentions(&reason, &[SANDBOX, "1 of 4"]);
}

/// Creates a gate in front of a trail with this error, which must fail at once, because the trail
/// has just started to log.
async fn at_once(world: World) -> String {
    fails_at_once(just_started(world), waiting_for("All")).await
}

/// Creates a gate that must not wait, and gives the reason.
pub(super) async fn fails_at_once(world: World, properties: Value) -> String {
    let scene = Scene::of(world).await;
    let response = create(&scene, AMPLE, properties).await;
    assert!(!response.is_success(), "opened");
    assert_eq!(response.physical_id(), SENTINEL);
    assert_eq!(count(&scene, "GetTrailStatus"), 1);
    response.reason().to_owned()
}

#[tokio::test]
async fn a_bucket_policy_without_cloudtrail_fails_at_once() {
    let reason = at_once(awaiting([Delivery::refused("AccessDenied")])).await;
    let logs = format!("arn:aws:s3:::{BUCKET}/AWSLogs");
    let expected = [
        "AccessDenied",
        TRAIL_ARN,
        "bucket policy",
        CLOUDTRAIL,
        "s3:PutObject",
        &format!("{logs}/{ORGANIZATION}/*"),
        "bucket-owner-full-control",
        "aws:SourceArn",
    ];
    assert_mentions(&reason, &expected);
    let essence: String = reason.chars().take(200).collect();
    assert_mentions(&essence, &["AccessDenied", BUCKET]);
}

#[tokio::test]
async fn a_delivery_error_during_a_listing_is_reported() {
    let deliveries =
        [Delivery::of_log_files(&ACCOUNTS, &[REGION]), Delivery::refused("NoSuchBucket").after(1)];
    let scene = Scene::of(just_started(awaiting(deliveries))).await;
    scene.aws.inject("ListObjectsV2", 1.., Fault::Hang);
    let event = scene.create(OrgTrailDelivery).properties(waiting_for("All"));
    let response = scene.send_within(AMPLE, &event).await;
    assert!(!response.is_success());
    assert_mentions(response.reason(), &["NoSuchBucket", BUCKET]);
}

#[tokio::test]
async fn an_unusable_key_fails_at_once() {
    for code in ["KMS.DisabledException", "KMS.NotFoundException", "AccessDenied"] {
        let trail = Trail {
            kms_key_id: Some(KEY.to_owned()),
            ..unowned().with_delivery(Delivery::refused(code))
        };
        let reason = at_once(ready().with_trail(trail)).await;
        let expected = [code, KEY, "key policy", "kms:GenerateDataKey*", CLOUDTRAIL];
        assert_mentions(&reason, &expected);
    }
}

#[tokio::test]
async fn the_key_of_the_bucket_has_a_cure() {
    let world = awaiting([Delivery::refused("KMS.DisabledException")]);
    let reason = at_once(world).await;
    assert_mentions(&reason, &["KMS.DisabledException", BUCKET, "key"]);
    let cure = reason.split_once("(KMS.DisabledException)");
    let (_, cure) = cure.expect("the code is in brackets");
    assert_mentions(cure, &["key"]);
}

#[tokio::test]
async fn a_deleted_bucket_fails_at_once() {
    let world = awaiting([Delivery::of_log_files(&ACCOUNTS, &[REGION])]);
    let reason = at_once(world.with(|world| world.buckets.clear())).await;
    assert_mentions(&reason, &["NoSuchBucket", BUCKET, TRAIL_ARN, "S3BucketName"]);
}

#[tokio::test]
async fn unusable_topics_and_log_groups_fail_at_once() {
    let trail = Trail {
        sns_topic_arn: Some(TOPIC.to_owned()),
        latest_notification_error: Some("AuthorizationError".to_owned()),
        ..delivering()
    };
    let world = delivered(all_logs());
    let about_topic = World { trails: vec![trail], ..world.clone() };
    let reason = at_once(about_topic).await;
    let expected = ["AuthorizationError", TOPIC, CLOUDTRAIL, "topic policy"];
    assert_mentions(&reason, &expected);
    assert_mentions(&reason.to_lowercase(), &["sns:publish"]);

    let trail = Trail {
        cloud_watch_logs_log_group_arn: Some(format!("{LOG_GROUP}:*")),
        cloud_watch_logs_role_arn: Some(LOG_ROLE.to_owned()),
        latest_cloud_watch_logs_delivery_error: Some("Access denied".to_owned()),
        ..delivering()
    };
    let about_group = World { trails: vec![trail], ..world };
    let reason = at_once(about_group).await;
    let expected = ["Access denied", LOG_GROUP, LOG_ROLE, "logs:PutLogEvents"];
    assert_mentions(&reason, &expected);
}

#[tokio::test]
async fn a_delivery_error_ends_the_wait() {
    let world = just_started(awaiting([Delivery::refused("AccessDenied").after(1)]));
    let scene = Scene::of(world).await;
    let response = create(&scene, PATIENT, waiting_for("First")).await;
    assert!(!response.is_success(), "opened");
    assert_mentions(response.reason(), &["AccessDenied", "bucket policy"]);
    assert_eq!(count(&scene, "GetTrailStatus"), 2);
}

#[tokio::test]
async fn a_missing_trail_fails_at_once() {
    let reason = closed(ready(), waiting_for("First")).await;
    assert_mentions(&reason, &["does not exist", TRAIL_ARN, "Custom::OrgTrail"]);
    let scene = Scene::of(awaiting([])).await;
    scene.aws.before("GetTrailStatus", 2, |world| world.trails.clear());
    let response = create(&scene, PATIENT, waiting_for("First")).await;
    assert_mentions(response.reason(), &["does not exist", TRAIL_ARN]);
    assert_eq!(count(&scene, "GetTrailStatus"), 2);
}

#[tokio::test]
async fn an_account_trail_has_no_organization_logs() {
    let world = ready().with_trail(delivering().not_organization());
    let own = log_file(None, None, MANAGEMENT, REGION, Timestamp::system());
    let world = world.with_objects(BUCKET, Objects::of_keys([own, log_of(SECURITY, REGION)]));
    let reason = closed(world, waiting_for("First")).await;
    assert_mentions(&reason, &[TRAIL_ARN, "organization trail"]);
}

/// A report succeeds whatever it finds, but it needs valid properties. `tests/schemas/properties.rs`
/// has all refused values.
#[tokio::test]
async fn invalid_properties_are_refused_before_any_call() {
    let refused = [json!({}), json!({ "TrailArn": "org-trail", "Mode": "Report" })];
    let scene = Scene::of(delivered(all_logs())).await;
    for properties in refused {
        let event = scene.create(OrgTrailDelivery).properties(properties);
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &["TrailArn"]);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_denied_bucket_listing_has_a_cure() {
    let denied = delivered(all_logs()).denying("s3:ListBucket");
    for world in [private(), denied] {
        let reason = closed(world, waiting_for("All")).await;
        let expected = ["s3:ListBucket", BUCKET, "AccessDenied", "LogBucketRoleArn"];
        assert_mentions(&reason, &expected);
        assert_mentions(&reason, &["bucket policy"]);
    }
}

#[tokio::test]
async fn a_denied_role_has_a_cure() {
    let scene = Scene::with_variables(private(), &[("LOG_BUCKET_ROLE_ARN", READER)]).await;
    let response = create(&scene, BRIEF, waiting_for("All")).await;
    assert!(!response.is_success(), "opened");
    assert_mentions(response.reason(), &[READER, "trust policy", "sts:AssumeRole"]);
    let wrong_name = "MANAGEMENT_ROLE";
    assert!(!response.reason().contains(wrong_name), "{}", response.reason());
}

#[tokio::test]
async fn a_denied_account_listing_has_a_cure() {
    let world = delivered(all_logs()).denying("organizations:ListAccounts");
    let reason = closed(world, waiting_for("All")).await;
    assert_mentions(&reason, &["organizations:ListAccounts", "AccessDenied"]);
}

#[tokio::test]
async fn a_listing_that_is_refused_later_fails_then() {
    let scene = Scene::of(awaiting([])).await;
    scene.aws.before("GetTrailStatus", 2, |world| {
        let policy = Policy::Missing;
        let bucket = Bucket { policy, ..Bucket::open(REGION) };
        world.buckets.insert(BUCKET.to_owned(), bucket);
        let now = world.now;
        world.trails[0].latest_delivery_time = Some(now);
    });
    let properties: Value = json!({ "TrailArn": TRAIL_ARN, "Regions": [ELSEWHERE] });
    let response = create(&scene, PATIENT, properties).await;
    assert!(!response.is_success(), "opened");
    assert_mentions(response.reason(), &["s3:ListBucket", "AccessDenied"]);
}
