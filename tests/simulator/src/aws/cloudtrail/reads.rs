//! Reading trails.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, log_files, read};
use crate::aws::{Answer, Caller, ServiceError, Timestamp, Trail, World, pages};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DescribeTrails {
    trail_name_list: Vec<String>,
    include_shadow_trails: bool,
}

impl Default for DescribeTrails {
    fn default() -> Self {
        Self {
            trail_name_list: Vec::new(),
            include_shadow_trails: true,
        }
    }
}

pub(super) fn get_trail(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Named { name } = read(input)?;
    let index = addressing::find_for_read(world, caller, &name)?;
    Ok(json!({ "Trail": world.trails[index].described() }))
}

pub(super) fn get_trail_status(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Named { name } = read(input)?;
    let index = addressing::find_for_read(world, caller, &name)?;
    log_files::deliver(world, index);
    Ok(status(&world.trails[index]))
}

/// A trail that is not there is left out: this operation has no error for it.
pub(super) fn describe_trails(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    authority::check_delegated_read(world, caller)?;
    let DescribeTrails {
        trail_name_list,
        include_shadow_trails,
    } = read(input)?;
    if trail_name_list.is_empty() {
        let shown: Vec<Value> = world
            .trails
            .iter()
            .filter(|trail| addressing::is_visible(world, trail, caller))
            .filter(|trail| include_shadow_trails || is_original(trail, caller))
            .map(Trail::described)
            .collect();
        return Ok(json!({ "trailList": shown }));
    }
    let mut shown = Vec::new();
    for reference in &trail_name_list {
        match addressing::find_for_read(world, caller, reference) {
            Ok(index) => shown.push(world.trails[index].described()),
            Err(ServiceError { code, .. }) if code == "TrailNotFoundException" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(json!({ "trailList": shown }))
}

/// Every Region's trails; for accounts of the organization its trails too, whose ARNs bear the
/// management account's id.
pub(super) fn list_trails(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let entries: Vec<Value> = world
        .trails
        .iter()
        .filter(|trail| addressing::belongs_to_view_of(world, trail, &caller.account))
        .map(|trail| {
            json!({
                "TrailARN": trail.arn(),
                "Name": trail.name,
                "HomeRegion": trail.home_region,
            })
        })
        .collect();
    pages::page(&entries, input, world.page_size)
        .map(|page| page.into_answer("Trails"))
        .ok_or_else(|| ServiceError::new("InvalidTokenException", "The token is not valid."))
}

fn is_original(trail: &Trail, caller: &Caller) -> bool {
    trail.account == caller.account && trail.home_region == caller.region
}

fn status(trail: &Trail) -> Value {
    let mut status = json!({ "IsLogging": trail.is_logging });
    let mut set = |name: &str, value: Value| status[name] = value;
    let times = [
        (
            "StartLoggingTime",
            "TimeLoggingStarted",
            trail.start_logging_time,
        ),
        (
            "StopLoggingTime",
            "TimeLoggingStopped",
            trail.stop_logging_time,
        ),
        (
            "LatestDeliveryTime",
            "LatestDeliveryAttemptTime",
            trail.latest_delivery_time,
        ),
    ];
    for (name, obsolete, time) in times {
        // The obsolete members are strings and always there.
        set(
            obsolete,
            json!(time.map(Timestamp::to_text).unwrap_or_default()),
        );
        if let Some(time) = time {
            set(name, json!(time));
        }
    }
    let failures = [
        ("LatestDeliveryError", &trail.latest_delivery_error),
        ("LatestNotificationError", &trail.latest_notification_error),
        (
            "LatestCloudWatchLogsDeliveryError",
            &trail.latest_cloud_watch_logs_delivery_error,
        ),
    ];
    for (name, failure) in failures {
        if let Some(failure) = failure {
            set(name, json!(failure));
        }
    }
    status
}
