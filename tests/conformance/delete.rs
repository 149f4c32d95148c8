//! Cases 38 to 47: Delete removes only what the resource owns, and rarely fails.

use serde_json::{Value, json};
use simulator::{aws::Fault, lambda::Invocation};

use crate::support::{
    AMPLE, BRIEF, GENERATED, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN,
    assert_mentions, ours, owned_by_another_stack, ready, unowned,
};

#[tokio::test]
async fn case_38_delete_removes_the_trail_and_keeps_id() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let response = scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_39_delete_of_a_missing_trail_succeeds() {
    let scene = Scene::ready().await;
    let response = scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_40_repeated_and_concurrent_deletes_succeed() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene.delete(OrgTrail);
    scene.succeed(&event).await;
    assert!(scene.send_again(AMPLE, &event).await.is_success());

    let scene = Scene::of(ready().with_trail(ours())).await;
    let other = scene.another_function().await;
    let (one, another) = (scene.delete(OrgTrail), scene.delete(OrgTrail));
    let (response, _) =
        tokio::join!(scene.send(&one), other.invoke(&another, Invocation::lasting(AMPLE)));
    assert!(response.is_success(), "{}", response.reason());
    let response = scene.endpoint.only_response_to(another.value());
    assert!(response.is_success(), "{}", response.reason());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_41_delete_of_the_sentinel_makes_no_call() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    for resource_type in [OrgTrail, OrgTrustedAccess] {
        let event = scene.delete(resource_type).with("PhysicalResourceId", SENTINEL);
        assert_eq!(scene.succeed(&event).await.physical_id(), SENTINEL);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_42_delete_with_generated_id_succeeds_without_a_trail() {
    let scene = Scene::ready().await;
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
    let response = scene.send_within(BRIEF, &event).await;
    assert!(response.is_success(), "{}", response.reason());
    assert_eq!(response.physical_id(), GENERATED);
    let event = scene.delete(OrgTrustedAccess).with("PhysicalResourceId", GENERATED);
    let response = scene.send_within(BRIEF, &event).await;
    assert!(response.is_success(), "{}", response.reason());
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

/// The tags of the trail show that the canceled Create created it.
#[tokio::test]
async fn case_43_delete_with_generated_id_removes_own_trail() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
    let response = scene.send_within(BRIEF, &event).await;
    assert!(response.is_success(), "{}", response.reason());
    assert_eq!(response.physical_id(), GENERATED);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_44_delete_with_generated_id_keeps_other_owners_trails() {
    for trail in [unowned(), owned_by_another_stack()] {
        let scene = Scene::of(ready().with_trail(trail)).await;
        let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
        let response = scene.send_within(BRIEF, &event).await;
        assert!(response.is_success(), "{}", response.reason());
        assert_eq!(response.physical_id(), GENERATED);
        assert_eq!(scene.trail_names(), ["org-trail"]);
        assert_eq!(scene.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn case_45_canceled_create_leaves_no_trail() {
    let scene = Scene::ready().await;
    // Delays CreateTrail until Delete has called ListTags.
    scene.aws.inject("CreateTrail", 1, Fault::Throttle);
    let other = scene.another_function().await;
    let (create, delete) = (scene.create(OrgTrail), scene.delete(OrgTrail));
    let delete = delete.with("PhysicalResourceId", GENERATED);
    let cancel = async {
        scene.called("CreateTrail").await;
        other.invoke(&delete, Invocation::lasting(AMPLE)).await
    };
    tokio::join!(scene.send(&create), cancel);
    let response = scene.endpoint.only_response_to(delete.value());
    assert!(response.is_success(), "{}", response.reason());
    assert!(scene.mutations().contains(&"DeleteTrail".to_owned()), "{:?}", scene.mutations());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_46_delete_succeeds_with_invalid_properties() {
    let unreadable = [
        json!({ "TrailName": ["x"], "IsLogging": "perhaps" }),
        json!({ "NameOfVersion1": "org-trail" }),
        json!({ "TrailName": "..", "S3KeyPrefix": "/" }),
        json!({}),
        Value::Null,
    ];
    for properties in unreadable {
        let scene = Scene::of(ready().with_trail(ours())).await;
        for id in [TRAIL_ARN, GENERATED] {
            let event = scene
                .delete(OrgTrail)
                .with("ResourceProperties", properties.clone())
                .with("PhysicalResourceId", id);
            let response = scene.send_within(BRIEF, &event).await;
            assert!(response.is_success(), "{properties}: {}", response.reason());
        }
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "found by its ID: {properties}");
    }
    // The name alone is sufficient to find the trail of a canceled Create.
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene
        .delete(OrgTrail)
        .properties(json!({ "TrailName": "org-trail", "S3BucketName": [], "Zebra": "1" }))
        .with("PhysicalResourceId", GENERATED);
    assert!(scene.send_within(BRIEF, &event).await.is_success());
    assert_eq!(scene.trail_names(), Vec::<String>::new());

    let scene = Scene::ready().await;
    for resource_type in [json!("Custom::OrgTrial"), json!(5), Value::Null] {
        let event = scene.delete(OrgTrail).with("ResourceType", resource_type);
        assert!(scene.send_within(BRIEF, &event).await.is_success());
    }
    let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Vanish");
    assert!(scene.send_within(BRIEF, &event).await.is_success());
}

/// The reason contains the missing permission or the error code.
#[tokio::test]
async fn case_47_delete_rejected_by_aws_fails_with_advice() {
    let scene = Scene::of(ready().with_trail(ours()).denying("cloudtrail:DeleteTrail")).await;
    let response = scene.fail_soon(&scene.delete(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["cloudtrail:DeleteTrail", TRAIL_ARN]);

    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("DeleteTrail", 1.., Fault::Throttle);
    let response = scene.fail_soon(&scene.delete(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["DeleteTrail", "ThrottlingException"]);
    assert_eq!(scene.trail_names(), ["org-trail"]);
}
