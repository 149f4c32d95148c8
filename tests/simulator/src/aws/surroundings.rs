//! The resources of other services that a trail uses: buckets, keys, topics, log groups and roles.

use serde::{Deserialize, Serialize};

use super::{Arn, Policy};

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The owner.
    pub account: String,
    /// Where it is, and so where a trail's key has to be.
    pub region: String,
    /// The bucket policy.
    #[serde(default)]
    pub policy: Policy,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The owner.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// A UUID, or `mrk-` and 32 digits.
    pub id: String,
    /// Names beginning `alias/`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The key policy.
    #[serde(default)]
    pub policy: Policy,
    /// True if it is disabled or pending deletion.
    #[serde(default)]
    pub disabled: bool,
}

impl Key {
    /// The key's ARN.
    pub fn arn(&self) -> String {
        let resource = format!("key/{}", self.id);
        Arn::compose("kms", &self.region, &self.account, &resource)
    }
}

/// An SNS topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The owner.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// The last part of its ARN.
    pub name: String,
    /// The access policy.
    #[serde(default)]
    pub policy: Policy,
}

impl Topic {
    /// The topic's ARN.
    pub fn arn(&self) -> String {
        Arn::compose("sns", &self.region, &self.account, &self.name)
    }
}

/// A CloudWatch Logs log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGroup {
    /// The owner.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// May contain slashes.
    pub name: String,
}

impl LogGroup {
    /// The log group's ARN, without the `:*` that CloudTrail wants after it.
    pub fn arn(&self) -> String {
        let resource = format!("log-group:{}", self.name);
        Arn::compose("logs", &self.region, &self.account, &resource)
    }
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The owner.
    pub account: String,
    /// The last part of its ARN.
    pub name: String,
    /// Who may assume it.
    #[serde(default)]
    pub trust: Policy,
    /// The actions that it may perform.
    #[serde(default)]
    pub permissions: Policy,
}

impl Role {
    /// True if `arn` is this role's, in whatever partition.
    pub fn is_at(&self, arn: &str) -> bool {
        Arn::parse(arn).is_some_and(|arn| {
            arn.service == "iam"
                && arn.account == self.account
                && arn.resource == format!("role/{}", self.name)
        })
    }
}

/// A CloudTrail Lake event data store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventDataStore {
    /// The owner.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// A UUID.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// True if it collects the whole organization's events.
    pub organization_enabled: bool,
    /// `ENABLED`, `PENDING_DELETION` and so on.
    #[serde(default = "enabled")]
    pub status: String,
}

fn enabled() -> String {
    "ENABLED".to_owned()
}

impl EventDataStore {
    /// The event data store's ARN.
    pub fn arn(&self) -> String {
        let resource = format!("eventdatastore/{}", self.id);
        Arn::compose("cloudtrail", &self.region, &self.account, &resource)
    }
}
