//! The calls that change something.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types as sdk;
use orgtrail::core::arn::TrailArn;
use orgtrail::core::delegated_administrator::RegistrationStep;
use orgtrail::core::fault::Fault;
use orgtrail::core::operation::Operation;
use orgtrail::core::owner::Tags;
use orgtrail::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, FieldSelector,
    Operator, Selectors,
};
use orgtrail::core::trail::step::{Answered, Change, TrailStep};
use orgtrail::core::trusted_access::TrustedAccessStep;

use super::{Sdk, fault, unreadable};
use crate::calls::{SERVICE, administrator};
use crate::scene::{TRAIL, trail};

/// Sends a request whose answer says nothing. The SDK's builders share no trait.
macro_rules! send {
    ($operation:expr, $request:expr) => {
        $request.send().await.map(drop).map_err(fault($operation))
    };
}

impl Sdk {
    pub(super) async fn execute(&self, step: &TrailStep) -> Result<Option<Answered>, Fault> {
        let (client, operation) = (&self.cloudtrail, step.operation());
        match step {
            TrailStep::Create {
                configuration,
                tags,
            } => return self.create(configuration, tags).await.map(Some),
            TrailStep::Update(change) => return self.update(change).await.map(Some),
            TrailStep::PutSelectors(Selectors::Basic(basic)) => {
                let list = basic.iter().map(basic_selector).collect();
                let request = client.put_event_selectors().trail_name(TRAIL);
                send!(operation, request.set_event_selectors(Some(list)))
            }
            TrailStep::PutSelectors(Selectors::Advanced(advanced)) => {
                let list = advanced.iter().map(advanced_selector).collect();
                let request = client.put_event_selectors().trail_name(TRAIL);
                send!(operation, request.set_advanced_event_selectors(Some(list)))
            }
            TrailStep::PutInsights(kinds) => {
                let request = client.put_insight_selectors().trail_name(TRAIL);
                let list = Some(insights(kinds));
                send!(operation, request.set_insight_selectors(list))
            }
            TrailStep::PutAggregation(wanted) => {
                let request = client.put_event_configuration().trail_name(TRAIL);
                let list = Some(wanted.iter().map(aggregation).collect());
                send!(operation, request.set_aggregation_configurations(list))
            }
            TrailStep::Tag(wanted) => {
                let request = client.add_tags().resource_id(TRAIL);
                send!(operation, request.set_tags_list(Some(tags(wanted))))
            }
            TrailStep::Untag(keys) => {
                let keys = keys
                    .iter()
                    .map(|key| complete(sdk::Tag::builder().key(key).build()));
                let request = client.remove_tags().resource_id(TRAIL);
                send!(operation, request.set_tags_list(Some(keys.collect())))
            }
            TrailStep::StartLogging => send!(operation, client.start_logging().name(TRAIL)),
            TrailStep::StopLogging => send!(operation, client.stop_logging().name(TRAIL)),
            TrailStep::Delete => send!(operation, client.delete_trail().name(TRAIL)),
        }?;
        Ok(None)
    }

    async fn create(&self, wanted: &Configuration, marks: &Tags) -> Result<Answered, Fault> {
        let (group, role) = wanted.cloud_watch_logs.clone().map(log_arns).unzip();
        let request = self
            .cloudtrail
            .create_trail()
            .name(trail().name().as_str())
            .is_organization_trail(wanted.organization)
            .s3_bucket_name(&wanted.bucket)
            .set_s3_key_prefix(wanted.key_prefix.clone())
            .set_kms_key_id(wanted.kms_key.clone())
            .set_sns_topic_name(wanted.sns_topic.clone())
            .set_cloud_watch_logs_log_group_arn(group)
            .set_cloud_watch_logs_role_arn(role)
            .is_multi_region_trail(wanted.multi_region)
            .include_global_service_events(wanted.global_service_events)
            .enable_log_file_validation(wanted.log_file_validation)
            .set_recursive_logging((!wanted.recursive_logging).then_some(false))
            .set_tags_list(Some(tags(marks)));
        let answer = request.send().await;
        let answer = answer.map_err(fault(Operation::CreateTrail))?;
        let arn = answer.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Answered {
            arn: arn.ok_or_else(|| unreadable(Operation::CreateTrail))?,
            kms_key: answer.kms_key_id,
            sns_topic: answer.sns_topic_arn,
        })
    }

    async fn update(&self, change: &Change) -> Result<Answered, Fault> {
        let text = |change: &Option<Option<String>>| change.clone().map(Option::unwrap_or_default);
        let logs = change.cloud_watch_logs.clone();
        let (group, role) = logs
            .map(|logs| logs.map(log_arns).unwrap_or_default())
            .unzip();
        let request = self
            .cloudtrail
            .update_trail()
            .name(TRAIL)
            .set_is_organization_trail(change.organization)
            .set_s3_bucket_name(change.bucket.clone())
            .set_s3_key_prefix(text(&change.key_prefix))
            .set_kms_key_id(text(&change.kms_key))
            .set_sns_topic_name(text(&change.sns_topic))
            .set_cloud_watch_logs_log_group_arn(group)
            .set_cloud_watch_logs_role_arn(role)
            .set_is_multi_region_trail(change.multi_region)
            .set_include_global_service_events(change.global_service_events)
            .set_enable_log_file_validation(change.log_file_validation)
            .set_recursive_logging(change.recursive_logging);
        let answer = request.send().await;
        let answer = answer.map_err(fault(Operation::UpdateTrail))?;
        Ok(Answered {
            arn: trail(),
            kms_key: answer.kms_key_id,
            sns_topic: answer.sns_topic_arn,
        })
    }

    pub(super) async fn switch(&self, step: TrustedAccessStep) -> Result<(), Fault> {
        let (client, operation) = (&self.organizations, step.operation());
        match step {
            TrustedAccessStep::Enable => {
                let request = client.enable_aws_service_access();
                send!(operation, request.service_principal(SERVICE))
            }
            TrustedAccessStep::Disable => {
                let request = client.disable_aws_service_access();
                send!(operation, request.service_principal(SERVICE))
            }
        }
    }

    pub(super) async fn register(&self, step: RegistrationStep) -> Result<(), Fault> {
        let (cloudtrail, organizations) = (&self.cloudtrail, &self.organizations);
        let (account, operation) = (administrator().to_string(), step.operation());
        match step {
            RegistrationStep::RegisterWithCloudTrail => {
                let request = cloudtrail.register_organization_delegated_admin();
                send!(operation, request.member_account_id(account))
            }
            RegistrationStep::DeregisterWithCloudTrail => {
                let request = cloudtrail.deregister_organization_delegated_admin();
                send!(operation, request.delegated_admin_account_id(account))
            }
            RegistrationStep::RegisterWithOrganizations => {
                let request = organizations.register_delegated_administrator();
                let request = request.service_principal(SERVICE);
                send!(operation, request.account_id(account))
            }
            RegistrationStep::DeregisterWithOrganizations => {
                let request = organizations.deregister_delegated_administrator();
                let request = request.service_principal(SERVICE);
                send!(operation, request.account_id(account))
            }
        }
    }
}

fn complete<T>(built: Result<T, BuildError>) -> T {
    built.expect("all that has to be there is")
}

fn log_arns(logs: CloudWatchLogs) -> (String, String) {
    (logs.log_group_arn, logs.role_arn)
}

fn tags(tags: &Tags) -> Vec<sdk::Tag> {
    let tags = tags.iter();
    tags.map(|(key, value)| complete(sdk::Tag::builder().key(key).value(value).build()))
        .collect()
}

fn basic_selector(selector: &BasicSelector) -> sdk::EventSelector {
    let resources = selector.data_resources.iter().map(|(kind, values)| {
        let resource = sdk::DataResource::builder().r#type(kind);
        resource
            .set_values(Some(values.iter().cloned().collect()))
            .build()
    });
    sdk::EventSelector::builder()
        .read_write_type(selector.read_write_type.as_str().into())
        .include_management_events(selector.management_events)
        .set_data_resources(unless_empty(resources))
        .set_exclude_management_event_sources(unless_empty(
            selector.excluded_sources.iter().cloned(),
        ))
        .build()
}

fn unless_empty<T>(entries: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let entries: Vec<T> = entries.collect();
    (!entries.is_empty()).then_some(entries)
}

fn advanced_selector(selector: &AdvancedSelector) -> sdk::AdvancedEventSelector {
    let fields = selector.fields.iter().map(field_selector).collect();
    let name = Some(&selector.name).filter(|name| !name.is_empty());
    let selector = sdk::AdvancedEventSelector::builder().set_name(name.cloned());
    complete(selector.set_field_selectors(Some(fields)).build())
}

fn field_selector(selector: &FieldSelector) -> sdk::AdvancedFieldSelector {
    let values = |operator| {
        let values = selector.conditions.get(&operator)?;
        Some(values.iter().cloned().collect())
    };
    let selector = sdk::AdvancedFieldSelector::builder()
        .field(&selector.field)
        .set_equals(values(Operator::Equals))
        .set_starts_with(values(Operator::StartsWith))
        .set_ends_with(values(Operator::EndsWith))
        .set_not_equals(values(Operator::NotEquals))
        .set_not_starts_with(values(Operator::NotStartsWith))
        .set_not_ends_with(values(Operator::NotEndsWith));
    complete(selector.build())
}

fn insights(insights: &BTreeSet<(String, String)>) -> Vec<sdk::InsightSelector> {
    let mut categories = BTreeMap::<&str, Vec<sdk::SourceEventCategory>>::new();
    for (category, kind) in insights {
        let of_kind = categories.entry(kind).or_default();
        of_kind.push(category.as_str().into());
    }
    let selectors = categories.into_iter().map(|(kind, categories)| {
        let selector = sdk::InsightSelector::builder().insight_type(kind.into());
        selector.set_event_categories(Some(categories)).build()
    });
    selectors.collect()
}

fn aggregation(aggregation: &Aggregation) -> sdk::AggregationConfiguration {
    let templates = aggregation.templates.iter();
    let templates = templates.map(|name| name.as_str().into()).collect();
    let configuration = sdk::AggregationConfiguration::builder()
        .event_category(aggregation.event_category.as_str().into())
        .set_templates(Some(templates));
    complete(configuration.build())
}
