//! `Custom::OrgTrailDelivery`: proof that a trail delivers, as a gate that a pipeline waits at.

mod coverage;
pub mod properties;

use tokio::time::{Instant, sleep, timeout_at};

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
    /// What `Fn::GetAtt` has of a check.
    pub struct OrgTrailDeliveryAttributes {
        /// When CloudTrail last delivered, at the time of the look: a date and time in UTC, such as
        /// `2026-03-01T12:00:00Z`. Empty if it never has.
        LatestDeliveryTime => latest_delivery_time,
        /// How many of the accounts that are waited for had log files. With `First` 1, or 0 after a
        /// look that did not wait.
        AccountsDelivering => accounts_delivering,
        /// How many of them had none. Other than 0 only after a look that did not wait; with `First`
        /// always 0.
        AccountsMissing => accounts_missing,
        /// Where the log files are: `s3://`, the bucket, and the prefix under which each account has
        /// a folder.
        LogLocation => log_location,
    }
}

/// Serves a Create.
///
/// # Errors
/// Why it failed.
pub async fn create(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let desired = desired(&context.request.properties)?;
    // A trail that was just made has not delivered yet, and until then nobody needs to know
    // whose logs to look for.
    DeliveryCheck::find(context, &desired)
        .await?
        .wait(None)
        .await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let request = context.request;
    let now = desired(&request.properties)?;
    let before = desired(&request.old_properties).ok();
    let known = request.physical_id.as_deref().and_then(decide::trail_of_id);
    // Usually a trail that is looked at again has delivered, so whose logs to look for is
    // asked at the same time.
    let is_known = known.as_ref() == Some(&now.trail);
    let accounts = async {
        match now.accounts {
            Accounts::All if is_known => accounts(context, &now.trail).await.map(Some),
            Accounts::All | Accounts::First | Accounts::Listed(_) => Ok(None),
        }
    };
    let find = async { tokio::try_join!(DeliveryCheck::find(context, &now), accounts) };
    if decide::waits(&now, before.as_ref(), known.as_ref()) {
        let (check, accounts) = find.await?;
        return check.wait(accounts).await;
    }
    // Nothing that is found or not found here may block a rollback.
    let looked = async {
        let (check, accounts) = find.await?;
        check.look_once(accounts).await
    };
    Ok(looked.await.unwrap_or_else(|failure: Failure| {
        tracing::warn!(%failure, "looked, and let the stack go on");
        outcome_of_nothing(&now.trail)
    }))
}

/// What is known of a gate where nothing could be learned.
fn outcome_of_nothing(trail: &TrailArn) -> Outcome {
    Outcome {
        physical_id: decide::physical_id(trail),
        attributes: OrgTrailDeliveryAttributes::default().into(),
    }
}

/// The accounts, for the first look at the trail.
async fn accounts<'a>(
    context: &'a RequestContext<'a>,
    trail: &TrailArn,
) -> Result<ActiveAccounts<'a>, Failure> {
    let known = Context {
        trail: Some(trail),
        ..Context::default()
    };
    let accounts = ActiveAccounts::begin(context).await;
    accounts.map_err(|fault| Failure::aws(&fault, &known))
}

/// A trail, its bucket, and what is waited for.
struct DeliveryCheck<'a> {
    context: &'a RequestContext<'a>,
    desired: &'a DesiredDelivery,
    trails: CloudTrail,
    organization: Organization,
    settings: Settings,
    log_prefix: String,
    bucket: LogBucket,
    /// What the first look saw.
    status: Status,
}

impl<'a> DeliveryCheck<'a> {
    /// The first look at the trail: everything that needs no other answer, at the same time.
    async fn find(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredDelivery,
    ) -> Result<Self, Failure> {
        let trails = CloudTrail::new(context.aws, desired.trail.region());
        let deadline = context.deadline();
        let known = Context {
            trail: Some(&desired.trail),
            ..Context::default()
        };
        let (organization, found, status) = tokio::try_join!(
            context.aws.organization(deadline),
            trails.look(&desired.trail, deadline),
            trails.status(&desired.trail, deadline),
        )
        .map_err(|fault| Failure::aws(&fault, &known))?;
        let (found, status) = found.zip(status).ok_or_else(|| no_trail(&desired.trail))?;
        let settings = found.settings;
        if !settings.organization {
            return Err(Failure::refusal(format!(
                "the trail {} is not an organization trail, so it delivers the logs of its own \
                 account only; give the Arn of a Custom::OrgTrail",
                desired.trail
            )));
        }
        Ok(Self {
            bucket: context.aws.log_bucket(&settings.bucket),
            log_prefix: log_prefix(settings.key_prefix.as_deref(), &organization.id),
            context,
            desired,
            trails,
            organization,
            settings,
            status,
        })
    }

    fn known(&self) -> Context<'_> {
        Context {
            trail: Some(&self.desired.trail),
            organization: Some(&self.organization),
            settings: Some(&self.settings),
            ..Context::default()
        }
    }

    fn failure(&self, fault: &Fault) -> Failure {
        Failure::aws(fault, &self.known())
    }

    /// Looks until everything is there, delivery fails, or time runs out. `accounts`: for the first look,
    /// where it is known already.
    async fn wait(&self, mut accounts: Option<ActiveAccounts<'_>>) -> Result<Outcome, Failure> {
        let until = self.context.until;
        let mut coverage = Coverage::none_yet();
        for looks in 1.. {
            let accounts = accounts.take();
            let looking = async {
                let status = match looks {
                    1 => self.status.clone(),
                    _ => self.ask_status().await?,
                };
                self.look_again(status, &coverage, accounts).await
            };
            let Ok(observed) = timeout_at(until, looking).await else {
                break;
            };
            let (status, observed) = match observed {
                Ok(observed) => observed,
                // A call that the end of time cut off says less than the looks before it.
                Err(_) if looks > 1 && Instant::now() >= until => break,
                Err(failure) => return Err(failure),
            };
            tracing::info!(looks, observed = %observed, "looked for logs");
            if observed.is_complete() {
                return Ok(self.outcome(&status, &observed));
            }
            coverage = observed;
            let left = until.saturating_duration_since(Instant::now());
            match decide::wait(looks, left) {
                Some(wait) => sleep(wait).await,
                None => break,
            }
        }
        Err(self.time_ran_out(&coverage))
    }

    /// The status first: a delivery that fails ends the waiting, and before the first delivery there
    /// is nothing to list. Logs that are there all the same are an earlier trail's, and no proof.
    async fn look_again(
        &self,
        status: Status,
        before: &Coverage,
        accounts: Option<ActiveAccounts<'_>>,
    ) -> Result<(Status, Coverage), Failure> {
        let status = self.hopeful(status)?;
        let coverage = match status.latest_delivery {
            Some(_) => tokio::select! {
                coverage = self.look(before, accounts) => coverage?,
                failure = self.watch_status() => return Err(failure),
            },
            None => Coverage::none_yet(),
        };
        Ok((status, coverage))
    }

    /// Asks on while a long listing goes on, and is back only when there is no hope any more.
    async fn watch_status(&self) -> Failure {
        loop {
            sleep(decide::FIRST_WAIT).await;
            let status = self.ask_status().await;
            if let Err(failure) = status.and_then(|status| self.hopeful(status)) {
                return failure;
            }
        }
    }

    /// The status, unless it tells of a delivery that failed.
    fn hopeful(&self, status: Status) -> Result<Status, Failure> {
        match &status.error {
            Some(error) => Err(Failure::refusal(diagnosis::explain_delivery_error(
                error,
                &self.known(),
            ))),
            None => Ok(status),
        }
    }

    /// Looks, and takes what there is.
    async fn look_once(&self, accounts: Option<ActiveAccounts<'_>>) -> Result<Outcome, Failure> {
        let coverage = self.look(&Coverage::none_yet(), accounts).await?;
        Ok(self.outcome(&self.status, &coverage))
    }

    async fn ask_status(&self) -> Result<Status, Failure> {
        let trail = &self.desired.trail;
        let status = self.trails.status(trail, self.context.deadline()).await;
        let status = status.map_err(|fault| self.failure(&fault))?;
        status.ok_or_else(|| no_trail(trail))
    }

    fn time_ran_out(&self, missing: &Coverage) -> Failure {
        let DesiredDelivery { trail, regions, .. } = self.desired;
        let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
        Failure::Timeout(format!(
            "the trail {trail} has not delivered all that is waited for in the time that there \
             was: {missing} (looked in s3://{}/{}, for {}). CloudTrail takes about five minutes \
             after the first event, and up to a day in accounts that have just joined. Check that \
             the trail logs (IsLogging), that the accounts have any activity in these Regions and \
             have not been closed, and raise the Timeout of the function or the ServiceTimeout of \
             the resource",
            self.settings.bucket,
            self.log_prefix,
            regions.join(", "),
        ))
    }

    fn outcome(&self, status: &Status, coverage: &Coverage) -> Outcome {
        let latest = status.latest_delivery.map(|at| at.to_string());
        let latest = latest.unwrap_or_default();
        let location = format!("s3://{}/{}", self.settings.bucket, self.log_prefix);
        Outcome {
            physical_id: decide::physical_id(&self.desired.trail),
            attributes: OrgTrailDeliveryAttributes {
                latest_delivery_time: latest,
                accounts_delivering: coverage.delivering.to_string(),
                accounts_missing: coverage.count_missing().to_string(),
                log_location: location,
            }
            .into(),
        }
    }
}

fn no_trail(trail: &TrailArn) -> Failure {
    Failure::refusal(format!(
        "there is no trail {trail}; give the Arn of a Custom::OrgTrail, and let this resource be \
         created after it"
    ))
}
