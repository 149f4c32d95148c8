//! Points in time, which AWS, CloudFormation and Lambda send as seconds, milliseconds or strings.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::formatting::Formattable;
use time::macros::format_description;

/// A point in time in milliseconds. Prints as RFC 3339 in UTC, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    /// Since 1970 in UTC.
    milliseconds: i64,
}

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }

    /// From seconds since 1970, limited to the earliest and the latest representable time.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_milliseconds(seconds.saturating_mul(1_000))
    }

    /// The duration since `earlier`. `None` if `earlier` is later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let difference = self.milliseconds.saturating_sub(earlier.milliseconds);
        u64::try_from(difference).ok().map(Duration::from_millis)
    }

    /// The time `duration` before this one.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let duration = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_milliseconds(self.milliseconds.saturating_sub(duration))
    }

    /// The beginning of the minute.
    #[must_use]
    pub fn minute(self) -> Self {
        let into_minute = self.milliseconds.rem_euclid(60_000);
        Self::from_milliseconds(self.milliseconds.saturating_sub(into_minute))
    }

    /// The folder of the day in the keys of log files: `YYYY/MM/DD/`.
    pub fn date_folder(self) -> String {
        self.format(format_description!("[year]/[month]/[day]/"))
    }

    /// The minute in the keys of log files: `YYYYMMDDTHHmmZ`.
    pub fn compact_minute(self) -> String {
        self.format(format_description!("[year][month][day]T[hour][minute]Z"))
    }

    /// A time after the year 9999 counts as its end, so that it still sorts last.
    fn format(self, format: &(impl Formattable + ?Sized)) -> String {
        const LAST: i64 = 253_402_300_799;
        let seconds = self.milliseconds.div_euclid(1_000).clamp(-LAST, LAST);
        let date = OffsetDateTime::from_unix_timestamp(seconds).ok();
        date.and_then(|date| date.format(format).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        f.write_str(&self.format(format))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_in_seconds() {
        for (milliseconds, printed) in [
            (1_795_435_200_999, "2026-11-23T12:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            let timestamp = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(timestamp.to_string(), printed);
        }
    }

    #[test]
    fn minutes_print_as_in_keys_and_sort() {
        let noon = Timestamp::from_milliseconds(1_795_435_259_999);
        assert_eq!(noon.minute().to_string(), "2026-11-23T12:00:00Z");
        assert_eq!(noon.date_folder(), "2026/11/23/");
        assert_eq!(noon.compact_minute(), "20261123T1200Z");
        let before = Timestamp::from_milliseconds(-1).minute();
        assert_eq!(before.compact_minute(), "19691231T2359Z");
        let [first, last] = [i64::MIN, i64::MAX].map(Timestamp::from_milliseconds);
        assert!(first.minute().date_folder() < noon.date_folder());
        assert!(last.minute().date_folder() > noon.date_folder());
    }

    #[test]
    fn differences_never_overflow() {
        let [first, last] = [i64::MIN, i64::MAX].map(Timestamp::from_seconds);
        assert!(last.since(first).is_some());
        assert_eq!(first.since(last), None);
        assert_eq!(first.before(Duration::MAX), first);
        let noon = Timestamp::from_seconds(1_795_435_200);
        assert_eq!(noon.since(noon), Some(Duration::ZERO));
        let five = Duration::from_secs(5);
        assert_eq!(noon.since(noon.before(five)), Some(five));
    }
}
