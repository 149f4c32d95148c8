//! What an operation answers with: JSON, or the error that the service would send.

use serde_json::Value;

/// An operation's answer.
pub type Answer = Result<Value, ServiceError>;

/// An error as the service sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// The `__type` member, for example `TrailNotFoundException`.
    pub code: String,
    /// The `Message` member.
    pub message: String,
    /// The `Reason` member, which two Organizations errors carry.
    pub reason: Option<String>,
    /// Where the bucket is, which S3 says to those who look for it elsewhere.
    pub bucket_region: Option<String>,
}

impl ServiceError {
    /// An error of the client's making: status 400, as awsJson1.1 services send even for
    /// `AccessDeniedException`.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
            reason: None,
            bucket_region: None,
        }
    }

    /// The same error with a `Reason`.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ServiceError {}
