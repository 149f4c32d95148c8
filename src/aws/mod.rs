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

use self::call::Target;
use self::role::{Role, Session, Sessions};
use crate::domain::names::{AccountId, Region};
use crate::domain::timestamp::Timestamp;

/// Pinned, because a newer version changes the SDK's defaults.
const BEHAVIOR: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;

/// Part of the `User-Agent` header, which CloudTrail records.
const APP_NAME: &str = concat!("orgtrail-", env!("CARGO_PKG_VERSION"));

/// The configuration and the clients of all calls, built once and shared by all invocations.
#[derive(Debug, Clone)]
pub struct Aws {
    /// With the function's own credentials.
    own: SdkConfig,
    management: Management,
    /// For the listing of the log bucket.
    log_bucket: Access,
    management_role: Option<Sessions<Management>>,
    log_bucket_role: Option<Sessions<Access>>,
}

/// The configuration of calls with one set of credentials.
#[derive(Debug, Clone)]
struct Access {
    configuration: SdkConfig,
    /// The role session, if the function assumes a role.
    session: Option<Session>,
}

impl Access {
    fn target(&self, region: Option<Region>) -> Target {
        Target { region, session: self.session.clone() }
    }
}

/// The clients of CloudTrail and Organizations with one set of credentials.
///
/// Built during init, when Lambda gives the function a full core: it takes half a millisecond of
/// CPU, and the smallest memory size has a fourteenth of a core afterward.
#[derive(Debug, Clone)]
struct Management {
    access: Access,
    /// In the function's Region.
    cloudtrail: aws_sdk_cloudtrail::Client,
    /// Organizations has one Region in each partition. The SDK derives it from the function's
    /// Region.
    organizations: aws_sdk_organizations::Client,
}

impl From<Access> for Management {
    fn from(access: Access) -> Self {
        Self {
            cloudtrail: aws_sdk_cloudtrail::Client::new(&access.configuration),
            organizations: aws_sdk_organizations::Client::new(&access.configuration),
            access,
        }
    }
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
        let access = Access { configuration: own.clone(), session: None };
        Self {
            management: access.clone().into(),
            log_bucket: access,
            own,
            management_role: None,
            log_bucket_role: None,
        }
    }

    /// Uses `roles` instead of the function's own credentials.
    #[must_use]
    pub fn assuming(self, roles: Roles<Role>) -> Self {
        Self {
            management_role: roles.management.map(Sessions::new),
            log_bucket_role: roles.log_bucket.map(Sessions::new),
            ..self
        }
    }

    /// The time of the clock that the SDK signs with.
    pub fn now(&self) -> Timestamp {
        let now = DateTime::from(self.own.time_source().unwrap_or_default().now());
        timestamp(&now).unwrap_or(Timestamp::from_seconds(0))
    }

    /// The clients for one stack: its role sessions have the stack's name.
    #[must_use]
    pub async fn for_stack(&self, stack_id: &str) -> Self {
        let mut aws = self.clone();
        if let Some(role) = &self.management_role {
            aws.management = role.session(&self.own, stack_id).await;
        }
        if let Some(role) = &self.log_bucket_role {
            aws.log_bucket = role.session(&self.own, stack_id).await;
        }
        aws
    }

    /// The account of the management role, if the function assumes one.
    pub fn role_account(&self) -> Option<AccountId> {
        self.management_role.as_ref()?.role().account()
    }

    /// The function's own Region.
    pub fn region(&self) -> Option<Region> {
        self.own.region()?.as_ref().parse().ok()
    }

    fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        let Management { access: Access { configuration, .. }, cloudtrail, .. } = &self.management;
        let region = SdkRegion::new(region.to_string());
        if configuration.region() == Some(&region) {
            return cloudtrail.clone();
        }
        let configuration = aws_sdk_cloudtrail::config::Builder::from(configuration);
        aws_sdk_cloudtrail::Client::from_conf(configuration.region(region).build())
    }

    fn organizations(&self) -> &aws_sdk_organizations::Client {
        &self.management.organizations
    }

    fn organizations_target(&self) -> Target {
        self.management.access.target(None)
    }
}

/// `None` for a time that does not fit into a [`Timestamp`].
fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_milliseconds)
}
