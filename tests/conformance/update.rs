//! Cases 27 to 37: an Update in place, an Update that replaces the trail, and failed Updates.

use serde_json::{Value, json};
use simulator::{
    aws::{Fault, World},
    cloudformation::Response,
};

use crate::support::{
    OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN, assert_mentions, ready, unowned,
};

const RENAMED_ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/renamed";

/// A scene after a Create, and the response to that Create.
async fn created() -> (Scene, Response) {
    let scene = Scene::ready().await;
    let response = scene.succeed(&scene.create(OrgTrail)).await;
    scene.aws.forget_calls();
    (scene, response)
}

#[tokio::test]
async fn case_27_unchanged_update_makes_no_mutating_call() {
    let (scene, created) = created().await;
    let unchanged = scene.update(OrgTrail);
    let other_timeout =
        scene.update(OrgTrail).with("ServiceTimeout", "600").property("ServiceTimeout", "600");
    for event in [unchanged, other_timeout] {
        let response = scene.succeed(&event).await;
        assert_eq!(response.physical_id(), TRAIL_ARN);
        assert_eq!(response.json()["Data"], created.json()["Data"]);
    }
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_28_mutable_property_changes_in_place() {
    let (scene, _) = created().await;
    let event = scene.update(OrgTrail).property("S3KeyPrefix", "organization");
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(response.attribute("LogPrefix"), Some("organization/AWSLogs/o-exampleorg1/"));
    assert_eq!(scene.mutations(), ["UpdateTrail"]);
    assert_eq!(scene.org_trail().s3_key_prefix.as_deref(), Some("organization"));
}

/// The old trail stays unchanged.
#[tokio::test]
async fn case_29_identity_property_creates_a_replacement() {
    let (scene, _) = created().await;
    let before = format!("{:?}", scene.org_trail());
    let response = scene.succeed(&scene.update(OrgTrail).property("TrailName", "renamed")).await;
    assert_eq!(response.physical_id(), RENAMED_ARN);
    assert_eq!(response.attribute("TrailName"), Some("renamed"));
    // A multi-Region trail takes its name in every Region, so both change.
    let moved = scene
        .update(OrgTrail)
        .property("TrailName", "moved")
        .property("HomeRegion", "eu-central-1");
    let moved_arn = "arn:aws:cloudtrail:eu-central-1:111111111111:trail/moved";
    assert_eq!(scene.succeed(&moved).await.physical_id(), moved_arn);
    assert_eq!(scene.trail_names(), ["moved", "org-trail", "renamed"]);
    assert_eq!(format!("{:?}", scene.org_trail()), before);

    let scene = Scene::of(World::organization()).await;
    scene.succeed(&scene.create(OrgTrustedAccess)).await;
    let event = scene.update(OrgTrustedAccess).property("ServicePrincipal", "sso.amazonaws.com");
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), "trusted-access/sso.amazonaws.com/enabled");
    assert!(scene.trusts("cloudtrail.amazonaws.com") && scene.trusts("sso.amazonaws.com"));
}

#[tokio::test]
async fn case_30_delete_after_replacement_removes_the_old_resource() {
    let (scene, _) = created().await;
    scene.succeed(&scene.update(OrgTrail).property("TrailName", "renamed")).await;
    let renamed = format!("{:?}", scene.trail(RENAMED_ARN));
    let response = scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), ["renamed"]);
    assert_eq!(format!("{:?}", scene.trail(RENAMED_ARN)), renamed);
}

/// Sends an Update that changes the prefix and then fails, because CloudTrail rejects its selectors.
async fn failed_update(scene: &Scene) -> Response {
    let fault = Fault::error("InvalidEventSelectorsException", "these selectors are not valid");
    scene.aws.inject("PutEventSelectors", 1, fault);
    let event = scene
        .update(OrgTrail)
        .property("S3KeyPrefix", "organization")
        .property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]));
    scene.fail(&event).await
}

#[tokio::test]
async fn case_31_failed_update_returns_the_current_id() {
    let (scene, _) = created().await;
    let response = failed_update(&scene).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["these selectors are not valid"]);
    assert!(scene.trail(TRAIL_ARN).is_some());
}

/// No new trail remains, unless the cleanup fails too.
#[tokio::test]
async fn case_32_failed_replacement_returns_the_current_id() {
    let (scene, _) = created().await;
    scene.aws.world(|world| world.denied_actions.insert("cloudtrail:CreateTrail".to_owned()));
    let event = scene.update(OrgTrail).property("TrailName", "renamed");
    assert_eq!(scene.fail_soon(&event).await.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), ["org-trail"]);

    scene.aws.world(|world| world.denied_actions.clear());
    let fault = Fault::error("InvalidEventSelectorsException", "these selectors are not valid");
    scene.aws.inject("PutEventSelectors", 1.., fault);
    let event = scene
        .update(OrgTrail)
        .property("TrailName", "renamed")
        .property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]));
    assert_eq!(scene.fail(&event).await.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), ["org-trail"], "the incomplete replacement is removed");

    // Even if the cleanup fails: another ID would mean a replacement to CloudFormation.
    scene.aws.world(|world| world.denied_actions.insert("cloudtrail:DeleteTrail".to_owned()));
    let again = event.response_url(&scene.endpoint.url());
    assert_eq!(scene.fail_soon(&again).await.physical_id(), TRAIL_ARN);
}

#[tokio::test]
async fn case_33_rollback_restores_the_previous_settings() {
    let (scene, _) = created().await;
    let before = scene.org_trail();
    failed_update(&scene).await;
    assert_ne!(scene.org_trail().s3_key_prefix, before.s3_key_prefix, "the Update changed a part");
    let rollback = scene
        .update(OrgTrail)
        .old_property("S3KeyPrefix", "organization")
        .old_property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]));
    assert_eq!(scene.succeed(&rollback).await.physical_id(), TRAIL_ARN);
    assert_eq!(format!("{:?}", scene.org_trail()), format!("{before:?}"));
}

#[tokio::test]
async fn case_34_update_recreates_a_missing_trail() {
    let (scene, _) = created().await;
    scene.aws.world(|world| world.trails.clear());
    let response = scene.succeed(&scene.update(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(response.attribute("IsLogging"), Some("true"));
    assert!(scene.org_trail().is_logging);
}

#[tokio::test]
async fn case_35_old_properties_never_fail_an_update() {
    let (scene, _) = created().await;
    let old = [
        Value::Null,
        json!("garbage"),
        json!([1, 2]),
        json!({}),
        json!({ "BucketNameOfVersion1": "x", "TrailName": ["org-trail"], "Tags": "none" }),
        json!({ "TrailName": "org-trail", "Tags": [{ "Key": 5 }, "x", { "Value": "v" }] }),
    ];
    for old in old {
        let event = scene.update(OrgTrail).with("OldResourceProperties", old);
        assert_eq!(scene.succeed(&event).await.physical_id(), TRAIL_ARN);
        let event = scene.update(OrgTrustedAccess).with("OldResourceProperties", json!("garbage"));
        scene.succeed(&event).await;
    }
    let event = scene.update(OrgTrail).without("OldResourceProperties");
    assert_eq!(scene.succeed(&event).await.physical_id(), TRAIL_ARN);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_36_failed_update_without_an_id_returns_one() {
    let (scene, _) = created().await;
    for event in [
        scene.update(OrgTrail).without("PhysicalResourceId"),
        scene.update(OrgTrail).with("PhysicalResourceId", ""),
        scene.update(OrgTrail).with("PhysicalResourceId", Value::Null),
        scene.update(OrgTrustedAccess).without("PhysicalResourceId"),
    ] {
        // `fail` also checks that the response contains an ID.
        let response = scene.fail(&event).await;
        assert_mentions(response.reason(), &["PhysicalResourceId"]);
    }
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_37_update_of_the_sentinel_creates_the_trail() {
    let scene = Scene::ready().await;
    let event = scene.update(OrgTrail).with("PhysicalResourceId", SENTINEL);
    assert_eq!(scene.succeed(&event).await.physical_id(), TRAIL_ARN);
    assert!(scene.org_trail().is_logging);

    let scene = Scene::of(World::organization()).await;
    let event = scene.update(OrgTrustedAccess).with("PhysicalResourceId", SENTINEL);
    let id = "trusted-access/cloudtrail.amazonaws.com/enabled";
    assert_eq!(scene.succeed(&event).await.physical_id(), id);

    let scene = Scene::of(ready().with_trail(unowned())).await;
    let event = scene.update(OrgTrail).with("PhysicalResourceId", SENTINEL);
    assert_eq!(scene.fail(&event).await.physical_id(), SENTINEL);
}
