//! The advice for a delivery that CloudTrail tried and that its destination refused.

use super::Context;
use crate::domain::delivery::{DeliveryError, Destination};
use crate::domain::error_codes::{ErrorCode, is_about_kms};
use crate::domain::trusted_access::CLOUDTRAIL;

/// What CloudTrail could not deliver, where to, and what to do.
pub fn explain_delivery_error(error: &DeliveryError, context: &Context<'_>) -> String {
    let DeliveryError { destination, code } = error;
    let trail = context.subject();
    let (target, cure) = match destination {
        Destination::Bucket => (context.bucket(), context.bucket_cure(code)),
        Destination::Topic => (context.topic(), context.topic_policy().unwrap_or_default()),
        Destination::LogGroup => (
            context.log_group(),
            format!(
                "The log group must exist, and the role {} must be assumable by {CLOUDTRAIL} and \
                 allow {}",
                context.log_role(),
                context.log_stream_actions()
            ),
        ),
    };
    format!("CloudTrail could not deliver logs of {trail} to {target} ({code}). {cure}")
}

impl Context<'_> {
    fn bucket_cure(&self, code: &str) -> String {
        let key = self.settings.and_then(|c| c.kms_key.as_deref());
        let key_name = key.unwrap_or("that the bucket encrypts with by default");
        let policy = self.bucket_policy().unwrap_or_default();
        let key_policy = self.key_policy().unwrap_or_default();
        match ErrorCode::parse(code) {
            ErrorCode::NoSuchBucket => format!(
                "The bucket {} is gone: create it again, with its policy, or give the trail \
                 another S3BucketName",
                self.bucket()
            ),
            ErrorCode::KmsDisabled | ErrorCode::KmsInvalidState | ErrorCode::KmsNotFound => {
                format!(
                    "Look at the state of the key {key_name}: it must exist, be enabled and not be \
                     pending deletion. {key_policy}"
                )
            }
            _ if is_about_kms(code) => format!("The key is {key_name}. {key_policy}"),
            _ if key.is_some() => format!("{policy}. The key is {key_name}. {key_policy}"),
            _ => policy,
        }
    }
}
