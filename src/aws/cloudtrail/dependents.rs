//! What in CloudTrail depends on trusted access: organization trails and organization event data stores.

use aws_sdk_cloudtrail::Client;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{CloudTrail, if_offered};
use crate::aws::Aws;
use crate::aws::call::{Deadline, call, pages};
use crate::domain::fault::Fault;
use crate::domain::names::Region;
use crate::domain::operation::Operation;

/// How many Regions are asked at a time: all that a partition has, since each is asked once.
const REGIONS_AT_ONCE: usize = 64;

impl Aws {
    /// The organization trails of the account, of every home Region.
    ///
    /// # Errors
    /// Whatever kept AWS from outputing.
    pub async fn organization_trails(
        &self,
        region: &Region,
        deadline: Deadline,
    ) -> Result<Vec<String>, Fault> {
        let trails = CloudTrail::new(self, region).all(deadline).await?;
        stream::iter(trails)
            .map(|arn| async move {
                let trails = CloudTrail::new(self, arn.region());
                let found = trails.look(&arn, deadline).await?;
                let found = found.filter(|trail| trail.settings.organization);
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
    /// Whatever kept AWS from outputing in one of them: then nobody knows, which is not "none".
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
            let attempt = || {
                let request = client.list_event_data_stores();
                request.set_next_token(page.clone()).send()
            };
            let output = call(Operation::ListEventDataStores, deadline, attempt).await?;
            let stores = output.event_data_stores.unwrap_or_default().into_iter();
            let arns = stores.filter_map(|store| store.event_data_store_arn);
            Ok((arns.collect(), output.next_token))
        });
        let arns: Vec<String> = match pages.try_concat().await {
            // The account can have nothing there.
            Err(fault) if fault.is_region_not_enabled() => Vec::new(),
            listed => if_offered(listed)?,
        };
        let mut stores = Vec::new();
        for arn in arns {
            stores.extend(organizations_store(client, &arn, deadline).await?);
        }
        Ok(stores)
    }
}

/// The name and ARN of an event data store, if it is the organization's.
async fn organizations_store(
    client: &Client,
    arn: &str,
    deadline: Deadline,
) -> Result<Option<String>, Fault> {
    let attempt = || client.get_event_data_store().event_data_store(arn).send();
    match call(Operation::GetEventDataStore, deadline, attempt).await {
        Ok(output) => {
            let name = output.name.unwrap_or_default();
            Ok((output.organization_enabled == Some(true)).then(|| format!("{name} ({arn})")))
        }
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}
