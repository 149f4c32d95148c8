//! The properties of `Custom::OrgTrail`: their names, their forms, their rules.
//!
//! Names and forms are those of `AWS::CloudTrail::Trail`, so that a declaration moves between the
//! two by changing its type.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::properties::{Path, Problems, one_of};
use crate::core::arn::{Region, TrailName};
use crate::core::owner::is_our_tag;
use crate::core::trail::ExistingTrail;
use crate::core::trail::settings::Operator;

/// What AWS allows on a trail, less what is OrgTrail's own (see [`crate::core::owner`]).
const MOST_TAGS: usize = 50 - 4;

crate::properties! {
    /// The properties of `Custom::OrgTrail`.
    pub struct OrgTrailProperties {
        /// The trail's name. A change is a replacement.
        required TrailName => trail_name: TrailName,
        /// Where the trail lives. Default: the function's Region. A change is a replacement.
        optional HomeRegion => home_region: Region,
        /// The bucket that receives the logs, in any account.
        required S3BucketName => s3_bucket_name: BucketName,
        /// Comes before `AWSLogs/` in the objects' keys.
        optional S3KeyPrefix => s3_key_prefix: KeyPrefix,
        /// The key that encrypts the logs: id, ARN, alias or alias ARN.
        optional KMSKeyId => kms_key_id: String,
        /// Only true; `AWS::CloudTrail::Trail` makes other trails.
        optional IsOrganizationTrail => is_organization_trail: bool,
        /// Record all Regions. Default: true.
        optional IsMultiRegionTrail => is_multi_region_trail: bool,
        /// Record services without a Region. Default: true.
        optional IncludeGlobalServiceEvents => include_global_service_events: bool,
        /// Write digests. Default: true.
        optional EnableLogFileValidation => enable_log_file_validation: bool,
        /// Record at all. Default: true.
        optional IsLogging => is_logging: bool,
        /// Record CloudTrail's own deliveries. Default: CloudTrail's, which is true.
        optional RecursiveLogging => recursive_logging: bool,
        /// A log group to deliver to as well; a missing `:*` is added.
        optional CloudWatchLogsLogGroupArn => cloud_watch_logs_log_group_arn: String,
        /// The role that CloudTrail writes to it with.
        optional CloudWatchLogsRoleArn => cloud_watch_logs_role_arn: String,
        /// A topic to be told of deliveries: name or ARN.
        optional SnsTopicName => sns_topic_name: String,
        /// Which events are recorded. Default: all management events.
        optional EventSelectors => event_selectors: Vec<EventSelector>,
        /// The same in the finer form; not together with `EventSelectors`.
        optional AdvancedEventSelectors => advanced_event_selectors: Vec<AdvancedEventSelector>,
        /// Which unusual activity is looked for.
        optional InsightSelectors => insight_selectors: Vec<InsightSelector>,
        /// How data events are summed up.
        optional AggregationConfigurations => aggregation_configurations: Vec<AggregationConfiguration>,
        /// The trail's tags.
        optional Tags => tags: Vec<Tag>,
        /// What Create does where the name is taken by a trail that is not this resource's.
        optional ExistingTrail => existing_trail: ExistingTrail,
    }
}

crate::properties! {
    /// An entry of `EventSelectors`.
    pub struct EventSelector {
        /// Default: All.
        optional ReadWriteType => read_write_type: ReadWriteType,
        /// Default: true.
        optional IncludeManagementEvents => include_management_events: bool,
        /// Sources to leave out.
        optional ExcludeManagementEventSources => exclude_management_event_sources: Vec<ExcludedSource>,
        /// Data events.
        optional DataResources => data_resources: Vec<DataResource>,
    }
}

crate::properties! {
    /// An entry of `DataResources`.
    pub struct DataResource {
        /// What kind of resource.
        required Type => resource_type: DataResourceType,
        /// ARNs or beginnings of ARNs.
        optional Values => values: Vec<String>,
    }
}

crate::properties! {
    /// An entry of `AdvancedEventSelectors`.
    pub struct AdvancedEventSelector {
        /// For people.
        optional Name => name: SelectorName,
        /// Conditions that must all hold.
        required FieldSelectors => field_selectors: Vec<AdvancedFieldSelector>,
    }
}

crate::properties! {
    /// An entry of `FieldSelectors`.
    pub struct AdvancedFieldSelector {
        /// The field of the event. Any name: CloudTrail adds fields.
        required Field => field: String,
        /// Is one of these.
        optional Equals => equals: Vec<String>,
        /// Begins with one of these.
        optional StartsWith => starts_with: Vec<String>,
        /// Ends with one of these.
        optional EndsWith => ends_with: Vec<String>,
        /// Is none of these.
        optional NotEquals => not_equals: Vec<String>,
        /// Begins with none of these.
        optional NotStartsWith => not_starts_with: Vec<String>,
        /// Ends with none of these.
        optional NotEndsWith => not_ends_with: Vec<String>,
    }
}

crate::properties! {
    /// An entry of `InsightSelectors`.
    pub struct InsightSelector {
        /// The kind of activity.
        required InsightType => insight_type: InsightType,
        /// Of which events. Default: Management.
        optional EventCategories => event_categories: Vec<EventCategory>,
    }
}

crate::properties! {
    /// An entry of `AggregationConfigurations`.
    pub struct AggregationConfiguration {
        /// Only Data.
        required EventCategory => event_category: AggregatedCategory,
        /// What is summed up.
        required Templates => templates: Vec<Template>,
    }
}

crate::properties! {
    /// A tag.
    pub struct Tag {
        /// Unique on a trail.
        required Key => key: TagKey,
        /// May be empty.
        required Value => value: TagValue,
    }
}

/// Declares texts with a rule each.
macro_rules! texts {
    ($($(#[$meta:meta])* $type:ident: $rule:expr, $message:expr;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $type(pub String);
        )+

        crate::text_property! {
            $($type => |text: &str| {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok($type(text.to_owned())) } else { Err($message) }
            }),+
        }
    };
}

texts! {
    /// A bucket's name.
    BucketName: |text| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (3..=255).contains(&text.len()) && text.chars().all(allowed)
    }, "must be a bucket's name: 3 or more letters, digits, dots and hyphens";
    /// A prefix of keys.
    KeyPrefix: |text| text.chars().count() <= 200 && !text.starts_with('/'),
        "may have 200 characters and may not begin with a slash";
    /// `All`, `ReadOnly`, `WriteOnly`.
    ReadWriteType: |text| matches!(text, "All" | "ReadOnly" | "WriteOnly"),
        "must be All or ReadOnly or WriteOnly";
    /// A source of management events that can be left out.
    ExcludedSource: |text| matches!(text, "kms.amazonaws.com" | "rdsdata.amazonaws.com"),
        "must be kms.amazonaws.com or rdsdata.amazonaws.com";
    /// A type of resource that basic selectors know.
    DataResourceType: |text| {
        matches!(text, "AWS::S3::Object" | "AWS::Lambda::Function" | "AWS::DynamoDB::Table")
    }, "must be AWS::S3::Object or AWS::Lambda::Function or AWS::DynamoDB::Table; other types need \
        AdvancedEventSelectors";
    /// The name of an advanced selector.
    SelectorName: |text| text.chars().count() <= 1000, "may have 1000 characters";
    /// A kind of insight.
    InsightType: |text| matches!(text, "ApiCallRateInsight" | "ApiErrorRateInsight"),
        "must be ApiCallRateInsight or ApiErrorRateInsight";
    /// A category of events.
    EventCategory: |text| matches!(text, "Management" | "Data"), "must be Management or Data";
    /// The category of events that is summed up.
    AggregatedCategory: |text| text == "Data", "must be Data";
    /// A way of summing up.
    Template: |text| matches!(text, "API_ACTIVITY" | "RESOURCE_ACCESS" | "USER_ACTIONS"),
        "must be API_ACTIVITY or RESOURCE_ACCESS or USER_ACTIONS";
    /// A tag's key.
    TagKey: |text| {
        (1..=128).contains(&text.chars().count())
            && !is_our_tag(text)
            && !text.to_ascii_lowercase().starts_with("aws:")
    }, "must have 1 to 128 characters and may not begin with aws: or OrgTrail/";
    /// A tag's value.
    TagValue: |text| text.chars().count() <= 256, "may have 256 characters";
}

crate::text_property! {
    ExistingTrail => |text| {
        one_of(text, &[("Fail", ExistingTrail::Fail), ("Adopt", ExistingTrail::Adopt)])
    },
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
    pub(super) fn conditions(&self) -> BTreeMap<Operator, BTreeSet<String>> {
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
        .filter(|(_, values): &(_, BTreeSet<String>)| !values.is_empty())
        .collect()
    }
}
