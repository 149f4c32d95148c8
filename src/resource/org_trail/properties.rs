//! The properties of `Custom::OrgTrail`: their names, their forms, their rules.
//!
//! Names and forms are those of `AWS::CloudTrail::Trail`, so that a declaration moves between the
//! two by changing its type.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::properties::{Path, Problems};
use crate::core::arn::{Region, TrailName};
use crate::core::owner::is_our_tag;
use crate::core::trail::ExistingTrail;
use crate::core::trail::settings::Operator;
use crate::core::unordered::Unordered;

/// What AWS allows on a trail, less what is OrgTrail's own (see [`crate::core::owner`]).
const MOST_TAGS: usize = 50 - 4;

crate::properties! {
    /// A trail of the whole organization: CloudTrail records every account, those that join later
    /// included.
    pub struct OrgTrailProperties {
        /// The name of the trail: letters, digits, `.`, `_` and `-`, no two of these three side by
        /// side, a letter or a digit at both ends, and not the form of an IP address.
        required TrailName => trail_name: TrailName [replacement()],
        /// The Region that the trail lives in, and the only one in which it can be changed.
        optional HomeRegion => home_region: Region [
            replacement(), otherwise("the function's Region")
        ],
        /// The name of the bucket that receives the log files. It may be in another account.
        required S3BucketName => s3_bucket_name: BucketName,
        /// What comes before `AWSLogs/` in the keys of the log files. It may not begin with a slash.
        optional S3KeyPrefix => s3_key_prefix: KeyPrefix,
        /// The KMS key that encrypts the log files, in the Region of the bucket: the id or the ARN of
        /// the key, or of an alias (`alias/` and its name).
        optional KMSKeyId => kms_key_id: String [
            otherwise("none: S3 encrypts the log files with its own keys")
        ],
        /// Must be true: `AWS::CloudTrail::Trail` makes trails of one account.
        optional IsOrganizationTrail => is_organization_trail: bool [default(true), only_true()],
        /// Whether the trail records all Regions, or its home Region only.
        optional IsMultiRegionTrail => is_multi_region_trail: bool [default(true)],
        /// Whether the trail records services that belong to no Region, such as IAM. Must be true on
        /// a trail of all Regions.
        optional IncludeGlobalServiceEvents => include_global_service_events: bool [default(true)],
        /// Whether CloudTrail writes digests, with which a log file that was changed or deleted
        /// can be told.
        optional EnableLogFileValidation => enable_log_file_validation: bool [default(true)],
        /// Whether the trail records at all.
        optional IsLogging => is_logging: bool [default(true)],
        /// Whether the trail records what CloudTrail itself does when it delivers to the bucket and
        /// the log group.
        optional RecursiveLogging => recursive_logging: bool [default(true)],
        /// The ARN of a CloudWatch Logs log group that receives the events as well, with or without
        /// `:*` at its end. Needs `CloudWatchLogsRoleArn`.
        optional CloudWatchLogsLogGroupArn => cloud_watch_logs_log_group_arn: String,
        /// The ARN of the role with which CloudTrail writes to the log group. Needs
        /// `CloudWatchLogsLogGroupArn`.
        optional CloudWatchLogsRoleArn => cloud_watch_logs_role_arn: String,
        /// The name or the ARN of an SNS topic that is told of every delivery.
        optional SnsTopicName => sns_topic_name: String,
        /// Which events are recorded. Cannot be given together with `AdvancedEventSelectors`.
        optional EventSelectors => event_selectors: Vec<EventSelector> [
            items(1..=5), otherwise("all management events and no data events")
        ],
        /// Which events are recorded, in the finer form. Cannot be given together with
        /// `EventSelectors`.
        optional AdvancedEventSelectors => advanced_event_selectors: Vec<AdvancedEventSelector> [
            items(1..)
        ],
        /// Which unusual activity CloudTrail Insights looks for.
        optional InsightSelectors => insight_selectors: Vec<InsightSelector>,
        /// How data events are summed up.
        optional AggregationConfigurations => aggregation_configurations: Vec<AggregationConfiguration> [
            items(0..=1)
        ],
        /// The tags of the trail. AWS allows 50, of which 4 are OrgTrail's. Tags that others put on
        /// the trail stay.
        optional Tags => tags: Vec<Tag> [items(0..=MOST_TAGS), unique("Key")],
        /// What Create does where the name belongs to a trail that is not this resource's. `Fail`
        /// leaves it alone and fails. `Adopt` takes it over; Delete then releases it and never
        /// deletes it.
        optional ExistingTrail => existing_trail: ExistingTrail [default("Fail")],
    } [
        both_or_neither("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"),
        not_both("EventSelectors", "AdvancedEventSelectors"),
        false_only_with_false("IncludeGlobalServiceEvents", "IsMultiRegionTrail")
    ]
}

crate::properties! {
    /// Events of one kind.
    pub struct EventSelector {
        /// Which events: those that only read, those that change something, or both.
        optional ReadWriteType => read_write_type: ReadWriteType [default("All")],
        /// Whether management events are recorded. Where they are not, `DataResources` must name data
        /// events.
        optional IncludeManagementEvents => include_management_events: bool [default(true)],
        /// Services whose management events are left out.
        optional ExcludeManagementEventSources => exclude_management_event_sources: Vec<ExcludedSource>,
        /// Resources whose data events are recorded.
        optional DataResources => data_resources: Vec<DataResource>,
    } [false_needs_entry("IncludeManagementEvents", "DataResources", "Values")]
}

crate::properties! {
    /// Resources of one type whose data events are recorded.
    pub struct DataResource {
        /// The type of the resources. Other types need `AdvancedEventSelectors`.
        required Type => resource_type: DataResourceType,
        /// ARNs of resources, or what such ARNs begin with. None: no data events.
        optional Values => values: Vec<String>,
    }
}

crate::properties! {
    /// Events that meet a set of conditions.
    pub struct AdvancedEventSelector {
        /// A name for people.
        optional Name => name: SelectorName,
        /// The conditions, all of which must hold.
        required FieldSelectors => field_selectors: Vec<AdvancedFieldSelector> [items(1..)],
    }
}

crate::properties! {
    /// A condition on one field of an event. At least one of the lists must have an entry.
    pub struct AdvancedFieldSelector {
        /// The field, such as `eventCategory`, `eventName` or `resources.type`. Which ones there are
        /// is for CloudTrail to say.
        required Field => field: String,
        /// It is one of these.
        optional Equals => equals: Vec<String>,
        /// It begins with one of these.
        optional StartsWith => starts_with: Vec<String>,
        /// It ends with one of these.
        optional EndsWith => ends_with: Vec<String>,
        /// It is none of these.
        optional NotEquals => not_equals: Vec<String>,
        /// It begins with none of these.
        optional NotStartsWith => not_starts_with: Vec<String>,
        /// It ends with none of these.
        optional NotEndsWith => not_ends_with: Vec<String>,
    } [any_filled(&[
        "Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"
    ])]
}

crate::properties! {
    /// A kind of unusual activity.
    pub struct InsightSelector {
        /// What is looked for: an unusual number of calls, or of errors.
        required InsightType => insight_type: InsightType,
        /// Among which events.
        optional EventCategories => event_categories: Vec<EventCategory> [otherwise("`Management`")],
    }
}

crate::properties! {
    /// A way of summing events up.
    pub struct AggregationConfiguration {
        /// Which events are summed up.
        required EventCategory => event_category: AggregatedCategory,
        /// By what.
        required Templates => templates: Vec<Template> [items(1..)],
    }
}

crate::properties! {
    /// A tag.
    pub struct Tag {
        /// The key, once on a trail. It may not begin with `aws:`, in any letter case, or with
        /// `OrgTrail/`.
        required Key => key: TagKey,
        /// The value; it may be empty.
        required Value => value: TagValue,
    }
}

/// Declares texts with a rule each.
macro_rules! texts {
    ($(
        $(#[$meta:meta])*
        $type:ident [$($fact:ident($argument:expr)),+]: $rule:expr, $message:expr;
    )+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $type(pub String);
        )+

        crate::text_property! {
            $($type [$($fact($argument)),+] => |text: &str| {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok($type(text.to_owned())) } else { Err($message) }
            }),+
        }
    };
}

texts! {
    /// A bucket's name.
    BucketName [length(3..=255), pattern("^[A-Za-z0-9._-]+$")]: |text| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (3..=255).contains(&text.len()) && text.chars().all(allowed)
    }, "must be a bucket's name: 3 or more letters, digits, dots and hyphens";
    /// A prefix of keys.
    KeyPrefix [length(..=200), pattern("^([^/]|$)")]:
        |text| text.chars().count() <= 200 && !text.starts_with('/'),
        "may have 200 characters and may not begin with a slash";
    /// The name of an advanced selector.
    SelectorName [length(..=1000)]: |text| text.chars().count() <= 1000,
        "may have 1000 characters";
    /// A tag's key.
    TagKey [length(1..=128), never("^([Aa][Ww][Ss]:|OrgTrail/)")]: |text| {
        (1..=128).contains(&text.chars().count())
            && !is_our_tag(text)
            && !text.to_ascii_lowercase().starts_with("aws:")
    }, "must have 1 to 128 characters and may not begin with aws: or OrgTrail/";
    /// A tag's value.
    TagValue [length(..=256)]: |text| text.chars().count() <= 256, "may have 256 characters";
}

/// Declares texts that are one of a few words. `else` adds to the message.
macro_rules! words {
    ($($(#[$meta:meta])* $type:ident: $($word:literal)|+ $(, else $hint:literal)?;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $type(pub String);
        )+

        crate::word_property! {
            $($type: $($word => $type($word.to_owned())),+ $(, else $hint)?;)+
        }
    };
}

words! {
    /// Which events of a kind.
    ReadWriteType: "All" | "ReadOnly" | "WriteOnly";
    /// A source of management events that can be left out.
    ExcludedSource: "kms.amazonaws.com" | "rdsdata.amazonaws.com";
    /// A type of resource that basic selectors know.
    DataResourceType: "AWS::S3::Object" | "AWS::Lambda::Function" | "AWS::DynamoDB::Table",
        else "; other types need AdvancedEventSelectors";
    /// A kind of insight.
    InsightType: "ApiCallRateInsight" | "ApiErrorRateInsight";
    /// A category of events.
    EventCategory: "Management" | "Data";
    /// The category of events that is summed up.
    AggregatedCategory: "Data";
    /// A way of summing up.
    Template: "API_ACTIVITY" | "RESOURCE_ACCESS" | "USER_ACTIONS";
}

crate::word_property! {
    ExistingTrail: "Fail" => ExistingTrail::Fail, "Adopt" => ExistingTrail::Adopt;
}

/// An optional text of a template is often a parameter's empty default: that is none.
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

impl OrgTrailProperties {
    /// The rules that concern more than one value.
    pub(super) fn check(&self, problems: &mut Problems) {
        let mut refuse_if = |broken: bool, name: &str, message: &str| {
            if broken {
                problems.add(&Path::default().property(name), message);
            }
        };
        refuse_if(
            self.is_organization_trail == Some(false),
            "IsOrganizationTrail",
            "must be true; AWS::CloudTrail::Trail makes trails of one account",
        );
        refuse_if(
            self.is_multi_region_trail != Some(false)
                && self.include_global_service_events == Some(false),
            "IncludeGlobalServiceEvents",
            "must be true on a multi-Region trail",
        );
        let group = given(self.cloud_watch_logs_log_group_arn.clone());
        let role = given(self.cloud_watch_logs_role_arn.clone());
        refuse_if(
            group.is_some() && role.is_none(),
            "CloudWatchLogsRoleArn",
            "is required with CloudWatchLogsLogGroupArn",
        );
        refuse_if(
            role.is_some() && group.is_none(),
            "CloudWatchLogsLogGroupArn",
            "is required with CloudWatchLogsRoleArn",
        );
        let (basic, advanced) = (&self.event_selectors, &self.advanced_event_selectors);
        refuse_if(
            basic.is_some() && advanced.is_some(),
            "AdvancedEventSelectors",
            "cannot be given together with EventSelectors",
        );
        refuse_if(
            basic
                .as_ref()
                .is_some_and(|list| !(1..=5).contains(&list.len())),
            "EventSelectors",
            "must have 1 to 5 entries; leave it out for all management events",
        );
        refuse_if(
            advanced.as_ref().is_some_and(Vec::is_empty),
            "AdvancedEventSelectors",
            "must have an entry; leave it out for all management events",
        );
        refuse_if(
            self.aggregation_configurations
                .as_ref()
                .is_some_and(|list| list.len() > 1),
            "AggregationConfigurations",
            "may have one entry",
        );
        self.check_entries(problems);
    }

    fn check_entries(&self, problems: &mut Problems) {
        let top = Path::default();
        let selectors = top.property("EventSelectors");
        for (index, selector) in self.event_selectors.iter().flatten().enumerate() {
            let no_data = selector
                .data_resources
                .iter()
                .flatten()
                .all(|resource| resource.values.iter().flatten().next().is_none());
            if selector.include_management_events == Some(false) && no_data {
                let path = selectors.entry(index).property("DataResources");
                problems.add(&path, "is required where IncludeManagementEvents is false");
            }
        }
        let selectors = top.property("AdvancedEventSelectors");
        for (index, selector) in self.advanced_event_selectors.iter().flatten().enumerate() {
            let fields = selectors.entry(index).property("FieldSelectors");
            if selector.field_selectors.is_empty() {
                problems.add(&fields, "must have an entry");
            }
            for (index, field) in selector.field_selectors.iter().enumerate() {
                if field.conditions().is_empty() {
                    problems.add(&fields.entry(index), "must have a condition such as Equals");
                }
            }
        }
        let aggregation = top.property("AggregationConfigurations");
        for (index, entry) in self.aggregation_configurations.iter().flatten().enumerate() {
            if entry.templates.is_empty() {
                let path = aggregation.entry(index).property("Templates");
                problems.add(&path, "must have an entry");
            }
        }
        self.check_tags(&top.property("Tags"), problems);
    }

    fn check_tags(&self, path: &Path, problems: &mut Problems) {
        let mut keys = BTreeSet::new();
        for (index, tag) in self.tags.iter().flatten().enumerate() {
            if !keys.insert(&tag.key.0) {
                problems.add(&path.entry(index).property("Key"), "is given twice");
            }
        }
        if keys.len() > MOST_TAGS {
            problems.add(
                path,
                format!(
                    "may have {MOST_TAGS} entries: of the 50 that AWS allows, 4 are OrgTrail's"
                ),
            );
        }
    }
}

impl AdvancedFieldSelector {
    /// The conditions that are given, by operator.
    pub(super) fn conditions(&self) -> BTreeMap<Operator, Unordered<String>> {
        [
            (Operator::Equals, &self.equals),
            (Operator::StartsWith, &self.starts_with),
            (Operator::EndsWith, &self.ends_with),
            (Operator::NotEquals, &self.not_equals),
            (Operator::NotStartsWith, &self.not_starts_with),
            (Operator::NotEndsWith, &self.not_ends_with),
        ]
        .into_iter()
        .map(|(operator, values)| (operator, values.iter().flatten().cloned().collect()))
        .filter(|(_, values): &(_, Unordered<String>)| !values.is_empty())
        .collect()
    }
}
