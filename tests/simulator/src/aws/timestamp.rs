//! Points in time, as awsJson1.1 has them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time to the millisecond; on the wire and in seeds, seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[must_use]
#[serde(from = "f64", into = "f64")]
pub struct Timestamp {
    milliseconds: i64,
}

impl Timestamp {
    /// So many seconds after the epoch.
    #[allow(clippy::cast_possible_truncation)] // no test lives 290 million years from the epoch
    pub fn from_seconds(seconds: f64) -> Self {
        Self { milliseconds: (seconds * 1000.0).round() as i64 }
    }

    /// Seconds since the epoch.
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds(self) -> f64 {
        self.milliseconds as f64 / 1000.0
    }

    /// So many seconds later.
    pub fn later_by(self, seconds: u32) -> Self {
        Self { milliseconds: self.milliseconds + i64::from(seconds) * 1000 }
    }

    /// The system's time.
    pub fn system() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_seconds(since.as_secs_f64())
    }

    /// `2026-11-23T11:43:00Z`, as the obsolete string members of `GetTrailStatus` have it.
    pub fn to_text(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.milliseconds.div_euclid(1000))
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}

impl Timestamp {
    /// `2026/11/23` and `20261123T1143Z`, as the keys of log files have it.
    pub(super) fn in_keys(self) -> (String, String) {
        let text = self.to_text();
        let (date, time) = text.split_once('T').unwrap_or_default();
        let minute: String = time.chars().filter(char::is_ascii_digit).take(4).collect();
        (date.replace('-', "/"), format!("{}T{minute}Z", date.replace('-', "")))
    }

    /// So many seconds earlier.
    pub fn earlier_by(self, seconds: u32) -> Self {
        Self { milliseconds: self.milliseconds - i64::from(seconds) * 1000 }
    }
}

impl From<f64> for Timestamp {
    fn from(seconds: f64) -> Self {
        Self::from_seconds(seconds)
    }
}

impl From<Timestamp> for f64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.seconds()
    }
}
