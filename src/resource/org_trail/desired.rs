//! What the properties of `Custom::OrgTrail` say of a [`DesiredTrail`]: defaults filled in, lists
//! whose order means nothing turned into sets.

use std::collections::BTreeSet;

use super::properties::{
    AdvancedEventSelector, AggregationConfiguration, EventSelector, InsightSelector,
    OrgTrailProperties, Tag, TagKey, given,
};
use crate::cfn::properties::{self, Problems, lenient};
use crate::cfn::request::{Object, Request};
use crate::core::arn::{Region, TrailName};
use crate::core::owner::Tags;
use crate::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, DataResource,
    FieldSelector, Insight, Recording, Selectors,
};
use crate::core::trail::{DesiredTrail, ExistingTrail};
use crate::core::unordered::Unordered;

/// What a request wants of its trail.
///
/// # Errors
/// Everything that is wrong with its properties.
pub fn desired(request: &Request, own_region: &Region) -> Result<DesiredTrail, Problems> {
    let (properties, mut problems) = properties::read(&request.properties);
    let desired = properties.map(|properties: OrgTrailProperties| {
        properties.check(&mut problems);
        properties.into_desired(&request.old_properties, own_region)
    });
    problems.unless_any(desired)
}

/// Name and home Region, as far as properties of any schema give them.
pub fn identity(properties: &Object, own_region: &Region) -> Option<(TrailName, Region)> {
    let region = lenient(properties, "HomeRegion").unwrap_or_else(|| own_region.clone());
    Some((lenient(properties, "TrailName")?, region))
}

impl OrgTrailProperties {
    fn into_desired(self, old_properties: &Object, own_region: &Region) -> DesiredTrail {
        let logs = given(self.cloud_watch_logs_log_group_arn)
            .zip(given(self.cloud_watch_logs_role_arn))
            .map(|(group, role_arn)| CloudWatchLogs {
                log_group_arn: CloudWatchLogs::log_group(&group),
                role_arn,
            });
        let multi_region = self.is_multi_region_trail.unwrap_or(true);
        let tags: Tags = self
            .tags
            .into_iter()
            .flatten()
            .map(|Tag { key, value }| (key.0, value.0))
            .collect();
        DesiredTrail {
            name: self.trail_name,
            home_region: self.home_region.unwrap_or_else(|| own_region.clone()),
            configuration: Configuration {
                organization: true,
                bucket: self.s3_bucket_name.0,
                key_prefix: given(self.s3_key_prefix.map(|prefix| prefix.0)),
                kms_key: given(self.kms_key_id),
                sns_topic: given(self.sns_topic_name),
                cloud_watch_logs: logs,
                multi_region,
                global_service_events: self.include_global_service_events.unwrap_or(true),
                log_file_validation: self.enable_log_file_validation.unwrap_or(true),
                recursive_logging: self.recursive_logging.unwrap_or(true),
            },
            recording: Recording {
                logging: self.is_logging.unwrap_or(true),
                selectors: selectors(self.event_selectors, self.advanced_event_selectors),
                insights: insights(self.insight_selectors),
                aggregation: aggregation(self.aggregation_configurations),
            },
            dropped_tags: tag_keys(old_properties)
                .into_iter()
                .filter(|key| !tags.contains_key(key))
                .collect(),
            tags,
            existing: self.existing_trail.unwrap_or(ExistingTrail::Fail),
        }
    }
}

/// The keys of the tags that a template had, whatever its schema; never ours, whoever wrote them.
fn tag_keys(properties: &Object) -> BTreeSet<String> {
    let tags = properties.get("Tags").and_then(serde_json::Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(|tag| lenient::<TagKey>(tag.as_object()?, "Key"))
        .map(|key| key.0)
        .collect()
}

fn selectors(
    basic: Option<Vec<EventSelector>>,
    advanced: Option<Vec<AdvancedEventSelector>>,
) -> Selectors {
    match (basic, advanced) {
        (Some(basic), _) => Selectors::Basic(basic.into_iter().map(Into::into).collect()),
        (None, Some(advanced)) => {
            Selectors::Advanced(advanced.into_iter().map(Into::into).collect())
        }
        (None, None) => Selectors::default(),
    }
}

impl From<EventSelector> for BasicSelector {
    fn from(selector: EventSelector) -> Self {
        let data_resources = selector.data_resources.into_iter().flatten();
        let data_resources = data_resources.flat_map(|resource| {
            let arns = resource.values.into_iter().flatten();
            arns.map(move |arn| DataResource {
                resource_type: resource.resource_type.0.clone(),
                arn,
            })
        });
        Self {
            read_write_type: selector
                .read_write_type
                .map_or_else(|| "All".to_owned(), |t| t.0),
            management_events: selector.include_management_events.unwrap_or(true),
            excluded_sources: selector
                .exclude_management_event_sources
                .into_iter()
                .flatten()
                .map(|source| source.0)
                .collect(),
            data_resources: data_resources.collect(),
        }
    }
}

impl From<AdvancedEventSelector> for AdvancedSelector {
    fn from(selector: AdvancedEventSelector) -> Self {
        let fields = selector
            .field_selectors
            .iter()
            .map(|selector| FieldSelector {
                field: selector.field.clone(),
                conditions: selector.conditions(),
            });
        Self {
            name: selector.name.map(|name| name.0).unwrap_or_default(),
            fields: fields.collect(),
        }
    }
}

fn insights(selectors: Option<Vec<InsightSelector>>) -> Unordered<Insight> {
    let selectors = selectors.into_iter().flatten();
    selectors
        .flat_map(|selector| {
            let categories = selector.event_categories.into_iter().flatten();
            let mut categories: Vec<String> = categories.map(|category| category.0).collect();
            if categories.is_empty() {
                categories.push("Management".to_owned());
            }
            categories.into_iter().map(move |event_category| Insight {
                insight_type: selector.insight_type.0.clone(),
                event_category,
            })
        })
        .collect()
}

fn aggregation(configurations: Option<Vec<AggregationConfiguration>>) -> Option<Aggregation> {
    let configuration = configurations?.into_iter().next()?;
    Some(Aggregation {
        event_category: configuration.event_category.0,
        templates: configuration
            .templates
            .into_iter()
            .map(|template| template.0)
            .collect(),
    })
}
