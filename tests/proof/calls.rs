//! The calls to AWS of each kind of request, and which of them run at the same time.
//!
//! Each call takes one second of a clock that otherwise stands still. Calls that begin at the same
//! time are one round trip, such as `DescribeOrganization + GetTrail`. The comparison fails for a call
//! too many, for a call too few, for a call that waits for one that it does not need, and for time
//! that passes between calls.
//!
//! Three rules lead to the order of the calls. Each wins over the next:
//!
//! 1. The tags of a trail are read right before it is changed, deleted or released, and no change is
//!    tried only to see whether it works, such as a CreateTrail for a name that may be taken.
//! 2. The usual case has the fewest round trips, then the fewest calls: the function calls as the
//!    management account, a Create finds the name free, an Update and a Delete find the trail.
//! 3. Changes are made one after another, because CloudTrail accepts one per second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use simulator::aws::{
    Bucket, CLOUDTRAIL, Objects, OrganizationLogs, Trail, World, samples::ORGANIZATION_ID,
};
use tokio::time::{Instant, sleep};

use crate::{
    faults::{
        course::{prepare, stage},
        deliveries::{delivered, delivered_at, delivered_by, delivered_of},
        flow::Flow,
        switches::{CONFIG, ENABLED, REGISTERED, disabling, off},
        trails::{RENAMED_ARN, renamed},
    },
    requests::addressed,
    stage::{Clock, play},
    states::{FEW_REGIONS, SECURITY, base, delegated, everything, plain, without_dependents},
    support::{
        ACCOUNTS, BUCKET, GATE, GENERATED, OrgDelegatedAdministrator, OrgTrail, OrgTrailDelivery,
        OrgTrustedAccess, REGION, SENTINEL, TRAIL_ARN, adopted, adopting, merged, ours,
        owned_by_another_stack, report_on, trail_properties, unowned, waiting_for,
    },
    table::side_by_side,
    wire::Gate,
};

/// A string per round trip.
type Calls = &'static [&'static str];

/// A request in a world, its calls, and whether it succeeds.
struct Case(Flow, Calls, bool);

fn ok(flow: Flow, calls: Calls) -> Case {
    Case(flow, calls, true)
}

fn failed(flow: Flow, calls: Calls) -> Case {
    Case(flow, calls, false)
}

#[rustfmt::skip]
fn trusted_access() -> Vec<Case> {
    const LOOK: &str = "DescribeOrganization + ListAWSServiceAccessForOrganization";
    // CloudTrail lists event data stores by Region: this is a partition with two. Its listings return
    // ARNs only.
    const DEPENDENTS: &str = "ListAWSServiceAccessForOrganization + ListDelegatedAdministrators \
        + 2 x ListEventDataStores + ListTrails";
    const DETAILS: &str = "GetEventDataStore + 2 x GetTrail";
    const DISABLE: &str = "DisableAWSServiceAccess";
    let properties = || disabling(CLOUDTRAIL);
    let create = |name, world| Flow::create(name, OrgTrustedAccess, world, properties());
    let delete = |name, world: World, id: &str, properties|
        Flow::delete(name, OrgTrustedAccess, world, id, properties);
    let on = without_dependents;
    let mut nothing = on();
    nothing.trails.clear();
    nothing.event_data_stores.clear();
    let mut config = on().with_trusted_access(CONFIG);
    config.delegated_administrators.clear();
    let config_id = ENABLED.replace(CLOUDTRAIL, CONFIG);
    let update = Flow::update("Update: nothing changed", OrgTrustedAccess, on(), ENABLED,
        [properties(), properties()]);
    vec![
        // Organizations may list a service only some time after it was enabled.
        ok(create("Create: disabled", off()),
            &[LOOK, "EnableAWSServiceAccess", "ListAWSServiceAccessForOrganization"]),
        ok(create("Create: enabled already", on()), &[LOOK]),
        ok(update, &[LOOK]),
        ok(delete("Delete: `Keep`", on(), ENABLED, json!({})), &[]),
        ok(delete("Delete: `Disable`, no trails, 2 Regions", nothing, ENABLED, properties())
            .in_region(FEW_REGIONS), &[DEPENDENTS, DISABLE]),
        ok(delete("Delete: `Disable`, two account trails", on(), ENABLED, properties())
            .in_region(FEW_REGIONS), &[DEPENDENTS, DETAILS, DISABLE]),
        failed(delete("Delete: `Disable`, an organization trail", plain(), ENABLED, properties())
            .in_region(FEW_REGIONS), &[DEPENDENTS, DETAILS]),
        ok(delete("Delete: `Disable`, another service", config, &config_id, disabling(CONFIG)),
            &["ListAWSServiceAccessForOrganization + ListDelegatedAdministrators", DISABLE]),
        ok(delete("Delete: a canceled Create", on(), GENERATED, properties()), &[]),
    ]
}

#[rustfmt::skip]
fn delegated_administrators() -> Vec<Case> {
    const LIST: &str = "ListDelegatedAdministrators";
    let of = |service: &str| json!({ "AccountId": SECURITY, "ServicePrincipal": service });
    let create = |name, world, service|
        Flow::create(name, OrgDelegatedAdministrator, world, of(service));
    let registered = || plain().with_delegated_administrator(CLOUDTRAIL, SECURITY);
    let delete = |name, id: &str|
        Flow::delete(name, OrgDelegatedAdministrator, registered(), id, of(CLOUDTRAIL));
    let update = Flow::update("Update: nothing changed", OrgDelegatedAdministrator, registered(),
        REGISTERED, [of(CLOUDTRAIL), of(CLOUDTRAIL)]);
    vec![
        ok(create("Create: not registered", plain(), CLOUDTRAIL),
            &[LIST, "RegisterOrganizationDelegatedAdmin", LIST]),
        ok(create("Create: another service", plain().with_trusted_access(CONFIG), CONFIG),
            &[LIST, "RegisterDelegatedAdministrator", LIST]),
        ok(create("Create: registered already", registered(), CLOUDTRAIL), &[LIST]),
        ok(update, &[LIST]),
        ok(delete("Delete: registered by the resource", REGISTERED),
            &[LIST, "DeregisterOrganizationDelegatedAdmin"]),
        ok(delete("Delete: registered before", &REGISTERED.replace("registered", "preexisting")),
            &[]),
        ok(delete("Delete: a canceled Create", GENERATED), &[]),
    ]
}

/// Reads whether the name is free, which account owns organization trails, and which other trails
/// exist.
const NAME: &str = "DescribeOrganization + GetTrail + ListTrails";
/// The other facts about a trail, if the name is taken.
const REST: &str = "GetEventConfiguration + GetEventSelectors + GetInsightSelectors \
    + GetTrailStatus + ListTags";
/// The configuration of two other trails. These reads wait for ListTrails, beside the calls of the
/// request.
const OTHERS: &str = "2 x GetEventSelectors + 2 x GetTrail + 2 x GetTrailStatus";
/// StartLogging is last, so that a trail that cannot be completed has recorded nothing.
const CREATE: Calls = &[NAME, "CreateTrail", "StartLogging"];

/// A world in which no other trail exists.
fn alone() -> World {
    World { trails: Vec::new(), ..plain() }
}

#[rustfmt::skip]
fn creates_of_trails() -> Vec<Case> {
    let create = |name, world, properties| Flow::create(name, OrgTrail, world, properties);
    vec![
        ok(create("Create: the name is free", alone(), base()), CREATE),
        ok(create("Create: beside two other trails", plain(), base()), &[NAME, "CreateTrail \
            + 2 x GetEventSelectors + 2 x GetTrail + 2 x GetTrailStatus", "StartLogging"]),
        // AddTags notes the key that an alias stands for, which CreateTrail returns.
        ok(create("Create: with every property", alone(), everything()), &[NAME, "CreateTrail",
            "PutEventSelectors", "PutInsightSelectors", "PutEventConfiguration", "StartLogging",
            "AddTags"]),
        ok(create("Create: with a role", alone(), base()).with_roles(),
            &["AssumeRole", NAME, "CreateTrail", "StartLogging"]),
        // The second GetTrail has the ARN of a trail of the management account.
        ok(create("Create: as delegated administrator", delegated(alone()), base()),
            &[NAME, "GetTrail", "CreateTrail", "StartLogging"]),
        ok(create("Create: delivered again", alone(), everything()).after_create(everything()),
            &[NAME, REST]),
        failed(create("Create: the name is taken, `Fail`", alone().with_trail(owned_by_another_stack()),
            base()), &[NAME, REST]),
        ok(create("Create: the name is taken, `Adopt`", alone().with_trail(unowned()),
            adopting(base())), &[NAME, REST, "AddTags"]),
    ]
}

#[rustfmt::skip]
fn updates_of_trails() -> Vec<Case> {
    /// Everything about the trail, which an Update expects to find.
    const LOOK: &str = "DescribeOrganization + GetEventConfiguration + GetEventSelectors \
        + GetInsightSelectors + GetTrail + GetTrailStatus + ListTags + ListTrails";
    let update = |name, world: World, old: Value, new: Value|
        Flow::update(name, OrgTrail, world, TRAIL_ARN, [old, new]);
    let from = |name, old: Value, new| update(name, alone(), old.clone(), new).after_create(old);
    let to = |name, more| from(name, base(), trail_properties(more));
    let delegated = |name, new| update(name, delegated(alone()), base(), new).after_create(base());
    let tagged = || trail_properties(json!({ "Tags": [{ "Key": "team", "Value": "audit" }] }));
    let selectors = json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] });
    let insights = json!({ "InsightSelectors": [{ "InsightType": "ApiErrorRateInsight" }] });
    let renamed_trail = Trail { name: "renamed".to_owned(), start_logging_time: None, ..ours() };
    let both = alone().with_trail(renamed_trail).with_trail(ours());
    let theirs = alone().with_trail(owned_by_another_stack());
    let invented = Flow::update("Update: an ID that CloudFormation generated", OrgTrail, alone(),
        GENERATED, [base(), base()]);
    vec![
        ok(from("Update: nothing changed", everything(), everything()), &[LOOK]),
        // The only request whose own calls do not last as long as those about other trails.
        ok(update("Update: nothing changed, beside two other trails", plain(), base(), base())
            .after_create(base()), &[LOOK, OTHERS]),
        ok(delegated("Update: nothing changed, as delegated administrator", base()), &[LOOK]),
        ok(to("Update: settings", json!({ "EnableLogFileValidation": false, "S3KeyPrefix": "o" })),
            &[LOOK, "UpdateTrail"]),
        ok(to("Update: event selectors", selectors), &[LOOK, "PutEventSelectors"]),
        ok(to("Update: insight selectors", insights), &[LOOK, "PutInsightSelectors"]),
        ok(from("Update: tags added", base(), tagged()), &[LOOK, "AddTags"]),
        ok(from("Update: tags removed", tagged(), base()), &[LOOK, "RemoveTags"]),
        ok(to("Update: logging stopped", json!({ "IsLogging": false })), &[LOOK, "StopLogging"]),
        // The tags of the template, then the key that the alias stands for.
        ok(from("Update: every property", base(), everything()), &[LOOK, "UpdateTrail",
            "PutEventSelectors", "PutInsightSelectors", "PutEventConfiguration", "AddTags",
            "AddTags"]),
        ok(from("Update: another name", base(), renamed()), CREATE),
        ok(delegated("Update: another name, as delegated administrator", renamed()), CREATE),
        // A trail that has logged for longer than the failed Update can have taken is kept.
        ok(update("Update: rollback to the old name", both, renamed(), base()),
            &[LOOK, "GetEventSelectors + GetTrail + 2 x GetTrailStatus + ListTags", "DeleteTrail"]),
        ok(update("Update: the trail is gone", alone(), base(), base()),
            &[LOOK, "CreateTrail", "StartLogging"]),
        failed(update("Update: the trail has another owner", theirs, base(), base()), &[LOOK]),
        ok(invented.after_create(base()), &[NAME, REST]),
    ]
}

#[rustfmt::skip]
fn deletes_of_trails() -> Vec<Case> {
    let delete = |name, world, id: &str| Flow::delete(name, OrgTrail, world, id, base());
    let with = |trail: Trail| plain().with_trail(trail);
    vec![
        ok(delete("Delete: created by the resource", with(ours()), TRAIL_ARN),
            &["ListTags", "DeleteTrail"]),
        ok(delete("Delete: adopted", with(adopted()), TRAIL_ARN), &["ListTags", "RemoveTags"]),
        ok(delete("Delete: another owner", with(owned_by_another_stack()), TRAIL_ARN), &["ListTags"]),
        ok(delete("Delete: gone", plain(), RENAMED_ARN), &["ListTags"]),
        ok(delete("Delete: never created", with(ours()), SENTINEL), &[]),
        ok(delete("Delete: a canceled Create", with(ours()), GENERATED),
            &["ListTags", "DeleteTrail"]),
        ok(delete("Delete: a canceled Create, as delegated administrator",
            delegated(with(ours())), GENERATED),
            &["ListTags", "DescribeOrganization", "ListTags", "DeleteTrail"]),
        ok(delete("Delete: a canceled Create, another owner", with(owned_by_another_stack()), GENERATED),
            &["ListTags"]),
    ]
}

#[rustfmt::skip]
fn deliveries() -> Vec<Case> {
    const LOOK: &str = "DescribeOrganization + GetTrail + GetTrailStatus";
    const LIST: &str = "ListObjectsV2";
    /// A new trail has no logs at first, so only an Update and a list of accounts list the accounts in
    /// the first round trip.
    const LOOK_AGAIN: &str = "DescribeOrganization + GetTrail + GetTrailStatus + ListAccounts";
    let create = |name, world, accounts: Value|
        Flow::create(name, OrgTrailDelivery, world, waiting_for(accounts));
    let update = |name, old: &str, new: &str|
        Flow::update(name, OrgTrailDelivery, delivered(), GATE, [waiting_for(old), waiting_for(new)]);
    let mut stopped = delivered();
    stopped.trail_mut(TRAIL_ARN).expect("the trail").is_logging = false;
    let elsewhere = delivered().with_bucket(BUCKET, Bucket::open("eu-central-1"));
    let regions = [REGION, "eu-central-1"];
    let in_both = merged(waiting_for(json!([SECURITY, "333333333333"])), json!({ "Regions": regions }));
    let in_both = Flow::create("Create: two accounts in two Regions", OrgTrailDelivery,
        delivered_of(&ACCOUNTS, &regions), in_both);
    let logs = Objects::of_organization(OrganizationLogs::new(ORGANIZATION_ID, &[REGION], delivered_at()));
    let many = delivered().with_accounts_up_to(80).with_objects(BUCKET, logs);
    vec![
        ok(create("Create: `First`", delivered(), json!("First")), &[LOOK, LIST]),
        ok(create("Create: `First`, with two roles", delivered(), json!("First")).with_roles(),
            &["AssumeRole", LOOK, "AssumeRole", LIST]),
        // The management account has no logs: which account has any, then its logs.
        ok(create("Create: `First`, another account", delivered_by(&[SECURITY]), json!("First")),
            &[LOOK, LIST, LIST, LIST]),
        // S3 refuses a call in another Region and returns the bucket's.
        ok(create("Create: `First`, bucket in another Region", elsewhere, json!("First")),
            &[LOOK, LIST, LIST]),
        // Listed accounts must be active members.
        ok(in_both, &[LOOK_AGAIN, "4 x ListObjectsV2"]),
        failed(create("Create: an account of no member", delivered(), json!(["999999999999"])),
            &[LOOK_AGAIN]),
        failed(create("Create: a trail that does not log", stopped, json!("All")), &[LOOK]),
        ok(Flow::create("Create: `Report`", OrgTrailDelivery, delivered_by(&[SECURITY]),
            report_on("All")), &[LOOK, "ListAccounts", "4 x ListObjectsV2"]),
        ok(create("Create: `All`, 4 accounts", delivered(), json!("All")),
            &[LOOK, "ListAccounts", "4 x ListObjectsV2"]),
        // ListAccounts returns pages of 20. At most 32 listings run at a time, the first of them of
        // the accounts' folders. The status is read again after 5 seconds.
        ok(create("Create: `All`, 80 accounts", many, json!("All")), &[LOOK, "ListAccounts",
            "ListAccounts + ListObjectsV2", "32 x ListObjectsV2", "ListAccounts + 8 x ListObjectsV2",
            "ListAccounts + 20 x ListObjectsV2", "GetTrailStatus + 20 x ListObjectsV2"]),
        ok(update("Update: nothing changed", "All", "All"), &[LOOK_AGAIN, "4 x ListObjectsV2"]),
        ok(update("Update: `First` to `All`", "First", "All"), &[LOOK_AGAIN, "4 x ListObjectsV2"]),
        ok(update("Update: `All` to `First`", "All", "First"), &[LOOK, LIST]),
        ok(Flow::delete("Delete", OrgTrailDelivery, delivered(), GATE, waiting_for("All")), &[]),
    ]
}

#[rustfmt::skip]
fn invalid_requests() -> Vec<Case> {
    let misspelt = || json!({ "TrailName": "org-trail", "S3Bucketname": "org-logs-example" });
    let unknown = |mut flow: Flow| {
        flow.event = flow.event.with("ResourceType", "Custom::Unknown");
        flow
    };
    vec![
        failed(Flow::create("Create: misspelt property", OrgTrail, plain(), misspelt()), &[]),
        failed(Flow::update("Update: misspelt property", OrgTrail, plain(), TRAIL_ARN,
            [base(), misspelt()]), &[]),
        failed(unknown(Flow::create("Create: unknown type", OrgTrail, plain(), base())), &[]),
        ok(unknown(Flow::delete("Delete: unknown type", OrgTrail, plain(), GENERATED, base())), &[]),
    ]
}

fn cases() -> Vec<Case> {
    let trails = [creates_of_trails(), updates_of_trails(), deletes_of_trails()];
    let rest = [trusted_access(), delegated_administrators(), deliveries(), invalid_requests()];
    trails.into_iter().chain(rest).flatten().collect()
}

/// All requests that are compared.
pub fn flows() -> Vec<Flow> {
    cases().into_iter().map(|Case(flow, _, _)| flow).collect()
}

const CALL: Duration = Duration::from_secs(1);

/// Plays a request: its calls in the order of time, how long it took, and whether it succeeded.
fn play_request(flow: &Flow) -> (Vec<String>, Duration, bool) {
    play(1, async {
        let clock = Clock::start();
        let stage = stage(flow, prepare(flow, clock).await, clock).lasting(100 * CALL);
        let recorder = Recorder::default();
        let wire = stage.wire().gated(Arc::new(recorder.clone()));
        let event = addressed(&flow.event, clock);
        let played = stage.deliver_through(wire, event).await;
        let calls = recorder.0.lock().expect("no panic");
        let rounds = calls.values().map(|operations| {
            let mut operations: Vec<&str> = operations.iter().map(String::as_str).collect();
            operations.sort_unstable();
            let calls = operations.chunk_by(PartialEq::eq).map(|same| match same {
                [operation] => (*operation).to_owned(),
                _ => format!("{} x {}", same.len(), same[0]),
            });
            calls.collect::<Vec<_>>().join(" + ")
        });
        let response = played.response();
        (rounds.collect(), played.took, response.is_success())
    })
}

/// Records the calls that begin at each time, and lets each take [`CALL`].
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<BTreeMap<Instant, Vec<String>>>>);

impl Gate for Recorder {
    fn pass(&self, call: &str) -> BoxFuture<'static, ()> {
        let operation = call.split(' ').next().unwrap_or_default().to_owned();
        let mut calls = self.0.lock().expect("no panic");
        calls.entry(Instant::now()).or_default().push(operation);
        Box::pin(sleep(CALL))
    }
}

/// Compares a request with its case.
fn problem(Case(flow, calls, succeeds): &Case) -> Option<String> {
    let (made, took, succeeded) = play_request(flow);
    let expected = CALL * u32::try_from(calls.len()).expect("few");
    let same = made == *calls && took == expected && succeeded == *succeeds;
    let name = (flow.event.text("ResourceType"), flow.name);
    (!same).then(|| {
        format!("{name:?}: not {calls:#?} but {made:#?} in {took:?}, success: {succeeded}")
    })
}

#[test]
fn every_request_makes_exactly_its_calls() {
    let problems = side_by_side(&cases(), problem);
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_documentation_has_the_same_calls() {
    let times = |call: &str| call.split_once(" x ").and_then(|(times, _)| times.parse().ok());
    let row = |Case(flow, rounds, _): Case| {
        let calls = rounds.iter().flat_map(|round| round.split(" + "));
        let calls: usize = calls.map(|call| times(call).unwrap_or(1)).sum();
        format!("| {} | {calls} | {} |", flow.name, rounds.join(" → "))
    };
    let rows: BTreeSet<String> = cases().into_iter().map(row).collect();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/calls.md");
    let page = std::fs::read_to_string(page).expect("docs/calls.md");
    let kinds = ["| Create: ", "| Update: ", "| Delete: "];
    let shown = page.lines().filter(|line| kinds.iter().any(|kind| line.starts_with(kind)));
    let (right, wrong): (Vec<_>, Vec<_>) = shown.partition(|line| rows.contains(*line));
    assert!(right.len() >= 20, "{right:#?}");
    assert!(wrong.is_empty(), "the function does not make these calls: {wrong:#?}");
}
