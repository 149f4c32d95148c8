//! `Custom::OrgTrailDelivery`: proof that a trail delivers, as a gate that a pipeline waits at.

mod look;
pub mod properties;

use tokio::time::{Instant, sleep, timeout_at};

use super::{Failure, Outcome, Work};
use crate::aws::cloudtrail::Trails;
use crate::aws::log_bucket::LogBucket;
use crate::core::arn::{Region, TrailArn};
use crate::core::delivery::{self as decide, Accounts, Status, Tally, Wanted, log_prefix};
use crate::core::diagnosis::{self, Context};
use crate::core::fault::Fault;
use crate::core::organization::Organization;
use crate::core::trail::settings::Configuration;
use look::Roll;
use properties::wanted;

crate::attributes! {
    /// What `Fn::GetAtt` has of a gate.
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
pub async fn create(work: &Work<'_>) -> Result<Outcome, Failure> {
    let wanted = wanted(&work.request.properties)?;
    // A trail that was just made has not delivered yet, and until then nobody needs to know
    // whose logs to look for.
    Gate::find(work, &wanted).await?.wait(None).await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(work: &Work<'_>) -> Result<Outcome, Failure> {
    let request = work.request;
    let wanted_now = wanted(&request.properties)?;
    let before = wanted(&request.old_properties).ok();
    let known = request.physical_id.as_deref().and_then(decide::trail_of_id);
    // Usually a trail that is looked at again has delivered, so whose logs to look for is
    // asked at the same time.
    let is_known = known.as_ref() == Some(&wanted_now.trail);
    let roll = async {
        match wanted_now.accounts {
            Accounts::All if is_known => roll(work, &wanted_now.trail).await.map(Some),
            Accounts::All | Accounts::First | Accounts::Listed(_) => Ok(None),
        }
    };
    let find = async { tokio::try_join!(Gate::find(work, &wanted_now), roll) };
    if decide::waits(&wanted_now, before.as_ref(), known.as_ref()) {
        let (gate, roll) = find.await?;
        return gate.wait(roll).await;
    }
    // Nothing that is found or not found here may block a rollback.
    let looked = async {
        let (gate, roll) = find.await?;
        gate.look_once(roll).await
    };
    Ok(looked.await.unwrap_or_else(|failure: Failure| {
        tracing::warn!(%failure, "looked, and let the stack go on");
        outcome_of_nothing(&wanted_now.trail)
    }))
}

/// What is known of a gate where nothing could be learned.
fn outcome_of_nothing(trail: &TrailArn) -> Outcome {
    Outcome {
        physical_id: decide::physical_id(trail),
        attributes: OrgTrailDeliveryAttributes::default().into(),
    }
}

/// The roll, for the first look at the trail.
async fn roll<'a>(work: &'a Work<'a>, trail: &TrailArn) -> Result<Roll<'a>, Failure> {
    let context = Context {
        trail: Some(trail),
        ..Context::default()
    };
    let roll = Roll::begin(work).await;
    roll.map_err(|fault| Failure::aws(&fault, &context))
}

/// A trail, its bucket, and what is waited for.
struct Gate<'a> {
    work: &'a Work<'a>,
    wanted: &'a Wanted,
    trails: Trails,
    organization: Organization,
    configuration: Configuration,
    log_prefix: String,
    bucket: LogBucket,
    /// What the first look saw.
    status: Status,
}

impl<'a> Gate<'a> {
    /// The first look at the trail: everything that needs no other answer, at the same time.
    async fn find(work: &'a Work<'a>, wanted: &'a Wanted) -> Result<Self, Failure> {
        let trails = Trails::new(work.aws, wanted.trail.region());
        let patience = work.patience();
        let context = Context {
            trail: Some(&wanted.trail),
            ..Context::default()
        };
        let (organization, found, status) = tokio::try_join!(
            work.aws.organization(patience),
            trails.look(&wanted.trail, patience),
            trails.status(&wanted.trail, patience),
        )
        .map_err(|fault| Failure::aws(&fault, &context))?;
        let (found, status) = found.zip(status).ok_or_else(|| no_trail(&wanted.trail))?;
        let configuration = found.configuration;
        if !configuration.organization {
            return Err(Failure::refusal(format!(
                "the trail {} is not an organization trail, so it delivers the logs of its own \
                 account only; give the Arn of a Custom::OrgTrail",
                wanted.trail
            )));
        }
        Ok(Self {
            bucket: work.aws.log_bucket(&configuration.bucket),
            log_prefix: log_prefix(configuration.key_prefix.as_deref(), &organization.id),
            work,
            wanted,
            trails,
            organization,
            configuration,
            status,
        })
    }

    fn context(&self) -> Context<'_> {
        Context {
            trail: Some(&self.wanted.trail),
            organization: Some(&self.organization),
            configuration: Some(&self.configuration),
            ..Context::default()
        }
    }

    fn failure(&self, fault: &Fault) -> Failure {
        Failure::aws(fault, &self.context())
    }

    /// Looks until everything is there, delivery fails, or time runs out. `roll`: for the first look,
    /// where it is known already.
    async fn wait(&self, mut roll: Option<Roll<'_>>) -> Result<Outcome, Failure> {
        let until = self.work.until;
        let mut tally = Tally::none_yet();
        for looks in 1.. {
            let roll = roll.take();
            let looking = async {
                let status = match looks {
                    1 => self.status.clone(),
                    _ => self.ask_status().await?,
                };
                self.look_again(status, &tally, roll).await
            };
            let Ok(seen) = timeout_at(until, looking).await else {
                break;
            };
            let (status, seen) = match seen {
                Ok(seen) => seen,
                // A call that the end of time cut off says less than the looks before it.
                Err(_) if looks > 1 && Instant::now() >= until => break,
                Err(failure) => return Err(failure),
            };
            tracing::info!(looks, seen = %seen, "looked for logs");
            if seen.is_complete() {
                return Ok(self.outcome(&status, &seen));
            }
            tally = seen;
            let left = until.saturating_duration_since(Instant::now());
            match decide::wait(looks, left) {
                Some(wait) => sleep(wait).await,
                None => break,
            }
        }
        Err(self.time_ran_out(&tally))
    }

    /// The status first: a delivery that fails ends the waiting, and before the first delivery there
    /// is nothing to list. Logs that are there all the same are an earlier trail's, and no proof.
    async fn look_again(
        &self,
        status: Status,
        before: &Tally,
        roll: Option<Roll<'_>>,
    ) -> Result<(Status, Tally), Failure> {
        let status = self.hopeful(status)?;
        let tally = match status.latest_delivery {
            Some(_) => tokio::select! {
                tally = self.look(before, roll) => tally?,
                failure = self.watch_status() => return Err(failure),
            },
            None => Tally::none_yet(),
        };
        Ok((status, tally))
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
                &self.context(),
            ))),
            None => Ok(status),
        }
    }

    /// Looks, and takes what there is.
    async fn look_once(&self, roll: Option<Roll<'_>>) -> Result<Outcome, Failure> {
        let tally = self.look(&Tally::none_yet(), roll).await?;
        Ok(self.outcome(&self.status, &tally))
    }

    async fn ask_status(&self) -> Result<Status, Failure> {
        let trail = &self.wanted.trail;
        let status = self.trails.status(trail, self.work.patience()).await;
        let status = status.map_err(|fault| self.failure(&fault))?;
        status.ok_or_else(|| no_trail(trail))
    }

    fn time_ran_out(&self, missing: &Tally) -> Failure {
        let Wanted { trail, regions, .. } = self.wanted;
        let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
        Failure::Timeout(format!(
            "the trail {trail} has not delivered all that is waited for in the time that there \
             was: {missing} (looked in s3://{}/{}, for {}). CloudTrail takes about five minutes \
             after the first event, and up to a day in accounts that have just joined. Check that \
             the trail logs (IsLogging), that the accounts have any activity in these Regions and \
             have not been closed, and raise the Timeout of the function or the ServiceTimeout of \
             the resource",
            self.configuration.bucket,
            self.log_prefix,
            regions.join(", "),
        ))
    }

    fn outcome(&self, status: &Status, tally: &Tally) -> Outcome {
        let latest = status.latest_delivery.map(|at| at.to_string());
        let latest = latest.unwrap_or_default();
        let location = format!("s3://{}/{}", self.configuration.bucket, self.log_prefix);
        Outcome {
            physical_id: decide::physical_id(&self.wanted.trail),
            attributes: OrgTrailDeliveryAttributes {
                latest_delivery_time: latest,
                accounts_delivering: tally.delivering.to_string(),
                accounts_missing: tally.count_missing().to_string(),
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
