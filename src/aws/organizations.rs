//! The calls to Organizations, and to CloudTrail for its delegated administrators.

use std::pin::pin;

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus, DelegatedAdministrator};
use futures_util::stream::{Stream, TryStreamExt};

use super::call::{Deadline, call, pages};
use super::cloudtrail::CloudTrail;
use super::{Aws, timestamp};
use crate::domain::delegated_administrator::{Administrator, Registration, RegistrationStep};
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region};
use crate::domain::operation::Operation;
use crate::domain::organization::{Member, Organization};
use crate::domain::trusted_access::{TrustedAccess, TrustedAccessStep};

impl Aws {
    /// The organization of the caller. Every member account may call DescribeOrganization.
    pub async fn organization(&self, deadline: Deadline) -> Result<Organization, Fault> {
        const OPERATION: Operation = Operation::DescribeOrganization;
        let (client, target) = (self.organizations(), &self.organizations_target());
        let send = || client.describe_organization().send();
        let output = call(target, OPERATION, deadline, send).await?;
        let described = output.organization.and_then(|organization| {
            Some(Organization {
                id: organization.id?,
                management_account: organization.master_account_id?.parse().ok()?,
            })
        });
        described.ok_or_else(|| target.unreadable(OPERATION))
    }

    /// The accounts of the organization, page by page.
    pub fn accounts(
        &self,
        deadline: Deadline,
    ) -> impl Stream<Item = Result<Vec<Member>, Fault>> + use<> {
        let (client, target) = (self.organizations().clone(), self.organizations_target());
        pages(move |page| {
            let (client, target) = (client.clone(), target.clone());
            async move {
                let send = || client.list_accounts().set_next_token(page.clone()).send();
                let output = call(&target, Operation::ListAccounts, deadline, send).await?;
                let accounts = output.accounts.unwrap_or_default().into_iter();
                Ok((accounts.filter_map(member).collect(), output.next_token))
            }
        })
    }

    /// Trusted access for a service; `None` if it is disabled.
    pub async fn trusted_access(
        &self,
        service_principal: &str,
        deadline: Deadline,
    ) -> Result<Option<TrustedAccess>, Fault> {
        let (client, target) = (self.organizations(), &self.organizations_target());
        let mut pages = pin!(pages(async |page: Option<String>| {
            let send = || {
                let request = client.list_aws_service_access_for_organization();
                request.set_next_token(page.clone()).send()
            };
            let operation = Operation::ListAWSServiceAccessForOrganization;
            let output = call(target, operation, deadline, send).await?;
            Ok((output.enabled_service_principals.unwrap_or_default(), output.next_token))
        }));
        while let Some(page) = pages.try_next().await? {
            let mut services = page.into_iter();
            let enabled = services
                .find(|service| service.service_principal.as_deref() == Some(service_principal));
            if let Some(enabled) = enabled {
                let since = enabled.date_enabled.as_ref().and_then(timestamp);
                return Ok(Some(TrustedAccess { since }));
            }
        }
        Ok(None)
    }

    /// Executes `step` for a service.
    pub async fn change_trusted_access(
        &self,
        service: &str,
        step: TrustedAccessStep,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let (client, operation) = (self.organizations(), step.operation());
        let target = &self.organizations_target();
        match step {
            TrustedAccessStep::Enable => {
                let request = client.enable_aws_service_access().service_principal(service);
                call(target, operation, deadline, || request.clone().send()).await.map(drop)
            }
            TrustedAccessStep::Disable => {
                let request = client.disable_aws_service_access().service_principal(service);
                call(target, operation, deadline, || request.clone().send()).await.map(drop)
            }
        }
    }

    /// The delegated administrators for a service.
    pub async fn delegated_administrators(
        &self,
        service_principal: &str,
        deadline: Deadline,
    ) -> Result<Vec<Administrator>, Fault> {
        let (client, target) = (self.organizations(), &self.organizations_target());
        let pages = pages(async |page: Option<String>| {
            let send = || {
                let request = client.list_delegated_administrators();
                let request = request.service_principal(service_principal);
                request.set_next_token(page.clone()).send()
            };
            let output =
                call(target, Operation::ListDelegatedAdministrators, deadline, send).await?;
            let listed = output.delegated_administrators.unwrap_or_default();
            Ok((listed.into_iter().map(administrator).collect(), output.next_token))
        });
        pages.try_concat().await
    }

    /// Executes `step` for a registration. A registration with CloudTrail applies to all Regions, so
    /// `region` can be any.
    pub async fn change_registration(
        &self,
        region: &Region,
        registration: &Registration,
        step: RegistrationStep,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let (cloudtrail, organizations) = (CloudTrail::new(self, region), self.organizations());
        let (service, account) =
            (&registration.service_principal, registration.account.to_string());
        let target = &self.organizations_target();
        let operation = step.operation();
        match step {
            RegistrationStep::RegisterWithCloudTrail => {
                let request = cloudtrail.client.register_organization_delegated_admin();
                let request = request.member_account_id(account);
                call(&cloudtrail.target, operation, deadline, || request.clone().send())
                    .await
                    .map(drop)
            }
            RegistrationStep::RegisterWithOrganizations => {
                let request = organizations.register_delegated_administrator();
                let request = request.service_principal(service).account_id(account);
                call(target, operation, deadline, || request.clone().send()).await.map(drop)
            }
            RegistrationStep::DeregisterWithCloudTrail => {
                let request = cloudtrail.client.deregister_organization_delegated_admin();
                let request = request.delegated_admin_account_id(account);
                call(&cloudtrail.target, operation, deadline, || request.clone().send())
                    .await
                    .map(drop)
            }
            RegistrationStep::DeregisterWithOrganizations => {
                let request = organizations.deregister_delegated_administrator();
                let request = request.service_principal(service).account_id(account);
                call(target, operation, deadline, || request.clone().send()).await.map(drop)
            }
        }
    }
}

/// `State` replaces the deprecated `Status`; AWS may send either.
fn member(account: Account) -> Option<Member> {
    let state = account.state.as_ref().map(AccountState::as_str);
    let status = account.status.as_ref().map(AccountStatus::as_str);
    let is_active = state.or(status) == Some("ACTIVE");
    Some(Member { id: account.id?.parse().ok()?, is_active })
}

fn administrator(listed: DelegatedAdministrator) -> Administrator {
    Administrator {
        account: listed.id.and_then(|id| id.parse::<AccountId>().ok()),
        account_arn: listed.arn.unwrap_or_default(),
        since: listed.delegation_enabled_date.as_ref().and_then(timestamp),
    }
}
