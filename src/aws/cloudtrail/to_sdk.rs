//! Our types, into the SDK's for CloudTrail. No calls, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types as sdk;

use crate::core::owner::Tags;
use crate::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, FieldSelector, Operator,
};

pub(super) fn tags(tags: &Tags) -> Result<Vec<sdk::Tag>, BuildError> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect()
}

/// RemoveTags takes whole tags and looks at their keys.
pub(super) fn tag_keys(keys: &BTreeSet<String>) -> Result<Vec<sdk::Tag>, BuildError> {
    keys.iter()
        .map(|key| sdk::Tag::builder().key(key).build())
        .collect()
}

pub(super) fn event_selector(selector: &BasicSelector) -> sdk::EventSelector {
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

pub(super) fn advanced_event_selector(
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

pub(super) fn insight_selectors(
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

pub(super) fn aggregation_configuration(
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
