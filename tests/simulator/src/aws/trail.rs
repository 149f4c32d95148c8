//! A trail and its parts, as CloudTrail keeps them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Arn, Delivery, Timestamp,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, REGION},
};

/// A trail. There is one of it however many accounts and Regions show a copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // CloudTrail has them
pub struct Trail {
    /// The account in its ARN: for an organization trail always the management account.
    pub account: String,
    /// Where it was created, and the only Region where it can be changed.
    pub home_region: String,
    /// Unique in the account and Region.
    pub name: String,
    /// Where the logs go.
    pub s3_bucket_name: String,
    /// What the log files' keys begin with.
    pub s3_key_prefix: Option<String>,
    /// The topic, always as an ARN.
    pub sns_topic_arn: Option<String>,
    /// Whether events of global services are logged.
    pub include_global_service_events: bool,
    /// Whether every Region has a copy.
    pub is_multi_region_trail: bool,
    /// Whether digests are delivered.
    pub log_file_validation_enabled: bool,
    /// The log group, ending in `:*`.
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// The role that writes to the log group.
    pub cloud_watch_logs_role_arn: Option<String>,
    /// The key, always as the ARN of a key.
    pub kms_key_id: Option<String>,
    /// Whether every member account has a copy.
    pub is_organization_trail: bool,
    /// Whether what CloudTrail does to deliver is logged too.
    pub recursive_logging: bool,
    /// What is logged.
    pub event_selectors: EventSelectors,
    /// What is watched for unusual activity; empty when nothing is.
    pub insight_selectors: Vec<InsightSelector>,
    /// What is aggregated; at most one.
    pub aggregation_configurations: Vec<AggregationConfiguration>,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
    /// False until `StartLogging`.
    pub is_logging: bool,
    /// The last `StartLogging` that had an effect.
    pub start_logging_time: Option<Timestamp>,
    /// The last `StopLogging` that had an effect.
    pub stop_logging_time: Option<Timestamp>,
    /// The last delivery to the bucket.
    pub latest_delivery_time: Option<Timestamp>,
    /// Why the last delivery to the bucket failed: an S3 error code.
    pub latest_delivery_error: Option<String>,
    /// Why the last notification failed: an SNS error code.
    pub latest_notification_error: Option<String>,
    /// Why the last delivery to the log group failed.
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
    /// What becomes of its logs from now on; without any, nothing.
    pub deliveries: Vec<Delivery>,
    /// How many reads still do not see the trail, because it is new.
    pub unseen_reads: u32,
}

impl Default for Trail {
    /// What `CreateTrail` makes of a request that names nothing but the trail and its bucket.
    fn default() -> Self {
        Self {
            account: MANAGEMENT_ACCOUNT.to_owned(),
            home_region: REGION.to_owned(),
            name: String::new(),
            s3_bucket_name: BUCKET.to_owned(),
            s3_key_prefix: None,
            sns_topic_arn: None,
            include_global_service_events: true,
            is_multi_region_trail: false,
            log_file_validation_enabled: false,
            cloud_watch_logs_log_group_arn: None,
            cloud_watch_logs_role_arn: None,
            kms_key_id: None,
            is_organization_trail: false,
            recursive_logging: true,
            event_selectors: EventSelectors::default(),
            insight_selectors: Vec::new(),
            aggregation_configurations: Vec::new(),
            tags: BTreeMap::new(),
            is_logging: false,
            start_logging_time: None,
            stop_logging_time: None,
            latest_delivery_time: None,
            latest_delivery_error: None,
            latest_notification_error: None,
            latest_cloud_watch_logs_delivery_error: None,
            deliveries: Vec::new(),
            unseen_reads: 0,
        }
    }
}

impl Trail {
    /// An organization trail as the console makes it: every Region, validated, logging.
    #[must_use]
    pub fn organization(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_organization_trail: true,
            is_multi_region_trail: true,
            log_file_validation_enabled: true,
            is_logging: true,
            ..Self::default()
        }
    }

    /// The same trail with another tag.
    #[must_use]
    pub fn with_tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The same trail at home in another Region.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.home_region);
        self
    }

    /// The same trail with something that becomes of its logs.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.deliveries.push(delivery);
        self
    }

    /// The same trail for its own account only.
    #[must_use]
    pub fn not_organization(mut self) -> Self {
        self.is_organization_trail = false;
        self
    }

    /// The trail's ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        Arn::compose(
            "cloudtrail",
            &self.home_region,
            &self.account,
            &format!("trail/{}", self.name),
        )
    }

    /// Whether a Region shows the trail, at home or as a shadow.
    #[must_use]
    pub fn is_in(&self, region: &str) -> bool {
        self.is_multi_region_trail || self.home_region == region
    }

    /// The trail as `GetTrail` has it.
    #[must_use]
    pub fn described(&self) -> Value {
        let mut trail = self.configured();
        trail["HomeRegion"] = json!(self.home_region);
        trail["HasCustomEventSelectors"] = json!(self.event_selectors != EventSelectors::Default);
        trail["HasInsightSelectors"] = json!(!self.insight_selectors.is_empty());
        trail
    }

    /// The trail as `CreateTrail` and `UpdateTrail` answer with it.
    #[must_use]
    pub fn configured(&self) -> Value {
        let mut trail = json!({
            "Name": self.name,
            "TrailARN": self.arn(),
            "S3BucketName": self.s3_bucket_name,
            "IncludeGlobalServiceEvents": self.include_global_service_events,
            "IsMultiRegionTrail": self.is_multi_region_trail,
            "LogFileValidationEnabled": self.log_file_validation_enabled,
            "IsOrganizationTrail": self.is_organization_trail,
            "RecursiveLogging": self.recursive_logging,
        });
        let optional = [
            ("S3KeyPrefix", &self.s3_key_prefix),
            // Obsolete, and still sent: the ARN's member is SnsTopicARN.
            ("SnsTopicName", &self.sns_topic_arn),
            ("SnsTopicARN", &self.sns_topic_arn),
            (
                "CloudWatchLogsLogGroupArn",
                &self.cloud_watch_logs_log_group_arn,
            ),
            ("CloudWatchLogsRoleArn", &self.cloud_watch_logs_role_arn),
            ("KmsKeyId", &self.kms_key_id),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                trail[name] = json!(value);
            }
        }
        trail
    }
}

/// What a trail logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EventSelectors {
    /// Nobody said: all management events.
    #[default]
    Default,
    /// One to five basic selectors.
    Basic(Vec<EventSelector>),
    /// Advanced selectors.
    Advanced(Vec<AdvancedEventSelector>),
}

impl EventSelectors {
    /// Whether read, respectively write, management events are logged.
    #[must_use]
    pub fn management_events(&self) -> (bool, bool) {
        match self {
            Self::Default => (true, true),
            Self::Basic(selectors) => {
                let logs = |other: &str| {
                    selectors
                        .iter()
                        .any(|s| s.include_management_events && s.read_write_type != other)
                };
                (logs("WriteOnly"), logs("ReadOnly"))
            }
            Self::Advanced(selectors) => {
                let logs = |read_only: &str| {
                    selectors.iter().any(|selector| {
                        selector.is_of_category("Management")
                            && selector.field("readOnly").is_none_or(|field| {
                                field.equals.iter().any(|value| value == read_only)
                            })
                    })
                };
                (logs("true"), logs("false"))
            }
        }
    }

    /// Whether any data events are logged.
    #[must_use]
    pub fn data_events(&self) -> bool {
        match self {
            Self::Default => false,
            Self::Basic(selectors) => selectors.iter().any(|s| !s.data_resources.is_empty()),
            Self::Advanced(selectors) => selectors.iter().any(|s| s.is_of_category("Data")),
        }
    }
}

/// A basic event selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Whether management events are logged.
    pub include_management_events: bool,
    /// Which data events are logged.
    pub data_resources: Vec<DataResource>,
    /// Services whose management events are not logged.
    pub exclude_management_event_sources: Vec<String>,
}

impl Default for EventSelector {
    fn default() -> Self {
        Self {
            read_write_type: "All".to_owned(),
            include_management_events: true,
            data_resources: Vec::new(),
            exclude_management_event_sources: Vec::new(),
        }
    }
}

/// Resources whose data events a basic selector logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DataResource {
    /// For example `AWS::S3::Object`.
    #[serde(rename = "Type")]
    pub resource_type: String,
    /// ARN prefixes.
    pub values: Vec<String>,
}

/// An advanced event selector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AdvancedEventSelector {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All of them must match.
    pub field_selectors: Vec<FieldSelector>,
}

impl AdvancedEventSelector {
    /// The condition on `field`, if there is one.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<&FieldSelector> {
        self.field_selectors
            .iter()
            .find(|selector| selector.field == field)
    }

    fn is_of_category(&self, category: &str) -> bool {
        self.field("eventCategory")
            .is_some_and(|field| field.equals.iter().any(|value| value == category))
    }
}

/// A condition on one field of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[allow(missing_docs)] // the operators say themselves what they do
pub struct FieldSelector {
    pub field: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}

/// One kind of insight on some categories of events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InsightSelector {
    /// `ApiCallRateInsight` or `ApiErrorRateInsight`.
    pub insight_type: String,
    /// `Management`, `Data` or both.
    pub event_categories: Vec<String>,
}

/// What is aggregated, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AggregationConfiguration {
    /// `API_ACTIVITY`, `RESOURCE_ACCESS`, `USER_ACTIONS`.
    pub templates: Vec<String>,
    /// `Data`.
    pub event_category: String,
}
