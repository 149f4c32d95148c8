//! The CloudTrail calls that change a trail: [`CloudTrail::execute`].

use aws_sdk_cloudtrail::error::BuildError;

use super::{CloudTrail, to_sdk};
use crate::aws::call::{Deadline, call};
use crate::domain::fault::Fault;
use crate::domain::names::TrailArn;
use crate::domain::operation::Operation;
use crate::domain::owner::Tags;
use crate::domain::trail::settings::{Selectors, Settings};
use crate::domain::trail::step::{Returned, TrailStep};

impl CloudTrail {
    /// Executes one step on the trail `arn`. CreateTrail creates the trail with that ARN.
    ///
    /// This function makes no decisions. They belong to [`crate::domain::trail::plan`].
    pub async fn execute(
        &self,
        arn: &TrailArn,
        step: &TrailStep,
        deadline: Deadline,
    ) -> Result<Option<Returned>, Fault> {
        let (id, client) = (arn.to_string(), &self.client);
        let operation = step.operation();
        let not_sent = |error: BuildError| self.target.not_sent(operation, &error);
        match step {
            TrailStep::Create { settings, tags } => {
                return self.create(arn, settings, tags, deadline).await.map(Some);
            }
            TrailStep::Update { from, to } => {
                return self.update(arn, from, to, deadline).await.map(Some);
            }
            TrailStep::PutSelectors(Selectors::Basic(basic)) => {
                let selectors = basic.iter().map(to_sdk::event_selector).collect();
                let request = client.put_event_selectors().trail_name(id);
                let request = request.set_event_selectors(Some(selectors));
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutSelectors(Selectors::Advanced(advanced)) => {
                let selectors = advanced.iter().map(to_sdk::advanced_event_selector);
                let selectors = selectors.collect::<Result<_, _>>().map_err(not_sent)?;
                let request = client.put_event_selectors().trail_name(id);
                let request = request.set_advanced_event_selectors(Some(selectors));
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutInsights(insights) => {
                // An empty list disables Insights. An absent one changes nothing.
                let selectors = Some(to_sdk::insight_selectors(insights));
                let request = client.put_insight_selectors().trail_name(id);
                let request = request.set_insight_selectors(selectors);
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::PutAggregation(aggregation) => {
                let aggregation = aggregation.iter().map(to_sdk::aggregation_configuration);
                let aggregation = aggregation.collect::<Result<_, _>>().map_err(not_sent)?;
                let request = client.put_event_configuration().trail_name(id);
                let request = request.set_aggregation_configurations(Some(aggregation));
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Tag(tags) => {
                let tags = to_sdk::tags(tags).map_err(not_sent)?;
                let request = client.add_tags().resource_id(id).set_tags_list(Some(tags));
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Untag(keys) => {
                let tags = to_sdk::tag_keys(keys).map_err(not_sent)?;
                let request = client.remove_tags().resource_id(id).set_tags_list(Some(tags));
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::StartLogging => {
                let request = client.start_logging().name(id);
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::StopLogging => {
                let request = client.stop_logging().name(id);
                call(&self.target, operation, deadline, || request.clone().send()).await?;
            }
            TrailStep::Delete => {
                let request = client.delete_trail().name(id);
                call(&self.target, operation, deadline, || request.clone().send()).await?;
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
        let tags = to_sdk::tags(tags).map_err(|error| self.target.not_sent(OPERATION, &error))?;
        let request = self.client.create_trail().name(arn.name().as_str());
        let request = to_sdk::create_trail(request, settings).set_tags_list(Some(tags));
        let output = call(&self.target, OPERATION, deadline, || request.clone().send()).await?;
        let returned = output.trail_arn.as_deref().and_then(|arn| arn.parse().ok());
        Ok(Returned {
            arn: returned.ok_or_else(|| self.target.unreadable(OPERATION))?,
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
        let output =
            call(&self.target, Operation::UpdateTrail, deadline, || request.clone().send()).await?;
        Ok(Returned {
            arn: arn.clone(),
            kms_key: output.kms_key_id,
            sns_topic: output.sns_topic_arn,
        })
    }
}
