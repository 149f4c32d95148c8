//! The delivery check: which log files it requires, how long it waits, and when it does not wait.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::names::{AccountId, Region, TrailArn};
use super::timestamp::Timestamp;

/// The accounts whose log files are required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounts {
    /// Any account: one log file.
    First,
    /// Every active account of the organization.
    All,
    /// These accounts.
    Listed(BTreeSet<AccountId>),
}

impl Accounts {
    /// True if log files that are sufficient for `other` are also sufficient for this.
    fn are_among(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::First, _) | (Self::All | Self::Listed(_), Self::All) => true,
            (Self::Listed(these), Self::Listed(others)) => these.is_subset(others),
            (Self::All | Self::Listed(_), Self::First) | (Self::All, Self::Listed(_)) => false,
        }
    }
}

/// The log files that a delivery check waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredDelivery {
    /// The trail.
    pub trail: TrailArn,
    /// The accounts.
    pub accounts: Accounts,
    /// The Regions. With [`Accounts::First`] one of them is sufficient.
    pub regions: BTreeSet<Region>,
}

/// True if an Update waits; false if it checks once and succeeds.
///
/// A rollback sends an Update to the previous properties. It must not wait for a trail that does not
/// deliver at the moment or for an account that has just joined. CloudFormation does not mark a
/// rollback, so the check recognizes it in two cases:
///
/// - The new properties require no more log files than the old ones. An earlier check has found them,
///   or has given up.
/// - The ID names the trail of the new properties, but the old properties name another. Only a failed
///   replacement causes this.
///
/// A change from one list of accounts to another looks like its own rollback, so both wait.
pub fn waits(
    desired: &DesiredDelivery,
    before: Option<&DesiredDelivery>,
    known: Option<&TrailArn>,
) -> bool {
    let Some(before) = before else { return true };
    if before.trail != desired.trail {
        return known != Some(&desired.trail);
    }
    let (now, then) = (&desired.regions, &before.regions);
    let regions_are_among = match (&desired.accounts, &before.accounts) {
        // One of the Regions is sufficient, so more Regions require less. Log files in all Regions of
        // `before` include one in each Region that both have.
        (Accounts::First, Accounts::First) => now.is_superset(then),
        (Accounts::First, Accounts::All | Accounts::Listed(_)) => !now.is_disjoint(then),
        (Accounts::All | Accounts::Listed(_), _) => now.is_subset(then),
    };
    !(desired.accounts.are_among(&before.accounts) && regions_are_among)
}

/// The physical ID: `delivery/<trail ARN>`.
pub fn physical_id(trail: &TrailArn) -> String {
    format!("{PHYSICAL_ID}{trail}")
}

/// The trail in a physical ID. `None` if it is not that of a delivery check.
pub fn trail_of_id(physical_id: &str) -> Option<TrailArn> {
    TrailArn::parse(physical_id.strip_prefix(PHYSICAL_ID)?)
}

const PHYSICAL_ID: &str = "delivery/";

/// The deliveries of a trail, as CloudTrail reports them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// When CloudTrail last delivered to the bucket.
    pub latest_delivery: Option<Timestamp>,
    /// The failed delivery, if the last one failed.
    pub error: Option<DeliveryError>,
}

/// A delivery that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// The destination.
    pub destination: Destination,
    /// The error code of the destination.
    pub code: String,
}

/// A destination of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The bucket.
    Bucket,
    /// The SNS topic.
    Topic,
    /// The log group.
    LogGroup,
}

/// The result of a check: how many accounts have log files, and which have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The number of accounts with log files in all desired Regions.
    pub delivering: usize,
    /// The other accounts. There may be 50,000.
    pub missing: BTreeSet<AccountId>,
    /// CloudTrail has not delivered yet, or [`Accounts::First`] found no log file.
    pub none_yet: bool,
}

impl Coverage {
    /// The result before the first delivery.
    pub fn none_yet() -> Self {
        Self { none_yet: true, ..Self::default() }
    }

    /// True if all desired log files exist.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && !self.none_yet
    }

    /// The number of missing accounts.
    pub fn count_missing(&self) -> usize {
        self.missing.len()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 5;
        if self.none_yet {
            return f.write_str("no log file has been delivered yet");
        }
        if self.missing.is_empty() {
            return f.write_str("all required log files have been delivered");
        }
        let named = self.missing.iter().take(NAMED);
        let named: Vec<String> = named.map(ToString::to_string).collect();
        let more = match self.missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "{} of {} accounts have no log files yet: {}{more}",
            self.missing.len(),
            self.missing.len() + self.delivering,
            named.join(", "),
        )
    }
}

/// The wait after the first check. CloudTrail delivers about five minutes after an event.
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait between two checks.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The time to wait after `checks` checks if the time `left` remains. `None` if no time remains for
/// another check.
pub fn wait(checks: u32, left: Duration) -> Option<Duration> {
    let steps = checks.saturating_sub(1).min(8);
    let wait = (FIRST_WAIT * 3_u32.pow(steps) / 2_u32.pow(steps)).min(LONGEST_WAIT);
    // If little time is left, several checks are better than one long wait.
    let wait = wait.min(left / 4);
    (wait >= Duration::from_millis(100)).then_some(wait)
}

/// The prefix of the keys of an organization's log files: `[prefix/]AWSLogs/<organization id>/`.
pub fn log_prefix(key_prefix: Option<&str>, organization_id: &str) -> String {
    let prefix = key_prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
    format!("{prefix}AWSLogs/{organization_id}/")
}

/// The prefix of the keys of the log files of one account and Region. Digests and insights have other
/// prefixes (CloudTrail user guide, "Finding your CloudTrail log files").
pub fn region_prefix(log_prefix: &str, account: AccountId, region: &Region) -> String {
    format!("{log_prefix}{account}/CloudTrail/{region}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[&str] = &["eu-west-1"];
    const TWO: &[&str] = &["eu-west-1", "us-east-1"];

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).expect("an id")
    }

    fn trail(name: &str) -> TrailArn {
        let arn = format!("arn:aws:cloudtrail:eu-west-1:111111111111:trail/{name}");
        TrailArn::parse(&arn).expect("an ARN")
    }

    fn desired(accounts: &Accounts, regions: &[&str]) -> DesiredDelivery {
        let regions = regions.iter().map(|region| Region::parse(region).expect("a Region"));
        DesiredDelivery {
            trail: trail("org"),
            accounts: accounts.clone(),
            regions: regions.collect(),
        }
    }

    fn listed(ids: &[&str]) -> Accounts {
        Accounts::Listed(ids.iter().map(|id| account(id)).collect())
    }

    #[test]
    #[rustfmt::skip]
    fn only_an_update_to_more_waits() {
        use Accounts::{All, First};
        let [a, b] = ["111111111111", "222222222222"].map(|id| listed(&[id]));
        let ab = listed(&["111111111111", "222222222222"]);
        for (less, more) in [
            (desired(&First, ONE), desired(&All, ONE)),
            (desired(&First, ONE), desired(&a, ONE)),
            (desired(&a, ONE), desired(&ab, ONE)),
            (desired(&ab, ONE), desired(&All, ONE)),
            (desired(&All, ONE), desired(&All, TWO)),
            (desired(&First, TWO), desired(&First, ONE)),
            (desired(&First, ONE), desired(&All, TWO)),
        ] {
            assert!(waits(&more, Some(&less), Some(&less.trail)), "{more:?}");
            assert!(!waits(&less, Some(&more), Some(&less.trail)), "{less:?}");
            assert!(!waits(&less, Some(&less), Some(&less.trail)), "{less:?}");
        }
        // Neither list contains the other.
        assert!(waits(&desired(&a, ONE), Some(&desired(&b, ONE)), None));
        assert!(waits(&desired(&a, ONE), None, None));
    }

    #[test]
    fn rollback_of_a_replacement_does_not_wait() {
        let old = desired(&Accounts::First, ONE);
        let new = DesiredDelivery { trail: trail("new"), ..old.clone() };
        assert!(waits(&new, Some(&old), Some(&old.trail)));
        assert!(!waits(&old, Some(&new), Some(&old.trail)));
    }

    #[test]
    fn waits_grow_and_end() {
        let (hour, seconds) = (Duration::from_hours(1), Duration::from_secs);
        for (checks, left, expected) in [
            (1, hour, Some(FIRST_WAIT)),
            (2, hour, Some(FIRST_WAIT.mul_f64(1.5))),
            (20, hour, Some(LONGEST_WAIT)),
            (20, seconds(4), Some(seconds(1))),
            (1, Duration::from_millis(300), None),
        ] {
            assert_eq!(wait(checks, left), expected, "{checks} {left:?}");
        }
    }

    #[test]
    fn five_missing_accounts_are_named() {
        let missing = (1..=7).map(|n| account(&format!("{n:012}"))).collect();
        let coverage = Coverage { delivering: 3, missing, none_yet: false };
        let message = coverage.to_string();
        assert!(message.starts_with("7 of 10 accounts"), "{message}");
        assert!(message.ends_with("000000000005 and 2 more"), "{message}");
    }

    #[test]
    fn coverage_is_complete_without_missing_accounts() {
        let none_yet = Coverage::none_yet();
        assert!(!none_yet.is_complete());
        assert_eq!(none_yet.to_string(), "no log file has been delivered yet");
        let complete = Coverage::default();
        assert!(complete.is_complete() && complete.count_missing() == 0);
        assert!(complete.to_string().starts_with("all required"), "{complete}");
        let missing = BTreeSet::from([account("111111111111"), account("222222222222")]);
        let incomplete = Coverage { missing, ..complete };
        assert!(!incomplete.is_complete() && incomplete.count_missing() == 2);
    }

    #[test]
    fn prefixes_have_account_and_region() {
        let region = Region::parse("eu-west-1").expect("a Region");
        let prefix = log_prefix(Some("audit"), "o-exampleorg1");
        assert_eq!(prefix, "audit/AWSLogs/o-exampleorg1/");
        assert_eq!(
            region_prefix(&prefix, account("000000000001"), &region),
            "audit/AWSLogs/o-exampleorg1/000000000001/CloudTrail/eu-west-1/"
        );
    }

    #[test]
    fn an_id_has_its_trail() {
        let arn = trail("org");
        assert_eq!(trail_of_id(&physical_id(&arn)), Some(arn));
        assert_eq!(trail_of_id("not-created/Delivery"), None);
    }
}
