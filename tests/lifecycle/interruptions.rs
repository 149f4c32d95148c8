//! Failures of AWS and the network, and events of CloudFormation, in the middle of a request.

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{
    aws::{Fault, Propagation, Trail, World},
    cloudformation::{Reaction, Stack},
    lambda::Outcome,
};

use crate::support::{
    AMPLE, BRIEF, BUCKET, CLOUDTRAIL, KEY, LOG_GROUP, LOG_ROLE, OrgTrail, OrgTrustedAccess,
    SENTINEL, Scene, TOPIC, TRAIL_ARN, assert_mentions, ours, ready, trail_properties, unowned,
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
async fn a_failed_create_leaves_nothing_for_the_rollback() {
    let scene = Scene::ready().await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
    let exchange = stack.create(&scene.function, with_selectors()).await;
    assert_mentions(exchange.reason(), &["these selectors are not valid"]);
    assert_eq!(stack.requests(), ["Create", "Delete"]);
    let delete = &stack.history[1];
    assert_eq!(delete.event.text("PhysicalResourceId"), Some(SENTINEL));
    assert!(delete.is_success() && stack.resource.is_none());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn the_rollback_deletes_a_trail_that_create_left() {
    let scene = Scene::ready().await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    // Create makes the first attempt, and the rollback the second.
    let refused = Fault::error("OperationNotPermittedException", "not now");
    scene.aws.inject("DeleteTrail", 1, refused);
    let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
    stack.create(&scene.function, with_selectors()).await;
    assert_eq!(stack.requests(), ["Create", "Delete"]);
    let delete = &stack.history[1];
    assert_eq!(delete.event.text("PhysicalResourceId"), Some(TRAIL_ARN));
    assert!(delete.is_success(), "{}", delete.reason());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failed_create_never_deletes_an_existing_trail() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let answer = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_mentions(answer.reason(), &["these selectors are not valid"]);
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
        let answer = scene.fail_soon(&event).await;
        let after = scene.org_trail();
        assert!(!answer.is_success(), "{operation}");
        if operation == "StopLogging" {
            assert_eq!(answer.physical_id(), SENTINEL);
            assert_eq!((after.is_logging, after.tags), (true, before.tags));
        } else {
            // The response to the rollback step was lost too: CloudFormation's Delete releases the trail.
            assert_eq!(answer.physical_id(), TRAIL_ARN);
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
    let answer = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_eq!(answer.physical_id(), SENTINEL);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failed_update_is_rolled_back_completely() {
    let scene = Scene::ready().await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
    stack.create(&scene.function, OrgTrail.properties()).await;
    let before = scene.org_trail();
    scene.aws.inject("PutEventSelectors", 1, refused_selectors());
    let mut properties = with_selectors();
    properties["S3KeyPrefix"] = "organization".into();
    let exchange = stack.update(&scene.function, properties).await;
    assert!(!exchange.is_success());
    assert_eq!(stack.requests(), ["Create", "Update", "Update"]);
    assert!(stack.history[2].is_success(), "{}", stack.history[2].reason());
    assert_eq!(scene.org_trail(), before);
}

/// The call took effect, but its response was lost.
#[tokio::test]
async fn a_lost_response_does_not_fail_create() {
    for operation in ["CreateTrail", "PutEventSelectors", "StartLogging"] {
        let scene = Scene::ready().await;
        scene.aws.inject(operation, 1, Fault::LostResponse);
        let event = scene.create(OrgTrail).properties(with_selectors());
        let answer = scene.succeed(&event).await;
        assert_eq!(answer.physical_id(), TRAIL_ARN, "{operation}");
        assert_eq!(answer.attribute("Adopted"), Some("false"), "{operation}");
        assert!(scene.org_trail().is_logging, "{operation}");
    }
    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("DeleteTrail", 1, Fault::LostResponse);
    scene.succeed(&scene.delete(OrgTrail)).await;
}

#[tokio::test]
async fn throttling_and_passing_faults_are_waited_out() {
    let conflict = Fault::error("ConflictException", "the trail is not fully loaded yet");
    let faults = [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::Garbage, conflict];
    join_all(faults.map(async |fault| {
        let scene = Scene::ready().await;
        for operation in ["GetTrail", "CreateTrail", "StartLogging", "DeleteTrail"] {
            scene.aws.inject(operation, 1, fault.clone());
        }
        let answer = scene.succeed(&scene.create(OrgTrail)).await;
        assert_eq!(answer.physical_id(), TRAIL_ARN, "{fault:?}");
        scene.succeed(&scene.delete(OrgTrail)).await;
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{fault:?}");
    }))
    .await;
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

#[tokio::test]
async fn the_next_attempt_delivers_a_lost_answer() {
    let scene = Scene::ready().await;
    let event = scene.create(OrgTrail);
    scene.endpoint.always_react(Reaction::Status(403));
    let outcome = scene.invoke(&event).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    let undelivered = scene.endpoint.answers().remove(0);
    scene.endpoint.always_react(Reaction::Status(200));
    scene.aws.forget_calls();
    let answer = scene.send_again(AMPLE, &event).await;
    assert_eq!(answer.json(), undelivered.json());
    assert_eq!(scene.mutations(), Vec::<String>::new());
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
        let answer = scene.send(&event).await;
        assert!(answer.is_success(), "{what}: {}", answer.reason());
    }))
    .await;
}

#[tokio::test]
async fn create_waits_for_a_trail_to_become_visible() {
    let scene = Scene::of(ready().with_propagation(|p| p.new_trail = 2)).await;
    let answer = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
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
    let answer = scene.send_within(BRIEF, &scene.create(OrgTrail)).await;
    assert!(!answer.is_success());
    assert_mentions(answer.reason(), &[BUCKET, "S3BucketDoesNotExist"]);
}

#[tokio::test]
async fn create_waits_until_trusted_access_is_listed() {
    let world = World::organization()
        .with_propagation(|propagation| propagation.trusted_access_listing = 1);
    let scene = Scene::of(world).await;
    let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(answer.attribute("ServicePrincipal"), Some(CLOUDTRAIL));
    assert!(answer.attribute("DateEnabled").is_some_and(|date| !date.is_empty()));
}

/// Create is canceled at each of its calls in turn, and nothing may be left.
#[tokio::test]
async fn a_canceled_create_leaves_nothing() {
    join_all(["CreateTrail", "PutEventSelectors", "StartLogging"].map(async |operation| {
        let scene = Scene::ready().await;
        scene.aws.inject(operation, 1, Fault::Throttle);
        let other = scene.another_function().await;
        let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
        let canceled = scene.called(operation);
        let [create, delete] =
            stack.create_and_cancel(&scene.function, &other, with_selectors(), canceled).await;
        assert!(delete.is_success(), "{operation}: {}", delete.reason());
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{operation}: {}", create.reason());
    }))
    .await;
}
