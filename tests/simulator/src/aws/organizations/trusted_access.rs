//! Trusted access (sections 1.10 and 4).

use serde_json::{Value, json};

use super::{
    check_all_features, check_management_account, check_reader, invalid, paged, service_principal,
    violated,
};
use crate::aws::{Answer, CLOUDTRAIL, Caller, ServiceError, World};

/// Some of the services that integrate with Organizations; any other principal is refused, as the
/// service refuses what it does not know.
const INTEGRATED: [&str; 24] = [
    "access-analyzer.amazonaws.com",
    "account.amazonaws.com",
    "backup.amazonaws.com",
    CLOUDTRAIL,
    "compute-optimizer.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "config.amazonaws.com",
    "controltower.amazonaws.com",
    "detective.amazonaws.com",
    "fms.amazonaws.com",
    "guardduty.amazonaws.com",
    "health.amazonaws.com",
    "inspector2.amazonaws.com",
    "ipam.amazonaws.com",
    "macie.amazonaws.com",
    "malware-protection.guardduty.amazonaws.com",
    "member.org.stacksets.cloudformation.amazonaws.com",
    "ram.amazonaws.com",
    "securityhub.amazonaws.com",
    "securitylake.amazonaws.com",
    "servicecatalog.amazonaws.com",
    "ssm.amazonaws.com",
    "sso.amazonaws.com",
    "tagpolicies.tag.amazonaws.com",
];

/// Doing it again changes nothing, the date included.
pub(super) fn enable(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let principal = known_principal(input)?;
    check_management_account(world, caller)?;
    check_all_features(world, caller)?;
    if !world.trusted_access.contains_key(&principal) {
        let looks = world.propagation.trusted_access_listing;
        world
            .unlisted_trusted_access
            .insert(principal.clone(), looks);
        world.trusted_access.insert(principal, world.now);
    }
    Ok(json!({}))
}

/// For CloudTrail this destroys: every member account's copies of organization trails go, and what
/// stays in the management account is account-level from then on. Enabling again does not bring
/// anything back. The service-linked role stays.
pub(super) fn disable(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let principal = known_principal(input)?;
    check_management_account(world, caller)?;
    check_all_features(world, caller)?;
    let registered = world.delegated_administrators.get(&principal);
    let delegated = registered.is_some_and(|accounts| !accounts.is_empty());
    if world.disabling_needs_no_delegated_administrators && delegated {
        return Err(violated(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            "You must deregister the service's delegated administrators first.",
        ));
    }
    world.unlisted_trusted_access.remove(&principal);
    let was_enabled = world.trusted_access.remove(&principal).is_some();
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

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    check_reader(world, caller)?;
    check_all_features(world, caller)?;
    world.unlisted_trusted_access.retain(|_, looks| *looks > 0);
    let entries: Vec<Value> = world
        .trusted_access
        .iter()
        .filter(|(principal, _)| !world.unlisted_trusted_access.contains_key(*principal))
        .map(|(principal, since)| json!({ "ServicePrincipal": principal, "DateEnabled": since }))
        .collect();
    for looks in world.unlisted_trusted_access.values_mut() {
        *looks -= 1;
    }
    paged(world, &entries, input, "EnabledServicePrincipals")
}

fn known_principal(input: &Value) -> Result<String, ServiceError> {
    let principal = service_principal(input)?;
    if INTEGRATED.contains(&principal.as_str()) {
        return Ok(principal);
    }
    let message = "You specified a service principal that is not recognized.";
    Err(invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", message))
}
