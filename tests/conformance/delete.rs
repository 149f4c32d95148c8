//! Cases 38 to 47: Delete removes what is ours, leaves what is not, and rarely fails.

use serde_json::{Value, json};
use simulator::{aws::Fault, cloudformation::Stack, lambda::Invocation};

use crate::support::{
    AMPLE, BRIEF, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN, assert_mentions, nobodys,
    ours, ready, somebody_elses,
};

/// What CloudFormation makes up for a Create that it cancelled.
const INVENTED: &str = "organization-logging-Trail-1A2B3C4D5E6F";

#[tokio::test]
async fn case_38_delete_removes_the_trail_and_echoes_the_id() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let answer = scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_39_delete_of_what_is_gone_succeeds() {
    let scene = Scene::ready().await;
    let answer = scene.succeed(&scene.delete(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_40_two_deletes_both_succeed_one_after_the_other_and_at_the_same_time() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene.delete(OrgTrail);
    scene.succeed(&event).await;
    assert!(scene.send_again(AMPLE, &event).await.is_success());

    let scene = Scene::of(ready().with_trail(ours())).await;
    let other = scene.another_function().await;
    let (one, another) = (scene.delete(OrgTrail), scene.delete(OrgTrail));
    let (answer, _) =
        tokio::join!(scene.send(&one), other.invoke(&another, Invocation::lasting(AMPLE)));
    assert!(answer.is_success(), "{}", answer.reason());
    let answer = scene.endpoint.only_answer_to(another.value());
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_41_delete_of_what_was_not_created_asks_nothing_of_aws() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    for resource_type in [OrgTrail, OrgTrustedAccess] {
        let event = scene.delete(resource_type).with("PhysicalResourceId", SENTINEL);
        assert_eq!(scene.succeed(&event).await.physical_id(), SENTINEL);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_42_delete_with_an_invented_id_succeeds_where_nothing_was_created() {
    let scene = Scene::ready().await;
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", INVENTED);
    let answer = scene.send_within(BRIEF, &event).await;
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(answer.physical_id(), INVENTED);
    let event = scene.delete(OrgTrustedAccess).with("PhysicalResourceId", INVENTED);
    let answer = scene.send_within(BRIEF, &event).await;
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_43_delete_with_an_invented_id_removes_what_carries_our_mark() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", INVENTED);
    let answer = scene.send_within(BRIEF, &event).await;
    assert!(answer.is_success(), "{}", answer.reason());
    assert_eq!(answer.physical_id(), INVENTED);
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_44_delete_with_an_invented_id_leaves_what_is_not_ours() {
    for trail in [nobodys(), somebody_elses()] {
        let scene = Scene::of(ready().with_trail(trail)).await;
        let event = scene.delete(OrgTrail).with("PhysicalResourceId", INVENTED);
        let answer = scene.send_within(BRIEF, &event).await;
        assert!(answer.is_success(), "{}", answer.reason());
        assert_eq!(answer.physical_id(), INVENTED);
        assert_eq!(scene.trail_names(), ["org-trail"]);
        assert_eq!(scene.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn case_45_a_create_that_is_cancelled_leaves_nothing_behind() {
    let scene = Scene::ready().await;
    // Keeps Create from creating until after Delete has looked for the first time.
    scene.aws.inject("CreateTrail", 1, Fault::Throttle);
    let other = scene.another_function().await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
    let cancelled = scene.called("CreateTrail");
    let properties = OrgTrail.properties();
    let [_, delete] = stack.create_and_cancel(&scene.function, &other, properties, cancelled).await;
    assert!(delete.is_success(), "{}", delete.reason());
    assert!(scene.mutations().contains(&"DeleteTrail".to_owned()), "{:?}", scene.mutations());
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_46_delete_never_fails_for_what_cannot_be_read() {
    let unreadable = [
        json!({ "TrailName": ["x"], "IsLogging": "perhaps" }),
        json!({ "NameOfVersion1": "org-trail" }),
        json!({ "TrailName": "..", "S3KeyPrefix": "/" }),
        json!({}),
        Value::Null,
    ];
    for properties in unreadable {
        let scene = Scene::of(ready().with_trail(ours())).await;
        for id in [TRAIL_ARN, INVENTED] {
            let event = scene
                .delete(OrgTrail)
                .with("ResourceProperties", properties.clone())
                .with("PhysicalResourceId", id);
            let answer = scene.send_within(BRIEF, &event).await;
            assert!(answer.is_success(), "{properties}: {}", answer.reason());
        }
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "found by its id: {properties}");
    }
    // What can be read of the properties is enough to find what a cancelled Create made.
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene
        .delete(OrgTrail)
        .properties(json!({ "TrailName": "org-trail", "S3BucketName": [], "Zebra": "1" }))
        .with("PhysicalResourceId", INVENTED);
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

#[tokio::test]
async fn case_47_delete_that_aws_refuses_fails_with_the_id_and_what_to_do() {
    let scene = Scene::of(ready().with_trail(ours()).denying("cloudtrail:DeleteTrail")).await;
    let answer = scene.fail_soon(&scene.delete(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    assert_mentions(answer.reason(), &["cloudtrail:DeleteTrail", TRAIL_ARN]);

    let scene = Scene::of(ready().with_trail(ours())).await;
    scene.aws.inject("DeleteTrail", 1.., Fault::Throttle);
    let answer = scene.fail_soon(&scene.delete(OrgTrail)).await;
    assert_eq!(answer.physical_id(), TRAIL_ARN);
    assert_mentions(answer.reason(), &["DeleteTrail", "ThrottlingException"]);
    assert_eq!(scene.trail_names(), ["org-trail"]);
}
