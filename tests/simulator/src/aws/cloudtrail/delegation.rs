//! Registering delegated administrators through CloudTrail.

use serde_json::{Value, json};

use super::{authority, text};
use crate::aws::{
    CLOUDTRAIL, CLOUDTRAIL_EVENT_CONTEXT, Caller, OperationResult, ServiceError, World,
    error::refuse,
};

/// The maximum number of CloudTrail's delegated administrators.
const MAXIMUM_OF_DELEGATED_ADMINISTRATORS: usize = 3;

/// Unlike the registration through Organizations, this makes both service-linked roles.
pub(super) fn register(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let account = text(input, "MemberAccountId")?;
    check_caller(world, caller, "organizations:RegisterDelegatedAdministrator")?;
    if world.denies("iam:CreateServiceLinkedRole") || world.denies("iam:GetRole") {
        return refuse(
            "InsufficientIAMAccessPermissionException",
            "The caller may not create the service-linked roles for cloudtrail.amazonaws.com and \
             context.cloudtrail.amazonaws.com.",
        );
    }
    if world.is_management_account(account) {
        let message = "The management account cannot be a delegated administrator.";
        return refuse("CannotDelegateManagementAccountException", message);
    }
    check_membership(world, account)?;
    let registered = world.delegated_administrators.entry(CLOUDTRAIL.to_owned()).or_default();
    if registered.contains_key(account) {
        let message = format!("The account {account} is already registered.");
        return refuse("AccountRegisteredException", message);
    }
    if registered.len() >= MAXIMUM_OF_DELEGATED_ADMINISTRATORS {
        let message = "The organization has the maximum number of delegated administrators.";
        return refuse("DelegatedAdminAccountLimitExceededException", message);
    }
    registered.insert(account.to_owned(), world.now);
    let principals = [CLOUDTRAIL, CLOUDTRAIL_EVENT_CONTEXT].map(str::to_owned);
    world.service_linked_roles.extend(principals);
    Ok(json!({}))
}

/// The administrator's trails remain.
pub(super) fn deregister(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    // The member has another name than in the registration.
    let account = text(input, "DelegatedAdminAccountId")?;
    check_caller(world, caller, "organizations:DeregisterDelegatedAdministrator")?;
    check_membership(world, account)?;
    let registered = world.delegated_administrators.get_mut(CLOUDTRAIL);
    if registered.and_then(|registered| registered.remove(account)).is_none() {
        let message = format!("The account {account} is not registered.");
        return refuse("AccountNotRegisteredException", message);
    }
    Ok(json!({}))
}

fn check_caller(world: &mut World, caller: &Caller, dependent: &str) -> Result<(), ServiceError> {
    authority::check_organization(world, caller)?;
    if !world.is_management_account(&caller.account) {
        // Not the exception that trail operations have for it.
        let message = "The request must be made from the organization's management account.";
        return refuse("NotOrganizationManagementAccountException", message);
    }
    let needed = [dependent, "organizations:ListAWSServiceAccessForOrganization"];
    authority::check_dependent_actions(world, &needed)?;
    authority::check_trusted_access(world)
}

fn check_membership(world: &World, account: &str) -> Result<(), ServiceError> {
    if world.accounts.contains_key(account) {
        return Ok(());
    }
    let message = format!("The account {account} is not in the organization.");
    refuse("AccountNotFoundException", message)
}
