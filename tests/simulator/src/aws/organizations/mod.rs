//! Organizations' operations and their rules, as far as trusted access and delegated
//! administrators need them.
//!
//! Section numbers in comments are those of the project's notes on the AWS APIs.

mod accounts;
mod delegation;
mod trusted_access;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{
    Answer, Caller, FeatureSet, Organization, ServiceError, World,
    pages::{self, Bounds, Page},
};

/// Carries out one operation.
type CarryOut = fn(&mut World, &Caller, &Value) -> Answer;

/// The most entries that a request may ask for.
const MAX_RESULTS: u64 = 20;

/// What carries out the operation with this name, if Organizations has it here.
pub(super) fn operation(name: &str) -> Option<CarryOut> {
    Some(match name {
        "DescribeOrganization" => accounts::describe_organization,
        "ListAccounts" => accounts::list,
        "EnableAWSServiceAccess" => trusted_access::enable,
        "DisableAWSServiceAccess" => trusted_access::disable,
        "ListAWSServiceAccessForOrganization" => trusted_access::list,
        "RegisterDelegatedAdministrator" => delegation::register,
        "DeregisterDelegatedAdministrator" => delegation::deregister,
        "ListDelegatedAdministrators" => delegation::list,
        _ => return None,
    })
}

/// The caller's organization.
fn organization<'a>(world: &'a World, caller: &Caller) -> Result<&'a Organization, ServiceError> {
    world.organization_of(&caller.account).ok_or_else(|| {
        let message = "Your account is not a member of an organization.";
        ServiceError::new("AWSOrganizationsNotInUseException", message)
    })
}

/// Refuses everyone but the management account.
fn check_management_account(world: &World, caller: &Caller) -> Result<(), ServiceError> {
    let organization = organization(world, caller)?;
    if organization.management_account == caller.account {
        Ok(())
    } else {
        Err(no_permission())
    }
}

/// Refuses everyone but the management account and the delegated administrators of any service.
fn check_reader(world: &World, caller: &Caller) -> Result<(), ServiceError> {
    organization(world, caller)?;
    let registered =
        |accounts: &std::collections::BTreeMap<_, _>| accounts.contains_key(&caller.account);
    let delegate = world.delegated_administrators.values().any(registered);
    if delegate {
        Ok(())
    } else {
        check_management_account(world, caller)
    }
}

/// Refuses organizations that only share a bill.
fn check_all_features(world: &World, caller: &Caller) -> Result<(), ServiceError> {
    if organization(world, caller)?.feature_set == FeatureSet::All {
        return Ok(());
    }
    Err(violated(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "The organization must have all features enabled.",
    ))
}

/// The service principal of the request, shaped as the model has it.
fn service_principal(input: &Value) -> Result<String, ServiceError> {
    let principal = input["ServicePrincipal"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(1..=128).contains(&principal.len()) || !principal.chars().all(allowed) {
        return Err(invalid(
            "INVALID_PATTERN",
            "You specified an invalid service principal.",
        ));
    }
    Ok(principal.to_owned())
}

/// One page of `entries` in `member`.
fn paged(world: &World, entries: &[Value], input: &Value, member: &str) -> Answer {
    let (range, next_token) = bounds(world, entries.len(), input)?;
    Ok(Page::new(entries[range].to_vec(), next_token).into_answer(member))
}

/// Which of `count` entries a page has, and the token of the next one.
fn bounds(world: &World, count: usize, input: &Value) -> Result<Bounds, ServiceError> {
    match input["MaxResults"].as_u64() {
        Some(0) => return Err(invalid("MIN_VALUE_EXCEEDED", "MaxResults is too small.")),
        Some(asked) if asked > MAX_RESULTS => {
            return Err(invalid("MAX_VALUE_EXCEEDED", "MaxResults is too large."));
        }
        _ => {}
    }
    pages::bounds(count, input, world.page_size)
        .ok_or_else(|| invalid("INVALID_NEXT_TOKEN", "The NextToken is not valid."))
}

/// Without the permission and without being the right account look the same.
fn no_permission() -> ServiceError {
    let message = "You don't have permissions to access this resource.";
    ServiceError::new("AccessDeniedException", message)
}

fn violated(reason: &str, message: &str) -> ServiceError {
    ServiceError::new("ConstraintViolationException", message).because(reason)
}

fn invalid(reason: &str, message: &str) -> ServiceError {
    ServiceError::new("InvalidInputException", message).because(reason)
}
