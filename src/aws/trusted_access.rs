//! The calls for trusted access: Organizations' switch, and what in CloudTrail depends on it.

use std::pin::pin;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::Aws;
use super::call::Patience;
use super::client::Client;
use super::json::input;
use super::trail::Trails;
use crate::core::arn::Region;
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::trusted_access::TrustedAccessStep;

/// How many Regions are asked at a time: all that a partition has, since each is asked once.
const REGIONS_AT_ONCE: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServicesPage {
    enabled_service_principals: Option<Vec<EnabledService>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnabledService {
    service_principal: Option<String>,
    /// In seconds since 1970.
    date_enabled: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoresPage {
    event_data_stores: Option<Vec<ListedStore>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedStore {
    event_data_store_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Store {
    name: Option<String>,
    organization_enabled: Option<bool>,
}

impl Aws {
    /// Since when trusted access with a service is on, in seconds since 1970; `None`: it is off.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn trusted_access(
        &self,
        service_principal: &str,
        patience: Patience,
    ) -> Result<Option<f64>, Fault> {
        let mut pages = pin!(self.organizations().list(
            Operation::ListAWSServiceAccessForOrganization,
            input([]),
            patience,
            |page: ServicesPage| {
                let enabled = page.enabled_service_principals.unwrap_or_default();
                (enabled, page.next_token)
            },
        ));
        while let Some(page) = pages.try_next().await? {
            let mut page = page.into_iter();
            let found = page.find(|on| on.service_principal.as_deref() == Some(service_principal));
            if let Some(enabled) = found {
                // A service without a date is on all the same, since nobody knows when.
                return Ok(Some(enabled.date_enabled.unwrap_or(0.0)));
            }
        }
        Ok(None)
    }

    /// Carries out a step.
    ///
    /// # Errors
    /// Whatever kept AWS from doing it.
    pub async fn switch_trusted_access(
        &self,
        service_principal: &str,
        step: TrustedAccessStep,
        patience: Patience,
    ) -> Result<(), Fault> {
        let input = input([("ServicePrincipal", service_principal.into())]);
        let client = self.organizations();
        client.tell(step.operation(), &input, patience).await
    }

    /// The organization trails of the account, of every home Region.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn organization_trails(
        &self,
        region: &Region,
        patience: Patience,
    ) -> Result<Vec<String>, Fault> {
        let trails = Trails::new(self, region).all(patience).await?;
        stream::iter(trails)
            .map(|arn| async move {
                let trails = Trails::new(self, arn.region());
                let found = trails.look(&arn, patience).await?;
                let found = found.filter(|trail| trail.configuration.organization);
                Ok(found.map(|_| arn.to_string()))
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_filter_map(|trail| async move { Ok(trail) })
            .try_collect()
            .await
    }

    /// The organization event data stores in these Regions.
    ///
    /// # Errors
    /// Whatever kept AWS from answering in one of them: then nobody knows, which is not "none".
    pub async fn organization_event_data_stores(
        &self,
        regions: Vec<Region>,
        patience: Patience,
    ) -> Result<Vec<String>, Fault> {
        stream::iter(regions)
            .map(|region| self.organization_event_data_stores_in(region, patience))
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_concat()
            .await
    }

    async fn organization_event_data_stores_in(
        &self,
        region: Region,
        patience: Patience,
    ) -> Result<Vec<String>, Fault> {
        let client = &self.cloudtrail(&region);
        let pages = client.clone().list(
            Operation::ListEventDataStores,
            input([]),
            patience,
            |page: StoresPage| {
                let stores = page.event_data_stores.unwrap_or_default().into_iter();
                let arns = stores.filter_map(|store| store.event_data_store_arn);
                (arns.collect(), page.next_token)
            },
        );
        let arns: Vec<String> = match pages.try_concat().await {
            // A Region that the account has not opted in to; nothing of its can be there.
            Err(fault) if matches!(fault.code(), "UnrecognizedClient" | "InvalidClientTokenId") => {
                Vec::new()
            }
            listed => listed?,
        };
        let mut stores = Vec::new();
        for arn in arns {
            stores.extend(organizations_store(client, &arn, patience).await?);
        }
        Ok(stores)
    }
}

/// The name and ARN of an event data store, if it is the organization's.
async fn organizations_store(
    client: &Client,
    arn: &str,
    patience: Patience,
) -> Result<Option<String>, Fault> {
    let input = input([("EventDataStore", arn.into())]);
    let answer = client.ask(Operation::GetEventDataStore, &input, patience);
    match answer.await {
        Ok(Store {
            name,
            organization_enabled: Some(true),
        }) => Ok(Some(format!("{} ({arn})", name.unwrap_or_default()))),
        Ok(_) => Ok(None),
        Err(fault) if fault.code() == "EventDataStoreNotFound" => Ok(None),
        Err(fault) => Err(fault),
    }
}
