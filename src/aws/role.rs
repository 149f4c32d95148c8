//! The roles in other accounts that the function assumes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::ErrorMetadata;

use tokio::time::timeout;

use super::Access;
use super::call::{chain, innermost};
use crate::domain::error_codes::ErrorCode;
use crate::domain::names::AccountId;
use crate::domain::operation::Operation;

/// A role in another account, as the environment configures it.
#[derive(Debug, Clone)]
pub struct Role {
    /// The environment variable with its ARN.
    pub variable: &'static str,
    /// Its ARN.
    pub arn: String,
    /// The external ID, if its trust policy requires one.
    pub external_id: Option<String>,
}

impl Role {
    /// The account of the role.
    pub fn account(&self) -> Option<AccountId> {
        AccountId::of_arn(&self.arn)
    }
}

/// The timeout of AssumeRole. Shorter than that of any other call, so that the reason of a timeout
/// names STS.
const ASSUME_ROLE_TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum number of role sessions that a warm function keeps.
const MAX_SESSIONS: usize = 32;

/// The credentials of a role session, which the SDK caches until shortly before they expire.
#[derive(Debug, Clone)]
pub(super) struct Session(Arc<Mutex<Cached>>);

#[derive(Debug)]
struct Cached {
    cache: SharedIdentityCache,
    renewals: u32,
}

impl Session {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Cached { cache: IdentityCache::lazy().build(), renewals: 0 })))
    }

    /// The number of renewals of the session.
    pub(super) fn renewals(&self) -> u32 {
        self.cached().renewals
    }

    /// Forgets the credentials, because AWS returned that they expired. The next call assumes the
    /// role again. If several calls fail together, only the first renewal has an effect: `renewals`
    /// is the number before the call.
    pub(super) fn renew(&self, renewals: u32) {
        let mut cached = self.cached();
        if cached.renewals == renewals {
            *cached = Cached { cache: IdentityCache::lazy().build(), renewals: renewals + 1 };
        }
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolveCachedIdentity for Session {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        runtime_components: &'a RuntimeComponents,
        config_bag: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let cache = self.cached().cache.clone();
        IdentityFuture::new_boxed(Box::pin(async move {
            cache.resolve_cached_identity(resolver, runtime_components, config_bag).await
        }))
    }
}

/// A role and the clients of its sessions, one session for each stack: the session name shows in
/// the management account's CloudTrail events which stack made a call.
#[derive(Debug, Clone)]
pub(super) struct Sessions<C> {
    role: Role,
    by_name: Arc<Mutex<HashMap<String, C>>>,
}

impl<C: Clone + From<Access>> Sessions<C> {
    pub(super) fn new(role: Role) -> Self {
        Self { role, by_name: Arc::default() }
    }

    pub(super) fn role(&self) -> &Role {
        &self.role
    }

    /// The clients for a stack.
    pub(super) async fn session(&self, base: &SdkConfig, stack_id: &str) -> C {
        let name = session_name(stack_id);
        if let Some(clients) = self.by_name().get(&name) {
            return clients.clone();
        }
        // Boxed, because the future that builds the SDK's provider is large.
        let provider = Box::pin(self.provider(base, &name)).await;
        let provider = SharedCredentialsProvider::new(provider);
        let session = Session::new();
        let configuration = base.to_builder().credentials_provider(provider);
        let configuration = configuration.identity_cache(session.clone()).build();
        let clients = C::from(Access { configuration, session: Some(session) });
        let mut by_name = self.by_name();
        if by_name.len() >= MAX_SESSIONS {
            by_name.clear();
        }
        by_name.insert(name, clients.clone());
        clients
    }

    async fn provider(&self, base: &SdkConfig, session_name: &str) -> RoleCredentials {
        let mut builder =
            AssumeRoleProvider::builder(&self.role.arn).session_name(session_name).configure(base);
        if let Some(external_id) = &self.role.external_id {
            builder = builder.external_id(external_id);
        }
        let provider = match base.credentials_provider() {
            Some(own) => builder.build_from_provider(own).await,
            None => builder.build().await,
        };
        RoleCredentials { role: self.role.clone(), provider }
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, C>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `orgtrail-<stack name>`, with the characters and the length that STS accepts.
fn session_name(stack_id: &str) -> String {
    let stack = stack_id.split_once(":stack/").map_or(stack_id, |(_, stack)| stack);
    let name = stack.split_once('/').map_or(stack, |(name, _)| name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name = name.chars().map(|c| if allowed(c) { c } else { '-' });
    "orgtrail-".chars().chain(name).take(64).collect()
}

/// The credentials of a role session. A failure explains to the stack's owner how to correct it.
#[derive(Debug)]
struct RoleCredentials {
    role: Role,
    provider: AssumeRoleProvider,
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials();
            let credentials = timeout(ASSUME_ROLE_TIMEOUT, credentials).await;
            let credentials = credentials
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(ASSUME_ROLE_TIMEOUT)));
            let (operation, role) = (Operation::AssumeRole, self.role.arn.as_str());
            match credentials {
                Ok(credentials) => {
                    tracing::info!(%operation, role, "AWS call succeeded");
                    Ok(credentials)
                }
                Err(error) => {
                    let error = self.explain(&error);
                    tracing::info!(%operation, role, error = %innermost(&error), "AWS call failed");
                    Err(error)
                }
            }
        })
    }
}

impl RoleCredentials {
    fn explain(&self, error: &CredentialsError) -> CredentialsError {
        let Role { variable, arn, external_id } = &self.role;
        let condition = match (*variable, external_id) {
            ("MANAGEMENT_ROLE_ARN", Some(_)) => {
                " with the external ID in MANAGEMENT_ROLE_EXTERNAL_ID"
            }
            ("MANAGEMENT_ROLE_ARN", None) => {
                " without an external ID, because MANAGEMENT_ROLE_EXTERNAL_ID is not set"
            }
            _ => "",
        };
        let metadata = chain(error).find_map(|source| source.downcast_ref::<ErrorMetadata>());
        let code = metadata.and_then(ErrorMetadata::code).filter(|code| !code.trim().is_empty());
        let message = metadata.and_then(ErrorMetadata::message).unwrap_or_default();
        let message = message.trim_end_matches('.');
        let cause = match (metadata, code, message) {
            (None, _, _) => innermost(error),
            (Some(_), Some(code), message) => format!("{code}: {message}"),
            (Some(_), None, "") => "STS returned an error without a code".to_owned(),
            (Some(_), None, message) => message.to_owned(),
        };
        CredentialsError::provider_error(RoleNotAssumed {
            why: format!(
                "the role {arn} ({variable}) could not be assumed: {cause}. The trust policy of \
                 that role must allow the function's role to call sts:AssumeRole{condition}, and \
                 the policy of the function's role must allow sts:AssumeRole on that role"
            ),
            code: code.map(ErrorCode::parse),
        })
    }
}

/// AssumeRole failed.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct RoleNotAssumed {
    pub(super) why: String,
    pub(super) code: Option<ErrorCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_name_of_its_stack() {
        let prefix = "arn:aws:cloudformation:eu-west-1:111111111111:stack";
        let stack = |name: &str| session_name(&format!("{prefix}/{name}/uuid"));
        assert_eq!(stack("audit-trail"), "orgtrail-audit-trail");
        assert_eq!(stack(&"x".repeat(128)).len(), 64);
        assert_eq!(session_name("not an ARN"), "orgtrail-not-an-ARN");
    }
}
