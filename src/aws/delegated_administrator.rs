//! The calls for delegated administrators: Organizations' for all services, CloudTrail's for its own.

use futures_util::TryStreamExt;
use serde::Deserialize;

use super::Aws;
use super::call::Patience;
use super::json::input;
use crate::core::arn::{AccountId, Region};
use crate::core::delegated_administrator::{Administrator, RegistrationStep};
use crate::core::fault::Fault;
use crate::core::operation::Operation;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    delegated_administrators: Option<Vec<DelegatedAdministrator>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DelegatedAdministrator {
    id: Option<String>,
    arn: Option<String>,
    /// In seconds since 1970.
    delegation_enabled_date: Option<f64>,
}

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
        let input = input([("ServicePrincipal", service_principal.into())]);
        let pages = self.organizations().list(
            Operation::ListDelegatedAdministrators,
            input,
            patience,
            |page: Page| {
                let listed = page.delegated_administrators.unwrap_or_default();
                let administrators = listed.into_iter().map(administrator).collect();
                (administrators, page.next_token)
            },
        );
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
        let account = account.to_string().into();
        let (client, input) = match step {
            RegistrationStep::RegisterWithCloudTrail => (
                self.cloudtrail(region),
                input([("MemberAccountId", account)]),
            ),
            RegistrationStep::DeregisterWithCloudTrail => (
                self.cloudtrail(region),
                input([("DelegatedAdminAccountId", account)]),
            ),
            RegistrationStep::RegisterWithOrganizations
            | RegistrationStep::DeregisterWithOrganizations => (
                self.organizations(),
                input([
                    ("AccountId", account),
                    ("ServicePrincipal", service_principal.into()),
                ]),
            ),
        };
        client.tell(step.operation(), &input, patience).await
    }
}

fn administrator(listed: DelegatedAdministrator) -> Administrator {
    let account = listed.id.as_deref();
    Administrator {
        account: account.and_then(|id| AccountId::parse(id).ok()),
        account_arn: listed.arn.unwrap_or_default(),
        since: listed.delegation_enabled_date.unwrap_or(0.0),
    }
}
