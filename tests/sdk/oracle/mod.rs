//! The SDK's way of calling AWS.

mod read;
mod write;

use std::fmt::Debug;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::request_id::RequestId;
use aws_types::sdk_config::TimeSource;
use orgtrail::aws::clock::Clock;
use orgtrail::aws::environment::Configuration;
use orgtrail::aws::role::Role;
use orgtrail::core::fault::{Cause, Fault};
use orgtrail::core::operation::Operation;

use crate::calls::Call;
use crate::ours::written;
use crate::scene::{SESSION, run};
use crate::wire::Wire;

/// The SDK.
pub struct Sdk {
    config: SdkConfig,
    cloudtrail: aws_sdk_cloudtrail::Client,
    pub organizations: aws_sdk_organizations::Client,
    sts: aws_sdk_sts::Client,
}

#[derive(Debug)]
struct Time(Clock);

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

impl Sdk {
    /// One that calls over `wire`.
    pub fn new(configuration: &Configuration, wire: &Wire) -> Self {
        let Configuration {
            region,
            credentials,
            endpoints,
            clock,
        } = configuration;
        let connector = SharedHttpConnector::new(wire.clone());
        let region = region.as_ref().map(|code| Region::new(code.to_string()));
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region)
            .use_fips(endpoints.fips)
            .use_dual_stack(endpoints.dual_stack)
            .time_source(Time(clock.clone()))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .retry_config(RetryConfig::disabled());
        config.set_endpoint_url(endpoints.of_all.clone());
        if let Some(own) = credentials {
            let own = Credentials::new(
                &*own.key_id,
                &*own.secret,
                own.session_token.clone(),
                None,
                "",
            );
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(own)));
        }
        Self::of(config.build())
    }

    fn of(config: SdkConfig) -> Self {
        Self {
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            organizations: aws_sdk_organizations::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            config,
        }
    }

    /// The same with a role.
    pub fn assuming(&self, role: &Role) -> Result<Self, Fault> {
        let credentials = SharedCredentialsProvider::new(self.assume(role)?);
        let config = self.config.to_builder().credentials_provider(credentials);
        Ok(Self::of(config.build()))
    }

    /// The credentials of a role.
    pub fn assume(&self, role: &Role) -> Result<Credentials, Fault> {
        let assuming = self.sts.assume_role();
        let assuming = assuming.role_arn(&role.arn).role_session_name(SESSION);
        let assuming = assuming.set_external_id(role.external_id.clone());
        let answer = run(assuming.send()).map_err(fault(Operation::AssumeRole))?;
        let given = answer.credentials;
        let given = given.ok_or_else(|| unreadable(Operation::AssumeRole))?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(given.expiration.try_into().expect("a time")),
            "",
        ))
    }

    /// Makes a call once and gives what was understood, as `Debug` writes it.
    pub fn make(&self, call: &Call) -> Result<String, Fault> {
        run(self.answer(call))
    }

    async fn answer(&self, call: &Call) -> Result<String, Fault> {
        match call {
            Call::Step(step) => written(self.execute(step).await),
            Call::Find(name) => written(self.trail(name.as_str()).await),
            Call::Observe => written(self.observe().await),
            Call::Status => written(self.status().await),
            Call::Trails => written(self.trails().await),
            Call::Stores => written(self.stores().await),
            Call::Organization => written(self.organization().await),
            Call::Accounts => written(self.accounts().await),
            Call::TrustedAccess(service) => written(self.trusted_access(service).await),
            Call::Switch(step) => written(self.switch(*step).await),
            Call::Administrators => written(self.administrators().await),
            Call::Registration(step) => written(self.register(*step).await),
        }
    }
}

/// What the SDK says of a call that failed.
fn fault<E>(operation: Operation) -> impl Fn(SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Debug,
{
    move |error| {
        let cause = match &error {
            SdkError::ServiceError(said) => {
                let status = said.raw().status().as_u16();
                let code = said.err().code().filter(|code| !code.trim().is_empty());
                match code {
                    // Whoever has no code to say is not AWS; what that means is the function's own.
                    None if status < 400 => Cause::Unreadable,
                    code => Cause::Refused {
                        code: code.map_or(format!("HTTP status {status}"), str::to_owned),
                        message: said.err().message().unwrap_or_default().to_owned(),
                        status,
                    },
                }
            }
            SdkError::ResponseError(_) => Cause::Unreadable,
            other => Cause::NotSent(format!("{other:?}")),
        };
        Fault {
            operation,
            cause,
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

/// An answer that lacks what it must have.
fn unreadable(operation: Operation) -> Fault {
    Fault {
        operation,
        cause: Cause::Unreadable,
        request_id: None,
    }
}
