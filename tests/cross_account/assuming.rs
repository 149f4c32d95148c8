//! When the role cannot be assumed, for now or at all.

use std::time::Duration;

use futures_util::future::join_all;
use simulator::{
    aws::{AssumableRole, Fault, World},
    cloudformation::{Answer, Event, ResourceType},
};

use crate::{
    CLOUDTRAIL, EXTERNAL_ID, MEMBER, ROLE, SECURITY, Way, called_from, here, role,
    support::{
        OrgDelegatedAdministrator, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN,
        assert_mentions, ours, ready,
    },
    work,
};

/// The worlds in which the role cannot be assumed, each with why.
fn closed_worlds() -> Vec<(&'static str, World)> {
    let world = |role| called_from(SECURITY, ready().with_assumable_role(role));
    vec![
        ("no such role", called_from(SECURITY, ready())),
        ("nobody is trusted", world(AssumableRole::new(ROLE))),
        ("another account is trusted", world(AssumableRole::new(ROLE).trusting(MEMBER))),
        (
            "another external id is demanded",
            world(AssumableRole::new(ROLE).trusting(SECURITY).demanding("other")),
        ),
        ("the function's role may not", world(role()).denying("sts:AssumeRole")),
    ]
}

/// Panics unless the answer says what to look at, beginning with the role.
#[track_caller]
fn assert_helpful(answer: &Answer, why: &str) {
    assert!(!answer.is_success(), "{why}");
    let reason = answer.reason();
    let start: String = reason.chars().take(200).collect();
    assert_mentions(&start, &["could not", "assume", ROLE]);
    assert_mentions(reason, &["sts:AssumeRole", "trust policy", "external id"]);
    // What STS said, and not how a program prints that.
    assert_mentions(reason, &["AccessDenied", "is not authorized to perform"]);
    assert!(!reason.contains("Error {"), "{reason}");
    assert!(!reason.contains(EXTERNAL_ID), "{reason}");
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_explained() {
    join_all(closed_worlds().into_iter().map(async |(why, world)| {
        let scene = Way::Role.scene_in(world).await;
        let event = here(&scene, scene.create(OrgTrail));
        let answer = scene.fail_soon(&event).await;
        assert_eq!(answer.physical_id(), SENTINEL, "{why}");
        assert_helpful(&answer, why);
        assert!(work(&scene).is_empty(), "{why}");
    }))
    .await;
}

#[tokio::test]
async fn a_role_that_demands_an_external_id_which_the_function_was_not_given_is_explained() {
    let world = called_from(SECURITY, ready().with_assumable_role(role()));
    let scene = Scene::configured(world, |configuration| {
        configuration.variable("MANAGEMENT_ROLE_ARN", ROLE)
    });
    let scene = scene.await;
    let event = here(&scene, scene.create(OrgTrail));
    let answer = scene.fail_soon(&event).await;
    assert_helpful(&answer, "no external id");
    assert_mentions(answer.reason(), &["MANAGEMENT_ROLE_EXTERNAL_ID"]);
}

#[tokio::test]
async fn every_type_and_request_answers_the_same_and_keeps_its_id() {
    let trusted_access = "trusted-access/cloudtrail.amazonaws.com/enabled";
    let types: [(ResourceType, &str); 3] = [
        (OrgTrail, TRAIL_ARN),
        (OrgTrustedAccess, trusted_access),
        (OrgDelegatedAdministrator, OrgDelegatedAdministrator.physical_id()),
    ];
    join_all(types.map(async |(resource_type, id)| {
        let world = called_from(SECURITY, ready().with_trail(ours()));
        let scene = Way::Role.scene_in(world).await;
        let requests: [(Event, &str); 3] = [
            (scene.create(resource_type), SENTINEL),
            (scene.update(resource_type), id),
            (scene.delete(resource_type).property("DeleteBehavior", "Disable"), id),
        ];
        for (event, id) in requests {
            let answer = scene.fail_soon(&here(&scene, event)).await;
            assert_eq!(answer.physical_id(), id);
            assert_helpful(&answer, id);
        }
        assert!(scene.trail(TRAIL_ARN).is_some() && scene.trusts(CLOUDTRAIL));
    }))
    .await;
}

#[tokio::test]
async fn a_delete_of_what_was_never_made_needs_no_role() {
    let scene = Way::Role.scene_in(called_from(SECURITY, ready())).await;
    for resource_type in [OrgTrail, OrgTrustedAccess, OrgDelegatedAdministrator] {
        let event = scene.delete(resource_type).with("PhysicalResourceId", SENTINEL);
        scene.succeed(&here(&scene, event)).await;
    }
    assert!(scene.aws.calls().is_empty());
}

#[tokio::test]
async fn the_next_request_tries_afresh() {
    let scene = Way::Role.scene_in(called_from(SECURITY, ready())).await;
    let event = here(&scene, scene.create(OrgTrail));
    scene.fail_soon(&event).await;
    scene.aws.world(|world| world.assumable_roles.push(role()));
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn a_role_that_was_made_moments_ago_is_waited_for() {
    let world = Way::Role.world().with_propagation(|p| p.assumable_role = 2);
    let scene = Way::Role.scene_in(world).await;
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn passing_faults_of_sts_are_waited_out() {
    let faults =
        [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::LostResponse, Fault::Garbage];
    join_all(faults.map(async |fault| {
        let scene = Way::Role.scene().await;
        scene.aws.inject("AssumeRole", 1, fault.clone());
        let answer = scene.send(&here(&scene, scene.create(OrgTrail))).await;
        assert!(answer.is_success(), "{fault:?}: {}", answer.reason());
    }))
    .await;
}

#[tokio::test]
async fn throttling_by_sts_is_no_failure_while_there_is_time() {
    let scene = Way::Role.scene().await;
    scene.aws.inject("AssumeRole", 1..=3, Fault::Throttle);
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
}

#[tokio::test]
async fn an_sts_that_does_not_answer_is_named_in_time() {
    let faults = [Fault::Hang, Fault::Reset, Fault::Internal];
    join_all(faults.map(async |fault| {
        let scene = Way::Role.scene().await;
        scene.aws.inject("AssumeRole", 1.., fault);
        let event = here(&scene, scene.create(OrgTrail));
        // More than twice the two seconds that STS is waited for, of which 45% are for calls.
        let answer = scene.send_within(Duration::from_secs(6), &event).await;
        assert!(!answer.is_success());
        assert_eq!(answer.physical_id(), SENTINEL);
        assert_mentions(answer.reason(), &[ROLE]);
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
        let answer = scene.send_within(Duration::from_secs(6), &event).await;
        assert_mentions(answer.reason(), &[ROLE, cause]);
    }
}
