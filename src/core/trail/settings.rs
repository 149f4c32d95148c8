//! The settings of a trail, in the same types whether they are wanted or seen.
//!
//! One vocabulary for both sides makes three things easy: comparing them, bringing one to the other,
//! and putting a trail back to what it was. Lists whose order means nothing to CloudTrail are sets.

use std::collections::{BTreeMap, BTreeSet};

/// What CreateTrail and UpdateTrail set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "CloudTrail's switches are independent"
)]
pub struct Configuration {
    /// Log the whole organization rather than one account.
    pub organization: bool,
    /// Receives the logs; often in another account.
    pub bucket: String,
    /// Comes before `AWSLogs/` in every object's key.
    pub key_prefix: Option<String>,
    /// Wanted: key id, key ARN, alias or alias ARN. Seen: always the key's ARN.
    pub kms_key: Option<String>,
    /// Wanted: name or ARN. Seen: always the ARN.
    pub sns_topic: Option<String>,
    /// Where logs go besides the bucket.
    pub cloud_watch_logs: Option<CloudWatchLogs>,
    /// Record every Region rather than the home Region.
    pub multi_region: bool,
    /// Record services without a Region, such as IAM.
    pub global_service_events: bool,
    /// Write digests that prove that logs were not changed.
    pub log_file_validation: bool,
    /// Record what CloudTrail itself does when it delivers.
    pub recursive_logging: bool,
}

/// A log group and the role that writes to it; CloudTrail takes both or neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudWatchLogs {
    /// Ends with `:*` exactly once.
    pub log_group_arn: String,
    /// Assumed by CloudTrail.
    pub role_arn: String,
}

impl CloudWatchLogs {
    /// The ARN with the `:*` that CloudTrail insists on and that `Ref` and most `GetAtt`s lack.
    pub fn log_group(arn: &str) -> String {
        format!("{}:*", arn.trim_end_matches(":*"))
    }
}

/// What is recorded, and whether.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The trail writes logs.
    pub logging: bool,
    /// Which events are logged.
    pub selectors: Selectors,
    /// Which unusual activity is looked for: the event category, then the type of insight.
    pub insights: BTreeSet<(String, String)>,
    /// How data events are summed up.
    pub aggregation: Option<Aggregation>,
}

/// Which events a trail logs; the two kinds exclude one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selectors {
    /// `EventSelectors`.
    Basic(BTreeSet<BasicSelector>),
    /// `AdvancedEventSelectors`.
    Advanced(BTreeSet<AdvancedSelector>),
}

impl Default for Selectors {
    /// All management events and nothing else: what CloudTrail reports of a trail that was never
    /// given selectors, and what it takes in order to go back to that (an empty list is refused).
    fn default() -> Self {
        Self::Basic(BTreeSet::from([BasicSelector::default()]))
    }
}

/// One of at most five `EventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasicSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Log management events.
    pub management_events: bool,
    /// Sources of management events that are left out.
    pub excluded_sources: BTreeSet<String>,
    /// Data events: for each resource type the ARNs or ARN prefixes.
    pub data_resources: BTreeMap<String, BTreeSet<String>>,
}

impl Default for BasicSelector {
    fn default() -> Self {
        Self {
            read_write_type: "All".to_owned(),
            management_events: true,
            excluded_sources: BTreeSet::new(),
            data_resources: BTreeMap::new(),
        }
    }
}

/// One of the `AdvancedEventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdvancedSelector {
    /// For people; empty where there is none.
    pub name: String,
    /// All of them must hold.
    pub fields: BTreeSet<FieldSelector>,
}

/// A condition on one field of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldSelector {
    /// Such as `eventCategory` or `resources.type`.
    pub field: String,
    /// Any of the values, for each operator.
    pub conditions: BTreeMap<Operator, BTreeSet<String>>,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "the operators of CloudTrail's AdvancedFieldSelector, by name"
)]
pub enum Operator {
    Equals,
    StartsWith,
    EndsWith,
    NotEquals,
    NotStartsWith,
    NotEndsWith,
}

/// `AggregationConfigurations`, of which a trail has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// `Data`.
    pub event_category: String,
    /// Such as `API_ACTIVITY`.
    pub templates: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_log_group_ends_as_cloudtrail_wants_it_exactly_once() {
        let group = "arn:aws:logs:eu-west-1:111111111111:log-group:trail";
        for given in [group, &format!("{group}:*")] {
            assert_eq!(CloudWatchLogs::log_group(given), format!("{group}:*"));
        }
    }
}
