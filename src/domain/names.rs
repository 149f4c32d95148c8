//! Names of AWS resources. Parsing checks them once.

use std::fmt;
use std::str::FromStr;

use super::string_rule::{Malformed, Parsed, StringRule, check, checked};

/// The name of a trail, by the rules of CreateTrail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailName(String);

impl TrailName {
    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parsed for TrailName {
    const RULES: &'static [StringRule] = &[
        StringRule::Length(3, 128),
        StringRule::Pattern(
            "^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$",
            "must consist of letters and digits, with single '.', '_' and '-' between them",
        ),
        StringRule::NotPattern(
            "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}\
            (25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
            "must not have the form of an IP address",
        ),
    ];
}

impl FromStr for TrailName {
    type Err = Malformed;

    fn from_str(string: &str) -> Result<Self, Malformed> {
        checked(Self::RULES, string).map(Self)
    }
}

impl fmt::Display for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The code of a Region, such as `eu-west-1`. The Region may not exist: AWS adds Regions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Region in an ARN of any service.
    pub fn of_arn(arn: &str) -> Option<Self> {
        arn.split(':').nth(3)?.parse().ok()
    }
}

impl Parsed for Region {
    const RULES: &'static [StringRule] = &[StringRule::Pattern(
        "^[a-z0-9]+(-[a-z0-9]+)+-[0-9]+$",
        "must be a Region code such as eu-west-1",
    )];
}

impl FromStr for Region {
    type Err = Malformed;

    fn from_str(string: &str) -> Result<Self, Malformed> {
        checked(Self::RULES, string).map(Self)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A service principal, by the rules of the Organizations API. The service may not exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePrincipal(String);

impl ServicePrincipal {
    /// The string.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Parsed for ServicePrincipal {
    const RULES: &'static [StringRule] = &[
        StringRule::Length(1, 128),
        StringRule::Pattern(
            "^[A-Za-z0-9_+=,.@-]+$",
            "must be a service principal such as cloudtrail.amazonaws.com",
        ),
    ];
}

impl FromStr for ServicePrincipal {
    type Err = Malformed;

    fn from_str(string: &str) -> Result<Self, Malformed> {
        checked(Self::RULES, string).map(Self)
    }
}

impl fmt::Display for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The 12 digits of an account ID. They are kept as a number, because an organization may have 50,000
/// accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The account in an ARN of any service.
    pub fn of_arn(arn: &str) -> Option<Self> {
        arn.split(':').nth(4)?.parse().ok()
    }
}

/// The form of an account ID. A schema has only the pattern.
impl Parsed for AccountId {
    const RULES: &'static [StringRule] = &[
        StringRule::Check(
            |id| !is_damaged_by_yaml(id),
            "must be the 12 digits of an account ID. YAML changed this one, because it read it as a \
             number: enclose it in quotation marks",
        ),
        StringRule::Pattern("^[0-9]{12}$", "must be the 12 digits of an account ID"),
    ];
}

impl FromStr for AccountId {
    type Err = Malformed;

    /// Uses no regular expression, because an organization may have 50,000 accounts.
    fn from_str(string: &str) -> Result<Self, Malformed> {
        let is_valid = string.len() == 12 && string.bytes().all(|b| b.is_ascii_digit());
        match string.parse() {
            Ok(number) if is_valid => Ok(Self(number)),
            _ => check(Self::RULES, string).and(Err(Malformed(String::new()))),
        }
    }
}

/// True if a string is what is left of an account ID that YAML read as a number: without its leading
/// zeros, from octal digits, or as a floating-point number such as `1.23456789012E11`.
fn is_damaged_by_yaml(id: &str) -> bool {
    let is_short = (1..12).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    let is_float = id.contains(['.', 'e', 'E']) && id.parse().is_ok_and(|id: f64| id.is_normal());
    is_short || is_float
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// The ARN of a trail: `arn:<partition>:cloudtrail:<home Region>:<account>:trail/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailArn {
    partition: String,
    region: Region,
    account: AccountId,
    name: TrailName,
}

/// The form of the ARN. A check applies the rules of the name, which a pattern would repeat.
impl Parsed for TrailArn {
    const RULES: &'static [StringRule] = &[
        StringRule::Pattern(
            "^arn:[^:]+:cloudtrail:[a-z0-9]+(-[a-z0-9]+)+-[0-9]+:[0-9]{12}:trail/[A-Za-z0-9._-]{3,128}$",
            NOT_A_TRAIL,
        ),
        StringRule::Check(|arn| TrailArn::parts(arn).is_some(), NOT_A_TRAIL),
    ];
}

const NOT_A_TRAIL: &str = "must be the ARN of a trail";

impl FromStr for TrailArn {
    type Err = Malformed;

    fn from_str(arn: &str) -> Result<Self, Malformed> {
        Self::parts(arn).ok_or_else(|| Malformed(NOT_A_TRAIL.to_owned()))
    }
}

impl TrailArn {
    /// The ARN of a trail. An organization trail has the ID of the management account, even if a
    /// delegated administrator creates it (CloudTrail user guide, delegated administrator).
    pub fn new(partition: &str, region: Region, account: AccountId, name: TrailName) -> Self {
        Self { partition: partition.to_owned(), region, account, name }
    }

    fn parts(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next();
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let region = next()?.parse().ok()?;
        let account = next()?.parse().ok()?;
        let name = next()?.strip_prefix("trail/")?.parse().ok()?;
        (scheme == "arn" && service == "cloudtrail" && !partition.is_empty())
            .then(|| Self::new(partition, region, account, name))
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The home Region, the only one in which the trail can be changed.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The account that owns the trail.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The name of the trail.
    pub fn name(&self) -> &TrailName {
        &self.name
    }
}

impl fmt::Display for TrailArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, name } = self;
        write!(f, "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn trail_names_follow_the_rules() {
        let long = |length| "x".repeat(length);
        for good in ["org", "a-b.c_d", "Trail-2026", "1.2.3.4.5", &long(128)] {
            let name = good.parse::<TrailName>();
            assert_eq!(name.as_ref().map(TrailName::as_str), Ok(good));
        }
        for bad in [
            "ab", "-org", "org.", "a--b", "a._b", "10.0.0.1", "org trail", "örg", "", &long(129),
        ] {
            assert!(bad.parse::<TrailName>().is_err(), "{bad}");
        }
    }

    /// A slash would divide a physical ID.
    #[test]
    fn service_principals_have_no_slash() {
        for good in ["cloudtrail.amazonaws.com", "a", &"x".repeat(128)] {
            let service = good.parse::<ServicePrincipal>().expect("a service principal");
            assert_eq!(
                (service.to_string(), service.into_string()),
                (good.to_owned(), good.to_owned())
            );
        }
        for bad in ["", "cloudtrail/x", "cloud trail", &"x".repeat(129)] {
            assert!(bad.parse::<ServicePrincipal>().is_err(), "{bad}");
        }
    }

    #[test]
    #[rustfmt::skip] // One row per ARN.
    fn trail_arns_are_parsed_by_their_rules() {
        for (arn, valid) in [
            ("arn:aws:cloudtrail:eu-west-1:111111111111:trail/org", true),
            ("arn:aws-us-gov:cloudtrail:us-gov-west-1:111111111111:trail/org.trail", true),
            ("arn:aws-cn:cloudtrail:cn-north-1:111111111111:trail/a_b", true),
            ("arn:aws:cloudtrail:eu-west-1:111111111111:trail/10.0.0.1", false),
            ("arn:aws:cloudtrail:eu-west-1:111111111111:trail/ab", false),
            ("arn:aws:cloudtrail:eu-west-1:111111111111:eventdatastore/x", false),
            ("arn:aws:cloudtrail:eu-west-1:1111:trail/org", false),
            ("arn:aws:cloudtrail::111111111111:trail/org", false),
            ("arn::cloudtrail:eu-west-1:111111111111:trail/org", false),
            ("arn:aws:s3:eu-west-1:111111111111:trail/org", false),
            ("arn:aws:s3:::org", false),
            ("not-created/Trail", false),
            ("stack-Trail-1A2B3C", false),
            ("", false),
        ] {
            assert_eq!(check(TrailArn::RULES, arn).is_ok(), valid, "{arn}");
            let parsed = arn.parse::<TrailArn>().ok().map(|parsed| parsed.to_string());
            assert_eq!(parsed.as_deref(), valid.then_some(arn));
        }
    }

    #[test]
    fn region_codes_have_a_form() {
        assert!("eu-west-1".parse::<Region>().is_ok());
        assert!("Ireland".parse::<Region>().is_err());
        assert!("eu-west-".parse::<Region>().is_err());
    }

    #[test]
    #[rustfmt::skip]
    fn account_ids_are_parsed_by_their_rules() {
        for id in [
            "222222222222", "000000000000", "22222222222", "2222222222222", "22222222222a",
            "٢٢٢٢٢٢٢٢٢٢٢٢", "",
        ] {
            assert_eq!(id.parse::<AccountId>().map(drop), check(AccountId::RULES, id), "{id}");
        }
    }

    #[test]
    fn numbers_of_yaml_are_recognized() {
        let problem = |id: &str| id.parse::<AccountId>().expect_err(id).to_string();
        for id in ["1", "22222222222", "1.23456789012E11", "123456789012.0"] {
            assert!(problem(id).contains("quotation marks"), "{id}");
        }
        for id in ["", "2222222222222", "22222222222a", "account", "0.0"] {
            assert!(!problem(id).contains("quotation marks"), "{id}");
        }
    }

    #[test]
    fn an_arn_has_a_region() {
        let region = Region::of_arn("arn:aws:logs:eu-west-1:111111111111:log-group:x");
        assert_eq!(region, "eu-west-1".parse().ok());
        for other in ["arn:aws:s3:::org", "eu-west-1"] {
            assert_eq!(Region::of_arn(other), None, "{other}");
        }
    }

    #[test]
    fn an_arn_has_an_account() {
        let account = AccountId::of_arn("arn:aws:lambda:eu-west-1:222222222222:function:x");
        assert_eq!(account, "222222222222".parse::<AccountId>().ok());
        assert_eq!(AccountId::of_arn("function-arn"), None);
    }
}
