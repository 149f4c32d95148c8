//! A report looks once and succeeds, whatever it sees.

use serde_json::{Value, json};
use simulator::{
    aws::{AccountStatus, Delivery, Trail, World},
    cloudformation::Response,
};

use super::{
    MANAGEMENT, SANDBOX, SECURITY, WORKLOAD, all_logs, awaiting, count, delivered, delivering,
    just_started, logs_of,
};
use crate::support::{
    ACCOUNTS, BUCKET, GATE, OrgTrailDelivery, REGION, Scene, TRAIL_ARN, assert_attributes,
    assert_mentions, ready, report_on, unowned, waiting_for,
};

/// Creates a report, which succeeds after one look.
async fn reported(world: World, properties: Value) -> Response {
    let scene = Scene::of(world).await;
    let response = scene.succeed(&scene.create(OrgTrailDelivery).properties(properties)).await;
    assert_eq!(response.physical_id(), GATE);
    assert_eq!(response.attribute_names().len(), 7);
    assert!(count(&scene, "GetTrailStatus") <= 1);
    assert_eq!(scene.mutations(), Vec::<String>::new());
    response
}

fn problem(response: &Response) -> &str {
    response.attribute("Problem").expect("declared")
}

#[tokio::test]
async fn full_coverage_is_no_problem() {
    for (accounts, delivering) in [(json!("All"), "4"), (json!("First"), "1")] {
        let response = reported(delivered(all_logs()), report_on(accounts)).await;
        let missing = [("AccountsMissing", "0"), ("MissingAccountIds", ""), ("Problem", "")];
        assert_attributes(&response, &missing);
        assert_attributes(&response, &[("AccountsDelivering", delivering)]);
    }
}

#[tokio::test]
async fn missing_accounts_are_listed() {
    let response = reported(delivered(logs_of(&[MANAGEMENT, WORKLOAD])), report_on("All")).await;
    let missing = format!("{SECURITY},{SANDBOX}");
    let expected =
        [("AccountsDelivering", "2"), ("AccountsMissing", "2"), ("MissingAccountIds", &*missing)];
    assert_attributes(&response, &expected);
    assert_mentions(problem(&response), &["2 of 4 accounts", SECURITY, SANDBOX]);
}

#[tokio::test]
async fn the_first_counts_one_of_one() {
    let response = reported(delivered(logs_of(&[])), report_on("First")).await;
    let expected =
        [("AccountsDelivering", "0"), ("AccountsMissing", "1"), ("MissingAccountIds", "")];
    assert_attributes(&response, &expected);
    assert_mentions(problem(&response), &["no log file"]);
}

#[tokio::test]
async fn many_missing_accounts_fit_the_response() {
    let mut world = delivered(logs_of(&[MANAGEMENT])).with_accounts_up_to(3_000);
    let prefix = "p".repeat(200);
    world.trails[0].s3_key_prefix = Some(prefix.clone());
    let response = reported(world, report_on("All")).await;
    assert_attributes(&response, &[("AccountsMissing", "3000"), ("AccountsDelivering", "0")]);
    let listed = response.attribute("MissingAccountIds").unwrap_or_default();
    assert_eq!(listed.split(',').count(), 50);
    assert_mentions(problem(&response), &["3000 of 3000", &prefix]);
}

#[tokio::test]
async fn a_trail_that_cannot_deliver_is_a_problem() {
    let stopped = Trail { is_logging: false, ..delivering() };
    let stopped = ready().with_trail(stopped).with_objects(BUCKET, all_logs());
    let refused = awaiting([Delivery::refused("AccessDenied")]);
    let digests = awaiting([Delivery::digest_refused("AccessDenied")]);
    for (world, expected) in [
        (stopped, "does not log"),
        (just_started(refused.clone()), "could not deliver logs"),
        // It does not wait to see whether the error is older than a repair.
        (refused, "could not deliver logs"),
        (digests, "could not deliver digest files"),
        (ready().with_trail(unowned()).with_objects(BUCKET, all_logs()), "no log file"),
    ] {
        let response = reported(world, report_on("All")).await;
        assert_mentions(problem(&response), &[TRAIL_ARN, expected]);
        assert!(problem(&response).len() <= 1_000);
    }
}

#[tokio::test]
async fn inactive_accounts_are_a_problem() {
    let world = delivered(all_logs()).with_account("555555555555", AccountStatus::Suspended);
    let listed = json!([SECURITY, "555555555555", "999999999999"]);
    let response = reported(world, report_on(listed)).await;
    let expected = [
        ("AccountsDelivering", "1"),
        ("AccountsMissing", "2"),
        ("MissingAccountIds", "555555555555,999999999999"),
    ];
    assert_attributes(&response, &expected);
    let named = ["555555555555 (suspended or closed)", "999999999999 (not a member)"];
    assert_mentions(problem(&response), &named);
}

#[tokio::test]
async fn a_failed_check_is_a_problem() {
    let mut no_bucket = delivered(all_logs());
    no_bucket.buckets.clear();
    let of_one_account = ready().with_trail(delivering().not_organization());
    for (world, expected) in [
        (ready(), "does not exist"),
        (of_one_account, "not an organization trail"),
        (no_bucket, "NoSuchBucket"),
        (delivered(all_logs()).denying("s3:ListBucket"), "AccessDenied"),
        (delivered(all_logs()).denying("organizations:ListAccounts"), "AccessDenied"),
    ] {
        let response = reported(world, report_on("All")).await;
        assert_mentions(problem(&response), &[expected]);
        assert_attributes(&response, &[("AccountsDelivering", ""), ("MissingAccountIds", "")]);
    }
}

#[tokio::test]
async fn an_update_reports_again() {
    let scene = Scene::of(delivered(logs_of(&ACCOUNTS))).await;
    let event = scene.update(OrgTrailDelivery).old_properties(report_on("First"));
    let response = scene.succeed(&event.properties(report_on("All"))).await;
    assert_attributes(&response, &[("AccountsDelivering", "4"), ("Problem", "")]);
    scene.aws.world(|world| world.objects.clear());
    let event = scene.update(OrgTrailDelivery).old_properties(waiting_for("First"));
    let response = scene.succeed(&event.properties(report_on("All"))).await;
    assert_attributes(&response, &[("AccountsMissing", "4")]);
    assert!(response.attribute("LogLocation").is_some_and(|at| !at.contains(REGION)));
}
