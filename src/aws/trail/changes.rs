//! CloudTrail's calls that change a trail: [`Trails::execute`].

use serde_json::Value;

use super::{Trails, answers, inputs};
use crate::aws::call::{Patience, unreadable};
use crate::aws::json::input;
use crate::core::arn::TrailArn;
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::owner::Tags;
use crate::core::trail::settings::{CloudWatchLogs, Configuration, Selectors};
use crate::core::trail::step::{Answered, Change, TrailStep};

impl Trails {
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
        let id = Value::from(arn.to_string());
        let input = match step {
            TrailStep::Create {
                configuration,
                tags,
            } => {
                let answer = self.create(arn, configuration, tags, patience).await?;
                return Ok(Some(answer));
            }
            TrailStep::Update(change) => {
                return self.update(arn, change, patience).await.map(Some);
            }
            TrailStep::PutSelectors(Selectors::Basic(basic)) => input([
                ("TrailName", id),
                ("EventSelectors", inputs::event_selectors(basic)),
            ]),
            TrailStep::PutSelectors(Selectors::Advanced(advanced)) => input([
                ("TrailName", id),
                (
                    "AdvancedEventSelectors",
                    inputs::advanced_event_selectors(advanced),
                ),
            ]),
            // An empty list takes all away; without one nothing would change.
            TrailStep::PutInsights(insights) => input([
                ("TrailName", id),
                ("InsightSelectors", inputs::insight_selectors(insights)),
            ]),
            TrailStep::PutAggregation(aggregation) => input([
                ("TrailName", id),
                (
                    "AggregationConfigurations",
                    inputs::aggregation_configurations(aggregation.as_ref()),
                ),
            ]),
            TrailStep::Tag(tags) => {
                input([("ResourceId", id), ("TagsList", inputs::tags_list(tags))])
            }
            TrailStep::Untag(keys) => {
                input([("ResourceId", id), ("TagsList", inputs::tag_keys(keys))])
            }
            TrailStep::StartLogging | TrailStep::StopLogging | TrailStep::Delete => {
                input([("Name", id)])
            }
        };
        self.client.tell(step.operation(), &input, patience).await?;
        Ok(None)
    }

    /// Empty texts are left out: whether CreateTrail takes them is not documented.
    async fn create(
        &self,
        arn: &TrailArn,
        configuration: &Configuration,
        tags: &Tags,
        patience: Patience,
    ) -> Result<Answered, Fault> {
        const OPERATION: Operation = Operation::CreateTrail;
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
        let input = input([
            ("Name", arn.name().as_str().into()),
            ("IsOrganizationTrail", (*organization).into()),
            ("S3BucketName", bucket.as_str().into()),
            ("S3KeyPrefix", key_prefix.as_deref().into()),
            ("KmsKeyId", kms_key.as_deref().into()),
            ("SnsTopicName", sns_topic.as_deref().into()),
            ("CloudWatchLogsLogGroupArn", group.into()),
            ("CloudWatchLogsRoleArn", role.into()),
            ("IsMultiRegionTrail", (*multi_region).into()),
            (
                "IncludeGlobalServiceEvents",
                (*global_service_events).into(),
            ),
            ("EnableLogFileValidation", (*log_file_validation).into()),
            // Said only where it is not the default: not every Region knows it yet.
            (
                "RecursiveLogging",
                (!recursive_logging).then_some(false).into(),
            ),
            ("TagsList", inputs::tags_list(tags)),
        ]);
        let answer: answers::MadeTrail = self.client.ask(OPERATION, &input, patience).await?;
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
        let text = |change: &Option<Option<String>>| -> Value {
            let text = change
                .as_ref()
                .map(|text| text.as_deref().unwrap_or_default());
            text.into()
        };
        let (group, role) = match cloud_watch_logs {
            Some(Some(logs)) => log_arns(Some(logs)),
            Some(None) => (Some(""), Some("")),
            None => (None, None),
        };
        let input = input([
            ("Name", arn.to_string().into()),
            ("IsOrganizationTrail", (*organization).into()),
            ("S3BucketName", bucket.as_deref().into()),
            ("S3KeyPrefix", text(key_prefix)),
            ("KmsKeyId", text(kms_key)),
            ("SnsTopicName", text(sns_topic)),
            ("CloudWatchLogsLogGroupArn", group.into()),
            ("CloudWatchLogsRoleArn", role.into()),
            ("IsMultiRegionTrail", (*multi_region).into()),
            (
                "IncludeGlobalServiceEvents",
                (*global_service_events).into(),
            ),
            ("EnableLogFileValidation", (*log_file_validation).into()),
            ("RecursiveLogging", (*recursive_logging).into()),
        ]);
        let answer = self.client.ask(Operation::UpdateTrail, &input, patience);
        let answer: answers::MadeTrail = answer.await?;
        Ok(Answered {
            arn: arn.clone(),
            kms_key: answer.kms_key_id,
            sns_topic: answer.sns_topic_arn,
        })
    }
}

fn log_arns(logs: Option<&CloudWatchLogs>) -> (Option<&str>, Option<&str>) {
    match logs {
        Some(CloudWatchLogs {
            log_group_arn,
            role_arn,
        }) => (Some(log_group_arn), Some(role_arn)),
        None => (None, None),
    }
}
