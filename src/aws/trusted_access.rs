//! The calls for trusted access: Organizations' switch, and what in CloudTrail depends on it.

use std::pin::pin;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::Aws;
use super::call::{Patience, call, pages};
use super::trail::Trails;
use crate::core::arn::Region;
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::trusted_access::TrustedAccessStep;

/// How many Regions are asked at a time: all that a partition has, since each is asked once.
const REGIONS_AT_ONCE: usize = 64;

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
        let client = &self.organizations();
        let mut pages = pin!(pages(async |page: Option<String>| {
            let attempt = || {
                let request = client.list_aws_service_access_for_organization();
                request.set_next_token(page.clone()).send()
            };
            let operation = Operation::ListAWSServiceAccessForOrganization;
            let answer = call(operation, patience, attempt).await?;
            let enabled = answer.enabled_service_principals.unwrap_or_default();
            Ok((enabled, answer.next_token))
        }));
        while let Some(page) = pages.try_next().await? {
            let mut page = page.into_iter();
            let found = page.find(|on| on.service_principal.as_deref() == Some(service_principal));
            if let Some(enabled) = found {
                // A service without a date is on all the same, since nobody knows when.
                let since = enabled.date_enabled.map_or(0.0, |date| date.as_secs_f64());
                return Ok(Some(since));
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
        let client = self.organizations();
        let operation = step.operation();
        let service = || service_principal.to_owned();
        match step {
            TrustedAccessStep::Enable => {
                let attempt = || {
                    client
                        .enable_aws_service_access()
                        .service_principal(service())
                        .send()
                };
                call(operation, patience, attempt).await?;
            }
            TrustedAccessStep::Disable => {
                let attempt = || {
                    client
                        .disable_aws_service_access()
                        .service_principal(service())
                        .send()
                };
                call(operation, patience, attempt).await?;
            }
        }
        Ok(())
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
                let client = self.cloudtrail(arn.region());
                let id = arn.to_string();
                let attempt = || client.get_trail().name(&id).send();
                match call(Operation::GetTrail, patience, attempt).await {
                    Ok(answer) => {
                        let organization =
                            answer.trail.and_then(|trail| trail.is_organization_trail);
                        Ok((organization == Some(true)).then_some(id))
                    }
                    Err(fault) if fault.is_not_found() => Ok(None),
                    Err(fault) => Err(fault),
                }
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
        let pages = pages(async |page: Option<String>| {
            let attempt = || {
                let request = client.list_event_data_stores();
                request.set_next_token(page.clone()).send()
            };
            let answer = call(Operation::ListEventDataStores, patience, attempt).await?;
            let stores = answer.event_data_stores.unwrap_or_default().into_iter();
            let arns = stores.filter_map(|store| store.event_data_store_arn);
            Ok((arns.collect(), answer.next_token))
        });
        let arns: Vec<String> = match pages.try_concat().await {
            // A Region that the account has not opted in to; nothing of its can be there.
            Err(fault) if matches!(fault.code(), "UnrecognizedClient" | "InvalidClientTokenId") => {
                Vec::new()
            }
            listed => listed?,
        };
        let mut stores = Vec::new();
        for arn in arns {
            stores.extend(self.organizations_store(client, &arn, patience).await?);
        }
        Ok(stores)
    }

    /// The name and ARN of an event data store, if it is the organization's.
    async fn organizations_store(
        &self,
        client: &aws_sdk_cloudtrail::Client,
        arn: &str,
        patience: Patience,
    ) -> Result<Option<String>, Fault> {
        let attempt = || client.get_event_data_store().event_data_store(arn).send();
        match call(Operation::GetEventDataStore, patience, attempt).await {
            Ok(answer) => {
                let name = answer.name.unwrap_or_default();
                Ok((answer.organization_enabled == Some(true)).then(|| format!("{name} ({arn})")))
            }
            Err(fault) if fault.code() == "EventDataStoreNotFound" => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
