//! `Custom::OrgTrustedAccess`: trusted access between Organizations and a service.

use super::{Failure, Outcome, RequestContext};
use crate::cfn::properties::{self, Parsed, lenient};
use crate::cfn::response::is_not_created;
use crate::domain::created_by::CreatedBy;
use crate::domain::delegated_administrator::Administrator;
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{Region, ServicePrincipal};
use crate::domain::organization::Organization;
use crate::domain::regions::Partition;
use crate::domain::string_rule::StringRule;
use crate::domain::trusted_access::{
    self as decide, CLOUDTRAIL, DeleteBehavior, Dependents, TrustedAccess, TrustedAccessId,
    TrustedAccessStep,
};

crate::properties! {
    /// Trusted access between AWS Organizations and a service, which lets the service work in the
    /// accounts of the organization.
    pub struct OrgTrustedAccessProperties {
        /// The service principal of the service. The function's IAM policy lists the services that it
        /// may enable or disable.
        default(CLOUDTRAIL) ServicePrincipal => service_principal: ServicePrincipal [Replacement],
        /// What Delete does. `Keep` leaves trusted access enabled. `Disable` disables it if this
        /// resource enabled it, and fails as long as anything depends on it.
        default("Keep") DeleteBehavior => delete_behavior: DeleteBehavior,
    }
}

impl Parsed for DeleteBehavior {
    const RULES: &'static [StringRule] = &[StringRule::OneOf(&["Keep", "Disable"])];

    fn parsed(string: &str) -> Option<Self> {
        match string {
            "Keep" => Some(Self::Keep),
            "Disable" => Some(Self::Disable),
            _ => None,
        }
    }
}

crate::attributes! {
    /// What `Fn::GetAtt` has of trusted access.
    pub struct OrgTrustedAccessAttributes {
        /// The service principal of the service that is trusted.
        ServicePrincipal => service_principal,
        /// The id of the organization, such as `o-exampleorg1`.
        OrganizationId => organization_id,
        /// The account id of the organization's management account.
        ManagementAccountId => management_account_id,
        /// Since when the service is trusted: a date and time in UTC, such as
        /// `2026-03-01T12:00:00Z`.
        DateEnabled => date_enabled,
        /// `true` if trusted access was on before this resource came, `false` if the resource
        /// switched it on.
        Preexisting => preexisting,
    }
}

/// Serves a Create.
///
/// # Errors
/// Why it failed.
pub async fn create(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let service_principal = service_principal(context)?;
    Switch {
        context,
        service_principal,
    }
    .establish(None)
    .await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let service_principal = service_principal(context)?;
    // The same service: the id says who switched it on first, and that does not change.
    let id = context
        .request
        .physical_id
        .as_deref()
        .and_then(TrustedAccessId::parse);
    let id = id.filter(|id| id.service_principal == service_principal);
    Switch {
        context,
        service_principal,
    }
    .establish(id)
    .await
}

/// Serves a Delete.
///
/// # Errors
/// Why it failed.
pub async fn delete(context: &RequestContext<'_>) -> Result<(), Failure> {
    let id = context
        .request
        .physical_id
        .as_deref()
        .filter(|id| !is_not_created(id));
    let Some(id) = id.and_then(TrustedAccessId::parse) else {
        // An id that CloudFormation made up does not say who switched it on, and what
        // nobody claims is never switched off.
        return Ok(());
    };
    let behavior = lenient(&context.request.properties, "DeleteBehavior");
    if !decide::to_be_disabled(&id, behavior.unwrap_or(DeleteBehavior::Keep)) {
        return Ok(());
    }
    Switch {
        context,
        service_principal: id.service_principal,
    }
    .disable()
    .await
}

fn service_principal(context: &RequestContext<'_>) -> Result<String, Failure> {
    let properties: OrgTrustedAccessProperties = properties::read(&context.request.properties)?;
    Ok(properties.service_principal.into_string())
}

/// RequestContext on one service's trusted access.
struct Switch<'a> {
    context: &'a RequestContext<'a>,
    service_principal: String,
}

impl Switch<'_> {
    fn failure(&self, fault: &Fault, organization: Option<&Organization>) -> Failure {
        let service_principal = Some(self.service_principal.as_str());
        Failure::aws(
            fault,
            &Context {
                organization,
                service_principal,
                ..Context::default()
            },
        )
    }

    /// The organization, which a failure names, and trusted access, at the same time.
    async fn look(&self) -> Result<(Organization, Option<TrustedAccess>), Failure> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let (organization, access) = tokio::join!(
            aws.organization(deadline),
            aws.trusted_access(&self.service_principal, deadline),
        );
        let organization = organization.map_err(|fault| self.failure(&fault, None))?;
        let access = access.map_err(|fault| self.failure(&fault, Some(&organization)))?;
        Ok((organization, access))
    }

    /// Has it on. `id`: the id that the resource has already, for this service.
    async fn establish(&self, id: Option<TrustedAccessId>) -> Result<Outcome, Failure> {
        let context = self.context;
        let (organization, access) = self.look().await?;
        let (access, created_by) = match access {
            Some(access) => (
                access,
                CreatedBy::of_found(access.since, context.request.issued_at),
            ),
            None => {
                // From here on the answer to Delete is different, also if time runs out.
                context
                    .progress
                    .record(self.id(id.as_ref(), CreatedBy::ThisResource).to_string());
                (self.enable(&organization).await?, CreatedBy::ThisResource)
            }
        };
        let id = self.id(id.as_ref(), created_by);
        Ok(Outcome {
            attributes: attributes(&id, &organization, access).into(),
            physical_id: id.to_string(),
        })
    }

    fn id(&self, known: Option<&TrustedAccessId>, created_by: CreatedBy) -> TrustedAccessId {
        let service_principal = self.service_principal.clone();
        known.cloned().unwrap_or(TrustedAccessId {
            service_principal,
            created_by,
        })
    }

    /// Switches it on, and is back only once Organizations lists it: what the stack does next
    /// depends on it.
    async fn enable(&self, organization: &Organization) -> Result<TrustedAccess, Failure> {
        let (context, deadline) = (self.context, self.context.deadline());
        let (service, step) = (&self.service_principal, TrustedAccessStep::Enable);
        let switched = context.aws.switch_trusted_access(service, step, deadline);
        if let Err(fault) = switched.await {
            let look = context
                .aws
                .trusted_access(service, context.clean_up_deadline());
            context.progress.clear_if_gone(&look.await);
            return Err(self.failure(&fault, Some(organization)));
        }
        let look = || async {
            let listed = context.aws.trusted_access(service, deadline).await;
            listed.map_err(|fault| self.failure(&fault, Some(organization)))
        };
        context.look_until_observed(look).await?.ok_or_else(|| {
            Failure::refusal(format!(
                "trusted access for {service} was enabled, but Organizations does not list it; \
                 deploy again"
            ))
        })
    }

    /// Switches it off, unless something depends on it. Whether it is on and what depends on it is
    /// asked at the same time: it usually is on.
    async fn disable(&self) -> Result<(), Failure> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let service = &self.service_principal;
        let region = self.context.region()?;
        let is_on = async {
            match aws.trusted_access(service, deadline).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(None),
                Err(fault) => Err(Some(fault)),
            }
        };
        // Of what is off already nobody asks what depends on it, so a fault of that waits here.
        let dependents = async { Ok(self.dependents(&region).await) };
        let dependents = match tokio::try_join!(is_on, dependents) {
            Ok(((), Ok(dependents))) => dependents,
            Err(None) => return Ok(()),
            Ok(((), Err(fault))) | Err(Some(fault)) => {
                return Err(self.explained_failure(&fault).await);
            }
        };
        let step = decide::retire(service, &dependents)?;
        match aws.switch_trusted_access(service, step, deadline).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.explained_failure(&fault).await),
        }
    }

    /// Asks which account is the management account only now that the reason is to name it.
    async fn explained_failure(&self, fault: &Fault) -> Failure {
        let deadline = self.context.clean_up_deadline();
        let organization = self.context.aws.organization(deadline).await.ok();
        self.failure(fault, organization.as_ref())
    }

    async fn dependents(&self, region: &Region) -> Result<Dependents, Fault> {
        let (aws, deadline) = (self.context.aws, self.context.deadline());
        let administrators = aws.delegated_administrators(&self.service_principal, deadline);
        if self.service_principal != CLOUDTRAIL {
            return Ok(Dependents {
                delegated_administrators: accounts(administrators.await?),
                ..Dependents::default()
            });
        }
        let (delegated_administrators, trails, event_data_stores) = tokio::try_join!(
            administrators,
            aws.organization_trails(region, deadline),
            aws.organization_event_data_stores(all_regions(region), deadline),
        )?;
        Ok(Dependents {
            trails,
            event_data_stores,
            delegated_administrators: accounts(delegated_administrators),
        })
    }
}

fn accounts(administrators: Vec<Administrator>) -> Vec<String> {
    let accounts = administrators.into_iter();
    accounts
        .filter_map(|administrator| Some(administrator.account?.to_string()))
        .collect()
}

/// The Regions of the partition, the function's own among them even where it is new.
fn all_regions(own: &Region) -> Vec<Region> {
    let known = Partition::of(own).regions.iter();
    let others = known.filter_map(|region| Region::parse(region).ok());
    std::iter::once(own.clone())
        .chain(others.filter(|region| region != own))
        .collect()
}

fn attributes(
    id: &TrustedAccessId,
    organization: &Organization,
    access: TrustedAccess,
) -> OrgTrustedAccessAttributes {
    let TrustedAccessId {
        service_principal,
        created_by,
    } = id;
    let preexisting = matches!(created_by, CreatedBy::Someone);
    OrgTrustedAccessAttributes {
        service_principal: service_principal.clone(),
        organization_id: organization.id.clone(),
        management_account_id: organization.management_account.to_string(),
        date_enabled: access
            .since
            .map(|since| since.to_string())
            .unwrap_or_default(),
        preexisting: preexisting.to_string(),
    }
}
