//! Tags of trails, which only ARNs address.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, read, text};
use crate::aws::{Answer, Caller, ServiceError, World, error::refuse};

const TAGS_PER_TRAIL: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Sets tags; existing ones get the new values.
pub(super) fn add(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let given = read_list(input)?;
    let index = find_for_write(world, caller, text(input, "ResourceId")?)?;
    let tags = merge(&world.trails[index].tags, given)?;
    world.trails[index].tags = tags;
    Ok(json!({}))
}

/// Removes tags by their keys; those that are not there do not matter.
pub(super) fn remove(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let given = read_list(input)?;
    let index = find_for_write(world, caller, text(input, "ResourceId")?)?;
    for tag in given {
        world.trails[index].tags.remove(&tag.key);
    }
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
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

/// The request's `TagsList`, checked as far as it can be alone.
pub(super) fn read_list(input: &Value) -> Result<Vec<Tag>, ServiceError> {
    let tags: Vec<Tag> = read(input, "TagsList")?.unwrap_or_default();
    for (position, tag) in tags.iter().enumerate() {
        if tags[..position].iter().any(|earlier| earlier.key == tag.key) {
            return invalid(format!("Tag key {} is there twice.", tag.key));
        }
        check(tag)?;
    }
    Ok(tags)
}

/// The tags that a trail has after `given` ones were set on it.
pub(super) fn merge(
    present: &BTreeMap<String, String>,
    given: Vec<Tag>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut tags = present.clone();
    tags.extend(given.into_iter().map(|tag| (tag.key, tag.value)));
    if tags.len() > TAGS_PER_TRAIL {
        let message = format!("A trail has at most {TAGS_PER_TRAIL} tags.");
        return refuse("TagsLimitExceededException", message);
    }
    Ok(tags)
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

fn check(Tag { key, value }: &Tag) -> Result<(), ServiceError> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
        return invalid("Tag keys have 1 to 128 characters, values at most 256.");
    }
    if !key.chars().chain(value.chars()).all(allowed) {
        return invalid(format!("Tag {key} has characters that are not allowed."));
    }
    if key.to_lowercase().starts_with("aws:") {
        return invalid("Tag keys beginning with aws: are reserved.");
    }
    Ok(())
}

fn invalid<T>(message: impl Into<String>) -> Result<T, ServiceError> {
    refuse("InvalidTagParameterException", message)
}
