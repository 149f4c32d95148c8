//! What AWS, the network and CloudFormation do in the middle of a request.

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
async fn a_create_that_fails_halfway_leaves_nothing_for_the_rollback() {
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
async fn a_create_that_cannot_clean_up_leaves_it_to_the_rollback() {
    let scene = Scene::ready().await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    // The first attempt is the clean-up's, the second the rollback's.
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
async fn a_failed_create_never_deletes_a_trail_that_was_there_before() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let answer = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_mentions(answer.reason(), &["these selectors are not valid"]);
    assert!(scene.org_trail().is_logging);
}

#[tokio::test]
async fn an_adoption_that_fails_gives_back_what_took_effect_without_an_answer() {
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
            // The undoing got no answer either: CloudFormation's Delete releases the trail.
            assert_eq!(answer.physical_id(), TRAIL_ARN);
            scene.succeed(&scene.delete(OrgTrail)).await;
            assert!(scene.org_trail().is_logging && scene.org_trail().tags == before.tags);
        }
    }
}

#[tokio::test]
async fn what_an_interrupted_delivery_of_the_same_create_left_is_cleaned_up_too() {
    let half_made = Trail { is_logging: false, start_logging_time: None, ..ours() };
    let scene = Scene::of(ready().with_trail(half_made)).await;
    scene.aws.inject("PutEventSelectors", 1.., refused_selectors());
    let answer = scene.fail(&scene.create(OrgTrail).properties(with_selectors())).await;
    assert_eq!(answer.physical_id(), SENTINEL);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failed_update_is_rolled_back_to_where_it_was() {
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

#[tokio::test]
async fn a_lost_answer_to_a_call_that_took_effect_does_no_harm() {
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

#[tokio::test]
async fn a_create_that_runs_out_of_time_cleans_up_in_the_time_kept_for_it() {
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
async fn an_answer_that_was_not_delivered_is_delivered_by_the_next_attempt() {
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
async fn a_new_trail_that_cannot_be_seen_yet_is_waited_for() {
    let scene = Scene::of(ready().with_propagation(|p| p.new_trail = 2)).await;
    let answer = scene.succeed(&scene.create(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    assert!(scene.org_trail().is_logging);
    assert_eq!(scene.trail_names(), ["org-trail"]);
}

#[tokio::test]
async fn a_bucket_that_appears_late_is_waited_for_and_one_that_does_not_is_named() {
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
async fn trusted_access_that_was_only_just_enabled_is_waited_for_until_it_is_listed() {
    let world = World::organization()
        .with_propagation(|propagation| propagation.trusted_access_listing = 1);
    let scene = Scene::of(world).await;
    let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(answer.attribute("ServicePrincipal"), Some(CLOUDTRAIL));
    assert!(answer.attribute("DateEnabled").is_some_and(|date| !date.is_empty()));
}

/// Create is cancelled at each of its calls in turn, and nothing may be left.
#[tokio::test]
async fn a_create_that_is_cancelled_at_any_moment_leaves_nothing() {
    join_all(["CreateTrail", "PutEventSelectors", "StartLogging"].map(async |operation| {
        let scene = Scene::ready().await;
        scene.aws.inject(operation, 1, Fault::Throttle);
        let other = scene.another_function().await;
        let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
        let cancelled = scene.called(operation);
        let [create, delete] =
            stack.create_and_cancel(&scene.function, &other, with_selectors(), cancelled).await;
        assert!(delete.is_success(), "{operation}: {}", delete.reason());
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{operation}: {}", create.reason());
    }))
    .await;
}
