//! Proof that a trail delivers: what is desired, when waiting ends, and what a rollback may not wait
//! for.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::names::{AccountId, Region, TrailArn};
use super::timestamp::Timestamp;

/// Whose logs have to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounts {
    /// Anybody's: one log file.
    First,
    /// Those of every active account of the organization.
    All,
    /// Those of these accounts.
    Listed(BTreeSet<AccountId>),
}

impl Accounts {
    /// Whether logs that satisfy `other` satisfy this as well.
    fn are_among(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::First, _) | (Self::All | Self::Listed(_), Self::All) => true,
            (Self::Listed(these), Self::Listed(others)) => these.is_subset(others),
            (Self::All | Self::Listed(_), Self::First) | (Self::All, Self::Listed(_)) => false,
        }
    }
}

/// What a delivery gate waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredDelivery {
    /// The trail.
    pub trail: TrailArn,
    /// Whose logs.
    pub accounts: Accounts,
    /// Of which Regions; with [`Accounts::First`] any of them will do.
    pub regions: BTreeSet<Region>,
}

/// Whether an Update waits, or looks once and lets the stack go on.
///
/// A rollback sends an Update that wants again what was desired before, and nothing may block it:
/// neither a trail that does not deliver at the moment nor an account that joined since. CloudFormation
/// does not say that it rolls back, but it shows: what is desired is no more than what the other side
/// of the Update desired, so that it was either proved before or given up; or the id names the desired
/// trail already while the old properties name another, which only a replacement that failed leaves.
/// An exchange of one list of accounts for another cannot be told from its rollback, so both wait.
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
        // Of several Regions any one will do: more of them want less, and what is in all of some
        // Regions is in any one that both have.
        (Accounts::First, Accounts::First) => now.is_superset(then),
        (Accounts::First, Accounts::All | Accounts::Listed(_)) => !now.is_disjoint(then),
        (Accounts::All | Accounts::Listed(_), _) => now.is_subset(then),
    };
    !(desired.accounts.are_among(&before.accounts) && regions_are_among)
}

/// The physical id: `delivery/<trail ARN>`.
pub fn physical_id(trail: &TrailArn) -> String {
    format!("{PHYSICAL_ID}{trail}")
}

/// The trail that a physical id names, if it is one of ours.
pub fn trail_of_id(physical_id: &str) -> Option<TrailArn> {
    TrailArn::parse(physical_id.strip_prefix(PHYSICAL_ID)?)
}

const PHYSICAL_ID: &str = "delivery/";

/// What CloudTrail reports of a trail's deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// When it last delivered to the bucket.
    pub latest_delivery: Option<Timestamp>,
    /// Why it could not, and to where.
    pub error: Option<DeliveryError>,
}

/// A delivery that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// Where to.
    pub destination: Destination,
    /// The code that the destination gave.
    pub code: String,
}

/// Where a trail delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The bucket.
    Bucket,
    /// The SNS topic.
    Topic,
    /// The log group.
    LogGroup,
}

/// Whose logs are there and whose are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many accounts deliver in all the desired Regions.
    pub delivering: usize,
    /// The accounts that do not yet. Kept as what they are, numbers: there may be 50,000.
    pub missing: BTreeSet<AccountId>,
    /// CloudTrail reports no delivery yet, or with [`Accounts::First`] no log file was found.
    pub none_yet: bool,
}

impl Coverage {
    /// Nothing is there and nothing was looked for, because CloudTrail has not delivered yet.
    pub fn none_yet() -> Self {
        Self {
            none_yet: true,
            ..Self::default()
        }
    }

    /// Whether all that is desired is there.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && !self.none_yet
    }

    /// How many accounts are missing.
    pub fn count_missing(&self) -> usize {
        self.missing.len()
    }
}

impl fmt::Display for Coverage {
    /// The first few, and how many there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 5;
        if self.none_yet {
            return f.write_str("no log file has been delivered yet");
        }
        if self.missing.is_empty() {
            return f.write_str("everything that is waited for has been delivered");
        }
        let first: Vec<String> = self
            .missing
            .iter()
            .take(NAMED)
            .map(ToString::to_string)
            .collect();
        let more = match self.missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "{} of {} accounts have not delivered yet: {}{more}",
            self.missing.len(),
            self.missing.len() + self.delivering,
            first.join(", "),
        )
    }
}

/// The first wait between two looks. CloudTrail delivers about five minutes after an event.
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How long to wait before the next look, of which `looks` were taken so far, with `left` to go;
/// `None` when there is no time for another.
pub fn wait(looks: u32, left: Duration) -> Option<Duration> {
    let grown = FIRST_WAIT * 3_u32.saturating_pow(looks.saturating_sub(1).min(8));
    let wait = (grown / 2_u32.saturating_pow(looks.saturating_sub(1).min(8))).min(LONGEST_WAIT);
    // Where there is little time, several short looks are worth more than one wait.
    let wait = wait.min(left / 4);
    (wait >= Duration::from_millis(100)).then_some(wait)
}

/// `[prefix/]AWSLogs/<organization id>/`: the beginning of the keys of all logs of an organization.
pub fn log_prefix(key_prefix: Option<&str>, organization_id: &str) -> String {
    let prefix = key_prefix
        .map(|prefix| format!("{prefix}/"))
        .unwrap_or_default();
    format!("{prefix}AWSLogs/{organization_id}/")
}

/// The beginning of the keys of the logs of one account and Region; digests and insights lie beside
/// it (CloudTrail user guide, "Finding your CloudTrail log files").
pub fn region_prefix(log_prefix: &str, account: AccountId, region: &Region) -> String {
    format!("{log_prefix}{account}/CloudTrail/{region}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).expect("an id")
    }

    fn trail(name: &str) -> TrailArn {
        TrailArn::parse(&format!(
            "arn:aws:cloudtrail:eu-west-1:111111111111:trail/{name}"
        ))
        .expect("an ARN")
    }

    fn desired(accounts: Accounts, regions: &[&str]) -> DesiredDelivery {
        let regions = regions
            .iter()
            .map(|region| Region::parse(region).expect("a Region"));
        DesiredDelivery {
            trail: trail("org"),
            accounts,
            regions: regions.collect(),
        }
    }

    fn listed(ids: &[&str]) -> Accounts {
        Accounts::Listed(ids.iter().map(|id| account(id)).collect())
    }

    const ONE: &[&str] = &["eu-west-1"];
    const TWO: &[&str] = &["eu-west-1", "us-east-1"];

    #[test]
    fn an_update_that_wants_more_waits_and_its_rollback_does_not() {
        let (a, ab) = (
            listed(&["111111111111"]),
            listed(&["111111111111", "222222222222"]),
        );
        for (less, more) in [
            (desired(Accounts::First, ONE), desired(Accounts::All, ONE)),
            (desired(Accounts::First, ONE), desired(a.clone(), ONE)),
            (desired(a.clone(), ONE), desired(ab.clone(), ONE)),
            (desired(ab.clone(), ONE), desired(Accounts::All, ONE)),
            (desired(Accounts::All, ONE), desired(Accounts::All, TWO)),
            (desired(Accounts::First, TWO), desired(Accounts::First, ONE)),
            (desired(Accounts::First, ONE), desired(Accounts::All, TWO)),
        ] {
            assert!(waits(&more, Some(&less), Some(&less.trail)), "{more:?}");
            assert!(!waits(&less, Some(&more), Some(&less.trail)), "{less:?}");
            assert!(!waits(&less, Some(&less), Some(&less.trail)), "{less:?}");
        }
        // What cannot be compared is waited for.
        let b = listed(&["222222222222"]);
        assert!(waits(
            &desired(a.clone(), ONE),
            Some(&desired(b, ONE)),
            None
        ));
        assert!(waits(&desired(a, ONE), None, None));
    }

    #[test]
    fn another_trail_is_waited_for_unless_the_id_shows_a_failed_replacement() {
        let (old, new) = (desired(Accounts::First, ONE), trail("new"));
        let replacement = DesiredDelivery {
            trail: new.clone(),
            ..old.clone()
        };
        assert!(waits(&replacement, Some(&old), Some(&old.trail)));
        assert!(!waits(&old, Some(&replacement), Some(&old.trail)));
    }

    #[test]
    fn waiting_starts_short_grows_and_ends() {
        let ample = Duration::from_hours(1);
        assert_eq!(wait(1, ample), Some(FIRST_WAIT));
        assert_eq!(wait(2, ample), Some(FIRST_WAIT.mul_f64(1.5)));
        assert_eq!(wait(20, ample), Some(LONGEST_WAIT));
        assert_eq!(
            wait(20, Duration::from_secs(4)),
            Some(Duration::from_secs(1))
        );
        assert_eq!(wait(1, Duration::from_millis(300)), None);
    }

    #[test]
    fn the_missing_are_named_in_part_and_counted_in_full() {
        let missing = (1..=7).map(|n| account(&format!("{n:012}"))).collect();
        let coverage = Coverage {
            delivering: 3,
            missing,
            none_yet: false,
        };
        let text = coverage.to_string();
        assert!(text.starts_with("7 of 10 accounts"), "{text}");
        assert!(text.ends_with("000000000005 and 2 more"), "{text}");
    }

    #[test]
    fn waiting_ends_when_nobody_is_missing_and_something_was_delivered() {
        let none_yet = Coverage::none_yet();
        assert!(!none_yet.is_complete());
        assert_eq!(none_yet.to_string(), "no log file has been delivered yet");
        let complete = Coverage::default();
        assert!(complete.is_complete() && complete.count_missing() == 0);
        assert!(complete.to_string().starts_with("everything"), "{complete}");
        let missing = BTreeSet::from([account("111111111111"), account("222222222222")]);
        let incomplete = Coverage {
            missing,
            ..complete
        };
        assert!(!incomplete.is_complete() && incomplete.count_missing() == 2);
    }

    #[test]
    fn prefixes_are_those_of_logs_only() {
        let region = Region::parse("eu-west-1").expect("a Region");
        let logs = log_prefix(Some("audit"), "o-exampleorg1");
        assert_eq!(logs, "audit/AWSLogs/o-exampleorg1/");
        assert_eq!(
            region_prefix(&logs, account("000000000001"), &region),
            "audit/AWSLogs/o-exampleorg1/000000000001/CloudTrail/eu-west-1/"
        );
    }

    #[test]
    fn an_id_names_its_trail() {
        let arn = trail("org");
        assert_eq!(trail_of_id(&physical_id(&arn)), Some(arn));
        assert_eq!(trail_of_id("not-created/Delivery"), None);
    }
}
