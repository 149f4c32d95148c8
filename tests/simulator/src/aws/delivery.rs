//! What becomes of a trail's logs, as tests have it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Something that becomes of a trail's logs after so many looks at its status: counted in looks,
/// because time would make tests slow and unsteady. A trail that does not log delivers nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// How many looks (`GetTrailStatus`) still see nothing of it.
    #[serde(default)]
    pub unseen_looks: u32,
    /// What then has happened.
    pub outcome: DeliveryOutcome,
}

/// How a delivery ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DeliveryOutcome {
    /// A log file of each of these accounts in each of these Regions is in the bucket.
    LogFiles {
        /// The accounts.
        accounts: BTreeSet<String>,
        /// The Regions.
        regions: BTreeSet<String>,
    },
    /// The bucket refused, with this code of S3's.
    Refused(String),
}

impl Delivery {
    /// Log files of some accounts in some Regions, seen at the first look.
    #[must_use]
    pub fn of_log_files(accounts: &[&str], regions: &[&str]) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            unseen_looks: 0,
            outcome: DeliveryOutcome::LogFiles {
                accounts: texts(accounts),
                regions: texts(regions),
            },
        }
    }

    /// A delivery that the bucket refuses, seen at the first look.
    #[must_use]
    pub fn refused(code: &str) -> Self {
        Self {
            unseen_looks: 0,
            outcome: DeliveryOutcome::Refused(code.to_owned()),
        }
    }

    /// The same, not seen by so many looks.
    #[must_use]
    pub fn after(mut self, looks: u32) -> Self {
        self.unseen_looks = looks;
        self
    }
}
