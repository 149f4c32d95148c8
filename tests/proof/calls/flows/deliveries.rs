//! What the delivery gate needs.

use orgtrail::domain::operation::Operation::{
    AssumeRole, DescribeOrganization, GetTrail, GetTrailStatus, ListAccounts, ListObjectsV2,
};
use serde_json::{Value, json};
use simulator::aws::{Bucket, World};

use super::Case;
use crate::{
    calls::graph::{Answer, Least},
    faults::{
        deliveries::{EVERYBODY, ID, delivered, delivered_by, delivered_of, waiting_for},
        flow::Flow,
    },
    support::{BUCKET, OrgTrailDelivery, REGION},
};

const ID_IN_KEYS: &str = "the organization's id is in the keys of its log files";
const SETUP: &str = "it says to which bucket the trail delivers, under which prefix, and whether it \
                     is an organization trail";
const STATUS: &str = "`LatestDeliveryTime`; a delivery that fails ends the waiting, and before the \
                      first one there is nothing to list";

/// What every look begins with.
fn look(least: &mut Least) -> Vec<Answer> {
    vec![
        least.call(DescribeOrganization, ID_IN_KEYS),
        least.call(GetTrail, SETUP),
        least.call(GetTrailStatus, STATUS),
    ]
}

const WHERE: &str =
    "which bucket to list, under which prefix, and whether there is anything to list";
const LOGS: &str = "a log file of the account in the Region, for each that is waited for";

/// The listings of so many accounts, `after` these answers.
fn logs(least: &mut Least, after: &[Answer], waits: &'static str, accounts: usize) -> Answer {
    let listed = least.then(after, waits, ListObjectsV2, LOGS);
    least.times(accounts);
    listed
}

fn of_accounts(accounts: usize) -> impl FnOnce(&mut Least) {
    move |least| {
        let seen = look(least);
        logs(least, &seen, WHERE, accounts);
    }
}

/// The same where the bucket is in another Region.
fn elsewhere(accounts: usize) -> impl FnOnce(&mut Least) {
    move |least| {
        let seen = look(least);
        let refused = logs(least, &seen, WHERE, accounts);
        least.then(
            &[refused],
            "which Region the bucket is in, S3 says only when it refuses; usually it is the \
             function's, so nobody asks before",
            ListObjectsV2,
            "a bucket is listed in its own Region only, so what was refused is asked for again",
        );
        least.times(accounts);
    }
}

/// `All`, of a trail that was looked at before.
fn of_all_again(least: &mut Least) {
    let mut seen = look(least);
    seen.push(least.call(ListAccounts, ACTIVE));
    logs(least, &seen, WHERE, EVERYBODY.len());
}

const ACTIVE: &str = "which accounts are active";

fn of_all(least: &mut Least) {
    let seen = look(least);
    let accounts = least.then(
        &seen,
        "before the first delivery, which a new trail is waiting for, nobody needs the list",
        ListAccounts,
        ACTIVE,
    );
    logs(
        least,
        &[accounts],
        "whose logs to look for",
        EVERYBODY.len(),
    );
}

/// `First`, where not the management account but another has delivered.
fn of_another(least: &mut Least) {
    let seen = look(least);
    let not_managements = logs(least, &seen, WHERE, 1);
    let folders = least.then(
        &[not_managements],
        "usually the management account has logs, since the trail was made in it",
        ListObjectsV2,
        "which accounts have delivered anything",
    );
    logs(least, &[folders], "whose logs to look for", 1);
}

const ELSEWHERE: &str = "eu-central-1";

/// With a role for the calls to CloudTrail and Organizations, and another one for the bucket.
fn of_first_with_roles(least: &mut Least) {
    const SIGNED: &str = "every call is signed with the role's credentials";
    let role = least.call(AssumeRole, "the function calls with a role");
    let reads = [
        (DescribeOrganization, ID_IN_KEYS),
        (GetTrail, SETUP),
        (GetTrailStatus, STATUS),
    ];
    let seen = reads.map(|(operation, because)| least.then(&[role], SIGNED, operation, because));
    let readers = least.then(
        &seen,
        "before the first delivery, which a new trail is waiting for, there is nothing to list",
        AssumeRole,
        "the bucket is listed with a role of its own",
    );
    logs(least, &[readers], SIGNED, 1);
}

fn in_another_region(world: World) -> World {
    world.with_bucket(BUCKET, Bucket::open(ELSEWHERE))
}

/// All of them.
pub fn all() -> Vec<Case> {
    let create = |name, world, accounts: Value| {
        Flow::create(name, OrgTrailDelivery, world, waiting_for(accounts))
    };
    let update = |name, old: Value, new: Value| {
        let properties = [waiting_for(old), waiting_for(new)];
        Flow::update(name, OrgTrailDelivery, delivered(), ID, properties)
    };
    let pair = || json!(["222222222222", "333333333333"]);
    let regions = [REGION, ELSEWHERE];
    let mut in_two_regions = waiting_for(pair());
    in_two_regions["Regions"] = json!(regions);
    vec![
        Case::new(
            create("Create: `First`", delivered(), json!("First")),
            of_accounts(1),
        ),
        Case::new(
            create("Create: `First`, with roles", delivered(), json!("First")).with_roles(),
            of_first_with_roles,
        ),
        Case::new(
            create(
                "Create: `First`, which another than the management account has delivered",
                delivered_by(&["222222222222"]),
                json!("First"),
            ),
            of_another,
        ),
        Case::new(
            create("Create: `All`, of four accounts", delivered(), json!("All")),
            of_all,
        ),
        Case::new(
            create("Create: two accounts", delivered(), pair()),
            of_accounts(2),
        ),
        Case::new(
            Flow::create(
                "Create: two accounts in two Regions",
                OrgTrailDelivery,
                delivered_of(&EVERYBODY, &regions),
                in_two_regions,
            ),
            of_accounts(4),
        ),
        Case::new(
            create(
                "Create: `First`, the bucket is in another Region",
                in_another_region(delivered()),
                json!("First"),
            ),
            elsewhere(1),
        ),
        Case::new(
            create(
                "Create: two accounts, the bucket is in another Region",
                in_another_region(delivered()),
                pair(),
            ),
            elsewhere(2),
        ),
        Case::new(
            update(
                "Update: nothing changed, `First`",
                json!("First"),
                json!("First"),
            ),
            of_accounts(1),
        ),
        Case::new(
            update("Update: nothing changed, `All`", json!("All"), json!("All")),
            of_all_again,
        ),
        Case::new(
            update(
                "Update: from `First` to `All`",
                json!("First"),
                json!("All"),
            ),
            of_all_again,
        ),
        Case::new(
            update(
                "Update: from `All` to `First`",
                json!("All"),
                json!("First"),
            ),
            of_accounts(1),
        ),
        Case::without_calls(Flow::delete(
            "Delete",
            OrgTrailDelivery,
            delivered(),
            ID,
            waiting_for("All"),
        )),
    ]
}
