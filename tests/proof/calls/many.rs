//! What a gate over more accounts than one page has takes.

use simulator::aws::{Objects, OrganizationLogs, samples::ORGANIZATION_ID};

use super::measure::Course;
use crate::{
    faults::{
        deliveries::{delivered, waiting_for},
        flow::Flow,
    },
    support::{BUCKET, OrgTrailDelivery, REGION},
};

const ACCOUNTS: usize = 400;
/// How many accounts ListAccounts gives at a time.
const PAGE: usize = 20;
/// How many listings the function makes at a time.
const AT_ONCE: usize = 32;

#[test]
fn many_accounts_are_looked_for_while_they_are_listed() {
    let logs = OrganizationLogs::new(ORGANIZATION_ID, &[REGION]);
    let world = delivered()
        .with_accounts_up_to(ACCOUNTS)
        .with_objects(BUCKET, Objects::of_organization(logs));
    let made = Course::of(&Flow::create(
        "Create: `All`, of many accounts",
        OrgTrailDelivery,
        world,
        waiting_for("All"),
    ));
    assert!(made.succeeded);
    let rounds = made.rounds();
    let of = |operation: &str| -> Vec<usize> {
        let counts = rounds.iter().filter_map(|round| round.get(operation));
        counts.copied().collect()
    };
    let pages = ACCOUNTS / PAGE;
    assert_eq!(of("ListAccounts"), vec![1; pages]);
    let listings = of("ListObjectsV2");
    // Those of the accounts, and that of the folders.
    assert_eq!(listings.iter().sum::<usize>(), ACCOUNTS + 1);
    assert_eq!(listings.into_iter().max(), Some(AT_ONCE));
    // The trail, the pages one after the other, and the logs of the last page. One more, because the
    // folders are listed beside the second page, and then two pages are more than `AT_ONCE`.
    assert_eq!(made.took, 1 + pages + 1 + 1);
}
