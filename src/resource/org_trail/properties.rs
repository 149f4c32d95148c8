//! The properties of `Custom::OrgTrail`.
//!
//! The names and types are those of `AWS::CloudTrail::Trail`, so that a template can change between
//! the two resource types.

use std::collections::BTreeMap;

use super::records::{
    ANALYZES_MANAGEMENT_EVENTS, IS_OF_DATA, IS_OF_NETWORK_ACTIVITY, RECORDS_DATA_EVENTS,
    RECORDS_MANAGEMENT_EVENTS, RECORDS_MANAGEMENT_WRITES,
};
use crate::domain::names::{Region, TrailName};
use crate::domain::string_rule::StringRule::{self, Check, Length, Pattern};
use crate::domain::trail::ExistingTrail;
use crate::domain::trail::settings::Operator;
use crate::domain::unordered::Unordered;

crate::properties! {
    /// Creates an organization trail in AWS CloudTrail. The trail records the events of every
    /// account in the organization, including accounts that join later, and delivers the log files
    /// of all accounts to one S3 bucket.
    pub struct OrgTrailProperties {
        /// The name of the trail. It must have 3 to 128 characters: letters, digits, periods (`.`),
        /// underscores (`_`) and dashes (`-`). It must start and end with a letter or digit. It
        /// must not contain two adjacent periods, underscores or dashes, and must not be in the
        /// format of an IP address. The policies of the bucket and of the KMS key contain the ARN
        /// of the trail, so change them before you change the name.
        required TrailName => trail_name: TrailName [Replacement],
        /// The Region in which CloudTrail creates the trail, for example, `eu-west-1`. CloudTrail
        /// accepts changes to a trail only in its home Region. A multi-Region trail records all
        /// Regions, whichever home Region it has. Accounts that have not enabled the home Region
        /// send no events to the trail.
        optional HomeRegion => home_region: Region [
            Replacement, DefaultIs("the Region of the function")
        ],
        /// The name of the S3 bucket that receives the log files. The bucket can be in another
        /// account. The bucket policy must allow CloudTrail to write the log files of this trail.
        /// CloudTrail checks the policy when it creates or changes the trail.
        required S3BucketName => s3_bucket_name: String [
            Strings(BUCKET_NAME), Hint("!Ref of a bucket returns its name"),
        ],
        /// The prefix of the keys of the log files, before `AWSLogs/`. The prefix `audit` results
        /// in keys that begin with `audit/AWSLogs/`. It must be at most 200 characters and must not
        /// begin or end with a slash. The bucket policy must allow CloudTrail to write under this
        /// prefix.
        optional S3KeyPrefix => s3_key_prefix: String [
            Strings(&[
                Length(0, 200),
                Pattern("^[^/]+(/+[^/]+)*$", "must not begin or end with a slash"),
            ]),
            DefaultIs("no prefix"),
        ],
        /// The KMS key that encrypts the log files and digest files: a key ID, a key ARN, an alias
        /// name (`alias/...`) or an alias ARN. The key must be in the Region of the bucket, and its
        /// key policy must allow CloudTrail to use it. If the key is in another account, specify
        /// the ARN of the key.
        optional KMSKeyId => kms_key_id: String [
            Strings(KMS_KEY),
            DefaultIs("no KMS key: S3 encrypts the log files with its own keys")
        ],
        /// Specifies that the trail records all accounts of the organization. It must be `true`. To
        /// create a trail for a single account, use `AWS::CloudTrail::Trail`.
        default("true") IsOrganizationTrail => is_organization_trail: bool [
            True, Hint("use AWS::CloudTrail::Trail for a trail of one account")
        ],
        /// Specifies whether the trail records the events of all Regions (`true`) or only those of
        /// its home Region (`false`).
        default("true") IsMultiRegionTrail => is_multi_region_trail: bool,
        /// Specifies whether the trail records the events of global services such as IAM. It must
        /// be `true` on a multi-Region trail. A single-Region trail receives these events only if
        /// its home Region is the one in which they occur, for example, us-east-1.
        default("true") IncludeGlobalServiceEvents => include_global_service_events: bool,
        /// Specifies whether CloudTrail delivers digest files, with which you can verify that no
        /// log file was changed or deleted after its delivery (`aws cloudtrail validate-logs`). Log
        /// files that CloudTrail delivers while the property is `false` cannot be verified later.
        default("true") EnableLogFileValidation => enable_log_file_validation: bool,
        /// Specifies whether the trail records events. If `false`, the trail exists but logging is
        /// stopped. CloudTrail does not deliver the events of that time later.
        default("true") IsLogging => is_logging: bool,
        /// Specifies whether the trail records the events that CloudTrail itself causes when it
        /// delivers log files to the bucket and to the log group. Set it to `false` to reduce the
        /// number of events.
        default("true") RecursiveLogging => recursive_logging: bool,
        /// The ARN of the CloudWatch Logs log group to which CloudTrail also delivers the events,
        /// for example, `arn:aws:logs:us-east-1:111111111111:log-group:organization-trail`. OrgTrail
        /// adds the `:*` that CloudTrail requires at the end if it is missing. The log group must
        /// be in the home Region of the trail, and in the account that creates the trail. Required if
        /// you specify `CloudWatchLogsRoleArn`.
        optional CloudWatchLogsLogGroupArn => cloud_watch_logs_log_group_arn: String [
            Strings(&[Pattern(
                "^arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[A-Za-z0-9._/#-]{1,512}(:\\*)?$",
                "must be the ARN of a log group",
            )]),
            Hint("specify !GetAtt with the attribute Arn of the log group; !Ref returns its name"),
            DefaultIs("no delivery to CloudWatch Logs")
        ],
        /// The ARN of the IAM role that CloudTrail assumes to write to the log group. The role must
        /// be in the account of the log group. The parameter `CloudWatchLogsRoleArns` of the
        /// function's stack, or of the management role's stack, must contain it. Required if you
        /// specify `CloudWatchLogsLogGroupArn`.
        optional CloudWatchLogsRoleArn => cloud_watch_logs_role_arn: String [
            Strings(&[Pattern(
                "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$",
                "must be the ARN of a role",
            )]),
            Hint("specify !GetAtt with the attribute Arn of the role; !Ref returns its name"),
            DefaultIs("no delivery to CloudWatch Logs")
        ],
        /// The name or the ARN of the SNS topic that CloudTrail notifies of every delivery of log
        /// files. If the topic is in another account or Region, specify its ARN. The topic policy
        /// must allow CloudTrail to publish to the topic.
        optional SnsTopicName => sns_topic_name: String [
            Strings(&[
                Length(1, 256),
                Pattern(
                    "^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:)?[A-Za-z0-9_-]+(\\.fifo)?$",
                    "must be the name or the ARN of a topic",
                ),
            ]),
            DefaultIs("no notifications"),
        ],
        /// The events that the trail records, as basic event selectors. The trail records an event
        /// if it matches at least one selector. Use basic event selectors for management events,
        /// and for the data events of S3 objects, Lambda functions and DynamoDB tables. You cannot
        /// specify both `EventSelectors` and `AdvancedEventSelectors`.
        optional EventSelectors => event_selectors: Vec<EventSelector> [
            Items(1, Some(5)),
            Hint("remove it to record all management events"),
            Distinct,
            DefaultIs("all management events and no data events"),
        ],
        /// The events that the trail records, as advanced event selectors, which filter events by
        /// their fields. The trail records an event if it matches at least one selector. Use
        /// advanced event selectors for the data events of other resource types, or to filter by
        /// event name. They replace the default: to record management events as well, add a
        /// selector for them. You cannot specify both `AdvancedEventSelectors` and
        /// `EventSelectors`.
        optional AdvancedEventSelectors => advanced_event_selectors: Vec<AdvancedEventSelector> [
            Items(1, None),
            Hint("remove it to record all management events"),
            Distinct,
            DefaultIs("all management events and no data events"),
        ],
        /// The CloudTrail Insights events that the trail records. CloudTrail Insights detects
        /// unusual rates of API calls and of API errors. The event selectors must record the events
        /// that it analyzes.
        optional InsightSelectors => insight_selectors: Vec<InsightSelector> [
            Distinct,
            DefaultIs("no Insights events")
        ],
        /// The aggregation of data events into summaries of 5 minutes. The event selectors of the
        /// trail must record data events.
        optional AggregationConfigurations => aggregation_configurations: Vec<AggregationConfiguration> [
            Items(0, Some(1)), DefaultIs("no aggregation")
        ],
        /// The tags of the trail. You can specify at most 46 tags: AWS allows 50, and OrgTrail
        /// needs up to 4. A tag that you remove from the template is removed from the trail. Tags
        /// that were added to the trail outside of the template stay.
        optional Tags => tags: Vec<Tag> [
            Items(0, Some(46)),
            Hint("AWS allows 50 tags, and OrgTrail needs up to 4"),
            Unique("Key"),
            DefaultIs("only the tags that OrgTrail needs"),
        ],
        /// Specifies what Create does if a trail of this name exists and this resource does not own
        /// it. With `Fail`, Create fails and does not change the trail. With `Adopt`, the resource
        /// takes over the trail and changes it to match the template; Delete then keeps the trail
        /// and removes only the tags of OrgTrail. Set `Adopt` for a trail that you created outside
        /// of CloudFormation, or that a deleted stack retained.
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
        When(
            AnyEntry("InsightSelectors", &AllOf(&[
                Is("InsightType", "ApiCallRateInsight"), ANALYZES_MANAGEMENT_EVENTS,
            ])),
            RECORDS_MANAGEMENT_WRITES,
            Some("InsightSelectors"),
            "has an ApiCallRateInsight, for which the event selectors must record management \
             events that write",
        ),
        When(
            AnyEntry("InsightSelectors", &AllOf(&[
                Is("InsightType", "ApiErrorRateInsight"), ANALYZES_MANAGEMENT_EVENTS,
            ])),
            RECORDS_MANAGEMENT_EVENTS,
            Some("InsightSelectors"),
            "has an ApiErrorRateInsight, for which the event selectors must record management \
             events",
        ),
        When(
            AnyEntry("InsightSelectors", &Contains("EventCategories", "Data")),
            RECORDS_DATA_EVENTS,
            Some("InsightSelectors"),
            "has the event category Data, for which the event selectors must record data events",
        ),
        When(
            HasEntries("AggregationConfigurations"),
            RECORDS_DATA_EVENTS,
            Some("AggregationConfigurations"),
            "requires event selectors that record data events",
        ),
    ]
}

/// The bucket names that CloudTrail accepts (CloudTrail user guide, "Amazon S3 bucket naming
/// requirements").
const BUCKET_NAME: &[StringRule] = &[
    Length(3, 63),
    Pattern(
        "^[a-z0-9]+((-+|\\.)[a-z0-9]+)*$",
        "must be the name of a bucket: lowercase letters and digits, with '.' and '-' between them",
    ),
    StringRule::NotPattern("^([0-9]+\\.){3}[0-9]+$", "must not have the form of an IP address"),
];

/// The forms of a KMS key (API reference, CreateTrail; AWS KMS developer guide, "Key identifiers").
const KMS_KEY: &[StringRule] = &[Pattern(
    "^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)\
    |alias/[A-Za-z0-9/_-]+\
    |[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\
    |mrk-[0-9a-fA-F]{32})$",
    "must be a key ID, the ARN of a key, alias/ with the name of an alias, or the ARN of an alias",
)];

crate::properties! {
    /// A basic event selector. It selects management events, and the data events of the resources
    /// that it lists.
    pub struct EventSelector {
        /// Specifies which events are recorded: `ReadOnly` for operations that only read, for
        /// example `DescribeInstances`; `WriteOnly` for operations that change something, for
        /// example `RunInstances`; `All` for both.
        default("All") ReadWriteType => read_write_type: String [
            Strings(&[OneOf(&["All", "ReadOnly", "WriteOnly"])])
        ],
        /// Specifies whether management events are recorded. If `false`, `DataResources` must
        /// contain at least one ARN.
        default("true") IncludeManagementEvents => include_management_events: bool,
        /// The event sources whose management events are not recorded: AWS KMS
        /// (`kms.amazonaws.com`) and the Amazon RDS Data API (`rdsdata.amazonaws.com`). Use it to
        /// reduce the number of events.
        optional ExcludeManagementEventSources => exclude_management_event_sources: Vec<String> [
            Strings(&[OneOf(&["kms.amazonaws.com", "rdsdata.amazonaws.com"])]),
            Distinct,
            DefaultIs("no event source is excluded"),
        ],
        /// The resources whose data events are recorded. All selectors of a trail together must
        /// list at most 250 ARNs.
        optional DataResources => data_resources: Vec<DataResource> [
            Distinct, DefaultIs("no data events")
        ],
    } [
        When(
            IsFalse("IncludeManagementEvents"),
            AnyEntry("DataResources", &HasEntries("Values")),
            Some("DataResources"),
            "is required if IncludeManagementEvents is false",
        ),
    ]
}

crate::properties! {
    /// Resources of one type whose data events are recorded.
    pub struct DataResource {
        /// The type of the resources. For other resource types, use `AdvancedEventSelectors`.
        required Type => resource_type: String [
            Strings(&[
                OneOf(&["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"])
            ]),
            Hint("use AdvancedEventSelectors for other types"),
        ],
        /// The ARNs of the resources. For S3 objects, specify the beginning of their ARNs:
        /// `arn:aws:s3:::my-data/` selects all objects of a bucket, and
        /// `arn:aws:s3:::my-data/images/` those whose keys begin with `images/`. `arn:aws:s3`
        /// selects all objects of all buckets, `arn:aws:lambda` all functions, and
        /// `arn:aws:dynamodb` all tables. Outside of the partition `aws` the ARNs begin with the
        /// name of the partition, for example `arn:aws-us-gov:s3`. CloudTrail does not accept
        /// wildcards (`*`).
        optional Values => values: Vec<String> [Distinct, DefaultIs("no data events")],
    } [
        StringsWhen(Is("Type", "AWS::S3::Object"), "Values", &[Pattern(
            "^arn:aws[a-z-]*:s3(:::([^/*]+/[^*]*)?)?$",
            "must be arn:<partition>:s3 for all buckets, or the ARN of a bucket with a slash and \
             an optional key prefix, such as arn:aws:s3:::my-data/. It must not contain *",
        )]),
        StringsWhen(Is("Type", "AWS::Lambda::Function"), "Values", &[Pattern(
            "^arn:aws[a-z-]*:lambda(:[^*]+)?$",
            "must be arn:<partition>:lambda for all functions, or the ARN of a function. It must \
             not contain *",
        )]),
        StringsWhen(Is("Type", "AWS::DynamoDB::Table"), "Values", &[Pattern(
            "^arn:aws[a-z-]*:dynamodb(:[^*]+)?$",
            "must be arn:<partition>:dynamodb for all tables, or the ARN of a table. It must not \
             contain *",
        )]),
    ]
}

crate::properties! {
    /// An advanced event selector. It selects the events that meet all of its field selectors.
    pub struct AdvancedEventSelector {
        /// A descriptive name, for example, `Deleted objects`. It does not change which events are
        /// selected.
        optional Name => name: String [Strings(&[Length(1, 1000)]), DefaultIs("no name")],
        /// The conditions. An event must meet all of them. For example, one condition for
        /// `eventCategory` with the value `Management` selects all management events. A condition
        /// for `eventCategory` is required. With the value `Data`, a condition for `resources.type`
        /// is required as well; with the value `NetworkActivity`, one for `eventSource`. All
        /// advanced event selectors of a trail together must have at most 500 values.
        required FieldSelectors => field_selectors: Vec<AdvancedFieldSelector> [
            Items(1, None), Distinct,
        ],
    } [
        // API reference, AdvancedEventSelector: these fields are required.
        When(
            HasEntries("FieldSelectors"),
            AnyEntry("FieldSelectors", &Is("Field", "eventCategory")),
            Some("FieldSelectors"),
            "must have an entry with the Field eventCategory",
        ),
        When(
            IS_OF_DATA,
            AnyEntry("FieldSelectors", &Is("Field", "resources.type")),
            Some("FieldSelectors"),
            "must have an entry with the Field resources.type, which data events require",
        ),
        When(
            IS_OF_NETWORK_ACTIVITY,
            AnyEntry("FieldSelectors", &Is("Field", "eventSource")),
            Some("FieldSelectors"),
            "must have an entry with the Field eventSource, which network activity events require",
        ),
    ]
}

crate::properties! {
    /// A condition on one field of an event. Specify at least one of the lists, such as `Equals`,
    /// with at least one value. CloudTrail compares values literally: a `*` is not a wildcard.
    pub struct AdvancedFieldSelector {
        /// The field, for example, `eventCategory`, `eventName`, `readOnly`, `resources.type` or
        /// `resources.ARN`. CloudTrail defines the fields. For `eventCategory`, `readOnly` and
        /// `resources.type` it accepts only `Equals`.
        required Field => field: String [Strings(&[
            Length(1, 1000),
            Pattern("^[A-Za-z0-9._]+$", "must consist of letters, digits, '.' and '_'"),
        ])],
        /// Selects the events whose field equals one of these values.
        optional Equals => equals: Vec<String> [Strings(VALUES), Items(1, None), Distinct],
        /// Selects the events whose field starts with one of these values.
        optional StartsWith => starts_with: Vec<String> [Strings(VALUES), Items(1, None), Distinct],
        /// Selects the events whose field ends with one of these values.
        optional EndsWith => ends_with: Vec<String> [Strings(VALUES), Items(1, None), Distinct],
        /// Selects the events whose field equals none of these values.
        optional NotEquals => not_equals: Vec<String> [Strings(VALUES), Items(1, None), Distinct],
        /// Selects the events whose field starts with none of these values.
        optional NotStartsWith => not_starts_with: Vec<String> [
            Strings(VALUES), Items(1, None), Distinct
        ],
        /// Selects the events whose field ends with none of these values.
        optional NotEndsWith => not_ends_with: Vec<String> [
            Strings(VALUES), Items(1, None), Distinct
        ],
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
        // API reference, AdvancedFieldSelector, Equals.
        When(
            AnyOf(&[
                Is("Field", "eventCategory"), Is("Field", "readOnly"), Is("Field", "resources.type"),
            ]),
            Not(&AnyOf(&[
                HasEntries("StartsWith"),
                HasEntries("EndsWith"),
                HasEntries("NotEquals"),
                HasEntries("NotStartsWith"),
                HasEntries("NotEndsWith"),
            ])),
            None,
            "must have only Equals, because CloudTrail accepts no other condition for \
             eventCategory, readOnly and resources.type",
        ),
    ]
}

/// The values of a condition.
const VALUES: &[StringRule] = &[Length(1, 2048)];

crate::properties! {
    /// A type of Insights events that the trail records.
    pub struct InsightSelector {
        /// The type of Insights events. `ApiCallRateInsight` reports an unusual rate of API calls
        /// and needs a trail that records write management events. `ApiErrorRateInsight` reports an
        /// unusual rate of API errors and needs a trail that records read or write management
        /// events.
        required InsightType => insight_type: String [
            Strings(&[OneOf(&["ApiCallRateInsight", "ApiErrorRateInsight"])])
        ],
        /// The categories of the events that CloudTrail analyzes. `Data` needs a trail that records
        /// data events.
        optional EventCategories => event_categories: Vec<String> [
            Strings(&[OneOf(&["Management", "Data"])]), Distinct, DefaultIs("`Management`")
        ],
    }
}

crate::properties! {
    /// The aggregation of the events of one category.
    pub struct AggregationConfiguration {
        /// The category of the events that CloudTrail aggregates.
        required EventCategory => event_category: String [Strings(&[OneOf(&["Data"])])],
        /// The summaries that CloudTrail delivers: `API_ACTIVITY` by API call, `RESOURCE_ACCESS` by
        /// resource, and `USER_ACTIONS` by IAM principal.
        required Templates => templates: Vec<String> [
            Strings(&[OneOf(&["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"])]),
            Items(1, Some(50)),
            Distinct,
        ],
    }
}

crate::properties! {
    /// A tag of the trail.
    pub struct Tag {
        /// The key of the tag, for example `Purpose`. Each tag of the trail must have another key.
        /// The key must not begin with `aws:`, in any letter case, or with `OrgTrail/`. Keys and
        /// values consist of letters, digits, spaces and the characters `_ . : / = + - @`.
        required Key => key: String [Strings(&[
            Length(1, 128),
            NotPattern("^([Aa][Ww][Ss]:|OrgTrail/)", "must not begin with aws: or OrgTrail/"),
            TAG_CHARACTERS,
            TAG_LETTERS,
        ])],
        /// The value of the tag, for example `audit`. It can be an empty string.
        required Value => value: String [Strings(&[Length(0, 256), TAG_CHARACTERS, TAG_LETTERS])],
    }
}

// The characters of `^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$` (API reference of CloudTrail,
// InvalidTagParameterException): those of ASCII as a pattern that is valid in every schema validator,
// and the others.
const TAG_CHARACTERS: StringRule = Pattern("^([A-Za-z0-9 _.:/=+@-]|[^\\x00-\\x7F])*$", TAG_WORDS);
const TAG_LETTERS: StringRule = Check(
    |string| string.chars().all(|c| c.is_ascii() || c.is_alphanumeric() || c.is_whitespace()),
    TAG_WORDS,
);
const TAG_WORDS: &str = "must consist of letters, digits, spaces and _ . : / = + - @";

impl AdvancedFieldSelector {
    /// The values of each operator that has values.
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
