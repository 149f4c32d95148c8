//! CloudTrail's calls for an organization trail: those that read it are here, those that change it in
//! [`changes`]. What depends on trusted access is in [`dependents`].

pub mod changes;
pub mod dependents;
mod from_sdk;
mod to_sdk;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use futures_util::TryStreamExt;

use super::call::{Patience, call, pages, unreadable};
use super::{Aws, timestamp};
use crate::core::arn::{Region, TrailArn, TrailName};
use crate::core::delivery::{DeliveryError, Destination, Status};
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::owner::{self, Tags};
use crate::core::timestamp::Timestamp;
use crate::core::trail::ObservedTrail;
use crate::core::trail::settings::{Aggregation, Configuration, Insight, Recording};
use crate::core::unordered::Unordered;

/// CloudTrail in one Region: the home Region of the trails that are looked at and changed.
#[derive(Debug, Clone)]
pub struct Trails {
    client: Client,
}

/// What GetTrail says of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTrail {
    /// As CloudTrail returned it.
    pub arn: TrailArn,
    /// How it is set up.
    pub configuration: Configuration,
}

/// What the other calls say of it.
struct Rest {
    recording: Recording,
    tags: Tags,
    started_logging: Option<Timestamp>,
}

impl Rest {
    fn of(self, found: FoundTrail) -> ObservedTrail {
        let FoundTrail { arn, configuration } = found;
        let key = configuration.kms_key.as_deref();
        let kms_alias = key.and_then(|key| owner::kms_alias(&self.tags, key));
        ObservedTrail {
            arn,
            kms_alias: kms_alias.map(str::to_owned),
            configuration,
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

impl Trails {
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
        patience: Patience,
    ) -> Result<Option<FoundTrail>, Fault> {
        self.get(name.as_str(), patience).await
    }

    /// The trail with this ARN.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn look(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<FoundTrail>, Fault> {
        self.get(&arn.to_string(), patience).await
    }

    /// The account's trails of all Regions: unlike DescribeTrails, ListTrails does not leave out
    /// what only another Region has.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn all(&self, patience: Patience) -> Result<Vec<TrailArn>, Fault> {
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = self.client.list_trails();
                request.set_next_token(page.clone()).send()
            };
            let output = call(Operation::ListTrails, patience, attempt).await?;
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
        patience: Patience,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let (found, rest) = tokio::try_join!(self.look(arn, patience), self.rest(arn, patience))?;
        Ok(found.zip(rest).map(|(found, rest)| rest.of(found)))
    }

    /// All of a trail that was found, with all other reads under way at once; `None` where it is
    /// gone meanwhile.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn observe_rest(
        &self,
        found: FoundTrail,
        patience: Patience,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let rest = self.rest(&found.arn, patience).await?;
        Ok(rest.map(|rest| rest.of(found)))
    }

    /// What GetTrail does not say.
    async fn rest(&self, arn: &TrailArn, patience: Patience) -> Result<Option<Rest>, Fault> {
        let id = &arn.to_string();
        let (status, selectors, insights, aggregation, tags) = tokio::try_join!(
            self.raw_status(arn, patience),
            async {
                let attempt = || self.client.get_event_selectors().trail_name(id).send();
                found(call(Operation::GetEventSelectors, patience, attempt).await)
            },
            self.insights(id, patience),
            self.aggregation(id, patience),
            self.tags(arn, patience),
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
        patience: Patience,
    ) -> Result<Option<(Tags, Option<Timestamp>)>, Fault> {
        let (tags, status) =
            tokio::try_join!(self.tags(arn, patience), self.raw_status(arn, patience))?;
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
        patience: Patience,
    ) -> Result<Option<Status>, Fault> {
        let Some(status) = self.raw_status(arn, patience).await? else {
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
        patience: Patience,
    ) -> Result<Option<GetTrailStatusOutput>, Fault> {
        let id = arn.to_string();
        let attempt = || self.client.get_trail_status().name(&id).send();
        found(call(Operation::GetTrailStatus, patience, attempt).await)
    }

    async fn get(&self, id: &str, patience: Patience) -> Result<Option<FoundTrail>, Fault> {
        const OPERATION: Operation = Operation::GetTrail;
        let attempt = || self.client.get_trail().name(id).send();
        let output = found(call(OPERATION, patience, attempt).await)?;
        let Some(trail) = output.and_then(|output| output.trail) else {
            return Ok(None);
        };
        let arn = trail.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Some(FoundTrail {
            arn: arn.ok_or_else(|| unreadable(OPERATION))?,
            configuration: from_sdk::configuration(trail),
        }))
    }

    async fn insights(&self, id: &str, patience: Patience) -> Result<Unordered<Insight>, Fault> {
        let attempt = || self.client.get_insight_selectors().trail_name(id).send();
        let output = call(Operation::GetInsightSelectors, patience, attempt).await;
        if_offered(
            output.map(|output| from_sdk::insights(output.insight_selectors.unwrap_or_default())),
        )
    }

    async fn aggregation(
        &self,
        id: &str,
        patience: Patience,
    ) -> Result<Option<Aggregation>, Fault> {
        let attempt = || self.client.get_event_configuration().trail_name(id).send();
        let output = call(Operation::GetEventConfiguration, patience, attempt).await;
        if_offered(output.map(|output| {
            let configuration = output.aggregation_configurations().first();
            configuration.map(from_sdk::aggregation)
        }))
    }

    /// A trail's tags; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn tags(&self, arn: &TrailArn, patience: Patience) -> Result<Option<Tags>, Fault> {
        let id = &arn.to_string();
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = self.client.list_tags().resource_id_list(id);
                request.set_next_token(page.clone()).send()
            };
            let output = call(Operation::ListTags, patience, attempt).await?;
            let resources = output.resource_tag_list.unwrap_or_default().into_iter();
            let tags = resources.flat_map(|resource| from_sdk::tags(resource.tags_list));
            Ok((tags.collect(), output.next_token))
        });
        let tags: Result<Vec<_>, Fault> = pages.try_concat().await;
        Ok(found(tags)?.map(Tags::from_iter))
    }
}
