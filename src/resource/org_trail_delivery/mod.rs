//! `Custom::OrgTrailDelivery`: a gate that waits until an organization trail delivers log files.

mod coverage;
pub mod properties;

use tokio::time::{Instant, sleep, timeout_at};

use super::visibility::confirm_not_found;
use super::{Failure, Outcome, RequestContext};
use crate::aws::cloudtrail::CloudTrail;
use crate::aws::log_bucket::LogBucket;
use crate::domain::delivery::{
    self as decide, Accounts, Coverage, DesiredDelivery, Status, log_prefix,
};
use crate::domain::diagnosis::{self, Context};
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn};
use crate::domain::organization::Organization;
use crate::domain::trail::settings::Settings;
use coverage::ActiveAccounts;
use properties::desired;

crate::attributes! {
    /// The attributes of a delivery gate that `Fn::GetAtt` returns.
    pub struct OrgTrailDeliveryAttributes {
        /// The time of the latest delivery to the bucket that CloudTrail reports: a date and time
        /// in UTC, for example, `2026-03-01T12:00:00Z`. An empty string if CloudTrail has not
        /// delivered anything yet.
        LatestDeliveryTime => latest_delivery_time,
        /// The number of required accounts that have log files in all required Regions, for example,
        /// `40`. With `Accounts: First` it is `1`, or `0` if an Update checked only once and found
        /// no log file.
        AccountsDelivering => accounts_delivering,
        /// The number of required accounts that have no log file in at least one of the required
        /// Regions, for example, `2`. It can differ from `0` only if an Update checked only once.
        /// With `Accounts: First` it is always `0`.
        AccountsMissing => accounts_missing,
        /// The location of the log files, in which each account has a folder: `s3://`, the bucket
        /// and the prefix. For example, `s3://my-log-archive/AWSLogs/o-exampleorg1/`.
        LogLocation => log_location,
    }
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let request = context.request;
    let now = desired(&request.properties)?;
    let before = desired(&request.old_properties).ok();
    let known = request.physical_id.as_deref().and_then(decide::trail_of_id);
    // A trail that was checked before has usually delivered, so the accounts are listed at once. A
    // new trail has not, and the accounts are not needed until it has.
    let is_known = known.as_ref() == Some(&now.trail);
    let accounts = async {
        match now.accounts {
            Accounts::All if is_known => {
                let accounts = ActiveAccounts::begin(context).await;
                accounts.map(Some).map_err(|fault| failure(context, &fault, &now.trail))
            }
            Accounts::All | Accounts::First | Accounts::Listed(_) => Ok(None),
        }
    };
    let read = async { tokio::try_join!(DeliveryCheck::read(context, &now), accounts) };
    if decide::waits(&now, before.as_ref(), known.as_ref()) {
        let (check, accounts) = read.await?;
        return check.wait(accounts).await;
    }
    let checked = async {
        let (check, accounts) = read.await?;
        check.check_once(accounts).await
    };
    // This Update may be a rollback, so no failure may block it.
    Ok(checked.await.unwrap_or_else(|error: Failure| {
        tracing::warn!(%error, trail = %now.trail, "delivery check failed, Update continues");
        Outcome {
            physical_id: decide::physical_id(&now.trail),
            attributes: OrgTrailDeliveryAttributes::default().into(),
        }
    }))
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
}

impl<'a> DeliveryCheck<'a> {
    /// Reads the organization, the trail and its status concurrently.
    async fn read(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredDelivery,
    ) -> Result<Self, Failure> {
        let cloudtrail = CloudTrail::new(context.aws, desired.trail.region());
        let deadline = context.deadline();
        let (organization, trail, status) = tokio::try_join!(
            context.aws.organization(deadline),
            cloudtrail.get(&desired.trail, deadline),
            cloudtrail.status(&desired.trail, deadline),
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

    /// Checks until all log files are there, CloudTrail reports a delivery error, or time runs out.
    /// `accounts` are the accounts for the first check, if they were listed already.
    async fn wait(&self, mut accounts: Option<ActiveAccounts<'_>>) -> Result<Outcome, Failure> {
        let until = self.context.until;
        let mut coverage = Coverage::none_yet();
        for attempt in 1.. {
            let accounts = accounts.take();
            let check = async {
                let status = match attempt {
                    1 => self.status.clone(),
                    _ => self.read_status().await?,
                };
                self.check(status, &coverage, accounts).await
            };
            let Ok(checked) = timeout_at(until, check).await else {
                break;
            };
            let (status, observed) = match checked {
                Ok(checked) => checked,
                // The previous coverage explains more than a call that the deadline interrupted.
                Err(_) if attempt > 1 && Instant::now() >= until => break,
                Err(failure) => return Err(failure),
            };
            tracing::info!(attempt, coverage = %observed, "delivery checked");
            if observed.is_complete() {
                return Ok(self.outcome(&status, &observed));
            }
            coverage = observed;
            let left = until.saturating_duration_since(Instant::now());
            match decide::wait(attempt, left) {
                Some(wait) => sleep(wait).await,
                None => break,
            }
        }
        Err(self.timeout(&coverage))
    }

    /// One check. The status comes first: a delivery error ends the wait, and before the first
    /// delivery there is nothing to list. Log files that exist before that are those of an earlier
    /// trail.
    async fn check(
        &self,
        status: Status,
        before: &Coverage,
        accounts: Option<ActiveAccounts<'_>>,
    ) -> Result<(Status, Coverage), Failure> {
        let status = self.without_error(status)?;
        let coverage = match status.latest_delivery {
            Some(_) => tokio::select! {
                coverage = self.coverage(before, accounts) => coverage?,
                failure = self.watch_status() => return Err(failure),
            },
            None => Coverage::none_yet(),
        };
        Ok((status, coverage))
    }

    /// Reads the status during a long listing, and returns only if CloudTrail reports an error.
    async fn watch_status(&self) -> Failure {
        loop {
            sleep(decide::FIRST_WAIT).await;
            let status = self.read_status().await;
            if let Err(failure) = status.and_then(|status| self.without_error(status)) {
                return failure;
            }
        }
    }

    /// The status, unless it contains a delivery error.
    fn without_error(&self, status: Status) -> Result<Status, Failure> {
        match &status.error {
            Some(error) => Err(Failure::refusal(diagnosis::explain_delivery_error(
                error,
                &self.circumstances(),
            ))),
            None => Ok(status),
        }
    }

    /// One check that accepts any coverage.
    async fn check_once(&self, accounts: Option<ActiveAccounts<'_>>) -> Result<Outcome, Failure> {
        let coverage = self.coverage(&Coverage::none_yet(), accounts).await?;
        Ok(self.outcome(&self.status, &coverage))
    }

    async fn read_status(&self) -> Result<Status, Failure> {
        let trail = &self.desired.trail;
        let status = self.cloudtrail.status(trail, self.context.deadline()).await;
        match status.map_err(|fault| self.failure(&fault))? {
            Some(status) => Ok(status),
            None => Err(no_trail(self.context, trail).await),
        }
    }

    fn timeout(&self, coverage: &Coverage) -> Failure {
        let DesiredDelivery { trail, regions, .. } = self.desired;
        let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
        Failure::Timeout(format!(
            "the trail {trail} did not deliver all required log files in time: {coverage} (checked \
             {} for {}). CloudTrail delivers about five minutes after an event, but up to a day \
             later in accounts that have just joined the organization. Check that the trail logs \
             (IsLogging), and that the accounts have activity in these Regions and are not closed. \
             Otherwise, raise the Timeout of the function or the ServiceTimeout of the resource",
            self.log_location(),
            regions.join(", "),
        ))
    }

    fn log_location(&self) -> String {
        format!("s3://{}/{}", self.settings.bucket, self.log_prefix)
    }

    fn outcome(&self, status: &Status, coverage: &Coverage) -> Outcome {
        let latest = status.latest_delivery.map(|at| at.to_string());
        let attributes = OrgTrailDeliveryAttributes {
            latest_delivery_time: latest.unwrap_or_default(),
            accounts_delivering: coverage.delivering.to_string(),
            accounts_missing: coverage.count_missing().to_string(),
            log_location: self.log_location(),
        };
        Outcome {
            physical_id: decide::physical_id(&self.desired.trail),
            attributes: attributes.into(),
        }
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
