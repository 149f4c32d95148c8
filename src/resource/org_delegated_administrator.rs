//! `Custom::OrgDelegatedAdministrator`: an account that manages a service for the organization.

use strum::{EnumMessage, IntoStaticStr, VariantArray};

use super::{Failure, Outcome, RequestContext};
use crate::aws::call::Deadline;
use crate::cfn::attributes::attributes;
use crate::cfn::properties;
use crate::cfn::request::RequestType;
use crate::domain::created_by::CreatedBy;
use crate::domain::delegated_administrator::{
    self as decide, Administrator, DelegatedAdministratorId, Registration, RegistrationStep,
};
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region, ServicePrincipal};
use crate::domain::operation::Operation;
use crate::domain::plan::{Plan, PlannedStep};
use crate::domain::trusted_access::CLOUDTRAIL;

crate::properties! {
    /// Registers a delegated administrator: a member account that administers an AWS service for
    /// the organization.
    pub struct OrgDelegatedAdministratorProperties {
        /// The account ID of the member account, for example, `"222222222222"`. It must have 12
        /// digits. Enclose it in quotation marks in YAML: otherwise leading zeros are lost. The
        /// management account cannot be a delegated administrator.
        required AccountId => account_id: AccountId [Replacement],
        /// The service principal of the service that the account administers. Trusted access for
        /// the service must be enabled. The parameter `ServicePrincipals` of the function's stack,
        /// or of the management role's stack, must contain it.
        default(CLOUDTRAIL) ServicePrincipal => service_principal: ServicePrincipal [Replacement],
    }
}

/// The attributes of a delegated administrator that `Fn::GetAtt` returns.
#[derive(Debug, Clone, Copy, EnumMessage, IntoStaticStr, VariantArray)]
pub enum OrgDelegatedAdministratorAttribute {
    /// The account ID of the delegated administrator, for example, `222222222222`.
    AccountId,
    /// The ARN of the account in AWS Organizations, for example,
    /// `arn:aws:organizations::111111111111:account/o-exampleorg1/222222222222`.
    AccountArn,
    /// The service principal of the service that the account administers, for example,
    /// `cloudtrail.amazonaws.com`.
    ServicePrincipal,
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let (reconciler, id) = read(context)?;
    let is_replacement = context.request.request_type == RequestType::Update && id.is_none();
    let outcome = reconciler.converge(id).await;
    if outcome.is_err() && is_replacement {
        reconciler.roll_back().await;
    }
    outcome
}

/// The plan of a Create or an Update.
pub async fn plan(context: &RequestContext<'_>) -> Result<Plan, Failure> {
    let (reconciler, id) = read(context)?;
    let registration = &reconciler.registration;
    let planned = |operation| PlannedStep::new(operation, registration.account.to_string());
    let steps = match reconciler.administrator().await? {
        Some(_) => Vec::new(),
        None => vec![planned(decide::register(registration).operation())],
    };
    let found = planned(Operation::ListDelegatedAdministrators);
    Ok(Plan::new(steps).replacing(context.replaced(id.is_some()), found))
}

/// The registration in the properties, and the ID that the resource has for it. An Update keeps the
/// ID of the same registration, because that records whether the resource made it.
fn read<'a>(
    context: &'a RequestContext<'a>,
) -> Result<(Reconciler<'a>, Option<DelegatedAdministratorId>), Failure> {
    let request = context.request;
    let properties: OrgDelegatedAdministratorProperties = properties::read(&request.properties)?;
    let registration = Registration {
        service_principal: properties.service_principal.into_string(),
        account: properties.account_id,
    };
    let id = request.physical_id.as_deref().and_then(DelegatedAdministratorId::parse);
    let id = id.filter(|id| id.registration == registration);
    Ok((Reconciler { context, region: context.region()?, registration }, id))
}

/// Serves Delete.
pub async fn retire(context: &RequestContext<'_>) -> Result<(), Failure> {
    // Any other ID does not record who made the registration, so it stays: an ID that
    // CloudFormation generated, or that of a failed Create.
    let id = context.request.physical_id.as_deref().and_then(DelegatedAdministratorId::parse);
    let Some((step, id)) = id.and_then(|id| Some((decide::retire(&id)?, id))) else {
        return Ok(());
    };
    let (region, registration) = (context.region()?, id.registration);
    let reconciler = Reconciler { context, region, registration };
    let deadline = context.deadline();
    let retired = match reconciler.listed(deadline).await {
        Ok(Some(_)) => reconciler.deregister(step, deadline).await,
        Ok(None) => Ok(()),
        Err(fault) => Err(fault),
    };
    match retired {
        // The administrators of an organization are deleted with it.
        Err(fault) if fault.is_no_organization() => Ok(()),
        Err(fault) => Err(reconciler.failure(&fault).await),
        Ok(()) => Ok(()),
    }
}

/// Changes one registration.
struct Reconciler<'a> {
    context: &'a RequestContext<'a>,
    region: Region,
    registration: Registration,
}

impl Reconciler<'_> {
    /// A failure that names the management account, which has the permissions for these calls.
    async fn failure(&self, fault: &Fault) -> Failure {
        let organization = self.context.organization_for(fault).await;
        let circumstances = Context {
            organization: organization.as_ref(),
            service_principal: Some(&self.registration.service_principal),
            account: Some(self.registration.account),
            ..self.context.circumstances()
        };
        Failure::aws(fault, &circumstances)
    }

    /// After a failed replacement: removes the new registration. The response keeps the old ID, so
    /// CloudFormation sends no Delete for the new one.
    async fn roll_back(&self) {
        let id = self.context.progress.physical_id();
        let id = id.and_then(|id| DelegatedAdministratorId::parse(&id));
        let step = id.and_then(|id| decide::retire(&id));
        let Some(step) = step else {
            return;
        };
        if let Err(error) = self.deregister(step, self.context.clean_up_deadline()).await {
            let Registration { service_principal, account } = &self.registration;
            tracing::warn!(%error, service_principal, %account, "registration not rolled back");
        }
    }

    /// Deregisters the account. An account that is not registered, or has left the organization,
    /// administers nothing.
    async fn deregister(&self, step: RegistrationStep, deadline: Deadline) -> Result<(), Fault> {
        let deregistered = match self.change(step, deadline).await {
            Err(fault) => match decide::instead(step, &fault) {
                Some(step) => self.change(step, deadline).await,
                None => Err(fault),
            },
            Ok(()) => Ok(()),
        };
        deregistered.or_else(|fault| if fault.is_not_found() { Ok(()) } else { Err(fault) })
    }

    async fn change(&self, step: RegistrationStep, deadline: Deadline) -> Result<(), Fault> {
        let aws = self.context.aws;
        aws.change_registration(&self.region, &self.registration, step, deadline).await
    }

    async fn listed(&self, deadline: Deadline) -> Result<Option<Administrator>, Fault> {
        let Registration { service_principal, account } = &self.registration;
        let listed = self.context.aws.delegated_administrators(service_principal, deadline);
        let mut listed = listed.await?.into_iter();
        Ok(listed.find(|listed| listed.account == Some(*account)))
    }

    async fn administrator(&self) -> Result<Option<Administrator>, Failure> {
        match self.listed(self.context.deadline()).await {
            Ok(administrator) => Ok(administrator),
            Err(fault) => Err(self.failure(&fault).await),
        }
    }

    /// `id` is the ID that the resource has for this registration.
    async fn converge(&self, id: Option<DelegatedAdministratorId>) -> Result<Outcome, Failure> {
        let id = |created_by| {
            let registration = self.registration.clone();
            id.clone().unwrap_or(DelegatedAdministratorId { registration, created_by })
        };
        let (administrator, created_by) = match self.administrator().await? {
            Some(listed) => {
                let created_by = CreatedBy::of_found(listed.since, self.context.request.issued_at);
                (listed, created_by)
            }
            None => {
                // From now on Delete has to deregister it, even if time runs out.
                self.context.progress.record(id(CreatedBy::ThisResource).to_string());
                self.register().await?
            }
        };
        let attributes = attributes(|attribute| match attribute {
            OrgDelegatedAdministratorAttribute::AccountId => self.registration.account.to_string(),
            OrgDelegatedAdministratorAttribute::AccountArn => administrator.account_arn.clone(),
            OrgDelegatedAdministratorAttribute::ServicePrincipal => {
                self.registration.service_principal.clone()
            }
        });
        Ok(Outcome { physical_id: id(created_by).to_string(), attributes })
    }

    /// Registers the account, and waits until Organizations lists it, because the next resources of
    /// the stack depend on it.
    async fn register(&self) -> Result<(Administrator, CreatedBy), Failure> {
        let context = self.context;
        let step = decide::register(&self.registration);
        let registered = self.change(step, context.deadline()).await;
        if let Err(fault) = &registered
            && !fault.is_already_exists()
        {
            context.progress.clear_if_gone(&self.listed(context.clean_up_deadline()).await);
            return Err(self.failure(fault).await);
        }
        let administrator = context.wait_until_visible(|| self.administrator()).await?;
        let administrator = administrator.ok_or_else(|| {
            let Registration { service_principal, account } = &self.registration;
            Failure::refusal(format!(
                "account {account} was registered for {service_principal}, but Organizations does \
                 not list it yet; deploy again"
            ))
        })?;
        // If it is registered already, but was not listed before, the response to an earlier
        // attempt was lost, or another caller registered it.
        let created_by = match registered {
            Ok(()) => CreatedBy::ThisResource,
            Err(_) => CreatedBy::of_found(administrator.since, context.request.issued_at),
        };
        Ok((administrator, created_by))
    }
}
