//! Deliveries: log files that appear in the bucket, and those that it refuses.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::{AccountStatus, World, log_file};

/// A delivery that shows after some reads of the trail's status: counted in reads, because time
/// would make tests slow and unsteady. A trail that does not log delivers nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Delivery {
    /// The number of `GetTrailStatus` calls that do not show it yet.
    #[serde(default)]
    pub unseen_looks: u32,
    /// Its result.
    pub outcome: DeliveryOutcome,
}

/// The result of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DeliveryOutcome {
    /// A log file of each of these accounts in each of these Regions is in the bucket.
    LogFiles {
        /// The accounts.
        accounts: BTreeSet<String>,
        /// The Regions.
        regions: BTreeSet<String>,
    },
    /// The bucket refused, with this code of S3's.
    Refused(String),
    /// A digest is in the bucket. A trail without log file validation has none.
    Digest,
    /// The bucket refused a digest, with this code of S3's.
    DigestRefused(String),
}

impl Delivery {
    /// Log files of some accounts in some Regions, seen by the first read.
    pub fn of_log_files(accounts: &[&str], regions: &[&str]) -> Self {
        let set = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let (accounts, regions) = (set(accounts), set(regions));
        Self { unseen_looks: 0, outcome: DeliveryOutcome::LogFiles { accounts, regions } }
    }

    /// A delivery that the bucket refuses, seen by the first read.
    pub fn refused(code: &str) -> Self {
        Self { unseen_looks: 0, outcome: DeliveryOutcome::Refused(code.to_owned()) }
    }

    /// A digest, seen by the first read.
    pub fn digest() -> Self {
        Self { unseen_looks: 0, outcome: DeliveryOutcome::Digest }
    }

    /// A digest that the bucket refuses, seen by the first read.
    pub fn digest_refused(code: &str) -> Self {
        Self { unseen_looks: 0, outcome: DeliveryOutcome::DigestRefused(code.to_owned()) }
    }

    /// The same, not seen by so many reads.
    pub fn after(self, looks: u32) -> Self {
        Self { unseen_looks: looks, ..self }
    }
}

/// Counts a read of a trail's status, and carries out the deliveries that were due by then.
pub(super) fn deliver(world: &mut World, index: usize) {
    let trail = &mut world.trails[index];
    if !trail.is_logging {
        return;
    }
    let (mut waiting, due): (Vec<_>, Vec<_>) = std::mem::take(&mut trail.deliveries)
        .into_iter()
        .partition(|delivery| delivery.unseen_looks > 0);
    for delivery in &mut waiting {
        delivery.unseen_looks -= 1;
    }
    trail.deliveries = waiting;
    for Delivery { outcome, .. } in due {
        let refusal = match outcome {
            DeliveryOutcome::LogFiles { accounts, regions } => {
                put(world, index, &accounts, &regions).err()
            }
            DeliveryOutcome::Refused(code) => Some(code),
            DeliveryOutcome::Digest => {
                digest(world, index, None);
                continue;
            }
            DeliveryOutcome::DigestRefused(code) => {
                digest(world, index, Some(code));
                continue;
            }
        };
        let trail = &mut world.trails[index];
        if refusal.is_none() {
            trail.latest_delivery_time = Some(world.now);
        }
        trail.latest_delivery_error = refusal;
    }
}

/// The next digest; what became of the last one is forgotten only then, even if validation was
/// turned off since.
fn digest(world: &mut World, index: usize, refusal: Option<String>) {
    let trail = &mut world.trails[index];
    if !trail.log_file_validation_enabled {
        return;
    }
    if refusal.is_none() {
        trail.latest_digest_delivery_time = Some(world.now);
    }
    trail.latest_digest_delivery_error = refusal;
}

/// Puts log files into the trail's bucket, dated now, of accounts that are not closed; the error is
/// S3's.
fn put(
    world: &mut World,
    index: usize,
    accounts: &BTreeSet<String>,
    regions: &BTreeSet<String>,
) -> Result<(), String> {
    let trail = &world.trails[index];
    if !world.buckets.contains_key(&trail.s3_bucket_name) {
        return Err("NoSuchBucket".to_owned());
    }
    let organization = world.organization_of(&trail.account);
    let organization = organization.filter(|_| trail.is_organization_trail);
    let organization = organization.map(|organization| organization.id.clone());
    let prefix = trail.s3_key_prefix.clone();
    let closed = |id: &str| {
        world.accounts.get(id).is_some_and(|account| account.status == AccountStatus::Suspended)
    };
    let accounts: Vec<&String> = accounts.iter().filter(|account| !closed(account)).collect();
    let keys = &mut world.objects.entry(trail.s3_bucket_name.clone()).or_default().keys;
    for account in accounts {
        for region in regions {
            let (prefix, organization) = (prefix.as_deref(), organization.as_deref());
            keys.insert(log_file(prefix, organization, account, region, world.now));
        }
    }
    Ok(())
}
