//! STS: roles of other accounts, and their temporary credentials.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Access, Arn, Caller, Operation, OperationResult, Policy, Principal, Service, ServiceError,
    Timestamp, World, error::refuse, permissions, world::still_unseen,
};

/// Every access key of a role session begins with this: such a key is good only if it was handed
/// out, while any other stands for an account as it always did.
const SESSION_KEY: &str = "ASIAROLESESSION";

/// The session of a role that was assumed with a role, as every function does, in seconds.
const SESSION_SECONDS: u32 = 3_600;

/// An IAM role that accounts may be allowed to assume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct AssumableRole {
    /// `arn:aws:iam::<account>:role/<name>`.
    pub arn: String,
    /// The trust policy.
    #[serde(default)]
    pub trust: Policy,
}

impl AssumableRole {
    /// A role that no account may assume yet.
    pub fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), trust: Policy::Missing }
    }

    /// With a trust policy that names this account, and nothing else.
    pub fn trusting(mut self, account: &str) -> Self {
        self.trust = Policy::Document(json!({ "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": account },
            "Action": "sts:AssumeRole",
        }] }));
        self
    }

    /// With a trust policy that also demands an external ID.
    ///
    /// # Panics
    /// When the role trusts no account yet.
    pub fn demanding(mut self, external_id: &str) -> Self {
        let Policy::Document(trust) = &mut self.trust else {
            panic!("the role trusts no account");
        };
        trust["Statement"][0]["Condition"] =
            json!({ "StringEquals": { "sts:ExternalId": external_id } });
        self
    }

    fn admits(&self, world: &World, caller: &Caller, external_id: Option<&str>) -> bool {
        let mut context = world.context_of(caller);
        context.extend(external_id.map(|id| ("sts:ExternalId", id.to_owned())));
        self.trust.allows(&Access {
            principal: Principal::Account(&caller.account),
            action: "sts:AssumeRole",
            resource: &self.arn,
            context,
        })
    }
}

/// The role session that temporary credentials of `AssumeRole` belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSession {
    /// The role.
    pub role_arn: String,
    /// `RoleSessionName`, as it shows in the management account's CloudTrail.
    pub name: String,
    /// The secret that requests are signed with.
    pub secret_access_key: String,
    /// The second secret, which every request has to bring along.
    pub session_token: String,
    /// When the credentials run out.
    pub expiration: Timestamp,
}

impl RoleSession {
    /// The account that the credentials speak for.
    pub fn account(&self) -> &str {
        Arn::parse(&self.role_arn).map_or("", |arn| arn.account)
    }
}

/// The credentials that a request is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) access_key: String,
    pub(super) session_token: Option<String>,
}

/// Why AWS rejects credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    Expired,
    Unknown,
}

impl Rejection {
    /// The refusal, which STS and S3 call by other names than the services of awsJson1.1.
    pub(super) fn error(self, service: Service) -> ServiceError {
        let (status, code) = match (self, service) {
            (Self::Expired, Service::Sts) => (403, "ExpiredToken"),
            (Self::Unknown, Service::Sts) => (403, "InvalidClientTokenId"),
            (Self::Expired, Service::S3) => (400, "ExpiredToken"),
            (Self::Unknown, Service::S3) => (403, "InvalidAccessKeyId"),
            (Self::Expired, _) => (400, "ExpiredTokenException"),
            (Self::Unknown, _) => (400, "UnrecognizedClientException"),
        };
        let message = match self {
            Self::Expired => "The security token included in the request is expired",
            Self::Unknown => "The security token included in the request is invalid.",
        };
        ServiceError::new(code, message).with_status(status)
    }
}

impl World {
    /// The account that credentials speak for: of a role session the role's, else the access key
    /// itself if it is an account ID, as with emulators, or the default account.
    pub(super) fn account_of(&self, credentials: &Credentials) -> Result<String, Rejection> {
        let key = &credentials.access_key;
        if super::arn::is_account_id(key) {
            return Ok(key.clone());
        }
        if !key.starts_with(SESSION_KEY) {
            return Ok(self.default_account.clone());
        }
        match self.role_sessions.get(key) {
            Some(session) if credentials.session_token.as_ref() != Some(&session.session_token) => {
                Err(Rejection::Unknown)
            }
            Some(session) if session.expiration <= self.now => Err(Rejection::Expired),
            Some(session) => Ok(session.account().to_owned()),
            None => Err(Rejection::Unknown),
        }
    }

    /// The caller with these credentials, which speak for `account`.
    pub(super) fn caller(&self, credentials: &Credentials, account: &str, region: &str) -> Caller {
        let session = self.role_sessions.get(&credentials.access_key);
        let role = session.map(|session| &session.role_arn).or(self.principals.get(account));
        match role {
            Some(role) => Caller::with_role(account, role, region),
            None => Caller::new(account, region),
        }
    }
}

/// The handler of the operation with this name, if the simulated STS has it.
pub(super) fn operation(name: &str) -> Option<Operation> {
    (name == "AssumeRole").then_some(assume_role)
}

fn assume_role(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let role_arn = matching(input, "RoleArn", 20..=2048, "+=,.@-/:")?;
    let name = matching(input, "RoleSessionName", 2..=64, "+=,.@-")?;
    let external_id = match input.get("ExternalId") {
        Some(_) => Some(matching(input, "ExternalId", 2..=1224, "+=,.@:/-")?),
        None => None,
    };
    let role = world.assumable_roles.iter().find(|role| role.arn == role_arn);
    let admitted = role.is_some_and(|role| role.admits(world, caller, external_id));
    if !admitted || still_unseen(&mut world.propagation.assumable_role) {
        // STS has one message for a role that does not exist, that trusts other accounts or that
        // demands another external ID.
        let message = permissions::not_authorized(caller, "sts:AssumeRole", role_arn);
        return Err(permissions::access_denied(message));
    }
    let number = world.role_sessions.len() + 1;
    let access_key = format!("{SESSION_KEY}{number:05}");
    let session = RoleSession {
        role_arn: role_arn.to_owned(),
        name: name.to_owned(),
        secret_access_key: format!("secret+Access/Key/Of/A/Role/Session{number:05}"),
        session_token: format!("IQoJb3JpZ2luX2VjEJ+session/token/of/a/role/session{number:05}=="),
        expiration: world.now.later_by(SESSION_SECONDS),
    };
    let result = json!({
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expiration.to_text(),
        },
    });
    world.role_sessions.insert(access_key, session);
    Ok(result)
}

/// A parameter of so many characters: letters, digits, underscores and `others`.
fn matching<'a>(
    input: &'a Value,
    member: &str,
    lengths: RangeInclusive<usize>,
    others: &str,
) -> Result<&'a str, ServiceError> {
    let text = input[member].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || others.contains(c);
    if lengths.contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text);
    }
    let (shortest, longest) = (lengths.start(), lengths.end());
    let message = format!(
        "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: \
         Member must have {shortest} to {longest} of the characters [\\w{others}]"
    );
    refuse("ValidationError", message)
}
