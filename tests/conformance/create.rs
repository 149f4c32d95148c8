//! Cases 1 to 8: the response to a Create, and its effect on AWS.

use serde_json::json;
use simulator::{
    aws::{Fault, Trail},
    cloudformation::Event,
};

use crate::support::{
    AMPLE, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN, assert_mentions, ours,
    owned_by_another_stack, ready, unowned,
};

#[tokio::test]
async fn case_01_create_returns_stable_id_and_all_attributes() {
    let scene = Scene::ready().await;
    let response = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(response.json().get("Reason"), None);
    let attributes = [
        ("Adopted", "false"),
        ("Arn", TRAIL_ARN),
        ("HomeRegion", "eu-west-1"),
        ("IsLogging", "true"),
        ("IsMultiRegionTrail", "true"),
        ("KmsKeyArn", ""),
        ("LogFileValidationEnabled", "true"),
        ("LogPrefix", "AWSLogs/o-exampleorg1/"),
        ("ManagementAccountId", "111111111111"),
        ("OrganizationId", "o-exampleorg1"),
        ("OtherOrganizationTrails", ""),
        ("S3BucketName", "org-logs-example"),
        ("SnsTopicArn", ""),
        ("TrailName", "org-trail"),
    ];
    assert_eq!(response.json()["Data"], json!(std::collections::BTreeMap::from(attributes)));

    let response = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.physical_id(), "trusted-access/cloudtrail.amazonaws.com/preexisting");
    let names =
        ["DateEnabled", "ManagementAccountId", "OrganizationId", "Preexisting", "ServicePrincipal"];
    assert_eq!(response.attribute_names(), names);
}

/// The second Create makes no change.
#[tokio::test]
async fn case_02_repeated_create_converges_on_the_same_id() {
    let scene = Scene::of(simulator::aws::World::organization()).await;
    let access = scene.create(OrgTrustedAccess);
    let first = scene.succeed(&access).await;
    scene.aws.forget_calls();
    let second = scene.send_again(AMPLE, &access).await;
    assert_eq!(second.json(), first.json());
    assert_eq!(scene.mutations(), Vec::<String>::new());

    let scene = Scene::ready().await;
    let trail = scene.create(OrgTrail);
    let first = scene.succeed(&trail).await;
    scene.aws.forget_calls();
    let second = scene.send_again(AMPLE, &trail).await;
    assert_eq!(second.json(), first.json());
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_03_create_accepts_a_trail_with_own_tags() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let response = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(response.attribute("Adopted"), Some("false"));
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

/// The Create fails, and the reason contains the owner.
#[tokio::test]
async fn case_04_create_leaves_trails_of_other_owners_unchanged() {
    for (trail, owner) in [(unowned(), "org-trail"), (owned_by_another_stack(), "other-stack")] {
        let scene = Scene::of(ready().with_trail(trail)).await;
        let before = scene.org_trail();
        let response = scene.fail(&scene.create(OrgTrail)).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &["already", "org-trail", owner, "ExistingTrail"]);
        assert_eq!(format!("{:?}", scene.org_trail()), format!("{before:?}"));
    }
}

#[tokio::test]
async fn case_05_create_without_effect_returns_the_sentinel() {
    let scene = Scene::of(ready().denying("cloudtrail:CreateTrail")).await;
    let response = scene.fail_soon(&scene.create(OrgTrail)).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_eq!(scene.trail_names(), Vec::<String>::new());

    let scene = Scene::of(ready().denying("organizations:EnableAWSServiceAccess")).await;
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", "sso.amazonaws.com");
    let response = scene.fail_soon(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
}

/// A Create that fails permanently after CreateTrail succeeded.
fn failing_halfway(scene: &Scene) -> Event {
    let fault = Fault::error("InvalidEventSelectorsException", "these selectors are not valid");
    scene.aws.inject("PutEventSelectors", 1.., fault);
    scene.create(OrgTrail).property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]))
}

#[tokio::test]
async fn case_06_failed_create_cleans_up_and_returns_the_sentinel() {
    let scene = Scene::ready().await;
    let response = scene.fail(&failing_halfway(&scene)).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &["PutEventSelectors", "these selectors are not valid"]);
    assert!(scene.mutations().contains(&"CreateTrail".to_owned()), "{:?}", scene.mutations());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

/// With the ARN, the Delete of the rollback removes the trail.
#[tokio::test]
async fn case_07_create_that_cannot_clean_up_returns_arn() {
    let scene = Scene::of(ready().denying("cloudtrail:DeleteTrail")).await;
    let response = scene.fail_soon(&failing_halfway(&scene)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["these selectors are not valid"]);
    scene.aws.world(|world| world.denied_actions.clear());
    scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_08_create_ignores_a_physical_id() {
    let other = Trail::organization("other").in_region("eu-west-1");
    let other_arn = other.arn();
    let scene = Scene::of(ready().with_trail(other)).await;
    let event = scene.create(OrgTrail).with("PhysicalResourceId", other_arn);
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), ["org-trail", "other"]);
}
