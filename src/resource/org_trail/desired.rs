//! Converts the properties of `Custom::OrgTrail` to a [`DesiredTrail`], with all defaults.

use std::collections::BTreeSet;

use super::properties::{
    AdvancedEventSelector, AggregationConfiguration, EventSelector, InsightSelector,
    OrgTrailProperties, Tag,
};
use super::rules;
use crate::cfn::properties::{self, Problems, lenient};
use crate::cfn::request::{Object, Request};
use crate::domain::names::{AccountId, Region, TrailName};
use crate::domain::owner::Tags;
use crate::domain::trail::DesiredTrail;
use crate::domain::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, DataResource, FieldSelector,
    Insight, Recording, Selectors, Settings,
};
use crate::domain::unordered::Unordered;

/// The trail that a request describes. An error lists all problems of its properties. `caller` is the
/// account that creates the trail, if it is known.
pub fn desired(
    request: &Request,
    own_region: &Region,
    caller: Option<AccountId>,
) -> Result<DesiredTrail, Problems> {
    let properties: OrgTrailProperties = properties::read_with(&request.properties, |problems| {
        rules::check(&request.properties, own_region, caller, problems);
    })?;
    Ok(properties.into_desired(&request.old_properties, own_region))
}

/// The name and the home Region, if the properties have a valid name. Other properties may be
/// invalid.
pub fn identity(properties: &Object, own_region: &Region) -> Option<(TrailName, Region)> {
    let region = lenient(properties, "HomeRegion").unwrap_or_else(|| own_region.clone());
    Some((lenient(properties, "TrailName")?, region))
}

impl OrgTrailProperties {
    fn into_desired(self, old_properties: &Object, own_region: &Region) -> DesiredTrail {
        let logs = self.cloud_watch_logs_log_group_arn.zip(self.cloud_watch_logs_role_arn).map(
            |(group, role_arn)| CloudWatchLogs {
                log_group_arn: CloudWatchLogs::log_group(&group),
                role_arn,
            },
        );
        let tags: Tags =
            self.tags.into_iter().flatten().map(|Tag { key, value }| (key, value)).collect();
        DesiredTrail {
            name: self.trail_name,
            home_region: self.home_region.unwrap_or_else(|| own_region.clone()),
            settings: Settings {
                organization: self.is_organization_trail,
                bucket: self.s3_bucket_name,
                key_prefix: self.s3_key_prefix,
                kms_key: self.kms_key_id,
                sns_topic: self.sns_topic_name,
                cloud_watch_logs: logs,
                multi_region: self.is_multi_region_trail,
                global_service_events: self.include_global_service_events,
                log_file_validation: self.enable_log_file_validation,
                recursive_logging: self.recursive_logging,
            },
            recording: Recording {
                logging: self.is_logging,
                selectors: selectors(self.event_selectors, self.advanced_event_selectors),
                insights: insights(self.insight_selectors),
                aggregation: aggregation(self.aggregation_configurations),
            },
            dropped_tags: tag_keys(old_properties)
                .into_iter()
                .filter(|key| !tags.contains_key(key))
                .collect(),
            tags,
            existing: self.existing_trail,
        }
    }
}

/// The keys of the valid tags. Other properties may be invalid.
fn tag_keys(properties: &Object) -> BTreeSet<String> {
    let tags = properties.get("Tags").and_then(serde_json::Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(|tag| properties::read::<Tag>(tag.as_object()?).ok())
        .map(|tag| tag.key)
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
            arns.map(move |arn| DataResource { resource_type: resource.resource_type.clone(), arn })
        });
        Self {
            read_write_type: selector.read_write_type,
            management_events: selector.include_management_events,
            excluded_sources: selector
                .exclude_management_event_sources
                .into_iter()
                .flatten()
                .collect(),
            data_resources: data_resources.collect(),
        }
    }
}

impl From<AdvancedEventSelector> for AdvancedSelector {
    fn from(selector: AdvancedEventSelector) -> Self {
        let fields = selector.field_selectors.iter().map(|selector| FieldSelector {
            field: selector.field.clone(),
            conditions: selector.conditions(),
        });
        Self { name: selector.name.unwrap_or_default(), fields: fields.collect() }
    }
}

fn insights(selectors: Option<Vec<InsightSelector>>) -> Unordered<Insight> {
    let selectors = selectors.into_iter().flatten();
    selectors
        .flat_map(|selector| {
            let categories = selector.event_categories.into_iter().flatten();
            let mut categories: Vec<String> = categories.collect();
            if categories.is_empty() {
                categories.push("Management".to_owned());
            }
            categories.into_iter().map(move |event_category| Insight {
                insight_type: selector.insight_type.clone(),
                event_category,
            })
        })
        .collect()
}

fn aggregation(configurations: Option<Vec<AggregationConfiguration>>) -> Option<Aggregation> {
    let settings = configurations?.into_iter().next()?;
    Some(Aggregation {
        event_category: settings.event_category,
        templates: settings.templates.into_iter().collect(),
    })
}
