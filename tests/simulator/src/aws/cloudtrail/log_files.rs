//! Deliveries: log files that appear in the bucket, and those that it refuses.

use crate::aws::{Delivery, DeliveryOutcome, World, log_file};

/// Counts a look at a trail's status, and lets happen what was due by then.
pub(super) fn deliver(world: &mut World, index: usize) {
    let trail = &mut world.trails[index];
    if !trail.is_logging {
        return;
    }
    let (waiting, due): (Vec<_>, Vec<_>) = std::mem::take(&mut trail.deliveries)
        .into_iter()
        .partition(|delivery| delivery.unseen_looks > 0);
    let one_look_later = |delivery: Delivery| Delivery {
        unseen_looks: delivery.unseen_looks - 1,
        ..delivery
    };
    trail.deliveries = waiting.into_iter().map(one_look_later).collect();
    for Delivery { outcome, .. } in due {
        let refusal = match outcome {
            DeliveryOutcome::LogFiles { accounts, regions } => {
                let pairs = accounts
                    .iter()
                    .flat_map(|account| regions.iter().map(move |region| (account, region)));
                put(world, index, pairs).err()
            }
            DeliveryOutcome::Refused(code) => Some(code),
        };
        let now = world.now;
        let trail = &mut world.trails[index];
        if refusal.is_none() {
            trail.latest_delivery_time = Some(now);
        }
        trail.latest_delivery_error = refusal;
    }
}

/// Puts log files into the trail's bucket; the error is S3's.
fn put<'a>(
    world: &mut World,
    index: usize,
    accounts_and_regions: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), String> {
    let trail = &world.trails[index];
    if !world.buckets.contains_key(&trail.s3_bucket_name) {
        return Err("NoSuchBucket".to_owned());
    }
    let organization = world
        .organization_of(&trail.account)
        .filter(|_| trail.is_organization_trail)
        .map(|organization| organization.id.as_str());
    let keys: Vec<String> = accounts_and_regions
        .map(|(account, region)| {
            log_file(
                trail.s3_key_prefix.as_deref(),
                organization,
                account,
                region,
            )
        })
        .collect();
    let bucket = trail.s3_bucket_name.clone();
    world.objects.entry(bucket).or_default().keys.extend(keys);
    Ok(())
}
