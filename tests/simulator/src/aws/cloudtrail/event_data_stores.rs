//! CloudTrail Lake's event data stores, which depend on trusted access.

use serde_json::{Value, json};

use super::{authority, text};
use crate::aws::{
    Caller, EventDataStore, OperationResult, ServiceError, World, error::refuse, pages,
};

/// The caller's Region's; names and ARNs only, as the service does since the other members of the
/// entries were deprecated.
pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    authority::check_delegated_read(world, caller)?;
    let visible = world.event_data_stores.iter().filter(|store| is_visible(world, store, caller));
    let entries: Vec<Value> = visible
        .map(|store| json!({ "EventDataStoreArn": store.arn(), "Name": store.name }))
        .collect();
    pages::page(&entries, input, world.page_size, "EventDataStores")
        .ok_or_else(|| ServiceError::new("InvalidNextTokenException", "The token is not valid."))
}

/// By ARN or ID.
pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let reference = text(input, "EventDataStore")?;
    authority::check_delegated_read(world, caller)?;
    let mut visible =
        world.event_data_stores.iter().filter(|store| is_visible(world, store, caller));
    match visible.find(|store| store.arn() == reference || store.id == reference) {
        Some(store) => Ok(json!({
            "EventDataStoreArn": store.arn(),
            "Name": store.name,
            "Status": store.status,
            "OrganizationEnabled": store.organization_enabled,
            "MultiRegionEnabled": true,
        })),
        None => refuse(
            "EventDataStoreNotFoundException",
            format!("The event data store {reference} does not exist."),
        ),
    }
}

fn is_visible(world: &World, store: &EventDataStore, caller: &Caller) -> bool {
    let managed = store.organization_enabled && world.is_delegated_administrator(&caller.account);
    store.region == caller.region && (store.account == caller.account || managed)
}
