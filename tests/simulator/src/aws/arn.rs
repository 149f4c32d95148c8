//! Amazon Resource Names, taken apart and put together.

/// The six parts of an ARN, less the constant first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// For example `cloudtrail`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Empty for S3 buckets.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes `text` apart; `None` where it is not shaped like an ARN.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, service, region, account, resource) = (
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
        );
        let complete = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        complete.then_some(Self {
            partition,
            service,
            region,
            account,
            resource,
        })
    }

    /// The ARN of `service`'s `resource` in a Region and account, in the partition of that Region.
    #[must_use]
    pub fn compose(service: &str, region: &str, account: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{region}:{account}:{resource}",
            partition_of(region)
        )
    }
}

/// The partition that a Region belongs to.
pub(crate) fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// Whether `text` is an account id.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_keeps_the_colons_of_its_resource() {
        let text = Arn::compose("logs", "eu-west-1", "111111111111", "log-group:org:*");
        let arn = Arn::parse(&text).expect("an ARN");
        assert_eq!(arn.resource, "log-group:org:*");
        assert_eq!((arn.region, arn.account), ("eu-west-1", "111111111111"));
    }

    #[test]
    fn what_is_not_an_arn_is_not_taken_for_one() {
        for text in [
            "OrgTrail",
            "arn:aws:cloudtrail",
            "arn::s3:::bucket",
            "arn:aws:s3:::",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_partition_follows_from_the_region() {
        assert_eq!(partition_of("cn-north-1"), "aws-cn");
        assert_eq!(partition_of("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition_of("us-east-1"), "aws");
    }
}
