//! The CloudTrail resources that depend on trusted access: organization trails and organization
//! event data stores.

use aws_sdk_cloudtrail::Client;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{CloudTrail, default_if_unavailable, none_if_not_found};
use crate::aws::Aws;
use crate::aws::call::{Deadline, call, pages};
use crate::domain::fault::Fault;
use crate::domain::names::Region;
use crate::domain::operation::Operation;

/// The number of Regions that are read at the same time: more than a partition has.
const REGIONS_AT_ONCE: usize = 64;

impl Aws {
    /// The organization trails of the account, with any home Region.
    pub async fn organization_trails(
        &self,
        region: &Region,
        deadline: Deadline,
    ) -> Result<Vec<String>, Fault> {
        let arns = CloudTrail::new(self, region).list(deadline).await?;
        stream::iter(arns)
            .map(|arn| async move {
                let trail = CloudTrail::new(self, arn.region()).get(&arn, deadline).await?;
                let trail = trail.filter(|trail| trail.settings.organization);
                Ok(trail.map(|_| arn.to_string()))
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_filter_map(|trail| async move { Ok(trail) })
            .try_collect()
            .await
    }

    /// The organization event data stores in `regions`. Fails if one Region fails, because that
    /// Region may have some.
    pub async fn organization_event_data_stores(
        &self,
        regions: Vec<Region>,
        deadline: Deadline,
    ) -> Result<Vec<String>, Fault> {
        stream::iter(regions)
            .map(|region| self.organization_event_data_stores_in(region, deadline))
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_concat()
            .await
    }

    async fn organization_event_data_stores_in(
        &self,
        region: Region,
        deadline: Deadline,
    ) -> Result<Vec<String>, Fault> {
        let client = &self.cloudtrail(&region);
        let pages = pages(async |page: Option<String>| {
            let send = || client.list_event_data_stores().set_next_token(page.clone()).send();
            let output = call(Operation::ListEventDataStores, deadline, send).await?;
            let stores = output.event_data_stores.unwrap_or_default().into_iter();
            let arns = stores.filter_map(|store| store.event_data_store_arn);
            Ok((arns.collect(), output.next_token))
        });
        let arns: Vec<String> = match pages.try_concat().await {
            // An account has no resources in a Region that it has not enabled.
            Err(fault) if fault.is_region_not_enabled() => Vec::new(),
            listed => default_if_unavailable(listed)?,
        };
        let mut stores = Vec::new();
        for arn in arns {
            stores.extend(organization_event_data_store(client, &arn, deadline).await?);
        }
        Ok(stores)
    }
}

/// The name and ARN of an event data store, if it is an organization event data store.
async fn organization_event_data_store(
    client: &Client,
    arn: &str,
    deadline: Deadline,
) -> Result<Option<String>, Fault> {
    let send = || client.get_event_data_store().event_data_store(arn).send();
    let output = none_if_not_found(call(Operation::GetEventDataStore, deadline, send).await)?;
    let output = output.filter(|output| output.organization_enabled == Some(true));
    Ok(output.map(|output| format!("{} ({arn})", output.name.unwrap_or_default())))
}
