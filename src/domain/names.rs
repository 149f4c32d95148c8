//! Names that AWS gives to things: parsed once, then trusted.

use std::fmt;

use super::string_rule::{Malformed, StringRule, check};

/// A trail's name, by the rules of CreateTrail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailName(String);

impl TrailName {
    /// The rules of CreateTrail.
    pub const RULES: &[StringRule] = &[
        StringRule::Length(3, 128),
        StringRule::Pattern(
            "^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$",
            "must consist of letters and digits, with single '.', '_' and '-' between them",
        ),
        StringRule::NotPattern(
            "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}\
            (25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
            "must not look like an IP address",
        ),
    ];

    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        check(Self::RULES, text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as CloudTrail takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Region's code, such as `eu-west-1`. Whether it exists is for AWS to say: Regions are added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The form of a Region code.
    pub const RULES: &[StringRule] = &[StringRule::Pattern(
        "^[a-z0-9]+(-[a-z0-9]+)+-[0-9]+$",
        "must be a Region code such as eu-west-1",
    )];

    /// # Errors
    /// When the text does not have the form of a Region code.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        check(Self::RULES, text)?;
        Ok(Self(text.to_owned()))
    }

    /// The code as AWS takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A service's name among principals, by the rules of the Organizations API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal(String);

impl ServicePrincipal {
    /// The rules of the Organizations API.
    pub const RULES: &[StringRule] = &[
        StringRule::Length(1, 128),
        StringRule::Pattern(
            "^[A-Za-z0-9_+=,.@-]+$",
            "must be a service principal such as cloudtrail.amazonaws.com",
        ),
    ];

    /// # Errors
    /// When the text does not have the form of a service principal. Whether the service exists is
    /// for Organizations to say.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        check(Self::RULES, text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// An account's 12 digits. Kept as a number: an organization may have 50,000 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The form of an account id.
    pub const RULES: &[StringRule] = &[StringRule::Pattern(
        "^[0-9]{12}$",
        "must be the 12 digits of an account id",
    )];

    /// Without a regular expression, because an organization may have 50,000 accounts.
    ///
    /// # Errors
    /// When the text is not 12 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let number = Some(text)
            .filter(|text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        number
            .map(Self)
            .ok_or_else(|| Malformed(Self::RULES[0].to_string()))
    }

    /// The account that an ARN of any service names, if it names one.
    pub fn of_arn(arn: &str) -> Option<Self> {
        Self::parse(arn.split(':').nth(4)?).ok()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// A trail's ARN: `arn:<partition>:cloudtrail:<home Region>:<management account>:trail/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailArn {
    partition: String,
    region: Region,
    account: AccountId,
    name: TrailName,
}

impl TrailArn {
    /// The form of a trail's ARN. The rules of the name are code: the pattern would need them twice.
    pub const RULES: &[StringRule] = &[
        StringRule::Pattern(
            "^arn:[^:]+:cloudtrail:[a-z0-9]+(-[a-z0-9]+)+-[0-9]+:[0-9]{12}:trail/[A-Za-z0-9._-]{3,128}$",
            "must be the ARN of a trail",
        ),
        StringRule::Check(
            |text| Self::parse(text).is_some(),
            "must be the ARN of a trail",
        ),
    ];

    /// The ARN that CloudTrail gives to an organization trail: with the management account's id,
    /// also where a delegated administrator creates it (CloudTrail user guide, delegated
    /// administrator).
    pub fn new(partition: &str, region: Region, account: AccountId, name: TrailName) -> Self {
        Self {
            partition: partition.to_owned(),
            region,
            account,
            name,
        }
    }

    /// The trail that a text names, if it is a trail's ARN.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let region = Region::parse(next()?).ok()?;
        let account = AccountId::parse(next()?).ok()?;
        let name = TrailName::parse(next()?.strip_prefix("trail/")?).ok()?;
        (scheme == "arn" && service == "cloudtrail" && !partition.is_empty())
            .then(|| Self::new(partition, region, account, name))
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The home Region: the only one that takes changes to the trail.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The account that owns the trail.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The trail's name.
    pub fn name(&self) -> &TrailName {
        &self.name
    }
}

impl fmt::Display for TrailArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            region,
            account,
            name,
        } = self;
        write!(
            f,
            "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_name_keeps_the_rules_of_create_trail() {
        for good in [
            "org",
            "a-b.c_d",
            "Trail-2026",
            "1.2.3.4.5",
            &"x".repeat(128),
        ] {
            let name = TrailName::parse(good);
            assert_eq!(name.as_ref().map(TrailName::as_str), Ok(good));
        }
        for bad in [
            "ab",
            "-org",
            "org.",
            "a--b",
            "a._b",
            "10.0.0.1",
            "org trail",
            "örg",
            "",
        ] {
            assert!(TrailName::parse(bad).is_err(), "{bad}");
        }
        assert!(TrailName::parse(&"x".repeat(129)).is_err());
    }

    #[test]
    fn a_service_principal_is_kept_as_it_is_and_has_no_slash_that_would_divide_an_id() {
        for good in ["cloudtrail.amazonaws.com", "a", &"x".repeat(128)] {
            let service = ServicePrincipal::parse(good);
            assert_eq!(
                service.map(ServicePrincipal::into_string).as_deref(),
                Ok(good)
            );
        }
        for bad in ["", "cloudtrail/x", "cloud trail", &"x".repeat(129)] {
            assert!(ServicePrincipal::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_trail_arn_reads_back_as_it_was_written() {
        for text in [
            "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org",
            "arn:aws-us-gov:cloudtrail:us-gov-west-1:111111111111:trail/org.trail",
            "arn:aws-cn:cloudtrail:cn-north-1:111111111111:trail/a_b",
        ] {
            assert_eq!(
                TrailArn::parse(text).map(|arn| arn.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn what_is_not_a_trail_arn_is_not_taken_for_one() {
        for text in [
            "not-created/Trail",
            "stack-Trail-1A2B3C",
            "arn:aws:cloudtrail:eu-west-1:111111111111:eventdatastore/x",
            "arn:aws:s3:eu-west-1:111111111111:trail/org",
            "arn:aws:cloudtrail::111111111111:trail/org",
            "arn:aws:cloudtrail:eu-west-1:1111:trail/org",
            "",
        ] {
            assert_eq!(TrailArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_region_code_is_not_taken_for_one() {
        assert!(Region::parse("eu-west-1").is_ok());
        assert!(Region::parse("Ireland").is_err());
        assert!(Region::parse("eu-west-").is_err());
    }

    #[test]
    fn an_account_id_is_parsed_by_its_rules() {
        for text in [
            "222222222222",
            "000000000000",
            "22222222222",
            "2222222222222",
            "22222222222a",
            "٢٢٢٢٢٢٢٢٢٢٢٢",
            "",
        ] {
            let parsed = AccountId::parse(text);
            assert_eq!(parsed.map(drop), check(AccountId::RULES, text), "{text}");
        }
    }

    #[test]
    fn the_rules_of_a_trail_arn_allow_what_is_parsed() {
        for (text, valid) in [
            ("arn:aws:cloudtrail:eu-west-1:111111111111:trail/org", true),
            (
                "arn:aws-us-gov:cloudtrail:us-gov-west-1:111111111111:trail/org.trail",
                true,
            ),
            (
                "arn:aws:cloudtrail:eu-west-1:111111111111:trail/10.0.0.1",
                false,
            ),
            ("arn:aws:cloudtrail:eu-west-1:111111111111:trail/ab", false),
            ("arn::cloudtrail:eu-west-1:111111111111:trail/org", false),
            ("arn:aws:s3:::org", false),
        ] {
            assert_eq!(check(TrailArn::RULES, text).is_ok(), valid, "{text}");
            assert_eq!(TrailArn::parse(text).is_some(), valid, "{text}");
        }
    }

    #[test]
    fn an_account_is_read_from_any_arn() {
        let account = AccountId::of_arn("arn:aws:lambda:eu-west-1:222222222222:function:x");
        assert_eq!(
            account.map(|id| id.to_string()).as_deref(),
            Some("222222222222")
        );
        assert_eq!(AccountId::of_arn("function-arn"), None);
    }
}
