//! Failed calls to AWS, and which retries may help.

use std::fmt;
use std::time::Duration;

use super::error_codes::{ErrorCode, Meaning};
use super::names::Region;
use super::operation::Operation;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The API operation.
    pub operation: Operation,
    /// The Region of the call. `None` if the service has one Region in each partition.
    pub region: Option<Region>,
    /// Why it failed.
    pub cause: Cause,
    /// AWS's request ID, for AWS support.
    pub request_id: Option<String>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An error with a code.
    Service {
        /// The parsed code.
        code: ErrorCode,
        /// The code as AWS sent it, such as `InsufficientS3BucketPolicyException`.
        sent: String,
        /// AWS's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The call timed out.
    TimedOut,
    /// The connection failed or was closed, for this reason.
    Unreachable(String),
    /// The response is not valid.
    Unreadable,
    /// The call was not sent: no Region, no credentials, no valid endpoint.
    NotSent(String),
    /// The role for the call could not be assumed.
    RoleNotAssumed {
        /// The complete message.
        why: String,
        /// The error code of STS, if it sent one.
        code: Option<ErrorCode>,
    },
}

impl Cause {
    /// An error with a code.
    pub fn service(sent: impl Into<String>, message: impl Into<String>, status: u16) -> Self {
        let sent = sent.into();
        Self::Service { code: ErrorCode::parse(&sent), sent, message: message.into(), status }
    }
}

impl Fault {
    /// The error code, if AWS sent one.
    pub fn code(&self) -> Option<ErrorCode> {
        match &self.cause {
            Cause::Service { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// AWS's message, or an empty string.
    pub fn message(&self) -> &str {
        match &self.cause {
            Cause::Service { message, .. } => message,
            _ => "",
        }
    }

    /// The `Reason` of an error of Organizations, which follows AWS's message.
    pub fn reason(&self) -> Option<&str> {
        let (_, reason) = self.message().rsplit_once("(Reason: ")?;
        reason.strip_suffix(')')
    }

    /// True if the subject of the call does not exist.
    pub fn is_not_found(&self) -> bool {
        self.means(Meaning::NotFound)
    }

    /// True if the trail or registration already exists. Possibly an earlier attempt created it, and
    /// the response was lost.
    pub fn is_already_exists(&self) -> bool {
        self.means(Meaning::AlreadyExists)
    }

    /// True if the optional feature is not enabled.
    pub fn is_not_enabled(&self) -> bool {
        self.means(Meaning::NotEnabled)
    }

    /// True if the Region or partition does not offer the operation.
    pub fn is_not_offered(&self) -> bool {
        self.means(Meaning::NotOffered)
    }

    /// True if a call that reads something found nothing. A feature that the Region or partition does
    /// not offer reads as nothing too. Trails are offered everywhere.
    pub fn reads_as_none(&self) -> bool {
        self.is_not_found()
            || self.is_not_enabled()
            || self.is_not_offered() && self.operation.reads_optional_feature()
    }

    /// True if the account has not enabled the Region.
    pub fn is_region_not_enabled(&self) -> bool {
        self.means(Meaning::RegionNotEnabled)
    }

    /// True if the caller's account belongs to no organization.
    pub fn is_no_organization(&self) -> bool {
        self.means(Meaning::NoOrganization)
    }

    fn means(&self, meaning: Meaning) -> bool {
        self.code().is_some_and(|code| code.meaning() == meaning)
    }

    /// The kind of retry that may help.
    pub fn retry_class(&self) -> RetryClass {
        match &self.cause {
            Cause::Service { code, message, status, .. } => match code.retry_class(message) {
                RetryClass::None if *status == 429 => RetryClass::SlowDown,
                RetryClass::None if *status >= 500 => RetryClass::TryAgain,
                retry_class => retry_class,
            },
            Cause::RoleNotAssumed { code, .. } => match code.map(|code| code.retry_class("")) {
                Some(RetryClass::None) | None => RetryClass::TryAgain,
                Some(retry_class) => retry_class,
            },
            Cause::NotSent(_) => RetryClass::None,
            Cause::TimedOut | Cause::Unreachable(_) | Cause::Unreadable => RetryClass::TryAgain,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { sent, message, .. } if message.is_empty() => f.write_str(sent),
            Self::Service { sent, message, .. } => write!(f, "{sent}: {message}"),
            Self::TimedOut => f.write_str("the call timed out"),
            Self::Unreachable(how) => write!(f, "the connection failed or was closed: {how}"),
            Self::Unreadable => f.write_str("the response is not valid"),
            Self::NotSent(why) | Self::RoleNotAssumed { why, .. } => {
                write!(f, "the call was not sent: {why}")
            }
        }
    }
}

/// The kind of retry that may help after a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// Throttling: CloudTrail accepts one change per second. Repeated while time remains.
    SlowDown,
    /// A transient error. The next attempt will probably succeed.
    TryAgain,
    /// Another change of the resource is in progress.
    LetFinish,
    /// Something that the call requires was created seconds ago and is not visible everywhere yet.
    LetSettle,
    /// The function's role may be seconds old. Repeated for a short time only, because usually the
    /// permission is missing.
    LetRoleSettle,
    /// No retry helps.
    None,
}

impl RetryClass {
    /// The time to wait after `attempts` attempts, the first of which was `elapsed` ago. `None` if
    /// there is no further attempt. `jitter` is between 0 and 1.
    pub fn wait(self, attempts: u32, elapsed: Duration, jitter: f64) -> Option<Duration> {
        let (first, longest, give_up_after) = match self {
            Self::SlowDown => (1_000, 8_000, u64::MAX),
            Self::TryAgain => (200, 5_000, 60),
            // Two minutes, as terraform-provider-aws waits for a role to become assumable.
            Self::LetFinish | Self::LetSettle => (1_000, 6_000, 120),
            Self::LetRoleSettle => (1_000, 4_000, 10),
            Self::None => return None,
        };
        if elapsed >= Duration::from_secs(give_up_after) {
            return None;
        }
        let doubled = first << attempts.saturating_sub(1).min(16);
        let wait = Duration::from_millis(doubled.min(longest));
        Some(wait.mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 4.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(cause: Cause) -> Fault {
        let operation = Operation::CreateTrail;
        Fault { operation, region: None, cause, request_id: None }
    }

    fn service_error(code: &str, message: &str, status: u16) -> Fault {
        fault(Cause::service(code, message, status))
    }

    #[test]
    #[rustfmt::skip] // One row per case.
    fn each_error_has_a_retry_class() {
        for (code, message, status, retry_class) in [
            ("ThrottlingException", "", 400, RetryClass::SlowDown),
            ("TooManyRequestsException", "", 400, RetryClass::SlowDown),
            ("ConflictException", "", 409, RetryClass::LetFinish),
            ("ConcurrentModificationException", "", 400, RetryClass::LetFinish),
            ("InsufficientS3BucketPolicyException", "", 403, RetryClass::LetSettle),
            ("AccessDeniedException", "", 400, RetryClass::LetRoleSettle),
            ("InternalFailure", "", 500, RetryClass::TryAgain),
            ("ServiceException", "", 400, RetryClass::TryAgain),
            ("KmsKeyNotFoundException", "", 400, RetryClass::None),
            ("MaximumNumberOfTrailsExceededException", "", 403, RetryClass::None),
            ("SomethingNewException", "", 400, RetryClass::None),
            ("SomethingNewException", "", 429, RetryClass::SlowDown),
            ("SomethingNewException", "", 500, RetryClass::TryAgain),
            // The message decides.
            ("InvalidCloudWatchLogsRoleArnException", "Access denied. Verify", 400, RetryClass::LetSettle),
            ("InvalidCloudWatchLogsRoleArnException", "CloudTrail cannot validate", 400, RetryClass::None),
            ("InvalidCloudWatchLogsLogGroupArnException", "Access denied. Verify", 400, RetryClass::LetSettle),
            ("InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate", 400, RetryClass::None),
            ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED", 400, RetryClass::LetSettle),
            ("ConstraintViolationException", "ALL_FEATURES", 400, RetryClass::None),
        ] {
            let fault = service_error(code, message, status);
            assert_eq!(fault.retry_class(), retry_class, "{fault} {status}");
        }
        let role = |code: Option<&str>| Cause::RoleNotAssumed {
            why: String::new(),
            code: code.map(ErrorCode::parse),
        };
        for (cause, retry_class) in [
            (Cause::TimedOut, RetryClass::TryAgain),
            (Cause::Unreadable, RetryClass::TryAgain),
            (Cause::Unreachable("reset".to_owned()), RetryClass::TryAgain),
            (Cause::NotSent("no Region".to_owned()), RetryClass::None),
            (role(Some("AccessDenied")), RetryClass::LetRoleSettle),
            (role(Some("Throttling")), RetryClass::SlowDown),
            (role(Some("RegionDisabledException")), RetryClass::TryAgain),
            (role(None), RetryClass::TryAgain),
        ] {
            let fault = fault(cause);
            assert_eq!(fault.retry_class(), retry_class, "{fault:?}");
        }
    }

    #[test]
    #[rustfmt::skip] // One row per meaning.
    fn a_fault_has_the_meaning_of_its_code() {
        let meanings = |code| {
            let fault = service_error(code, "", 400);
            [
                fault.is_not_found(), fault.is_already_exists(), fault.is_not_enabled(),
                fault.is_not_offered(), fault.is_region_not_enabled(), fault.is_no_organization(),
            ]
        };
        let codes: [&[&str]; 6] = [
            &["TrailNotFoundException", "ResourceNotFoundException", "CloudTrailARNInvalidException",
              "AccountNotRegisteredException", "AccountNotFoundException", "EventDataStoreNotFoundException"],
            &["TrailAlreadyExistsException", "AccountRegisteredException", "AccountAlreadyRegisteredException"],
            &["InsightNotEnabledException"],
            &["UnsupportedOperationException", "UnknownOperationException"],
            &["UnrecognizedClientException", "InvalidClientTokenId"],
            &["AWSOrganizationsNotInUseException", "OrganizationsNotInUseException"],
        ];
        for (position, codes) in codes.into_iter().enumerate() {
            let expected: [bool; 6] = std::array::from_fn(|other| other == position);
            for code in codes {
                assert_eq!(meanings(code), expected, "{code}");
            }
        }
        assert_eq!(meanings("AccessDeniedException"), [false; 6]);
        let unsent = fault(Cause::NotSent(String::new()));
        assert!(unsent.code().is_none() && !unsent.is_not_found());
    }

    #[test]
    #[rustfmt::skip] // One row per case.
    fn missing_features_read_as_none() {
        let reads_as_none = |operation, code| {
            Fault { operation, ..service_error(code, "", 400) }.reads_as_none()
        };
        for operation in Operation::ALL.iter().copied() {
            assert!(reads_as_none(operation, "TrailNotFoundException"), "{operation}");
            assert!(!reads_as_none(operation, "AccessDeniedException"), "{operation}");
            for code in ["UnsupportedOperationException", "UnknownOperationException"] {
                assert_eq!(reads_as_none(operation, code), operation.reads_optional_feature(), "{operation}");
            }
        }
        // "Not offered" must not read as "there is no trail".
        for operation in [Operation::GetTrail, Operation::ListTags, Operation::ListTrails] {
            assert!(!operation.reads_optional_feature(), "{operation}");
        }
    }

    #[test]
    fn a_fault_prints_code_and_message() {
        let printed = |message| service_error("AccessDeniedException", message, 400).to_string();
        assert_eq!(printed("no"), "AccessDeniedException: no");
        assert_eq!(printed(""), "AccessDeniedException");
    }

    #[test]
    fn waits_grow_and_end() {
        use RetryClass::{LetRoleSettle, LetSettle, None as Final, SlowDown};
        let seconds = Duration::from_secs;
        let [first, third] = [1, 3].map(|n| LetSettle.wait(n, Duration::ZERO, 1.0));
        assert!(first.is_some() && first < third);
        assert_eq!(LetSettle.wait(9, seconds(120), 0.0), None);
        assert_eq!(LetRoleSettle.wait(3, seconds(10), 0.0), None);
        assert_eq!(Final.wait(1, Duration::ZERO, 0.0), None);
        // Throttling is repeated while time remains.
        let wait = SlowDown.wait(1_000, Duration::from_hours(10), 1.0);
        assert_eq!(wait, Some(seconds(8)));
    }
}
