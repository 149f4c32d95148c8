//! How the names in a request have to look, before anything is looked up.

use crate::aws::{Arn, ServiceError};

type Checked = Result<(), ServiceError>;

/// The name of a trail that is to be created.
pub(super) fn check_trail_name(name: &str) -> Checked {
    let refuse = |why: &str| Err(ServiceError::new("InvalidTrailNameException", why));
    if !(3..=128).contains(&name.len()) {
        return refuse("Trail name must be between 3 and 128 characters long.");
    }
    let is_separator = |byte: u8| matches!(byte, b'.' | b'_' | b'-');
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || is_separator(byte))
    {
        return refuse("Trail name can only have letters, digits, '.', '_' and '-'.");
    }
    let ends_well = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !ends_well(name.bytes().next()) || !ends_well(name.bytes().last()) {
        return refuse("Trail name must start and end with a letter or digit.");
    }
    if name
        .as_bytes()
        .windows(2)
        .any(|pair| pair.iter().all(|byte| is_separator(*byte)))
    {
        return refuse("Trail name must not have two adjacent of '.', '_' and '-'.");
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return refuse("Trail name must not be formatted as an IP address.");
    }
    Ok(())
}

/// The name of a bucket.
pub(super) fn check_bucket_name(name: &str) -> Checked {
    let plausible = (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.', '-']);
    if plausible {
        return Ok(());
    }
    let message = format!("Bucket name is not valid: {name}");
    Err(ServiceError::new("InvalidS3BucketNameException", message))
}

/// The prefix of log files' keys.
pub(super) fn check_prefix(prefix: &str) -> Checked {
    if prefix.len() <= 200 && !prefix.starts_with('/') {
        return Ok(());
    }
    let message = "S3 prefix must be at most 200 characters long and not begin with '/'.";
    Err(ServiceError::new("InvalidS3PrefixException", message))
}

/// A topic's name or ARN.
pub(super) fn check_topic(topic: &str) -> Checked {
    let name = Arn::parse(topic).map_or(topic, |arn| arn.resource);
    let plausible = (1..=256).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && Arn::parse(topic).is_none_or(|arn| arn.service == "sns");
    if plausible {
        return Ok(());
    }
    let message = format!("SNS topic name or ARN is not valid: {topic}");
    Err(ServiceError::new("InvalidSnsTopicNameException", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trail_names_are_checked() {
        for name in ["OrgTrail", "a.b-c_d", "abc", "1.2.3.4x"] {
            check_trail_name(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let long = "a".repeat(129);
        let arn = "arn:aws:cloudtrail:us-east-1:111111111111:trail/OrgTrail";
        for name in [
            "ab",
            &long,
            "-abc",
            "abc.",
            "a..b",
            "a_-b",
            "a b",
            "ä-trail",
            "192.0.2.1",
            arn,
        ] {
            let error = check_trail_name(name).expect_err(name);
            assert_eq!(error.code, "InvalidTrailNameException", "{name}");
        }
    }

    #[test]
    fn bucket_names_prefixes_and_topics_are_checked() {
        assert!(check_bucket_name("org-logs-example").is_ok());
        assert!(check_bucket_name("Org_Logs").is_err());
        assert!(check_prefix("trails/org").is_ok());
        assert!(check_prefix("/trails").is_err());
        assert!(check_prefix(&"p".repeat(201)).is_err());
        assert!(check_topic("org-logs").is_ok());
        assert!(check_topic("arn:aws:sns:us-east-1:111111111111:org-logs").is_ok());
        assert!(check_topic("arn:aws:sqs:us-east-1:111111111111:org-logs").is_err());
        assert!(check_topic("org logs").is_err());
    }
}
