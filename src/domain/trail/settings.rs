//! The settings of a trail, with the same types for the desired and the observed state.
//!
//! So the two states can be compared, and a trail can be restored to an observed state. Lists whose
//! order CloudTrail ignores are [`Unordered`].

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::unordered::Unordered;

/// The settings of CreateTrail and UpdateTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "CloudTrail's options are independent")]
pub struct Settings {
    /// Log all accounts of the organization.
    pub organization: bool,
    /// The bucket that receives the log files, often in another account.
    pub bucket: String,
    /// The prefix before `AWSLogs/` in the keys of log files.
    pub key_prefix: Option<String>,
    /// Desired: key ID, key ARN, alias or alias ARN. Observed: key ARN.
    pub kms_key: Option<String>,
    /// Desired: name or ARN. Observed: ARN.
    pub sns_topic: Option<String>,
    /// The log group that also receives the events.
    pub cloud_watch_logs: Option<CloudWatchLogs>,
    /// Log events of all Regions.
    pub multi_region: bool,
    /// Log events of global services such as IAM.
    pub global_service_events: bool,
    /// Deliver digest files, which show whether log files were changed.
    pub log_file_validation: bool,
    /// Log the events that CloudTrail causes when it delivers log files.
    pub recursive_logging: bool,
}

impl Settings {
    /// The settings of an organization trail with this bucket and CloudTrail's defaults in the console.
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

    /// The differences between these settings and `to`.
    pub fn changes_to(&self, to: &Self) -> Vec<SettingChange> {
        let pairs = self.named().into_iter().zip(to.named());
        pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((name, old), (_, new))| SettingChange { name, old, new })
            .collect()
    }

    /// The parameters of UpdateTrail and their values. An empty string is no value.
    fn named(&self) -> [(&'static str, String); 11] {
        // Destructured, so that a new setting does not compile until it is added here.
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
        let (log_group_arn, role_arn) =
            cloud_watch_logs.map(|logs| (logs.log_group_arn, logs.role_arn)).unwrap_or_default();
        [
            ("IsOrganizationTrail", organization.to_string()),
            ("S3BucketName", bucket),
            ("S3KeyPrefix", key_prefix.unwrap_or_default()),
            ("KmsKeyId", kms_key.unwrap_or_default()),
            ("SnsTopicName", sns_topic.unwrap_or_default()),
            ("CloudWatchLogsLogGroupArn", log_group_arn),
            ("CloudWatchLogsRoleArn", role_arn),
            ("IsMultiRegionTrail", multi_region.to_string()),
            ("IncludeGlobalServiceEvents", global_service_events.to_string()),
            ("EnableLogFileValidation", log_file_validation.to_string()),
            ("RecursiveLogging", recursive_logging.to_string()),
        ]
    }
}

/// A changed setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// The parameter of UpdateTrail.
    pub name: &'static str,
    /// The old value, or an empty string.
    pub old: String,
    /// The new value, or an empty string.
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

/// A log group and the role that writes to it. CloudTrail requires both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudWatchLogs {
    /// The ARN of the log group, with `:*` at the end.
    pub log_group_arn: String,
    /// The ARN of the role that CloudTrail assumes.
    pub role_arn: String,
}

impl CloudWatchLogs {
    /// The ARN with the `:*` that CloudTrail requires and that `Ref` does not return.
    pub fn log_group(arn: &str) -> String {
        format!("{}:*", arn.trim_end_matches(":*"))
    }
}

/// The events that a trail logs. The default is that of a new trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// True if the trail logs.
    pub logging: bool,
    /// The events that the trail logs.
    pub selectors: Selectors,
    /// The unusual activity that CloudTrail detects.
    pub insights: Unordered<Insight>,
    /// The aggregations of data events.
    pub aggregation: Option<Aggregation>,
}

/// A type of unusual activity in a category of events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insight {
    /// `ApiCallRateInsight` or `ApiErrorRateInsight`.
    pub insight_type: String,
    /// `Management` or `Data`.
    pub event_category: String,
}

/// The events that a trail logs. A trail has selectors of one kind only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selectors {
    /// `EventSelectors`.
    Basic(Unordered<BasicSelector>),
    /// `AdvancedEventSelectors`.
    Advanced(Unordered<AdvancedSelector>),
}

impl Default for Selectors {
    /// All management events. CloudTrail returns this selector for a trail without selectors, and does
    /// not accept an empty list.
    fn default() -> Self {
        Self::Basic(vec![BasicSelector::default()].into())
    }
}

impl Selectors {
    /// Whether they select management events.
    pub fn select_management_events(&self) -> bool {
        let is_category = |field: &FieldSelector| field.field == "eventCategory";
        match self {
            Self::Basic(selectors) => selectors.iter().any(|selector| selector.management_events),
            Self::Advanced(selectors) => {
                let mut fields = selectors.iter().flat_map(|selector| selector.fields.iter());
                fields.any(|field| {
                    let values = field.conditions.get(&Operator::Equals);
                    let mut values = values.into_iter().flat_map(|values| values.iter());
                    is_category(field) && values.any(|value| value == "Management")
                })
            }
        }
    }
}

/// An entry of `EventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasicSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// True if the trail logs management events.
    pub management_events: bool,
    /// The sources of management events that the trail does not log.
    pub excluded_sources: Unordered<String>,
    /// The resources whose data events the trail logs.
    pub data_resources: Unordered<DataResource>,
}

/// Resources of a type whose ARNs have the same prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataResource {
    /// Such as `AWS::S3::Object`.
    pub resource_type: String,
    /// An ARN or a prefix of ARNs.
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

/// An entry of `AdvancedEventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdvancedSelector {
    /// A descriptive name, or an empty string.
    pub name: String,
    /// The conditions. An event must meet all of them.
    pub fields: Unordered<FieldSelector>,
}

/// A condition on a field of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldSelector {
    /// Such as `eventCategory` or `resources.type`.
    pub field: String,
    /// The values of each operator. One of them must match.
    pub conditions: BTreeMap<Operator, Unordered<String>>,
}

/// A comparison of a field with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the operators of CloudTrail's AdvancedFieldSelector, by name")]
pub enum Operator {
    Equals,
    StartsWith,
    EndsWith,
    NotEquals,
    NotStartsWith,
    NotEndsWith,
}

/// The entry of `AggregationConfigurations`. A trail has at most one.
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

    /// Arbitrary settings with few values, so that two are often equal.
    pub(in crate::domain::trail) fn any_settings() -> impl Strategy<Value = Settings> {
        let logs = maybe(&["a", "b"]).prop_map(|role| {
            role.map(|role_arn| CloudWatchLogs { log_group_arn: "group:*".to_owned(), role_arn })
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
    fn a_log_group_arn_ends_with_one_asterisk() {
        let group = "arn:aws:logs:eu-west-1:111111111111:log-group:trail";
        for given in [group, &format!("{group}:*")] {
            assert_eq!(CloudWatchLogs::log_group(given), format!("{group}:*"));
        }
    }

    #[test]
    fn a_change_has_old_and_new_value() {
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
