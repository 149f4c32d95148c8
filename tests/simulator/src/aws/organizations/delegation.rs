//! Delegated administrators as Organizations keeps them (sections 1.10 and 6).

use serde_json::{Value, json};

use super::{
    accounts, check_all_features, check_management_account, check_reader, invalid, paged,
    service_principal, violated,
};
use crate::aws::{
    AccountStatus, Answer, CLOUDTRAIL, Caller, MAXIMUM_OF_DELEGATED_ADMINISTRATORS, ServiceError,
    World, arn,
};

/// Makes no service-linked role, for CloudTrail either: that is the trap of registering here.
pub(super) fn register(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let (account, principal) = (account_id(input)?, service_principal(input)?);
    check_management_account(world, caller)?;
    check_all_features(world, caller)?;
    if world.is_management_account(&account) {
        return Err(violated(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register the management account as a delegated administrator.",
        ));
    }
    if member(world, &account)? == AccountStatus::Suspended {
        return Err(violated(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        ));
    }
    if !world.trusted_access.contains_key(&principal) {
        return Err(violated(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you register a delegated administrator.",
        ));
    }
    let now = world.now;
    let registered = world
        .delegated_administrators
        .entry(principal.clone())
        .or_default();
    if registered.contains_key(&account) {
        let message = "The account is already a delegated administrator of the service.";
        return Err(ServiceError::new(
            "AccountAlreadyRegisteredException",
            message,
        ));
    }
    if principal == CLOUDTRAIL && registered.len() >= MAXIMUM_OF_DELEGATED_ADMINISTRATORS {
        return Err(violated(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "The service has the maximum number of delegated administrators.",
        ));
    }
    registered.insert(account, now);
    Ok(json!({}))
}

pub(super) fn deregister(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let (account, principal) = (account_id(input)?, service_principal(input)?);
    check_management_account(world, caller)?;
    member(world, &account)?;
    let registered = world.delegated_administrators.get_mut(&principal);
    if registered
        .and_then(|registered| registered.remove(&account))
        .is_none()
    {
        let message = "The account is not a delegated administrator of the service.";
        return Err(ServiceError::new("AccountNotRegisteredException", message));
    }
    Ok(json!({}))
}

/// Of one service, or of all of them, each account once.
pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    check_reader(world, caller)?;
    check_all_features(world, caller)?;
    let wanted = match input.get("ServicePrincipal") {
        None | Some(Value::Null) => None,
        Some(_) => Some(service_principal(input)?),
    };
    let mut entries = Vec::new();
    for (id, account) in &world.accounts {
        let since = world
            .delegated_administrators
            .iter()
            .filter(|(principal, _)| wanted.as_ref().is_none_or(|wanted| wanted == *principal))
            .filter_map(|(_, registered)| registered.get(id))
            .min();
        if let Some(since) = since {
            let mut entry = accounts::described(world, caller, id, account)?;
            entry["DelegationEnabledDate"] = json!(since);
            entries.push(entry);
        }
    }
    paged(world, &entries, input, "DelegatedAdministrators")
}

fn account_id(input: &Value) -> Result<String, ServiceError> {
    let account = input["AccountId"].as_str().unwrap_or_default();
    if arn::is_account_id(account) {
        return Ok(account.to_owned());
    }
    Err(invalid(
        "INVALID_PATTERN",
        "You specified an invalid account id.",
    ))
}

fn member(world: &World, account: &str) -> Result<AccountStatus, ServiceError> {
    world
        .accounts
        .get(account)
        .map(|account| account.status)
        .ok_or_else(|| {
            let message = "The account is not in the organization.";
            ServiceError::new("AccountNotFoundException", message)
        })
}
