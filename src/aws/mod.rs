//! The calls to AWS, made through the AWS SDK, in the types of [`crate::domain`].
//!
//! Called by [`crate::resource`]. The SDK's types do not leave this module, and it makes no
//! decisions. A call that fails returns the [`Fault`](crate::domain::fault::Fault) that AWS or the
//! network returned last.
//!
//! | File | Contents |
//! |---|---|
//! | [`call`] | one call with its retries, and the conversion of SDK errors to faults |
//! | [`role`] | the roles in other accounts that the function assumes |
//! | [`cloudtrail`], [`organizations`], [`log_bucket`] | the calls to each service |

#![expect(clippy::missing_errors_doc, reason = "the header describes the error of all calls")]

pub mod call;
pub mod cloudtrail;
pub mod log_bucket;
pub mod organizations;
pub mod role;

use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::DateTime;
use aws_types::region::Region as SdkRegion;

use self::role::{Role, Sessions};
use crate::domain::names::{AccountId, Region};
use crate::domain::timestamp::Timestamp;

/// Pinned, because a newer version changes the SDK's defaults.
const BEHAVIOR: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;

/// Part of the `User-Agent` header, which CloudTrail records.
const APP_NAME: &str = concat!("orgtrail-", env!("CARGO_PKG_VERSION"));

/// The configuration of all calls, built once and shared by all invocations.
#[derive(Debug, Clone)]
pub struct Aws {
    /// With the function's own credentials.
    own: SdkConfig,
    /// For CloudTrail and Organizations.
    management: SdkConfig,
    /// For the listing of the log bucket.
    log_bucket: SdkConfig,
    roles: Roles<Sessions>,
}

/// The roles that the function assumes. Without a role, calls use the function's own credentials.
#[derive(Debug, Clone)]
pub struct Roles<R> {
    /// In the management account.
    pub management: Option<R>,
    /// In the account of the log bucket.
    pub log_bucket: Option<R>,
}

impl Aws {
    /// Reads the SDK's standard configuration: Region, credentials, profiles, endpoints, FIPS,
    /// dual-stack.
    ///
    /// Cannot fail: a missing value fails the first call that needs it, and CloudFormation gets the
    /// reason.
    pub async fn from_environment(http: SharedHttpClient) -> Self {
        let loader = aws_config::defaults(BEHAVIOR()).http_client(http);
        let loader = match AppName::new(APP_NAME) {
            Ok(name) => loader.app_name(name),
            Err(_) => loader,
        };
        Self::new(&loader.load().await)
    }

    /// Calls AWS with `configuration`.
    pub fn new(configuration: &SdkConfig) -> Self {
        // `call` makes the retries instead.
        let own = configuration.to_builder().retry_config(RetryConfig::disabled()).build();
        let roles = Roles { management: None, log_bucket: None };
        Self { management: own.clone(), log_bucket: own.clone(), own, roles }
    }

    /// Uses `roles` instead of the function's own credentials.
    #[must_use]
    pub fn assuming(self, roles: Roles<Role>) -> Self {
        let roles = Roles {
            management: roles.management.map(Sessions::new),
            log_bucket: roles.log_bucket.map(Sessions::new),
        };
        Self { roles, ..self }
    }

    /// The time of the clock that the SDK signs with.
    pub fn now(&self) -> Timestamp {
        let now = DateTime::from(self.own.time_source().unwrap_or_default().now());
        timestamp(&now).unwrap_or(Timestamp::from_seconds(0))
    }

    /// The configuration of calls for one stack: its role sessions have the stack's name.
    #[must_use]
    pub async fn for_stack(&self, stack_id: &str) -> Self {
        let configuration = async |role: &Option<Sessions>| match role {
            Some(sessions) => sessions.configuration(&self.own, stack_id).await,
            None => self.own.clone(),
        };
        Self {
            management: configuration(&self.roles.management).await,
            log_bucket: configuration(&self.roles.log_bucket).await,
            ..self.clone()
        }
    }

    /// The account of the management role, if the function assumes one.
    pub fn role_account(&self) -> Option<AccountId> {
        self.roles.management.as_ref()?.role().account()
    }

    /// The function's own Region.
    pub fn region(&self) -> Option<Region> {
        Region::parse(self.own.region()?.as_ref()).ok()
    }

    fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        let configuration = aws_sdk_cloudtrail::config::Builder::from(&self.management);
        let region = SdkRegion::new(region.to_string());
        aws_sdk_cloudtrail::Client::from_conf(configuration.region(region).build())
    }

    /// Organizations has one Region in each partition. The SDK derives it from the function's
    /// Region.
    fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.management)
    }
}

/// `None` for a time that does not fit into a [`Timestamp`].
fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_milliseconds)
}
