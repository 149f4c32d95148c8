//! The log of every call that was made.

use std::time::Instant;

use serde_json::Value;

use super::{Fault, OperationResult, ServiceError};

/// The service that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// `cloudtrail`.
    CloudTrail,
    /// `organizations`.
    Organizations,
    /// `sts`.
    Sts,
    /// `s3`.
    S3,
}

impl Service {
    /// The service's name in credential scopes and IAM actions.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::S3 => "s3",
        }
    }
}

/// One call, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The account of the credentials; empty if they are rejected.
    pub account: String,
    /// The access key ID of the credentials, in [`World::role_sessions`](super::World::role_sessions)
    /// if they are those of a role.
    pub access_key: String,
    /// The Region that the request was signed for.
    pub region: String,
    /// The service that was called.
    pub service: Service,
    /// For example, `CreateTrail`.
    pub operation: String,
    /// The request's body; of a form or a query, its parameters as text.
    pub input: Value,
    /// The ID that the response carried.
    pub request_id: String,
    /// The fault that was injected into the call.
    pub fault: Option<Fault>,
    /// The result of the call; `None` if a fault prevented its effect.
    pub result: Option<OperationResult>,
    /// When the request had come in whole.
    pub began: Instant,
    /// When the response was about to be sent.
    pub ended: Instant,
}

impl Call {
    /// True if the operation is one that can change anything.
    pub fn is_mutating(&self) -> bool {
        !["Get", "List", "Describe", "AssumeRole"]
            .iter()
            .any(|verb| self.operation.starts_with(verb))
    }

    /// The error code that the caller received, `None` for success and for no (whole) response.
    pub fn code(&self) -> Option<&str> {
        match (&self.fault, &self.result) {
            (Some(fault), _) => fault.code(self.service),
            (None, Some(Err(ServiceError { code, .. }))) => Some(code),
            (None, _) => None,
        }
    }

    /// True if the service carried the call out, whether or not the caller came to know.
    pub fn took_effect(&self) -> bool {
        matches!(self.result, Some(Ok(_)))
    }
}
