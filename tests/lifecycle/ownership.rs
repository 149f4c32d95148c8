//! The ownership table: whose the name is, times Create, Update and Delete.

use serde_json::json;
use simulator::aws::Trail;

use crate::support::{
    BUCKET, KEY, KEY_ALIAS, OrgTrail, SENTINEL, Scene, TRAIL_ARN, adopted, assert_mentions, ours,
    owned_by_another_stack, ready, stack_tag, trail_properties, unowned,
};

/// A world with this trail in it, which differs from the desired state by its prefix.
async fn with(trail: Trail) -> Scene {
    let drifted = Trail { s3_key_prefix: Some("drifted".to_owned()), ..trail };
    Scene::of(ready().with_trail(drifted)).await
}

/// The trail as an account's own.
fn ordinary(trail: Trail) -> Trail {
    trail.not_organization()
}

/// Asserts that the trail is in the desired state and ours, adopted or not.
#[track_caller]
fn assert_ours(scene: &Scene, adopted: bool) {
    let trail = scene.org_trail();
    assert_eq!(trail.s3_key_prefix, None, "in the desired state");
    assert!(trail.is_organization_trail && trail.is_logging);
    assert_eq!(trail.s3_bucket_name, BUCKET);
    assert_eq!(trail.tags.get("OrgTrail/Stack"), Some(&stack_tag()));
    let mark = trail.tags.get("OrgTrail/Adopted").map(String::as_str);
    assert_eq!(mark, adopted.then_some("true"));
}

/// Sends a request that must fail and leave everything as it is.
async fn assert_refused(scene: &Scene, event: &simulator::cloudformation::Event, id: &str) {
    let before = scene.org_trail();
    let response = scene.fail(event).await;
    assert_eq!(response.physical_id(), id);
    assert_mentions(response.reason(), &["org-trail"]);
    assert_eq!(scene.org_trail(), before);
}

/// Deletes the trail that must stay as it is.
async fn assert_left_alone(scene: &Scene) {
    let before = scene.org_trail();
    scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(scene.org_trail(), before);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

/// Delete has nothing to do.
#[tokio::test]
async fn create_and_update_use_a_free_name() {
    for adopt in ["Fail", "Adopt"] {
        let scene = Scene::ready().await;
        scene.succeed(&scene.delete(OrgTrail)).await;
        let response =
            scene.succeed(&scene.create(OrgTrail).property("ExistingTrail", adopt)).await;
        assert_eq!(response.attribute("Adopted"), Some("false"));
        assert_ours(&scene, false);
        scene.aws.world(|world| world.trails.clear());
        let response =
            scene.succeed(&scene.update(OrgTrail).property("ExistingTrail", adopt)).await;
        assert_eq!(response.physical_id(), TRAIL_ARN);
        assert_ours(&scene, false);
    }
}

#[tokio::test]
async fn our_trail_is_updated_and_deleted() {
    for adopt in ["Fail", "Adopt"] {
        let scene = with(ours()).await;
        scene.succeed(&scene.create(OrgTrail).property("ExistingTrail", adopt)).await;
        assert_ours(&scene, false);
        let scene = with(ours()).await;
        scene.succeed(&scene.update(OrgTrail).property("ExistingTrail", adopt)).await;
        assert_ours(&scene, false);
        scene.succeed(&scene.delete(OrgTrail).property("ExistingTrail", adopt)).await;
        assert_eq!(scene.trail_names(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn our_adopted_trail_is_updated_and_released() {
    let scene = with(adopted()).await;
    let response = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(response.attribute("Adopted"), Some("true"));
    assert_ours(&scene, true);
    let scene = with(adopted().with_tag("cost-center", "1400")).await;
    let response = scene.succeed(&scene.update(OrgTrail)).await;
    assert_eq!(response.attribute("Adopted"), Some("true"));
    assert_ours(&scene, true);
    scene.succeed(&scene.delete(OrgTrail)).await;
    let released = scene.org_trail();
    assert!(released.is_logging && released.is_organization_trail);
    let tags: Vec<_> = released.tags.iter().collect();
    assert_eq!(tags, [(&"cost-center".to_owned(), &"1400".to_owned())]);
    // And a second time there is nothing left to do.
    scene.aws.forget_calls();
    assert_left_alone(&scene).await;
}

/// Create refuses or adopts it. Update adopts it, because the resource owned it before.
#[tokio::test]
async fn an_unowned_trail_is_refused_or_adopted() {
    let scene = with(unowned()).await;
    assert_refused(&scene, &scene.create(OrgTrail), SENTINEL).await;
    assert_left_alone(&with(unowned()).await).await;
    let event = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
    let response = scene.succeed(&event).await;
    assert_eq!(response.attribute("Adopted"), Some("true"));
    assert_ours(&scene, true);

    let scene = with(unowned()).await;
    let response = scene.succeed(&scene.update(OrgTrail)).await;
    assert_eq!(response.attribute("Adopted"), Some("true"));
    assert_ours(&scene, true);
}

/// Create refuses or adopts it.
#[tokio::test]
async fn another_owners_trail_is_refused_by_update() {
    let scene = with(owned_by_another_stack()).await;
    assert_refused(&scene, &scene.create(OrgTrail), SENTINEL).await;
    for adopt in ["Fail", "Adopt"] {
        let event = scene.update(OrgTrail).property("ExistingTrail", adopt);
        assert_refused(&scene, &event, TRAIL_ARN).await;
        assert_mentions(scene.endpoint.responses()[0].reason(), &["other-stack"]);
    }
    assert_left_alone(&with(owned_by_another_stack()).await).await;
    let event = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
    scene.succeed(&event).await;
    assert_ours(&scene, true);
}

#[tokio::test]
async fn another_resource_of_our_stack_is_another_owner() {
    let sibling = ours().with_tag("OrgTrail/LogicalId", "OtherTrail");
    let scene = with(sibling.clone()).await;
    assert_refused(&scene, &scene.create(OrgTrail), SENTINEL).await;
    assert_refused(&scene, &scene.update(OrgTrail), TRAIL_ARN).await;
    assert_left_alone(&with(sibling).await).await;
}

/// AWS Control Tower changes and deletes its trail as it needs.
#[tokio::test]
async fn the_trail_of_control_tower_is_never_adopted() {
    const NAME: &str = "aws-controltower-BaselineCloudTrail";
    let named = |trail: Trail| Trail { name: NAME.to_owned(), ..trail };
    for existing in [unowned(), owned_by_another_stack(), ordinary(unowned())] {
        for adopt in ["Fail", "Adopt"] {
            let trail = named(existing.clone());
            let scene = Scene::of(ready().with_trail(trail.clone())).await;
            let event =
                scene.create(OrgTrail).property("TrailName", NAME).property("ExistingTrail", adopt);
            let create = scene.fail(&event).await;
            let event = scene
                .update(OrgTrail)
                .with("PhysicalResourceId", trail.arn())
                .property("TrailName", NAME)
                .property("ExistingTrail", adopt);
            let update = scene.fail(&event).await;
            for response in [create, update] {
                assert_mentions(response.reason(), &["Control Tower", &trail.arn(), "TrailName"]);
                assert!(!response.reason().contains("Adopt"), "{}", response.reason());
            }
            assert_eq!(scene.mutations(), Vec::<String>::new());
        }
    }
    // The name alone is not refused.
    let scene = Scene::of(ready().with_trail(named(ours()))).await;
    scene.succeed(&scene.create(OrgTrail).property("TrailName", NAME)).await;
}

#[tokio::test]
async fn the_same_rules_convert_an_ordinary_trail() {
    let scene = with(ordinary(unowned())).await;
    assert_refused(&scene, &scene.create(OrgTrail), SENTINEL).await;
    assert_left_alone(&with(ordinary(unowned())).await).await;
    scene.succeed(&scene.create(OrgTrail).property("ExistingTrail", "Adopt")).await;
    assert_ours(&scene, true);

    let scene = with(ordinary(ours())).await;
    scene.succeed(&scene.update(OrgTrail)).await;
    assert_ours(&scene, false);
    scene.aws.world(|world| {
        world.trail_mut(TRAIL_ARN).expect("the trail exists").is_organization_trail = false;
    });
    scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(scene.trail_names(), Vec::<String>::new());

    let scene = with(ordinary(adopted())).await;
    scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

#[tokio::test]
async fn a_release_removes_our_tags_and_nothing_else() {
    let scene = with(unowned()).await;
    let properties = json!({
        "ExistingTrail": "Adopt",
        "KMSKeyId": KEY_ALIAS,
        "Tags": [{ "Key": "team", "Value": "security" }],
    });
    let properties = trail_properties(properties);
    scene.succeed(&scene.create(OrgTrail).properties(properties.clone())).await;
    scene.succeed(&scene.update(OrgTrail).properties(properties.clone())).await;
    scene.succeed(&scene.delete(OrgTrail).properties(properties)).await;
    let released = scene.org_trail();
    assert_eq!(released.kms_key_id.as_deref(), Some(KEY));
    let ours = released.tags.keys().filter(|key| key.starts_with("OrgTrail/"));
    assert_eq!(ours.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn a_failed_adoption_leaves_no_tags_of_ours() {
    let scene = with(unowned()).await;
    let fault = simulator::aws::Fault::error("InvalidEventSelectorsException", "not valid");
    scene.aws.inject("PutEventSelectors", 1.., fault);
    let event = scene
        .create(OrgTrail)
        .property("ExistingTrail", "Adopt")
        .property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]));
    let response = scene.fail(&event).await;
    let delete = scene.delete(OrgTrail).with("PhysicalResourceId", response.physical_id());
    scene.succeed(&delete).await;
    let trail = scene.org_trail();
    assert!(trail.is_logging, "the trail was there before and still is");
    assert!(!trail.tags.keys().any(|key| key.starts_with("OrgTrail/")), "{:?}", trail.tags);
}
