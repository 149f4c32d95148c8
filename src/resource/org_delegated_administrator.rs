//! `Custom::OrgDelegatedAdministrator`: an account that manages a service for the organization.

use super::{Failure, Outcome, RequestContext};
use crate::aws::call::Deadline;
use crate::cfn::properties;
use crate::domain::created_by::CreatedBy;
use crate::domain::delegated_administrator::{
    self as decide, Administrator, DelegatedAdministratorId, Registration, RegistrationStep,
};
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region, ServicePrincipal};
use crate::domain::trusted_access::CLOUDTRAIL;

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
pub async fn create(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let registration = registration(context)?;
    Register {
        context,
        registration,
    }
    .establish(None)
    .await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let registration = registration(context)?;
    // The same registration: the id says who made it first, and that does not change.
    let id = context.request.physical_id.as_deref();
    let id = id.and_then(DelegatedAdministratorId::parse);
    let id = id.filter(|id| id.registration == registration);
    let replaces = id.is_none();
    let register = Register {
        context,
        registration,
    };
    match register.establish(id).await {
        Err(failure) if replaces => Err(register.roll_back(failure).await),
        established => established,
    }
}

/// Serves a Delete.
///
/// # Errors
/// Why it failed.
pub async fn delete(context: &RequestContext<'_>) -> Result<(), Failure> {
    // An id that CloudFormation made up, and the sentinel, do not say who registered, and
    // what nobody claims is never undone.
    let id = context.request.physical_id.as_deref();
    match id.and_then(DelegatedAdministratorId::parse) {
        Some(id) => deregister(context, id).await,
        None => Ok(()),
    }
}

fn registration(context: &RequestContext<'_>) -> Result<Registration, Failure> {
    let properties: OrgDelegatedAdministratorProperties =
        properties::read(&context.request.properties)?;
    Ok(Registration {
        service_principal: properties.service_principal.into_string(),
        account: properties.account_id,
    })
}

async fn deregister(
    context: &RequestContext<'_>,
    id: DelegatedAdministratorId,
) -> Result<(), Failure> {
    let Some(step) = decide::retire(&id) else {
        return Ok(());
    };
    let registration = id.registration;
    let register = Register {
        context,
        registration,
    };
    match register
        .change(&context.region()?, step, context.deadline())
        .await
    {
        // An account that has left the organization administers nothing any more.
        Err(fault) if !fault.is_not_found() => Err(register.failure(&fault).await),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// RequestContext on one registration.
struct Register<'a> {
    context: &'a RequestContext<'a>,
    registration: Registration,
}

impl Register<'_> {
    /// Says which account is the management account, which is the one that may do all of this.
    async fn failure(&self, fault: &Fault) -> Failure {
        let deadline = self.context.clean_up_deadline();
        let organization = self.context.aws.organization(deadline).await.ok();
        let known = Context {
            organization: organization.as_ref(),
            service_principal: Some(&self.registration.service_principal),
            account: Some(self.registration.account),
            ..Context::default()
        };
        Failure::aws(fault, &known)
    }

    /// Takes back what a failed Update has registered in place of another registration: its answer
    /// keeps the id that there was, so no Delete would ever name the new one.
    async fn roll_back(&self, failure: Failure) -> Failure {
        let made = self.context.progress.physical_id();
        let step = made
            .and_then(|id| DelegatedAdministratorId::parse(&id))
            .and_then(|id| decide::retire(&id));
        if let (Some(step), Ok(region)) = (step, self.context.region()) {
            let deadline = self.context.clean_up_deadline();
            if let Err(fault) = self.change(&region, step, deadline).await {
                tracing::warn!(%fault, "the new registration was not taken back");
            }
        }
        failure
    }

    async fn change(
        &self,
        region: &Region,
        step: RegistrationStep,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let Registration {
            service_principal,
            account,
        } = &self.registration;
        let aws = self.context.aws;
        aws.change_registration(region, service_principal, *account, step, deadline)
            .await
    }

    async fn look(&self, deadline: Deadline) -> Result<Option<Administrator>, Fault> {
        let service = &self.registration.service_principal;
        let listed = self.context.aws.delegated_administrators(service, deadline);
        let account = Some(self.registration.account);
        let mut listed = listed.await?.into_iter();
        Ok(listed.find(|listed| listed.account == account))
    }

    async fn find(&self) -> Result<Option<Administrator>, Failure> {
        match self.look(self.context.deadline()).await {
            Ok(found) => Ok(found),
            Err(fault) => Err(self.failure(&fault).await),
        }
    }

    /// Has it registered. `known`: the id that the resource has already, for this registration.
    async fn establish(&self, known: Option<DelegatedAdministratorId>) -> Result<Outcome, Failure> {
        let id = |created_by| {
            let registration = self.registration.clone();
            known.clone().unwrap_or(DelegatedAdministratorId {
                registration,
                created_by,
            })
        };
        let (administrator, created_by) = match self.find().await? {
            Some(found) => {
                let created_by = CreatedBy::of_found(found.since, self.context.request.issued_at);
                (found, created_by)
            }
            None => {
                // From here on the answer to Delete is different, also if time runs out.
                self.context
                    .progress
                    .record(id(CreatedBy::ThisResource).to_string());
                self.register().await?
            }
        };
        Ok(Outcome {
            attributes: attributes(&self.registration, &administrator).into(),
            physical_id: id(created_by).to_string(),
        })
    }

    /// Registers the account, and is back only once Organizations lists it: what the stack does
    /// next depends on it.
    async fn register(&self) -> Result<(Administrator, CreatedBy), Failure> {
        let context = self.context;
        let step = decide::register(&self.registration);
        let registered = self
            .change(&context.region()?, step, context.deadline())
            .await;
        if let Err(fault) = &registered
            && !fault.is_already_exists()
        {
            let look = self.look(context.clean_up_deadline());
            context.progress.clear_if_gone(&look.await);
            return Err(self.failure(fault).await);
        }
        let observed = context.look_until_observed(|| self.find()).await?;
        let administrator = observed.ok_or_else(|| Failure::refusal(format!(
                "account {} was registered for {}, but Organizations does not list it; deploy again",
                self.registration.account, self.registration.service_principal,
            )))?;
        // Registered already, and yet not found before: the answer to an earlier attempt was lost,
        // or somebody was faster.
        let created_by = match registered {
            Ok(()) => CreatedBy::ThisResource,
            Err(_) => CreatedBy::of_found(administrator.since, context.request.issued_at),
        };
        Ok((administrator, created_by))
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
