//! The role that calls are made with, for a function that lives in another account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::timeout;

use super::client::{Client, request};
use super::credentials::Credentials;
use super::signature::parameter;
use super::xml;
use crate::core::arn::AccountId;
use crate::core::fault::{Cause, Fault};
use crate::core::operation::Operation;

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

/// How long before it runs out a session is begun anew.
const REFRESH: Duration = Duration::from_mins(1);

/// How many stacks' sessions a warm function keeps.
const MOST_SESSIONS: usize = 32;

/// A role and the sessions that were begun with it, one for each stack: CloudTrail's record in the
/// management account then shows which stack made a call.
#[derive(Debug, Clone)]
pub struct Sessions {
    role: Role,
    begun: Arc<Mutex<HashMap<String, Arc<Session>>>>,
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

    /// The session for calls on behalf of a stack, begun by `sts`.
    pub(super) fn of(&self, stack_id: &str, sts: impl FnOnce() -> Client) -> Arc<Session> {
        let name = session_name(stack_id);
        let mut begun = self.begun();
        if begun.len() >= MOST_SESSIONS && !begun.contains_key(&name) {
            begun.clear();
        }
        let session = begun.entry(name).or_insert_with_key(|name| {
            Arc::new(Session {
                input: input(&self.role, name),
                role: self.role.clone(),
                sts: sts(),
                begun: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(session)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What STS is asked, in the form of its protocol (Smithy, "AWS query protocol").
fn input(role: &Role, session_name: &str) -> Bytes {
    let mut input = vec![
        parameter("Action", "AssumeRole"),
        parameter("Version", "2011-06-15"),
        parameter("RoleArn", &role.arn),
        parameter("RoleSessionName", session_name),
    ];
    if let Some(external_id) = &role.external_id {
        input.push(parameter("ExternalId", external_id));
    }
    input.join("&").into()
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

/// A role's session: its credentials, kept until shortly before they end.
#[derive(Debug)]
pub struct Session {
    role: Role,
    sts: Client,
    input: Bytes,
    /// Behind an async lock, so that of many calls at once only the first begins a session.
    begun: tokio::sync::Mutex<Option<Begun>>,
}

#[derive(Debug, Clone)]
struct Begun {
    credentials: Arc<Credentials>,
    ends: SystemTime,
}

impl Session {
    /// The credentials that are good now.
    ///
    /// # Errors
    /// Why there are none, in words for the stack's owner.
    pub(super) async fn credentials(&self) -> Result<Arc<Credentials>, Cause> {
        let mut begun = self.begun.lock().await;
        let again = self.sts.now() + REFRESH;
        if let Some(begun) = begun.as_ref().filter(|begun| again < begun.ends) {
            return Ok(Arc::clone(&begun.credentials));
        }
        let now = self.begin().await?;
        Ok(Arc::clone(&begun.insert(now).credentials))
    }

    async fn begin(&self) -> Result<Begun, Cause> {
        let begun = timeout(PATIENCE, self.assume()).await;
        let operation = Operation::AssumeRole;
        match begun.unwrap_or(Err(Cause::TimedOut)) {
            Ok(begun) => {
                tracing::info!(%operation, role = %self.role.arn, "called AWS");
                Ok(begun)
            }
            Err(cause) => {
                let fault = Fault {
                    operation,
                    cause: self.explain(cause),
                    request_id: None,
                };
                tracing::info!(%operation, %fault, "AWS did not do it");
                Err(fault.cause)
            }
        }
    }

    async fn assume(&self) -> Result<Begun, Cause> {
        let endpoint = self.sts.endpoint()?;
        let builder = http::Request::post(format!("{}/", endpoint.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request(builder, self.input.clone())?;
        let response = self.sts.send(request, &endpoint.region).await?;
        if !response.status().is_success() {
            return Err(xml::refused(&response).cause);
        }
        read(response.body()).ok_or(Cause::Unreadable)
    }

    fn explain(&self, cause: Cause) -> Cause {
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
        Cause::RoleNotAssumed {
            why: format!(
                "the role {arn} ({variable}) could not be assumed: {cause}. Its trust policy must \
                 allow sts:AssumeRole to the function's role{condition}, and the policy of the \
                 function's role must allow sts:AssumeRole on it"
            ),
            code: match cause {
                Cause::Refused { code, .. } => Some(code),
                _ => None,
            },
        }
    }
}

/// Reads what STS gives; `None`: it is not STS, or not all of it.
fn read(body: &[u8]) -> Option<Begun> {
    let document = xml::document(body)?;
    let root = xml::root(&document, "AssumeRoleResponse")?;
    let result = xml::children(root, "AssumeRoleResult").next()?;
    let given = xml::children(result, "Credentials").next()?;
    let ends = xml::text(given, "Expiration")?;
    Some(Begun {
        credentials: Arc::new(Credentials {
            key_id: xml::text(given, "AccessKeyId")?,
            secret: xml::text(given, "SecretAccessKey")?,
            session_token: Some(xml::text(given, "SessionToken")?),
        }),
        ends: OffsetDateTime::parse(&ends, &Rfc3339).ok()?.into(),
    })
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
