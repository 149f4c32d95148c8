//! The calls for delegated administrators: Organizations' for all services, CloudTrail's for its own.

use aws_sdk_organizations::types::DelegatedAdministrator;
use futures_util::TryStreamExt;

use super::Aws;
use super::call::{Patience, call, pages};
use crate::core::arn::{AccountId, Region};
use crate::core::delegated_administrator::{Administrator, RegistrationStep};
use crate::core::fault::Fault;
use crate::core::operation::Operation;

impl Aws {
    /// The accounts that administer a service for the organization.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn delegated_administrators(
        &self,
        service_principal: &str,
        patience: Patience,
    ) -> Result<Vec<Administrator>, Fault> {
        let client = &self.organizations();
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = client.list_delegated_administrators();
                let request = request.service_principal(service_principal);
                request.set_next_token(page.clone()).send()
            };
            let operation = Operation::ListDelegatedAdministrators;
            let answer = call(operation, patience, attempt).await?;
            let listed = answer.delegated_administrators.unwrap_or_default();
            let administrators = listed.into_iter().map(administrator).collect();
            Ok((administrators, answer.next_token))
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
        patience: Patience,
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
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::RegisterWithOrganizations => {
                let attempt = || {
                    let request = organizations.register_delegated_administrator();
                    let request = request.service_principal(service_principal);
                    request.account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithCloudTrail => {
                let attempt = || {
                    let request = cloudtrail.deregister_organization_delegated_admin();
                    request.delegated_admin_account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithOrganizations => {
                let attempt = || {
                    let request = organizations.deregister_delegated_administrator();
                    let request = request.service_principal(service_principal);
                    request.account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
        }
    }
}

fn administrator(listed: DelegatedAdministrator) -> Administrator {
    let account = listed.id.as_deref();
    let since = listed.delegation_enabled_date;
    Administrator {
        account: account.and_then(|id| AccountId::parse(id).ok()),
        account_arn: listed.arn.unwrap_or_default(),
        since: since.map_or(0.0, |date| date.as_secs_f64()),
    }
}
