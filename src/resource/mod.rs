//! The resource types: from a request's properties to an outcome.
//!
//! Called by [`crate::handler`]. A resource reads its properties ([`crate::cfn::properties`]), looks
//! at AWS ([`crate::aws`]), asks [`crate::core`] what is to be done, has it done, and says what came
//! of it. It never answers CloudFormation: that is the handler's, and happens once.
//!
//! A new resource type is a file with its decisions in `core`, one with its calls in `aws`, one with
//! its properties and attributes here, and a line in [`RESOURCES`] and in [`descriptions`], from
//! which `schemas/` and `docs/reference/` are generated.

pub mod org_delegated_administrator;
pub mod org_trail;
pub mod org_trail_delivery;
pub mod org_trusted_access;

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use crate::aws::Aws;
use crate::aws::call::Patience;
use crate::cfn::attributes::{Attributes, Declared};
use crate::cfn::properties::declaration::ObjectShape;
use crate::cfn::properties::{Parsed, Problems, Properties};
use crate::cfn::request::Request;
use crate::core::arn::{AccountId, Region, ServicePrincipal, TrailArn, TrailName};
use crate::core::cure::{self, Scene};
use crate::core::fault::{Fault, Remedy};
use crate::core::string_rule::StringRule;

/// Every resource type that the function serves.
pub const RESOURCES: &[&dyn Resource] = &[
    &org_trusted_access::OrgTrustedAccess,
    &org_trail::OrgTrail,
    &org_delegated_administrator::OrgDelegatedAdministrator,
    &org_trail_delivery::OrgTrailDelivery,
];

/// A custom resource type.
///
/// The work of each method may be dropped at any point when time runs out, and each may be called
/// again with the same request.
pub trait Resource: Send + Sync {
    /// `Custom::...`.
    fn type_name(&self) -> &'static str;

    /// Makes the thing, or finds it made by an earlier delivery of the same request.
    fn create<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

    /// Makes the thing what the new properties say. Another physical id in the outcome is a
    /// replacement, whose old thing CloudFormation deletes afterwards.
    fn update<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

    /// Removes the thing if it is the resource's own. What is gone or foreign is success.
    fn delete<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<(), Failure>>;
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

impl Description {
    fn of<P: Properties, A: Declared>(
        resource: &dyn Resource,
        identifier: &'static [&'static str],
    ) -> Self {
        Self {
            type_name: resource.type_name(),
            properties: P::OBJECT,
            attributes: A::DECLARED,
            identifier,
        }
    }
}

/// The descriptions of the resource types, in the order of [`RESOURCES`].
pub fn descriptions() -> Vec<Description> {
    use org_delegated_administrator::{
        OrgDelegatedAdministrator, OrgDelegatedAdministratorAttributes,
        OrgDelegatedAdministratorProperties,
    };
    use org_trail::{OrgTrail, OrgTrailAttributes, properties::OrgTrailProperties};
    use org_trail_delivery::{
        OrgTrailDelivery, OrgTrailDeliveryAttributes, properties::OrgTrailDeliveryProperties,
    };
    use org_trusted_access::{
        OrgTrustedAccess, OrgTrustedAccessAttributes, OrgTrustedAccessProperties,
    };

    vec![
        Description::of::<OrgTrustedAccessProperties, OrgTrustedAccessAttributes>(
            &OrgTrustedAccess,
            &["ServicePrincipal"],
        ),
        Description::of::<OrgTrailProperties, OrgTrailAttributes>(&OrgTrail, &["Arn"]),
        Description::of::<OrgDelegatedAdministratorProperties, OrgDelegatedAdministratorAttributes>(
            &OrgDelegatedAdministrator,
            &["ServicePrincipal", "AccountId"],
        ),
        Description::of::<OrgTrailDeliveryProperties, OrgTrailDeliveryAttributes>(
            &OrgTrailDelivery,
            &["TrailArn"],
        ),
    ]
}

impl Parsed for AccountId {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for Region {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for ServicePrincipal {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for TrailArn {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string)
    }
}

impl Parsed for TrailName {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

/// A request and what is needed to work on it.
#[derive(Debug)]
pub struct Work<'a> {
    /// What is wanted.
    pub request: &'a Request,
    /// The way to AWS.
    pub aws: &'a Aws,
    /// When work ends.
    pub until: Instant,
    /// When cleaning up after failed work ends.
    pub clean_up_until: Instant,
    /// The account that calls are made as, where it is known.
    pub caller: Option<AccountId>,
    /// What would have to be deleted if work ended now.
    pub progress: &'a Progress,
}

impl Work<'_> {
    /// Patience for work.
    pub fn patience(&self) -> Patience {
        Patience::until(self.until)
    }

    /// Patience for cleaning up.
    pub fn patience_to_clean_up(&self) -> Patience {
        Patience::until(self.clean_up_until)
    }

    /// Looks again and again for what AWS says is there and does not show yet, for as long as that
    /// may take. `None`: it did not show.
    ///
    /// # Errors
    /// What looking failed with.
    pub async fn look_until_seen<T, F>(&self, look: impl Fn() -> F) -> Result<Option<T>, Failure>
    where
        F: Future<Output = Result<Option<T>, Failure>>,
    {
        let started = Instant::now();
        for looks in 1.. {
            if let Some(seen) = look().await? {
                return Ok(Some(seen));
            }
            match Remedy::LetSettle.wait(looks, started.elapsed(), fastrand::f64()) {
                Some(wait) if Instant::now() + wait < self.until => sleep(wait).await,
                Some(_) | None => break,
            }
        }
        Ok(None)
    }

    /// The function's own Region.
    ///
    /// # Errors
    /// Outside of Lambda, where `AWS_REGION` may be missing.
    pub fn region(&self) -> Result<Region, Failure> {
        self.aws.region().ok_or_else(|| {
            Failure::new("the function does not know its Region: set AWS_REGION in its environment")
        })
    }
}

/// The physical id that CloudFormation would need if the work ended at this moment: by failing, by time
/// running out or by a panic. Kept outside of the work, so that it survives it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Option<String>>);

impl Progress {
    /// From here on there may be something to delete.
    pub fn made(&self, physical_id: impl Into<String>) {
        *self.slot() = Some(physical_id.into());
    }

    /// There is nothing to delete any more.
    pub fn unmade(&self) {
        *self.slot() = None;
    }

    /// There is nothing to delete if a look after a failed attempt has shown so. The failure itself
    /// does not: an earlier attempt may have taken effect, and only its answer was lost.
    pub fn unmade_if_gone<T>(&self, look: &Result<Option<T>, Fault>) {
        if let Ok(None) = look {
            self.unmade();
        }
    }

    /// The id, if there may be something to delete.
    pub fn physical_id(&self) -> Option<String> {
        self.slot().clone()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // A panic elsewhere leaves a whole value here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a Create or an Update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `Ref`.
    pub physical_id: String,
    /// `Fn::GetAtt`.
    pub attributes: Attributes,
}

/// Why a request failed, as a sentence for the stack's owner. What it left behind, [`Progress`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The sentence.
    pub reason: String,
}

impl Failure {
    /// A failure of our own.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// AWS did not do it.
    pub fn aws(fault: &Fault, scene: &Scene<'_>) -> Self {
        Self::new(cure::explain(fault, scene))
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::new(format!("the properties are not valid: {problems}"))
    }
}
