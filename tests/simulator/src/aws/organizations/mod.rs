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
    Caller, FeatureSet, Operation, Organization, ServiceError, World,
    error::refuse,
    pages::{page, page_of},
};

type Checked = Result<(), ServiceError>;

/// The handler of the operation with this name, if the simulated Organizations has it.
pub(super) fn operation(name: &str) -> Option<Operation> {
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
    let message = "Your account is not a member of an organization.";
    world
        .organization_of(&caller.account)
        .ok_or_else(|| ServiceError::new("AWSOrganizationsNotInUseException", message))
}

/// Refuses every account but the management account, and organizations that only share a bill.
fn check_management(world: &World, caller: &Caller) -> Checked {
    if organization(world, caller)?.management_account != caller.account {
        return no_permission();
    }
    check_all_features(world, caller)
}

/// Refuses every account but the management account and the delegated administrators of any
/// service.
fn check_reader(world: &World, caller: &Caller) -> Checked {
    let managing = organization(world, caller)?.management_account == caller.account;
    let mut registrations = world.delegated_administrators.values();
    if managing || registrations.any(|accounts| accounts.contains_key(&caller.account)) {
        return Ok(());
    }
    no_permission()
}

/// Refuses organizations that only share a bill.
fn check_all_features(world: &World, caller: &Caller) -> Checked {
    if organization(world, caller)?.feature_set == FeatureSet::All {
        return Ok(());
    }
    let message = "The organization must have all features enabled.";
    violated("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", message)
}

/// A member that the model requires to be a string.
fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, ServiceError> {
    let message = "You specified an invalid value.";
    input[member]
        .as_str()
        .ok_or_else(|| with_reason("InvalidInputException", "INVALID_PATTERN", message))
}

/// Without the permission and without being the right account look the same.
fn no_permission<T>() -> Result<T, ServiceError> {
    refuse("AccessDeniedException", "You don't have permissions to access this resource.")
}

fn violated<T>(reason: &str, message: &str) -> Result<T, ServiceError> {
    Err(with_reason("ConstraintViolationException", reason, message))
}

fn invalid<T>(reason: &str, message: &str) -> Result<T, ServiceError> {
    Err(with_reason("InvalidInputException", reason, message))
}

fn invalid_token() -> ServiceError {
    with_reason("InvalidInputException", "INVALID_NEXT_TOKEN", "The NextToken is not valid.")
}

fn with_reason(code: &str, reason: &str, message: &str) -> ServiceError {
    ServiceError { reason: Some(reason.to_owned()), ..ServiceError::new(code, message) }
}
