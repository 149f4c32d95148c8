//! The part of a world that matters when two of them are compared, and their differences.

use serde_json::Value;
use simulator::aws::{Propagation, Timestamp, Trail, World};

/// Stands for every time since the beginning of a course of events.
const SINCE: f64 = 4e9;

/// The world without what depends on when and how often it was called: times after `began` are all
/// the same, sessions and changes that are not visible yet are left out.
pub fn comparable(mut world: World, began: Timestamp) -> World {
    let since = |time: &mut Timestamp| {
        if *time >= began {
            *time = Timestamp::from_seconds(SINCE);
        }
    };
    since(&mut world.now);
    world.now = Timestamp::default();
    world.role_sessions.clear();
    world.propagation = Propagation::default();
    world.unlisted_trusted_access.clear();
    world.trusted_access.values_mut().for_each(since);
    world.delegated_administrators.retain(|_, accounts| {
        accounts.values_mut().for_each(since);
        !accounts.is_empty()
    });
    for trail in &mut world.trails {
        let Trail {
            start_logging_time,
            stop_logging_time,
            latest_delivery_time,
            latest_delivery_error,
            latest_digest_delivery_time,
            latest_digest_delivery_error,
            deliveries,
            unseen_reads,
            ..
        } = trail;
        start_logging_time.iter_mut().for_each(since);
        stop_logging_time.iter_mut().for_each(since);
        (*latest_delivery_time, *latest_delivery_error) = (None, None);
        (*latest_digest_delivery_time, *latest_digest_delivery_error) = (None, None);
        deliveries.clear();
        *unseen_reads = 0;
    }
    world.objects.clear();
    world.trails.sort_by_key(Trail::arn);
    world
}

/// Where two worlds differ, one line for each place.
pub fn differences(observed: &World, expected: &World) -> Vec<String> {
    if observed == expected {
        return Vec::new();
    }
    let json = |world: &World| {
        let mut value = serde_json::to_value(world).expect("JSON");
        // By name: a trail more must not look like all others changed.
        let trails = world.trails.iter().map(|trail| {
            let value = serde_json::to_value(trail).expect("JSON");
            (trail.arn(), value)
        });
        value["trails"] = Value::Object(trails.collect());
        value
    };
    let mut lines = Vec::new();
    compare("", &json(observed), &json(expected), &mut lines);
    lines
}

fn compare(path: &str, observed: &Value, expected: &Value, lines: &mut Vec<String>) {
    match (observed, expected) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = format!("{path}/{name}");
                compare(&path, &observed[name], &expected[name], lines);
            }
        }
        _ if observed == expected => {}
        _ => lines.push(format!("{path} is {observed}, not {expected}")),
    }
}
