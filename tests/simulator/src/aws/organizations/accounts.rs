//! The organization and its accounts.

use serde_json::{Value, json};

use super::{check_reader, invalid_token, organization, page_of};
use crate::aws::{
    Account, AccountStatus, Caller, FeatureSet, OperationResult, Organization, World, arn,
};

/// Every account of the organization may call it.
pub(super) fn describe_organization(
    world: &mut World,
    caller: &Caller,
    _: &Value,
) -> OperationResult {
    let organization = organization(world, caller)?;
    let Organization { id, management_account, feature_set } = organization;
    let feature_set = match feature_set {
        FeatureSet::All => "ALL",
        FeatureSet::ConsolidatedBilling => "CONSOLIDATED_BILLING",
    };
    let account = world.accounts.get(management_account);
    Ok(json!({ "Organization": {
        "Id": id,
        "Arn": arn_of(organization, caller, &format!("organization/{id}")),
        "FeatureSet": feature_set,
        "MasterAccountArn": account_arn(organization, caller, management_account),
        "MasterAccountId": management_account,
        "MasterAccountEmail": account.map(|account| account.email.as_str()).unwrap_or_default(),
        "AvailablePolicyTypes": [],
    } }))
}

pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    check_reader(world, caller)?;
    let organization = organization(world, caller)?;
    let describe =
        |(id, account): (&String, &Account)| described(organization, caller, id, account);
    page_of(world.accounts.iter(), input, world.page_size, "Accounts", describe)
        .ok_or_else(invalid_token)
}

/// An account as the lists have it.
pub(super) fn described(
    organization: &Organization,
    caller: &Caller,
    id: &str,
    account: &Account,
) -> Value {
    let Account { name, email, status, joined } = account;
    let status = match status {
        AccountStatus::Active => "ACTIVE",
        AccountStatus::PendingClosure => "PENDING_CLOSURE",
        AccountStatus::Suspended => "SUSPENDED",
    };
    let managing = organization.management_account == id;
    json!({
        "Id": id,
        "Arn": account_arn(organization, caller, id),
        "Name": name,
        "Email": email,
        "Status": status,
        "State": status,
        "JoinedMethod": if managing { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": joined,
    })
}

fn account_arn(organization: &Organization, caller: &Caller, account: &str) -> String {
    arn_of(organization, caller, &format!("account/{}/{account}", organization.id))
}

fn arn_of(organization: &Organization, caller: &Caller, resource: &str) -> String {
    let (partition, owner) = (arn::partition_of(&caller.region), &organization.management_account);
    format!("arn:{partition}:organizations::{owner}:{resource}")
}
