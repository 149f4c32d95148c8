//! The role that calls are made with, for a function that lives in another account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;

use tokio::time::timeout;

use super::call::{chain, innermost};
use crate::domain::error_codes::ErrorCode;
use crate::domain::names::AccountId;
use crate::domain::operation::Operation;

/// A role of another account, as the environment names it.
#[derive(Debug, Clone)]
pub struct Role {
    /// The environment variable that names it.
    pub variable: &'static str,
    /// Its ARN.
    pub arn: String,
    /// What its trust policy asks for, if it does.
    pub external_id: Option<String>,
}

impl Role {
    /// The account that calls are made as.
    pub fn account(&self) -> Option<AccountId> {
        AccountId::of_arn(&self.arn)
    }
}

/// How long STS may take. Shorter than any call, so that it is known which of the two is silent.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many stacks' sessions a warm function keeps.
const MOST_SESSIONS: usize = 32;

/// A role and the sessions that were begun with it, one for each stack: CloudTrail's record in the
/// management account then shows which stack made a call.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    role: Role,
    begun: Arc<Mutex<HashMap<String, SdkConfig>>>,
}

impl Sessions {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            begun: Arc::default(),
        }
    }

    pub(super) fn role(&self) -> &Role {
        &self.role
    }

    /// The configuration for calls on behalf of a stack. The SDK keeps the credentials in it until
    /// shortly before they run out.
    pub(super) async fn configuration(&self, base: &SdkConfig, stack_id: &str) -> SdkConfig {
        let name = session_name(stack_id);
        if let Some(begun) = self.begun().get(&name) {
            return begun.clone();
        }
        let provider = self.provider(base, &name).await;
        let configuration = base
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
        let mut begun = self.begun();
        if begun.len() >= MOST_SESSIONS {
            begun.clear();
        }
        begun.insert(name, configuration.clone());
        configuration
    }

    async fn provider(&self, base: &SdkConfig, session_name: &str) -> RoleCredentials {
        let mut builder = AssumeRoleProvider::builder(&self.role.arn)
            .session_name(session_name)
            .configure(base);
        if let Some(external_id) = &self.role.external_id {
            builder = builder.external_id(external_id);
        }
        let provider = match base.credentials_provider() {
            Some(own) => builder.build_from_provider(own).await,
            None => builder.build().await,
        };
        RoleCredentials {
            role: self.role.clone(),
            provider,
        }
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, HashMap<String, SdkConfig>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `orgtrail-<stack name>`, in the characters and the length that STS takes.
fn session_name(stack_id: &str) -> String {
    let stack = stack_id
        .split_once(":stack/")
        .map_or(stack_id, |(_, stack)| stack);
    let name = stack.split_once('/').map_or(stack, |(name, _)| name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name = name.chars().map(|c| if allowed(c) { c } else { '-' });
    "orgtrail-".chars().chain(name).take(64).collect()
}

/// The credentials of a session, and where there are none, why in words for the stack's owner.
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
            let credentials = timeout(PATIENCE, self.provider.provide_credentials()).await;
            let credentials =
                credentials.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(PATIENCE)));
            let operation = Operation::AssumeRole;
            match credentials {
                Ok(credentials) => {
                    tracing::info!(%operation, role = %self.role.arn, "called AWS");
                    Ok(credentials)
                }
                Err(error) => {
                    let error = self.explain(&error);
                    tracing::info!(%operation, fault = %innermost(&error), "AWS did not do it");
                    Err(error)
                }
            }
        })
    }
}

impl RoleCredentials {
    fn explain(&self, error: &CredentialsError) -> CredentialsError {
        let Role {
            variable,
            arn,
            external_id,
        } = &self.role;
        let condition = match (*variable, external_id) {
            ("MANAGEMENT_ROLE_ARN", Some(_)) => {
                ", with the external id of MANAGEMENT_ROLE_EXTERNAL_ID"
            }
            ("MANAGEMENT_ROLE_ARN", None) => {
                ", without an external id, since MANAGEMENT_ROLE_EXTERNAL_ID is not set"
            }
            _ => "",
        };
        let said = chain(error).find_map(|cause| cause.downcast_ref::<ErrorMetadata>());
        let code = said.and_then(ErrorMetadata::code);
        let code = code.filter(|code| !code.trim().is_empty());
        let message = said.and_then(ErrorMetadata::message).unwrap_or_default();
        let said = match code {
            Some(code) => format!("{code}: {message}"),
            None => innermost(error),
        };
        CredentialsError::provider_error(RoleNotAssumed {
            why: format!(
                "the role {arn} ({variable}) could not be assumed: {said}. Its trust policy must \
                 allow sts:AssumeRole to the function's role{condition}, and the policy of the \
                 function's role must allow sts:AssumeRole on it"
            ),
            code: code.map(ErrorCode::parse),
        })
    }
}

/// Why there are no credentials of a role.
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
    fn a_session_is_named_after_its_stack() {
        let stack = |name: &str| {
            session_name(&format!(
                "arn:aws:cloudformation:eu-west-1:111111111111:stack/{name}/uuid"
            ))
        };
        assert_eq!(stack("audit-trail"), "orgtrail-audit-trail");
        assert_eq!(stack(&"x".repeat(128)).len(), 64);
        assert_eq!(session_name("not an ARN"), "orgtrail-not-an-ARN");
    }
}
