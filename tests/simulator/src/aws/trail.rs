//! A trail. A setting of `CreateTrail` and `UpdateTrail` is a field here, its default, and a line in
//! [`SETTINGS`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Arn, Delivery, EventSelectors, InsightSelector, ServiceError, Timestamp,
    error::refuse,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, REGION},
    without_nulls,
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
    /// The prefix of the log files' keys.
    pub s3_key_prefix: Option<String>,
    /// The topic, always as an ARN.
    pub sns_topic_arn: Option<String>,
    /// True if events of global services are logged.
    pub include_global_service_events: bool,
    /// True if every Region has a copy.
    pub is_multi_region_trail: bool,
    /// True if digests are delivered.
    pub log_file_validation_enabled: bool,
    /// The log group, ending in `:*`.
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// The role that writes to the log group.
    pub cloud_watch_logs_role_arn: Option<String>,
    /// The key, always as the ARN of a key.
    pub kms_key_id: Option<String>,
    /// True if every member account has a copy.
    pub is_organization_trail: bool,
    /// True if the trail also logs the calls that CloudTrail makes to deliver log files.
    pub recursive_logging: bool,
    /// The events that are logged.
    pub event_selectors: EventSelectors,
    /// The kinds of unusual activity that CloudTrail watches for.
    pub insight_selectors: Vec<InsightSelector>,
    /// The aggregation of events, as the request has it.
    pub aggregation_configurations: Vec<Value>,
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
    /// The last delivery of a digest.
    pub latest_digest_delivery_time: Option<Timestamp>,
    /// Why the last delivery of a digest failed: an S3 error code. It stays until the next digest.
    pub latest_digest_delivery_error: Option<String>,
    /// Why the last notification failed: an SNS error code.
    pub latest_notification_error: Option<String>,
    /// Why the last delivery to the log group failed.
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
    /// The deliveries of log files from now on. If empty, nothing is delivered.
    pub deliveries: Vec<Delivery>,
    /// The number of reads that still do not show the trail, because it is new.
    pub unseen_reads: u32,
}

impl Default for Trail {
    /// The trail that `CreateTrail` creates if a request names only the trail and its bucket.
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
            latest_digest_delivery_time: None,
            latest_digest_delivery_error: None,
            latest_notification_error: None,
            latest_cloud_watch_logs_delivery_error: None,
            deliveries: Vec::new(),
            unseen_reads: 0,
        }
    }
}

/// The field of a setting. With a string goes the error for an empty one in `CreateTrail`.
#[derive(Clone, Copy)]
enum Field {
    Flag(fn(&mut Trail) -> &mut bool),
    Required(&'static str, fn(&mut Trail) -> &mut String),
    Optional(&'static str, fn(&mut Trail) -> &mut Option<String>),
}

use Field::{Flag, Optional, Required};

/// The settings: the member of requests, the member of responses, and the field.
#[rustfmt::skip]
const SETTINGS: [(&str, &str, Field); 11] = [
    ("S3BucketName", "S3BucketName",
        Required("InvalidS3BucketNameException", |trail| &mut trail.s3_bucket_name)),
    ("S3KeyPrefix", "S3KeyPrefix",
        Optional("InvalidS3PrefixException", |trail| &mut trail.s3_key_prefix)),
    ("SnsTopicName", "SnsTopicARN",
        Optional("InvalidSnsTopicNameException", |trail| &mut trail.sns_topic_arn)),
    ("KmsKeyId", "KmsKeyId",
        Optional("InvalidKmsKeyIdException", |trail| &mut trail.kms_key_id)),
    ("CloudWatchLogsLogGroupArn", "CloudWatchLogsLogGroupArn",
        Optional("InvalidCloudWatchLogsLogGroupArnException",
            |trail| &mut trail.cloud_watch_logs_log_group_arn)),
    ("CloudWatchLogsRoleArn", "CloudWatchLogsRoleArn",
        Optional("InvalidCloudWatchLogsRoleArnException",
            |trail| &mut trail.cloud_watch_logs_role_arn)),
    ("IncludeGlobalServiceEvents", "IncludeGlobalServiceEvents",
        Flag(|trail| &mut trail.include_global_service_events)),
    ("IsMultiRegionTrail", "IsMultiRegionTrail",
        Flag(|trail| &mut trail.is_multi_region_trail)),
    ("EnableLogFileValidation", "LogFileValidationEnabled",
        Flag(|trail| &mut trail.log_file_validation_enabled)),
    ("IsOrganizationTrail", "IsOrganizationTrail",
        Flag(|trail| &mut trail.is_organization_trail)),
    ("RecursiveLogging", "RecursiveLogging",
        Flag(|trail| &mut trail.recursive_logging)),
];

impl Trail {
    /// Sets what a request names: an absent member keeps a setting, an empty string clears it.
    pub(super) fn set(&mut self, input: &Value) -> Result<(), ServiceError> {
        for (member, _, field) in SETTINGS {
            match (field, &input[member]) {
                (_, Value::Null) => {}
                (Flag(of), Value::Bool(given)) => *of(self) = *given,
                (Required(_, of), Value::String(given)) => given.clone_into(of(self)),
                (Optional(_, of), Value::String(given)) => {
                    *of(self) = Some(given.clone()).filter(|given| !given.is_empty());
                }
                (_, other) => {
                    return refuse("SerializationException", format!("{member} is {other}"));
                }
            }
        }
        Ok(())
    }

    /// Refuses empty strings: it is not known what `CreateTrail` makes of them, so no caller may
    /// rely on them.
    pub(super) fn check_nothing_is_empty(input: &Value) -> Result<(), ServiceError> {
        for (member, _, field) in SETTINGS {
            let (code, is_empty) = match field {
                Flag(_) => continue,
                Required(code, _) => (code, input[member].is_null() || input[member] == ""),
                Optional(code, _) => (code, input[member] == ""),
            };
            if is_empty {
                return refuse(code, "The value cannot be blank.");
            }
        }
        Ok(())
    }

    /// The trail as `CreateTrail` and `UpdateTrail` return it.
    #[must_use]
    pub fn configured(&self) -> Value {
        // The obsolete SnsTopicName is still sent, with the ARN.
        let mut output = json!({
            "Name": self.name, "TrailARN": self.arn(), "SnsTopicName": self.sns_topic_arn,
        });
        let mut trail = self.clone();
        for (_, member, field) in SETTINGS {
            output[member] = match field {
                Flag(of) => json!(of(&mut trail)),
                Required(_, of) => json!(of(&mut trail)),
                Optional(_, of) => json!(of(&mut trail)),
            };
        }
        without_nulls(output)
    }

    /// The trail as `GetTrail` has it.
    #[must_use]
    pub fn described(&self) -> Value {
        let mut trail = self.configured();
        trail["HomeRegion"] = json!(self.home_region);
        trail
    }

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
        let resource = format!("trail/{}", self.name);
        Arn::compose("cloudtrail", &self.home_region, &self.account, &resource)
    }

    /// True if a Region shows the trail, at home or as a shadow.
    #[must_use]
    pub fn is_in(&self, region: &str) -> bool {
        self.is_multi_region_trail || self.home_region == region
    }
}
