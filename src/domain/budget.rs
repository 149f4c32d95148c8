//! How much time an invocation has, and for what.

use std::time::Duration;

use super::timestamp::Timestamp;

/// The longest that a Lambda function can run, and a little for clocks that disagree.
const LONGEST_INVOCATION: Duration = Duration::from_secs(15 * 60 + 10);
/// What is assumed where Lambda's deadline makes no sense. `cargo lambda watch` sends a duration
/// instead of a time, which would otherwise look like a deadline in 1970.
const UNKNOWN_DEADLINE: Duration = Duration::from_mins(1);
/// How long CloudFormation waits unless the template has a `ServiceTimeout`.
const DEFAULT_SERVICE_TIMEOUT: Duration = Duration::from_hours(1);
/// The most that is kept back for answering: a few attempts at the PUT.
const ANSWERING: Duration = Duration::from_secs(8);
/// The most that is kept back for removing a half-made trail.
const CLEANING_UP: Duration = Duration::from_secs(15);

/// What the request and its delivery say about time.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Now.
    pub now: Timestamp,
    /// When Lambda ends the invocation.
    pub lambda_deadline: Timestamp,
    /// When CloudFormation issued the request, if its response URL says so.
    pub issued_at: Option<Timestamp>,
    /// `ServiceTimeout`, in seconds.
    pub service_timeout: Option<u32>,
}

/// Ends of the phases of an invocation, counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Until then work goes on.
    pub work: Duration,
    /// Until then a failed Create removes what it made.
    pub clean_up: Duration,
    /// Until then attempts at the answer go on.
    pub answer: Duration,
    /// CloudFormation no longer waits for an answer to this request.
    pub stale: bool,
}

impl Budget {
    /// Divides the time that is left, of Lambda's and of CloudFormation's whichever ends first.
    pub fn new(timing: Timing) -> Self {
        let lambda = match timing.lambda_deadline.since(timing.now) {
            Some(left) if !left.is_zero() && left <= LONGEST_INVOCATION => left,
            Some(_) | None => UNKNOWN_DEADLINE,
        };
        let deadline = timing
            .service_timeout
            .map_or(DEFAULT_SERVICE_TIMEOUT, |seconds| {
                Duration::from_secs(seconds.into())
            });
        let age = timing.issued_at.and_then(|issued| timing.now.since(issued));
        let age = age.unwrap_or_default();
        // A late Delete is still carried out, in the time that Lambda gives it.
        let left = match deadline.checked_sub(age) {
            Some(left) if !left.is_zero() => left.min(lambda),
            Some(_) | None => lambda,
        };
        let answer = left.saturating_sub((left / 20).min(Duration::from_millis(500)));
        let clean_up = answer.saturating_sub((left / 5).min(ANSWERING));
        let work = clean_up.saturating_sub((left / 5).min(CLEANING_UP));
        Self {
            work,
            clean_up,
            answer,
            stale: deadline <= age,
        }
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
    fn time_is_kept_back_for_cleaning_up_and_for_answering() {
        let budget = budget(300_000, Some(1_000), None);
        assert_eq!(budget.answer, Duration::from_millis(299_500));
        assert_eq!(budget.clean_up, Duration::from_millis(291_500));
        assert_eq!(budget.work, Duration::from_millis(276_500));
        assert!(!budget.stale);
    }

    #[test]
    fn a_short_function_timeout_leaves_time_for_everything() {
        let Budget {
            work,
            clean_up,
            answer,
            ..
        } = budget(3_000, None, None);
        assert!(work > Duration::from_secs(1), "{work:?}");
        assert!(work < clean_up && clean_up < answer && answer < Duration::from_secs(3));
    }

    #[test]
    fn the_service_timeout_counts_from_when_the_request_was_issued() {
        let budget = budget(300_000, Some(10_000), Some(30));
        assert!(budget.answer < Duration::from_secs(20) && !budget.stale);
    }

    #[test]
    fn a_request_is_stale_once_cloudformation_has_given_up() {
        assert!(budget(300_000, Some(30_000), Some(30)).stale);
        assert!(budget(300_000, Some(3_600_000), None).stale);
        assert!(!budget(300_000, Some(3_599_000), None).stale);
        assert!(!budget(300_000, None, Some(30)).stale);
    }

    #[test]
    fn a_date_in_the_future_is_a_clock_that_disagrees() {
        assert_eq!(
            budget(300_000, Some(-5_000), Some(60)),
            budget(300_000, Some(0), Some(60))
        );
    }

    #[test]
    fn the_longest_timeout_of_lambda_is_believed_and_nothing_longer() {
        let default = budget(60_000, None, None);
        let quarter_of_an_hour = budget(900_000, None, None);
        assert!(quarter_of_an_hour.answer > Duration::from_mins(14));
        assert_eq!(budget(920_000, None, None), default);
    }

    #[test]
    fn an_implausible_deadline_is_not_believed() {
        let default = budget(60_000, None, None);
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
