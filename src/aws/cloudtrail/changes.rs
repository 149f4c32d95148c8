//! CloudTrail's calls that change a trail: [`CloudTrail::execute`].

use aws_sdk_cloudtrail::error::BuildError;

use super::{CloudTrail, to_sdk};
use crate::aws::call::{Deadline, call, not_sent, unreadable};
use crate::domain::fault::Fault;
use crate::domain::names::TrailArn;
use crate::domain::operation::Operation;
use crate::domain::owner::Tags;
use crate::domain::trail::settings::{Selectors, Settings};
use crate::domain::trail::step::{Returned, TrailStep};

impl CloudTrail {
    /// Carries out one step on the trail `arn`, which for a Create is the ARN that it will have.
    ///
    /// Decides nothing: whoever wants to add behaviour here wants [`crate::domain::trail::plan`].
    ///
    /// # Errors
    /// Whatever kept AWS from doing it.
    pub async fn execute(
        &self,
        arn: &TrailArn,
        step: &TrailStep,
        deadline: Deadline,
    ) -> Result<Option<Returned>, Fault> {
        let (id, client) = (arn.to_string(), &self.client);
        let operation = step.operation();
        match step {
            TrailStep::Create { settings, tags } => {
                let created = self.create(arn, settings, tags, deadline).await?;
                return Ok(Some(created));
            }
            TrailStep::Update { from, to } => {
                return self.update(arn, from, to, deadline).await.map(Some);
            }
            TrailStep::PutSelectors(Selectors::Basic(basic)) => {
                let list = basic.iter().map(to_sdk::event_selector).collect();
                let request = client.put_event_selectors().trail_name(id);
                let request = request.set_event_selectors(Some(list));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutSelectors(Selectors::Advanced(advanced)) => {
                let list = all(
                    advanced.iter().map(to_sdk::advanced_event_selector),
                    operation,
                )?;
                let request = client.put_event_selectors().trail_name(id);
                let request = request.set_advanced_event_selectors(Some(list));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutInsights(insights) => {
                let request = client.put_insight_selectors().trail_name(id);
                // `Some` of an empty list: an absent one would change nothing.
                let request =
                    request.set_insight_selectors(Some(to_sdk::insight_selectors(insights)));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutAggregation(aggregation) => {
                let list = all(
                    aggregation.iter().map(to_sdk::aggregation_configuration),
                    operation,
                )?;
                let request = client.put_event_configuration().trail_name(id);
                let request = request.set_aggregation_configurations(Some(list));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Tag(tags) => {
                let tags = to_sdk::tags(tags).map_err(|problem| not_sent(operation, &problem))?;
                let request = client.add_tags().resource_id(id).set_tags_list(Some(tags));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Untag(keys) => {
                let tags =
                    to_sdk::tag_keys(keys).map_err(|problem| not_sent(operation, &problem))?;
                let request = client
                    .remove_tags()
                    .resource_id(id)
                    .set_tags_list(Some(tags));
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::StartLogging => {
                let request = client.start_logging().name(id);
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::StopLogging => {
                let request = client.stop_logging().name(id);
                call(operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Delete => {
                let request = client.delete_trail().name(id);
                call(operation, deadline, || request.clone().send()).await?;
            }
        }
        Ok(None)
    }

    async fn create(
        &self,
        arn: &TrailArn,
        settings: &Settings,
        tags: &Tags,
        deadline: Deadline,
    ) -> Result<Returned, Fault> {
        const OPERATION: Operation = Operation::CreateTrail;
        let tags = to_sdk::tags(tags).map_err(|problem| not_sent(OPERATION, &problem))?;
        let request = self.client.create_trail().name(arn.name().as_str());
        let request = to_sdk::create_trail(request, settings).set_tags_list(Some(tags));
        let output = call(OPERATION, deadline, || request.clone().send()).await?;
        let returned = output.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Returned {
            arn: returned.ok_or_else(|| unreadable(OPERATION))?,
            kms_key: output.kms_key_id,
            sns_topic: output.sns_topic_arn,
        })
    }

    async fn update(
        &self,
        arn: &TrailArn,
        from: &Settings,
        to: &Settings,
        deadline: Deadline,
    ) -> Result<Returned, Fault> {
        let request = self.client.update_trail().name(arn.to_string());
        let request = to_sdk::update_trail(request, from, to);
        let output = call(Operation::UpdateTrail, deadline, || request.clone().send()).await?;
        Ok(Returned {
            arn: arn.clone(),
            kms_key: output.kms_key_id,
            sns_topic: output.sns_topic_arn,
        })
    }
}

/// All of a list, unless the SDK's types do not take one of its values.
fn all<T>(
    list: impl Iterator<Item = Result<T, BuildError>>,
    operation: Operation,
) -> Result<Vec<T>, Fault> {
    list.collect::<Result<_, _>>()
        .map_err(|problem| not_sent(operation, &problem))
}
