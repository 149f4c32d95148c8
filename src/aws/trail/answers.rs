//! What CloudTrail answers, into our types. No calls, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::core::arn::TrailArn;
use crate::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, FieldSelector,
    Operator, Selectors,
};

/// A time, in seconds since 1970, as the protocol has it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(in crate::aws) struct Timestamp(f64);

impl Timestamp {
    /// The whole seconds.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "to the nearest that there is, where there is such a time at all"
    )]
    pub(in crate::aws) fn seconds(self) -> i64 {
        self.0.floor() as i64
    }
}

/// GetTrail's output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotTrail {
    pub(super) trail: Option<Trail>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "they are CloudTrail's names")]
pub(super) struct Trail {
    #[serde(rename = "TrailARN")]
    pub(super) trail_arn: Option<String>,
    is_organization_trail: Option<bool>,
    s3_bucket_name: Option<String>,
    s3_key_prefix: Option<String>,
    kms_key_id: Option<String>,
    #[serde(rename = "SnsTopicARN")]
    sns_topic_arn: Option<String>,
    cloud_watch_logs_log_group_arn: Option<String>,
    cloud_watch_logs_role_arn: Option<String>,
    is_multi_region_trail: Option<bool>,
    include_global_service_events: Option<bool>,
    log_file_validation_enabled: Option<bool>,
    recursive_logging: Option<bool>,
}

/// What CreateTrail and UpdateTrail say of what they made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MadeTrail {
    #[serde(rename = "TrailARN")]
    pub(super) trail_arn: Option<String>,
    pub(super) kms_key_id: Option<String>,
    #[serde(rename = "SnsTopicARN")]
    pub(super) sns_topic_arn: Option<String>,
}

/// GetTrailStatus' output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::aws) struct TrailStatus {
    pub(in crate::aws) is_logging: Option<bool>,
    pub(in crate::aws) start_logging_time: Option<Timestamp>,
    pub(in crate::aws) latest_delivery_time: Option<Timestamp>,
    pub(in crate::aws) latest_delivery_error: Option<String>,
    pub(in crate::aws) latest_notification_error: Option<String>,
    pub(in crate::aws) latest_cloud_watch_logs_delivery_error: Option<String>,
}

/// A page of ListTrails.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TrailsPage {
    pub(super) trails: Option<Vec<ListedTrail>>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedTrail {
    #[serde(rename = "TrailARN")]
    arn: Option<String>,
}

impl ListedTrail {
    pub(super) fn arn(&self) -> Option<TrailArn> {
        TrailArn::parse(self.arn.as_deref()?)
    }
}

/// A page of ListTags.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsPage {
    pub(super) resource_tag_list: Option<Vec<TaggedResource>>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TaggedResource {
    tags_list: Option<Vec<Tag>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// GetEventSelectors' output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventSelectors {
    event_selectors: Option<Vec<EventSelector>>,
    advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventSelector {
    read_write_type: Option<String>,
    include_management_events: Option<bool>,
    data_resources: Option<Vec<DataResource>>,
    exclude_management_event_sources: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataResource {
    r#type: Option<String>,
    values: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdvancedEventSelector {
    name: Option<String>,
    field_selectors: Option<Vec<AdvancedFieldSelector>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdvancedFieldSelector {
    field: Option<String>,
    equals: Option<Vec<String>>,
    starts_with: Option<Vec<String>>,
    ends_with: Option<Vec<String>>,
    not_equals: Option<Vec<String>>,
    not_starts_with: Option<Vec<String>>,
    not_ends_with: Option<Vec<String>>,
}

/// GetInsightSelectors' output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightSelectors {
    insight_selectors: Option<Vec<InsightSelector>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InsightSelector {
    insight_type: Option<String>,
    event_categories: Option<Vec<String>>,
}

/// GetEventConfiguration's output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventConfiguration {
    aggregation_configurations: Option<Vec<AggregationConfiguration>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AggregationConfiguration {
    event_category: Option<String>,
    templates: Option<Vec<String>>,
}

/// CloudTrail gives a cleared text back as empty or not at all.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(super) fn configuration(trail: Trail) -> Configuration {
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

pub(super) fn selectors(output: EventSelectors) -> Selectors {
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

fn basic_selector(selector: EventSelector) -> BasicSelector {
    let mut data_resources = BTreeMap::<String, BTreeSet<String>>::new();
    for resource in selector.data_resources.unwrap_or_default() {
        data_resources
            .entry(resource.r#type.unwrap_or_default())
            .or_default()
            .extend(resource.values.unwrap_or_default());
    }
    BasicSelector {
        read_write_type: selector.read_write_type.unwrap_or_else(|| "All".to_owned()),
        management_events: selector.include_management_events.unwrap_or(true),
        excluded_sources: set(selector.exclude_management_event_sources),
        data_resources,
    }
}

fn advanced_selector(selector: AdvancedEventSelector) -> AdvancedSelector {
    let fields = selector.field_selectors.unwrap_or_default().into_iter();
    let fields = fields.map(|field| {
        let conditions = [
            (Operator::Equals, field.equals),
            (Operator::StartsWith, field.starts_with),
            (Operator::EndsWith, field.ends_with),
            (Operator::NotEquals, field.not_equals),
            (Operator::NotStartsWith, field.not_starts_with),
            (Operator::NotEndsWith, field.not_ends_with),
        ];
        FieldSelector {
            field: field.field.unwrap_or_default(),
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

pub(super) fn insights(output: InsightSelectors) -> BTreeSet<(String, String)> {
    let selectors = output.insight_selectors.unwrap_or_default().into_iter();
    selectors
        .filter_map(|selector| Some((selector.insight_type?, selector.event_categories)))
        .flat_map(|(kind, categories)| {
            let categories = categories.filter(|categories| !categories.is_empty());
            // CloudTrail's default where a selector names none.
            let categories = categories.unwrap_or_else(|| vec!["Management".to_owned()]);
            categories
                .into_iter()
                .map(move |category| (category, kind.clone()))
        })
        .collect()
}

pub(super) fn aggregation(output: EventConfiguration) -> Option<Aggregation> {
    let configurations = output.aggregation_configurations?;
    let configuration = configurations.into_iter().next()?;
    Some(Aggregation {
        event_category: configuration.event_category.unwrap_or_default(),
        templates: set(configuration.templates),
    })
}

pub(super) fn tags(resource: TaggedResource) -> impl Iterator<Item = (String, String)> {
    let tags = resource.tags_list.unwrap_or_default().into_iter();
    tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
}
