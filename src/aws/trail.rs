//! CloudTrail's calls for an organization trail: [`Trails::observe`] and [`Trails::execute`].

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::operation::get_trail::GetTrailOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;

use super::Aws;
use super::call::{Patience, call, unreadable};
use super::trail_types as types;
use crate::core::arn::{Region, TrailArn, TrailName};
use crate::core::fault::{Cause, Fault, Operation};
use crate::core::owner::{self, Tags};
use crate::core::trail::ObservedTrail;
use crate::core::trail::settings::{
    Aggregation, CloudWatchLogs, Configuration, Recording, Selectors,
};
use crate::core::trail::step::{Answered, Change, TrailStep};

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
            .ok_or_else(|| unreadable(Operation::cloudtrail("GetTrail")))
    }

    /// The account's trails of all Regions: unlike DescribeTrails, ListTrails does not leave out
    /// what only another Region has.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn all(&self, patience: Patience) -> Result<Vec<TrailArn>, Fault> {
        let mut trails = Vec::new();
        let mut page = None;
        loop {
            let attempt = || {
                let request = self.client.list_trails();
                request.set_next_token(page.clone()).send()
            };
            let answer = call(Operation::cloudtrail("ListTrails"), patience, attempt).await?;
            let arns = answer.trails.unwrap_or_default().into_iter();
            trails.extend(
                arns.filter_map(|trail| trail.trail_arn.as_deref().and_then(TrailArn::parse)),
            );
            page = answer.next_token;
            if page.is_none() {
                return Ok(trails);
            }
        }
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
                found(
                    call(
                        Operation::cloudtrail("GetEventSelectors"),
                        patience,
                        attempt,
                    )
                    .await,
                )
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
            arn: returned.ok_or_else(|| unreadable(Operation::cloudtrail("GetTrail")))?,
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
        let operation = Operation::cloudtrail("GetTrailStatus");
        let id = arn.to_string();
        let attempt = || self.client.get_trail_status().name(&id).send();
        found(call(operation, patience, attempt).await)
    }

    async fn get(&self, id: &str, patience: Patience) -> Result<GetTrailOutput, Fault> {
        call(Operation::cloudtrail("GetTrail"), patience, || {
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
        match call(
            Operation::cloudtrail("GetInsightSelectors"),
            patience,
            attempt,
        )
        .await
        {
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
        match call(
            Operation::cloudtrail("GetEventConfiguration"),
            patience,
            attempt,
        )
        .await
        {
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
        let id = arn.to_string();
        let mut tags = Tags::new();
        let mut page = None;
        loop {
            let attempt = || {
                let request = self.client.list_tags().resource_id_list(&id);
                request.set_next_token(page.clone()).send()
            };
            let Some(answer) =
                found(call(Operation::cloudtrail("ListTags"), patience, attempt).await)?
            else {
                return Ok(None);
            };
            for resource in answer.resource_tag_list.unwrap_or_default() {
                tags.extend(types::tags(resource.tags_list));
            }
            page = answer.next_token.filter(|token| !token.is_empty());
            if page.is_none() {
                return Ok(Some(tags));
            }
        }
    }

    /// Carries out one step on the trail `arn`, which for a Create is the ARN that it will have.
    ///
    /// Decides nothing: whoever wants to add behaviour here wants [`crate::core::trail::plan`].
    ///
    /// # Errors
    /// Whatever kept AWS from doing it.
    pub async fn execute(
        &self,
        arn: &TrailArn,
        step: &TrailStep,
        patience: Patience,
    ) -> Result<Option<Answered>, Fault> {
        let id = &arn.to_string();
        let client = &self.client;
        let operation = Operation::cloudtrail(step.operation());
        let unbuildable = |error: BuildError| Fault {
            operation,
            cause: Cause::NotSent(error.to_string()),
            request_id: None,
        };
        match step {
            TrailStep::Create {
                configuration,
                tags,
            } => {
                return self
                    .create(arn, configuration, tags, patience)
                    .await
                    .map(Some);
            }
            TrailStep::Update(change) => {
                return self.update(arn, change, patience).await.map(Some);
            }
            TrailStep::PutSelectors(selectors) => {
                self.put_selectors(id, selectors, patience).await?;
            }
            TrailStep::PutInsights(insights) => {
                let attempt = || {
                    let insights = types::sdk_insights(insights);
                    let request = client.put_insight_selectors().trail_name(id);
                    // `Some` of an empty list: an absent one would change nothing.
                    request.set_insight_selectors(Some(insights)).send()
                };
                call(operation, patience, attempt).await?;
            }
            TrailStep::PutAggregation(aggregation) => {
                let list = aggregation.iter().map(types::sdk_aggregation);
                let list = list.collect::<Result<Vec<_>, _>>().map_err(unbuildable)?;
                let attempt = || {
                    let request = client.put_event_configuration().trail_name(id);
                    request
                        .set_aggregation_configurations(Some(list.clone()))
                        .send()
                };
                call(operation, patience, attempt).await?;
            }
            TrailStep::Tag(tags) => {
                let tags = types::sdk_tags(tags).map_err(unbuildable)?;
                let attempt = || {
                    client
                        .add_tags()
                        .resource_id(id)
                        .set_tags_list(Some(tags.clone()))
                        .send()
                };
                call(operation, patience, attempt).await?;
            }
            TrailStep::Untag(keys) => {
                let tags = types::sdk_tag_keys(keys).map_err(unbuildable)?;
                let attempt = || {
                    client
                        .remove_tags()
                        .resource_id(id)
                        .set_tags_list(Some(tags.clone()))
                        .send()
                };
                call(operation, patience, attempt).await?;
            }
            TrailStep::StartLogging => {
                call(operation, patience, || {
                    client.start_logging().name(id).send()
                })
                .await?;
            }
            TrailStep::StopLogging => {
                call(operation, patience, || {
                    client.stop_logging().name(id).send()
                })
                .await?;
            }
            TrailStep::Delete => {
                call(operation, patience, || {
                    client.delete_trail().name(id).send()
                })
                .await?;
            }
        }
        Ok(None)
    }

    async fn put_selectors(
        &self,
        id: &str,
        selectors: &Selectors,
        patience: Patience,
    ) -> Result<(), Fault> {
        const OPERATION: Operation = Operation::cloudtrail("PutEventSelectors");
        let request = self.client.put_event_selectors().trail_name(id);
        let request = match selectors {
            Selectors::Basic(basic) => request
                .set_event_selectors(Some(basic.iter().map(types::sdk_basic_selector).collect())),
            Selectors::Advanced(advanced) => {
                let list = advanced.iter().map(types::sdk_advanced_selector);
                let list = list.collect::<Result<Vec<_>, _>>().map_err(|error| Fault {
                    operation: OPERATION,
                    cause: Cause::NotSent(error.to_string()),
                    request_id: None,
                })?;
                request.set_advanced_event_selectors(Some(list))
            }
        };
        call(OPERATION, patience, || request.clone().send()).await?;
        Ok(())
    }

    /// Empty texts are left out: whether CreateTrail takes them is not documented.
    async fn create(
        &self,
        arn: &TrailArn,
        configuration: &Configuration,
        tags: &Tags,
        patience: Patience,
    ) -> Result<Answered, Fault> {
        const OPERATION: Operation = Operation::cloudtrail("CreateTrail");
        let Configuration {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = configuration;
        let (group, role) = log_arns(cloud_watch_logs.as_ref());
        let tags = types::sdk_tags(tags).map_err(|error| Fault {
            operation: OPERATION,
            cause: Cause::NotSent(error.to_string()),
            request_id: None,
        })?;
        let request = self
            .client
            .create_trail()
            .name(arn.name().as_str())
            .is_organization_trail(*organization)
            .s3_bucket_name(bucket)
            .set_s3_key_prefix(key_prefix.clone())
            .set_kms_key_id(kms_key.clone())
            .set_sns_topic_name(sns_topic.clone())
            .set_cloud_watch_logs_log_group_arn(group)
            .set_cloud_watch_logs_role_arn(role)
            .is_multi_region_trail(*multi_region)
            .include_global_service_events(*global_service_events)
            .enable_log_file_validation(*log_file_validation)
            // Said only where it is not the default: not every Region knows it yet.
            .set_recursive_logging((!recursive_logging).then_some(false))
            .set_tags_list(Some(tags));
        let answer = call(OPERATION, patience, || request.clone().send()).await?;
        let returned = answer.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Answered {
            arn: returned.ok_or_else(|| unreadable(OPERATION))?,
            kms_key: answer.kms_key_id,
            sns_topic: answer.sns_topic_arn,
        })
    }

    /// What is left out stays; an empty text clears.
    async fn update(
        &self,
        arn: &TrailArn,
        change: &Change,
        patience: Patience,
    ) -> Result<Answered, Fault> {
        let Change {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = change;
        let text = |change: &Option<Option<String>>| change.clone().map(Option::unwrap_or_default);
        let (group, role) = match cloud_watch_logs {
            Some(Some(logs)) => log_arns(Some(logs)),
            Some(None) => (Some(String::new()), Some(String::new())),
            None => (None, None),
        };
        let request = self
            .client
            .update_trail()
            .name(arn.to_string())
            .set_is_organization_trail(*organization)
            .set_s3_bucket_name(bucket.clone())
            .set_s3_key_prefix(text(key_prefix))
            .set_kms_key_id(text(kms_key))
            .set_sns_topic_name(text(sns_topic))
            .set_cloud_watch_logs_log_group_arn(group)
            .set_cloud_watch_logs_role_arn(role)
            .set_is_multi_region_trail(*multi_region)
            .set_include_global_service_events(*global_service_events)
            .set_enable_log_file_validation(*log_file_validation)
            .set_recursive_logging(*recursive_logging);
        let answer = call(Operation::cloudtrail("UpdateTrail"), patience, || {
            request.clone().send()
        })
        .await?;
        Ok(Answered {
            arn: arn.clone(),
            kms_key: answer.kms_key_id,
            sns_topic: answer.sns_topic_arn,
        })
    }
}

fn log_arns(logs: Option<&CloudWatchLogs>) -> (Option<String>, Option<String>) {
    match logs {
        Some(CloudWatchLogs {
            log_group_arn,
            role_arn,
        }) => (Some(log_group_arn.clone()), Some(role_arn.clone())),
        None => (None, None),
    }
}
