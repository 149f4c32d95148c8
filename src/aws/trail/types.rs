//! CloudTrail's SDK types into ours and back. No calls, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types as sdk;

use crate::core::owner::Tags;
use crate::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, FieldSelector,
    Operator, Selectors,
};

/// CloudTrail gives a cleared text back as empty or not at all.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(in crate::aws) fn configuration(trail: sdk::Trail) -> Configuration {
    let logs = given(trail.cloud_watch_logs_log_group_arn)
        .zip(given(trail.cloud_watch_logs_role_arn))
        .map(|(log_group_arn, role_arn)| CloudWatchLogs {
            log_group_arn,
            role_arn,
        });
    Configuration {
        organization: trail.is_organization_trail.unwrap_or(false),
        bucket: trail.s3_bucket_name.unwrap_or_default(),
        key_prefix: given(trail.s3_key_prefix),
        kms_key: given(trail.kms_key_id),
        sns_topic: given(trail.sns_topic_arn),
        cloud_watch_logs: logs,
        multi_region: trail.is_multi_region_trail.unwrap_or(false),
        global_service_events: trail.include_global_service_events.unwrap_or(false),
        log_file_validation: trail.log_file_validation_enabled.unwrap_or(false),
        // On unless switched off; where CloudTrail does not know the setting yet, it is on.
        recursive_logging: trail.recursive_logging.unwrap_or(true),
    }
}

pub(in crate::aws) fn selectors(
    basic: Option<Vec<sdk::EventSelector>>,
    advanced: Option<Vec<sdk::AdvancedEventSelector>>,
) -> Selectors {
    match (
        basic.filter(|list| !list.is_empty()),
        advanced.filter(|list| !list.is_empty()),
    ) {
        (_, Some(advanced)) => {
            Selectors::Advanced(advanced.into_iter().map(advanced_selector).collect())
        }
        (Some(basic), None) => Selectors::Basic(basic.into_iter().map(basic_selector).collect()),
        (None, None) => Selectors::default(),
    }
}

fn basic_selector(selector: sdk::EventSelector) -> BasicSelector {
    let mut data_resources = BTreeMap::<String, BTreeSet<String>>::new();
    for resource in selector.data_resources.unwrap_or_default() {
        data_resources
            .entry(resource.r#type.unwrap_or_default())
            .or_default()
            .extend(resource.values.unwrap_or_default());
    }
    BasicSelector {
        read_write_type: selector
            .read_write_type
            .map_or_else(|| "All".to_owned(), |kind| kind.as_str().to_owned()),
        management_events: selector.include_management_events.unwrap_or(true),
        excluded_sources: set(selector.exclude_management_event_sources),
        data_resources,
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
                .map(|(operator, values)| (operator, set(values)))
                .filter(|(_, values)| !values.is_empty())
                .collect(),
        }
    });
    AdvancedSelector {
        name: selector.name.unwrap_or_default(),
        fields: fields.collect(),
    }
}

fn set(values: Option<Vec<String>>) -> BTreeSet<String> {
    values.unwrap_or_default().into_iter().collect()
}

pub(in crate::aws) fn insights(selectors: Vec<sdk::InsightSelector>) -> BTreeSet<(String, String)> {
    selectors
        .into_iter()
        .filter_map(|selector| Some((selector.insight_type?, selector.event_categories)))
        .flat_map(|(kind, categories)| {
            let categories = match categories {
                Some(categories) if !categories.is_empty() => categories
                    .iter()
                    .map(|category| category.as_str().to_owned())
                    .collect(),
                // CloudTrail's default where a selector names none.
                Some(_) | None => vec!["Management".to_owned()],
            };
            categories
                .into_iter()
                .map(move |category| (category, kind.as_str().to_owned()))
        })
        .collect()
}

pub(in crate::aws) fn aggregation(configuration: &sdk::AggregationConfiguration) -> Aggregation {
    Aggregation {
        event_category: configuration.event_category.as_str().to_owned(),
        templates: configuration
            .templates
            .iter()
            .map(|template| template.as_str().to_owned())
            .collect(),
    }
}

pub(in crate::aws) fn tags(list: Option<Vec<sdk::Tag>>) -> Tags {
    list.unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value.unwrap_or_default()))
        .collect()
}

pub(in crate::aws) fn sdk_tags(tags: &Tags) -> Result<Vec<sdk::Tag>, BuildError> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect()
}

/// RemoveTags takes whole tags and looks at their keys.
pub(in crate::aws) fn sdk_tag_keys(keys: &BTreeSet<String>) -> Result<Vec<sdk::Tag>, BuildError> {
    keys.iter()
        .map(|key| sdk::Tag::builder().key(key).build())
        .collect()
}

pub(in crate::aws) fn sdk_basic_selector(selector: &BasicSelector) -> sdk::EventSelector {
    let BasicSelector {
        read_write_type,
        management_events,
        excluded_sources,
        data_resources,
    } = selector;
    let resources = data_resources.iter().map(|(kind, values)| {
        let values = values.iter().cloned().collect();
        sdk::DataResource::builder()
            .r#type(kind)
            .set_values(Some(values))
            .build()
    });
    sdk::EventSelector::builder()
        .read_write_type(read_write_type.as_str().into())
        .include_management_events(*management_events)
        .set_data_resources(list(resources))
        .set_exclude_management_event_sources(list(excluded_sources.iter().cloned()))
        .build()
}

/// A list, or nothing where it would be empty.
fn list<T>(entries: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let entries: Vec<T> = entries.collect();
    (!entries.is_empty()).then_some(entries)
}

pub(in crate::aws) fn sdk_advanced_selector(
    selector: &AdvancedSelector,
) -> Result<sdk::AdvancedEventSelector, BuildError> {
    let AdvancedSelector { name, fields } = selector;
    let fields = fields
        .iter()
        .map(|FieldSelector { field, conditions }| {
            let values = |operator| {
                conditions
                    .get(&operator)
                    .map(|values| values.iter().cloned().collect::<Vec<_>>())
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

pub(in crate::aws) fn sdk_insights(
    insights: &BTreeSet<(String, String)>,
) -> Vec<sdk::InsightSelector> {
    let mut categories = BTreeMap::<&str, Vec<sdk::SourceEventCategory>>::new();
    for (category, kind) in insights {
        categories
            .entry(kind)
            .or_default()
            .push(category.as_str().into());
    }
    categories
        .into_iter()
        .map(|(kind, categories)| {
            sdk::InsightSelector::builder()
                .insight_type(kind.into())
                .set_event_categories(Some(categories))
                .build()
        })
        .collect()
}

pub(in crate::aws) fn sdk_aggregation(
    aggregation: &Aggregation,
) -> Result<sdk::AggregationConfiguration, BuildError> {
    let Aggregation {
        event_category,
        templates,
    } = aggregation;
    sdk::AggregationConfiguration::builder()
        .event_category(event_category.as_str().into())
        .set_templates(Some(
            templates.iter().map(|name| name.as_str().into()).collect(),
        ))
        .build()
}
