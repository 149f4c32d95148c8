//! The properties of `Custom::OrgTrail`.
//!
//! Names and forms are those of `AWS::CloudTrail::Trail`, so that a declaration moves between the
//! two by changing its type.

use std::collections::BTreeMap;

use crate::cfn::properties::Parsed;
use crate::domain::names::{Region, TrailName};
use crate::domain::string_rule::StringRule;
use crate::domain::trail::ExistingTrail;
use crate::domain::trail::settings::Operator;
use crate::domain::unordered::Unordered;

crate::properties! {
    /// A trail of the whole organization. CloudTrail records the events of every account, including
    /// accounts that join later.
    pub struct OrgTrailProperties {
        /// The name of the trail: letters and digits, with single `.`, `_` and `-` between them, and
        /// not in the form of an IP address.
        required TrailName => trail_name: TrailName [Replacement],
        /// The Region in which the trail is created, and the only one in which it can be changed.
        optional HomeRegion => home_region: Region [
            Replacement, DefaultIs("the function's Region")
        ],
        /// The name of the S3 bucket that receives the log files. The bucket may be in another
        /// account.
        required S3BucketName => s3_bucket_name: String [Strings(&[
            Length(3, 255),
            Pattern("^[A-Za-z0-9._-]+$", "must consist of letters, digits, '.', '_' and '-'"),
        ])],
        /// The prefix that comes before `AWSLogs/` in the keys of the log files. It must not begin
        /// with a slash.
        optional S3KeyPrefix => s3_key_prefix: String [Strings(&[
            Length(0, 200),
            Pattern("^[^/]", "must not begin with a slash"),
        ])],
        /// The KMS key that encrypts the log files, in the Region of the bucket: the id or the ARN of
        /// a key, or the name (`alias/...`) or the ARN of an alias.
        optional KMSKeyId => kms_key_id: String [
            DefaultIs("none: S3 encrypts the log files with its own keys")
        ],
        /// Must be true. `AWS::CloudTrail::Trail` creates trails of one account.
        default("true") IsOrganizationTrail => is_organization_trail: bool [
            True, Hint("AWS::CloudTrail::Trail creates trails of one account")
        ],
        /// Records the events of all Regions, and not only those of the home Region.
        default("true") IsMultiRegionTrail => is_multi_region_trail: bool,
        /// Records the events of global services such as IAM. Must be true on a multi-Region trail.
        default("true") IncludeGlobalServiceEvents => include_global_service_events: bool,
        /// Delivers digest files, which show whether a log file was changed or deleted.
        default("true") EnableLogFileValidation => enable_log_file_validation: bool,
        /// Records events. If false, the trail exists and logging is stopped.
        default("true") IsLogging => is_logging: bool,
        /// Records the events that CloudTrail itself causes when it delivers to the bucket and the
        /// log group.
        default("true") RecursiveLogging => recursive_logging: bool,
        /// The ARN of a CloudWatch Logs log group that receives the events too, with or without `:*`
        /// at the end. Needs `CloudWatchLogsRoleArn`.
        optional CloudWatchLogsLogGroupArn => cloud_watch_logs_log_group_arn: String,
        /// The ARN of the role that CloudTrail assumes to write to the log group. Needs
        /// `CloudWatchLogsLogGroupArn`.
        optional CloudWatchLogsRoleArn => cloud_watch_logs_role_arn: String,
        /// The name or the ARN of the SNS topic that CloudTrail notifies of every delivery.
        optional SnsTopicName => sns_topic_name: String,
        /// The event selectors, which choose the events that the trail records. Cannot be given
        /// together with `AdvancedEventSelectors`.
        optional EventSelectors => event_selectors: Vec<EventSelector> [
            Items(1, Some(5)),
            Hint("leave it out to record all management events"),
            DefaultIs("all management events and no data events"),
        ],
        /// The advanced event selectors, which choose the events that the trail records by their
        /// fields. Cannot be given together with `EventSelectors`.
        optional AdvancedEventSelectors => advanced_event_selectors: Vec<AdvancedEventSelector> [
            Items(1, None), Hint("leave it out to record all management events")
        ],
        /// The unusual activity that CloudTrail Insights reports.
        optional InsightSelectors => insight_selectors: Vec<InsightSelector>,
        /// The aggregation of data events.
        optional AggregationConfigurations => aggregation_configurations: Vec<AggregationConfiguration> [
            Items(0, Some(1))
        ],
        /// The tags of the trail. AWS allows 50, and OrgTrail needs 4 of them. Tags that others put
        /// on the trail stay.
        optional Tags => tags: Vec<Tag> [
            Items(0, Some(46)),
            Hint("AWS allows 50 tags, and OrgTrail needs 4 of them"),
            Unique("Key"),
        ],
        /// What Create does if the name belongs to a trail that this resource does not own. `Fail`
        /// fails and leaves the trail unchanged. `Adopt` takes the trail over; Delete then releases
        /// it and never deletes it.
        default("Fail") ExistingTrail => existing_trail: ExistingTrail,
    } [
        Needs("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"),
        Needs("CloudWatchLogsRoleArn", "CloudWatchLogsLogGroupArn"),
        Excludes("EventSelectors", "AdvancedEventSelectors"),
        When(
            IsFalse("IncludeGlobalServiceEvents"),
            IsFalse("IsMultiRegionTrail"),
            Some("IncludeGlobalServiceEvents"),
            "must be true on a multi-Region trail",
        ),
    ]
}

crate::properties! {
    /// A selector of events.
    pub struct EventSelector {
        /// The events that are recorded: `ReadOnly` for events that read, `WriteOnly` for events that
        /// change something, or `All`.
        default("All") ReadWriteType => read_write_type: String [
            Strings(&[OneOf(&["All", "ReadOnly", "WriteOnly"])])
        ],
        /// Records management events. If false, `DataResources` must name data events.
        default("true") IncludeManagementEvents => include_management_events: bool,
        /// The services whose management events are not recorded.
        optional ExcludeManagementEventSources => exclude_management_event_sources: Vec<String> [
            Strings(&[OneOf(&["kms.amazonaws.com", "rdsdata.amazonaws.com"])])
        ],
        /// The resources whose data events are recorded.
        optional DataResources => data_resources: Vec<DataResource>,
    } [
        When(
            IsFalse("IncludeManagementEvents"),
            AnyEntry("DataResources", &HasEntries("Values")),
            Some("DataResources"),
            "is required where IncludeManagementEvents is false",
        ),
    ]
}

crate::properties! {
    /// Resources of one type whose data events are recorded.
    pub struct DataResource {
        /// The type of the resources. Other types need `AdvancedEventSelectors`.
        required Type => resource_type: String [
            Strings(&[
                OneOf(&["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"])
            ]),
            Hint("other types need AdvancedEventSelectors"),
        ],
        /// The ARNs of the resources, or prefixes of ARNs. Without any, no data events are recorded.
        optional Values => values: Vec<String>,
    }
}

crate::properties! {
    /// A selector of the events that meet all of its conditions.
    pub struct AdvancedEventSelector {
        /// A name for the selector.
        optional Name => name: String [Strings(&[Length(0, 1000)])],
        /// The conditions.
        required FieldSelectors => field_selectors: Vec<AdvancedFieldSelector> [Items(1, None)],
    }
}

crate::properties! {
    /// A condition on one field of an event. At least one of the lists must have an entry.
    pub struct AdvancedFieldSelector {
        /// The field, such as `eventCategory`, `eventName` or `resources.type`. CloudTrail decides
        /// which fields exist.
        required Field => field: String,
        /// The field equals one of these values.
        optional Equals => equals: Vec<String>,
        /// The field starts with one of these values.
        optional StartsWith => starts_with: Vec<String>,
        /// The field ends with one of these values.
        optional EndsWith => ends_with: Vec<String>,
        /// The field equals none of these values.
        optional NotEquals => not_equals: Vec<String>,
        /// The field starts with none of these values.
        optional NotStartsWith => not_starts_with: Vec<String>,
        /// The field ends with none of these values.
        optional NotEndsWith => not_ends_with: Vec<String>,
    } [
        When(
            Always,
            AnyOf(&[
                HasEntries("Equals"),
                HasEntries("StartsWith"),
                HasEntries("EndsWith"),
                HasEntries("NotEquals"),
                HasEntries("NotStartsWith"),
                HasEntries("NotEndsWith"),
            ]),
            None,
            "must have a condition such as Equals",
        ),
    ]
}

crate::properties! {
    /// A kind of unusual activity.
    pub struct InsightSelector {
        /// The kind of activity: an unusual rate of API calls, or of API errors.
        required InsightType => insight_type: String [
            Strings(&[OneOf(&["ApiCallRateInsight", "ApiErrorRateInsight"])])
        ],
        /// The categories of the events that CloudTrail analyzes.
        optional EventCategories => event_categories: Vec<String> [
            Strings(&[OneOf(&["Management", "Data"])]), DefaultIs("`Management`")
        ],
    }
}

crate::properties! {
    /// An aggregation of events.
    pub struct AggregationConfiguration {
        /// The category of the events that CloudTrail aggregates.
        required EventCategory => event_category: String [Strings(&[OneOf(&["Data"])])],
        /// The templates by which CloudTrail aggregates.
        required Templates => templates: Vec<String> [
            Strings(&[OneOf(&["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"])]),
            Items(1, None),
        ],
    }
}

crate::properties! {
    /// A tag.
    pub struct Tag {
        /// The key, which must be unique. It must not begin with `aws:`, in any letter case, or with
        /// `OrgTrail/`.
        required Key => key: String [Strings(&[
            Length(1, 128),
            NotPattern("^([Aa][Ww][Ss]:|OrgTrail/)", "must not begin with aws: or OrgTrail/"),
        ])],
        /// The value. It may be empty.
        required Value => value: String [Strings(&[Length(0, 256)])],
    }
}

impl Parsed for ExistingTrail {
    const RULES: &'static [StringRule] = &[StringRule::OneOf(&["Fail", "Adopt"])];

    fn parsed(string: &str) -> Option<Self> {
        match string {
            "Fail" => Some(Self::Fail),
            "Adopt" => Some(Self::Adopt),
            _ => None,
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
