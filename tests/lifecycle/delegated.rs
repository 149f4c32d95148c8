//! The function in the security account, as CloudTrail's delegated administrator: the trails that it
//! makes belong to the management account, and it reaches them by their ARN only.

use serde_json::json;
use simulator::{
    aws::World,
    cloudformation::{Answer, Event},
    lambda::{Invocation, Outcome},
};

use crate::support::{
    AMPLE, CLOUDTRAIL, OrgTrail, SENTINEL, Scene, TRAIL_ARN, assert_mentions, nobodys, ready,
};

/// The delegated administrator, which the function runs in.
const SECURITY: &str = "222222222222";

/// The world as the delegated administrator finds it after CloudTrail registered it.
fn delegated() -> World {
    let mut world = ready()
        .with_delegated_administrator(CLOUDTRAIL, SECURITY)
        .with_service_linked_role(CLOUDTRAIL);
    SECURITY.clone_into(&mut world.default_account);
    world
}

/// Sends a request to the function in the security account.
async fn send(scene: &Scene, event: &Event) -> Answer {
    let mut invocation = Invocation::lasting(AMPLE);
    invocation.function_arn = invocation.function_arn.replace("111111111111", SECURITY);
    let outcome = scene.function.invoke(event, invocation).await;
    assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
    scene.endpoint.only_answer_to(event.value())
}

/// Sends a request that must succeed.
async fn succeed(scene: &Scene, event: Event) -> Answer {
    let answer = send(scene, &event).await;
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    answer
}

#[tokio::test]
async fn a_delegated_administrator_creates_updates_and_deletes_by_arn() {
    let scene = Scene::of(delegated()).await;
    let created = succeed(&scene, scene.create(OrgTrail)).await;
    assert_eq!(
        created.attribute("ManagementAccountId"),
        Some("111111111111")
    );
    assert!(scene.org_trail().is_logging);
    scene.aws.forget_calls();
    let repeated = succeed(&scene, scene.create(OrgTrail)).await;
    assert_eq!(repeated.json()["Data"], created.json()["Data"]);
    succeed(&scene, scene.update(OrgTrail)).await;
    assert_eq!(scene.mutations(), Vec::<String>::new());
    let event = scene
        .update(OrgTrail)
        .property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]))
        .property("Tags", json!([{ "Key": "team", "Value": "security" }]));
    succeed(&scene, event).await;
    succeed(&scene, scene.delete(OrgTrail)).await;
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_delegated_administrator_sees_whose_a_trail_of_that_name_is() {
    let scene = Scene::of(delegated().with_trail(nobodys())).await;
    let answer = send(&scene, &scene.create(OrgTrail)).await;
    assert!(!answer.is_success());
    assert_eq!(answer.physical_id(), SENTINEL);
    assert_mentions(answer.reason(), &["already", TRAIL_ARN, "ExistingTrail"]);
    let adopt = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
    assert_eq!(
        succeed(&scene, adopt).await.attribute("Adopted"),
        Some("true")
    );
    succeed(&scene, scene.delete(OrgTrail)).await;
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

#[tokio::test]
async fn a_delegated_administrator_cleans_up_after_a_cancelled_create() {
    let scene = Scene::of(delegated()).await;
    succeed(&scene, scene.create(OrgTrail)).await;
    let invented = "organization-logging-Trail-1A2B3C4D5E6F";
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", invented);
    let answer = send(&scene, &event).await;
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}
