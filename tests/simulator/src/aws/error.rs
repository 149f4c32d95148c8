//! The result of an operation: JSON, or the error that the service would send.

use serde_json::Value;

/// The result of an operation.
pub type OperationResult = Result<Value, ServiceError>;

/// An error as the service sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// The `__type` member, for example `TrailNotFoundException`.
    pub code: String,
    /// The `Message` member.
    pub message: String,
    /// The `Reason` member, which two Organizations errors carry.
    pub reason: Option<String>,
    /// The bucket's Region, which S3 sends to callers in another one.
    pub bucket_region: Option<String>,
}

impl ServiceError {
    /// An error of status 400, which awsJson1.1 services send even for `AccessDeniedException`.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
            reason: None,
            bucket_region: None,
        }
    }

    /// The same error with another status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Refuses a call with an error of status 400.
pub(super) fn refuse<T>(code: &str, message: impl Into<String>) -> Result<T, ServiceError> {
    Err(ServiceError::new(code, message))
}
