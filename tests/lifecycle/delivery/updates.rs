//! Updates and Deletes: what waits again, and what a rollback must not be kept from.

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{
    aws::{Delivery, Objects, Trail, World},
    cloudformation::{Event, Stack},
};

use super::{
    ELSEWHERE, MANAGEMENT, SANDBOX, SECURITY, all_logs, awaiting, count, delivered, logs_of,
};
use crate::support::{
    ACCOUNTS, BRIEF, BUCKET, GATE, OrgTrailDelivery, REGION, Scene, TRAIL_ARN, assert_mentions,
    ready, unowned, waiting_for,
};

const OTHER_ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/other-trail";
const OTHER_ID: &str = "delivery/arn:aws:cloudtrail:eu-west-1:111111111111:trail/other-trail";

/// Two trails, neither of which delivers.
fn silent() -> World {
    let other = Trail { name: "other-trail".to_owned(), ..unowned() };
    awaiting([]).with_trail(other)
}

fn in_regions(accounts: Value, regions: &[&str]) -> Value {
    let mut properties = waiting_for(accounts);
    properties["Regions"] = json!(regions);
    properties
}

fn aged(days: u32) -> Value {
    json!({ "TrailArn": TRAIL_ARN, "Accounts": "All", "MaxAgeDays": days })
}

fn update(scene: &Scene, old: Value, new: Value) -> Event {
    scene.update(OrgTrailDelivery).old_properties(old).properties(new)
}

#[tokio::test]
async fn an_update_that_wants_more_waits_for_it() {
    let both: &[&str] = &[REGION, ELSEWHERE];
    let first = json!({ "TrailArn": TRAIL_ARN });
    let listed = |accounts: &[&str]| waiting_for(json!(accounts));
    let cases = [
        (first.clone(), waiting_for("All")),
        (first.clone(), listed(&[SANDBOX])),
        (first.clone(), in_regions(json!("First"), &[ELSEWHERE])),
        (listed(&[MANAGEMENT]), listed(&[MANAGEMENT, SANDBOX])),
        (listed(&ACCOUNTS), waiting_for("All")),
        (waiting_for("All"), in_regions(json!("All"), both)),
        (aged(8), aged(7)),
        (json!({ "TrailArn": TRAIL_ARN, "Accounts": "All", "Mode": "Report" }), waiting_for("All")),
    ];
    join_all(cases.map(async |(old, new)| {
        let scene = Scene::of(delivered(logs_of(&[MANAGEMENT]))).await;
        let event = update(&scene, old, new.clone());
        let response = scene.send_within(BRIEF, &event).await;
        assert!(!response.is_success(), "opened: {new}");
        assert_eq!(response.physical_id(), GATE);
        assert_mentions(response.reason(), &[TRAIL_ARN]);
    }))
    .await;
    let late = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(1);
    let scene = Scene::of(awaiting([late])).await;
    let event = update(&scene, first, waiting_for("All"));
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), GATE);
    assert_eq!(response.attribute("AccountsDelivering"), Some("4"));
}

/// The stack continues whatever that check finds.
#[tokio::test]
async fn an_update_that_requires_no_more_checks_once() {
    let both: &[&str] = &[REGION, ELSEWHERE];
    let first = json!({ "TrailArn": TRAIL_ARN });
    let listed = |accounts: &[&str]| waiting_for(json!(accounts));
    let cases = [
        (first.clone(), first.clone(), "1"),
        (waiting_for("All"), first.clone(), "1"),
        (listed(&[SANDBOX]), first.clone(), "1"),
        (waiting_for("All"), listed(&[SANDBOX]), "1"),
        (listed(&ACCOUNTS), listed(&[SANDBOX, SECURITY]), "2"),
        (in_regions(json!("All"), both), waiting_for("All"), "4"),
        (aged(8), aged(9), "4"),
        (first.clone(), in_regions(json!("First"), both), "1"),
    ];
    for (old, new, missing) in cases {
        let scene = Scene::of(silent()).await;
        let response = scene.succeed(&update(&scene, old, new.clone())).await;
        assert_eq!(response.physical_id(), GATE);
        assert_eq!(response.attribute_names().len(), 7, "{new}");
        let problem = response.attribute("Problem").expect("a problem");
        assert_mentions(problem, &[TRAIL_ARN, "no log file has been delivered yet"]);
        assert_eq!(response.attribute("AccountsMissing"), Some(missing), "{new}");
        assert_eq!(response.attribute("AccountsDelivering"), Some("0"), "{new}");
        assert_eq!(count(&scene, "GetTrailStatus"), 1, "{new}");
    }
    let scene = Scene::of(delivered(all_logs())).await;
    let response = scene.succeed(&update(&scene, waiting_for("All"), waiting_for("All"))).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("4"));
    let latest = response.attribute("LatestDeliveryTime");
    assert_eq!(latest, Some("2020-09-13T12:26:40Z"));
}

#[tokio::test]
async fn a_rollback_succeeds_whatever_the_trails_state() {
    let error = awaiting([Delivery::refused("AccessDenied")]);
    let mut no_bucket = awaiting([]);
    no_bucket.buckets.clear();
    let denied = awaiting([]).denying("*:*");
    join_all([ready(), error, no_bucket, denied].map(async |world| {
        let scene = Scene::of(world).await;
        let event = update(&scene, waiting_for("All"), json!({ "TrailArn": TRAIL_ARN }));
        let response = scene.send_within(BRIEF, &event).await;
        assert!(response.is_success(), "{}", response.reason());
        assert_eq!(response.physical_id(), GATE);
        assert_eq!(response.attribute_names().len(), 7);
        assert_ne!(response.attribute("Problem"), Some(""));
    }))
    .await;
}

#[tokio::test]
async fn a_failed_update_rolls_back_the_gate() {
    let first = waiting_for(json!([MANAGEMENT]));
    let scene = Scene::of(delivered(logs_of(&[MANAGEMENT]))).await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrailDelivery, BRIEF);
    let created = stack.create(&scene.function, first.clone()).await;
    assert!(created.is_success(), "{}", created.reason());
    let in_both = in_regions(json!("All"), &[REGION, ELSEWHERE]);
    // In the end, a lifecycle rule has removed the logs: the rollback must not wait for them.
    let cases = [
        (waiting_for(json!([SANDBOX])), logs_of(&[MANAGEMENT])),
        (waiting_for("All"), Objects::default()),
        (in_both, Objects::default()),
    ];
    for (wanted, logs) in cases {
        scene.aws.world(|world| world.objects.insert(BUCKET.to_owned(), logs));
        let failed = stack.update(&scene.function, wanted.clone()).await;
        assert!(!failed.is_success(), "opened: {wanted}");
        let rolled_back = stack.history.last().expect("a rollback");
        assert!(rolled_back.is_success(), "{wanted}: {}", rolled_back.reason());
        let resource = stack.resource.as_ref().expect("the gate");
        assert_eq!((resource.physical_id.as_str(), &resource.properties), (GATE, &first));
    }
    assert_eq!(
        stack.requests,
        ["Create", "Update", "Update", "Update", "Update", "Update", "Update"]
    );
}

#[tokio::test]
async fn another_trail_is_a_replacement_that_waits() {
    let scene = Scene::of(silent()).await;
    let other = json!({ "TrailArn": OTHER_ARN });
    let event = update(&scene, json!({ "TrailArn": TRAIL_ARN }), other.clone());
    let response = scene.send_within(BRIEF, &event).await;
    assert!(!response.is_success(), "opened");
    assert_mentions(response.reason(), &[OTHER_ARN]);

    let delivery = Delivery::of_log_files(&[MANAGEMENT], &[REGION]);
    scene.aws.world(|world| {
        let trail = world.trail_mut(OTHER_ARN).expect("the other trail");
        trail.deliveries.push(delivery);
    });
    let event = update(&scene, json!({ "TrailArn": TRAIL_ARN }), other);
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), OTHER_ID);
}

#[tokio::test]
async fn a_failed_replacement_rolls_back_without_waiting() {
    let mut world = silent();
    world.trails[0].deliveries = vec![Delivery::of_log_files(&[MANAGEMENT], &[REGION])];
    let scene = Scene::of(world).await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrailDelivery, BRIEF);
    let before = json!({ "TrailArn": TRAIL_ARN });
    let created = stack.create(&scene.function, before.clone()).await;
    assert!(created.is_success(), "{}", created.reason());
    scene.aws.world(|world| {
        world.objects.clear();
        world.trails.retain(|trail| trail.name != "org-trail");
    });
    let failed = stack.update(&scene.function, json!({ "TrailArn": OTHER_ARN })).await;
    assert!(!failed.is_success(), "opened");
    let resource = stack.resource.as_ref().expect("the gate");
    assert_eq!((resource.physical_id.as_str(), &resource.properties), (GATE, &before));
    for exchange in &stack.history[2..] {
        assert!(exchange.is_success(), "{}", exchange.reason());
    }
}

#[tokio::test]
async fn a_delete_makes_no_call() {
    let scene = Scene::of(delivered(Objects::default())).await;
    let ids = [GATE, OTHER_ID, "not-created/Trail", "organization-logging-Gate-1A2B3C4D5E6F"];
    for id in ids {
        let event = scene.delete(OrgTrailDelivery).with("PhysicalResourceId", id);
        let response = scene.succeed(&event).await;
        assert_eq!(response.physical_id(), id);
    }
    let malformed = scene
        .delete(OrgTrailDelivery)
        .properties(json!({ "TrailArn": "no longer an ARN", "Accounts": [] }));
    scene.succeed(&malformed).await;
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}
