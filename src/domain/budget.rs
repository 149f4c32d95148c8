//! The time budget of an invocation.

use std::time::Duration;

use super::timestamp::Timestamp;

/// The longest duration of a Lambda invocation, and some tolerance for clocks that differ.
const MAX_INVOCATION: Duration = Duration::from_secs(15 * 60 + 10);
/// Replaces a deadline of Lambda that is not plausible. `cargo lambda watch` sends a duration, which
/// would be a time in 1970.
const DEFAULT_INVOCATION: Duration = Duration::from_mins(1);
/// The time that CloudFormation waits without a `ServiceTimeout` in the template.
const DEFAULT_SERVICE_TIMEOUT: Duration = Duration::from_hours(1);
/// The most time that is reserved for submitting the response, which is enough for some attempts.
const SUBMIT_RESERVE: Duration = Duration::from_secs(8);
/// The most time that is reserved for removing an incomplete trail.
const CLEAN_UP_RESERVE: Duration = Duration::from_secs(15);

/// The times in a request and its invocation.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The current time.
    pub now: Timestamp,
    /// When Lambda ends the invocation.
    pub lambda_deadline: Timestamp,
    /// When CloudFormation issued the request, if the response URL contains it.
    pub issued_at: Option<Timestamp>,
    /// `ServiceTimeout` in seconds.
    pub service_timeout: Option<u32>,
}

/// The ends of the phases of an invocation, as durations from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The end of the work.
    pub work: Duration,
    /// The end of the clean-up after a failed Create.
    pub clean_up: Duration,
    /// The end of the attempts to submit the response.
    pub submit: Duration,
    /// True if CloudFormation has stopped waiting for the response.
    pub stale: bool,
}

impl Budget {
    /// Divides the time until Lambda's or CloudFormation's deadline, whichever is earlier.
    pub fn new(timing: Timing) -> Self {
        let lambda = match timing.lambda_deadline.since(timing.now) {
            Some(left) if !left.is_zero() && left <= MAX_INVOCATION => left,
            Some(_) | None => DEFAULT_INVOCATION,
        };
        let service_timeout = timing.service_timeout.map(u64::from);
        let deadline = service_timeout.map_or(DEFAULT_SERVICE_TIMEOUT, Duration::from_secs);
        let age = timing.issued_at.and_then(|issued| timing.now.since(issued));
        let age = age.unwrap_or_default();
        // A stale Delete is still executed, so it has the time of Lambda's deadline.
        let left = match deadline.checked_sub(age) {
            Some(left) if !left.is_zero() => left.min(lambda),
            Some(_) | None => lambda,
        };
        let submit = left.saturating_sub((left / 20).min(Duration::from_millis(500)));
        let clean_up = submit.saturating_sub((left / 5).min(SUBMIT_RESERVE));
        let work = clean_up.saturating_sub((left / 5).min(CLEAN_UP_RESERVE));
        Self { work, clean_up, submit, stale: deadline <= age }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn budget(lambda: i64, age: Option<i64>, service_timeout: Option<u32>) -> Budget {
        let at = Timestamp::from_milliseconds;
        Budget::new(Timing {
            now: at(NOW),
            lambda_deadline: at(NOW + lambda),
            issued_at: age.map(|age| at(NOW - age)),
            service_timeout,
        })
    }

    #[test]
    fn time_is_reserved_for_clean_up_and_response() {
        let expected = Budget {
            work: Duration::from_millis(276_500),
            clean_up: Duration::from_millis(291_500),
            submit: Duration::from_millis(299_500),
            stale: false,
        };
        assert_eq!(budget(300_000, Some(1_000), None), expected);
    }

    #[test]
    fn a_short_timeout_leaves_time_for_each_phase() {
        let Budget { work, clean_up, submit, .. } = budget(3_000, None, None);
        assert!(work > Duration::from_secs(1), "{work:?}");
        assert!(work < clean_up && clean_up < submit && submit < Duration::from_secs(3));
    }

    #[test]
    fn the_service_timeout_starts_with_the_request() {
        let budget = budget(300_000, Some(10_000), Some(30));
        assert!(budget.submit < Duration::from_secs(20) && !budget.stale);
    }

    #[test]
    fn a_request_is_stale_after_the_service_timeout() {
        for (age, service_timeout, stale) in [
            (Some(30_000), Some(30), true),
            (Some(3_600_000), None, true),
            (Some(3_599_000), None, false),
            (None, Some(30), false),
        ] {
            assert_eq!(budget(300_000, age, service_timeout).stale, stale, "{age:?}");
        }
    }

    /// The clocks differ.
    #[test]
    fn a_future_request_counts_as_new() {
        let [future, now] = [-5_000, 0].map(|age| budget(300_000, Some(age), Some(60)));
        assert_eq!(future, now);
    }

    #[test]
    fn an_implausible_lambda_deadline_is_ignored() {
        assert!(budget(900_000, None, None).submit > Duration::from_mins(14));
        let default = budget(60_000, None, None);
        assert_eq!(budget(920_000, None, None), default);
        for deadline in [600_000, 0, -1, NOW - 1, NOW, i64::MAX, NOW + 86_400_000] {
            let timing = Timing {
                now: Timestamp::from_milliseconds(NOW),
                lambda_deadline: Timestamp::from_milliseconds(deadline),
                issued_at: None,
                service_timeout: None,
            };
            assert_eq!(Budget::new(timing), default, "{deadline}");
        }
    }
}
