//! AWS: the calls, in the types of [`crate::domain`], made through AWS's SDK.
//!
//! Called by [`crate::resource`]. The SDK's types stop here. Nothing in here decides what is to be done.
//!
//! | File | Contents |
//! |---|---|
//! | [`call`] | one call, repeated while that can help; an error of the SDK as a fault |
//! | [`role`] | the roles of other accounts that calls are made with |
//! | [`cloudtrail`], [`organizations`], [`log_bucket`] | the calls to each service |

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

/// The SDK's behavior: a newer one is a decision, taken with the tests.
const BEHAVIOR: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;

/// Part of the `User-Agent` header, which CloudTrail records.
const APP_NAME: &str = concat!("orgtrail-", env!("CARGO_PKG_VERSION"));

/// Everything that is needed to call AWS, built once and shared by all invocations.
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

/// The roles that calls are made with, where they are not made with the function's own.
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
    /// Cannot fail: whatever is missing fails the first call that needs it, which is reported to
    /// CloudFormation.
    pub async fn from_environment(http: SharedHttpClient) -> Self {
        let loader = aws_config::defaults(BEHAVIOR()).http_client(http);
        let loader = match AppName::new(APP_NAME) {
            Ok(name) => loader.app_name(name),
            Err(_) => loader,
        };
        Self::new(&loader.load().await)
    }

    /// Calls with `configuration`.
    pub fn new(configuration: &SdkConfig) -> Self {
        // `call` repeats calls, and says why the SDK does not.
        let own = configuration.to_builder();
        let own = own.retry_config(RetryConfig::disabled()).build();
        Self {
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

    /// The time, by the clock that the SDK signs with.
    pub fn now(&self) -> Timestamp {
        let now = DateTime::from(self.own.time_source().unwrap_or_default().now());
        // Which a clock is wrong by centuries to fail.
        timestamp(&now).unwrap_or(Timestamp::from_seconds(0))
    }

    /// The same for calls on behalf of one stack.
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

    /// The account of the role that calls are made with, where there is one.
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

    /// Organizations has one Region in each partition. The SDK finds it from the function's.
    fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.management)
    }
}

/// A moment of the SDK's; `None`: no moment of ours is as far away.
fn timestamp(moment: &DateTime) -> Option<Timestamp> {
    moment.to_millis().ok().map(Timestamp::from_milliseconds)
}
