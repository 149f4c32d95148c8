//! `Custom::OrgTrustedAccess`: trusted access between Organizations and a service.

use strum::{EnumMessage, IntoStaticStr, VariantArray};

use super::{Failure, Outcome, RequestContext};
use crate::cfn::attributes::attributes;
use crate::cfn::properties::{self, lenient};
use crate::domain::created_by::CreatedBy;
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{Region, ServicePrincipal};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::plan::{Plan, PlannedStep};
use crate::domain::regions::Partition;
use crate::domain::trusted_access::{
    self as decide, CLOUDTRAIL, DeleteBehavior, Dependents, TrustedAccess, TrustedAccessId,
    TrustedAccessStep,
};

crate::properties! {
    /// Enables trusted access for an AWS service in AWS Organizations. Trusted access allows the
    /// service to work in all accounts of the organization.
    pub struct OrgTrustedAccessProperties {
        /// The service principal of the service, for example, `config.amazonaws.com`. The parameter
        /// `ServicePrincipals` of the function's stack, or of the management role's stack, must
        /// contain it.
        default(CLOUDTRAIL) ServicePrincipal => service_principal: ServicePrincipal [Replacement],
        /// Specifies what Delete does. `Keep` leaves trusted access enabled. `Disable` disables
        /// trusted access if this resource enabled it; Delete fails while an organization trail, an
        /// organization event data store or a delegated administrator depends on it.
        default("Keep") DeleteBehavior => delete_behavior: DeleteBehavior,
    }
}

/// The attributes of trusted access that `Fn::GetAtt` returns.
#[derive(Debug, Clone, Copy, EnumMessage, IntoStaticStr, VariantArray)]
pub enum OrgTrustedAccessAttribute {
    /// The service principal of the service, for example, `cloudtrail.amazonaws.com`.
    ServicePrincipal,
    /// The ID of the organization, for example, `o-exampleorg1`.
    OrganizationId,
    /// The account ID of the management account, for example, `111111111111`.
    ManagementAccountId,
    /// The time at which trusted access was enabled: a date and time in UTC, for example,
    /// `2026-03-01T12:00:00Z`.
    DateEnabled,
    /// `true` if trusted access was already enabled when the resource was created, `false` if
    /// the resource enabled it.
    Preexisting,
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let (reconciler, id) = read(context)?;
    reconciler.converge(id).await
}

/// The plan of a Create or an Update.
pub async fn plan(context: &RequestContext<'_>) -> Result<Plan, Failure> {
    let (reconciler, id) = read(context)?;
    let (_, access) = reconciler.look().await?;
    let planned = |operation| PlannedStep::new(operation, reconciler.service.as_str());
    let steps = match access {
        Some(_) => Vec::new(),
        None => vec![planned(decide::enable(&reconciler.service)?.operation())],
    };
    let found = planned(Operation::ListAWSServiceAccessForOrganization);
    Ok(Plan::new(steps).replacing(context.replaced(id.is_some()), found))
}

/// The service in the properties, and the ID that the resource has for it. An Update keeps the ID
/// of the same service, because that records whether the resource enabled it.
fn read<'a>(
    context: &'a RequestContext<'a>,
) -> Result<(Reconciler<'a>, Option<TrustedAccessId>), Failure> {
    let properties: OrgTrustedAccessProperties = properties::read(&context.request.properties)?;
    let service = properties.service_principal.into_string();
    let id = context.request.physical_id.as_deref().and_then(TrustedAccessId::parse);
    let id = id.filter(|id| id.service_principal == service);
    Ok((Reconciler { context, service }, id))
}

/// Serves Delete.
pub async fn retire(context: &RequestContext<'_>) -> Result<(), Failure> {
    // Any other ID does not record who enabled trusted access, so it stays enabled: an ID that
    // CloudFormation generated, or that of a failed Create.
    let id = context.request.physical_id.as_deref().and_then(TrustedAccessId::parse);
    let Some(id) = id else {
        return Ok(());
    };
    let behavior = lenient(&context.request.properties, "DeleteBehavior");
    if !decide::to_be_disabled(&id, behavior.unwrap_or(DeleteBehavior::Keep)) {
        return Ok(());
    }
    Reconciler { context, service: id.service_principal }.disable().await
}

/// Changes trusted access for one service.
struct Reconciler<'a> {
    context: &'a RequestContext<'a>,
    service: String,
}

impl Reconciler<'_> {
    fn failure(&self, fault: &Fault, organization: Option<&Organization>) -> Failure {
        let service_principal = Some(self.service.as_str());
        let context = self.context.circumstances();
        Failure::aws(fault, &Context { organization, service_principal, ..context })
    }

    /// Reads the organization and trusted access concurrently.
    async fn look(&self) -> Result<(Organization, Option<TrustedAccess>), Failure> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let (organization, access) =
            tokio::join!(aws.organization(deadline), aws.trusted_access(&self.service, deadline));
        let organization = organization.map_err(|fault| self.failure(&fault, None))?;
        let access = access.map_err(|fault| self.failure(&fault, Some(&organization)))?;
        Ok((organization, access))
    }

    /// `id` is the ID that the resource has for this service.
    async fn converge(&self, id: Option<TrustedAccessId>) -> Result<Outcome, Failure> {
        let RequestContext { request, progress, .. } = self.context;
        let id = |created_by| {
            let service_principal = self.service.clone();
            id.clone().unwrap_or(TrustedAccessId { service_principal, created_by })
        };
        let (organization, access) = self.look().await?;
        let (access, id) = match access {
            Some(access) => {
                let created_by = CreatedBy::of_found(access.since, request.issued_at);
                (access, id(created_by))
            }
            None => {
                let step = decide::enable(&self.service)?;
                // From now on Delete has to disable it, even if time runs out.
                let id = id(CreatedBy::ThisResource);
                progress.record(id.to_string());
                (self.enable(step, &organization).await?, id)
            }
        };
        let since = access.since.map(|since| since.to_string());
        let attributes = attributes(|attribute| match attribute {
            OrgTrustedAccessAttribute::ServicePrincipal => self.service.clone(),
            OrgTrustedAccessAttribute::OrganizationId => organization.id.clone(),
            OrgTrustedAccessAttribute::ManagementAccountId => {
                organization.management_account.to_string()
            }
            OrgTrustedAccessAttribute::DateEnabled => since.clone().unwrap_or_default(),
            OrgTrustedAccessAttribute::Preexisting => {
                matches!(id.created_by, CreatedBy::Other).to_string()
            }
        });
        Ok(Outcome { physical_id: id.to_string(), attributes })
    }

    /// Enables trusted access, and waits until Organizations lists it, because the next resources
    /// of the stack depend on it.
    async fn enable(
        &self,
        step: TrustedAccessStep,
        organization: &Organization,
    ) -> Result<TrustedAccess, Failure> {
        let (context, service) = (self.context, &self.service);
        let failure = |fault: Fault| self.failure(&fault, Some(organization));
        if let Err(fault) =
            context.aws.change_trusted_access(service, step, context.deadline()).await
        {
            let access = context.aws.trusted_access(service, context.clean_up_deadline()).await;
            context.progress.clear_if_gone(&access);
            return Err(failure(fault));
        }
        let read = || async {
            context.aws.trusted_access(service, context.deadline()).await.map_err(failure)
        };
        context.wait_until_visible(read).await?.ok_or_else(|| {
            Failure::refusal(format!(
                "trusted access for {service} was enabled, but Organizations does not list it yet; \
                 deploy again"
            ))
        })
    }

    /// Disables trusted access, unless other resources depend on it. Both are read concurrently,
    /// because trusted access is usually enabled.
    async fn disable(&self) -> Result<(), Failure> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let service = &self.service;
        let region = self.context.region()?;
        let is_enabled = async {
            match aws.trusted_access(service, deadline).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(None),
                // The trusted access of an organization is deleted with it.
                Err(fault) if fault.is_no_organization() => Err(None),
                Err(fault) => Err(Some(fault)),
            }
        };
        // If trusted access is disabled already, a fault of these calls has no effect.
        let dependents = async { Ok(self.dependents(&region).await) };
        let dependents = match tokio::try_join!(is_enabled, dependents) {
            Ok(((), Ok(dependents))) => dependents,
            Err(None) => return Ok(()),
            Ok(((), Err(fault))) | Err(Some(fault)) => return Err(self.explain(&fault).await),
        };
        let step = decide::retire(service, &dependents)?;
        match aws.change_trusted_access(service, step, deadline).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.explain(&fault).await),
        }
    }

    /// A failure that names the management account. Only a failed Delete needs the call for it.
    async fn explain(&self, fault: &Fault) -> Failure {
        let organization = self.context.organization_for(fault).await;
        self.failure(fault, organization.as_ref())
    }

    async fn dependents(&self, region: &Region) -> Result<Dependents, Fault> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let administrators = async {
            let listed = aws.delegated_administrators(&self.service, deadline).await?.into_iter();
            Ok(listed.filter_map(|listed| Some(listed.account?.to_string())).collect())
        };
        if self.service != CLOUDTRAIL {
            let delegated_administrators = administrators.await?;
            return Ok(Dependents { delegated_administrators, ..Dependents::default() });
        }
        let (delegated_administrators, trails, event_data_stores) = tokio::try_join!(
            administrators,
            aws.organization_trails(region, deadline),
            aws.organization_event_data_stores(all_regions(region), deadline),
        )?;
        Ok(Dependents { trails, event_data_stores, delegated_administrators })
    }
}

/// The Regions of the partition, and the function's own Region even if it is newer than the list.
fn all_regions(own: &Region) -> Vec<Region> {
    let known = Partition::of(own).regions.iter();
    let others = known.filter_map(|region| region.parse::<Region>().ok());
    std::iter::once(own.clone()).chain(others.filter(|region| region != own)).collect()
}
