//! Tags of trails, which only ARNs address.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, read};
use crate::aws::{Answer, Caller, ServiceError, World};

const TAGS_PER_TRAIL: usize = 50;
const TAGS_PER_REQUEST: usize = 200;
const TRAILS_PER_LISTING: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagsOf {
    resource_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    resource_id_list: Vec<String>,
}

/// Sets tags; those that are there already get the new values.
pub(super) fn add(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let TagsOf { resource_id } = read(input)?;
    let given = read_list(input)?;
    let index = find_for_write(world, caller, &resource_id)?;
    let tags = merge(&world.trails[index].tags, given)?;
    world.trails[index].tags = tags;
    Ok(json!({}))
}

/// Removes tags by their keys; those that are not there do not matter.
pub(super) fn remove(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let TagsOf { resource_id } = read(input)?;
    let given = read_list(input)?;
    let index = find_for_write(world, caller, &resource_id)?;
    for tag in given {
        world.trails[index].tags.remove(&tag.key);
    }
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let ListTags { resource_id_list } = read(input)?;
    authority::check_delegated_read(world, caller)?;
    if resource_id_list.len() > TRAILS_PER_LISTING {
        let message = "ResourceIdList has at most 20 entries.";
        return Err(ServiceError::new("ValidationException", message));
    }
    let mut listed = Vec::new();
    for arn in &resource_id_list {
        addressing::parse_arn(arn)?;
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
    let tags: Vec<Tag> = match input.get("TagsList") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => read(list)?,
    };
    if tags.len() > TAGS_PER_REQUEST {
        let message = "TagsList has at most 200 entries.";
        return Err(ServiceError::new("ValidationException", message));
    }
    for (position, tag) in tags.iter().enumerate() {
        if tags[..position]
            .iter()
            .any(|earlier| earlier.key == tag.key)
        {
            return Err(invalid(&format!("Tag key {} is there twice.", tag.key)));
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
        return Err(ServiceError::new("TagsLimitExceededException", message));
    }
    Ok(tags)
}

fn find_for_write(world: &World, caller: &Caller, arn: &str) -> Result<usize, ServiceError> {
    addressing::parse_arn(arn)?;
    addressing::find_for_write(world, caller, arn).map_err(|error| missing_resource(error, arn))
}

/// Tag operations have their own error for what is not there, and none for the wrong Region.
fn missing_resource(error: ServiceError, arn: &str) -> ServiceError {
    match error.code.as_str() {
        "TrailNotFoundException" => {
            let message = format!("Resource {arn} does not exist.");
            ServiceError::new("ResourceNotFoundException", message)
        }
        "InvalidHomeRegionException" => {
            let message = format!("The ARN is of another region than the request: {arn}");
            ServiceError::new("CloudTrailARNInvalidException", message)
        }
        _ => error,
    }
}

fn check(tag: &Tag) -> Result<(), ServiceError> {
    let allowed = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
    };
    if !(1..=128).contains(&tag.key.chars().count()) || tag.value.chars().count() > 256 {
        return Err(invalid(
            "Tag keys have 1 to 128 characters, values at most 256.",
        ));
    }
    if !allowed(&tag.key) || !allowed(&tag.value) {
        return Err(invalid(&format!(
            "Tag {} has characters that are not allowed.",
            tag.key
        )));
    }
    if tag.key.to_lowercase().starts_with("aws:") {
        return Err(invalid("Tag keys beginning with aws: are reserved."));
    }
    Ok(())
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new("InvalidTagParameterException", message)
}
