//! Delegated administrators as Organizations keeps them (sections 1.10 and 6).

use serde_json::{Value, json};

use super::{
    accounts, check_all_features, check_management, check_reader, invalid_token, organization,
    page, text, violated,
};
use crate::aws::{AccountStatus, Caller, OperationResult, ServiceError, World, error::refuse};

/// Makes no service-linked role, for CloudTrail either.
pub(super) fn register(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let (account, principal) = (text(input, "AccountId")?, text(input, "ServicePrincipal")?);
    check_management(world, caller)?;
    if world.is_management_account(account) {
        return violated(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register the management account as a delegated administrator.",
        );
    }
    if member(world, account)? == AccountStatus::Suspended {
        return violated(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        );
    }
    if !world.trusted_access.contains_key(principal) {
        return violated(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you register a delegated administrator.",
        );
    }
    let registered = world.delegated_administrators.entry(principal.to_owned()).or_default();
    if registered.contains_key(account) {
        let message = "The account is already a delegated administrator of the service.";
        return refuse("AccountAlreadyRegisteredException", message);
    }
    registered.insert(account.to_owned(), world.now);
    Ok(json!({}))
}

pub(super) fn deregister(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let (account, principal) = (text(input, "AccountId")?, text(input, "ServicePrincipal")?);
    check_management(world, caller)?;
    member(world, account)?;
    let registered = world.delegated_administrators.get_mut(principal);
    if registered.and_then(|registered| registered.remove(account)).is_none() {
        let message = "The account is not a delegated administrator of the service.";
        return refuse("AccountNotRegisteredException", message);
    }
    Ok(json!({}))
}

/// Lists the administrators of one service or of all services, each account once.
pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    check_reader(world, caller)?;
    check_all_features(world, caller)?;
    let wanted = input["ServicePrincipal"].as_str();
    let organization = organization(world, caller)?;
    let registrations = world.delegated_administrators.iter();
    let registrations: Vec<_> = registrations
        .filter(|(principal, _)| wanted.is_none_or(|wanted| wanted == *principal))
        .collect();
    let mut entries = Vec::new();
    for (id, account) in &world.accounts {
        let since = registrations.iter().filter_map(|(_, registered)| registered.get(id)).min();
        if let Some(since) = since {
            let mut entry = accounts::described(organization, caller, id, account);
            entry["DelegationEnabledDate"] = json!(since);
            entries.push(entry);
        }
    }
    page(&entries, input, world.page_size, "DelegatedAdministrators").ok_or_else(invalid_token)
}

fn member(world: &World, account: &str) -> Result<AccountStatus, ServiceError> {
    match world.accounts.get(account) {
        Some(account) => Ok(account.status),
        None => refuse("AccountNotFoundException", "The account is not in the organization."),
    }
}
