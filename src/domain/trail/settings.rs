//! The settings of a trail, with the same types for the desired and the observed state.
//!
//! So the two states can be compared, and a trail can be restored to an observed state. Lists whose
//! order CloudTrail ignores are [`Unordered`].

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::plan::Change;
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
    pub fn changes_to(&self, to: &Self) -> Vec<Change> {
        changes(self.named(), to.named())
    }

    /// The settings of a new trail, as differences from nothing.
    pub fn changes_from_nothing(&self) -> Vec<Change> {
        let named = self.named().into_iter();
        named.filter_map(|(name, new)| Change::of(name, String::new(), new)).collect()
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

/// The differences between two lists of settings with the same names.
fn changes<const N: usize>(
    from: [(&'static str, String); N],
    to: [(&'static str, String); N],
) -> Vec<Change> {
    let pairs = from.into_iter().zip(to);
    pairs.filter_map(|((name, old), (_, new))| Change::of(name, old, new)).collect()
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

impl Recording {
    /// The differences between this state and `to`, in the form of the template.
    pub fn changes_to(&self, to: &Self) -> Vec<Change> {
        changes(self.named(), to.named())
    }

    fn named(&self) -> [(&'static str, String); 5] {
        // Destructured, so that a new setting does not compile until it is added here.
        let Self { logging, selectors, insights, aggregation } = self;
        let (basic, advanced) = match selectors {
            Selectors::Basic(basic) => (list(basic), String::new()),
            Selectors::Advanced(advanced) => (String::new(), list(advanced)),
        };
        [
            ("EventSelectors", basic),
            ("AdvancedEventSelectors", advanced),
            ("InsightSelectors", list_unless_empty(insights)),
            ("AggregationConfigurations", list_unless_empty(aggregation.as_slice())),
            ("IsLogging", logging.to_string()),
        ]
    }
}

/// A list in YAML's flow style, without quotes.
fn list<T: fmt::Display>(entries: &[T]) -> String {
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    format!("[{}]", entries.join(", "))
}

fn list_unless_empty<T: fmt::Display>(entries: &[T]) -> String {
    if entries.is_empty() { String::new() } else { list(entries) }
}

/// A type of unusual activity in a category of events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insight {
    /// `ApiCallRateInsight` or `ApiErrorRateInsight`.
    pub insight_type: String,
    /// `Management` or `Data`.
    pub event_category: String,
}

impl fmt::Display for Insight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { insight_type, event_category } = self;
        write!(f, "{{InsightType: {insight_type}, EventCategories: [{event_category}]}}")
    }
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
    /// True if they select management events.
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

impl fmt::Display for BasicSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read_write_type, management_events, excluded_sources, data_resources } = self;
        write!(f, "{{ReadWriteType: {read_write_type}")?;
        write!(f, ", IncludeManagementEvents: {management_events}")?;
        if !excluded_sources.is_empty() {
            write!(f, ", ExcludeManagementEventSources: {}", list(excluded_sources))?;
        }
        if !data_resources.is_empty() {
            write!(f, ", DataResources: {}", list(data_resources))?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for DataResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource_type, arn } = self;
        write!(f, "{{Type: {resource_type}, Values: [{arn}]}}")
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

impl fmt::Display for AdvancedSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fields } = self;
        f.write_str("{")?;
        if !name.is_empty() {
            write!(f, "Name: {name}, ")?;
        }
        write!(f, "FieldSelectors: {}}}", list(fields))
    }
}

/// A condition on a field of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldSelector {
    /// Such as `eventCategory` or `resources.type`.
    pub field: String,
    /// The values of each operator. One of them must match.
    pub conditions: BTreeMap<Operator, Unordered<String>>,
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, conditions } = self;
        write!(f, "{{Field: {field}")?;
        for (operator, values) in conditions {
            write!(f, ", {operator:?}: {}", list(values))?;
        }
        f.write_str("}")
    }
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

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event_category, templates } = self;
        write!(f, "{{EventCategory: {event_category}, Templates: {}}}", list(templates))
    }
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
    fn selectors_of_management_events_are_recognized() {
        let basic = |management_events| {
            let selector = BasicSelector { management_events, ..BasicSelector::default() };
            Selectors::Basic(vec![selector].into())
        };
        let advanced = |field: &str, value: &str| {
            let field = FieldSelector {
                field: field.to_owned(),
                conditions: [(Operator::Equals, vec![value.to_owned()].into())].into(),
            };
            let selector = AdvancedSelector { name: String::new(), fields: vec![field].into() };
            Selectors::Advanced(vec![selector].into())
        };
        for (selectors, management_events) in [
            (basic(true), true),
            (basic(false), false),
            (advanced("eventCategory", "Management"), true),
            (advanced("eventCategory", "Data"), false),
            (advanced("eventName", "Management"), false),
        ] {
            let selected = selectors.select_management_events();
            assert_eq!(selected, management_events, "{selectors:?}");
        }
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
