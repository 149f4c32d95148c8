//! Another name or another home Region is another trail: created first, and the old one is
//! CloudFormation's to delete.

use simulator::aws::Trail;

use crate::support::{
    BRIEF, GENERATED, OrgTrail, REGION, Scene, TRAIL_ARN, assert_mentions, assert_same, ready,
};

#[tokio::test]
async fn a_rollback_of_a_rename_keeps_the_trail() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let before = scene.org_trail();
    let renamed = scene.succeed(&scene.update(OrgTrail).property("TrailName", "renamed")).await;
    // Another resource of the stack fails now, so that the clean-up never comes.
    let rollback = scene
        .update(OrgTrail)
        .with("PhysicalResourceId", renamed.physical_id())
        .old_property("TrailName", "renamed");
    assert_eq!(scene.succeed(&rollback).await.physical_id(), TRAIL_ARN);
    let delete = scene
        .delete(OrgTrail)
        .with("PhysicalResourceId", renamed.physical_id())
        .property("TrailName", "renamed");
    scene.succeed(&delete).await;
    assert_eq!(scene.trail_names(), ["org-trail"]);
    assert_same(scene.org_trail(), before, "after the rollback");
}

/// CloudFormation generates an ID for a Create without a response.
#[tokio::test]
async fn a_generated_id_is_kept_until_a_replacement() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let update = scene.update(OrgTrail).with("PhysicalResourceId", GENERATED);
    let response = scene.succeed(&update.clone().property("S3KeyPrefix", "organization")).await;
    assert_eq!(response.physical_id(), GENERATED);
    assert_eq!(response.attribute("Arn"), Some(TRAIL_ARN));
    let rename = update.property("TrailName", "renamed").response_url(&scene.endpoint.url());
    let renamed = scene.succeed(&rename).await;
    assert_eq!(renamed.physical_id(), renamed.attribute("Arn").unwrap_or_default());
    let delete = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
    scene.succeed(&delete).await;
    assert_eq!(scene.trail_names(), ["renamed"]);
}

/// The reason says why, and that the trail needs another name.
#[tokio::test]
async fn a_multi_region_trail_cannot_only_move() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let event = scene.update(OrgTrail).property("HomeRegion", "eu-central-1");
    let response = scene.send_within(BRIEF, &event).await;
    assert!(!response.is_success());
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["HomeRegion", "TrailName", "eu-central-1"]);
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

#[tokio::test]
async fn a_rename_to_a_taken_name_needs_adoption() {
    let taken = Trail::organization("renamed").in_region(REGION);
    let arn = taken.arn();
    let scene = Scene::of(ready().with_trail(taken)).await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let rename = scene.update(OrgTrail).property("TrailName", "renamed");
    let response = scene.fail(&rename).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["renamed", "ExistingTrail"]);
    assert_eq!(scene.trail(&arn).expect("untouched").tags.len(), 0);

    let adopt = rename.property("ExistingTrail", "Adopt").response_url(&scene.endpoint.url());
    let response = scene.succeed(&adopt).await;
    assert_eq!(response.physical_id(), arn);
    assert_eq!(response.attribute("Adopted"), Some("true"));
}
