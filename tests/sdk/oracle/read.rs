//! The calls that look.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types as sdk;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus, DelegatedAdministrator};
use aws_smithy_types::DateTime;
use orgtrail::aws::trail::FoundTrail;
use orgtrail::core::arn::{AccountId, TrailArn};
use orgtrail::core::delegated_administrator::Administrator;
use orgtrail::core::delivery::{DeliveryError, Destination, Status};
use orgtrail::core::fault::Fault;
use orgtrail::core::operation::Operation;
use orgtrail::core::organization::Organization;
use orgtrail::core::owner::{self, Tags};
use orgtrail::core::trail::ObservedTrail;
use orgtrail::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, FieldSelector,
    Operator, Recording, Selectors,
};

use super::{Sdk, fault, unreadable};
use crate::calls::SERVICE;
use crate::scene::TRAIL;

/// What the SDK takes an enumeration for that AWS leaves out although it must not.
const MADE_UP: &str = "no value was set";

/// All pages of a listing.
macro_rules! pages {
    ($operation:expr, $request:expr) => {{
        let pages = $request.into_paginator().send();
        let pages = pages.collect::<Result<Vec<_>, _>>().await;
        pages.map_err(fault($operation))?.into_iter()
    }};
}

impl Sdk {
    pub(super) async fn trail(&self, id: &str) -> Result<Option<FoundTrail>, Fault> {
        const OPERATION: Operation = Operation::GetTrail;
        let answer = self.cloudtrail.get_trail().name(id).send().await;
        let Some(trail) = answer.map_err(fault(OPERATION))?.trail else {
            return Ok(None);
        };
        let arn = trail.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Some(FoundTrail {
            arn: arn.ok_or_else(|| unreadable(OPERATION))?,
            configuration: configuration(trail),
        }))
    }

    pub(super) async fn observe(&self) -> Result<Option<ObservedTrail>, Fault> {
        let client = &self.cloudtrail;
        let found = self.trail(TRAIL).await?;
        let status = client.get_trail_status().name(TRAIL).send().await;
        let status = status.map_err(fault(Operation::GetTrailStatus))?;
        let events = client.get_event_selectors().trail_name(TRAIL).send().await;
        let events = events.map_err(fault(Operation::GetEventSelectors))?;
        let kinds = client
            .get_insight_selectors()
            .trail_name(TRAIL)
            .send()
            .await;
        let kinds = kinds.map_err(fault(Operation::GetInsightSelectors))?;
        let rules = client
            .get_event_configuration()
            .trail_name(TRAIL)
            .send()
            .await;
        let rules = rules.map_err(fault(Operation::GetEventConfiguration))?;
        let tags = self.tags().await?;
        Ok(found.map(|FoundTrail { arn, configuration }| {
            let key = configuration.kms_key.as_deref();
            let kms_alias = key.and_then(|key| owner::kms_alias(&tags, key));
            ObservedTrail {
                arn,
                kms_alias: kms_alias.map(str::to_owned),
                configuration,
                recording: Recording {
                    logging: status.is_logging.unwrap_or(false),
                    selectors: selectors(events.event_selectors, events.advanced_event_selectors),
                    insights: insights(kinds.insight_selectors),
                    aggregation: rules.aggregation_configurations().first().map(aggregation),
                },
                tags,
                started_logging: status.start_logging_time.map(|time| time.secs()),
            }
        }))
    }

    async fn tags(&self) -> Result<Tags, Fault> {
        let request = self.cloudtrail.list_tags().resource_id_list(TRAIL);
        let pages = pages!(Operation::ListTags, request);
        let resources = pages.flat_map(|page| page.resource_tag_list.unwrap_or_default());
        let tags = resources.flat_map(|resource| resource.tags_list.unwrap_or_default());
        Ok(tags
            .map(|tag| (tag.key, tag.value.unwrap_or_default()))
            .collect())
    }

    pub(super) async fn status(&self) -> Result<Option<Status>, Fault> {
        let status = self.cloudtrail.get_trail_status().name(TRAIL).send().await;
        let status = status.map_err(fault(Operation::GetTrailStatus))?;
        let errors = [
            (Destination::Bucket, status.latest_delivery_error),
            (Destination::Topic, status.latest_notification_error),
            (
                Destination::LogGroup,
                status.latest_cloud_watch_logs_delivery_error,
            ),
        ];
        let mut errors = errors
            .into_iter()
            .filter_map(|(destination, code)| Some((destination, given(code)?)));
        Ok(Some(Status {
            latest_delivery: status.latest_delivery_time.map(|time| time.secs()),
            error: errors
                .next()
                .map(|(destination, code)| DeliveryError { destination, code }),
        }))
    }

    pub(super) async fn trails(&self) -> Result<Vec<TrailArn>, Fault> {
        let pages = pages!(Operation::ListTrails, self.cloudtrail.list_trails());
        let trails = pages.flat_map(|page| page.trails.unwrap_or_default());
        let arns = trails.filter_map(|trail| TrailArn::parse(trail.trail_arn.as_deref()?));
        Ok(arns.collect())
    }

    pub(super) async fn stores(&self) -> Result<Vec<String>, Fault> {
        let client = &self.cloudtrail;
        let pages = pages!(
            Operation::ListEventDataStores,
            client.list_event_data_stores()
        );
        let listed = pages.flat_map(|page| page.event_data_stores.unwrap_or_default());
        let mut stores = Vec::new();
        for arn in listed.filter_map(|store| store.event_data_store_arn) {
            let store = client.get_event_data_store().event_data_store(&arn);
            let store = store.send().await;
            let store = store.map_err(fault(Operation::GetEventDataStore))?;
            if store.organization_enabled == Some(true) {
                stores.push(format!("{} ({arn})", store.name.unwrap_or_default()));
            }
        }
        Ok(stores)
    }

    pub(super) async fn organization(&self) -> Result<Organization, Fault> {
        const OPERATION: Operation = Operation::DescribeOrganization;
        let answer = self.organizations.describe_organization().send().await;
        let described = answer.map_err(fault(OPERATION))?.organization;
        let described = described.and_then(|described| {
            Some(Organization {
                id: described.id?,
                management_account: AccountId::parse(&described.master_account_id?).ok()?,
            })
        });
        described.ok_or_else(|| unreadable(OPERATION))
    }

    pub(super) async fn accounts(&self) -> Result<Vec<AccountId>, Fault> {
        let pages = pages!(Operation::ListAccounts, self.organizations.list_accounts());
        let accounts = pages.flat_map(|page| page.accounts.unwrap_or_default());
        let active = accounts.filter(is_active);
        Ok(active
            .filter_map(|account| AccountId::parse(&account.id?).ok())
            .collect())
    }

    pub(super) async fn trusted_access(&self, service: &str) -> Result<Option<f64>, Fault> {
        const OPERATION: Operation = Operation::ListAWSServiceAccessForOrganization;
        let request = self
            .organizations
            .list_aws_service_access_for_organization();
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(fault(OPERATION))?;
            let mut enabled = page.enabled_service_principals().iter();
            let found = enabled.find(|on| on.service_principal() == Some(service));
            if let Some(found) = found {
                let since = found.date_enabled().map(DateTime::as_secs_f64);
                return Ok(Some(since.unwrap_or(0.0)));
            }
        }
        Ok(None)
    }

    pub(super) async fn administrators(&self) -> Result<Vec<Administrator>, Fault> {
        let request = self.organizations.list_delegated_administrators();
        let pages = pages!(
            Operation::ListDelegatedAdministrators,
            request.service_principal(SERVICE)
        );
        let listed = pages.flat_map(|page| page.delegated_administrators.unwrap_or_default());
        Ok(listed.map(administrator).collect())
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn set(values: Option<Vec<String>>) -> BTreeSet<String> {
    values.unwrap_or_default().into_iter().collect()
}

fn configuration(trail: sdk::Trail) -> Configuration {
    let group = given(trail.cloud_watch_logs_log_group_arn);
    let logs = group.zip(given(trail.cloud_watch_logs_role_arn));
    Configuration {
        organization: trail.is_organization_trail.unwrap_or(false),
        bucket: trail.s3_bucket_name.unwrap_or_default(),
        key_prefix: given(trail.s3_key_prefix),
        kms_key: given(trail.kms_key_id),
        sns_topic: given(trail.sns_topic_arn),
        cloud_watch_logs: logs.map(|(log_group_arn, role_arn)| CloudWatchLogs {
            log_group_arn,
            role_arn,
        }),
        multi_region: trail.is_multi_region_trail.unwrap_or(false),
        global_service_events: trail.include_global_service_events.unwrap_or(false),
        log_file_validation: trail.log_file_validation_enabled.unwrap_or(false),
        recursive_logging: trail.recursive_logging.unwrap_or(true),
    }
}

fn selectors(
    basic: Option<Vec<sdk::EventSelector>>,
    advanced: Option<Vec<sdk::AdvancedEventSelector>>,
) -> Selectors {
    let basic = basic.unwrap_or_default();
    let advanced = advanced.unwrap_or_default();
    if !advanced.is_empty() {
        Selectors::Advanced(advanced.into_iter().map(advanced_selector).collect())
    } else if !basic.is_empty() {
        Selectors::Basic(basic.into_iter().map(basic_selector).collect())
    } else {
        Selectors::default()
    }
}

fn basic_selector(selector: sdk::EventSelector) -> BasicSelector {
    let mut data_resources = BTreeMap::<String, BTreeSet<String>>::new();
    for resource in selector.data_resources.unwrap_or_default() {
        let values = data_resources.entry(resource.r#type.unwrap_or_default());
        values.or_default().extend(set(resource.values));
    }
    let kind = selector.read_write_type;
    BasicSelector {
        read_write_type: kind.map_or("All".to_owned(), |kind| kind.as_str().to_owned()),
        management_events: selector.include_management_events.unwrap_or(true),
        excluded_sources: set(selector.exclude_management_event_sources),
        data_resources,
    }
}

fn advanced_selector(selector: sdk::AdvancedEventSelector) -> AdvancedSelector {
    let fields = selector.field_selectors.into_iter();
    AdvancedSelector {
        name: selector.name.unwrap_or_default(),
        fields: fields.map(field_selector).collect(),
    }
}

fn field_selector(selector: sdk::AdvancedFieldSelector) -> FieldSelector {
    let conditions = [
        (Operator::Equals, selector.equals),
        (Operator::StartsWith, selector.starts_with),
        (Operator::EndsWith, selector.ends_with),
        (Operator::NotEquals, selector.not_equals),
        (Operator::NotStartsWith, selector.not_starts_with),
        (Operator::NotEndsWith, selector.not_ends_with),
    ];
    let conditions = conditions.map(|(operator, values)| (operator, set(values)));
    let conditions = conditions.into_iter();
    FieldSelector {
        field: selector.field,
        conditions: conditions
            .filter(|(_, values)| !values.is_empty())
            .collect(),
    }
}

fn insights(selectors: Option<Vec<sdk::InsightSelector>>) -> BTreeSet<(String, String)> {
    let mut insights = BTreeSet::new();
    for selector in selectors.unwrap_or_default() {
        let Some(kind) = selector.insight_type else {
            continue;
        };
        let mut categories = selector.event_categories.unwrap_or_default();
        if categories.is_empty() {
            categories.push("Management".into());
        }
        for category in categories {
            insights.insert((category.as_str().to_owned(), kind.as_str().to_owned()));
        }
    }
    insights
}

fn aggregation(configuration: &sdk::AggregationConfiguration) -> Aggregation {
    let category = configuration.event_category.as_str();
    let category = Some(category).filter(|category| *category != MADE_UP);
    let templates = configuration.templates.iter();
    Aggregation {
        event_category: category.unwrap_or_default().to_owned(),
        templates: templates.map(|name| name.as_str().to_owned()).collect(),
    }
}

fn is_active(account: &Account) -> bool {
    let state = account.state.as_ref().map(AccountState::as_str);
    let status = account.status.as_ref().map(AccountStatus::as_str);
    state.or(status) == Some("ACTIVE")
}

fn administrator(listed: DelegatedAdministrator) -> Administrator {
    let since = listed.delegation_enabled_date;
    Administrator {
        account: listed.id.and_then(|id| AccountId::parse(&id).ok()),
        account_arn: listed.arn.unwrap_or_default(),
        since: since.map_or(0.0, |date| date.as_secs_f64()),
    }
}
