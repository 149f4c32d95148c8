//! AWS: the clients, how a call is made to succeed, and one file of API calls for each resource.
//!
//! Called by [`crate::resource`]. All SDK types stop here: what goes in and comes out are the types
//! of [`crate::core`]. Nothing in here decides what is to be done.

pub mod call;
pub mod connections;
pub mod delegated_administrator;
pub mod delivery;
pub mod environment;
mod listing;
pub mod organization;
pub mod role;
mod roots;
pub mod trail;
pub mod trusted_access;

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;
use tokio::time::timeout;

use self::connections::Connections;
use self::environment::Variable;
use self::role::{Role, Sessions};
use crate::core::arn::{AccountId, Region};

/// The longest that init waits for connections. Where there is no way to AWS, the answer to
/// CloudFormation must not wait for it twice.
const REHEARSAL: Duration = Duration::from_secs(2);

/// Everything that is needed to call AWS, built once and shared by all invocations.
#[derive(Debug, Clone)]
pub struct Aws {
    /// CloudTrail and Organizations.
    services: Services,
    /// For the listing of the log bucket.
    log_bucket: SdkConfig,
    http: SharedHttpConnector,
    /// Where `http` is one's own: what it goes through.
    connections: Option<Connections>,
    roles: Roles<Sessions>,
}

/// Clients with the same credentials. To build one costs as much as several calls with it.
#[derive(Debug, Clone)]
struct Services {
    config: SdkConfig,
    /// In the function's own Region.
    cloudtrail: aws_sdk_cloudtrail::Client,
    organizations: aws_sdk_organizations::Client,
}

impl Services {
    fn new(config: SdkConfig) -> Self {
        Self {
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            // Organizations has one Region in each partition; the SDK finds it from the function's.
            organizations: aws_sdk_organizations::Client::new(&config),
            config,
        }
    }
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
    /// Reads the standard environment: Region, credentials, `AWS_ENDPOINT_URL*`, FIPS, dual-stack,
    /// root certificates, proxies.
    ///
    /// Cannot fail: what is missing shows at the first call, which then says so to CloudFormation.
    pub fn from_environment(variable: Variable, roles: Roles<Role>) -> Self {
        let connections = Connections::from_environment(variable);
        let http = SharedHttpConnector::new(connections.clone());
        let connector = http.clone();
        let client = http_client_fn(move |_, _| connector.clone());
        let aws = Self::new(environment::configuration(variable, client), http);
        Self {
            connections: Some(connections),
            ..aws.assuming(roles)
        }
    }

    /// Does all of a call but for sending it, to each service that nearly every request needs: finds
    /// the endpoint, signs, connects and reads an answer. Lambda gives a whole core to do it before the
    /// first invocation, and at the smallest memory size a fourteenth of one from then on.
    pub async fn rehearse(&self) {
        let Some(connections) = &self.connections else {
            return;
        };
        let rehearsal = connections.rehearse();
        let Services {
            cloudtrail,
            organizations,
            config: _,
        } = &self.services;
        let calls = async {
            tokio::join!(
                organizations.describe_organization().send(),
                cloudtrail.get_trail().name("rehearsal").send(),
            )
        };
        // Whatever is wrong, the first real call finds out, and says so to somebody.
        drop(timeout(REHEARSAL, calls).await);
        drop(rehearsal);
    }

    /// Calls with `config`, and through `http` whatever is not AWS.
    pub fn new(config: SdkConfig, http: SharedHttpConnector) -> Self {
        Self {
            log_bucket: config.clone(),
            services: Services::new(config),
            http,
            connections: None,
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

    /// The time, by the clock that the SDK signs with and reads the expiry of credentials on.
    pub fn now(&self) -> SystemTime {
        self.services.config.time_source().unwrap_or_default().now()
    }

    /// The same for calls on behalf of one stack.
    #[must_use]
    pub fn for_stack(&self, stack_id: &str) -> Self {
        let mut aws = self.clone();
        if let Some(sessions) = &self.roles.management {
            let config = sessions.configuration(&self.services.config, stack_id);
            aws.services = Services::new(config);
        }
        if let Some(sessions) = &self.roles.log_bucket {
            aws.log_bucket = sessions.configuration(&self.log_bucket, stack_id);
        }
        aws
    }

    /// The account of the role that calls are made with, where there is one.
    pub fn role_account(&self) -> Option<AccountId> {
        self.roles.management.as_ref()?.role().account()
    }

    /// The connector that everything goes through.
    pub fn http(&self) -> &SharedHttpConnector {
        &self.http
    }

    /// The function's own Region.
    pub fn region(&self) -> Option<Region> {
        Region::parse(self.services.config.region()?.as_ref()).ok()
    }

    fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        let config = &self.services.config;
        if config.region().map(AsRef::as_ref) == Some(region.as_str()) {
            return self.services.cloudtrail.clone();
        }
        let region = SdkRegion::new(region.as_str().to_owned());
        let config = aws_sdk_cloudtrail::config::Builder::from(config).region(region);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    fn organizations(&self) -> aws_sdk_organizations::Client {
        self.services.organizations.clone()
    }
}
