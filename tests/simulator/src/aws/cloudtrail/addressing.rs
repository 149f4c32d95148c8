//! The trail that a request names, and from which account and Region it can be changed.

use super::authority;
use crate::aws::{Arn, Caller, ServiceError, Trail, World, arn, error::refuse};

/// A trail as requests name it.
enum Reference<'a> {
    Name(&'a str),
    Arn(Arn<'a>, &'a str),
}

/// Finds the trail for a read.
///
/// By name only in the caller's own account and its home Region; by ARN wherever a copy is.
pub(super) fn find_for_read(
    world: &mut World,
    caller: &Caller,
    reference: &str,
) -> Result<usize, ServiceError> {
    let index = match parse(world, caller, reference)? {
        Reference::Name(name) => {
            world.trails.iter().position(|trail| trail.name == name && is_original(trail, caller))
        }
        Reference::Arn(arn, name) => {
            position(world, &arn, name).filter(|at| is_visible(world, &world.trails[*at], caller))
        }
    };
    let index = index.ok_or_else(|| unknown(reference))?;
    let unseen = &mut world.trails[index].unseen_reads;
    if *unseen > 0 {
        *unseen -= 1;
        return Err(unknown(reference));
    }
    Ok(index)
}

/// Finds the trail for a change, which only its home Region takes, and only from the account that
/// owns it or, for an organization trail, from the delegated administrator.
pub(super) fn find_for_write(
    world: &World,
    caller: &Caller,
    reference: &str,
) -> Result<usize, ServiceError> {
    let index = match parse(world, caller, reference)? {
        // The shadow that a multi-Region trail has in another Region has the name too.
        Reference::Name(name) => world.trails.iter().position(|trail| {
            trail.name == name && trail.account == caller.account && trail.is_in(&caller.region)
        }),
        Reference::Arn(arn, name) => position(world, &arn, name),
    };
    let index = index.ok_or_else(|| unknown(reference))?;
    let trail = &world.trails[index];
    if trail.account != caller.account {
        authority::check_foreign_change(world, caller, trail)?;
    }
    if trail.home_region != caller.region {
        let (arn, home, region) = (trail.arn(), &trail.home_region, &caller.region);
        let message =
            format!("Trail {arn} must be changed in its home region {home}, not in {region}.");
        return refuse("InvalidHomeRegionException", message);
    }
    Ok(index)
}

/// True if the caller's account and Region show a copy of the trail.
pub(super) fn is_visible(world: &World, trail: &Trail, caller: &Caller) -> bool {
    belongs_to_view_of(world, trail, &caller.account) && trail.is_in(&caller.region)
}

/// True if the caller's account has the trail or a copy of it, in whatever Region.
pub(super) fn belongs_to_view_of(world: &World, trail: &Trail, account: &str) -> bool {
    trail.account == account
        || (trail.is_organization_trail && world.organization_of(account).is_some())
}

/// True if the trail itself, not a copy, is in the caller's account and Region.
pub(super) fn is_original(trail: &Trail, caller: &Caller) -> bool {
    trail.account == caller.account && trail.home_region == caller.region
}

fn unknown(reference: &str) -> ServiceError {
    ServiceError::new("TrailNotFoundException", format!("Unknown trail: {reference}"))
}

/// The parts and the trail name of a trail ARN.
pub(super) fn parse_arn(reference: &str) -> Result<(Arn<'_>, &str), ServiceError> {
    let parsed = Arn::parse(reference).filter(|arn| {
        arn.service == "cloudtrail"
            && arn.partition == arn::partition_of(arn.region)
            && arn::is_account_id(arn.account)
    });
    let name = parsed.and_then(|arn| arn.resource.strip_prefix("trail/"));
    match parsed.zip(name.filter(|name| !name.is_empty())) {
        Some(found) => Ok(found),
        None => refuse(
            "CloudTrailARNInvalidException",
            format!("The ARN is not valid for a trail: {reference}"),
        ),
    }
}

fn parse<'a>(
    world: &World,
    caller: &Caller,
    reference: &'a str,
) -> Result<Reference<'a>, ServiceError> {
    if !reference.starts_with("arn:") {
        return Ok(Reference::Name(reference));
    }
    let (arn, name) = parse_arn(reference)?;
    let organization = world.organization_of(&caller.account);
    let known = arn.account == caller.account
        || organization.is_some_and(|org| org.management_account == arn.account);
    if !known || arn.partition != arn::partition_of(&caller.region) {
        let message = format!("The ARN names an account that is not the caller's: {reference}");
        return refuse("CloudTrailARNInvalidException", message);
    }
    Ok(Reference::Arn(arn, name))
}

fn position(world: &World, arn: &Arn<'_>, name: &str) -> Option<usize> {
    world.trails.iter().position(|trail| {
        trail.name == name && trail.account == arn.account && trail.home_region == arn.region
    })
}
