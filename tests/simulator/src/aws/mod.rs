//! CloudTrail, Organizations, STS and S3's listings with their real rules: what they refuse in AWS,
//! they refuse here.
//!
//! [`World`] is the state and the rules, without I/O: `World::call` takes a caller, an operation
//! and its input, and returns what the service would return. [`Aws`] serves a world over HTTP to any AWS SDK
//! and keeps a log of the calls; a test reads the world, changes it between two calls and injects a
//! [`Fault`] into a call.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use simulator::aws::{Aws, CLOUDTRAIL, Fault, World};
//!
//! let aws = Aws::start(World::organization().with_trusted_access(CLOUDTRAIL)).await?;
//! aws.inject("CreateTrail", 1, Fault::LostResponse);
//! // ... run something with AWS_ENDPOINT_URL_CLOUDTRAIL=aws.url() ...
//! assert!(aws.world(|world| world.trails.is_empty()));
//! # Ok(())
//! # }
//! ```

mod arn;
mod calls;
mod cloudtrail;
mod error;
mod faults;
mod organizations;
mod pages;
mod permissions;
mod policy;
mod s3;
pub mod samples;
mod server;
mod sts;
mod surroundings;
mod timestamp;
mod trail;
mod wire;
mod world;

#[cfg(test)]
mod tests;

pub use arn::Arn;
pub use calls::{Call, Service};
pub use cloudtrail::{Delivery, DeliveryOutcome, EventSelector, EventSelectors, InsightSelector};
pub use error::{OperationResult, ServiceError};
pub use faults::{Fault, Occurrences};
pub use policy::{Access, Policy, Principal};
pub use s3::{Objects, OrganizationLogs, log_file};
pub use server::Aws;
pub use sts::{AssumableRole, RoleSession};
pub use surroundings::{Bucket, EventDataStore, Key, LogGroup, Role, Topic};
pub use timestamp::Timestamp;
pub use trail::Trail;
pub use world::{
    Account, AccountStatus, Caller, Clock, FeatureSet, Organization, Propagation, World,
};

/// CloudTrail's service principal.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";
/// The principal of CloudTrail's other service-linked role.
pub const CLOUDTRAIL_EVENT_CONTEXT: &str = "context.cloudtrail.amazonaws.com";

/// The handler of one operation of a service.
type Operation = fn(&mut World, &Caller, &serde_json::Value) -> OperationResult;

/// A result without the members that it has no value for.
fn without_nulls(mut result: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(members) = &mut result {
        members.retain(|_, value| !value.is_null());
    }
    result
}
