//! Creating, changing and deleting trails (sections 1.1, 1.2 and 1.7).

use serde_json::{Value, json};

use super::{addressing, authority, delivery, tags};
use crate::aws::{
    Arn, Caller, OperationResult, ServiceError, Trail, World, error::refuse, permissions,
};

/// Trails of one account that one Region can have, the shadows of multi-Region trails included.
const TRAILS_PER_REGION: usize = 5;

pub(super) fn create(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let name = name(input)?;
    Trail::check_nothing_is_empty(input)?;
    check_pair(input)?;
    let tags = tags::read_list(input)?;
    if !tags.is_empty() && world.denies("cloudtrail:AddTags") {
        let resource = format!("trail/{name}");
        let arn = Arn::compose("cloudtrail", &caller.region, &caller.account, &resource);
        return Err(permissions::denial(world, caller, "cloudtrail:AddTags", &arn));
    }
    let account = if input["IsOrganizationTrail"] == true {
        authority::check_organization_trail(world, caller)?
    } else {
        caller.account.clone()
    };
    let deliveries = world.deliveries_of_new_trails.get(name);
    let mut trail = Trail {
        account,
        home_region: caller.region.clone(),
        name: name.to_owned(),
        tags,
        deliveries: deliveries.cloned().unwrap_or_default(),
        unseen_reads: world.propagation.new_trail,
        ..Trail::default()
    };
    apply(world, caller, input, &mut trail)?;
    check_name_is_free(world, &trail)?;
    check_room(world, &trail)?;
    delivery::check_destinations(world, &trail)?;
    delivery::check_log_group(world, caller, &trail)?;
    let result = trail.configured();
    world.trails.push(trail);
    Ok(result)
}

pub(super) fn update(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    check_pair(input)?;
    let index = addressing::find_for_write(world, caller, name(input)?)?;
    let mut trail = world.trails[index].clone();
    let was_organization_trail = trail.is_organization_trail;
    apply(world, caller, input, &mut trail)?;
    let converts = trail.is_organization_trail != was_organization_trail;
    if converts && !world.is_management_account(&caller.account) {
        authority::check_organization(world, caller)?;
        return Err(authority::not_management_account());
    }
    if trail.is_organization_trail {
        authority::check_organization_trail(world, caller)?;
    }
    delivery::check_destinations(world, &trail)?;
    if !input["CloudWatchLogsLogGroupArn"].is_null() {
        delivery::check_log_group(world, caller, &trail)?;
    }
    let result = trail.configured();
    world.trails[index] = trail;
    Ok(result)
}

pub(super) fn delete(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, name(input)?)?;
    world.trails.remove(index);
    Ok(json!({}))
}

fn name(input: &Value) -> Result<&str, ServiceError> {
    match input["Name"].as_str() {
        Some(name) => Ok(name),
        None => refuse("InvalidTrailNameException", "Trail name cannot be blank!"),
    }
}

/// A string that a request gives and does not clear.
fn given<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input[member].as_str().filter(|text| !text.is_empty())
}

/// A log group needs its role, and a role its log group.
fn check_pair(input: &Value) -> Result<(), ServiceError> {
    let group = input["CloudWatchLogsLogGroupArn"].as_str();
    let role = input["CloudWatchLogsRoleArn"].as_str();
    match (group, role) {
        (None, None) => Ok(()),
        (Some(group), Some(role)) if group.is_empty() == role.is_empty() => Ok(()),
        (Some(group), _) if !group.is_empty() => refuse(
            "InvalidCloudWatchLogsRoleArnException",
            "You must specify a role ARN as well as a log group.",
        ),
        _ => refuse(
            "InvalidCloudWatchLogsLogGroupArnException",
            "You must specify a log group as well as a role ARN.",
        ),
    }
}

/// Sets what was given; names of topics and keys become ARNs.
fn apply(
    world: &World,
    caller: &Caller,
    input: &Value,
    trail: &mut Trail,
) -> Result<(), ServiceError> {
    trail.set(input)?;
    if let Some(topic) = given(input, "SnsTopicName") {
        trail.sns_topic_arn = Some(delivery::resolve_topic(caller, topic));
    }
    if let Some(key) = given(input, "KmsKeyId") {
        trail.kms_key_id = Some(delivery::resolve_key(world, caller, key)?);
    }
    if trail.is_multi_region_trail && !trail.include_global_service_events {
        let message = "Multi-Region trail must include global service events.";
        return refuse("InvalidParameterCombinationException", message);
    }
    Ok(())
}

/// A name is taken in the owner's account, wherever a copy of the trail would meet another one.
fn check_name_is_free(world: &World, trail: &Trail) -> Result<(), ServiceError> {
    let Trail { name, account, home_region, .. } = trail;
    let taken = world.trails.iter().any(|other| {
        other.account == *account
            && other.name == *name
            && (other.is_in(home_region) || trail.is_in(&other.home_region))
    });
    if taken {
        // The owner, not the caller: a delegated administrator reads the management account's ID.
        let message = format!("Trail {name} already exists for customer: {account}");
        return refuse("TrailAlreadyExistsException", message);
    }
    Ok(())
}

fn check_room(world: &World, trail: &Trail) -> Result<(), ServiceError> {
    let account = &trail.account;
    let own: Vec<&Trail> = world.trails.iter().filter(|other| other.account == *account).collect();
    let homes = own.iter().map(|other| &other.home_region);
    let regions = homes.filter(|_| trail.is_multi_region_trail).chain([&trail.home_region]);
    for region in regions {
        if own.iter().filter(|other| other.is_in(region)).count() >= TRAILS_PER_REGION {
            let message =
                format!("User: {account} already has {TRAILS_PER_REGION} trails in {region}.");
            return refuse("MaximumNumberOfTrailsExceededException", message);
        }
    }
    Ok(())
}
