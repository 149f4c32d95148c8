//! The reasons for failed deliveries of CloudTrail, with cause and remedy.

use super::Context;
use crate::domain::delivery::{DeliveryError, Destination};
use crate::domain::error_codes::{ErrorCode, is_about_kms};
use crate::domain::trusted_access::CLOUDTRAIL;

/// The reason: the trail, the destination, its error code, and the remedy.
pub fn explain_delivery_error(error: &DeliveryError, context: &Context<'_>) -> String {
    let DeliveryError { destination, code } = error;
    let trail = context.subject();
    let (files, target, remedy) = match destination {
        Destination::Bucket => ("logs", context.bucket(), context.bucket_remedy(code)),
        Destination::Digests => (
            "digest files",
            context.bucket(),
            format!(
                "{}. CloudTrail delivers a digest every hour, and reports the error until then: \
                 after a repair, wait for the next digest",
                context.bucket_remedy(code)
            ),
        ),
        Destination::Topic => {
            ("notifications", context.topic(), context.topic_policy().unwrap_or_default())
        }
        Destination::LogGroup => (
            "logs",
            context.log_group(),
            format!(
                "The log group must exist. The trust policy of the role {} must allow {CLOUDTRAIL} \
                 to assume it, and the role must allow {}",
                context.log_role(),
                context.log_stream_actions()
            ),
        ),
    };
    format!("CloudTrail could not deliver {files} of {trail} to {target} ({code}). {remedy}")
}

impl Context<'_> {
    fn bucket_remedy(&self, code: &str) -> String {
        let key = self.settings.and_then(|settings| settings.kms_key.as_deref());
        let key_name = key.unwrap_or("of the bucket's default encryption");
        let policy = self.bucket_policy().unwrap_or_default();
        let key_policy = self.key_policy().unwrap_or_default();
        match ErrorCode::parse(code) {
            ErrorCode::NoSuchBucket => format!(
                "The bucket {} does not exist. Create it again with its policy, or set \
                 S3BucketName to another bucket",
                self.bucket()
            ),
            ErrorCode::KmsDisabled | ErrorCode::KmsInvalidState | ErrorCode::KmsNotFound => {
                format!(
                    "Check the state of the key {key_name}. It must exist, be enabled and not be \
                     pending deletion. {key_policy}"
                )
            }
            _ if is_about_kms(code) => format!("The key is {key_name}. {key_policy}"),
            _ if key.is_some() => format!("{policy}. The key is {key_name}. {key_policy}"),
            _ => policy,
        }
    }
}
