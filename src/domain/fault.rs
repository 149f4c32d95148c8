//! When AWS does not do what it was asked: what came back, and whether waiting can help.

use std::fmt;
use std::time::Duration;

use super::error_codes::{ErrorCode, Meaning};
use super::operation::Operation;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The API operation.
    pub operation: Operation,
    /// What came back.
    pub cause: Cause,
    /// AWS's id of the request, for AWS support.
    pub request_id: Option<String>,
}

/// What came back from a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An error with a code.
    Service {
        /// The code, as far as the function knows it.
        code: ErrorCode,
        /// The code as AWS sent it, such as `InsufficientS3BucketPolicyException`.
        sent: String,
        /// AWS's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time.
    TimedOut,
    /// No connection, or it broke, and how.
    Unreachable(String),
    /// An answer that is not one.
    Unreadable,
    /// The call could not be made: no Region, no credentials, no endpoint.
    NotSent(String),
    /// The role that the call was to be made with could not be assumed.
    RoleNotAssumed {
        /// The whole story.
        why: String,
        /// STS's code, if it sent one.
        code: Option<ErrorCode>,
    },
}

impl Cause {
    /// The error with the code `sent`.
    pub fn service(sent: impl Into<String>, message: impl Into<String>, status: u16) -> Self {
        let sent = sent.into();
        Self::Service {
            code: ErrorCode::parse(&sent),
            sent,
            message: message.into(),
            status,
        }
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

    /// AWS's sentence, where there is one.
    pub fn message(&self) -> &str {
        match &self.cause {
            Cause::Service { message, .. } => message,
            _ => "",
        }
    }

    /// The thing that the call was about does not exist.
    pub fn is_not_found(&self) -> bool {
        self.means(Meaning::NotFound)
    }

    /// What the call was to create exists: another owner's, or our own that an earlier attempt
    /// created whose response was lost.
    pub fn is_already_exists(&self) -> bool {
        self.means(Meaning::AlreadyExists)
    }

    /// The optional feature that the call was to read is off.
    pub fn is_not_enabled(&self) -> bool {
        self.means(Meaning::NotEnabled)
    }

    /// The Region or partition does not offer the operation.
    pub fn is_not_offered(&self) -> bool {
        self.means(Meaning::NotOffered)
    }

    /// The account has not enabled the Region.
    pub fn is_region_not_enabled(&self) -> bool {
        self.means(Meaning::RegionNotEnabled)
    }

    fn means(&self, meaning: Meaning) -> bool {
        self.code().is_some_and(|code| code.meaning() == meaning)
    }

    /// What kind of waiting could help.
    pub fn retry_class(&self) -> RetryClass {
        match &self.cause {
            Cause::Service {
                code,
                message,
                status,
                ..
            } => match code.retry_class(message) {
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
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Unreachable(how) => write!(f, "the connection failed or was closed: {how}"),
            Self::Unreadable => f.write_str("the answer could not be read"),
            Self::NotSent(why) | Self::RoleNotAssumed { why, .. } => {
                write!(f, "the request could not be made: {why}")
            }
        }
    }
}

/// What kind of waiting could help after a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// We call too often: CloudTrail takes one change per second. Never an error while time is left.
    SlowDown,
    /// A glitch: the next attempt will probably do.
    TryAgain,
    /// What the stack made seconds ago is not visible everywhere yet, or the thing is busy.
    LetSettle,
    /// The function's own role may be seconds old. Short, because a missing permission is far more
    /// often simply missing.
    LetRoleSettle,
    /// Waiting does not help.
    None,
}

impl RetryClass {
    /// How long to wait before the next attempt; `None`: give up.
    ///
    /// `attempts` have been made so far, the first one `elapsed` ago; `jitter` is between 0 and 1.
    pub fn wait(self, attempts: u32, elapsed: Duration, jitter: f64) -> Option<Duration> {
        let (first, longest, give_up_after) = match self {
            Self::SlowDown => (1_000, 8_000, u64::MAX),
            Self::TryAgain => (200, 5_000, 60),
            // Two minutes is what terraform-provider-aws waits for a role to become assumable.
            Self::LetSettle => (1_000, 6_000, 120),
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

    fn service_error(code: &str, message: &str, status: u16) -> Fault {
        Fault {
            operation: Operation::CreateTrail,
            cause: Cause::service(code, message, status),
            request_id: None,
        }
    }

    #[test]
    fn the_same_code_is_final_or_not_by_what_aws_says() {
        for code in [
            "InvalidCloudWatchLogsRoleArnException",
            "InvalidCloudWatchLogsLogGroupArnException",
        ] {
            assert_eq!(
                service_error(code, "Access denied. Verify", 400).retry_class(),
                RetryClass::LetSettle
            );
            assert_eq!(
                service_error(code, "CloudTrail cannot validate", 400).retry_class(),
                RetryClass::None
            );
        }
    }

    #[test]
    fn every_kind_of_fault_has_its_retry_class() {
        for (code, status, retry_class) in [
            ("ThrottlingException", 400, RetryClass::SlowDown),
            ("TooManyRequestsException", 400, RetryClass::SlowDown),
            ("ConflictException", 409, RetryClass::LetSettle),
            (
                "ConcurrentModificationException",
                400,
                RetryClass::LetSettle,
            ),
            (
                "InsufficientS3BucketPolicyException",
                403,
                RetryClass::LetSettle,
            ),
            ("AccessDeniedException", 400, RetryClass::LetRoleSettle),
            ("InternalFailure", 500, RetryClass::TryAgain),
            ("ServiceException", 400, RetryClass::TryAgain),
            ("KmsKeyNotFoundException", 400, RetryClass::None),
            (
                "MaximumNumberOfTrailsExceededException",
                403,
                RetryClass::None,
            ),
            ("SomethingNewException", 400, RetryClass::None),
            ("SomethingNewException", 429, RetryClass::SlowDown),
            ("SomethingNewException", 500, RetryClass::TryAgain),
        ] {
            assert_eq!(
                service_error(code, "", status).retry_class(),
                retry_class,
                "{code}"
            );
        }
        let cut = Fault {
            cause: Cause::Unreachable("reset".to_owned()),
            ..service_error("", "", 0)
        };
        assert_eq!(cut.retry_class(), RetryClass::TryAgain);
        let unsent = Fault {
            cause: Cause::NotSent("no Region".to_owned()),
            ..cut
        };
        assert_eq!(unsent.retry_class(), RetryClass::None);
    }

    #[test]
    fn trusted_access_that_was_switched_on_moments_ago_is_waited_for() {
        let constraint =
            |message| service_error("ConstraintViolationException", message, 400).retry_class();
        assert_eq!(
            constraint("SERVICE_ACCESS_NOT_ENABLED"),
            RetryClass::LetSettle
        );
        assert_eq!(constraint("ALL_FEATURES"), RetryClass::None);
    }

    #[test]
    fn a_role_that_is_not_assumed_is_tried_again_by_what_sts_said() {
        for (code, retry_class) in [
            (Some("AccessDenied"), RetryClass::LetRoleSettle),
            (Some("Throttling"), RetryClass::SlowDown),
            (Some("RegionDisabledException"), RetryClass::TryAgain),
            (None, RetryClass::TryAgain),
        ] {
            let fault = Fault {
                cause: Cause::RoleNotAssumed {
                    why: String::new(),
                    code: code.map(ErrorCode::parse),
                },
                ..service_error("", "", 0)
            };
            assert_eq!(fault.retry_class(), retry_class, "{code:?}");
        }
    }

    #[test]
    fn a_fault_means_what_its_code_means() {
        // Not found, already exists, not enabled, not offered, Region not enabled.
        let meanings = |code| {
            let fault = service_error(code, "", 400);
            [
                fault.is_not_found(),
                fault.is_already_exists(),
                fault.is_not_enabled(),
                fault.is_not_offered(),
                fault.is_region_not_enabled(),
            ]
        };
        for (position, codes) in [
            [
                "TrailNotFoundException",
                "ResourceNotFoundException",
                "CloudTrailARNInvalidException",
                "AccountNotRegisteredException",
                "AccountNotFoundException",
                "EventDataStoreNotFoundException",
            ]
            .as_slice(),
            &[
                "TrailAlreadyExistsException",
                "AccountRegisteredException",
                "AccountAlreadyRegisteredException",
            ],
            &["InsightNotEnabledException"],
            &["UnsupportedOperationException", "UnknownOperationException"],
            &["UnrecognizedClientException", "InvalidClientTokenId"],
        ]
        .into_iter()
        .enumerate()
        {
            for code in codes {
                let mut expected = [false; 5];
                expected[position] = true;
                assert_eq!(meanings(code), expected, "{code}");
            }
        }
        assert_eq!(meanings("AccessDeniedException"), [false; 5]);
        let unsent = Fault {
            cause: Cause::NotSent(String::new()),
            ..service_error("", "", 0)
        };
        assert_eq!(unsent.code(), None);
        assert!(!unsent.is_not_found());
    }

    #[test]
    fn a_fault_is_what_aws_said() {
        let said = |message| service_error("AccessDeniedException", message, 400).to_string();
        assert_eq!(said("no"), "AccessDeniedException: no");
        assert_eq!(said(""), "AccessDeniedException");
    }

    #[test]
    fn throttling_is_waited_out_for_as_long_as_there_is_time() {
        let hours = Duration::from_hours(10);
        let wait = RetryClass::SlowDown
            .wait(1_000, hours, 1.0)
            .expect("never gives up");
        assert_eq!(wait, Duration::from_secs(8));
    }

    #[test]
    fn waits_grow_and_end() {
        let first = RetryClass::LetSettle
            .wait(1, Duration::ZERO, 1.0)
            .expect("waits");
        let third = RetryClass::LetSettle
            .wait(3, Duration::ZERO, 1.0)
            .expect("waits");
        assert!(first < third);
        assert_eq!(
            RetryClass::LetSettle.wait(9, Duration::from_mins(2), 0.0),
            None
        );
        assert_eq!(
            RetryClass::LetRoleSettle.wait(3, Duration::from_secs(10), 0.0),
            None
        );
        assert_eq!(RetryClass::None.wait(1, Duration::ZERO, 0.0), None);
    }
}
