//! CloudTrail's calls for an organization trail: those that read it are here, those that change it in
//! [`changes`]. What depends on trusted access is in [`dependents`].

pub mod changes;
pub mod dependents;
mod from_sdk;
mod to_sdk;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use futures_util::TryStreamExt;

use super::call::{Deadline, call, pages, unreadable};
use super::{Aws, timestamp};
use crate::domain::delivery::{DeliveryError, Destination, Status};
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn, TrailName};
use crate::domain::operation::Operation;
use crate::domain::owner::{self, Tags};
use crate::domain::timestamp::Timestamp;
use crate::domain::trail::ObservedTrail;
use crate::domain::trail::settings::{Aggregation, Insight, Recording, Settings};
use crate::domain::unordered::Unordered;

/// CloudTrail in one Region: the home Region of the trails that are looked at and changed.
#[derive(Debug, Clone)]
pub struct CloudTrail {
    client: Client,
}

/// What GetTrail says of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailSettings {
    /// As CloudTrail returned it.
    pub arn: TrailArn,
    /// How it is set up.
    pub settings: Settings,
}

/// What the other calls say of it.
struct Rest {
    recording: Recording,
    tags: Tags,
    started_logging: Option<Timestamp>,
}

impl Rest {
    fn of(self, found: TrailSettings) -> ObservedTrail {
        let TrailSettings { arn, settings } = found;
        let key = settings.kms_key.as_deref();
        let kms_alias = key.and_then(|key| owner::kms_alias(&self.tags, key));
        ObservedTrail {
            arn,
            kms_alias: kms_alias.map(str::to_owned),
            settings,
            recording: self.recording,
            tags: self.tags,
            started_logging: self.started_logging,
        }
    }
}

/// What is not there is `None`, not an error.
fn found<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What a feature that is not enabled, or that a Region or partition does not offer, has: nothing.
fn if_offered<T: Default>(answer: Result<T, Fault>) -> Result<T, Fault> {
    match answer {
        Err(fault) if fault.is_not_found() || fault.is_not_enabled() || fault.is_not_offered() => {
            Ok(T::default())
        }
        answer => answer,
    }
}

impl CloudTrail {
    /// CloudTrail in `region`.
    pub fn new(aws: &Aws, region: &Region) -> Self {
        Self {
            client: aws.cloudtrail(region),
        }
    }

    /// The caller's own trail of this name in this Region.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn find(
        &self,
        name: &TrailName,
        deadline: Deadline,
    ) -> Result<Option<TrailSettings>, Fault> {
        self.get(name.as_str(), deadline).await
    }

    /// The trail with this ARN.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn look(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<TrailSettings>, Fault> {
        self.get(&arn.to_string(), deadline).await
    }

    /// The account's trails of all Regions: unlike DescribeTrails, ListTrails does not leave out
    /// what only another Region has.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn all(&self, deadline: Deadline) -> Result<Vec<TrailArn>, Fault> {
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = self.client.list_trails();
                request.set_next_token(page.clone()).send()
            };
            let output = call(Operation::ListTrails, deadline, attempt).await?;
            let trails = output.trails.unwrap_or_default().into_iter();
            let arns = trails.filter_map(|trail| TrailArn::parse(trail.trail_arn.as_deref()?));
            Ok((arns.collect(), output.next_token))
        });
        pages.try_concat().await
    }

    /// All of a trail, with all reads under way at once.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn observe(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let (found, rest) = tokio::try_join!(self.look(arn, deadline), self.rest(arn, deadline))?;
        Ok(found.zip(rest).map(|(found, rest)| rest.of(found)))
    }

    /// All of a trail that was found, with all other reads under way at once; `None` where it is
    /// gone meanwhile.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn observe_rest(
        &self,
        found: TrailSettings,
        deadline: Deadline,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let rest = self.rest(&found.arn, deadline).await?;
        Ok(rest.map(|rest| rest.of(found)))
    }

    /// What GetTrail does not say.
    async fn rest(&self, arn: &TrailArn, deadline: Deadline) -> Result<Option<Rest>, Fault> {
        let id = &arn.to_string();
        let (status, selectors, insights, aggregation, tags) = tokio::try_join!(
            self.raw_status(arn, deadline),
            async {
                let attempt = || self.client.get_event_selectors().trail_name(id).send();
                found(call(Operation::GetEventSelectors, deadline, attempt).await)
            },
            self.insights(id, deadline),
            self.aggregation(id, deadline),
            self.tags(arn, deadline),
        )?;
        let (Some(status), Some(selectors), Some(tags)) = (status, selectors, tags) else {
            return Ok(None);
        };
        Ok(Some(Rest {
            recording: Recording {
                logging: status.is_logging.unwrap_or(false),
                selectors: from_sdk::selectors(selectors),
                insights,
                aggregation,
            },
            tags,
            started_logging: status.start_logging_time.as_ref().and_then(timestamp),
        }))
    }

    /// A trail's tags, and when it last began to log; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn tags_and_start(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<(Tags, Option<Timestamp>)>, Fault> {
        let (tags, status) =
            tokio::try_join!(self.tags(arn, deadline), self.raw_status(arn, deadline))?;
        let started = status.map(|status| status.start_logging_time.as_ref().and_then(timestamp));
        Ok(tags.zip(started))
    }

    /// What CloudTrail reports of a trail's deliveries; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn status(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<Status>, Fault> {
        let Some(status) = self.raw_status(arn, deadline).await? else {
            return Ok(None);
        };
        let errors = [
            (Destination::Bucket, status.latest_delivery_error),
            (Destination::Topic, status.latest_notification_error),
            (
                Destination::LogGroup,
                status.latest_cloud_watch_logs_delivery_error,
            ),
        ];
        let error = errors
            .into_iter()
            .filter_map(|(destination, code)| Some((destination, code?)))
            .find(|(_, code)| !code.is_empty())
            .map(|(destination, code)| DeliveryError { destination, code });
        Ok(Some(Status {
            latest_delivery: status.latest_delivery_time.as_ref().and_then(timestamp),
            error,
        }))
    }

    async fn raw_status(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<GetTrailStatusOutput>, Fault> {
        let id = arn.to_string();
        let attempt = || self.client.get_trail_status().name(&id).send();
        found(call(Operation::GetTrailStatus, deadline, attempt).await)
    }

    async fn get(&self, id: &str, deadline: Deadline) -> Result<Option<TrailSettings>, Fault> {
        const OPERATION: Operation = Operation::GetTrail;
        let attempt = || self.client.get_trail().name(id).send();
        let output = found(call(OPERATION, deadline, attempt).await)?;
        let Some(trail) = output.and_then(|output| output.trail) else {
            return Ok(None);
        };
        let arn = trail.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Some(TrailSettings {
            arn: arn.ok_or_else(|| unreadable(OPERATION))?,
            settings: from_sdk::settings(trail),
        }))
    }

    async fn insights(&self, id: &str, deadline: Deadline) -> Result<Unordered<Insight>, Fault> {
        let attempt = || self.client.get_insight_selectors().trail_name(id).send();
        let output = call(Operation::GetInsightSelectors, deadline, attempt).await;
        if_offered(
            output.map(|output| from_sdk::insights(output.insight_selectors.unwrap_or_default())),
        )
    }

    async fn aggregation(
        &self,
        id: &str,
        deadline: Deadline,
    ) -> Result<Option<Aggregation>, Fault> {
        let attempt = || self.client.get_event_configuration().trail_name(id).send();
        let output = call(Operation::GetEventConfiguration, deadline, attempt).await;
        if_offered(output.map(|output| {
            let settings = output.aggregation_configurations().first();
            settings.map(from_sdk::aggregation)
        }))
    }

    /// A trail's tags; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn tags(&self, arn: &TrailArn, deadline: Deadline) -> Result<Option<Tags>, Fault> {
        let id = &arn.to_string();
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = self.client.list_tags().resource_id_list(id);
                request.set_next_token(page.clone()).send()
            };
            let output = call(Operation::ListTags, deadline, attempt).await?;
            let resources = output.resource_tag_list.unwrap_or_default().into_iter();
            let tags = resources.flat_map(|resource| from_sdk::tags(resource.tags_list));
            Ok((tags.collect(), output.next_token))
        });
        let tags: Result<Vec<_>, Fault> = pages.try_concat().await;
        Ok(found(tags)?.map(Tags::from_iter))
    }
}
