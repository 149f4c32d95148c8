//! Parts of what CloudTrail is sent, from our types. No calls, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::aws::json::input;
use crate::core::owner::Tags;
use crate::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, FieldSelector, Operator,
};

pub(super) fn tags_list(tags: &Tags) -> Value {
    let tags = tags.iter().map(|(key, value)| {
        input([
            ("Key", key.as_str().into()),
            ("Value", value.as_str().into()),
        ])
    });
    tags.collect()
}

/// RemoveTags takes whole tags and looks at their keys.
pub(super) fn tag_keys(keys: &BTreeSet<String>) -> Value {
    let tags = keys.iter().map(|key| input([("Key", key.as_str().into())]));
    tags.collect()
}

pub(super) fn event_selectors(selectors: &BTreeSet<BasicSelector>) -> Value {
    selectors.iter().map(event_selector).collect()
}

fn event_selector(selector: &BasicSelector) -> Value {
    let BasicSelector {
        read_write_type,
        management_events,
        excluded_sources,
        data_resources,
    } = selector;
    let resources = data_resources
        .iter()
        .map(|(kind, values)| input([("Type", kind.as_str().into()), ("Values", list(values))]));
    input([
        ("ReadWriteType", read_write_type.as_str().into()),
        ("IncludeManagementEvents", (*management_events).into()),
        ("DataResources", unless_empty(resources.collect())),
        (
            "ExcludeManagementEventSources",
            unless_empty(list(excluded_sources)),
        ),
    ])
    .into()
}

/// A list, or nothing where it would be empty.
fn unless_empty(list: Value) -> Value {
    match list {
        Value::Array(entries) if entries.is_empty() => Value::Null,
        list => list,
    }
}

fn list(texts: &BTreeSet<String>) -> Value {
    texts.iter().map(String::as_str).collect()
}

pub(super) fn advanced_event_selectors(selectors: &BTreeSet<AdvancedSelector>) -> Value {
    selectors.iter().map(advanced_event_selector).collect()
}

fn advanced_event_selector(selector: &AdvancedSelector) -> Value {
    let AdvancedSelector { name, fields } = selector;
    let fields = fields.iter().map(|FieldSelector { field, conditions }| {
        let values = |operator| conditions.get(&operator).map_or(Value::Null, list);
        input([
            ("Field", field.as_str().into()),
            ("Equals", values(Operator::Equals)),
            ("StartsWith", values(Operator::StartsWith)),
            ("EndsWith", values(Operator::EndsWith)),
            ("NotEquals", values(Operator::NotEquals)),
            ("NotStartsWith", values(Operator::NotStartsWith)),
            ("NotEndsWith", values(Operator::NotEndsWith)),
        ])
    });
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    input([("Name", name.into()), ("FieldSelectors", fields.collect())]).into()
}

pub(super) fn insight_selectors(insights: &BTreeSet<(String, String)>) -> Value {
    let mut categories = BTreeMap::<&str, Vec<&str>>::new();
    for (category, kind) in insights {
        categories.entry(kind).or_default().push(category);
    }
    let selectors = categories.into_iter().map(|(kind, categories)| {
        input([
            ("InsightType", kind.into()),
            ("EventCategories", categories.into()),
        ])
    });
    selectors.collect()
}

pub(super) fn aggregation_configurations(aggregation: Option<&Aggregation>) -> Value {
    let configurations = aggregation.into_iter().map(|aggregation| {
        let Aggregation {
            event_category,
            templates,
        } = aggregation;
        input([
            ("EventCategory", event_category.as_str().into()),
            ("Templates", list(templates)),
        ])
    });
    configurations.collect()
}
