//! Tags of trails, which only ARNs address.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, read, text};
use crate::aws::{Caller, OperationResult, ServiceError, World};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Sets tags; existing ones get the new values.
pub(super) fn add(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let given = read_list(input)?;
    let index = find_for_write(world, caller, text(input, "ResourceId")?)?;
    world.trails[index].tags.extend(given);
    Ok(json!({}))
}

/// Removes tags by their keys; those that are not there do not matter.
pub(super) fn remove(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let given = read_list(input)?;
    let index = find_for_write(world, caller, text(input, "ResourceId")?)?;
    world.trails[index].tags.retain(|key, _| !given.contains_key(key));
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let arns: Vec<String> = read(input, "ResourceIdList")?.unwrap_or_default();
    authority::check_delegated_read(world, caller)?;
    let mut listed = Vec::new();
    for arn in &arns {
        let (parts, _) = addressing::parse_arn(arn)?;
        authority::check_owner(world, caller, parts.account)?;
        let index = addressing::find_for_read(world, caller, arn)
            .map_err(|error| missing_resource(error, arn))?;
        let tags = world.trails[index].tags.iter().map(|(key, value)| {
            // An empty value can come back as none at all.
            if value.is_empty() {
                json!({ "Key": key })
            } else {
                json!({ "Key": key, "Value": value })
            }
        });
        listed.push(json!({ "ResourceId": arn, "TagsList": tags.collect::<Vec<_>>() }));
    }
    Ok(json!({ "ResourceTagList": listed }))
}

/// The request's `TagsList`.
pub(super) fn read_list(input: &Value) -> Result<BTreeMap<String, String>, ServiceError> {
    let tags: Vec<Tag> = read(input, "TagsList")?.unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

fn find_for_write(world: &World, caller: &Caller, arn: &str) -> Result<usize, ServiceError> {
    addressing::parse_arn(arn)?;
    addressing::find_for_write(world, caller, arn).map_err(|error| missing_resource(error, arn))
}

/// Tag operations have their own error for what is not there, and none for the wrong Region.
fn missing_resource(error: ServiceError, arn: &str) -> ServiceError {
    let (code, message) = match error.code.as_str() {
        "TrailNotFoundException" => {
            ("ResourceNotFoundException", format!("Resource {arn} does not exist."))
        }
        "InvalidHomeRegionException" => (
            "CloudTrailARNInvalidException",
            format!("The ARN is of another region than the request: {arn}"),
        ),
        _ => return error,
    };
    ServiceError::new(code, message)
}
