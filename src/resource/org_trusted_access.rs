//! `Custom::OrgTrustedAccess`: trusted access between Organizations and a service.

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::{Failure, Outcome, Resource, Work};
use crate::cfn::properties::{self, lenient, one_of};
use crate::cfn::response::{Attributes, is_not_created};
use crate::core::arn::{Region, partition_of};
use crate::core::cure::Scene;
use crate::core::fault::{Fault, Remedy};
use crate::core::organization::Organization;
use crate::core::regions;
use crate::core::trusted_access::{
    self as decide, CLOUDTRAIL, DeleteBehavior, Dependents, Origin, TrustedAccessId,
    TrustedAccessStep,
};

crate::properties! {
    /// The properties of `Custom::OrgTrustedAccess`.
    pub struct OrgTrustedAccessProperties {
        /// The service that is trusted. Default: CloudTrail. A change is a replacement.
        optional ServicePrincipal => service_principal: ServicePrincipal,
        /// What Delete does. Default: Keep.
        optional DeleteBehavior => delete_behavior: DeleteBehavior,
    }
}

/// A service principal, by the rules of the Organizations API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal(String);

impl ServicePrincipal {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if (1..=128).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a service principal such as cloudtrail.amazonaws.com")
        }
    }
}

crate::text_property! {
    ServicePrincipal => ServicePrincipal::parse,
    DeleteBehavior => |text| {
        one_of(text, &[("Keep", DeleteBehavior::Keep), ("Disable", DeleteBehavior::Disable)])
    },
}

/// The resource type.
#[derive(Debug)]
pub struct OrgTrustedAccess;

impl Resource for OrgTrustedAccess {
    fn type_name(&self) -> &'static str {
        "Custom::OrgTrustedAccess"
    }

    fn create<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async {
            let service_principal = service_principal(work)?;
            Switch {
                work,
                service_principal,
            }
            .establish(None)
            .await
        })
    }

    fn update<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async {
            let service_principal = service_principal(work)?;
            // The same service: the id says who switched it on first, and that does not change.
            let id = work
                .request
                .physical_id
                .as_deref()
                .and_then(TrustedAccessId::parse);
            let id = id.filter(|id| id.service_principal == service_principal);
            Switch {
                work,
                service_principal,
            }
            .establish(id)
            .await
        })
    }

    fn delete<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async {
            let id = work
                .request
                .physical_id
                .as_deref()
                .filter(|id| !is_not_created(id));
            let Some(id) = id.and_then(TrustedAccessId::parse) else {
                // An id that CloudFormation made up does not say who switched it on, and what
                // nobody claims is never switched off.
                return Ok(());
            };
            let behavior = lenient(&work.request.properties, "DeleteBehavior");
            if !decide::to_be_disabled(&id, behavior.unwrap_or(DeleteBehavior::Keep)) {
                return Ok(());
            }
            Switch {
                work,
                service_principal: id.service_principal,
            }
            .disable()
            .await
        })
    }
}

fn service_principal(work: &Work<'_>) -> Result<String, Failure> {
    let (properties, problems) = properties::read(&work.request.properties);
    let properties: OrgTrustedAccessProperties = problems.unless_any(properties)?;
    Ok(properties
        .service_principal
        .map_or_else(|| CLOUDTRAIL.to_owned(), |service| service.0))
}

/// Work on one service's trusted access.
struct Switch<'a> {
    work: &'a Work<'a>,
    service_principal: String,
}

impl Switch<'_> {
    fn failure(&self, fault: &Fault) -> Failure {
        let service_principal = Some(self.service_principal.as_str());
        Failure::aws(
            fault,
            &Scene {
                service_principal,
                ..Scene::default()
            },
        )
    }

    /// Has it on. `id`: the id that the resource has already, for this service.
    async fn establish(&self, id: Option<TrustedAccessId>) -> Result<Outcome, Failure> {
        let (work, patience) = (self.work, self.work.patience());
        let (organization, enabled_at) = tokio::try_join!(
            work.aws.organization(patience),
            work.aws.trusted_access(&self.service_principal, patience),
        )
        .map_err(|fault| self.failure(&fault))?;
        let (enabled_at, origin) = match (decide::converge(enabled_at), enabled_at) {
            (None, Some(enabled_at)) => (
                enabled_at,
                decide::origin(enabled_at, work.request.issued_at),
            ),
            (Some(step), _) => {
                // From here on the answer to Delete is different, also if time runs out.
                let origin = Origin::Enabled;
                work.progress.made(self.id(id.as_ref(), origin).to_string());
                (self.enable(step).await?, origin)
            }
            (None, None) => return Err(Failure::new("trusted access is neither on nor off")),
        };
        let id = self.id(id.as_ref(), origin);
        Ok(Outcome {
            attributes: attributes(&id, &organization, enabled_at),
            physical_id: id.to_string(),
        })
    }

    fn id(&self, known: Option<&TrustedAccessId>, origin: Origin) -> TrustedAccessId {
        let service_principal = self.service_principal.clone();
        known.cloned().unwrap_or(TrustedAccessId {
            service_principal,
            origin,
        })
    }

    /// Switches it on, and is back only once Organizations lists it: what the stack does next
    /// depends on it.
    async fn enable(&self, step: TrustedAccessStep) -> Result<f64, Failure> {
        let (aws, patience) = (self.work.aws, self.work.patience());
        let failure = |fault| self.failure(&fault);
        aws.switch_trusted_access(&self.service_principal, step, patience)
            .await
            .map_err(|fault| {
                self.work.progress.unmade();
                failure(fault)
            })?;
        let started = Instant::now();
        for looks in 1.. {
            let listed = aws.trusted_access(&self.service_principal, patience).await;
            if let Some(enabled_at) = listed.map_err(failure)? {
                return Ok(enabled_at);
            }
            match Remedy::LetSettle.wait(looks, started.elapsed(), fastrand::f64()) {
                Some(wait) if Instant::now() + wait < patience.until => sleep(wait).await,
                Some(_) | None => break,
            }
        }
        Err(Failure {
            reason: format!(
                "trusted access for {} was enabled, but Organizations does not list it after {} \
                 seconds; deploy again",
                self.service_principal,
                started.elapsed().as_secs(),
            ),
            left_behind: self.work.progress.physical_id(),
        })
    }

    /// Switches it off, unless something depends on it.
    async fn disable(&self) -> Result<(), Failure> {
        let (aws, patience) = (self.work.aws, self.work.patience());
        let failure = |fault: Fault| self.failure(&fault);
        let service = &self.service_principal;
        let enabled = aws
            .trusted_access(service, patience)
            .await
            .map_err(failure)?;
        if enabled.is_none() {
            return Ok(());
        }
        let dependents = self.dependents().await?;
        let step = decide::retire(service, &dependents)
            .map_err(|refusal| Failure::new(refusal.to_string()))?;
        aws.switch_trusted_access(service, step, patience)
            .await
            .map_err(failure)
    }

    async fn dependents(&self) -> Result<Dependents, Failure> {
        let (aws, patience) = (self.work.aws, self.work.patience());
        let failure = |fault: Fault| self.failure(&fault);
        let administrators = aws.delegated_administrators(&self.service_principal, patience);
        if self.service_principal != CLOUDTRAIL {
            let delegated_administrators = administrators.await.map_err(failure)?;
            return Ok(Dependents {
                delegated_administrators,
                ..Dependents::default()
            });
        }
        let region = self.work.region()?;
        let (delegated_administrators, trails, event_data_stores) = tokio::try_join!(
            administrators,
            aws.organization_trails(&region, patience),
            aws.organization_event_data_stores(all_regions(&region), patience),
        )
        .map_err(failure)?;
        Ok(Dependents {
            trails,
            event_data_stores,
            delegated_administrators,
        })
    }
}

/// The Regions of the partition, the function's own among them even where it is new.
fn all_regions(own: &Region) -> Vec<Region> {
    let known = regions::of_partition(partition_of(own)).iter();
    let others = known.filter_map(|region| Region::parse(region).ok());
    std::iter::once(own.clone())
        .chain(others.filter(|region| region != own))
        .collect()
}

fn attributes(id: &TrustedAccessId, organization: &Organization, enabled_at: f64) -> Attributes {
    let TrustedAccessId {
        service_principal,
        origin,
    } = id;
    let preexisting = matches!(origin, Origin::Preexisting);
    Attributes::from([
        ("ServicePrincipal", service_principal.clone()),
        ("OrganizationId", organization.id.clone()),
        (
            "ManagementAccountId",
            organization.management_account.to_string(),
        ),
        ("DateEnabled", date(enabled_at)),
        ("Preexisting", preexisting.to_string()),
    ])
}

/// RFC 3339 in UTC, to the second.
fn date(seconds: f64) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole seconds are enough for a date"
    )]
    time::OffsetDateTime::from_unix_timestamp(seconds as i64)
        .ok()
        .and_then(|date| date.format(&format).ok())
        .unwrap_or_default()
}
