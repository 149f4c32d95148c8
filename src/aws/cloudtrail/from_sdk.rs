//! Converts the SDK's CloudTrail types to those of [`crate::domain`].

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types as sdk;

use crate::domain::owner::Tags;
use crate::domain::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, DataResource, FieldSelector,
    Insight, Operator, Selectors, Settings,
};
use crate::domain::unordered::Unordered;

/// CloudTrail returns a cleared string as empty, or omits it.
fn not_empty(string: Option<String>) -> Option<String> {
    string.filter(|string| !string.is_empty())
}

pub(super) fn settings(trail: sdk::Trail) -> Settings {
    let logs = not_empty(trail.cloud_watch_logs_log_group_arn)
        .zip(not_empty(trail.cloud_watch_logs_role_arn))
        .map(|(log_group_arn, role_arn)| CloudWatchLogs { log_group_arn, role_arn });
    Settings {
        organization: trail.is_organization_trail.unwrap_or(false),
        bucket: trail.s3_bucket_name.unwrap_or_default(),
        key_prefix: not_empty(trail.s3_key_prefix),
        kms_key: not_empty(trail.kms_key_id),
        sns_topic: not_empty(trail.sns_topic_arn),
        cloud_watch_logs: logs,
        multi_region: trail.is_multi_region_trail.unwrap_or(false),
        global_service_events: trail.include_global_service_events.unwrap_or(false),
        log_file_validation: trail.log_file_validation_enabled.unwrap_or(false),
        // CloudTrail omits the setting in Regions that do not support it yet. The default is true.
        recursive_logging: trail.recursive_logging.unwrap_or(true),
    }
}

pub(super) fn selectors(output: GetEventSelectorsOutput) -> Selectors {
    let basic = output.event_selectors.unwrap_or_default();
    let advanced = output.advanced_event_selectors.unwrap_or_default();
    if !advanced.is_empty() {
        Selectors::Advanced(advanced.into_iter().map(advanced_selector).collect())
    } else if !basic.is_empty() {
        Selectors::Basic(basic.into_iter().map(basic_selector).collect())
    } else {
        Selectors::default()
    }
}

fn basic_selector(selector: sdk::EventSelector) -> BasicSelector {
    let data_resources = selector.data_resources.unwrap_or_default().into_iter();
    let data_resources = data_resources.flat_map(|resource| {
        let resource_type = resource.r#type.unwrap_or_default();
        let arns = resource.values.unwrap_or_default().into_iter();
        arns.map(move |arn| DataResource { resource_type: resource_type.clone(), arn })
    });
    BasicSelector {
        read_write_type: selector
            .read_write_type
            .map_or_else(|| "All".to_owned(), |kind| kind.as_str().to_owned()),
        management_events: selector.include_management_events.unwrap_or(true),
        excluded_sources: list(selector.exclude_management_event_sources),
        data_resources: data_resources.collect(),
    }
}

fn advanced_selector(selector: sdk::AdvancedEventSelector) -> AdvancedSelector {
    let fields = selector.field_selectors.into_iter().map(|field| {
        let conditions = [
            (Operator::Equals, field.equals),
            (Operator::StartsWith, field.starts_with),
            (Operator::EndsWith, field.ends_with),
            (Operator::NotEquals, field.not_equals),
            (Operator::NotStartsWith, field.not_starts_with),
            (Operator::NotEndsWith, field.not_ends_with),
        ];
        FieldSelector {
            field: field.field,
            conditions: conditions
                .into_iter()
                .map(|(operator, values)| (operator, list(values)))
                .filter(|(_, values)| !values.is_empty())
                .collect(),
        }
    });
    AdvancedSelector { name: selector.name.unwrap_or_default(), fields: fields.collect() }
}

fn list(values: Option<Vec<String>>) -> Unordered<String> {
    values.unwrap_or_default().into()
}

pub(super) fn insights(selectors: Vec<sdk::InsightSelector>) -> Unordered<Insight> {
    selectors
        .into_iter()
        .filter_map(|selector| Some((selector.insight_type?, selector.event_categories)))
        .flat_map(|(insight_type, categories)| {
            let categories = categories.filter(|categories| !categories.is_empty());
            // CloudTrail's default.
            let categories =
                categories.unwrap_or_else(|| vec![sdk::SourceEventCategory::Management]);
            categories.into_iter().map(move |category| Insight {
                insight_type: insight_type.as_str().to_owned(),
                event_category: category.as_str().to_owned(),
            })
        })
        .collect()
}

pub(super) fn aggregation(settings: &sdk::AggregationConfiguration) -> Aggregation {
    Aggregation {
        event_category: settings.event_category.as_str().to_owned(),
        templates: settings.templates.iter().map(|name| name.as_str().to_owned()).collect(),
    }
}

pub(super) fn tags(list: Option<Vec<sdk::Tag>>) -> Tags {
    list.unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value.unwrap_or_default()))
        .collect()
}
