//! The rules for a trail that its declaration cannot express: limits of sums, and rules that depend on
//! the home Region or on the account of the function.
//!
//! `schemas/rules` applies them to templates, as far as a template has literal values.

use super::properties::{AdvancedEventSelector, EventSelector};
use crate::cfn::properties::{Problems, lenient, optional};
use crate::cfn::request::Object;
use crate::domain::names::{AccountId, Region};
use crate::domain::regions::Partition;

/// The most data resources of all basic event selectors (CloudTrail user guide, "Quotas").
const MAX_DATA_RESOURCES: usize = 250;
/// The most values of all advanced event selectors (same page).
const MAX_VALUES: usize = 500;

/// Adds the problems of `properties`. A property that is malformed has other problems, and is skipped.
/// `caller` is the account that the function calls AWS from, if it is known.
pub(super) fn check(
    properties: &Object,
    own_region: &Region,
    caller: Option<AccountId>,
    problems: &mut Problems,
) {
    if let Some(home_region) = optional::<Region>(properties, "HomeRegion") {
        let home_region = home_region.unwrap_or_else(|| own_region.clone());
        log_group_region(properties, &home_region, problems);
        data_resource_partitions(properties, &home_region, problems);
    }
    log_group_account(properties, caller, problems);
    totals(properties, problems);
}

/// CloudTrail writes only to a log group in the home Region.
fn log_group_region(properties: &Object, home_region: &Region, problems: &mut Problems) {
    let group: Option<String> = lenient(properties, "CloudWatchLogsLogGroupArn");
    let region = group.as_deref().and_then(Region::of_arn).filter(|region| region != home_region);
    if let Some(region) = region {
        problems.add(
            "CloudWatchLogsLogGroupArn",
            format_args!(
                "must be the ARN of a log group in {home_region}, the home Region of the trail, and \
                 not in {region}"
            ),
        );
    }
}

/// CloudTrail accepts a log group and a role only in the account that calls CreateTrail (API
/// reference, CreateTrail).
fn log_group_account(properties: &Object, caller: Option<AccountId>, problems: &mut Problems) {
    for name in ["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"] {
        let arn: Option<String> = lenient(properties, name);
        let account = arn.as_deref().and_then(AccountId::of_arn);
        if let (Some(account), Some(caller)) = (account, caller)
            && account != caller
        {
            let rule = format_args!(
                "must be in account {caller}, which creates the trail, and not in account {account}"
            );
            problems.add(name, rule);
        }
    }
}

/// The ARNs of another partition match no resource.
fn data_resource_partitions(properties: &Object, home_region: &Region, problems: &mut Problems) {
    let partition = Partition::of(home_region).name;
    for (path, value) in data_resources(properties) {
        if let Some(("arn", rest)) = value.split_once(':')
            && let Some((other, resource)) = rest.split_once(':')
            && other != partition
        {
            problems.add(path, format_args!("must be arn:{partition}:{resource} in {home_region}"));
        }
    }
}

fn totals(properties: &Object, problems: &mut Problems) {
    let count = data_resources(properties).len();
    if count > MAX_DATA_RESOURCES {
        let rule = format_args!(
            "must have at most {MAX_DATA_RESOURCES} data resources in all entries together, and has \
             {count}"
        );
        problems.add("EventSelectors", rule);
    }
    let selectors: Option<Vec<AdvancedEventSelector>> =
        lenient(properties, "AdvancedEventSelectors");
    let fields = selectors.iter().flatten().flat_map(|selector| &selector.field_selectors);
    let values = fields.flat_map(|field| field.conditions().into_values());
    let count: usize = values.map(|values| values.len()).sum();
    if count > MAX_VALUES {
        let rule = format_args!(
            "must have at most {MAX_VALUES} values in all entries together, and has {count}"
        );
        problems.add("AdvancedEventSelectors", rule);
    }
}

/// The values of all data resources with their paths.
fn data_resources(properties: &Object) -> Vec<(String, String)> {
    let selectors: Option<Vec<EventSelector>> = lenient(properties, "EventSelectors");
    let selectors = selectors.unwrap_or_default().into_iter().enumerate();
    let resources = selectors.flat_map(|(index, selector)| {
        let path = format!("EventSelectors[{index}].DataResources");
        let resources = selector.data_resources.unwrap_or_default().into_iter().enumerate();
        resources.map(move |(index, resource)| (format!("{path}[{index}].Values"), resource))
    });
    let values = resources.flat_map(|(path, resource)| {
        let values = resource.values.unwrap_or_default().into_iter().enumerate();
        values.map(move |(index, value)| (format!("{path}[{index}]"), value))
    });
    values.collect()
}
