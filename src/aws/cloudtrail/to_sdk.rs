//! Converts the types of [`crate::domain`] to the SDK's CloudTrail types.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::operation::create_trail::builders::CreateTrailFluentBuilder as CreateTrail;
use aws_sdk_cloudtrail::operation::update_trail::builders::UpdateTrailFluentBuilder as UpdateTrail;
use aws_sdk_cloudtrail::types as sdk;

use crate::domain::owner::Tags;
use crate::domain::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, FieldSelector, Insight, Operator,
    Settings,
};
use crate::domain::unordered::Unordered;

/// All settings. `None` is left out: the CreateTrail documentation does not mention empty strings.
pub(super) fn create_trail(request: CreateTrail, settings: &Settings) -> CreateTrail {
    let Settings {
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
    } = settings.clone();
    let (log_group_arn, role_arn) = log_arns(cloud_watch_logs);
    request
        .is_organization_trail(organization)
        .s3_bucket_name(bucket)
        .set_s3_key_prefix(key_prefix)
        .set_kms_key_id(kms_key)
        .set_sns_topic_name(sns_topic)
        .set_cloud_watch_logs_log_group_arn(log_group_arn)
        .set_cloud_watch_logs_role_arn(role_arn)
        .is_multi_region_trail(multi_region)
        .include_global_service_events(global_service_events)
        .enable_log_file_validation(log_file_validation)
        // Sent only if it is not the default: some Regions do not support it yet.
        .set_recursive_logging((!recursive_logging).then_some(false))
}

/// The settings that differ. UpdateTrail keeps an absent setting, and an empty string clears it.
pub(super) fn update_trail(request: UpdateTrail, from: &Settings, to: &Settings) -> UpdateTrail {
    let Settings {
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
    } = to;
    let cleared = Option::<String>::unwrap_or_default;
    let logs = changed(&from.cloud_watch_logs, cloud_watch_logs).map(log_arns);
    let (log_group_arn, role_arn) = logs.unzip();
    request
        .set_is_organization_trail(changed(&from.organization, organization))
        .set_s3_bucket_name(changed(&from.bucket, bucket))
        .set_s3_key_prefix(changed(&from.key_prefix, key_prefix).map(cleared))
        .set_kms_key_id(changed(&from.kms_key, kms_key).map(cleared))
        .set_sns_topic_name(changed(&from.sns_topic, sns_topic).map(cleared))
        .set_cloud_watch_logs_log_group_arn(log_group_arn.map(cleared))
        .set_cloud_watch_logs_role_arn(role_arn.map(cleared))
        .set_is_multi_region_trail(changed(&from.multi_region, multi_region))
        .set_include_global_service_events(changed(
            &from.global_service_events,
            global_service_events,
        ))
        .set_enable_log_file_validation(changed(&from.log_file_validation, log_file_validation))
        .set_recursive_logging(changed(&from.recursive_logging, recursive_logging))
}

fn changed<T: PartialEq + Clone>(from: &T, to: &T) -> Option<T> {
    (from != to).then(|| to.clone())
}

fn log_arns(logs: Option<CloudWatchLogs>) -> (Option<String>, Option<String>) {
    logs.map(|logs| (logs.log_group_arn, logs.role_arn)).unzip()
}

pub(super) fn tags(tags: &Tags) -> Result<Vec<sdk::Tag>, BuildError> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

/// RemoveTags takes whole tags and ignores their values.
pub(super) fn tag_keys(keys: &BTreeSet<String>) -> Result<Vec<sdk::Tag>, BuildError> {
    keys.iter().map(|key| sdk::Tag::builder().key(key).build()).collect()
}

pub(super) fn event_selector(selector: &BasicSelector) -> sdk::EventSelector {
    let BasicSelector { read_write_type, management_events, excluded_sources, data_resources } =
        selector;
    let resources = data_resources.iter().map(|resource| (&resource.resource_type, &resource.arn));
    let resources = grouped(resources).into_iter().map(|(resource_type, arns)| {
        let arns = arns.into_iter().cloned().collect();
        sdk::DataResource::builder().r#type(resource_type).set_values(Some(arns)).build()
    });
    sdk::EventSelector::builder()
        .read_write_type(read_write_type.as_str().into())
        .include_management_events(*management_events)
        .set_data_resources(list(resources))
        .set_exclude_management_event_sources(list(excluded_sources.iter().cloned()))
        .build()
}

/// `None` for an empty list.
fn list<T>(entries: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let entries: Vec<T> = entries.collect();
    (!entries.is_empty()).then_some(entries)
}

pub(super) fn advanced_event_selector(
    selector: &AdvancedSelector,
) -> Result<sdk::AdvancedEventSelector, BuildError> {
    let AdvancedSelector { name, fields } = selector;
    let fields = fields
        .iter()
        .map(|FieldSelector { field, conditions }| {
            let values = |operator| {
                conditions.get(&operator).map(|values| values.iter().cloned().collect::<Vec<_>>())
            };
            sdk::AdvancedFieldSelector::builder()
                .field(field)
                .set_equals(values(Operator::Equals))
                .set_starts_with(values(Operator::StartsWith))
                .set_ends_with(values(Operator::EndsWith))
                .set_not_equals(values(Operator::NotEquals))
                .set_not_starts_with(values(Operator::NotStartsWith))
                .set_not_ends_with(values(Operator::NotEndsWith))
                .build()
        })
        .collect::<Result<Vec<_>, _>>()?;
    sdk::AdvancedEventSelector::builder()
        .set_name((!name.is_empty()).then(|| name.clone()))
        .set_field_selectors(Some(fields))
        .build()
}

pub(super) fn insight_selectors(insights: &Unordered<Insight>) -> Vec<sdk::InsightSelector> {
    let insights = insights.iter().map(|insight| (&insight.insight_type, &insight.event_category));
    let selectors = grouped(insights).into_iter();
    selectors
        .map(|(insight_type, categories)| {
            let categories = categories.into_iter().map(|name| name.as_str().into());
            sdk::InsightSelector::builder()
                .insight_type(insight_type.as_str().into())
                .set_event_categories(Some(categories.collect()))
                .build()
        })
        .collect()
}

/// The values of each key. Keys and values keep the order of their first occurrence.
fn grouped<K: PartialEq, V: PartialEq>(pairs: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

pub(super) fn aggregation_configuration(
    aggregation: &Aggregation,
) -> Result<sdk::AggregationConfiguration, BuildError> {
    let Aggregation { event_category, templates } = aggregation;
    sdk::AggregationConfiguration::builder()
        .event_category(event_category.as_str().into())
        .set_templates(Some(templates.iter().map(|name| name.as_str().into()).collect()))
        .build()
}
