//! The settings of a trail, in the same types whether they are wanted or seen.
//!
//! One vocabulary for both sides makes three things easy: comparing them, bringing one to the other,
//! and putting a trail back to what it was. Lists whose order means nothing to CloudTrail are
//! [`Unordered`].

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::unordered::Unordered;

/// What CreateTrail and UpdateTrail set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "CloudTrail's switches are independent"
)]
pub struct Settings {
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

impl Settings {
    /// The settings of an organization trail that writes to `bucket`, of which nothing else is asked:
    /// the answers of the console's form.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            organization: true,
            bucket: bucket.into(),
            key_prefix: None,
            kms_key: None,
            sns_topic: None,
            cloud_watch_logs: None,
            multi_region: true,
            global_service_events: true,
            log_file_validation: true,
            recursive_logging: true,
        }
    }

    /// What changes from these settings to others.
    pub fn changes_to(&self, to: &Self) -> Vec<SettingChange> {
        let pairs = self.named().into_iter().zip(to.named());
        pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((name, old), (_, new))| SettingChange { name, old, new })
            .collect()
    }

    /// The parameters of UpdateTrail, each with its value as a string; empty where there is none.
    fn named(&self) -> [(&'static str, String); 11] {
        // Destructured so that a new setting does not compile until it is named here.
        let Self {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = self.clone();
        let (log_group_arn, role_arn) = cloud_watch_logs
            .map(|logs| (logs.log_group_arn, logs.role_arn))
            .unwrap_or_default();
        [
            ("IsOrganizationTrail", organization.to_string()),
            ("S3BucketName", bucket),
            ("S3KeyPrefix", key_prefix.unwrap_or_default()),
            ("KmsKeyId", kms_key.unwrap_or_default()),
            ("SnsTopicName", sns_topic.unwrap_or_default()),
            ("CloudWatchLogsLogGroupArn", log_group_arn),
            ("CloudWatchLogsRoleArn", role_arn),
            ("IsMultiRegionTrail", multi_region.to_string()),
            (
                "IncludeGlobalServiceEvents",
                global_service_events.to_string(),
            ),
            ("EnableLogFileValidation", log_file_validation.to_string()),
            ("RecursiveLogging", recursive_logging.to_string()),
        ]
    }
}

/// A setting that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// The parameter of UpdateTrail.
    pub name: &'static str,
    /// The value so far; empty if there is none.
    pub old: String,
    /// The new value; empty if there is none.
    pub new: String,
}

impl fmt::Display for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, old, new } = self;
        write!(f, "{name}: {} -> {}", shown(old), shown(new))
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "(none)" } else { value }
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
    /// Which unusual activity is looked for.
    pub insights: Unordered<Insight>,
    /// How data events are summed up.
    pub aggregation: Option<Aggregation>,
}

/// One kind of unusual activity, in one category of events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insight {
    /// `ApiCallRateInsight` or `ApiErrorRateInsight`.
    pub insight_type: String,
    /// `Management` or `Data`.
    pub event_category: String,
}

/// Which events a trail logs; the two kinds exclude one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selectors {
    /// `EventSelectors`.
    Basic(Unordered<BasicSelector>),
    /// `AdvancedEventSelectors`.
    Advanced(Unordered<AdvancedSelector>),
}

impl Default for Selectors {
    /// All management events and nothing else: what CloudTrail reports of a trail that was never
    /// given selectors, and what it takes in order to go back to that (an empty list is refused).
    fn default() -> Self {
        Self::Basic(vec![BasicSelector::default()].into())
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
    pub excluded_sources: Unordered<String>,
    /// The resources whose data events are logged.
    pub data_resources: Unordered<DataResource>,
}

/// Resources of one type whose ARNs begin with the same characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataResource {
    /// Such as `AWS::S3::Object`.
    pub resource_type: String,
    /// An ARN or the beginning of one.
    pub arn: String,
}

impl Default for BasicSelector {
    fn default() -> Self {
        Self {
            read_write_type: "All".to_owned(),
            management_events: true,
            excluded_sources: Unordered::default(),
            data_resources: Unordered::default(),
        }
    }
}

/// One of the `AdvancedEventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdvancedSelector {
    /// For people; empty where there is none.
    pub name: String,
    /// All of them must hold.
    pub fields: Unordered<FieldSelector>,
}

/// A condition on one field of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldSelector {
    /// Such as `eventCategory` or `resources.type`.
    pub field: String,
    /// Any of the values, for each operator.
    pub conditions: BTreeMap<Operator, Unordered<String>>,
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
    pub templates: Unordered<String>,
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::domain::trail) const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234";
    pub(in crate::domain::trail) const ALIAS: &str = "alias/logs";

    fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
        proptest::option::of(proptest::sample::select(values).prop_map(str::to_owned))
    }

    /// Settings of all kinds, few enough of each that two are often alike.
    pub(in crate::domain::trail) fn any_configuration() -> impl Strategy<Value = Settings> {
        let logs = maybe(&["a", "b"]).prop_map(|role| {
            role.map(|role_arn| CloudWatchLogs {
                log_group_arn: "group:*".to_owned(),
                role_arn,
            })
        });
        (
            any::<[bool; 4]>(),
            proptest::sample::select(&["bucket-a", "bucket-b"][..]),
            maybe(&["p", "q"]),
            maybe(&[KEY, "1234", ALIAS]),
            maybe(&["topic", "other"]),
            logs,
        )
            .prop_map(
                |(flags, bucket, key_prefix, kms_key, sns_topic, cloud_watch_logs)| {
                    let [multi_region, global, log_file_validation, recursive_logging] = flags;
                    Settings {
                        organization: true,
                        bucket: bucket.to_owned(),
                        key_prefix,
                        kms_key,
                        sns_topic,
                        cloud_watch_logs,
                        multi_region,
                        global_service_events: multi_region || global,
                        log_file_validation,
                        recursive_logging,
                    }
                },
            )
    }

    #[test]
    fn the_arn_of_a_log_group_ends_as_cloudtrail_wants_it_exactly_once() {
        let group = "arn:aws:logs:eu-west-1:111111111111:log-group:trail";
        for given in [group, &format!("{group}:*")] {
            assert_eq!(CloudWatchLogs::log_group(given), format!("{group}:*"));
        }
    }

    #[test]
    fn a_change_has_the_old_and_the_new_value() {
        let old = Settings::new("org-logs");
        let new = Settings {
            log_file_validation: false,
            cloud_watch_logs: Some(CloudWatchLogs {
                log_group_arn: "group".to_owned(),
                role_arn: "role".to_owned(),
            }),
            ..old.clone()
        };
        let changes = old.changes_to(&new);
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            changes,
            [
                "CloudWatchLogsLogGroupArn: (none) -> group",
                "CloudWatchLogsRoleArn: (none) -> role",
                "EnableLogFileValidation: true -> false",
            ]
        );
        assert_eq!(new.changes_to(&new), []);
    }
}
