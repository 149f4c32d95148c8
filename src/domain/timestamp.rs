//! A moment: what AWS, CloudFormation and Lambda say in seconds, milliseconds or text.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

/// A moment, to the millisecond. Prints as RFC 3339 in UTC, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    /// Since 1970.
    milliseconds: i64,
}

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }

    /// From seconds since 1970. A moment that is too far away becomes the furthest one.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_milliseconds(seconds.saturating_mul(1_000))
    }

    /// How much later this moment is than `earlier`; `None` if it is earlier.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let difference = self.milliseconds.saturating_sub(earlier.milliseconds);
        u64::try_from(difference).ok().map(Duration::from_millis)
    }

    /// The moment that was `duration` before.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let duration = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_milliseconds(self.milliseconds.saturating_sub(duration))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let date = OffsetDateTime::from_unix_timestamp(self.milliseconds.div_euclid(1_000)).ok();
        let date = date.and_then(|date| date.format(format).ok());
        f.write_str(&date.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_to_the_second() {
        for (milliseconds, printed) in [
            (1_795_435_200_999, "2026-11-23T12:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, ""),
        ] {
            let moment = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(moment.to_string(), printed);
        }
    }

    #[test]
    fn differences_never_overflow() {
        let [first, last] = [i64::MIN, i64::MAX].map(Timestamp::from_seconds);
        assert!(last.since(first).is_some());
        assert_eq!(first.since(last), None);
        assert_eq!(first.before(Duration::MAX), first);
        let noon = Timestamp::from_seconds(1_795_435_200);
        assert_eq!(noon.since(noon), Some(Duration::ZERO));
        assert_eq!(
            noon.since(noon.before(Duration::from_secs(5))),
            Some(Duration::from_secs(5))
        );
    }
}
