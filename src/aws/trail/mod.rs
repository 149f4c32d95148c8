//! CloudTrail's calls for an organization trail: those that look are here, those that change it in
//! [`changes`], and its types in `types`.

pub mod changes;
pub(super) mod types;

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_trail::GetTrailOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use futures_util::TryStreamExt;

use super::Aws;
use super::call::{Patience, call, pages, unreadable};
use crate::core::arn::{Region, TrailArn, TrailName};
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::owner::{self, Tags};
use crate::core::trail::ObservedTrail;
use crate::core::trail::settings::{Aggregation, Configuration, Recording};

/// CloudTrail in one Region: the home Region of the trails that are looked at and changed.
#[derive(Debug, Clone)]
pub struct Trails {
    client: Client,
}

/// What is not there is `None`, not an error.
fn found<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Trails {
    /// CloudTrail in `region`.
    pub fn new(aws: &Aws, region: &Region) -> Self {
        Self {
            client: aws.cloudtrail(region),
        }
    }

    /// The ARN of the caller's own trail of this name in this Region.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn find(
        &self,
        name: &TrailName,
        patience: Patience,
    ) -> Result<Option<TrailArn>, Fault> {
        let Some(answer) = found(self.get(name.as_str(), patience).await)? else {
            return Ok(None);
        };
        let arn = answer.trail.and_then(|trail| trail.trail_arn);
        arn.as_deref()
            .and_then(TrailArn::parse)
            .map(Some)
            .ok_or_else(|| unreadable(Operation::GetTrail))
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
            let answer = call(Operation::ListTrails, patience, attempt).await?;
            let trails = answer.trails.unwrap_or_default().into_iter();
            let arns = trails.filter_map(|trail| TrailArn::parse(trail.trail_arn.as_deref()?));
            Ok((arns.collect(), answer.next_token))
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
        let id = &arn.to_string();
        let client = &self.client;
        let (trail, status, selectors, insights, aggregation, tags) = tokio::try_join!(
            async { found(self.get(id, patience).await) },
            self.raw_status(arn, patience),
            async {
                let attempt = || client.get_event_selectors().trail_name(id).send();
                found(call(Operation::GetEventSelectors, patience, attempt).await)
            },
            self.insights(id, patience),
            self.aggregation(id, patience),
            self.tags(arn, patience),
        )?;
        let everything = (
            trail.and_then(|answer| answer.trail),
            status,
            selectors,
            tags,
        );
        let (Some(trail), Some(status), Some(selectors), Some(tags)) = everything else {
            return Ok(None);
        };
        let returned = trail.trail_arn.as_deref().and_then(TrailArn::parse);
        let configuration = types::configuration(trail);
        let kms_alias = configuration
            .kms_key
            .as_deref()
            .and_then(|key| owner::kms_alias(&tags, key))
            .map(str::to_owned);
        Ok(Some(ObservedTrail {
            arn: returned.ok_or_else(|| unreadable(Operation::GetTrail))?,
            configuration,
            recording: Recording {
                logging: status.is_logging.unwrap_or(false),
                selectors: types::selectors(
                    selectors.event_selectors,
                    selectors.advanced_event_selectors,
                ),
                insights,
                aggregation,
            },
            kms_alias,
            tags,
            started_logging: status.start_logging_time.map(|time| time.secs()),
        }))
    }

    /// How a trail is set up; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn configuration(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<Configuration>, Fault> {
        let answer = found(self.get(&arn.to_string(), patience).await)?;
        let trail = answer.and_then(|answer| answer.trail);
        Ok(trail.map(types::configuration))
    }

    pub(super) async fn raw_status(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<GetTrailStatusOutput>, Fault> {
        let operation = Operation::GetTrailStatus;
        let id = arn.to_string();
        let attempt = || self.client.get_trail_status().name(&id).send();
        found(call(operation, patience, attempt).await)
    }

    async fn get(&self, id: &str, patience: Patience) -> Result<GetTrailOutput, Fault> {
        call(Operation::GetTrail, patience, || {
            self.client.get_trail().name(id).send()
        })
        .await
    }

    async fn insights(
        &self,
        id: &str,
        patience: Patience,
    ) -> Result<BTreeSet<(String, String)>, Fault> {
        let attempt = || self.client.get_insight_selectors().trail_name(id).send();
        match call(Operation::GetInsightSelectors, patience, attempt).await {
            Ok(answer) => Ok(types::insights(
                answer.insight_selectors.unwrap_or_default(),
            )),
            // How CloudTrail says "none".
            Err(fault) if fault.is_not_found() || fault.code() == "InsightNotEnabled" => {
                Ok(BTreeSet::new())
            }
            Err(fault) => Err(fault),
        }
    }

    async fn aggregation(
        &self,
        id: &str,
        patience: Patience,
    ) -> Result<Option<Aggregation>, Fault> {
        let attempt = || self.client.get_event_configuration().trail_name(id).send();
        match call(Operation::GetEventConfiguration, patience, attempt).await {
            Ok(answer) => Ok(answer
                .aggregation_configurations
                .and_then(|list| list.into_iter().next())
                .as_ref()
                .map(types::aggregation)),
            // Where a Region or partition does not offer it yet, no trail has it.
            Err(fault)
                if fault.is_not_found()
                    || matches!(fault.code(), "UnsupportedOperation" | "UnknownOperation") =>
            {
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
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
            let answer = call(Operation::ListTags, patience, attempt).await?;
            let resources = answer.resource_tag_list.unwrap_or_default().into_iter();
            let tags = resources.flat_map(|resource| types::tags(resource.tags_list));
            Ok((tags.collect(), answer.next_token))
        });
        let tags: Result<Vec<_>, Fault> = pages.try_concat().await;
        Ok(found(tags)?.map(Tags::from_iter))
    }
}
