//! Registering delegated administrators through CloudTrail.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{authority, read};
use crate::aws::{
    Answer, CLOUDTRAIL, CLOUDTRAIL_EVENT_CONTEXT, Caller, MAXIMUM_OF_DELEGATED_ADMINISTRATORS,
    ServiceError, World,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Register {
    member_account_id: String,
}

/// The member that names the account is called differently here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deregister {
    delegated_admin_account_id: String,
}

/// Unlike the registration through Organizations, this makes both service-linked roles.
pub(super) fn register(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Register {
        member_account_id: account,
    } = read(input)?;
    check_caller(
        world,
        caller,
        &account,
        "organizations:RegisterDelegatedAdministrator",
    )?;
    if ["iam:CreateServiceLinkedRole", "iam:GetRole"]
        .iter()
        .any(|action| world.denies(action))
    {
        return Err(ServiceError::new(
            "InsufficientIAMAccessPermissionException",
            "The caller may not create the service-linked roles for cloudtrail.amazonaws.com and \
             context.cloudtrail.amazonaws.com.",
        ));
    }
    if world.is_management_account(&account) {
        let message = "The management account cannot be a delegated administrator.";
        return Err(ServiceError::new(
            "CannotDelegateManagementAccountException",
            message,
        ));
    }
    check_membership(world, &account)?;
    let now = world.now;
    let registered = world
        .delegated_administrators
        .entry(CLOUDTRAIL.to_owned())
        .or_default();
    if registered.contains_key(&account) {
        let message = format!("The account {account} is already registered.");
        return Err(ServiceError::new("AccountRegisteredException", message));
    }
    if registered.len() >= MAXIMUM_OF_DELEGATED_ADMINISTRATORS {
        let message = "The organization has the maximum number of delegated administrators.";
        return Err(ServiceError::new(
            "DelegatedAdminAccountLimitExceededException",
            message,
        ));
    }
    registered.insert(account, now);
    for principal in [CLOUDTRAIL, CLOUDTRAIL_EVENT_CONTEXT] {
        world.service_linked_roles.insert(principal.to_owned());
    }
    Ok(json!({}))
}

/// What the administrator made stays.
pub(super) fn deregister(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let Deregister {
        delegated_admin_account_id: account,
    } = read(input)?;
    check_caller(
        world,
        caller,
        &account,
        "organizations:DeregisterDelegatedAdministrator",
    )?;
    check_membership(world, &account)?;
    let registered = world.delegated_administrators.get_mut(CLOUDTRAIL);
    if registered
        .and_then(|registered| registered.remove(&account))
        .is_none()
    {
        let message = format!("The account {account} is not registered.");
        return Err(ServiceError::new("AccountNotRegisteredException", message));
    }
    Ok(json!({}))
}

fn check_caller(
    world: &mut World,
    caller: &Caller,
    account: &str,
    dependent: &str,
) -> Result<(), ServiceError> {
    if !(12..=16).contains(&account.len()) || !account.bytes().all(|b| b.is_ascii_digit()) {
        let message = "Account ids have 12 to 16 digits.";
        return Err(ServiceError::new("InvalidParameterException", message));
    }
    authority::check_organization(world, caller)?;
    if !world.is_management_account(&caller.account) {
        // Not the exception that trail operations have for it.
        let message = "The request must be made from the organization's management account.";
        return Err(ServiceError::new(
            "NotOrganizationManagementAccountException",
            message,
        ));
    }
    let needed = [
        dependent,
        "organizations:ListAWSServiceAccessForOrganization",
    ];
    if needed.iter().any(|action| world.denies(action)) {
        return Err(ServiceError::new(
            "InsufficientDependencyServiceAccessPermissionException",
            "The caller does not have sufficient permissions for one or more required APIs of AWS \
             Organizations.",
        ));
    }
    authority::check_trusted_access(world)
}

fn check_membership(world: &World, account: &str) -> Result<(), ServiceError> {
    if world.accounts.contains_key(account) {
        return Ok(());
    }
    let message = format!("The account {account} is not in the organization.");
    Err(ServiceError::new("AccountNotFoundException", message))
}
