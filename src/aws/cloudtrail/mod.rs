//! The CloudTrail calls for an organization trail: those that read it here, those that change it in
//! [`changes`], and those that find other trails and event data stores in [`dependents`].

pub mod changes;
pub mod dependents;
mod from_sdk;
mod to_sdk;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use futures_util::TryStreamExt;

use super::call::{Deadline, Target, call, optional, pages};
use super::{Aws, timestamp};
use crate::domain::delivery::{DeliveryError, Destination, Status};
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn};
use crate::domain::operation::Operation;
use crate::domain::owner::{self, Tags};
use crate::domain::timestamp::Timestamp;
use crate::domain::trail::ObservedTrail;
use crate::domain::trail::settings::{Aggregation, Insight, Recording, Selectors, Settings};
use crate::domain::unordered::Unordered;

/// CloudTrail in one Region, the home Region of the trails that are read and changed.
#[derive(Debug, Clone)]
pub struct CloudTrail {
    pub(super) client: Client,
    pub(super) target: Target,
}

/// The part of a trail that GetTrail returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailSettings {
    /// The ARN of the trail.
    pub arn: TrailArn,
    /// Its settings.
    pub settings: Settings,
}

/// The part of a trail that the other calls return.
struct Details {
    recording: Recording,
    tags: Tags,
    started_logging: Option<Timestamp>,
}

impl Details {
    fn of(self, trail: TrailSettings) -> ObservedTrail {
        let TrailSettings { arn, settings } = trail;
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

/// Functions that return an `Option` return `None` if the trail does not exist.
impl CloudTrail {
    /// CloudTrail in `region`.
    pub fn new(aws: &Aws, region: &Region) -> Self {
        let target = aws.management.access.target(Some(region.clone()));
        Self { client: aws.cloudtrail(region), target }
    }

    /// The trail with this ARN, or with this name in the caller's account and this Region.
    pub async fn get(
        &self,
        arn_or_name: &impl ToString,
        deadline: Deadline,
    ) -> Result<Option<TrailSettings>, Fault> {
        const OPERATION: Operation = Operation::GetTrail;
        let id = arn_or_name.to_string();
        let send = || self.client.get_trail().name(&id).send();
        let output = optional(call(&self.target, OPERATION, deadline, send).await)?;
        let Some(trail) = output.and_then(|output| output.trail) else {
            return Ok(None);
        };
        let arn = trail.trail_arn.as_deref().and_then(|arn| arn.parse().ok());
        let arn = arn.ok_or_else(|| self.target.unreadable(OPERATION))?;
        Ok(Some(TrailSettings { arn, settings: from_sdk::settings(trail) }))
    }

    /// The trails of the account in all Regions. DescribeTrails leaves out single-Region trails of
    /// other Regions.
    pub async fn list(&self, deadline: Deadline) -> Result<Vec<TrailArn>, Fault> {
        let pages = pages(async |page: Option<String>| {
            let send = || self.client.list_trails().set_next_token(page.clone()).send();
            let output = call(&self.target, Operation::ListTrails, deadline, send).await?;
            let trails = output.trails.unwrap_or_default().into_iter();
            let arns =
                trails.filter_map(|trail| trail.trail_arn.as_deref()?.parse::<TrailArn>().ok());
            Ok((arns.collect(), output.next_token))
        });
        pages.try_concat().await
    }

    /// Everything about a trail, read concurrently.
    pub async fn observe(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let (trail, details) =
            tokio::try_join!(self.get(arn, deadline), self.details(arn, deadline))?;
        Ok(trail.zip(details).map(|(trail, details)| details.of(trail)))
    }

    /// Everything about a trail for which GetTrail was called already, read concurrently.
    pub async fn observe_details(
        &self,
        trail: TrailSettings,
        deadline: Deadline,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let details = self.details(&trail.arn, deadline).await?;
        Ok(details.map(|details| details.of(trail)))
    }

    async fn details(&self, arn: &TrailArn, deadline: Deadline) -> Result<Option<Details>, Fault> {
        let id = &arn.to_string();
        let (status, selectors, insights, aggregation, tags) = tokio::try_join!(
            self.raw_status(arn, deadline),
            self.selectors(id, deadline),
            self.insights(id, deadline),
            self.aggregation(id, deadline),
            self.tags(arn, deadline),
        )?;
        let (Some(status), Some(selectors), Some(tags)) = (status, selectors, tags) else {
            return Ok(None);
        };
        Ok(Some(Details {
            recording: Recording {
                logging: status.is_logging.unwrap_or(false),
                selectors,
                insights,
                aggregation,
            },
            tags,
            started_logging: status.start_logging_time.as_ref().and_then(timestamp),
        }))
    }

    /// The tags of a trail, and the time when it last started logging.
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

    /// The delivery status of a trail.
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
            (Destination::Digests, status.latest_digest_delivery_error),
            (Destination::Topic, status.latest_notification_error),
            (Destination::LogGroup, status.latest_cloud_watch_logs_delivery_error),
        ];
        let errors = errors.into_iter().filter_map(|(destination, code)| {
            let code = code.filter(|code| !code.is_empty())?;
            Some(DeliveryError { destination, code })
        });
        Ok(Some(Status {
            is_logging: status.is_logging.unwrap_or(false),
            started_logging: status.start_logging_time.as_ref().and_then(timestamp),
            latest_delivery: status.latest_delivery_time.as_ref().and_then(timestamp),
            errors: errors.collect(),
        }))
    }

    async fn raw_status(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<Option<GetTrailStatusOutput>, Fault> {
        let id = arn.to_string();
        let send = || self.client.get_trail_status().name(&id).send();
        optional(call(&self.target, Operation::GetTrailStatus, deadline, send).await)
    }

    async fn selectors(&self, id: &str, deadline: Deadline) -> Result<Option<Selectors>, Fault> {
        let send = || self.client.get_event_selectors().trail_name(id).send();
        let output = call(&self.target, Operation::GetEventSelectors, deadline, send).await;
        Ok(optional(output)?.map(from_sdk::selectors))
    }

    /// True if an organization trail with this ARN exists and records management events.
    async fn is_recording_organization(
        &self,
        arn: &TrailArn,
        deadline: Deadline,
    ) -> Result<bool, Fault> {
        let id = &arn.to_string();
        let (trail, selectors, status) = tokio::try_join!(
            self.get(arn, deadline),
            self.selectors(id, deadline),
            self.raw_status(arn, deadline),
        )?;
        Ok(trail.is_some_and(|trail| trail.settings.organization)
            && selectors.is_some_and(|selectors| selectors.select_management_events())
            && status.is_some_and(|status| status.is_logging == Some(true)))
    }

    async fn insights(&self, id: &str, deadline: Deadline) -> Result<Unordered<Insight>, Fault> {
        let send = || self.client.get_insight_selectors().trail_name(id).send();
        let output = call(&self.target, Operation::GetInsightSelectors, deadline, send).await;
        let selectors = optional(output)?.and_then(|output| output.insight_selectors);
        Ok(from_sdk::insights(selectors.unwrap_or_default()))
    }

    async fn aggregation(
        &self,
        id: &str,
        deadline: Deadline,
    ) -> Result<Option<Aggregation>, Fault> {
        let send = || self.client.get_event_configuration().trail_name(id).send();
        let output = call(&self.target, Operation::GetEventConfiguration, deadline, send).await;
        let output = optional(output)?;
        Ok(output.and_then(|output| {
            output.aggregation_configurations().first().map(from_sdk::aggregation)
        }))
    }

    /// The tags of a trail.
    pub async fn tags(&self, arn: &TrailArn, deadline: Deadline) -> Result<Option<Tags>, Fault> {
        let id = &arn.to_string();
        let pages = pages(async |page: Option<String>| {
            let send = || {
                let request = self.client.list_tags().resource_id_list(id);
                request.set_next_token(page.clone()).send()
            };
            let output = call(&self.target, Operation::ListTags, deadline, send).await?;
            let resources = output.resource_tag_list.unwrap_or_default().into_iter();
            let tags = resources.flat_map(|resource| from_sdk::tags(resource.tags_list));
            Ok((tags.collect(), output.next_token))
        });
        let tags: Result<Vec<_>, Fault> = pages.try_concat().await;
        Ok(optional(tags)?.map(Tags::from_iter))
    }
}
