//! Roles that the function cannot assume, temporarily or permanently.

use std::time::Duration;

use futures_util::future::join_all;
use simulator::{
    aws::{AssumableRole, Fault, World},
    cloudformation::{Event, ResourceType, Response},
};

use crate::{
    CLOUDTRAIL, EXTERNAL_ID, MEMBER, ROLE, SECURITY, Way, here, role,
    support::{
        OrgDelegatedAdministrator, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN,
        assert_mentions, ours, ready,
    },
    work,
};

/// The worlds in which the function cannot assume the role, each with the cause.
fn closed_worlds() -> Vec<(&'static str, World)> {
    let world = |role| ready().with_assumable_role(role).called_by(SECURITY);
    vec![
        ("no such role", ready().called_by(SECURITY)),
        ("no account is trusted", world(AssumableRole::new(ROLE))),
        ("another account is trusted", world(AssumableRole::new(ROLE).trusting(MEMBER))),
        (
            "the trust policy requires another external ID",
            world(AssumableRole::new(ROLE).trusting(SECURITY).demanding("other")),
        ),
        ("the function's role has no permission", world(role()).denying("sts:AssumeRole")),
    ]
}

/// Asserts that the reason starts with the role and lists the possible causes.
#[track_caller]
fn assert_helpful(response: &Response, why: &str) {
    assert!(!response.is_success(), "{why}");
    let reason = response.reason();
    let start: String = reason.chars().take(200).collect();
    assert_mentions(&start, &["could not", "assume", ROLE]);
    assert_mentions(reason, &["sts:AssumeRole", "trust policy", "external ID"]);
    // The message of STS, not the debug format of the error.
    assert_mentions(reason, &["AccessDenied", "is not authorized to perform"]);
    assert!(!reason.contains("Error {"), "{reason}");
    assert!(!reason.contains(EXTERNAL_ID), "{reason}");
}

#[tokio::test]
async fn reason_explains_a_failed_role_assumption() {
    join_all(closed_worlds().into_iter().map(async |(why, world)| {
        let scene = Way::Role.scene_in(world).await;
        let event = here(&scene, scene.create(OrgTrail));
        let response = scene.fail_soon(&event).await;
        assert_eq!(response.physical_id(), SENTINEL, "{why}");
        assert_helpful(&response, why);
        assert!(work(&scene).is_empty(), "{why}");
    }))
    .await;
}

#[tokio::test]
async fn reason_explains_a_missing_external_id() {
    let world = ready().with_assumable_role(role()).called_by(SECURITY);
    let scene = Scene::with_variables(world, &[("MANAGEMENT_ROLE_ARN", ROLE)]).await;
    let event = here(&scene, scene.create(OrgTrail));
    let response = scene.fail_soon(&event).await;
    assert_helpful(&response, "no external ID");
    assert_mentions(response.reason(), &["MANAGEMENT_ROLE_EXTERNAL_ID"]);
}

#[tokio::test]
async fn every_request_fails_with_advice_and_its_id() {
    let trusted_access = "trusted-access/cloudtrail.amazonaws.com/enabled";
    let types: [(ResourceType, &str); 3] = [
        (OrgTrail, TRAIL_ARN),
        (OrgTrustedAccess, trusted_access),
        (OrgDelegatedAdministrator, OrgDelegatedAdministrator.physical_id()),
    ];
    join_all(types.map(async |(resource_type, id)| {
        let world = ready().with_trail(ours()).called_by(SECURITY);
        let scene = Way::Role.scene_in(world).await;
        let requests: [(Event, &str); 3] = [
            (scene.create(resource_type), SENTINEL),
            (scene.update(resource_type), id),
            (scene.delete(resource_type).property("DeleteBehavior", "Disable"), id),
        ];
        for (event, id) in requests {
            let response = scene.fail_soon(&here(&scene, event)).await;
            assert_eq!(response.physical_id(), id);
            assert_helpful(&response, id);
        }
        assert!(scene.trail(TRAIL_ARN).is_some() && scene.trusts(CLOUDTRAIL));
    }))
    .await;
}

#[tokio::test]
async fn delete_of_the_sentinel_needs_no_role() {
    let scene = Way::Role.scene_in(ready().called_by(SECURITY)).await;
    for resource_type in [OrgTrail, OrgTrustedAccess, OrgDelegatedAdministrator] {
        let event = scene.delete(resource_type).with("PhysicalResourceId", SENTINEL);
        scene.succeed(&here(&scene, event)).await;
    }
    assert!(scene.aws.calls().is_empty());
}

#[tokio::test]
async fn next_request_assumes_the_role_again() {
    let scene = Way::Role.scene_in(ready().called_by(SECURITY)).await;
    let event = here(&scene, scene.create(OrgTrail));
    scene.fail_soon(&event).await;
    scene.aws.world(|world| world.assumable_roles.push(role()));
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn assumption_of_a_new_role_is_retried() {
    let world = Way::Role.world().with_propagation(|p| p.assumable_role = 2);
    let scene = Way::Role.scene_in(world).await;
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn sts_throttling_is_retried_while_time_remains() {
    let scene = Way::Role.scene().await;
    scene.aws.inject("AssumeRole", 1..=3, Fault::Throttle);
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn unreachable_sts_fails_in_time() {
    let faults = [Fault::Hang, Fault::Reset, Fault::Internal];
    join_all(faults.map(async |fault| {
        let scene = Way::Role.scene().await;
        scene.aws.inject("AssumeRole", 1.., fault);
        let event = here(&scene, scene.create(OrgTrail));
        // The function waits two seconds for STS. Calls get 45% of the time, so it needs more than
        // twice as much.
        let response = scene.send_within(Duration::from_secs(6), &event).await;
        assert!(!response.is_success());
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &[ROLE]);
    }))
    .await;
}

#[tokio::test]
async fn an_sts_error_without_code_gives_its_message() {
    let cases = [("The role is closed.", "assumed: The role is closed. "), ("", "without a code")];
    for (message, cause) in cases {
        let scene = Way::Role.scene().await;
        let fault = Fault::Error { status: 403, code: String::new(), message: message.to_owned() };
        scene.aws.inject("AssumeRole", 1.., fault);
        let event = here(&scene, scene.create(OrgTrail));
        let response = scene.send_within(Duration::from_secs(6), &event).await;
        assert_mentions(response.reason(), &[ROLE, cause]);
    }
}
