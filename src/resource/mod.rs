//! The resource types: from the properties of a request to its outcome.
//!
//! Called by [`crate::handler`]. A resource type reads its properties ([`crate::cfn::properties`])
//! and the state in AWS ([`crate::aws`]), lets [`crate::domain`] decide which steps to take,
//! executes them, and returns the outcome, or a [`Failure`] that explains itself to the stack's
//! owner. The handler sends the response.
//!
//! To add a resource type, add a module with its decisions to `domain`, its calls to `aws`, a
//! module with its properties, attributes and work here, and a variant of [`ResourceType`]. The
//! compiler then reports every place that must list it.

#![expect(clippy::missing_errors_doc, reason = "the header describes the error of all functions")]

pub mod context;
pub mod failure;
pub mod org_delegated_administrator;
pub mod org_trail;
pub mod org_trail_delivery;
pub mod org_trusted_access;
pub mod visibility;

use futures_util::future::{BoxFuture, FutureExt};

pub use context::RequestContext;
pub use failure::Failure;

use crate::cfn::attributes::{Attribute, Attributes, descriptions};
use crate::cfn::properties::Properties;
use crate::cfn::properties::declaration::ObjectShape;
use crate::cfn::request::RequestType;
use crate::domain::plan::Plan;

/// A resource type that the function serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceType {
    /// Trusted access between Organizations and a service.
    OrgTrustedAccess,
    /// An organization trail.
    OrgTrail,
    /// A delegated administrator for a service.
    OrgDelegatedAdministrator,
    /// A delivery gate.
    OrgTrailDelivery,
}

/// The outcome of a Create or an Update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `Ref`.
    pub physical_id: String,
    /// `Fn::GetAtt`.
    pub attributes: Attributes,
}

/// The work on a request, which is [`serve`] or [`plan`], or a substitute in tests.
///
/// Its future can be dropped at any point if time runs out, and Lambda may deliver a request twice.
pub type Work<T> = for<'a> fn(&'a RequestContext<'a>) -> BoxFuture<'a, Result<T, Failure>>;

/// Makes the plan of a Create or an Update for any resource type: what [`serve`] would do with the
/// same request. Makes read calls only.
pub fn plan<'a>(context: &'a RequestContext<'a>) -> BoxFuture<'a, Result<Plan, Failure>> {
    let resource_type = &context.request.resource_type;
    async move {
        match ResourceType::named(resource_type) {
            Some(resource_type) => resource_type.plan(context).await,
            None => Err(unknown(resource_type)),
        }
    }
    .boxed()
}

/// Serves a request for any resource type. A Delete has no outcome.
pub fn serve<'a>(
    context: &'a RequestContext<'a>,
) -> BoxFuture<'a, Result<Option<Outcome>, Failure>> {
    let request = context.request;
    async move {
        match (ResourceType::named(&request.resource_type), request.request_type) {
            (Some(resource_type), RequestType::Create | RequestType::Update) => {
                resource_type.converge(context).await.map(Some)
            }
            (Some(resource_type), RequestType::Delete) => {
                resource_type.retire(context).await.map(|()| None)
            }
            // The Create of an unknown type failed, so there is nothing to delete.
            (None, RequestType::Delete) => Ok(None),
            (None, RequestType::Create | RequestType::Update) => {
                Err(unknown(&request.resource_type))
            }
        }
    }
    .boxed()
}

fn unknown(resource_type: &str) -> Failure {
    let names = ResourceType::ALL.map(ResourceType::name).join(", ");
    Failure::refusal(format!(
        "this function does not serve the resource type {resource_type}; use one of {names}"
    ))
}

impl ResourceType {
    /// All resource types.
    pub const ALL: [Self; 4] = [
        Self::OrgTrustedAccess,
        Self::OrgTrail,
        Self::OrgDelegatedAdministrator,
        Self::OrgTrailDelivery,
    ];

    /// The name in a template.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrgTrustedAccess => "Custom::OrgTrustedAccess",
            Self::OrgTrail => "Custom::OrgTrail",
            Self::OrgDelegatedAdministrator => "Custom::OrgDelegatedAdministrator",
            Self::OrgTrailDelivery => "Custom::OrgTrailDelivery",
        }
    }

    /// The resource type with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Serves Create and Update. Both change the observed state to the desired one, because a
    /// Create can be delivered twice. If the physical ID of the outcome is a new one, the Update is
    /// a replacement, and CloudFormation then deletes the old ID.
    async fn converge(self, context: &RequestContext<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::converge(context).await,
            Self::OrgTrail => org_trail::converge(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::converge(context).await,
            Self::OrgTrailDelivery => org_trail_delivery::converge(context).await,
        }
    }

    /// The steps of [`Self::converge`]. It reads and decides with the same functions.
    async fn plan(self, context: &RequestContext<'_>) -> Result<Plan, Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::plan(context).await,
            Self::OrgTrail => org_trail::plan(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::plan(context).await,
            Self::OrgTrailDelivery => org_trail_delivery::plan(context).await,
        }
    }

    /// Serves Delete: removes what the resource owns. Succeeds if that does not exist or has
    /// another owner.
    async fn retire(self, context: &RequestContext<'_>) -> Result<(), Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::retire(context).await,
            Self::OrgTrail => org_trail::retire(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::retire(context).await,
            // A gate owns nothing in AWS.
            Self::OrgTrailDelivery => Ok(()),
        }
    }

    /// The source of `schemas/` and `docs/reference/`.
    pub fn description(self) -> Description {
        use {
            org_delegated_administrator as administrator, org_trail_delivery as delivery,
            org_trusted_access as access,
        };
        match self {
            Self::OrgTrustedAccess => self.described::<
                access::OrgTrustedAccessProperties,
                access::OrgTrustedAccessAttribute,
            >(&["ServicePrincipal"]),
            Self::OrgTrail => self.described::<
                org_trail::properties::OrgTrailProperties,
                org_trail::OrgTrailAttribute,
            >(&["Arn"]),
            Self::OrgDelegatedAdministrator => self.described::<
                administrator::OrgDelegatedAdministratorProperties,
                administrator::OrgDelegatedAdministratorAttribute,
            >(&["ServicePrincipal", "AccountId"]),
            Self::OrgTrailDelivery => self.described::<
                delivery::properties::OrgTrailDeliveryProperties,
                delivery::OrgTrailDeliveryAttribute,
            >(&["TrailArn"]),
        }
    }

    fn described<P: Properties, A: Attribute>(
        self,
        identifier: &'static [&'static str],
    ) -> Description {
        Description {
            type_name: self.name(),
            properties: P::OBJECT,
            attributes: descriptions::<A>(),
            identifier,
        }
    }
}

/// A resource type as `schemas/` and `docs/reference/` describe it.
#[derive(Debug, Clone)]
pub struct Description {
    /// `Custom::...`.
    pub type_name: &'static str,
    /// Its properties, without `ServiceToken` and `ServiceTimeout`.
    pub properties: ObjectShape,
    /// The name and the description of each attribute of `Fn::GetAtt`.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// The properties or attributes that identify a resource.
    pub identifier: &'static [&'static str],
}
