//! AWS: how a call is made, how it is made to succeed, and one file of API calls for each resource.
//!
//! Called by [`crate::resource`]. Everything that is AWS's own stops here: what goes in and comes out
//! are the types of [`crate::core`]. Nothing in here decides what is to be done.
//!
//! | | |
//! |---|---|
//! | [`call`] | one call, repeated while that can help |
//! | `client` | one attempt: addressed (`endpoint`), signed (`signature`), sent |
//! | `json`, `xml` | the protocols of CloudTrail and Organizations, of S3 and STS |
//! | `credentials`, [`role`] | as whom |
//! | all others | which calls, of what, for which resource |
//!
//! There is an SDK for all of this, and `tests/sdk` compares what it sends and understands. The function
//! does without: with the SDK's clients a cold start took half as much of the processor again, and the
//! zip was half as large again (docs/performance.md).

pub mod call;
mod client;
pub mod clock;
pub mod credentials;
pub mod delegated_administrator;
pub mod delivery;
pub mod endpoint;
pub mod environment;
mod json;
mod listing;
pub mod organization;
pub mod role;
mod signature;
pub mod trail;
pub mod trusted_access;
mod xml;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use self::client::Client;
use self::credentials::Caller;
use self::environment::Configuration;
use self::role::{Role, Sessions};
use crate::core::arn::{AccountId, Region};
use crate::core::operation::{Operation, Service};
use crate::transport::SharedTransport;

/// Everything that is needed to call AWS, built once and shared by all invocations.
#[derive(Debug, Clone)]
pub struct Aws {
    configuration: Arc<Configuration>,
    transport: SharedTransport,
    own: Caller,
    /// As whom CloudTrail and Organizations are called.
    management: Caller,
    /// As whom the log bucket is listed.
    log_bucket: Caller,
    roles: Roles<Sessions>,
}

/// The roles that calls are made with, where they are not made with the function's own.
#[derive(Debug, Clone)]
pub struct Roles<R> {
    /// In the management account.
    pub management: Option<R>,
    /// In the account of the log bucket.
    pub log_bucket: Option<R>,
}

impl Aws {
    /// Calls with `configuration`, through `transport`.
    pub fn new(configuration: Configuration, transport: SharedTransport) -> Self {
        let own = Caller::Own(configuration.credentials.clone().map(Arc::new));
        Self {
            configuration: Arc::new(configuration),
            transport,
            management: own.clone(),
            log_bucket: own.clone(),
            own,
            roles: Roles {
                management: None,
                log_bucket: None,
            },
        }
    }

    /// The same with roles instead of its own credentials.
    #[must_use]
    pub fn assuming(self, roles: Roles<Role>) -> Self {
        Self {
            roles: Roles {
                management: roles.management.map(Sessions::new),
                log_bucket: roles.log_bucket.map(Sessions::new),
            },
            ..self
        }
    }

    /// Calls each service that nearly every request needs, once, and takes no notice of what comes back:
    /// for [`crate::connections::Connections::rehearse`].
    pub async fn rehearse(&self) {
        let ask = async |client: Client, operation| {
            // Whatever is wrong, the first real call finds out, and says so to somebody.
            drop(client.attempt(operation, Bytes::from_static(b"{}")).await);
        };
        let organizations = self.client(Service::Organizations, &self.own);
        let cloudtrail = self.client(Service::CloudTrail, &self.own);
        tokio::join!(
            ask(organizations, Operation::DescribeOrganization),
            ask(cloudtrail, Operation::GetTrail),
        );
    }

    /// The time, by the clock that signatures and sessions go by.
    pub fn now(&self) -> SystemTime {
        self.configuration.clock.now()
    }

    /// The same for calls on behalf of one stack.
    #[must_use]
    pub fn for_stack(&self, stack_id: &str) -> Self {
        let caller = |role: &Option<Sessions>| match role {
            Some(sessions) => Caller::Assumed(sessions.of(stack_id, || self.sts())),
            None => self.own.clone(),
        };
        Self {
            management: caller(&self.roles.management),
            log_bucket: caller(&self.roles.log_bucket),
            ..self.clone()
        }
    }

    /// The account of the role that calls are made with, where there is one.
    pub fn role_account(&self) -> Option<AccountId> {
        self.roles.management.as_ref()?.role().account()
    }

    /// The function's own Region.
    pub fn region(&self) -> Option<Region> {
        self.configuration.region.clone()
    }

    fn cloudtrail(&self, region: &Region) -> Client {
        Client {
            region: Some(region.clone()),
            ..self.client(Service::CloudTrail, &self.management)
        }
    }

    fn organizations(&self) -> Client {
        self.client(Service::Organizations, &self.management)
    }

    fn sts(&self) -> Client {
        self.client(Service::Sts, &self.own)
    }

    /// A service, in the function's own Region.
    fn client(&self, service: Service, caller: &Caller) -> Client {
        Client {
            service,
            region: self.region(),
            caller: caller.clone(),
            configuration: Arc::clone(&self.configuration),
            transport: Arc::clone(&self.transport),
        }
    }
}
