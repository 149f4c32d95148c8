//! The delivery check: which log files are evidence, how long it waits, and when it does not wait.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use strum::{EnumString, VariantNames};

use super::names::{AccountId, Region, TrailArn};
use super::string_rule::{Parsed, StringRule};
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
    /// The maximum age of log files that are evidence.
    pub max_age: Duration,
    /// The reaction to missing log files.
    pub mode: Mode,
}

/// The reaction of a delivery check to missing log files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
pub enum Mode {
    /// It waits for them, and fails without them.
    Gate,
    /// It reports them.
    Report,
}

impl Parsed for Mode {
    const RULES: &'static [StringRule] = &[StringRule::OneOf(Self::VARIANTS)];
}

/// True if a request waits; false if it checks once and succeeds.
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
    match (desired.mode, before) {
        (Mode::Report, _) => false,
        (Mode::Gate, None) => true,
        (Mode::Gate, Some(before)) if before.trail != desired.trail => {
            known != Some(&desired.trail)
        }
        (Mode::Gate, Some(before)) => !desired.requires_no_more_than(before),
    }
}

impl DesiredDelivery {
    /// True if log files that are sufficient for `before` are sufficient for this as well.
    fn requires_no_more_than(&self, before: &Self) -> bool {
        let Self { trail: _, accounts, regions, max_age, mode: _ } = self;
        let regions_are_among = match (accounts, &before.accounts) {
            // One of the Regions is sufficient, so more Regions require less. Log files in all
            // Regions of `before` include one in each Region that both have.
            (Accounts::First, Accounts::First) => regions.is_superset(&before.regions),
            (Accounts::First, Accounts::All | Accounts::Listed(_)) => {
                !regions.is_disjoint(&before.regions)
            }
            (Accounts::All | Accounts::Listed(_), _) => regions.is_subset(&before.regions),
        };
        // A report requires nothing.
        before.mode == Mode::Gate
            && accounts.are_among(&before.accounts)
            && regions_are_among
            && *max_age >= before.max_age
    }
}

/// The physical ID: `delivery/<trail ARN>`.
pub fn physical_id(trail: &TrailArn) -> String {
    format!("{PHYSICAL_ID}{trail}")
}

/// The trail in a physical ID. `None` if it is not that of a delivery check.
pub fn trail_of_id(physical_id: &str) -> Option<TrailArn> {
    physical_id.strip_prefix(PHYSICAL_ID)?.parse().ok()
}

const PHYSICAL_ID: &str = "delivery/";

/// Logging and deliveries of a trail, as CloudTrail reports them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// True if the trail logs.
    pub is_logging: bool,
    /// When the trail last started to log.
    pub started_logging: Option<Timestamp>,
    /// When CloudTrail last delivered to the bucket.
    pub latest_delivery: Option<Timestamp>,
    /// The deliveries that failed, one for each destination whose last delivery failed.
    pub errors: Vec<DeliveryError>,
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
    /// The bucket, for log files.
    Bucket,
    /// The bucket, for digest files.
    Digests,
    /// The SNS topic.
    Topic,
    /// The log group.
    LogGroup,
}

/// A problem that prevents deliveries, from the status of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle<'a> {
    /// The trail does not log.
    NotLogging,
    /// A delivery failed.
    Error(&'a DeliveryError),
}

/// The first log files arrive within this time after a trail started to log. An error that is reported
/// sooner is an error of the current policies.
const FIRST_DELIVERIES: Duration = Duration::from_mins(15);
/// CloudTrail delivers about every five minutes. An error that is reported for longer is no remnant
/// of an attempt before a repair.
const NEXT_DELIVERY: Duration = Duration::from_mins(6);

impl Status {
    /// Since when log files are evidence: not before the trail last started to log, and not more than
    /// `max_age` before the request.
    pub fn evidence_since(&self, requested: Timestamp, max_age: Duration) -> Timestamp {
        let oldest = requested.before(max_age);
        self.started_logging.map_or(oldest, |started| started.max(oldest))
    }

    /// True if CloudTrail has delivered since the trail last started to log. Before that, another
    /// trail has delivered the log files in the bucket.
    pub fn has_delivered(&self) -> bool {
        let start = self.started_logging.map(Timestamp::minute);
        self.latest_delivery.is_some_and(|latest| start.is_none_or(|start| latest >= start))
    }

    /// The problem that prevents deliveries. An error of digests counts only if `with_digests`, because
    /// CloudTrail keeps it after log file validation is turned off.
    pub fn obstacle(&self, with_digests: bool) -> Option<Obstacle<'_>> {
        if !self.is_logging {
            return Some(Obstacle::NotLogging);
        }
        let mut errors = self.errors.iter();
        let error = errors.find(|error| with_digests || error.destination != Destination::Digests);
        error.map(Obstacle::Error)
    }

    /// True if an error that CloudTrail has been observed to report for so long is the result of the
    /// current policies. Otherwise, it may be older than a repair.
    pub fn error_is_current(&self, now: Timestamp, reported_for: Duration) -> bool {
        let logging_for = self.started_logging.and_then(|started| now.since(started));
        reported_for >= NEXT_DELIVERY
            || logging_for.is_some_and(|logging| logging <= FIRST_DELIVERIES)
    }
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

    /// The number of missing accounts. With [`Accounts::First`] it is one of one.
    pub fn count_missing(&self) -> usize {
        self.missing.len().max(usize::from(self.none_yet))
    }

    /// The first missing accounts, as many as have room in an attribute.
    pub fn missing_ids(&self) -> String {
        const LISTED: usize = 50;
        self.first_missing(LISTED, ",")
    }

    fn first_missing(&self, count: usize, separator: &str) -> String {
        let first: Vec<String> = self.missing.iter().take(count).map(ToString::to_string).collect();
        first.join(separator)
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
        let more = match self.missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "{} of {} accounts have no log files yet: {}{more}",
            self.missing.len(),
            self.missing.len() + self.delivering,
            self.first_missing(NAMED, ", "),
        )
    }
}

/// Why an account that a template lists is not an active member of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The organization has no such account.
    NotAMember,
    /// The account is closed, suspended, or about to be.
    Closed,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAMember => "not a member",
            Self::Closed => "suspended or closed",
        })
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

/// The keys of the log files of one account and Region since a moment:
/// `<log prefix><account>/CloudTrail/<Region>/YYYY/MM/DD/<account>_CloudTrail_<Region>_YYYYMMDDTHHmmZ_*.json.gz`
/// (CloudTrail user guide, "Finding your CloudTrail log files"). They sort by time. Digests and insights
/// have other prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKeys {
    /// The beginning of all keys, including those of earlier log files.
    pub prefix: String,
    /// The end of the prefix, up to the minute.
    name: String,
    minute: String,
    /// Sorts after the keys of earlier minutes, and before those of the first minute that counts.
    pub start_after: String,
}

impl LogKeys {
    /// The keys under `log_prefix` since the minute of `since`.
    pub fn new(log_prefix: &str, account: AccountId, region: &Region, since: Timestamp) -> Self {
        let prefix = format!("{log_prefix}{account}/CloudTrail/{region}/");
        let name = format!("{account}_CloudTrail_{region}_");
        let (folder, minute) = (since.date_folder(), since.compact_minute());
        let start_after = format!("{prefix}{folder}{name}{minute}");
        Self { prefix, name, minute, start_after }
    }

    /// True if a key is one of these. Other objects can have the prefix, for example the markers of
    /// folders.
    pub fn include(&self, key: &str) -> bool {
        const FOLDER: usize = "YYYY/MM/DD/".len();
        let parts = || {
            let (folder, name) = key.strip_prefix(&self.prefix)?.split_at_checked(FOLDER)?;
            let (minute, rest) =
                name.strip_prefix(&self.name)?.split_at_checked(self.minute.len())?;
            Some((folder.replace('/', ""), minute, rest))
        };
        parts().is_some_and(|(date, minute, rest)| {
            minute.starts_with(&date)
                && date.bytes().all(|byte| byte.is_ascii_digit())
                && minute >= &*self.minute
                && rest.starts_with('_')
                && rest.ends_with(".json.gz")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[&str] = &["eu-west-1"];
    const TWO: &[&str] = &["eu-west-1", "us-east-1"];
    const DAY: Duration = Duration::from_hours(24);
    const MINUTE: Duration = Duration::from_mins(1);

    fn account(id: &str) -> AccountId {
        id.parse().expect("an id")
    }

    fn trail(name: &str) -> TrailArn {
        let arn = format!("arn:aws:cloudtrail:eu-west-1:111111111111:trail/{name}");
        arn.parse().expect("an ARN")
    }

    fn desired(accounts: &Accounts, regions: &[&str]) -> DesiredDelivery {
        let regions = regions.iter().map(|region| region.parse::<Region>().expect("a Region"));
        DesiredDelivery {
            trail: trail("org"),
            accounts: accounts.clone(),
            regions: regions.collect(),
            max_age: 7 * DAY,
            mode: Mode::Gate,
        }
    }

    fn aged(days: u32) -> DesiredDelivery {
        DesiredDelivery { max_age: days * DAY, ..desired(&Accounts::All, ONE) }
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
            (aged(8), aged(7)),
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
    fn a_report_never_waits_and_requires_nothing() {
        let gate = desired(&Accounts::First, ONE);
        let report = DesiredDelivery { mode: Mode::Report, ..gate.clone() };
        for before in [None, Some(&gate), Some(&report)] {
            assert!(!waits(&report, before, None), "{before:?}");
        }
        assert!(waits(&gate, Some(&report), Some(&gate.trail)));
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
        assert_eq!(coverage.missing_ids().split(',').count(), 7);
        let message = coverage.to_string();
        assert!(message.starts_with("7 of 10 accounts"), "{message}");
        assert!(message.ends_with("000000000005 and 2 more"), "{message}");
    }

    #[test]
    fn coverage_is_complete_without_missing_accounts() {
        let none_yet = Coverage::none_yet();
        assert!(!none_yet.is_complete() && none_yet.count_missing() == 1);
        assert_eq!(none_yet.missing_ids(), "");
        assert_eq!(none_yet.to_string(), "no log file has been delivered yet");
        let complete = Coverage::default();
        assert!(complete.is_complete() && complete.count_missing() == 0);
        assert!(complete.to_string().starts_with("all required"), "{complete}");
        let missing = BTreeSet::from([account("111111111111"), account("222222222222")]);
        let incomplete = Coverage { missing, ..complete };
        assert!(!incomplete.is_complete() && incomplete.count_missing() == 2);
    }

    #[test]
    fn fifty_missing_accounts_have_room() {
        let missing = (1..=60).map(|n| account(&format!("{n:012}"))).collect();
        let ids = Coverage { missing, ..Coverage::default() }.missing_ids();
        assert_eq!(ids.split(',').count(), 50);
        assert!(ids.starts_with("000000000001,000000000002,") && ids.ends_with(",000000000050"));
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// 2026-11-23 12:00:30.
    const NOON: i64 = 1_795_435_230;

    #[test]
    fn evidence_begins_with_logging_or_the_oldest_age() {
        let started = |started| Status { started_logging: started, ..Status::default() };
        let week_ago = at(NOON).before(7 * DAY);
        for (start, since) in [
            (None, week_ago),
            (Some(at(0)), week_ago),
            (Some(week_ago), week_ago),
            (Some(at(NOON - 60)), at(NOON - 60)),
        ] {
            assert_eq!(started(start).evidence_since(at(NOON), 7 * DAY), since, "{start:?}");
        }
    }

    #[test]
    fn a_delivery_before_the_start_is_old() {
        let start = Some(at(NOON));
        for (latest, delivered) in [
            (None, false),
            (Some(at(NOON - 31)), false),
            // The same minute.
            (Some(at(NOON - 30)), true),
            (Some(at(NOON + 300)), true),
        ] {
            let status =
                Status { started_logging: start, latest_delivery: latest, ..Status::default() };
            assert_eq!(status.has_delivered(), delivered, "{latest:?}");
        }
        let unknown = Status { latest_delivery: Some(at(0)), ..Status::default() };
        assert!(unknown.has_delivered());
    }

    #[test]
    fn errors_of_digests_count_with_validation() {
        let error = |destination| DeliveryError { destination, code: "AccessDenied".to_owned() };
        let [logs, digests] = [Destination::Bucket, Destination::Digests].map(error);
        let status = |errors: &[&DeliveryError]| Status {
            is_logging: true,
            errors: errors.iter().map(|&error| error.clone()).collect(),
            ..Status::default()
        };
        for (errors, with_digests, without) in [
            (&[][..], None, None),
            (&[&digests], Some(&digests), None),
            (&[&digests, &logs], Some(&digests), Some(&logs)),
        ] {
            let status = status(errors);
            assert_eq!(status.obstacle(true), with_digests.map(Obstacle::Error), "{errors:?}");
            assert_eq!(status.obstacle(false), without.map(Obstacle::Error), "{errors:?}");
        }
        let stopped = Status { is_logging: false, ..status(&[&logs]) };
        assert_eq!(stopped.obstacle(true), Some(Obstacle::NotLogging));
    }

    #[test]
    fn an_error_may_be_older_than_a_repair() {
        let (none, six) = (Duration::ZERO, 6 * MINUTE);
        let now = at(NOON);
        for (start, reported_for, current) in [
            (Some(now), none, true),
            (Some(now.before(15 * MINUTE)), none, true),
            (Some(now.before(16 * MINUTE)), none, false),
            (Some(now.before(16 * MINUTE)), Duration::from_secs(6 * 60 - 1), false),
            (Some(now.before(16 * MINUTE)), six, true),
            (None, none, false),
            (None, six, true),
        ] {
            let status = Status { started_logging: start, ..Status::default() };
            let observed = status.error_is_current(now, reported_for);
            assert_eq!(observed, current, "{start:?} {reported_for:?}");
        }
    }

    #[test]
    fn a_standing_is_printed_after_the_account() {
        let standings = [Standing::NotAMember, Standing::Closed];
        let printed = standings.map(|standing| standing.to_string());
        assert_eq!(printed, ["not a member", "suspended or closed"]);
    }

    fn keys() -> LogKeys {
        let region = "eu-west-1".parse::<Region>().expect("a Region");
        let prefix = log_prefix(Some("audit"), "o-exampleorg1");
        assert_eq!(prefix, "audit/AWSLogs/o-exampleorg1/");
        LogKeys::new(&prefix, account("000000000001"), &region, at(NOON))
    }

    #[test]
    fn keys_have_account_region_and_minute() {
        let prefix = "audit/AWSLogs/o-exampleorg1/000000000001/CloudTrail/eu-west-1/";
        assert_eq!(keys().prefix, prefix);
        let first = "2026/11/23/000000000001_CloudTrail_eu-west-1_20261123T1200Z";
        assert_eq!(keys().start_after, format!("{prefix}{first}"));
    }

    #[test]
    fn keys_since_a_minute_sort_after_the_start() {
        let keys = keys();
        let name = "000000000001_CloudTrail_eu-west-1_";
        for (folder, minute, included) in [
            ("2026/11/23/", "20261123T1200Z", true),
            ("2026/11/23/", "20261123T1201Z", true),
            ("2026/11/24/", "20261124T0000Z", true),
            ("2027/01/01/", "20270101T0000Z", true),
            ("2026/11/23/", "20261123T1159Z", false),
            ("2026/11/22/", "20261122T2359Z", false),
            ("2020/01/01/", "20200101T1200Z", false),
        ] {
            let key = format!("{}{folder}{name}{minute}_Mx8pQw2Z.json.gz", keys.prefix);
            assert_eq!(key > keys.start_after, included, "{key}");
            assert_eq!(keys.include(&key), included, "{key}");
        }
    }

    #[test]
    fn other_objects_are_no_log_files() {
        let keys = keys();
        let name = "000000000001_CloudTrail_eu-west-1_";
        for other in [
            String::new(),
            "2026/11/24/".to_owned(),
            "readme.txt".to_owned(),
            format!("2026/11/24/{name}20261124T0000Z_Mx8pQw2Z.json.gz.tmp"),
            format!("2026/11/24/{name}20200101T0000Z_Mx8pQw2Z.json.gz"),
            format!("2026/11/24/{name}2026112"),
            format!("2026/11/24/0{name}20261124T0000Z_Mx8pQw2Z.json.gz"),
            "2026/11/24/000000000001_CloudTrail-Digest_eu-west-1_20261124T0000Z_x.json.gz"
                .to_owned(),
            "2026/11/2é/".to_owned(),
        ] {
            assert!(!keys.include(&format!("{}{other}", keys.prefix)), "{other}");
        }
        let elsewhere = "AWSLogs/o-exampleorg1/000000000001/CloudTrail/eu-west-1/2026/11/24/";
        let name = format!("{elsewhere}{name}20261124T0000Z_Mx8pQw2Z.json.gz");
        assert!(!keys.include(&name), "{name}");
    }

    #[test]
    fn an_id_has_its_trail() {
        let arn = trail("org");
        assert_eq!(trail_of_id(&physical_id(&arn)), Some(arn));
        assert_eq!(trail_of_id("not-created/Delivery"), None);
    }
}
