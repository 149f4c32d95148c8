//! When AWS does not do what it was asked: what came back, and whether waiting can help.

use std::fmt;
use std::time::Duration;

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
    Refused {
        /// Such as `InsufficientS3BucketPolicyException`.
        code: String,
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
        /// STS's code, or the status of an answer that has none.
        code: Option<String>,
    },
}

impl Fault {
    /// The error code without `Exception`, or nothing where no code came back.
    pub fn code(&self) -> &str {
        match &self.cause {
            Cause::Refused { code, .. } => code.strip_suffix("Exception").unwrap_or(code),
            _ => "",
        }
    }

    /// AWS's sentence, where there is one.
    pub fn message(&self) -> &str {
        match &self.cause {
            Cause::Refused { message, .. } => message,
            _ => "",
        }
    }

    /// The thing that the call was about does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.code(),
            "TrailNotFound" | "ResourceNotFound" | "CloudTrailARNInvalid"
        )
    }

    /// A trail of that name exists: somebody else's, or our own that an earlier attempt created
    /// whose answer was lost.
    pub fn is_already_exists(&self) -> bool {
        self.code() == "TrailAlreadyExists"
    }

    /// What kind of waiting could help.
    pub fn remedy(&self) -> Remedy {
        let Cause::Refused {
            message, status, ..
        } = &self.cause
        else {
            return match &self.cause {
                Cause::NotSent(_) => Remedy::None,
                Cause::RoleNotAssumed { code, .. } => match code.as_deref() {
                    Some("AccessDenied") => Remedy::LetRoleSettle,
                    Some("Throttling" | "ThrottlingException") => Remedy::SlowDown,
                    Some(_) | None => Remedy::TryAgain,
                },
                _ => Remedy::TryAgain,
            };
        };
        match self.code() {
            "Throttling"
            | "Throttled"
            | "TooManyRequests"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown" => Remedy::SlowDown,
            "InvalidCloudWatchLogsRoleArn" | "InvalidCloudWatchLogsLogGroupArn" => {
                // The same codes are final when the ARN itself is wrong (terraform-provider-aws,
                // trail.go, tells them apart by these words).
                if message.contains("Access denied") {
                    Remedy::LetSettle
                } else {
                    Remedy::None
                }
            }
            "Conflict"
            | "ConcurrentModification"
            | "CloudTrailAccessNotEnabled"
            | "InsufficientS3BucketPolicy"
            | "InsufficientEncryptionPolicy"
            | "InsufficientSnsTopicPolicy"
            | "InsufficientDependencyServiceAccessPermission"
            | "NoManagementAccountSLRExists"
            | "S3BucketDoesNotExist" => Remedy::LetSettle,
            "ConstraintViolation" if message.contains("SERVICE_ACCESS_NOT_ENABLED") => {
                Remedy::LetSettle
            }
            "AccessDenied" => Remedy::LetRoleSettle,
            // Not all of these come with a status that says so.
            "Service" | "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => {
                Remedy::TryAgain
            }
            _ if *status == 429 => Remedy::SlowDown,
            _ if *status >= 500 => Remedy::TryAgain,
            _ => Remedy::None,
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
            Self::Refused { code, message, .. } if message.is_empty() => f.write_str(code),
            Self::Refused { code, message, .. } => write!(f, "{code}: {message}"),
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
pub enum Remedy {
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

impl Remedy {
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

    fn refused(code: &str, message: &str, status: u16) -> Fault {
        Fault {
            operation: Operation::CreateTrail,
            cause: Cause::Refused {
                code: code.to_owned(),
                message: message.to_owned(),
                status,
            },
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
                refused(code, "Access denied. Verify", 400).remedy(),
                Remedy::LetSettle
            );
            assert_eq!(
                refused(code, "CloudTrail cannot validate", 400).remedy(),
                Remedy::None
            );
        }
    }

    #[test]
    fn every_kind_of_fault_has_its_remedy() {
        for (code, status, remedy) in [
            ("ThrottlingException", 400, Remedy::SlowDown),
            ("TooManyRequestsException", 400, Remedy::SlowDown),
            ("ConflictException", 409, Remedy::LetSettle),
            ("ConcurrentModificationException", 400, Remedy::LetSettle),
            (
                "InsufficientS3BucketPolicyException",
                403,
                Remedy::LetSettle,
            ),
            ("AccessDeniedException", 400, Remedy::LetRoleSettle),
            ("InternalFailure", 500, Remedy::TryAgain),
            ("ServiceException", 400, Remedy::TryAgain),
            ("KmsKeyNotFoundException", 400, Remedy::None),
            ("MaximumNumberOfTrailsExceededException", 403, Remedy::None),
            ("SomethingNewException", 400, Remedy::None),
            ("SomethingNewException", 429, Remedy::SlowDown),
            ("SomethingNewException", 500, Remedy::TryAgain),
        ] {
            assert_eq!(refused(code, "", status).remedy(), remedy, "{code}");
        }
        let cut = Fault {
            cause: Cause::Unreachable("reset".to_owned()),
            ..refused("", "", 0)
        };
        assert_eq!(cut.remedy(), Remedy::TryAgain);
        let unsent = Fault {
            cause: Cause::NotSent("no Region".to_owned()),
            ..cut
        };
        assert_eq!(unsent.remedy(), Remedy::None);
    }

    #[test]
    fn trusted_access_that_was_switched_on_moments_ago_is_waited_for() {
        let constraint = |message| refused("ConstraintViolationException", message, 400).remedy();
        assert_eq!(constraint("SERVICE_ACCESS_NOT_ENABLED"), Remedy::LetSettle);
        assert_eq!(constraint("ALL_FEATURES"), Remedy::None);
    }

    #[test]
    fn a_role_that_is_not_assumed_is_tried_again_by_what_sts_said() {
        for (code, remedy) in [
            (Some("AccessDenied"), Remedy::LetRoleSettle),
            (Some("Throttling"), Remedy::SlowDown),
            (Some("RegionDisabledException"), Remedy::TryAgain),
            (None, Remedy::TryAgain),
        ] {
            let fault = Fault {
                cause: Cause::RoleNotAssumed {
                    why: String::new(),
                    code: code.map(str::to_owned),
                },
                ..refused("", "", 0)
            };
            assert_eq!(fault.remedy(), remedy, "{code:?}");
        }
    }

    #[test]
    fn what_is_missing_and_what_is_there_already_are_told_from_what_failed() {
        for code in ["TrailNotFoundException", "ResourceNotFoundException"] {
            let fault = refused(code, "", 404);
            assert!(fault.is_not_found() && !fault.is_already_exists(), "{code}");
        }
        let taken = refused("TrailAlreadyExistsException", "", 400);
        assert!(taken.is_already_exists() && !taken.is_not_found());
        let failed = refused("AccessDeniedException", "", 400);
        assert!(!failed.is_already_exists() && !failed.is_not_found());
    }

    #[test]
    fn a_fault_is_what_aws_said() {
        let said = |message| refused("AccessDeniedException", message, 400).to_string();
        assert_eq!(said("no"), "AccessDeniedException: no");
        assert_eq!(said(""), "AccessDeniedException");
    }

    #[test]
    fn throttling_is_waited_out_for_as_long_as_there_is_time() {
        let hours = Duration::from_hours(10);
        let wait = Remedy::SlowDown
            .wait(1_000, hours, 1.0)
            .expect("never gives up");
        assert_eq!(wait, Duration::from_secs(8));
    }

    #[test]
    fn waits_grow_and_end() {
        let first = Remedy::LetSettle
            .wait(1, Duration::ZERO, 1.0)
            .expect("waits");
        let third = Remedy::LetSettle
            .wait(3, Duration::ZERO, 1.0)
            .expect("waits");
        assert!(first < third);
        assert_eq!(Remedy::LetSettle.wait(9, Duration::from_mins(2), 0.0), None);
        assert_eq!(
            Remedy::LetRoleSettle.wait(3, Duration::from_secs(10), 0.0),
            None
        );
        assert_eq!(Remedy::None.wait(1, Duration::ZERO, 0.0), None);
    }
}
