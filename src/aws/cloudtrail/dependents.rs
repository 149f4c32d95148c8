//! The CloudTrail resources that depend on trusted access, organization trails and organization event
//! data stores, and the organization trails that record the same events as another.

use aws_sdk_cloudtrail::types::EventDataStoreStatus;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::CloudTrail;
use crate::aws::Aws;
use crate::aws::call::{Deadline, call, optional, pages};
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn};
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

    /// The organization trails of the account that record management events, with any home Region,
    /// except those that `is_left_out` selects. Leaves out a trail that cannot be read.
    pub async fn recording_organization_trails(
        &self,
        region: &Region,
        is_left_out: impl Fn(&TrailArn) -> bool,
        deadline: Deadline,
    ) -> Vec<TrailArn> {
        let arns = CloudTrail::new(self, region).list(deadline).await.unwrap_or_default();
        stream::iter(arns.into_iter().filter(|arn| !is_left_out(arn)))
            .map(|arn| async move {
                let cloudtrail = CloudTrail::new(self, arn.region());
                let is_recording = cloudtrail.is_recording_organization(&arn, deadline).await;
                is_recording.is_ok_and(|recording| recording).then_some(arn)
            })
            .buffered(REGIONS_AT_ONCE)
            .filter_map(async |trail| trail)
            .collect()
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
            .map(|region| CloudTrail::new(self, &region).organization_event_data_stores(deadline))
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_concat()
            .await
    }
}

impl CloudTrail {
    async fn organization_event_data_stores(
        self,
        deadline: Deadline,
    ) -> Result<Vec<String>, Fault> {
        let pages = pages(async |page: Option<String>| {
            let send = || self.client.list_event_data_stores().set_next_token(page.clone()).send();
            let output = call(&self.target, Operation::ListEventDataStores, deadline, send).await?;
            let stores = output.event_data_stores.unwrap_or_default().into_iter();
            let arns = stores.filter_map(|store| store.event_data_store_arn);
            Ok((arns.collect(), output.next_token))
        });
        let arns: Vec<String> = match pages.try_concat().await {
            // An account has no resources in a Region that it has not enabled.
            Err(fault) if fault.is_region_not_enabled() => Vec::new(),
            listed => optional(listed)?.unwrap_or_default(),
        };
        let mut stores = Vec::new();
        for arn in arns {
            stores.extend(self.organization_event_data_store(&arn, deadline).await?);
        }
        Ok(stores)
    }

    /// The name and ARN of an event data store, if it is an organization event data store. One that
    /// is pending deletion collects no events.
    async fn organization_event_data_store(
        &self,
        arn: &str,
        deadline: Deadline,
    ) -> Result<Option<String>, Fault> {
        let send = || self.client.get_event_data_store().event_data_store(arn).send();
        let output = call(&self.target, Operation::GetEventDataStore, deadline, send).await;
        let output = optional(output)?.filter(|output| {
            output.organization_enabled == Some(true)
                && output.status != Some(EventDataStoreStatus::PendingDeletion)
        });
        Ok(output.map(|output| format!("{} ({arn})", output.name.unwrap_or_default())))
    }
}
