//! `Custom::OrgDelegatedAdministrator`: an account that manages a service for the organization.

use super::{Failure, Outcome, Work};
use crate::aws::call::Patience;
use crate::cfn::properties;
use crate::core::arn::{AccountId, Region, ServicePrincipal};
use crate::core::delegated_administrator::{
    self as decide, Administrator, DelegatedAdministratorId, Registration, RegistrationStep,
};
use crate::core::diagnosis::Context;
use crate::core::fault::Fault;
use crate::core::origin::Origin;
use crate::core::trusted_access::CLOUDTRAIL;

crate::properties! {
    /// A delegated administrator: a member account that manages a service for the organization.
    pub struct OrgDelegatedAdministratorProperties {
        /// The id of the account that becomes the administrator: 12 digits. Quote it in YAML, so that
        /// it keeps its leading zeros.
        required AccountId => account_id: AccountId [Replacement],
        /// The service principal of the service that the account manages.
        default(CLOUDTRAIL) ServicePrincipal => service_principal: ServicePrincipal [Replacement],
    }
}

crate::attributes! {
    /// What `Fn::GetAtt` has of a delegated administrator.
    pub struct OrgDelegatedAdministratorAttributes {
        /// The account id of the administrator.
        AccountId => account_id,
        /// The ARN of the account, as Organizations has it.
        AccountArn => account_arn,
        /// The service principal of the service that it manages.
        ServicePrincipal => service_principal,
    }
}

/// Serves a Create.
///
/// # Errors
/// Why it failed.
pub async fn create(work: &Work<'_>) -> Result<Outcome, Failure> {
    let registration = registration(work)?;
    Register { work, registration }.establish(None).await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(work: &Work<'_>) -> Result<Outcome, Failure> {
    let registration = registration(work)?;
    // The same registration: the id says who made it first, and that does not change.
    let id = work.request.physical_id.as_deref();
    let id = id.and_then(DelegatedAdministratorId::parse);
    let id = id.filter(|id| id.registration == registration);
    let replaces = id.is_none();
    let register = Register { work, registration };
    match register.establish(id).await {
        Err(failure) if replaces => Err(register.take_back(failure).await),
        established => established,
    }
}

/// Serves a Delete.
///
/// # Errors
/// Why it failed.
pub async fn delete(work: &Work<'_>) -> Result<(), Failure> {
    // An id that CloudFormation made up, and the sentinel, do not say who registered, and
    // what nobody claims is never undone.
    let id = work.request.physical_id.as_deref();
    match id.and_then(DelegatedAdministratorId::parse) {
        Some(id) => deregister(work, id).await,
        None => Ok(()),
    }
}

fn registration(work: &Work<'_>) -> Result<Registration, Failure> {
    let properties: OrgDelegatedAdministratorProperties =
        properties::read(&work.request.properties)?;
    Ok(Registration {
        service_principal: properties.service_principal.into_string(),
        account: properties.account_id,
    })
}

async fn deregister(work: &Work<'_>, id: DelegatedAdministratorId) -> Result<(), Failure> {
    let Some(step) = decide::retire(&id) else {
        return Ok(());
    };
    let registration = id.registration;
    let register = Register { work, registration };
    match register
        .change(&work.region()?, step, work.patience())
        .await
    {
        // An account that has left the organization administers nothing any more.
        Err(fault) if !fault.is_not_found() => Err(register.failure(&fault).await),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Work on one registration.
struct Register<'a> {
    work: &'a Work<'a>,
    registration: Registration,
}

impl Register<'_> {
    /// Says which account is the management account, which is the one that may do all of this.
    async fn failure(&self, fault: &Fault) -> Failure {
        let patience = self.work.patience_to_clean_up();
        let organization = self.work.aws.organization(patience).await.ok();
        let context = Context {
            organization: organization.as_ref(),
            service_principal: Some(&self.registration.service_principal),
            account: Some(self.registration.account),
            ..Context::default()
        };
        Failure::aws(fault, &context)
    }

    /// Takes back what a failed Update has registered in place of another registration: its answer
    /// keeps the id that there was, so no Delete would ever name the new one.
    async fn take_back(&self, failure: Failure) -> Failure {
        let made = self.work.progress.physical_id();
        let step = made
            .and_then(|id| DelegatedAdministratorId::parse(&id))
            .and_then(|id| decide::retire(&id));
        if let (Some(step), Ok(region)) = (step, self.work.region()) {
            let patience = self.work.patience_to_clean_up();
            if let Err(fault) = self.change(&region, step, patience).await {
                tracing::warn!(%fault, "the new registration was not taken back");
            }
        }
        failure
    }

    async fn change(
        &self,
        region: &Region,
        step: RegistrationStep,
        patience: Patience,
    ) -> Result<(), Fault> {
        let Registration {
            service_principal,
            account,
        } = &self.registration;
        let aws = self.work.aws;
        aws.change_registration(region, service_principal, *account, step, patience)
            .await
    }

    async fn look(&self, patience: Patience) -> Result<Option<Administrator>, Fault> {
        let service = &self.registration.service_principal;
        let listed = self.work.aws.delegated_administrators(service, patience);
        let account = Some(self.registration.account);
        let mut listed = listed.await?.into_iter();
        Ok(listed.find(|listed| listed.account == account))
    }

    async fn find(&self) -> Result<Option<Administrator>, Failure> {
        match self.look(self.work.patience()).await {
            Ok(found) => Ok(found),
            Err(fault) => Err(self.failure(&fault).await),
        }
    }

    /// Has it registered. `known`: the id that the resource has already, for this registration.
    async fn establish(&self, known: Option<DelegatedAdministratorId>) -> Result<Outcome, Failure> {
        let id = |origin| {
            let registration = self.registration.clone();
            known.clone().unwrap_or(DelegatedAdministratorId {
                registration,
                origin,
            })
        };
        let (administrator, origin) = match self.find().await? {
            Some(found) => {
                let origin = Origin::of_found(found.since, self.work.request.issued_at);
                (found, origin)
            }
            None => {
                // From here on the answer to Delete is different, also if time runs out.
                self.work.progress.made(id(Origin::Ours).to_string());
                self.register().await?
            }
        };
        Ok(Outcome {
            attributes: attributes(&self.registration, &administrator).into(),
            physical_id: id(origin).to_string(),
        })
    }

    /// Registers the account, and is back only once Organizations lists it: what the stack does
    /// next depends on it.
    async fn register(&self) -> Result<(Administrator, Origin), Failure> {
        let work = self.work;
        let step = decide::register(&self.registration);
        let registered = self.change(&work.region()?, step, work.patience()).await;
        if let Err(fault) = &registered
            && !fault.is_already_exists()
        {
            let look = self.look(work.patience_to_clean_up());
            work.progress.unmade_if_gone(&look.await);
            return Err(self.failure(fault).await);
        }
        let seen = work.look_until_seen(|| self.find()).await?;
        let administrator = seen.ok_or_else(|| Failure::refusal(format!(
                "account {} was registered for {}, but Organizations does not list it; deploy again",
                self.registration.account, self.registration.service_principal,
            )))?;
        // Registered already, and yet not found before: the answer to an earlier attempt was lost,
        // or somebody was faster.
        let origin = match registered {
            Ok(()) => Origin::Ours,
            Err(_) => Origin::of_found(administrator.since, work.request.issued_at),
        };
        Ok((administrator, origin))
    }
}

fn attributes(
    registration: &Registration,
    administrator: &Administrator,
) -> OrgDelegatedAdministratorAttributes {
    let Registration {
        service_principal,
        account,
    } = registration;
    OrgDelegatedAdministratorAttributes {
        account_id: account.to_string(),
        account_arn: administrator.account_arn.clone(),
        service_principal: service_principal.clone(),
    }
}
