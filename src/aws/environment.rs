//! What Lambda's environment says of calls to AWS.
//!
//! The variables mean what they mean to every AWS SDK. Read here rather than with `aws-config`, whose
//! other sources (profiles, containers, instance metadata) a function does not have and would pay for at
//! each cold start; docs/performance.md has how much.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// What the SDK is told about itself, for the `User-Agent` that AWS support sees.
pub(super) const APP_NAME: &str = concat!("orgtrail-", env!("CARGO_PKG_VERSION"));

/// Reads a variable; `None` where it is not set.
pub type Variable = fn(&str) -> Option<String>;

/// The configuration of all clients, which call through `http`.
///
/// Cannot fail: what is missing shows at the first call, which then says so to CloudFormation.
pub fn configuration(variable: Variable, http: SharedHttpClient) -> SdkConfig {
    let given = |name| variable(name).filter(|value| !value.trim().is_empty());
    let is_true = |name| given(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let endpoints = Endpoints {
        variable,
        ignored: is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    };
    let region = given("AWS_REGION").or_else(|| given("AWS_DEFAULT_REGION"));
    let mut configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(region.map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(Own(credentials(given))))
        .identity_cache(IdentityCache::lazy().build())
        .time_source(SystemTimeSource::new())
        .sleep_impl(TokioSleep::new())
        // The SDK's own retries know neither propagation nor how much time is left; see `call`.
        .retry_config(RetryConfig::disabled())
        // An answer is read whole before the SDK sees it; see `connections`.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"))
        .http_client(http);
    configuration.set_endpoint_url(endpoints.url("AWS_ENDPOINT_URL"));
    configuration.set_app_name(AppName::new(APP_NAME).ok());
    configuration.service_config(endpoints).build()
}

/// The credentials of the function's role. Lambda sets them once for the life of a process.
fn credentials(given: impl Fn(&'static str) -> Option<String>) -> Option<Credentials> {
    Some(Credentials::new(
        given("AWS_ACCESS_KEY_ID")?,
        given("AWS_SECRET_ACCESS_KEY")?,
        given("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

/// The function's own credentials, or why there are none.
#[derive(Debug)]
struct Own(Option<Credentials>);

impl ProvideCredentials for Own {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.get())
    }
}

impl Own {
    fn get(&self) -> provider::Result {
        self.0.clone().ok_or_else(|| {
            CredentialsError::not_loaded(
                "there are no credentials: Lambda sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
                 AWS_SESSION_TOKEN in the function's environment, and elsewhere they are to be set \
                 there",
            )
        })
    }
}

/// `AWS_ENDPOINT_URL_CLOUDTRAIL` and its like.
#[derive(Debug)]
struct Endpoints {
    variable: Variable,
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`.
    ignored: bool,
}

impl Endpoints {
    fn url(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|url| !self.ignored && !url.trim().is_empty())
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        self.url(&format!("{}_{service}", key.env()))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

    use super::*;
    use crate::aws::connections::Connections;

    fn read(variable: Variable) -> SdkConfig {
        let http = SharedHttpConnector::new(Connections::from_environment(variable));
        let http = http_client_fn(move |_, _| http.clone());
        configuration(variable, http)
    }

    fn endpoint(configuration: &SdkConfig, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .expect("a key");
        configuration.service_config()?.load_config(key)
    }

    #[test]
    fn an_endpoint_is_given_for_all_services_and_for_one() {
        let configuration = read(|name| match name {
            "AWS_ENDPOINT_URL" => Some("http://all".to_owned()),
            "AWS_ENDPOINT_URL_CLOUDTRAIL" => Some("http://trails".to_owned()),
            "AWS_ENDPOINT_URL_S3" => Some(" ".to_owned()),
            _ => None,
        });
        assert_eq!(configuration.endpoint_url(), Some("http://all"));
        let of = |service| endpoint(&configuration, service);
        assert_eq!(of("CloudTrail").as_deref(), Some("http://trails"));
        assert_eq!((of("Organizations"), of("S3")), (None, None));
    }

    #[test]
    fn endpoints_are_ignored_where_the_environment_says_so() {
        let configuration = read(|name| match name {
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => Some("TRUE".to_owned()),
            name if name.starts_with("AWS_ENDPOINT_URL") => Some("http://x".to_owned()),
            _ => None,
        });
        assert_eq!(configuration.endpoint_url(), None);
        assert_eq!(endpoint(&configuration, "CloudTrail"), None);
    }

    #[test]
    fn the_region_and_the_kinds_of_endpoints_are_read() {
        let configuration = read(|name| match name {
            "AWS_REGION" => Some(String::new()),
            "AWS_DEFAULT_REGION" => Some("eu-west-1".to_owned()),
            "AWS_USE_FIPS_ENDPOINT" => Some("True".to_owned()),
            "AWS_USE_DUALSTACK_ENDPOINT" => Some("yes".to_owned()),
            _ => None,
        });
        let region = configuration.region().map(AsRef::as_ref);
        assert_eq!(region, Some("eu-west-1"));
        let kinds = (configuration.use_fips(), configuration.use_dual_stack());
        assert_eq!(kinds, (Some(true), Some(false)));
        assert!(read(|_| None).region().is_none());
    }

    #[tokio::test]
    async fn credentials_are_whole_or_missing() {
        let of = async |variable| {
            let provider = read(variable).credentials_provider();
            provider.expect("a provider").provide_credentials().await
        };
        let whole = of(|name| name.starts_with("AWS_").then(|| name.to_lowercase())).await;
        let whole = whole.expect("credentials");
        assert_eq!(whole.access_key_id(), "aws_access_key_id");
        assert_eq!(whole.secret_access_key(), "aws_secret_access_key");
        assert_eq!(whole.session_token(), Some("aws_session_token"));
        let half = of(|name| (name == "AWS_ACCESS_KEY_ID").then(|| "id".to_owned())).await;
        let why = std::error::Error::source(&half.expect_err("no secret")).map(ToString::to_string);
        assert!(why.is_some_and(|why| why.contains("AWS_SECRET_ACCESS_KEY")));
    }
}
