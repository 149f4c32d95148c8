//! The calls for delegated administrators: Organizations' for all services, CloudTrail's for its own.

use super::Aws;
use super::call::{Patience, call};
use crate::core::arn::{AccountId, Region};
use crate::core::delegated_administrator::{Administrator, RegistrationStep};
use crate::core::fault::{Fault, Operation};

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
        let operation = Operation::organizations("ListDelegatedAdministrators");
        let client = self.organizations();
        let mut administrators = Vec::new();
        let mut page = None;
        loop {
            let attempt = || {
                let request = client.list_delegated_administrators();
                let request = request.service_principal(service_principal);
                request.set_next_token(page.clone()).send()
            };
            let answer = call(operation, patience, attempt).await?;
            let listed = answer.delegated_administrators.unwrap_or_default();
            administrators.extend(listed.into_iter().map(|listed| {
                Administrator {
                    account: listed
                        .id
                        .as_deref()
                        .and_then(|id| AccountId::parse(id).ok()),
                    account_arn: listed.arn.unwrap_or_default(),
                    since: listed
                        .delegation_enabled_date
                        .map_or(0.0, |date| date.as_secs_f64()),
                }
            }));
            page = answer.next_token;
            if page.is_none() {
                return Ok(administrators);
            }
        }
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
        let account = account.to_string();
        match step {
            RegistrationStep::RegisterWithCloudTrail => {
                let operation = Operation::cloudtrail("RegisterOrganizationDelegatedAdmin");
                let attempt = || {
                    let request = cloudtrail.register_organization_delegated_admin();
                    request.member_account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::RegisterWithOrganizations => {
                let operation = Operation::organizations("RegisterDelegatedAdministrator");
                let attempt = || {
                    let request = organizations.register_delegated_administrator();
                    let request = request.service_principal(service_principal);
                    request.account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithCloudTrail => {
                let operation = Operation::cloudtrail("DeregisterOrganizationDelegatedAdmin");
                let attempt = || {
                    let request = cloudtrail.deregister_organization_delegated_admin();
                    request.delegated_admin_account_id(&account).send()
                };
                call(operation, patience, attempt).await.map(drop)
            }
            RegistrationStep::DeregisterWithOrganizations => {
                let operation = Operation::organizations("DeregisterDelegatedAdministrator");
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
