//! The format of the names in a request.

use crate::aws::{Arn, ServiceError, error::refuse};

type Checked = Result<(), ServiceError>;

/// The name of a trail.
pub(super) fn check_trail_name(name: &str) -> Checked {
    let mut words = name.split(['.', '_', '-']);
    let fits = (3..=128).contains(&name.len())
        && words.all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()))
        && name.parse::<std::net::Ipv4Addr>().is_err();
    if fits {
        return Ok(());
    }
    let message = "Trail name must have 3 to 128 letters and digits, with single '.', '_' and '-' \
                   between them, and must not be an IP address.";
    refuse("InvalidTrailNameException", message)
}

/// The name of a bucket.
pub(super) fn check_bucket_name(name: &str) -> Checked {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    let trimmed = name.trim_matches(['.', '-']);
    if (3..=63).contains(&name.len()) && name.bytes().all(allowed) && trimmed == name {
        return Ok(());
    }
    let message = format!("Bucket name is not valid: {name}");
    refuse("InvalidS3BucketNameException", message)
}

/// The prefix of log files' keys.
pub(super) fn check_prefix(prefix: &str) -> Checked {
    if prefix.len() <= 200 && !prefix.starts_with('/') {
        return Ok(());
    }
    let message = "S3 prefix must be at most 200 characters long and not begin with '/'.";
    refuse("InvalidS3PrefixException", message)
}

/// A topic's name or ARN.
pub(super) fn check_topic(topic: &str) -> Checked {
    let (service, name) =
        Arn::parse(topic).map_or(("sns", topic), |arn| (arn.service, arn.resource));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if service == "sns" && (1..=256).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let message = format!("SNS topic name or ARN is not valid: {topic}");
    refuse("InvalidSnsTopicNameException", message)
}
