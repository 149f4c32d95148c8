//! The flows of `Custom::OrgTrailDelivery`, which changes nothing.

use serde_json::{Value, json};
use simulator::aws::{
    AccountStatus, Delivery, Objects, Timestamp, Trail, World, log_file, samples::ORGANIZATION_ID,
};

use super::flow::Flow;
use crate::{
    stage::EPOCH,
    states::plain,
    support::{
        ACCOUNTS, BUCKET, GATE, OrgTrailDelivery, REGION, TRAIL_ARN, ours, report_on, waiting_for,
    },
};

/// When the log files were made: a quarter of an hour before every run begins.
pub fn delivered_at() -> Timestamp {
    Timestamp::from_seconds(EPOCH.into()).earlier_by(15 * 60)
}

/// A world in which every account has delivered.
pub fn delivered() -> World {
    delivered_by(&ACCOUNTS)
}

/// A world in which these accounts have delivered.
pub fn delivered_by(accounts: &[&str]) -> World {
    delivered_of(accounts, &[REGION])
}

/// A world in which these accounts have delivered logs of these Regions.
pub fn delivered_of(accounts: &[&str], regions: &[&str]) -> World {
    let trail = Trail { latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)), ..ours() };
    let of_account = |account| {
        let log = move |region: &&str| {
            log_file(None, Some(ORGANIZATION_ID), account, region, delivered_at())
        };
        regions.iter().map(log)
    };
    let logs = accounts.iter().copied().flat_map(of_account);
    plain().with_trail(trail).with_objects(BUCKET, Objects::of_keys(logs))
}

/// A world in which the trail delivers at the third look.
fn awaiting() -> World {
    let delivery = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(2);
    plain().with_trail(ours().with_delivery(delivery))
}

/// A world in which the trail has just started, and the bucket refuses what `delivery` says.
fn refused(delivery: Delivery) -> World {
    // A minute before the flow, which begins an hour after the run.
    let start = Timestamp::from_seconds(EPOCH.into()).later_by(59 * 60);
    let trail = Trail { start_logging_time: Some(start), ..ours() };
    plain().with_trail(trail.with_delivery(delivery))
}

/// A world in which the policy was repaired after the last attempt of CloudTrail.
fn repaired() -> World {
    let delivery = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(1);
    let refused = Delivery::refused("AccessDenied");
    plain().with_trail(ours().with_delivery(refused).with_delivery(delivery))
}

/// A world in which the trail does not log, and an account is suspended.
fn stopped() -> World {
    let world = delivered().with_account("555555555555", AccountStatus::Suspended);
    world.with(|world| world.trail_mut(TRAIL_ARN).expect("the trail").is_logging = false)
}

/// All of them.
pub fn all() -> Vec<Flow> {
    let create = |name, world, accounts: Value| {
        Flow::create(name, OrgTrailDelivery, world, waiting_for(accounts))
    };
    let update = |name, world, old: Value, new: Value| {
        let properties = [waiting_for(old), waiting_for(new)];
        Flow::update(name, OrgTrailDelivery, world, GATE, properties)
    };
    let pair = || json!(["222222222222", "333333333333"]);
    vec![
        create("Create: First", delivered(), json!("First")),
        create("Create: All", delivered(), json!("All")),
        create("Create: two accounts", delivered(), pair()),
        create("Create: All, with roles", delivered(), json!("All")).with_roles(),
        create("Create: First, at the third look", awaiting(), json!("First")),
        create(
            "Create: All, refused by the bucket",
            refused(Delivery::refused("AccessDenied")),
            json!("All"),
        ),
        create(
            "Create: First, a digest refused by the bucket",
            refused(Delivery::digest_refused("AccessDenied")),
            json!("First"),
        ),
        create("Create: All, refused before a repair", repaired(), json!("All")),
        create("Create: First, not logging", stopped(), json!("First")),
        create("Create: a suspended account", stopped(), json!(["555555555555"])),
        Flow::create("Create: a report", OrgTrailDelivery, delivered(), report_on("All"))
            .that_may_know_nothing(),
        update("Update: from First to All", delivered(), json!("First"), json!("All")),
        update("Update: from All to First", delivered(), json!("All"), json!("First"))
            .that_may_know_nothing(),
        update("Update: nothing", delivered(), json!("All"), json!("All")).that_may_know_nothing(),
        Flow::delete("Delete", OrgTrailDelivery, delivered(), GATE, waiting_for("All")),
    ]
}
