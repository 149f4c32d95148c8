//! Starting and stopping a trail's logging.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, read};
use crate::aws::{Answer, Caller, World};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

/// Doing it again is not an error.
pub(super) fn start(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Named { name } = read(input)?;
    let index = addressing::find_for_write(world, caller, &name)?;
    let now = world.now;
    let trail = &mut world.trails[index];
    if !trail.is_logging {
        trail.is_logging = true;
        trail.start_logging_time = Some(now);
    }
    Ok(json!({}))
}

/// Doing it again is not an error.
pub(super) fn stop(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Named { name } = read(input)?;
    let index = addressing::find_for_write(world, caller, &name)?;
    let now = world.now;
    let trail = &mut world.trails[index];
    if trail.is_logging {
        trail.is_logging = false;
        trail.stop_logging_time = Some(now);
    }
    Ok(json!({}))
}
