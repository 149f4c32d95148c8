//! The policy statements that CloudTrail requires, with the real values.

use super::Context;
use crate::domain::trusted_access::CLOUDTRAIL;

impl Context<'_> {
    /// Source: "Amazon S3 bucket policy for CloudTrail", section on organization trails. The trail uses
    /// the path with the management account while it is not an organization trail, as after trusted
    /// access was disabled.
    pub(super) fn bucket_policy(&self) -> Option<String> {
        let (trail, organization, settings) = (self.trail?, self.organization?, self.settings?);
        let partition = trail.partition();
        let bucket = format!("arn:{partition}:s3:::{}", settings.bucket);
        let prefix = settings.key_prefix.as_ref().map(|prefix| format!("{prefix}/"));
        let prefix = prefix.unwrap_or_default();
        let logs = format!("{bucket}/{prefix}AWSLogs");
        Some(format!(
            "The bucket policy needs these statements, each with Effect Allow, Principal \
             {{\"Service\": \"{CLOUDTRAIL}\"}} and Condition {{\"StringEquals\": \
             {{\"aws:SourceArn\": \"{trail}\"}}}}: Action s3:GetBucketAcl on Resource {bucket}; \
             Action s3:PutObject on Resources {logs}/{}/* and {logs}/{}/*, with \
             \"s3:x-amz-acl\": \"bucket-owner-full-control\" added to the Condition. A Deny \
             statement that requires an encryption header also denies CloudTrail",
            organization.management_account, organization.id,
        ))
    }

    /// Source: "Configure AWS KMS key policies for CloudTrail".
    pub(super) fn key_policy(&self) -> Option<String> {
        let (trail, settings) = (self.trail?, self.settings?);
        let (partition, account) = (trail.partition(), trail.account());
        Some(format!(
            "The key policy needs a statement with Effect Allow, Principal {{\"Service\": \
             \"{CLOUDTRAIL}\"}}, Actions kms:GenerateDataKey*, kms:DescribeKey and kms:Decrypt, \
             Resource *, Condition {{\"StringEquals\": {{\"aws:SourceArn\": \"{trail}\"}}}}, for \
             kms:GenerateDataKey* also {{\"StringLike\": \
             {{\"kms:EncryptionContext:aws:cloudtrail:arn\": \
             \"arn:{partition}:cloudtrail:*:{account}:trail/*\"}}}}. If the key policy has it, \
             check the policy of the bucket {} too: AWS returns this error for both",
            settings.bucket,
        ))
    }

    /// Source: "Amazon SNS topic policy for CloudTrail".
    pub(super) fn topic_policy(&self) -> Option<String> {
        let trail = self.trail?;
        let topic = self.settings?.sns_topic.as_deref()?;
        let topic = if topic.starts_with("arn:") {
            topic.to_owned()
        } else {
            format!("arn:{}:sns:{}:{}:{topic}", trail.partition(), trail.region(), trail.account())
        };
        Some(format!(
            "The topic policy needs a statement with Effect Allow, Principal {{\"Service\": \
             \"{CLOUDTRAIL}\"}}, Action sns:Publish, Resource {topic}, Condition \
             {{\"StringEquals\": {{\"aws:SourceArn\": \"{trail}\"}}}}. For a topic in another \
             account or Region, SnsTopicName must be its ARN",
        ))
    }

    /// The actions that the role for the log group requires.
    pub(super) fn log_stream_actions(&self) -> String {
        let group = self.log_group().trim_end_matches(":*");
        let streams = |start: &str| format!("{group}:log-stream:{start}_*");
        match (self.trail, self.organization) {
            (Some(trail), Some(organization)) => format!(
                "logs:CreateLogStream and logs:PutLogEvents on {} and {}",
                streams(&format!("{}_CloudTrail", trail.account())),
                streams(&organization.id),
            ),
            _ => format!("logs:CreateLogStream and logs:PutLogEvents on {group}"),
        }
    }
}
