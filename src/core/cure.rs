//! What is wrong and how to put it right, in words for the stack's owner.
//!
//! AWS's codes say what was refused, seldom why; the causes here are those of
//! the CloudTrail user guide (troubleshooting and policy pages) and of the issue trackers of the
//! tools that met them before. Policies are given with the real values, ready to be copied.

use super::arn::{AccountId, TrailArn, TrailName};
mod permission;
mod policy;

use super::delivery::{DeliveryError, Destination};
use super::fault::{Cause, Fault};
use super::operation::Operation;
use super::organization::Organization;
use super::trail::settings::Configuration;
use super::trusted_access::CLOUDTRAIL;

/// What a call was about, as far as it is known when the call fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scene<'a> {
    /// The trail.
    pub trail: Option<&'a TrailArn>,
    /// The trail's name, where its ARN is not known yet.
    pub trail_name: Option<&'a TrailName>,
    /// The organization.
    pub organization: Option<&'a Organization>,
    /// What was wanted of the trail.
    pub configuration: Option<&'a Configuration>,
    /// The service whose trusted access or administrator was to be changed.
    pub service_principal: Option<&'a str>,
    /// The account that was to administer it.
    pub account: Option<AccountId>,
}

/// A cause and its cure.
struct Advice {
    /// A clause that says what is wrong.
    cause: String,
    /// A sentence that says what to do.
    cure: String,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it ends the arms of matches that may have none"
)]
fn advice(cause: impl Into<String>, cure: impl Into<String>) -> Option<Advice> {
    Some(Advice {
        cause: cause.into(),
        cure: cure.into(),
    })
}

/// The whole sentence: what was tried, on what, why not (with AWS's code and words), what to do.
pub fn explain(fault: &Fault, scene: &Scene<'_>) -> String {
    let subject = scene.subject();
    let operation = fault.operation;
    if let Cause::RoleNotAssumed { why, .. } = &fault.cause {
        return format!("{why}. It was needed for {operation} for {subject}");
    }
    match scene.advise(fault) {
        Some(Advice { cause, cure }) => {
            format!("{operation} for {subject} failed: {cause} ({fault}). {cure}")
        }
        None => format!("{operation} for {subject} failed ({fault})"),
    }
}

/// The same for a delivery that CloudTrail tried and that its destination refused.
pub fn explain_delivery_error(error: &DeliveryError, scene: &Scene<'_>) -> String {
    let DeliveryError { destination, code } = error;
    let trail = scene.subject();
    let wanted = scene.configuration;
    let (target, cure) = match destination {
        Destination::Bucket => (
            wanted.map_or("the bucket", |wanted| wanted.bucket.as_str()),
            scene.bucket_cure(code),
        ),
        Destination::Topic => (
            wanted
                .and_then(|wanted| wanted.sns_topic.as_deref())
                .unwrap_or("the topic"),
            scene.topic_policy().unwrap_or_default(),
        ),
        Destination::LogGroup => {
            let logs = wanted.and_then(|wanted| wanted.cloud_watch_logs.as_ref());
            let group = logs.map_or("the log group", |logs| logs.log_group_arn.as_str());
            let role = logs.map_or("its role", |logs| logs.role_arn.as_str());
            let actions = scene.log_stream_actions(group);
            (
                group,
                format!(
                    "The log group must exist, and the role {role} must be assumable by \
                     {CLOUDTRAIL} and allow {actions}"
                ),
            )
        }
    };
    format!("CloudTrail could not deliver logs of {trail} to {target} ({code}). {cure}")
}

impl Scene<'_> {
    fn bucket_cure(&self, code: &str) -> String {
        let bucket = self
            .configuration
            .map_or("the bucket", |c| c.bucket.as_str());
        let key = self.configuration.and_then(|c| c.kms_key.as_deref());
        let key_name = key.unwrap_or("that the bucket encrypts with by default");
        let policy = self.bucket_policy().unwrap_or_default();
        let key_policy = self.key_policy().unwrap_or_default();
        match code {
            "NoSuchBucket" => format!(
                "The bucket {bucket} is gone: create it again, with its policy, or give the trail \
                 another S3BucketName"
            ),
            code if code.contains("KMS.Disabled")
                || code.contains("KMS.NotFound")
                || code.contains("KMS.KMSInvalidState") =>
            {
                format!(
                    "Look at the state of the key {key_name}: it must exist, be enabled and not be \
                     pending deletion. {key_policy}"
                )
            }
            code if code.to_ascii_uppercase().contains("KMS") => {
                format!("The key is {key_name}. {key_policy}")
            }
            _ if key.is_some() => format!("{policy}. The key is {key_name}. {key_policy}"),
            _ => policy,
        }
    }

    fn subject(&self) -> String {
        match (self.trail, self.trail_name, self.service_principal) {
            (Some(trail), _, _) => trail.to_string(),
            (None, Some(name), _) => format!("the trail {name}"),
            (None, None, Some(service)) => match self.account {
                Some(account) => format!("{account} as administrator of {service}"),
                None => format!("trusted access with {service}"),
            },
            (None, None, None) => "the organization".to_owned(),
        }
    }

    fn advise(&self, fault: &Fault) -> Option<Advice> {
        self.about_the_organization(fault)
            .or_else(|| self.about_the_bucket(fault))
            .or_else(|| self.about_other_destinations(fault))
            .or_else(|| self.about_permissions(fault))
            .or_else(|| self.about_limits(fault))
    }

    fn about_the_organization(&self, fault: &Fault) -> Option<Advice> {
        match fault.code() {
            "CloudTrailAccessNotEnabled" => advice(
                "trusted access between Organizations and CloudTrail is off",
                "Declare a Custom::OrgTrustedAccess and let this resource depend on it (DependsOn), \
                 or run: aws organizations enable-aws-service-access --service-principal \
                 cloudtrail.amazonaws.com",
            ),
            "NotOrganizationManagementAccount" => advice(
                format!(
                    "only the organization's management account{} may do this, not even a \
                     delegated administrator",
                    self.management_account(" "),
                ),
                IN_THE_MANAGEMENT_ACCOUNT,
            ),
            "NotOrganizationMasterAccount" => advice(
                format!(
                    "the function runs neither as the organization's management account{} nor as \
                     CloudTrail's delegated administrator",
                    self.management_account(" "),
                ),
                format!(
                    "{IN_THE_MANAGEMENT_ACCOUNT}. A delegated administrator cannot turn trails \
                     into organization trails or back"
                ),
            ),
            "OrganizationsNotInUse" | "AWSOrganizationsNotInUse" => advice(
                "the account that the function runs as does not belong to an organization",
                "Create the organization, or run the function as an account that is in one",
            ),
            "OrganizationNotInAllFeaturesMode" => advice(
                "the organization has consolidated billing only",
                ALL_FEATURES,
            ),
            "ConstraintViolation" if fault.message().contains("SERVICE_ACCESS_NOT_ENABLED") => {
                advice(
                    format!(
                        "trusted access between Organizations and {} is off",
                        self.service_principal.unwrap_or("the service")
                    ),
                    "Declare a Custom::OrgTrustedAccess with that ServicePrincipal and let this \
                     resource depend on it (DependsOn)",
                )
            }
            "ConstraintViolation" if fault.message().contains("CANNOT_REGISTER_MASTER") => advice(
                "the management account cannot be its own delegated administrator",
                "Give another account as AccountId",
            ),
            "ConstraintViolation" if fault.message().contains("ALL_FEATURES") => advice(
                "the organization has consolidated billing only",
                ALL_FEATURES,
            ),
            "TrailAlreadyExists" => advice(
                format!(
                    "there is a trail of that name which is not seen from here: an ordinary trail \
                     of the management account{}, which a delegated administrator neither sees nor \
                     can turn into an organization trail, or a multi-Region trail with another \
                     home Region, or one that was deleted moments ago",
                    self.management_account(" "),
                ),
                format!(
                    "Choose another TrailName, or delete the other trail first. To turn an \
                     ordinary trail into an organization trail: {IN_THE_MANAGEMENT_ACCOUNT}"
                ),
            ),
            "MaximumNumberOfTrailsExceeded" => advice(
                format!(
                    "there are five trails in {} already, and AWS allows no more; trails of other \
                     Regions that log all Regions count here too, and so does Control Tower's",
                    self.trail
                        .map_or("this Region".to_owned(), |trail| trail.region().to_string()),
                ),
                "Delete one that is not needed (aws cloudtrail describe-trails lists them), or \
                 take one over with its TrailName and ExistingTrail: Adopt",
            ),
            "NoManagementAccountSLRExists" => advice(
                "the management account lacks the service-linked role AWSServiceRoleForCloudTrail",
                "Run there once: aws iam create-service-linked-role --aws-service-name \
                 cloudtrail.amazonaws.com",
            ),
            "InvalidInput" if self.service_principal.is_some() => advice(
                "Organizations does not know this service principal",
                "Correct ServicePrincipal; the Organizations guide lists those that exist",
            ),
            _ => None,
        }
    }

    fn about_the_bucket(&self, fault: &Fault) -> Option<Advice> {
        let bucket = self
            .configuration
            .map_or("the bucket", |wanted| wanted.bucket.as_str());
        match fault.code() {
            "AccessDenied" if fault.operation == Operation::ListObjectsV2 => advice(
                format!("the function may not list the bucket {bucket}"),
                "Allow s3:ListBucket on it in the policy of the function's role, and in the \
                 bucket's policy where the bucket is in another account; or set \
                 LOG_BUCKET_ROLE_ARN to a role in that account which may",
            ),
            "NoSuchBucket" => advice(
                format!("the bucket {bucket} does not exist"),
                "Create it again, with its policy, or give the trail another S3BucketName",
            ),
            "S3BucketDoesNotExist" => advice(
                format!("the bucket {bucket} does not exist"),
                "Correct S3BucketName, or create the bucket first (DependsOn where it is in this \
                 stack)",
            ),
            "InvalidS3BucketName" => advice(
                format!("{bucket} is not a valid bucket name"),
                "Correct S3BucketName",
            ),
            "InsufficientS3BucketPolicy" => advice(
                format!("the bucket policy of {bucket} does not let CloudTrail write this trail"),
                self.bucket_policy()?,
            ),
            _ => None,
        }
    }

    fn about_other_destinations(&self, fault: &Fault) -> Option<Advice> {
        let wanted = self.configuration?;
        let key = wanted.kms_key.as_deref().unwrap_or("the bucket's key");
        let topic = wanted.sns_topic.as_deref().unwrap_or("the topic");
        let logs = wanted.cloud_watch_logs.as_ref();
        let group = logs.map_or("the log group", |logs| logs.log_group_arn.as_str());
        let role = logs.map_or("the role", |logs| logs.role_arn.as_str());
        match fault.code() {
            "InsufficientEncryptionPolicy" => advice(
                format!("the key policy of {key} does not let CloudTrail encrypt this trail"),
                self.key_policy()?,
            ),
            "KmsKeyNotFound" => advice(
                format!(
                    "the KMS key {key} does not exist, or not in the Region of the bucket {}",
                    wanted.bucket
                ),
                "Give the ARN of a key in the bucket's Region as KMSKeyId; where the trail has an \
                 SNS topic, its key is meant too",
            ),
            "InvalidKmsKeyId" => advice(
                format!("{key} is not a key id, key ARN, alias or alias ARN"),
                "Correct KMSKeyId",
            ),
            "Kms" | "KmsKeyDisabled" => advice(
                format!("KMS cannot use the key {key}"),
                "Look at the key's state: it must be enabled and not pending deletion",
            ),
            "InsufficientSnsTopicPolicy" => advice(
                format!(
                    "the topic {topic} does not exist or its policy does not let CloudTrail \
                         publish"
                ),
                self.topic_policy()?,
            ),
            "InvalidSnsTopicName" => advice(
                format!("{topic} is not a topic's name or ARN"),
                "Correct SnsTopicName",
            ),
            "InvalidCloudWatchLogsLogGroupArn" => advice(
                format!("CloudTrail cannot write to the log group {group}"),
                format!(
                    "The log group must exist in the account that the trail is created from, and \
                     the role {role} must allow {}",
                    self.log_stream_actions(group)
                ),
            ),
            "InvalidCloudWatchLogsRoleArn" => advice(
                format!("CloudTrail cannot assume the role {role}"),
                format!(
                    "The role's trust policy must let the service {CLOUDTRAIL} call \
                     sts:AssumeRole, and the role must allow {}",
                    self.log_stream_actions(group)
                ),
            ),
            "CloudWatchLogsDeliveryUnavailable" => advice(
                "CloudTrail does not deliver to CloudWatch Logs in this Region",
                "Remove CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn, or choose another \
                 HomeRegion",
            ),
            _ => None,
        }
    }

    fn about_limits(&self, fault: &Fault) -> Option<Advice> {
        match fault.code() {
            "DelegatedAdminAccountLimitExceeded" => advice(
                "the organization has three delegated administrators for CloudTrail already, and \
                 AWS allows no more",
                "Deregister one first (aws organizations list-delegated-administrators lists them)",
            ),
            "CannotDelegateManagementAccount" => advice(
                "the management account cannot be its own delegated administrator",
                "Give another account as AccountId",
            ),
            "AccountNotFound" => advice(
                "the organization has no such account",
                "Correct AccountId; the account must be an active member of the organization",
            ),
            "ConstraintViolation" if self.account.is_some() => advice(
                "the organization does not allow this registration",
                "AWS's Reason says why; trusted access for the service must be on, the account \
                 must not be the management account, and each service allows only some \
                 administrators",
            ),
            "TagsLimitExceeded" => advice(
                "the trail would have more than the 50 tags that AWS allows",
                "Remove some; up to four are OrgTrail's own",
            ),
            _ => None,
        }
    }

    fn management_account(&self, before: &str) -> String {
        self.organization
            .map(|organization| format!("{before}{}", organization.management_account))
            .unwrap_or_default()
    }
}

const IN_THE_MANAGEMENT_ACCOUNT: &str =
    "Deploy it in the management account, or set MANAGEMENT_ROLE_ARN to a role there";

const ALL_FEATURES: &str = "Enable all features in the Organizations console (Settings); every \
                            member account has to accept that";

#[cfg(test)]
mod tests;
