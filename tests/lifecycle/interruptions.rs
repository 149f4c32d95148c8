//! Failures of AWS and the network, and events of CloudFormation, in the middle of a request.

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::aws::{Fault, Propagation, Trail, World};

use crate::support::{
    BRIEF, BUCKET, CLOUDTRAIL, KEY, LOG_GROUP, LOG_ROLE, OrgTrail, OrgTrustedAccess, SENTINEL,
    Scene, TOPIC, TRAIL_ARN, assert_mentions, ours, ready, trail_properties, unowned,
};

/// Selectors that make Create call PutEventSelectors.
fn with_selectors() -> Value {
    trail_properties(json!({
        "EventSelectors": [{ "ReadWriteType": "WriteOnly" }],
    }))
}

fn refused_selectors() -> Fault {
    Fault::error("InvalidEventSelectorsException", "these selectors are not valid")
}

#[tokio::test]
async fn a_failed_create_never_deletes_an_existing_trail() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let response = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_mentions(response.reason(), &["these selectors are not valid"]);
    assert!(scene.org_trail().is_logging);
}

/// A call took effect, but its response was lost.
#[tokio::test]
async fn a_failed_adoption_restores_changes_with_lost_responses() {
    for (operation, property) in [
        ("UpdateTrail", json!({ "S3KeyPrefix": "audit" })),
        ("StopLogging", json!({ "IsLogging": false })),
    ] {
        let scene = Scene::of(ready().with_trail(unowned())).await;
        let before = scene.org_trail();
        scene.aws.inject(operation, 1..=50, Fault::LostResponse);
        let event = scene
            .create(OrgTrail)
            .properties(trail_properties(property))
            .property("ExistingTrail", "Adopt");
        let response = scene.fail_soon(&event).await;
        let after = scene.org_trail();
        assert!(!response.is_success(), "{operation}");
        if operation == "StopLogging" {
            assert_eq!(response.physical_id(), SENTINEL);
            assert_eq!((after.is_logging, after.tags), (true, before.tags));
        } else {
            // The response to the rollback step was lost too: CloudFormation's Delete releases the trail.
            assert_eq!(response.physical_id(), TRAIL_ARN);
            scene.succeed(&scene.delete(OrgTrail)).await;
            assert!(scene.org_trail().is_logging && scene.org_trail().tags == before.tags);
        }
    }
}

/// An interrupted delivery of the same Create left the trail.
#[tokio::test]
async fn a_failed_create_removes_its_earlier_incomplete_trail() {
    let half_made = Trail { is_logging: false, start_logging_time: None, ..ours() };
    let scene = Scene::of(ready().with_trail(half_made)).await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let response = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

/// The function keeps a part of its time for the removal of the trail.
#[tokio::test]
async fn a_create_cleans_up_after_its_timeout() {
    let hanging: [(&[&str], &str); 3] = [
        (&["CreateTrail"], SENTINEL),
        (&["PutEventSelectors"], SENTINEL),
        (&["PutEventSelectors", "DeleteTrail"], TRAIL_ARN),
    ];
    join_all(hanging.map(async |(operations, id)| {
        let scene = Scene::ready().await;
        for operation in operations {
            scene.aws.inject(operation, 1.., Fault::Hang);
        }
        let event = scene.create(OrgTrail).properties(with_selectors());
        assert_eq!(scene.fail_soon(&event).await.physical_id(), id, "{operations:?}");
        assert_eq!(scene.trail(TRAIL_ARN).is_some(), id == TRAIL_ARN, "{operations:?}");
    }))
    .await;
}

/// Makes one thing take a few looks before it is seen.
type Delay = fn(&mut Propagation);

#[tokio::test]
async fn what_was_only_just_arranged_is_waited_for() {
    let delays: [(&str, Delay); 6] = [
        ("trusted access", |p| p.trusted_access = 2),
        ("bucket policy", |p| p.bucket_policy = 2),
        ("key policy", |p| p.key_policy = 2),
        ("topic policy", |p| p.topic_policy = 2),
        ("role", |p| p.log_role = 2),
        ("log group", |p| p.log_group = 2),
    ];
    let properties = trail_properties(json!({
        "KMSKeyId": KEY,
        "SnsTopicName": TOPIC,
        "CloudWatchLogsLogGroupArn": LOG_GROUP,
        "CloudWatchLogsRoleArn": LOG_ROLE,
    }));
    join_all(delays.map(async |(what, delay)| {
        let scene = Scene::of(ready().with_propagation(delay)).await;
        let event = scene.create(OrgTrail).properties(properties.clone());
        let response = scene.send(&event).await;
        assert!(response.is_success(), "{what}: {}", response.reason());
    }))
    .await;
}

#[tokio::test]
async fn create_waits_for_a_trail_to_become_visible() {
    let scene = Scene::of(ready().with_propagation(|p| p.new_trail = 2)).await;
    let response = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert!(scene.org_trail().is_logging);
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

#[tokio::test]
async fn create_waits_for_a_bucket_or_names_it() {
    let mut world = ready();
    let bucket = world.buckets.remove(BUCKET).expect("the bucket");
    let scene = Scene::of(world.clone()).await;
    scene.aws.before("CreateTrail", 2, move |world| {
        world.buckets.insert(BUCKET.to_owned(), bucket);
    });
    scene.succeed(&scene.create(OrgTrail)).await;

    let scene = Scene::of(world).await;
    let response = scene.send_within(BRIEF, &scene.create(OrgTrail)).await;
    assert!(!response.is_success());
    assert_mentions(response.reason(), &[BUCKET, "S3BucketDoesNotExist"]);
}

#[tokio::test]
async fn create_waits_until_trusted_access_is_listed() {
    let world = World::organization()
        .with_propagation(|propagation| propagation.trusted_access_listing = 1);
    let scene = Scene::of(world).await;
    let response = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.attribute("ServicePrincipal"), Some(CLOUDTRAIL));
    assert!(response.attribute("DateEnabled").is_some_and(|date| !date.is_empty()));
}
