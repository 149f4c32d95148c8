//! AWS: the clients, how a call is made to succeed, and one file of API calls for each resource.
//!
//! Called by [`crate::resource`]. All SDK types stop here: what goes in and comes out are the types
//! of [`crate::core`]. Nothing in here decides what is to be done.

pub mod call;
pub mod delegated_administrator;
pub mod delivery;
pub mod organization;
pub mod role;
pub mod trail;
pub mod trusted_access;

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_types::region::Region as SdkRegion;

use self::role::{Role, Sessions};
use crate::core::arn::{AccountId, Region};

/// What the SDK is told about itself, for the `User-Agent` that AWS support sees.
const APP_NAME: &str = concat!("orgtrail-", env!("CARGO_PKG_VERSION"));

/// Everything that is needed to call AWS, built once and shared by all invocations.
#[derive(Debug, Clone)]
pub struct Aws {
    /// For CloudTrail and Organizations.
    config: SdkConfig,
    /// For the listing of the log bucket.
    log_bucket: SdkConfig,
    http: SharedHttpConnector,
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
    /// Reads the standard environment: Region, credentials, `AWS_ENDPOINT_URL*`, FIPS, dual-stack.
    ///
    /// Cannot fail: what is missing shows at the first call, which then says so to CloudFormation.
    pub async fn from_environment(roles: Roles<Role>) -> Self {
        // One TLS stack and one pool of connections for all AWS services and for the answer:
        // a second one would load the root certificates again at each cold start.
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(3))
            .build();
        let http = SharedHttpConnector::new(
            Connector::builder()
                .tls_provider(tls::Provider::Rustls(
                    tls::rustls_provider::CryptoMode::Ring,
                ))
                .proxy_config(ProxyConfig::from_env())
                .connector_settings(settings)
                .build(),
        );
        let connector = http.clone();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            // The SDK's own retries know neither propagation nor how much time is left; see `call`.
            .retry_config(aws_config::retry::RetryConfig::disabled());
        if let Ok(name) = aws_config::AppName::new(APP_NAME) {
            loader = loader.app_name(name);
        }
        Self::new(loader.load().await, http).assuming(roles)
    }

    /// Calls with `config`, and through `http` whatever is not AWS.
    pub fn new(config: SdkConfig, http: SharedHttpConnector) -> Self {
        Self {
            log_bucket: config.clone(),
            config,
            http,
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
        self.config.time_source().unwrap_or_default().now()
    }

    /// The same for calls on behalf of one stack.
    #[must_use]
    pub async fn for_stack(&self, stack_id: &str) -> Self {
        let with = async |role: &Option<Sessions>, own: &SdkConfig| match role {
            Some(sessions) => sessions.configuration(own, stack_id).await,
            None => own.clone(),
        };
        Self {
            config: with(&self.roles.management, &self.config).await,
            log_bucket: with(&self.roles.log_bucket, &self.log_bucket).await,
            ..self.clone()
        }
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
        Region::parse(self.config.region()?.as_ref()).ok()
    }

    fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        let region = SdkRegion::new(region.as_str().to_owned());
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config).region(region);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// Organizations has one Region in each partition; the SDK finds it from the function's.
    fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.config)
    }
}
