//! `Custom::OrgTrailDelivery`: a gate that waits until an organization trail delivers log files, or a
//! report of the accounts that have none.

mod coverage;
pub mod properties;

use std::collections::BTreeMap;

use strum::{EnumMessage, IntoStaticStr, VariantArray};
use tokio::time::{Instant, sleep, timeout_at};

use super::visibility::confirm_not_found;
use super::{Failure, Outcome, RequestContext};
use crate::aws::cloudtrail::CloudTrail;
use crate::aws::log_bucket::LogBucket;
use crate::cfn::attributes::{Attributes, attributes};
use crate::cfn::response::excerpt;
use crate::domain::delivery::{
    self as decide, Accounts, Coverage, DeliveryError, DesiredDelivery, Obstacle, Standing, Status,
    log_prefix,
};
use crate::domain::diagnosis::{self, Context};
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region, TrailArn};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::plan::{Change, Plan, PlannedStep};
use crate::domain::timestamp::Timestamp;
use crate::domain::trail::settings::Settings;
use coverage::{ActiveAccounts, Evidence};

/// The attributes of a delivery gate that `Fn::GetAtt` returns.
#[derive(Debug, Clone, Copy, EnumMessage, IntoStaticStr, VariantArray)]
pub enum OrgTrailDeliveryAttribute {
    /// The time of the latest delivery to the bucket that CloudTrail reports: a date and time
    /// in UTC, for example, `2026-03-01T12:00:00Z`. An empty string if CloudTrail has not
    /// delivered anything yet.
    LatestDeliveryTime,
    /// The moment since which log files count: the time when the trail last started to log, or
    /// `MaxAgeDays` before the request, whichever is later. A date and time in UTC.
    EvidenceSince,
    /// The number of required accounts that have log files in all required Regions, for example
    /// `40`. With `Accounts: First` it is `1`, or `0` if there is no log file.
    AccountsDelivering,
    /// The number of required accounts that have no log file in at least one of the required
    /// Regions, for example, `2`. It can differ from `0` only if the function checked once: in
    /// the mode `Report`, and in an Update that requires no more than before. With
    /// `Accounts: First` it is `1` if there is no log file.
    AccountsMissing,
    /// The IDs of the accounts that `AccountsMissing` counts, separated by commas: the first 50.
    /// An empty string with `Accounts: First`.
    MissingAccountIds,
    /// The reason why a gate does not succeed, if the function checked once and found one:
    /// missing log files, a delivery error, a trail that does not log, or a check that failed.
    /// Otherwise, an empty string. At most 1,000 characters.
    Problem,
    /// The location of the log files, in which each account has a folder: `s3://`, the bucket
    /// and the prefix. For example, `s3://my-log-archive/AWSLogs/o-exampleorg1/`.
    LogLocation,
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let Requested { desired, is_known, waits } = read(context)?;
    let attributes = if waits {
        let (check, accounts) = DeliveryCheck::begin(context, &desired, is_known).await?;
        check.wait(accounts).await?
    } else {
        // This Update may be a rollback, which no failure may block, or the properties demand a report.
        look(context, &desired, is_known).await.unwrap_or_else(|failure| {
            tracing::warn!(error = %failure, trail = %desired.trail, "delivery check failed, request continues");
            attributes(|attribute| match attribute {
                OrgTrailDeliveryAttribute::Problem => problem(&failure),
                _ => String::new(),
            })
        })
    };
    Ok(Outcome { physical_id: decide::physical_id(&desired.trail), attributes })
}

/// The plan of a Create or an Update: whether a gate would wait after its first check, which is the
/// same as that of [`DeliveryCheck::wait`].
pub async fn plan(context: &RequestContext<'_>) -> Result<Plan, Failure> {
    let Requested { desired, is_known, waits } = read(context)?;
    if !waits {
        return Ok(Plan::new(Vec::new()));
    }
    let (check, accounts) = DeliveryCheck::begin(context, &desired, is_known).await?;
    let mut findings = check.no_findings()?;
    check.check(&check.status, &mut findings, accounts).await?;
    if findings.are_sufficient() {
        return Ok(Plan::new(Vec::new()));
    }
    let coverage = &findings.coverage;
    let changes = [
        Change::of("AccountsMissing", coverage.count_missing().to_string(), "0".to_owned()),
        Change::of("MissingAccountIds", coverage.missing_ids(), String::new()),
    ];
    let step = PlannedStep::new(Operation::ListObjectsV2, check.log_location());
    let step = PlannedStep { changes: changes.into_iter().flatten().collect(), ..step };
    Ok(Plan::new(vec![step.clone()]).replacing(context.replaced(is_known), step))
}

/// A request for a gate or a report.
struct Requested {
    desired: DesiredDelivery,
    /// The physical ID names the trail. A trail that was checked before has usually delivered, so the
    /// accounts are listed at once. A new trail has not, and the accounts are not needed until it has.
    is_known: bool,
    /// The request waits, and does not check only once.
    waits: bool,
}

fn read(context: &RequestContext<'_>) -> Result<Requested, Failure> {
    let request = context.request;
    let desired = properties::desired(&request.properties)?;
    let before = properties::desired(&request.old_properties).ok();
    let known = request.physical_id.as_deref().and_then(decide::trail_of_id);
    let is_known = known.as_ref() == Some(&desired.trail);
    let waits = decide::waits(&desired, before.as_ref(), known.as_ref());
    Ok(Requested { desired, is_known, waits })
}

/// One check. `Problem` is the reason why a gate would not succeed at once.
///
/// # Errors
/// The check failed.
async fn look(
    context: &RequestContext<'_>,
    desired: &DesiredDelivery,
    is_known: bool,
) -> Result<Attributes, Failure> {
    let look = async {
        let (check, accounts) = DeliveryCheck::begin(context, desired, is_known).await?;
        check.look(accounts).await
    };
    timeout_at(context.until, look).await.unwrap_or_else(|_| {
        Err(Failure::Timeout(
            "the check did not finish in time; raise the Timeout of the function or the \
             ServiceTimeout of the resource"
                .to_owned(),
        ))
    })
}

/// A failure in the room that an attribute has.
fn problem(failure: &Failure) -> String {
    const ROOM: usize = 1_000;
    excerpt(&failure.to_string(), ROOM)
}

/// The failure of a call before the settings of the trail are known.
fn failure(context: &RequestContext<'_>, fault: &Fault, trail: &TrailArn) -> Failure {
    Failure::aws(fault, &Context { trail: Some(trail), ..context.circumstances() })
}

/// One gate: a trail, its bucket, and the log files that must be there.
struct DeliveryCheck<'a> {
    context: &'a RequestContext<'a>,
    desired: &'a DesiredDelivery,
    cloudtrail: CloudTrail,
    organization: Organization,
    settings: Settings,
    log_prefix: String,
    bucket: LogBucket,
    /// The status at the first check.
    status: Status,
    /// The listed accounts that are not active members of the organization.
    inactive: BTreeMap<AccountId, Standing>,
}

/// The findings of the checks of a gate so far.
struct Findings {
    /// Since when log files are evidence.
    since: Timestamp,
    coverage: Coverage,
    /// The error that CloudTrail reports, and when it was first observed.
    error: Option<(DeliveryError, Instant)>,
}

impl Findings {
    /// True if the gate succeeds.
    fn are_sufficient(&self) -> bool {
        self.coverage.is_complete() && self.error.is_none()
    }
}

impl<'a> DeliveryCheck<'a> {
    /// Reads the trail, and the accounts if they are needed at once.
    async fn begin(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredDelivery,
        is_known: bool,
    ) -> Result<(Self, Option<ActiveAccounts<'a>>), Failure> {
        let accounts = async {
            let accounts = match desired.accounts {
                Accounts::All if is_known => ActiveAccounts::begin(context).await.map(Some),
                Accounts::All | Accounts::First | Accounts::Listed(_) => Ok(None),
            };
            accounts.map_err(|fault| failure(context, &fault, &desired.trail))
        };
        tokio::try_join!(Self::read(context, desired), accounts)
    }

    /// Reads the organization, the trail, its status and the listed accounts concurrently.
    async fn read(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredDelivery,
    ) -> Result<Self, Failure> {
        let cloudtrail = CloudTrail::new(context.aws, desired.trail.region());
        let deadline = context.deadline();
        let inactive = async {
            match &desired.accounts {
                Accounts::Listed(listed) => coverage::inactive(context, listed).await,
                Accounts::First | Accounts::All => Ok(BTreeMap::new()),
            }
        };
        let (organization, trail, status, inactive) = tokio::try_join!(
            context.aws.organization(deadline),
            cloudtrail.get(&desired.trail, deadline),
            cloudtrail.status(&desired.trail, deadline),
            inactive,
        )
        .map_err(|fault| failure(context, &fault, &desired.trail))?;
        let Some((trail, status)) = trail.zip(status) else {
            return Err(no_trail(context, &desired.trail).await);
        };
        let settings = trail.settings;
        if !settings.organization {
            return Err(Failure::refusal(format!(
                "the trail {} is not an organization trail, so it records only its own account; \
                 set TrailArn to the ARN of a Custom::OrgTrail",
                desired.trail
            )));
        }
        Ok(Self {
            bucket: context.aws.log_bucket(&settings.bucket),
            log_prefix: log_prefix(settings.key_prefix.as_deref(), &organization.id),
            context,
            desired,
            cloudtrail,
            organization,
            settings,
            status,
            inactive,
        })
    }

    fn circumstances(&self) -> Context<'_> {
        Context {
            trail: Some(&self.desired.trail),
            organization: Some(&self.organization),
            settings: Some(&self.settings),
            ..self.context.circumstances()
        }
    }

    fn failure(&self, fault: &Fault) -> Failure {
        Failure::aws(fault, &self.circumstances())
    }

    /// One check, and the reason why a gate would not succeed at once.
    async fn look(&self, accounts: Option<ActiveAccounts<'_>>) -> Result<Attributes, Failure> {
        let since = self.since(&self.status);
        let evidence = Evidence { check: self, since };
        let coverage = evidence.coverage(&Coverage::none_yet(), accounts).await?;
        let failure = self.verdict(since, &coverage);
        Ok(self.attributes(&self.status, since, &coverage, failure.as_ref()))
    }

    /// Why a gate with this coverage does not succeed.
    fn verdict(&self, since: Timestamp, coverage: &Coverage) -> Option<Failure> {
        if let Err(failure) = self.require_active_accounts() {
            return Some(failure);
        }
        match self.obstacle(&self.status) {
            Some(obstacle) => Some(self.prevented(&obstacle)),
            None if !self.status.has_delivered() => {
                Some(Failure::refusal(self.missing(since, &Coverage::none_yet())))
            }
            None if coverage.is_complete() => None,
            None => Some(Failure::refusal(self.missing(since, coverage))),
        }
    }

    /// The findings before the first check.
    ///
    /// # Errors
    /// A listed account is not an active member, so no check is needed.
    fn no_findings(&self) -> Result<Findings, Failure> {
        self.require_active_accounts()?;
        let since = self.since(&self.status);
        Ok(Findings { since, coverage: Coverage::none_yet(), error: None })
    }

    /// Checks until all log files are there, they cannot arrive, or time runs out. `accounts` are the
    /// accounts for the first check, if they were listed already.
    async fn wait(&self, mut accounts: Option<ActiveAccounts<'_>>) -> Result<Attributes, Failure> {
        let until = self.context.until;
        let mut findings = self.no_findings()?;
        for attempt in 1.. {
            let accounts = accounts.take();
            let check = async {
                let status = match attempt {
                    1 => self.status.clone(),
                    _ => self.read_status().await?,
                };
                self.check(&status, &mut findings, accounts).await?;
                Ok(status)
            };
            let Ok(checked) = timeout_at(until, check).await else {
                break;
            };
            let status = match checked {
                Ok(status) => status,
                // The previous coverage explains more than a call that the deadline interrupted.
                Err(_) if attempt > 1 && Instant::now() >= until => break,
                Err(failure) => return Err(failure),
            };
            let Findings { since, coverage, .. } = &findings;
            tracing::info!(attempt, %coverage, "delivery checked");
            if findings.are_sufficient() {
                return Ok(self.attributes(&status, *since, coverage, None));
            }
            let left = until.saturating_duration_since(Instant::now());
            match decide::wait(attempt, left) {
                Some(wait) => sleep(wait).await,
                None => break,
            }
        }
        Err(self.timeout(&findings))
    }

    /// One check. The status comes first: while CloudTrail reports an error the gate does not succeed,
    /// and before the first delivery there is nothing to list.
    async fn check(
        &self,
        status: &Status,
        findings: &mut Findings,
        accounts: Option<ActiveAccounts<'_>>,
    ) -> Result<(), Failure> {
        let Findings { since, coverage, error } = findings;
        let evidence = Evidence { check: self, since: self.since(status) };
        if *since != evidence.since {
            // The trail was stopped and started again.
            (*since, *coverage) = (evidence.since, Coverage::none_yet());
        }
        self.note_obstacle(status, error)?;
        if error.is_none() && status.has_delivered() {
            *coverage = tokio::select! {
                coverage = evidence.coverage(coverage, accounts) => coverage?,
                failure = self.watch_status(error) => return Err(failure),
            };
        }
        Ok(())
    }

    /// Reads the status during a long listing, and returns only if the gate fails.
    async fn watch_status(&self, error: &mut Option<(DeliveryError, Instant)>) -> Failure {
        loop {
            sleep(decide::FIRST_WAIT).await;
            let status = self.read_status().await;
            if let Err(failure) = status.and_then(|status| self.note_obstacle(&status, error)) {
                return failure;
            }
        }
    }

    /// Notes the error that CloudTrail reports.
    ///
    /// # Errors
    /// Log files cannot arrive: the trail does not log, or the error is one of the current policies.
    fn note_obstacle(
        &self,
        status: &Status,
        error: &mut Option<(DeliveryError, Instant)>,
    ) -> Result<(), Failure> {
        let obstacle = self.obstacle(status);
        *error = match obstacle {
            Some(Obstacle::Error(reported)) => {
                let first = error.take().map_or_else(Instant::now, |(_, first)| first);
                if status.error_is_current(self.context.aws.now(), first.elapsed()) {
                    return Err(self.prevented(&Obstacle::Error(reported)));
                }
                Some((reported.clone(), first))
            }
            Some(Obstacle::NotLogging) => return Err(self.prevented(&Obstacle::NotLogging)),
            None => None,
        };
        Ok(())
    }

    fn obstacle<'s>(&self, status: &'s Status) -> Option<Obstacle<'s>> {
        status.obstacle(self.settings.log_file_validation)
    }

    /// Since when log files are evidence.
    fn since(&self, status: &Status) -> Timestamp {
        let requested = self.context.request.issued_at.unwrap_or_else(|| self.context.aws.now());
        status.evidence_since(requested, self.desired.max_age)
    }

    async fn read_status(&self) -> Result<Status, Failure> {
        let trail = &self.desired.trail;
        let status = self.cloudtrail.status(trail, self.context.deadline()).await;
        match status.map_err(|fault| self.failure(&fault))? {
            Some(status) => Ok(status),
            None => Err(no_trail(self.context, trail).await),
        }
    }

    fn require_active_accounts(&self) -> Result<(), Failure> {
        if self.inactive.is_empty() {
            return Ok(());
        }
        let inactive = self.inactive.iter();
        let inactive: Vec<String> =
            inactive.map(|(account, standing)| format!("{account} ({standing})")).collect();
        Err(Failure::refusal(format!(
            "Accounts contains accounts that are not active members of the organization {}: {}. Such \
             an account delivers no log files; remove it from Accounts",
            self.organization.id,
            inactive.join(", "),
        )))
    }

    /// The failure if log files cannot arrive.
    fn prevented(&self, obstacle: &Obstacle<'_>) -> Failure {
        let trail = &self.desired.trail;
        Failure::refusal(match obstacle {
            Obstacle::NotLogging => format!(
                "the trail {trail} does not log, so it delivers no log files. Start it in {region}: \
                 set IsLogging of the Custom::OrgTrail to true, or call StartLogging (aws cloudtrail \
                 start-logging --region {region} --name {trail})",
                region = trail.region(),
            ),
            Obstacle::Error(error) => {
                diagnosis::explain_delivery_error(error, &self.circumstances())
            }
        })
    }

    fn timeout(&self, findings: &Findings) -> Failure {
        let Findings { since, coverage, error } = findings;
        match error {
            Some((error, _)) => self.prevented(&Obstacle::Error(error)),
            None => Failure::Timeout(format!(
                "{}. Otherwise raise the Timeout of the function or the ServiceTimeout of the \
                 resource",
                self.missing(*since, coverage)
            )),
        }
    }

    /// The missing log files, and the checks that the stack's owner can make.
    fn missing(&self, since: Timestamp, coverage: &Coverage) -> String {
        let DesiredDelivery { trail, regions, .. } = self.desired;
        let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
        format!(
            "the trail {trail} has not delivered all required log files: {coverage}. Log files \
             count since {since}, in {} for {}. CloudTrail delivers about five minutes after an \
             event, but up to a day later in accounts that have just joined the organization. \
             Check that the accounts have activity in these Regions. Specify only accounts that are \
             in use in Accounts, or raise MaxAgeDays",
            self.log_location(),
            regions.join(", "),
        )
    }

    fn log_location(&self) -> String {
        format!("s3://{}/{}", self.settings.bucket, self.log_prefix)
    }

    fn attributes(
        &self,
        status: &Status,
        since: Timestamp,
        coverage: &Coverage,
        failure: Option<&Failure>,
    ) -> Attributes {
        attributes(|attribute| match attribute {
            OrgTrailDeliveryAttribute::LatestDeliveryTime => {
                status.latest_delivery.map(|at| at.to_string()).unwrap_or_default()
            }
            OrgTrailDeliveryAttribute::EvidenceSince => since.to_string(),
            OrgTrailDeliveryAttribute::AccountsDelivering => coverage.delivering.to_string(),
            OrgTrailDeliveryAttribute::AccountsMissing => coverage.count_missing().to_string(),
            OrgTrailDeliveryAttribute::MissingAccountIds => coverage.missing_ids(),
            OrgTrailDeliveryAttribute::Problem => failure.map(problem).unwrap_or_default(),
            OrgTrailDeliveryAttribute::LogLocation => self.log_location(),
        })
    }
}

async fn no_trail(context: &RequestContext<'_>, trail: &TrailArn) -> Failure {
    match confirm_not_found(context, trail, context.deadline()).await {
        Ok(()) => Failure::refusal(format!(
            "the trail {trail} does not exist; set TrailArn to the Ref of a Custom::OrgTrail, so \
             that CloudFormation creates this resource after the trail"
        )),
        Err(unknown) => unknown,
    }
}
