//! The organization and its accounts.

use serde_json::{Value, json};

use super::{bounds, check_reader, organization};
use crate::aws::{
    Account, AccountStatus, Answer, Caller, FeatureSet, Organization, ServiceError, World, arn,
    pages::Page,
};

/// Every account of the organization may ask.
pub(super) fn describe_organization(world: &mut World, caller: &Caller, _: &Value) -> Answer {
    let Organization {
        id,
        management_account,
        feature_set,
    } = organization(world, caller)?;
    let feature_set = match feature_set {
        FeatureSet::All => "ALL",
        FeatureSet::ConsolidatedBilling => "CONSOLIDATED_BILLING",
    };
    let email = world
        .accounts
        .get(management_account)
        .map(|account| account.email.as_str());
    Ok(json!({ "Organization": {
        "Id": id,
        "Arn": global_arn(caller, management_account, &format!("organization/{id}")),
        "FeatureSet": feature_set,
        "MasterAccountArn": account_arn(world, caller, management_account)?,
        "MasterAccountId": management_account,
        "MasterAccountEmail": email.unwrap_or_default(),
        "AvailablePolicyTypes": [],
    } }))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    check_reader(world, caller)?;
    let (range, next_token) = bounds(world, world.accounts.len(), input)?;
    // Only those of the page are described: there may be very many.
    let entries = world
        .accounts
        .iter()
        .skip(range.start)
        .take(range.len())
        .map(|(id, account)| described(world, caller, id, account))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(entries, next_token).into_answer("Accounts"))
}

/// An account as the lists have it.
pub(super) fn described(
    world: &World,
    caller: &Caller,
    id: &str,
    account: &Account,
) -> Result<Value, ServiceError> {
    let Account {
        name,
        email,
        status,
        joined,
    } = account;
    let status = match status {
        AccountStatus::Active => "ACTIVE",
        AccountStatus::PendingClosure => "PENDING_CLOSURE",
        AccountStatus::Suspended => "SUSPENDED",
    };
    let method = if world.is_management_account(id) {
        "INVITED"
    } else {
        "CREATED"
    };
    Ok(json!({
        "Id": id,
        "Arn": account_arn(world, caller, id)?,
        "Name": name,
        "Email": email,
        "Status": status,
        "State": status,
        "JoinedMethod": method,
        "JoinedTimestamp": joined,
    }))
}

fn account_arn(world: &World, caller: &Caller, account: &str) -> Result<String, ServiceError> {
    let Organization {
        id,
        management_account,
        ..
    } = organization(world, caller)?;
    Ok(global_arn(
        caller,
        management_account,
        &format!("account/{id}/{account}"),
    ))
}

fn global_arn(caller: &Caller, owner: &str, resource: &str) -> String {
    format!(
        "arn:{}:organizations::{owner}:{resource}",
        arn::partition_of(&caller.region)
    )
}
