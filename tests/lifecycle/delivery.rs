//! `Custom::OrgTrailDelivery`: a gate that opens when logs have arrived.

mod evidence;
mod failures;
mod report;
mod updates;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{
    aws::{
        AccountStatus, AssumableRole, Bucket, Call, Delivery, Objects, OrganizationLogs, Policy,
        Timestamp, Trail, World, log_file,
    },
    cloudformation::Response,
};

use crate::support::{
    ACCOUNTS, BRIEF, BUCKET, GATE, OrgTrailDelivery, REGION, SENTINEL, Scene, TRAIL_ARN,
    assert_attributes, assert_mentions, ready, unowned, waiting_for,
};

const ORGANIZATION: &str = "o-exampleorg1";
const MANAGEMENT: &str = "111111111111";
const SECURITY: &str = "222222222222";
const WORKLOAD: &str = "333333333333";
const SANDBOX: &str = "444444444444";
/// A Region besides the home Region.
const ELSEWHERE: &str = "us-east-1";
/// The timeout of a function that must wait until a log file arrives.
const PATIENT: Duration = Duration::from_secs(8);

/// The trail, which has delivered before.
fn delivering() -> Trail {
    Trail { latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)), ..unowned() }
}

/// A world in which the trail has delivered these objects.
fn delivered(objects: Objects) -> World {
    ready().with_trail(delivering()).with_objects(BUCKET, objects)
}

/// A world in which the trail has delivered nothing yet, and will deliver this.
fn awaiting(deliveries: impl IntoIterator<Item = Delivery>) -> World {
    let trail = deliveries.into_iter().fold(unowned(), Trail::with_delivery);
    ready().with_trail(trail)
}

/// A log file of each account in the home Region.
fn logs_of(accounts: &[&str]) -> Objects {
    Objects::of_keys(accounts.iter().map(|account| log_of(account, REGION)))
}

fn log_of(account: &str, region: &str) -> String {
    log_file(None, Some(ORGANIZATION), account, region, Timestamp::system())
}

/// The log files of every account.
fn all_logs() -> Objects {
    Objects::of_organization(organization_logs(&[REGION]))
}

fn organization_logs(regions: &[&str]) -> OrganizationLogs {
    OrganizationLogs::new(ORGANIZATION, regions, Timestamp::system())
}

/// The same world, whose trails have just started to log.
fn just_started(mut world: World) -> World {
    for trail in &mut world.trails {
        trail.start_logging_time = Some(Timestamp::system());
    }
    world
}

/// Creates a gate.
async fn create(scene: &Scene, timeout: Duration, properties: Value) -> Response {
    let event = scene.create(OrgTrailDelivery).properties(properties);
    scene.send_within(timeout, &event).await
}

/// Creates a gate that opens.
async fn opened(scene: &Scene, properties: Value) -> Response {
    let response = create(scene, PATIENT, properties).await;
    assert!(response.is_success(), "{}", response.reason());
    assert_eq!(response.physical_id(), GATE);
    assert_eq!(scene.mutations(), Vec::<String>::new());
    response
}

/// Creates a gate that stays closed, and returns the reason.
async fn closed(world: World, properties: Value) -> String {
    let scene = Scene::of(world).await;
    let response = create(&scene, BRIEF, properties.clone()).await;
    assert!(!response.is_success(), "opened: {properties}");
    assert_eq!(response.physical_id(), SENTINEL);
    response.reason().to_owned()
}

/// The calls that list objects.
fn listings(scene: &Scene) -> Vec<Call> {
    let mut calls = scene.aws.calls();
    calls.retain(|call| call.operation == "ListObjectsV2");
    calls
}

/// The number of calls of an operation.
fn count(scene: &Scene, operation: &str) -> usize {
    let operations = scene.aws.operations();
    operations.iter().filter(|called| *called == operation).count()
}

#[tokio::test]
async fn one_log_file_opens_the_gate_by_default() {
    let scene = Scene::of(delivered(logs_of(&[WORKLOAD]))).await;
    let response = opened(&scene, json!({ "TrailArn": TRAIL_ARN })).await;
    let attributes = [
        ("LatestDeliveryTime", "2020-09-13T12:26:40Z"),
        ("AccountsDelivering", "1"),
        ("AccountsMissing", "0"),
        ("MissingAccountIds", ""),
        ("Problem", ""),
        ("LogLocation", "s3://org-logs-example/AWSLogs/o-exampleorg1/"),
    ];
    assert_attributes(&response, &attributes);
    // And EvidenceSince, which depends on the time of the request.
    assert_eq!(response.attribute_names().len(), attributes.len() + 1);
    let explicit = opened(&scene, waiting_for("First")).await;
    assert_attributes(&explicit, &attributes);
}

#[tokio::test]
async fn all_are_the_active_accounts_of_the_organization() {
    let world = delivered(all_logs())
        .with_account("555555555555", AccountStatus::Suspended)
        .with_account("666666666666", AccountStatus::PendingClosure);
    let scene = Scene::of(world.clone()).await;
    let response = opened(&scene, waiting_for("All")).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("4"));
    assert_eq!(response.attribute("AccountsMissing"), Some("0"));

    let logs = organization_logs(&[REGION]).except(SANDBOX);
    let world = world.with_objects(BUCKET, Objects::of_organization(logs));
    let reason = closed(world, waiting_for("All")).await;
    assert_mentions(&reason, &[SANDBOX, "1 of 4"]);
    for account in [MANAGEMENT, "555555555555", "666666666666"] {
        // The trail's ARN has the management account's ID in it.
        let named = reason.replace(TRAIL_ARN, "").contains(account);
        assert!(!named, "{account} is not missing: {reason}");
    }
}

#[tokio::test]
async fn a_list_is_of_those_accounts_only() {
    let scene = Scene::of(delivered(logs_of(&[WORKLOAD, SANDBOX]))).await;
    let response = opened(&scene, waiting_for(json!([SANDBOX, WORKLOAD, SANDBOX]))).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("2"));
    // They are looked up only to see whether they are active members.
    assert_eq!(count(&scene, "ListAccounts"), 1);
    let world = delivered(logs_of(&[WORKLOAD]));
    let reason = closed(world, waiting_for(json!([SANDBOX, WORKLOAD]))).await;
    assert_mentions(&reason, &[SANDBOX, "1 of 2"]);
}

#[tokio::test]
async fn logs_that_arrive_late_open_the_gate() {
    let cases = [json!("First"), json!("All"), json!(ACCOUNTS)];
    join_all(cases.map(async |accounts| {
        let late = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(2);
        let scene = Scene::of(awaiting([late])).await;
        let response = opened(&scene, waiting_for(accounts.clone())).await;
        let latest = response.attribute("LatestDeliveryTime").unwrap_or_default();
        assert!(latest.starts_with("20"), "{accounts}: {latest:?}");
        assert_eq!(response.attribute("AccountsMissing"), Some("0"), "{accounts}");
    }))
    .await;
}

#[tokio::test]
async fn repeated_checks_list_only_missing_accounts() {
    let first = Delivery::of_log_files(&[MANAGEMENT, SECURITY, WORKLOAD], &[REGION]);
    let last = Delivery::of_log_files(&[SANDBOX], &[REGION]).after(3);
    let scene = Scene::of(awaiting([first, last])).await;
    // Delivered before the first look.
    let looked = scene.aws.world(|world| {
        world.now = Timestamp::system();
        let caller = simulator::aws::Caller::new(MANAGEMENT, REGION);
        world.call(&caller, "GetTrailStatus", &json!({ "Name": TRAIL_ARN }))
    });
    assert!(looked.is_ok(), "{looked:?}");
    let response = opened(&scene, waiting_for("All")).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("4"));
    for (account, repeated) in [(MANAGEMENT, false), (WORKLOAD, false), (SANDBOX, true)] {
        let prefix = format!("AWSLogs/{ORGANIZATION}/{account}/CloudTrail/{REGION}/");
        let looks = listings(&scene).iter().filter(|call| call.input["Prefix"] == prefix).count();
        assert_eq!(looks > 1, repeated, "{account}: {looks}");
    }
    assert_eq!(count(&scene, "ListAccounts"), 1);
}

#[tokio::test]
async fn listings_return_prefixes_or_at_most_one_key() {
    let scene = Scene::of(delivered(all_logs())).await;
    opened(&scene, waiting_for("All")).await;
    for call in listings(&scene) {
        let folded = call.input["Delimiter"] == "/";
        assert!(folded || call.input["MaxKeys"] == "1", "{}", call.input);
    }
}

/// The function reads only the status of the trail until then.
#[tokio::test]
async fn nothing_is_listed_before_the_first_delivery() {
    let scene = Scene::of(awaiting([])).await;
    let response = create(&scene, BRIEF, waiting_for("All")).await;
    assert!(!response.is_success(), "opened");
    assert!(count(&scene, "GetTrailStatus") > 2);
    // One call finds the Region of the bucket.
    assert!(listings(&scene).len() <= 1, "{:?}", listings(&scene));
    assert_eq!(count(&scene, "ListAccounts"), 0);
}

#[tokio::test]
async fn digests_insights_and_folders_do_not_count() {
    let beside = ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated"];
    let keys = ACCOUNTS.iter().flat_map(|account| {
        let folder = format!("AWSLogs/{ORGANIZATION}/{account}/");
        let empty = [folder.clone(), format!("{folder}CloudTrail/")];
        let others = beside.map(|kind| format!("{folder}{kind}/{REGION}/2026/11/23/x.json.gz"));
        others.into_iter().chain(empty)
    });
    let world = delivered(Objects::of_keys(keys));
    let cases = [json!("First"), json!("All"), json!(ACCOUNTS)];
    join_all(cases.map(|accounts| closed(world.clone(), waiting_for(accounts)))).await;
}

/// Account trails write into folders without an organization.
#[tokio::test]
async fn other_organizations_and_account_trails_do_not_count() {
    let of = |organization| log_file(None, organization, MANAGEMENT, REGION, Timestamp::system());
    let own_trail = of(None);
    let other = of(Some("o-exampleorg2"));
    let longer = of(Some("o-exampleorg11"));
    let world = delivered(Objects::of_keys([own_trail, other, longer]));
    closed(world, waiting_for("First")).await;
}

#[tokio::test]
async fn logs_of_an_earlier_trail_do_not_count() {
    let world = awaiting([]).with_objects(BUCKET, all_logs());
    let cases = ["First", "All"];
    join_all(cases.map(|accounts| closed(world.clone(), waiting_for(accounts)))).await;
}

#[tokio::test]
async fn only_logs_with_the_trails_prefix_count() {
    let trail = Trail { s3_key_prefix: Some("audit/2026".to_owned()), ..delivering() };
    let world = ready().with_trail(trail);
    let logs = OrganizationLogs {
        key_prefix: Some("audit/2026".to_owned()),
        ..organization_logs(&[REGION])
    };
    let there = world.clone().with_objects(BUCKET, Objects::of_organization(logs));
    let scene = Scene::of(there).await;
    for accounts in ["First", "All"] {
        let response = opened(&scene, waiting_for(accounts)).await;
        let location = "s3://org-logs-example/audit/2026/AWSLogs/o-exampleorg1/";
        assert_eq!(response.attribute("LogLocation"), Some(location));
    }
    let elsewhere = world.with_objects(BUCKET, all_logs());
    let cases = ["First", "All"];
    join_all(cases.map(|accounts| closed(elsewhere.clone(), waiting_for(accounts)))).await;
}

/// With several Regions, `First` requires one log file in any of them. `All` and a list of accounts
/// require a log file of each account in each Region.
#[tokio::test]
async fn first_needs_one_region_and_all_needs_each() {
    let keys = ACCOUNTS.map(|account| log_of(account, REGION));
    let most = keys
        .into_iter()
        .chain([MANAGEMENT, SECURITY, WORKLOAD].map(|account| log_of(account, ELSEWHERE)));
    let world = delivered(Objects::of_keys(most));
    let in_both = |accounts: Value| {
        let mut properties = waiting_for(accounts);
        properties["Regions"] = json!([REGION, ELSEWHERE]);
        properties
    };
    let scene = Scene::of(world.clone()).await;
    opened(&scene, in_both(json!("First"))).await;
    opened(&scene, in_both(json!([MANAGEMENT, WORKLOAD]))).await;
    for accounts in [json!("All"), json!([SANDBOX])] {
        let reason = closed(world.clone(), in_both(accounts)).await;
        assert_mentions(&reason, &[SANDBOX, ELSEWHERE]);
    }
    let far_away = json!({ "TrailArn": TRAIL_ARN, "Regions": ["ap-south-1"] });
    closed(world.clone(), far_away).await;
    let only_elsewhere = json!({ "TrailArn": TRAIL_ARN, "Regions": [ELSEWHERE, "ap-south-1"] });
    opened(&scene, only_elsewhere).await;
}

#[tokio::test]
async fn all_pages_of_accounts_and_prefixes_are_read() {
    for size in [1, 2, 3, 7] {
        let world = delivered(all_logs()).with_accounts_up_to(10).with_page_size(size);
        let scene = Scene::of(world.clone()).await;
        let response = opened(&scene, waiting_for("All")).await;
        assert_eq!(response.attribute("AccountsDelivering"), Some("10"), "{size}");
        let last = "500000000006";
        let only_the_last = world.with_objects(BUCKET, logs_of(&[last]));
        let scene = Scene::of(only_the_last).await;
        opened(&scene, waiting_for("First")).await;
        opened(&scene, waiting_for(json!([last]))).await;
    }
}

#[tokio::test]
async fn more_accounts_than_concurrent_listings_are_all_checked() {
    let world = delivered(all_logs()).with_accounts_up_to(100);
    let scene = Scene::of(world.clone()).await;
    let response = opened(&scene, waiting_for("All")).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("100"));
    let ids: Vec<String> = world.accounts.keys().cloned().collect();
    let response = opened(&scene, waiting_for(json!(ids))).await;
    assert_eq!(response.attribute("AccountsDelivering"), Some("100"));
}

#[tokio::test]
async fn a_bucket_in_another_region_is_found_there() {
    let world = delivered(all_logs()).with_bucket(BUCKET, Bucket::open(ELSEWHERE));
    let scene = Scene::of(world).await;
    for accounts in ["First", "All"] {
        opened(&scene, waiting_for(accounts)).await;
    }
}

#[tokio::test]
async fn calls_go_to_the_trails_home_region() {
    let mut world = delivered(Objects::of_organization(organization_logs(&["ap-south-1"])));
    world.trails[0].home_region = "ap-south-1".to_owned();
    let scene = Scene::of(world).await;
    let arn = TRAIL_ARN.replace(REGION, "ap-south-1");
    let event = scene.create(OrgTrailDelivery).property("TrailArn", arn.as_str());
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), format!("delivery/{arn}"));
    for call in scene.aws.calls() {
        if call.operation.starts_with("GetTrail") {
            assert_eq!(call.region, "ap-south-1", "{}", call.operation);
        }
    }
}

/// A bucket that only its own account may list.
fn private() -> World {
    let bucket = Bucket {
        policy: Policy::of_bucket(BUCKET, None, TRAIL_ARN, ORGANIZATION),
        ..Bucket::open(REGION)
    };
    delivered(all_logs()).with_bucket(BUCKET, bucket)
}

const READER: &str = "arn:aws:iam::222222222222:role/LogReader";

#[tokio::test]
async fn the_bucket_is_listed_with_its_role() {
    let world = private().with_assumable_role(AssumableRole::new(READER).trusting(MANAGEMENT));
    let scene = Scene::with_variables(world, &[("LOG_BUCKET_ROLE_ARN", READER)]).await;
    for accounts in ["All", "First"] {
        opened(&scene, waiting_for(accounts)).await;
    }
    assert!(!listings(&scene).is_empty());
    for call in scene.aws.calls() {
        let account = match call.operation.as_str() {
            "ListObjectsV2" => SECURITY,
            _ => MANAGEMENT,
        };
        assert_eq!(call.account, account, "{}", call.operation);
    }
    assert_eq!(count(&scene, "AssumeRole"), 1, "the credentials are kept");
}

/// All other calls use the role in the management account.
#[tokio::test]
async fn a_function_beside_the_bucket_lists_as_itself() {
    const ADMINISTRATOR: &str = "arn:aws:iam::111111111111:role/OrgTrail";
    let role = AssumableRole::new(ADMINISTRATOR).trusting(SECURITY);
    let world = private().with_assumable_role(role).called_by(SECURITY);
    let scene = Scene::with_variables(world, &[("MANAGEMENT_ROLE_ARN", ADMINISTRATOR)]).await;
    opened(&scene, waiting_for("All")).await;
    for call in scene.aws.calls() {
        let account = match call.operation.as_str() {
            "ListObjectsV2" | "AssumeRole" => SECURITY,
            _ => MANAGEMENT,
        };
        assert_eq!(call.account, account, "{}", call.operation);
    }
}
