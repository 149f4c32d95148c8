//! Delivery gates over time: how long an error of CloudTrail is watched, and sequences of deliveries,
//! failures and repairs, against a small model of what is evidence.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use proptest::{prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, json};
use simulator::{
    aws::{AccountStatus, Bucket, Caller, Delivery, Trail},
    cloudformation::Response,
};
use tokio::time::advance;

use crate::{
    generate,
    requests::request,
    stage::{Clock, Stage, play},
    states::plain,
    support::{
        ACCOUNTS, BUCKET, GATE, OrgTrailDelivery, REGION, TRAIL_ARN, assert_mentions, merged, ours,
        waiting_for,
    },
    table::Table,
};

/// The maximum timeout of a Lambda function.
const FUNCTION: Duration = Duration::from_mins(15);

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// Creates a gate for a trail that has been logging for years: its response, and how long it took.
fn create_gate(deliveries: &[Delivery], accounts: &str) -> (Response, Duration) {
    play(1, async {
        let trail = deliveries.iter().cloned().fold(ours(), Trail::with_delivery);
        let stage = Stage::new(plain().with_trail(trail), Clock::start());
        let event = request("Create", OrgTrailDelivery).with("ServiceTimeout", "900");
        let event = event.properties(waiting_for(accounts));
        let played = stage.lasting(FUNCTION).send(&event).await;
        (played.response().clone(), played.took)
    })
}

#[test]
fn an_unrepaired_error_fails_after_six_minutes() {
    for refused in [Delivery::refused("AccessDenied"), Delivery::digest_refused("AccessDenied")] {
        let (response, took) = create_gate(&[refused], "First");
        assert!(!response.is_success());
        assert_mentions(response.reason(), &["AccessDenied", "bucket policy", TRAIL_ARN]);
        assert!((minutes(6)..minutes(7)).contains(&took), "{took:?}");
    }
}

/// The gate is created together with a repair. The last attempt of CloudTrail was before.
#[test]
fn a_repair_in_the_same_deployment_succeeds() {
    let refused = Delivery::refused("AccessDenied");
    let digest_refused = Delivery::digest_refused("AccessDenied");
    // The tenth read is after four to six minutes.
    let delivered = Delivery::of_log_files(&ACCOUNTS, &[REGION]).after(9);
    let deliveries = [refused, digest_refused, delivered, Delivery::digest().after(9)];
    let (response, took) = create_gate(&deliveries, "All");
    assert!(response.is_success(), "{}", response.reason());
    assert!((minutes(4)..minutes(6)).contains(&took), "{took:?}");
}

#[test]
fn another_error_is_watched_anew() {
    let [refused, again] = [0, 8].map(|looks| Delivery::refused("AccessDenied").after(looks));
    let delivered = Delivery::of_log_files(&ACCOUNTS[..1], &[REGION]).after(7);
    let (response, took) = create_gate(&[refused, delivered, again], "All");
    assert!(!response.is_success());
    assert_mentions(response.reason(), &["AccessDenied"]);
    assert!((minutes(8)..minutes(11)).contains(&took), "{took:?}");
}

#[test]
fn log_files_are_awaited_for_the_whole_time() {
    let (response, took) = create_gate(&[], "First");
    assert!(!response.is_success());
    assert_mentions(response.reason(), &["no log file has been delivered yet", "ServiceTimeout"]);
    assert!((minutes(14)..FUNCTION).contains(&took), "{took:?}");
}

/// The bucket that the trail may move to, without log files.
const OTHER_BUCKET: &str = "org-logs-elsewhere";

/// Something that happens to the trail or the organization.
#[derive(Debug, Clone)]
enum Action {
    /// Log files of the accounts with these numbers.
    Deliver(BTreeSet<usize>),
    Refuse(File),
    Digest,
    StopLogging,
    StartLogging,
    ToggleValidation,
    MoveBucket,
    Suspend(usize),
    Pass(u64),
    Check(Accounts),
}

/// The accounts that a gate requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accounts {
    First,
    All,
    /// The accounts with these numbers.
    Two(usize, usize),
}

impl Accounts {
    fn properties(self, mode: &str) -> Value {
        let accounts = match self {
            Self::First => json!("First"),
            Self::All => json!("All"),
            Self::Two(one, other) => json!([ACCOUNTS[one], ACCOUNTS[other]]),
        };
        merged(waiting_for(accounts), json!({ "Mode": mode, "MaxAgeDays": DAYS }))
    }
}

/// Less than a wait between two checks. Calls take no time.
const AT_ONCE: Duration = Duration::from_millis(100);

/// The maximum age of evidence.
const DAYS: u32 = 3;

/// A delivered log file.
#[derive(Debug, Clone)]
struct LogFile {
    account: usize,
    bucket: &'static str,
    minute: i64,
}

/// The log files that CloudTrail delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum File {
    Log,
    Digest,
}

/// The evidence, as the promises define it. Times are minutes.
#[derive(Debug, Clone)]
struct Model {
    files: Vec<LogFile>,
    logging: bool,
    started: i64,
    latest: Option<i64>,
    /// The last attempts that failed.
    failed: BTreeSet<File>,
    validation: bool,
    bucket: &'static str,
    active: BTreeSet<usize>,
}

impl Model {
    /// True if CloudTrail delivers these files now.
    fn delivers(&self, file: File) -> bool {
        self.logging && (self.validation || file == File::Log)
    }

    /// The required accounts that have no evidence; `First` is about one.
    fn missing(&self, accounts: Accounts, now: i64) -> usize {
        let since = self.started.max(now - i64::from(DAYS) * 24 * 60);
        let has_logs = |account: &usize| {
            self.files.iter().any(|file| {
                file.account == *account && file.bucket == self.bucket && file.minute >= since
            })
        };
        let lacks_logs = |account: &&usize| !has_logs(account);
        match accounts {
            Accounts::First => usize::from(!(0..ACCOUNTS.len()).any(|account| has_logs(&account))),
            Accounts::All => self.active.iter().filter(lacks_logs).count(),
            Accounts::Two(one, other) => {
                BTreeSet::from([one, other]).iter().filter(lacks_logs).count()
            }
        }
    }

    /// The problem that the reason of a gate mentions; `None` if it succeeds.
    fn problem(&self, accounts: Accounts, now: i64) -> Option<&'static str> {
        let is_active = |account| self.active.contains(&account);
        let delivered = self.latest.is_some_and(|latest| latest >= self.started);
        match accounts {
            Accounts::Two(one, other) if !(is_active(one) && is_active(other)) => {
                Some("not active members")
            }
            _ if !self.logging => Some("does not log"),
            _ if self.failed.contains(&File::Log) => Some("could not deliver logs"),
            _ if self.validation && self.failed.contains(&File::Digest) => {
                Some("could not deliver digest files")
            }
            _ if !delivered || self.missing(accounts, now) > 0 => Some("has not delivered all"),
            _ => None,
        }
    }
}

/// The trail and the model beside it.
struct Play {
    stage: Stage,
    model: Model,
}

impl Play {
    fn minute(&self) -> i64 {
        self.stage.clock.milliseconds().div_euclid(60_000)
    }

    /// Lets CloudTrail do this now.
    fn deliver(&self, delivery: Delivery) {
        let now = self.stage.clock.timestamp();
        self.stage.aws.world(|world| {
            world.now = now;
            let trail = world.trail_mut(TRAIL_ARN).expect("the trail");
            if trail.is_logging {
                trail.deliveries.push(delivery);
            }
            let caller = Caller::new("111111111111", REGION);
            let status = world.call(&caller, "GetTrailStatus", &json!({ "Name": TRAIL_ARN }));
            assert!(status.is_ok(), "{status:?}");
        });
    }

    fn change(&self, change: impl FnOnce(&mut Trail)) {
        self.stage.aws.world(|world| change(world.trail_mut(TRAIL_ARN).expect("the trail")));
    }

    async fn act(&mut self, action: Action) -> TestCaseResult {
        let minute = self.minute();
        match action {
            Action::Deliver(accounts) => {
                let ids: Vec<&str> = accounts.iter().map(|&number| ACCOUNTS[number]).collect();
                self.deliver(Delivery::of_log_files(&ids, &[REGION]));
                let model = &mut self.model;
                if model.logging {
                    let active = accounts.iter().filter(|account| model.active.contains(account));
                    let bucket = model.bucket;
                    let files = active.map(|&account| LogFile { account, bucket, minute });
                    model.files.extend(files.collect::<Vec<_>>());
                    model.latest = Some(minute);
                    model.failed.remove(&File::Log);
                }
            }
            Action::Refuse(file) => {
                self.deliver(match file {
                    File::Log => Delivery::refused("AccessDenied"),
                    File::Digest => Delivery::digest_refused("AccessDenied"),
                });
                if self.model.delivers(file) {
                    self.model.failed.insert(file);
                }
            }
            Action::Digest => {
                self.deliver(Delivery::digest());
                if self.model.delivers(File::Digest) {
                    self.model.failed.remove(&File::Digest);
                }
            }
            Action::StopLogging => {
                self.change(|trail| trail.is_logging = false);
                self.model.logging = false;
            }
            Action::StartLogging if !self.model.logging => {
                let now = self.stage.clock.timestamp();
                self.change(|trail| {
                    (trail.is_logging, trail.start_logging_time) = (true, Some(now));
                });
                (self.model.logging, self.model.started) = (true, minute);
            }
            Action::StartLogging => {}
            Action::ToggleValidation => {
                self.model.validation = !self.model.validation;
                let validation = self.model.validation;
                self.change(|trail| trail.log_file_validation_enabled = validation);
            }
            Action::MoveBucket => {
                let moved = self.model.bucket == BUCKET;
                self.model.bucket = if moved { OTHER_BUCKET } else { BUCKET };
                let bucket = self.model.bucket;
                self.change(|trail| bucket.clone_into(&mut trail.s3_bucket_name));
            }
            Action::Suspend(number) => {
                self.model.active.remove(&number);
                self.stage.aws.world(|world| {
                    let account = world.accounts.get_mut(ACCOUNTS[number]).expect("an account");
                    account.status = AccountStatus::Suspended;
                });
            }
            Action::Pass(hours) => advance(Duration::from_hours(hours)).await,
            Action::Check(accounts) => self.check(accounts).await?,
        }
        Ok(())
    }

    /// A gate and its plan, a report, and an Update that may be a rollback, all now.
    async fn check(&self, accounts: Accounts) -> TestCaseResult {
        let (gate, report) = (accounts.properties("Gate"), accounts.properties("Report"));
        let problem = self.model.problem(accounts, self.minute());
        let missing = self.model.missing(accounts, self.minute()).to_string();
        let create = request("Create", OrgTrailDelivery);
        let update = request("Update", OrgTrailDelivery).with("PhysicalResourceId", GATE);
        let looks = [
            create.clone().properties(report),
            update.old_properties(gate.clone()).properties(gate.clone()),
        ];
        for look in looks {
            let played = self.stage.send(&look).await;
            let response = played.response();
            prop_assert!(response.is_success(), "{}", response.reason());
            let observed = response.attribute("Problem").unwrap_or_default();
            prop_assert_eq!(observed.is_empty(), problem.is_none(), "{}", observed);
            prop_assert!(observed.contains(problem.unwrap_or_default()), "{}", observed);
            prop_assert_eq!(response.attribute("AccountsMissing"), Some(&*missing));
        }
        let create = create.properties(gate);
        let plan = self.stage.plan(&create).await.expect("a plan");
        let played = self.stage.send(&create).await;
        let response = played.response();
        prop_assert_eq!(response.is_success(), problem.is_none(), "{}", response.reason());
        prop_assert!(
            response.reason().contains(problem.unwrap_or_default()),
            "{}",
            response.reason()
        );
        let failed_at_once = !response.is_success() && played.took < AT_ONCE;
        let steps = plan["Steps"].as_array().expect("a list");
        prop_assert_eq!(&plan["InSync"], response.is_success());
        prop_assert_eq!(plan["Refused"] != "", failed_at_once, "{} {}", plan, response.reason());
        prop_assert!(response.reason().contains(plan["Refused"].as_str().expect("a string")));
        prop_assert_eq!(steps.len(), usize::from(!response.is_success() && !failed_at_once));
        Ok(())
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let number = || 0..ACCOUNTS.len();
    let accounts = prop_oneof![
        Just(Accounts::First),
        Just(Accounts::All),
        (number(), number()).prop_map(|(one, other)| Accounts::Two(one, other)),
    ];
    prop_oneof![
        6 => proptest::collection::btree_set(number(), 1..=ACCOUNTS.len())
            .prop_map(Action::Deliver),
        1 => Just(Action::Refuse(File::Log)),
        1 => Just(Action::Digest),
        1 => Just(Action::Refuse(File::Digest)),
        1 => Just(Action::StopLogging),
        2 => Just(Action::StartLogging),
        1 => Just(Action::ToggleValidation),
        1 => Just(Action::MoveBucket),
        // The management account cannot be suspended.
        1 => (1..ACCOUNTS.len()).prop_map(Action::Suspend),
        2 => (1_u64..=60).prop_map(Action::Pass),
        8 => accounts.prop_map(Action::Check),
    ]
}

/// The number of histories that are played, and their maximum length.
const HISTORIES: u32 = 64;
const LONGEST: usize = 16;

async fn play_all(history: Vec<Action>) -> TestCaseResult {
    let world = plain().with_trail(ours()).with_bucket(OTHER_BUCKET, Bucket::open(REGION));
    let mut play = Play {
        stage: Stage::new(world, Clock::start()).lasting(Duration::from_secs(4)),
        model: Model {
            files: Vec::new(),
            logging: true,
            started: 0,
            latest: None,
            failed: BTreeSet::new(),
            validation: true,
            bucket: BUCKET,
            active: (0..ACCOUNTS.len()).collect(),
        },
    };
    for action in history {
        play.act(action).await?;
    }
    Ok(())
}

#[test]
fn a_gate_succeeds_only_with_present_evidence() {
    let figures = RefCell::new([0; 2]);
    let histories = proptest::collection::vec(any_action(), 1..=LONGEST);
    generate::run(HISTORIES, &histories, |history| {
        for action in &history {
            figures.borrow_mut()[usize::from(matches!(action, Action::Check(_)))] += 1;
        }
        play(1, play_all(history))
    });
    let mut table = Table::new(["generated", "histories", "events", "checks"]);
    let [events, checks] = figures.into_inner();
    let histories = usize::try_from(HISTORIES).expect("fits");
    table.row("a trail and its delivery gates", &[histories, events, checks]);
    table.print();
}
