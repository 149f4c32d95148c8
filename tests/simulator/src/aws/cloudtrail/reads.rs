//! Reading trails.

use serde_json::{Value, json};

use super::{addressing, log_files, text};
use crate::aws::{
    Caller, OperationResult, ServiceError, Timestamp, Trail, World, pages, without_nulls,
};

pub(super) fn get_trail(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_read(world, caller, text(input, "Name")?)?;
    Ok(json!({ "Trail": world.trails[index].described() }))
}

pub(super) fn get_trail_status(
    world: &mut World,
    caller: &Caller,
    input: &Value,
) -> OperationResult {
    let index = addressing::find_for_read(world, caller, text(input, "Name")?)?;
    log_files::deliver(world, index);
    Ok(status(&world.trails[index]))
}

/// Every Region's trails; for accounts of the organization its trails too, whose ARNs bear the
/// management account's ID.
pub(super) fn list_trails(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let entry = |trail: &Trail| {
        let Trail { name, home_region, .. } = trail;
        json!({ "TrailARN": trail.arn(), "Name": name, "HomeRegion": home_region })
    };
    let seen = |trail: &&Trail| addressing::belongs_to_view_of(world, trail, &caller.account);
    let entries: Vec<Value> = world.trails.iter().filter(seen).map(entry).collect();
    pages::page(&entries, input, world.page_size, "Trails")
        .ok_or_else(|| ServiceError::new("InvalidTokenException", "The token is not valid."))
}

fn status(trail: &Trail) -> Value {
    // The obsolete members are strings and always there.
    let text = |time: Option<Timestamp>| time.map(Timestamp::to_text).unwrap_or_default();
    without_nulls(json!({
        "IsLogging": trail.is_logging,
        "StartLoggingTime": trail.start_logging_time,
        "TimeLoggingStarted": text(trail.start_logging_time),
        "StopLoggingTime": trail.stop_logging_time,
        "TimeLoggingStopped": text(trail.stop_logging_time),
        "LatestDeliveryTime": trail.latest_delivery_time,
        "LatestDeliveryAttemptTime": text(trail.latest_delivery_time),
        "LatestDeliveryError": trail.latest_delivery_error,
        "LatestDigestDeliveryTime": trail.latest_digest_delivery_time,
        "LatestDigestDeliveryError": trail.latest_digest_delivery_error,
        "LatestNotificationError": trail.latest_notification_error,
        "LatestCloudWatchLogsDeliveryError": trail.latest_cloud_watch_logs_delivery_error,
    }))
}
