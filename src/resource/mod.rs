//! The resource types: from a request's properties to an outcome.
//!
//! Called by [`crate::handler`]. A resource type reads its properties ([`crate::cfn::properties`]), looks
//! at AWS ([`crate::aws`]), asks [`crate::domain`] what is to be done, has it done, and says what came
//! of it. It never answers CloudFormation: that is the handler's, and happens once.
//!
//! A new resource type is a file with its decisions in `core`, its calls in `aws`, a folder or file with
//! its properties, its attributes and its work here, and a variant of [`ResourceType`]: the compiler
//! then names every place where it has to be listed.

pub mod context;
pub mod failure;
pub mod org_delegated_administrator;
pub mod org_trail;
pub mod org_trail_delivery;
pub mod org_trusted_access;

use futures_util::future::{BoxFuture, FutureExt};

pub use context::RequestContext;
pub use failure::Failure;

use crate::cfn::attributes::{Attributes, Declared};
use crate::cfn::properties::Properties;
use crate::cfn::properties::declaration::ObjectShape;
use crate::cfn::request::RequestType;

/// A resource type that the function serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceType {
    /// Trusted access between Organizations and a service.
    OrgTrustedAccess,
    /// An organization trail.
    OrgTrail,
    /// An account that manages a service for the organization.
    OrgDelegatedAdministrator,
    /// Proof that a trail delivers.
    OrgTrailDelivery,
}

/// What became of a Create or an Update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `Ref`.
    pub physical_id: String,
    /// `Fn::GetAtt`.
    pub attributes: Attributes,
}

/// What serves a request: [`serve`], and in tests whatever stands for the resource types.
///
/// The work may be dropped at any point when time runs out, and the same request may come again.
pub type Serve =
    for<'a> fn(&'a RequestContext<'a>) -> BoxFuture<'a, Result<Option<Outcome>, Failure>>;

/// Serves a request of any resource type. A Delete has no outcome.
///
/// # Errors
/// Why the request failed.
pub fn serve<'a>(
    context: &'a RequestContext<'a>,
) -> BoxFuture<'a, Result<Option<Outcome>, Failure>> {
    async move {
        let request = context.request;
        match (
            ResourceType::named(&request.resource_type),
            request.request_type,
        ) {
            (Some(resource_type), RequestType::Create) => {
                resource_type.create(context).await.map(Some)
            }
            (Some(resource_type), RequestType::Update) => {
                resource_type.update(context).await.map(Some)
            }
            (Some(resource_type), RequestType::Delete) => {
                resource_type.delete(context).await.map(|()| None)
            }
            // Nothing of an unknown type was ever created.
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
        "this function does not serve the resource type {resource_type}; declare the resource with one \
         of the types {names}"
    ))
}

impl ResourceType {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::OrgTrustedAccess,
        Self::OrgTrail,
        Self::OrgDelegatedAdministrator,
        Self::OrgTrailDelivery,
    ];

    /// Its name in a template.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrgTrustedAccess => "Custom::OrgTrustedAccess",
            Self::OrgTrail => "Custom::OrgTrail",
            Self::OrgDelegatedAdministrator => "Custom::OrgDelegatedAdministrator",
            Self::OrgTrailDelivery => "Custom::OrgTrailDelivery",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Makes the thing, or finds it made by an earlier delivery of the same request.
    async fn create(self, context: &RequestContext<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::create(context).await,
            Self::OrgTrail => org_trail::create(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::create(context).await,
            Self::OrgTrailDelivery => org_trail_delivery::create(context).await,
        }
    }

    /// Makes the thing what the new properties say. Another physical id in the outcome is a
    /// replacement, whose old thing CloudFormation deletes afterwards.
    async fn update(self, context: &RequestContext<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::update(context).await,
            Self::OrgTrail => org_trail::update(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::update(context).await,
            Self::OrgTrailDelivery => org_trail_delivery::update(context).await,
        }
    }

    /// Removes the thing if it is the resource's own. What is gone or foreign is success.
    async fn delete(self, context: &RequestContext<'_>) -> Result<(), Failure> {
        match self {
            Self::OrgTrustedAccess => org_trusted_access::delete(context).await,
            Self::OrgTrail => org_trail::delete(context).await,
            Self::OrgDelegatedAdministrator => org_delegated_administrator::delete(context).await,
            // A proof is not a thing.
            Self::OrgTrailDelivery => Ok(()),
        }
    }

    /// What `schemas/` and `docs/reference/` are generated from.
    pub fn description(self) -> Description {
        use {
            org_delegated_administrator as administrator, org_trail_delivery as delivery,
            org_trusted_access as access,
        };
        match self {
            Self::OrgTrustedAccess => self.described::<
                access::OrgTrustedAccessProperties,
                access::OrgTrustedAccessAttributes,
            >(&["ServicePrincipal"]),
            Self::OrgTrail => self.described::<
                org_trail::properties::OrgTrailProperties,
                org_trail::OrgTrailAttributes,
            >(&["Arn"]),
            Self::OrgDelegatedAdministrator => self.described::<
                administrator::OrgDelegatedAdministratorProperties,
                administrator::OrgDelegatedAdministratorAttributes,
            >(&["ServicePrincipal", "AccountId"]),
            Self::OrgTrailDelivery => self.described::<
                delivery::properties::OrgTrailDeliveryProperties,
                delivery::OrgTrailDeliveryAttributes,
            >(&["TrailArn"]),
        }
    }

    fn described<P: Properties, A: Declared>(
        self,
        identifier: &'static [&'static str],
    ) -> Description {
        Description {
            type_name: self.name(),
            properties: P::OBJECT,
            attributes: A::DECLARED,
            identifier,
        }
    }
}

/// A resource type as `schemas/` and `docs/reference/` describe it.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// `Custom::...`.
    pub type_name: &'static str,
    /// Its properties, without CloudFormation's own.
    pub properties: ObjectShape,
    /// The name and the description of each attribute of `Fn::GetAtt`.
    pub attributes: &'static [(&'static str, &'static str)],
    /// The properties or attributes that identify a resource.
    pub identifier: &'static [&'static str],
}
