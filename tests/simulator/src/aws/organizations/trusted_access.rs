//! Trusted access (sections 1.10 and 4).

use serde_json::{Value, json};

use super::{
    check_all_features, check_management, check_reader, invalid, invalid_token, page, text,
};
use crate::aws::{CLOUDTRAIL, Caller, OperationResult, ServiceError, World};

/// Some of the services that integrate with Organizations; any other principal is refused, as the
/// service refuses what it does not know.
const INTEGRATED: [&str; 12] = [
    CLOUDTRAIL,
    "account.amazonaws.com",
    "backup.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "config.amazonaws.com",
    "fms.amazonaws.com",
    "guardduty.amazonaws.com",
    "health.amazonaws.com",
    "ram.amazonaws.com",
    "ssm.amazonaws.com",
    "iam.amazonaws.com",
    "sso.amazonaws.com",
];

/// Repeating it changes nothing, the date included.
pub(super) fn enable(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let principal = known_principal(input)?;
    check_management(world, caller)?;
    if !world.trusted_access.contains_key(principal) {
        let looks = world.propagation.trusted_access_listing;
        world.unlisted_trusted_access.insert(principal.to_owned(), looks);
        world.trusted_access.insert(principal.to_owned(), world.now);
    }
    Ok(json!({}))
}

/// For CloudTrail this destroys: every member account's copies of organization trails go, and what
/// stays in the management account is account-level from then on. Enabling again does not bring
/// anything back. The service-linked role stays.
pub(super) fn disable(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let principal = known_principal(input)?;
    check_management(world, caller)?;
    world.unlisted_trusted_access.remove(principal);
    let was_enabled = world.trusted_access.remove(principal).is_some();
    if was_enabled && principal == CLOUDTRAIL {
        for trail in &mut world.trails {
            trail.is_organization_trail = false;
        }
        for store in &mut world.event_data_stores {
            store.organization_enabled = false;
        }
    }
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    check_reader(world, caller)?;
    check_all_features(world, caller)?;
    world.unlisted_trusted_access.retain(|_, looks| *looks > 0);
    let listed = world.trusted_access.iter();
    let entries: Vec<Value> = listed
        .filter(|(principal, _)| !world.unlisted_trusted_access.contains_key(*principal))
        .map(|(principal, since)| json!({ "ServicePrincipal": principal, "DateEnabled": since }))
        .collect();
    for looks in world.unlisted_trusted_access.values_mut() {
        *looks -= 1;
    }
    page(&entries, input, world.page_size, "EnabledServicePrincipals").ok_or_else(invalid_token)
}

fn known_principal(input: &Value) -> Result<&str, ServiceError> {
    let principal = text(input, "ServicePrincipal")?;
    if INTEGRATED.contains(&principal) {
        return Ok(principal);
    }
    let message = "You specified a service principal that is not recognized.";
    invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", message)
}
