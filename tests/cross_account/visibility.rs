//! A trail that the function's account does not see is not a trail that is gone.

use simulator::aws::World;

use crate::{
    CLOUDTRAIL, MANAGEMENT, MEMBER, SECURITY, Way, here, role,
    support::{
        BRIEF, GENERATED, OrgTrail, OrgTrailDelivery, SENTINEL, Scene, TRAIL_ARN, assert_mentions,
        ours, ready,
    },
};

/// The parts of the reason of a Delete if the function cannot see the trail.
const NOT_VISIBLE: [&str; 5] =
    [TRAIL_ARN, "not visible", MANAGEMENT, SECURITY, "retain the resource Trail"];

fn undelegate(world: &mut World) {
    world.delegated_administrators.remove(CLOUDTRAIL);
}

#[tokio::test]
async fn delete_fails_without_the_delegation() {
    let way = Way::DelegatedAdministrator;
    let scene = way.scene_in(way.world().with_trail(ours())).await;
    scene.aws.world(undelegate);
    let response = scene.fail_soon(&here(&scene, scene.delete(OrgTrail))).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &NOT_VISIBLE);
    assert_eq!(scene.org_trail(), ours());
}

#[tokio::test]
async fn delete_fails_if_the_delegation_ends_during_it() {
    for operation in ["ListTags", "DeleteTrail"] {
        let way = Way::DelegatedAdministrator;
        let scene = way.scene_in(way.world().with_trail(ours())).await;
        scene.aws.before(operation, 1, |world| {
            undelegate(world);
            world.accounts.remove(SECURITY);
        });
        let response = scene.fail_soon(&here(&scene, scene.delete(OrgTrail))).await;
        assert_mentions(response.reason(), &NOT_VISIBLE);
        assert_eq!(scene.org_trail(), ours(), "{operation}");
    }
}

/// `MANAGEMENT_ROLE_ARN` was removed from the function's environment.
#[tokio::test]
async fn delete_fails_without_the_role() {
    let world = ready().with_assumable_role(role()).with_trail(ours());
    let scene = Scene::of(world.called_by(SECURITY)).await;
    let response = scene.fail_soon(&here(&scene, scene.delete(OrgTrail))).await;
    assert_mentions(response.reason(), &NOT_VISIBLE);
    assert_mentions(response.reason(), &["MANAGEMENT_ROLE_ARN"]);
    assert_eq!(scene.org_trail(), ours());
}

#[tokio::test]
async fn delete_of_a_missing_visible_trail_succeeds() {
    for way in Way::ALL {
        let scene = way.scene().await;
        scene.succeed(&here(&scene, scene.delete(OrgTrail))).await;
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{way:?}");
    }
    let scene = Scene::of(ready().called_by(MEMBER)).await;
    let response = scene.fail_soon(&here(&scene, scene.delete(OrgTrail))).await;
    assert_mentions(response.reason(), &[TRAIL_ARN, MEMBER, MANAGEMENT]);
}

#[tokio::test]
async fn delete_fails_if_the_visibility_is_unknown() {
    let scene = Way::DelegatedAdministrator.scene().await;
    let denied = simulator::aws::Fault::error("AccessDeniedException", "not allowed");
    scene.aws.inject("ListDelegatedAdministrators", 1.., denied);
    let response = scene.fail_soon(&here(&scene, scene.delete(OrgTrail))).await;
    assert_mentions(response.reason(), &["not visible", "ListDelegatedAdministrators"]);
}

/// An account that does not see the trail could not have created it.
#[tokio::test]
async fn delete_of_a_generated_id_succeeds_anywhere() {
    for account in [SECURITY, MEMBER, "999999999999"] {
        let scene = Scene::of(ready().with_trail(ours()).called_by(account)).await;
        let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
        let response = scene.send_within(BRIEF, &here(&scene, event)).await;
        assert!(response.is_success(), "{account}: {}", response.reason());
        assert_eq!(scene.org_trail(), ours(), "{account}");
    }
}

#[tokio::test]
async fn a_failed_create_returns_an_invisible_trails_arn() {
    let scene = Way::DelegatedAdministrator.scene().await;
    scene.aws.before("StartLogging", 1, |world| {
        undelegate(world);
        world.accounts.remove(SECURITY);
    });
    let response = scene.fail_soon(&here(&scene, scene.create(OrgTrail))).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &["rollback failed", "not visible", MANAGEMENT]);
    assert!(!scene.org_trail().is_logging);
}

#[tokio::test]
async fn a_gate_distinguishes_missing_from_invisible_trails() {
    for (world, parts) in [
        (ready().called_by(MEMBER), ["not visible", MANAGEMENT]),
        (Way::DelegatedAdministrator.world(), ["does not exist", "Custom::OrgTrail"]),
        (ready(), ["does not exist", "Custom::OrgTrail"]),
    ] {
        let scene = Scene::of(world).await;
        let response = scene.fail_soon(&here(&scene, scene.create(OrgTrailDelivery))).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &parts);
    }
}
