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
        let logs = |id: &str| format!("{bucket}/{prefix}AWSLogs/{id}/*");
        let (account, organization) =
            (logs(&organization.management_account.to_string()), logs(&organization.id));
        let source = format!(r#""aws:SourceArn":"{trail}""#);
        let reading = statement(r#""s3:GetBucketAcl""#, &format!("{bucket:?}"), &source, "");
        let writing = statement(
            r#""s3:PutObject""#,
            &format!("[{account:?},{organization:?}]"),
            &format!(r#"{source},"s3:x-amz-acl":"bucket-owner-full-control""#),
            "",
        );
        Some(format!(
            "Add these statements to the bucket policy: [{reading},{writing}]. A Deny statement that \
             requires an encryption header also denies CloudTrail"
        ))
    }

    /// Source: "Configure AWS KMS key policies for CloudTrail".
    pub(super) fn key_policy(&self) -> Option<String> {
        let (trail, settings) = (self.trail?, self.settings?);
        let (partition, account) = (trail.partition(), trail.account());
        let source = format!(r#""aws:SourceArn":"{trail}""#);
        let trails = format!("arn:{partition}:cloudtrail:*:{account}:trail/*");
        let encrypting = statement(
            r#""kms:GenerateDataKey*""#,
            r#""*""#,
            &source,
            &format!(r#","StringLike":{{"kms:EncryptionContext:aws:cloudtrail:arn":"{trails}"}}"#),
        );
        let checking = statement(r#"["kms:DescribeKey","kms:Decrypt"]"#, r#""*""#, &source, "");
        Some(format!(
            "Add these statements to the key policy: [{encrypting},{checking}]. If the key policy has \
             them, check the policy of the bucket {} too: AWS returns this error for both",
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
        let source = format!(r#""aws:SourceArn":"{trail}""#);
        let publishing = statement(r#""sns:Publish""#, &format!("{topic:?}"), &source, "");
        Some(format!(
            "Add this statement to the topic policy: {publishing}. For a topic in another account or \
             Region, SnsTopicName must be its ARN",
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

/// A statement in JSON that allows CloudTrail some actions, if `equal` are the values of the condition
/// keys and `more` is satisfied. The arguments are JSON.
fn statement(actions: &str, resources: &str, equal: &str, more: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{{"Service":"{CLOUDTRAIL}"}},"Action":{actions},"#)
        + &format!(r#""Resource":{resources},"Condition":{{"StringEquals":{{{equal}}}{more}}}}}"#)
}
