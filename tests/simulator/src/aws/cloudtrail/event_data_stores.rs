//! CloudTrail Lake's event data stores, as far as somebody who is about to switch trusted access
//! off has to know them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{authority, read};
use crate::aws::{Answer, Caller, EventDataStore, ServiceError, World, pages};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetEventDataStore {
    event_data_store: String,
}

/// The caller's Region's; names and ARNs only, as the service does since the other members of the
/// entries were deprecated.
pub(super) fn list(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    authority::check_delegated_read(world, caller)?;
    let entries: Vec<Value> = world
        .event_data_stores
        .iter()
        .filter(|store| is_visible(world, store, caller))
        .map(|store| json!({ "EventDataStoreArn": store.arn(), "Name": store.name }))
        .collect();
    pages::page(&entries, input, world.page_size)
        .map(|page| page.into_answer("EventDataStores"))
        .ok_or_else(|| ServiceError::new("InvalidNextTokenException", "The token is not valid."))
}

/// By ARN or id.
pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let GetEventDataStore { event_data_store } = read(input)?;
    authority::check_delegated_read(world, caller)?;
    let store = world
        .event_data_stores
        .iter()
        .find(|store| store.arn() == event_data_store || store.id == event_data_store)
        .filter(|store| is_visible(world, store, caller));
    let Some(store) = store else {
        let message = format!("The event data store {event_data_store} does not exist.");
        return Err(ServiceError::new(
            "EventDataStoreNotFoundException",
            message,
        ));
    };
    Ok(json!({
        "EventDataStoreArn": store.arn(),
        "Name": store.name,
        "Status": store.status,
        "OrganizationEnabled": store.organization_enabled,
        "MultiRegionEnabled": true,
    }))
}

fn is_visible(world: &World, store: &EventDataStore, caller: &Caller) -> bool {
    let managed = store.organization_enabled && world.is_delegated_administrator(&caller.account);
    store.region == caller.region && (store.account == caller.account || managed)
}
