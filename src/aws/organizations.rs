//! The calls to Organizations, and CloudTrail's own for its delegated administrators.

use std::pin::pin;

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus, DelegatedAdministrator};
use futures_util::stream::{Stream, TryStreamExt};

use super::call::{Deadline, call, pages, unreadable};
use super::{Aws, timestamp};
use crate::domain::delegated_administrator::{Administrator, RegistrationStep};
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::trusted_access::{TrustedAccess, TrustedAccessStep};

impl Aws {
    /// The organization that the caller belongs to. Every member account may ask.
    ///
    /// # Errors
    /// Whatever kept AWS from outputing; that there is no organization among it.
    pub async fn organization(&self, deadline: Deadline) -> Result<Organization, Fault> {
        const OPERATION: Operation = Operation::DescribeOrganization;
        let client = self.organizations();
        let attempt = || client.describe_organization().send();
        let output = call(OPERATION, deadline, attempt).await?;
        let described = output.organization.and_then(|organization| {
            Some(Organization {
                id: organization.id?,
                management_account: AccountId::parse(&organization.master_account_id?).ok()?,
            })
        });
        described.ok_or_else(|| unreadable(OPERATION))
    }

    /// The active accounts of the organization, page by page.
    pub fn active_accounts(
        &self,
        deadline: Deadline,
    ) -> impl Stream<Item = Result<Vec<AccountId>, Fault>> + use<> {
        let client = self.organizations();
        pages(move |page| {
            let client = client.clone();
            async move {
                let attempt = || client.list_accounts().set_next_token(page.clone()).send();
                let output = call(Operation::ListAccounts, deadline, attempt).await?;
                let accounts = output.accounts.unwrap_or_default().into_iter();
                let active = accounts.filter(is_active);
                let ids = active.filter_map(|account| AccountId::parse(&account.id?).ok());
                Ok((ids.collect(), output.next_token))
            }
        })
    }

    /// Trusted access with a service; `None`: it is off.
    ///
    /// # Errors
    /// Whatever kept AWS from outputing.
    pub async fn trusted_access(
        &self,
        service_principal: &str,
        deadline: Deadline,
    ) -> Result<Option<TrustedAccess>, Fault> {
        let client = &self.organizations();
        let mut pages = pin!(pages(async |page: Option<String>| {
            let attempt = || {
                let request = client.list_aws_service_access_for_organization();
                request.set_next_token(page.clone()).send()
            };
            let operation = Operation::ListAWSServiceAccessForOrganization;
            let output = call(operation, deadline, attempt).await?;
            let enabled = output.enabled_service_principals.unwrap_or_default();
            Ok((enabled, output.next_token))
        }));
        while let Some(page) = pages.try_next().await? {
            let mut page = page.into_iter();
            let found = page.find(|on| on.service_principal.as_deref() == Some(service_principal));
            if let Some(enabled) = found {
                let since = enabled.date_enabled.as_ref().and_then(timestamp);
                return Ok(Some(TrustedAccess { since }));
            }
        }
        Ok(None)
    }

    /// Carries out a step.
    ///
    /// # Errors
    /// Whatever kept AWS from doing it.
    pub async fn switch_trusted_access(
        &self,
        service_principal: &str,
        step: TrustedAccessStep,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let client = self.organizations();
        let operation = step.operation();
        match step {
            TrustedAccessStep::Enable => {
                let request = client.enable_aws_service_access();
                let request = request.service_principal(service_principal);
                let attempt = || request.clone().send();
                call(operation, deadline, attempt).await.map(drop)
            }
            TrustedAccessStep::Disable => {
                let request = client.disable_aws_service_access();
                let request = request.service_principal(service_principal);
                let attempt = || request.clone().send();
                call(operation, deadline, attempt).await.map(drop)
            }
        }
    }
    /// The accounts that administer a service for the organization.
    ///
    /// # Errors
    /// Whatever kept AWS from outputing.
    pub async fn delegated_administrators(
        &self,
        service_principal: &str,
        deadline: Deadline,
    ) -> Result<Vec<Administrator>, Fault> {
        let client = &self.organizations();
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = client.list_delegated_administrators();
                let request = request.service_principal(service_principal);
                request.set_next_token(page.clone()).send()
            };
            let operation = Operation::ListDelegatedAdministrators;
            let output = call(operation, deadline, attempt).await?;
            let listed = output.delegated_administrators.unwrap_or_default();
            let administrators = listed.into_iter().map(administrator).collect();
            Ok((administrators, output.next_token))
        });
        pages.try_concat().await
    }

    /// Carries out a step for `account`. `region` is where CloudTrail is asked: a registration with
    /// it holds in all Regions.
    ///
    /// # Errors
    /// Whatever kept AWS from doing it.
    pub async fn change_registration(
        &self,
        region: &Region,
        service_principal: &str,
        account: AccountId,
        step: RegistrationStep,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let (cloudtrail, organizations) = (self.cloudtrail(region), self.organizations());
        let operation = step.operation();
        let account = account.to_string();
        match step {
            RegistrationStep::RegisterWithCloudTrail => {
                let attempt = || {
                    let request = cloudtrail.register_organization_delegated_admin();
                    request.member_account_id(&account).send()
                };
                call(operation, deadline, attempt).await.map(drop)
            }
            RegistrationStep::RegisterWithOrganizations => {
                let attempt = || {
                    let request = organizations.register_delegated_administrator();
                    let request = request.service_principal(service_principal);
                    request.account_id(&account).send()
                };
                call(operation, deadline, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithCloudTrail => {
                let attempt = || {
                    let request = cloudtrail.deregister_organization_delegated_admin();
                    request.delegated_admin_account_id(&account).send()
                };
                call(operation, deadline, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithOrganizations => {
                let attempt = || {
                    let request = organizations.deregister_delegated_administrator();
                    let request = request.service_principal(service_principal);
                    request.account_id(&account).send()
                };
                call(operation, deadline, attempt).await.map(drop)
            }
        }
    }
}

/// Organizations replaces `Status` by `State`; either says it.
fn is_active(account: &Account) -> bool {
    let state = account.state.as_ref().map(AccountState::as_str);
    let status = account.status.as_ref().map(AccountStatus::as_str);
    state.or(status) == Some("ACTIVE")
}

fn administrator(listed: DelegatedAdministrator) -> Administrator {
    let account = listed.id.as_deref();
    let since = listed.delegation_enabled_date;
    Administrator {
        account: account.and_then(|id| AccountId::parse(id).ok()),
        account_arn: listed.arn.unwrap_or_default(),
        since: since.as_ref().and_then(timestamp),
    }
}
