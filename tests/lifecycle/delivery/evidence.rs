//! Evidence that a trail delivers now: log files since it started to log, of active accounts.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::aws::{
    AccountStatus, Delivery, Objects, OrganizationLogs, Timestamp, Trail, World, log_file,
};

use super::{
    MANAGEMENT, ORGANIZATION, SANDBOX, SECURITY, WORKLOAD, all_logs, closed, count, create,
    delivered, delivering, failures::fails_at_once, just_started, listings, logs_of, opened,
};
use crate::support::{
    ACCOUNTS, AMPLE, BRIEF, BUCKET, REGION, Scene, TRAIL_ARN, assert_mentions, ready, unowned,
    waiting_for,
};

const DAY: u32 = 24 * 60 * 60;
/// 2020-01-01.
const LONG_AGO: f64 = 1_577_836_800.0;

fn dated(account: &str, at: Timestamp) -> String {
    log_file(None, Some(ORGANIZATION), account, REGION, at)
}

/// Log files of every account, made at a time.
fn logs_at(at: Timestamp) -> Objects {
    Objects::of_organization(OrganizationLogs::new(ORGANIZATION, &[REGION], at))
}

fn days_ago(days: u32) -> Timestamp {
    Timestamp::system().earlier_by(days * DAY)
}

#[tokio::test]
async fn files_of_an_earlier_trail_are_no_evidence() {
    let delivery = Delivery::of_log_files(&[MANAGEMENT], &[REGION]);
    let world = just_started(ready().with_trail(unowned().with_delivery(delivery)));
    let old = [SECURITY, WORKLOAD].map(|id| dated(id, Timestamp::from_seconds(LONG_AGO)));
    let mut world = world.with_objects(BUCKET, Objects::of_keys(old));
    world.accounts.remove(SANDBOX);
    let reason = closed(world.clone(), waiting_for("All")).await;
    assert_mentions(&reason, &["2 of 3 accounts", SECURITY, WORKLOAD, "since 20"]);
    let reported = json!({ "TrailArn": TRAIL_ARN, "Accounts": "All", "Mode": "Report" });
    let scene = Scene::of(world).await;
    // The delivery is seen by the first read of the status.
    let response = opened(&scene, reported).await;
    assert_eq!(response.attribute("AccountsMissing"), Some("2"));
}

#[tokio::test]
async fn a_trail_without_logging_fails_at_once() {
    let stopped = Trail { is_logging: false, ..delivering() };
    let old = ready().with_trail(stopped).with_objects(BUCKET, logs_at(days_ago(30)));
    let delivery = Delivery::of_log_files(&ACCOUNTS, &[REGION]);
    let never = Trail { is_logging: false, ..unowned().with_delivery(delivery) };
    for world in [old, ready().with_trail(never)] {
        let reason = fails_at_once(world, waiting_for("First")).await;
        let expected = [TRAIL_ARN, "does not log", "IsLogging", "start-logging --region eu-west-1"];
        assert_mentions(&reason, &expected);
    }
}

#[tokio::test]
async fn a_trail_that_is_stopped_later_fails_then() {
    let scene = Scene::of(ready().with_trail(unowned())).await;
    scene.aws.before("GetTrailStatus", 2, |world| world.trails[0].is_logging = false);
    let response = create(&scene, AMPLE, waiting_for("First")).await;
    assert_mentions(response.reason(), &["does not log"]);
    assert_eq!(count(&scene, "GetTrailStatus"), 2);
}

#[tokio::test]
async fn files_in_a_new_bucket_are_no_evidence() {
    // The trail has logged for years; its bucket is new, with files of an earlier trail.
    let world = delivered(logs_at(days_ago(30)));
    let cases = [json!("First"), json!("All"), json!([SECURITY])];
    for accounts in cases {
        let reason = closed(world.clone(), waiting_for(accounts)).await;
        assert_mentions(&reason, &[TRAIL_ARN, BUCKET, "MaxAgeDays"]);
    }
}

#[tokio::test]
async fn the_maximum_age_bounds_the_evidence() {
    let world = delivered(logs_at(days_ago(10)));
    let aged =
        |days: Value| json!({ "TrailArn": TRAIL_ARN, "Accounts": "All", "MaxAgeDays": days });
    closed(world.clone(), aged(json!(9))).await;
    let scene = Scene::of(world).await;
    for days in [json!(11), json!("11"), json!(365)] {
        let response = opened(&scene, aged(days)).await;
        assert_eq!(response.attribute("AccountsDelivering"), Some("4"));
    }
    let since = opened(&scene, aged(json!(365))).await;
    let since = since.attribute("EvidenceSince").unwrap_or_default().to_owned();
    let year_ago = days_ago(365).to_text();
    assert_eq!(since.get(..10), year_ago.get(..10), "{since}");
}

#[tokio::test]
async fn the_minute_of_the_start_counts() {
    let start = Timestamp::system().earlier_by(DAY);
    let in_its_minute = dated(SECURITY, start);
    let before = dated(SECURITY, start.earlier_by(60));
    let trail =
        Trail { start_logging_time: Some(start), latest_delivery_time: Some(start), ..unowned() };
    let world = ready().with_trail(trail);
    let with = |key: String| world.clone().with_objects(BUCKET, Objects::of_keys([key]));
    closed(with(before), waiting_for(json!([SECURITY]))).await;
    let scene = Scene::of(with(in_its_minute)).await;
    let response = opened(&scene, waiting_for(json!([SECURITY]))).await;
    let since = start.to_text();
    assert_eq!(response.attribute("EvidenceSince").and_then(|at| at.get(..19)), since.get(..19));
}

#[tokio::test]
async fn a_delivery_before_the_start_is_no_evidence() {
    // Stopped and started again; another trail delivers to the same bucket.
    let trail = Trail { start_logging_time: Some(Timestamp::system()), ..delivering() };
    let world = ready().with_trail(trail).with_objects(BUCKET, all_logs());
    let reason = closed(world, waiting_for("All")).await;
    assert_mentions(&reason, &["no log file has been delivered yet"]);
}

#[tokio::test]
async fn markers_of_folders_do_not_hide_log_files() {
    let log = dated(SECURITY, Timestamp::system());
    let (folder, _) = log.rsplit_once('/').expect("a folder");
    let tomorrow = dated(SECURITY, Timestamp::system().later_by(DAY));
    let (tomorrow, _) = tomorrow.rsplit_once('/').expect("a folder");
    let marker = |folder: &str| format!("{folder}/");
    let only_marker = delivered(Objects::of_keys([marker(tomorrow)]));
    closed(only_marker, waiting_for(json!([SECURITY]))).await;
    let next = dated(SECURITY, Timestamp::system().later_by(DAY));
    let keys = [marker(folder), marker(tomorrow), next];
    let scene = Scene::of(delivered(Objects::of_keys(keys))).await;
    opened(&scene, waiting_for(json!([SECURITY]))).await;
    assert_eq!(listings(&scene).len(), 2);
}

#[tokio::test]
async fn one_listing_per_account_starts_at_the_evidence() {
    let many = (0..20).flat_map(|days| ACCOUNTS.map(|account| dated(account, days_ago(days))));
    let scene = Scene::of(delivered(Objects::of_keys(many))).await;
    opened(&scene, waiting_for("All")).await;
    let listings = listings(&scene);
    assert_eq!(listings.len(), ACCOUNTS.len());
    for call in listings {
        let after = call.input["StartAfter"].as_str().unwrap_or_default();
        let prefix = call.input["Prefix"].as_str().unwrap_or_default();
        assert!(after.starts_with(prefix) && after.len() > prefix.len() + 11, "{after}");
        assert_eq!(call.input["MaxKeys"], "1");
    }
}

/// The trail, in whose organization an account is suspended and one is being closed.
fn with_closed_accounts(world: World) -> World {
    world
        .with_account("555555555555", AccountStatus::Suspended)
        .with_account("666666666666", AccountStatus::PendingClosure)
}

#[tokio::test]
async fn listed_accounts_must_be_active_members() {
    let world = with_closed_accounts(delivered(all_logs()));
    for (listed, named) in [
        (json!([SECURITY, "999999999999"]), vec!["999999999999 (not a member)"]),
        (json!(["555555555555", SECURITY]), vec!["555555555555 (suspended or closed)"]),
        (
            json!(["999999999999", "666666666666", "555555555555"]),
            vec!["555555555555 (", "666666666666 (suspended or closed)", "999999999999 ("],
        ),
    ] {
        let reason = fails_at_once(world.clone(), waiting_for(listed)).await;
        assert_mentions(&reason, &named);
        assert_mentions(&reason, &["Accounts", ORGANIZATION]);
        assert!(!reason.contains(SECURITY), "{reason}");
    }
}

#[tokio::test]
async fn listed_accounts_are_found_on_every_page() {
    let world = delivered(all_logs()).with_accounts_up_to(30).with_page_size(3);
    let scene = Scene::of(world).await;
    opened(&scene, waiting_for(json!([MANAGEMENT]))).await;
    assert_eq!(count(&scene, "ListAccounts"), 1, "the rest is not read");
    opened(&scene, waiting_for(json!([MANAGEMENT, "500000000026"]))).await;
}

#[tokio::test]
async fn an_error_of_an_old_trail_is_watched() {
    // The error may be older than a repair in the same deployment.
    let refused = Delivery::refused("AccessDenied");
    let repaired = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(2);
    let trail = unowned().with_delivery(refused.clone()).with_delivery(repaired);
    let scene = Scene::of(ready().with_trail(trail)).await;
    opened(&scene, waiting_for("All")).await;
    assert!(count(&scene, "GetTrailStatus") > 2);

    let unrepaired = ready().with_trail(unowned().with_delivery(refused));
    let unrepaired = unrepaired.with_objects(BUCKET, logs_of(&ACCOUNTS));
    let scene = Scene::of(unrepaired).await;
    let response = create(&scene, BRIEF, waiting_for("All")).await;
    assert!(!response.is_success(), "opened while an error is reported");
    assert_mentions(response.reason(), &["AccessDenied", "bucket policy", BUCKET]);
    assert_eq!(listings(&scene).len(), 0);
}

#[tokio::test]
async fn an_error_of_digests_needs_validation() {
    let refused = Delivery::digest_refused("AccessDenied");
    let delivered = Delivery::of_log_files(&ACCOUNTS, &[REGION]);
    let trail = unowned().with_delivery(refused).with_delivery(delivered);
    let world = just_started(ready().with_trail(trail));
    let reason = fails_at_once(world.clone(), waiting_for("All")).await;
    assert_mentions(&reason, &["digest files", "AccessDenied", BUCKET, "every hour"]);

    // Reported, and validation was turned off since.
    let mut off = world;
    off.trails[0].latest_digest_delivery_error = Some("AccessDenied".to_owned());
    off.trails[0].log_file_validation_enabled = false;
    let scene = Scene::of(off).await;
    opened(&scene, waiting_for("All")).await;
}

#[tokio::test]
async fn an_error_does_not_outlast_the_time() {
    // Ends before six minutes have passed: the reason is the error.
    let trail = unowned().with_delivery(Delivery::digest_refused("KMS.DisabledException"));
    let scene = Scene::of(ready().with_trail(trail)).await;
    let response = create(&scene, Duration::from_secs(3), waiting_for("First")).await;
    assert!(!response.is_success());
    assert_mentions(response.reason(), &["digest files", "KMS.DisabledException"]);
}
