//! Deletes of trusted access and of delegated administrators, in every state of the organization. A
//! Delete needs nothing that only a Create needs, so each succeeds without waiting.

use std::time::Duration;

use serde_json::json;
use simulator::aws::{CLOUDTRAIL, World};

use super::{
    flow::Flow,
    switches::{CONFIG, disabling},
};
use crate::{
    comparison::comparable,
    stage::{Clock, Stage, play},
    states::{FEW_REGIONS, SECURITY, without_dependents},
    support::{OrgDelegatedAdministrator, OrgTrustedAccess},
    table::Table,
};

/// The organization when the Delete arrives.
#[derive(Debug, Clone, Copy)]
enum Organization {
    Unchanged,
    AccountLeft,
    Deleted,
}

const ORGANIZATIONS: [Organization; 3] =
    [Organization::Unchanged, Organization::AccountLeft, Organization::Deleted];

/// Without administrators and dependents, for one service.
fn world(service: &str, trusted: bool, registered: bool, organization: Organization) -> World {
    let mut world = without_dependents();
    world.delegated_administrators.clear();
    world.trusted_access.remove(CLOUDTRAIL);
    if trusted {
        world = world.with_trusted_access(service);
    }
    if registered {
        world = world.with_delegated_administrator(service, SECURITY);
    }
    match organization {
        Organization::Unchanged => {}
        Organization::AccountLeft => {
            world.accounts.remove(SECURITY);
            world.delegated_administrators.clear();
        }
        Organization::Deleted => {
            world.trusted_access.clear();
            world.delegated_administrators.clear();
            world = world.without_organization();
        }
    }
    world
}

/// All of them, with the state that each leads to.
fn deletes() -> Vec<(Flow, World)> {
    let mut deletes = Vec::new();
    for service in [CLOUDTRAIL, CONFIG] {
        for organization in ORGANIZATIONS {
            for trusted in [false, true] {
                for registered in [false, true] {
                    let before = world(service, trusted, registered, organization);
                    let after = world(service, trusted, false, organization);
                    let id = format!("delegated-administrator/{service}/{SECURITY}/registered");
                    let properties = json!({ "AccountId": SECURITY, "ServicePrincipal": service });
                    let kind = OrgDelegatedAdministrator;
                    deletes.push((Flow::delete(service, kind, before, &id, properties), after));
                }
                let before = world(service, trusted, false, organization);
                let after = world(service, false, false, organization);
                let id = format!("trusted-access/{service}/enabled");
                let properties = disabling(service);
                let flow = Flow::delete(service, OrgTrustedAccess, before, &id, properties);
                deletes.push((flow.in_region(FEW_REGIONS), after));
            }
        }
    }
    let with_roles = deletes.iter().map(|(flow, after)| (flow.clone().with_roles(), after.clone()));
    let with_roles: Vec<_> = with_roles.collect();
    deletes.extend(with_roles);
    deletes
}

#[test]
fn deletes_succeed_in_every_state_of_the_organization() {
    let deletes = deletes();
    for (flow, after) in &deletes {
        play(1, async {
            let clock = Clock::start();
            let stage = Stage::new(flow.world.clone(), clock).in_region(flow.region);
            let began = stage.world().now;
            let played = stage.send(&flow.event).await;
            let response = played.response();
            let place = format!("{:?} {}", flow.resource_type(), flow.event.value());
            assert!(response.is_success(), "{place}: {}", response.reason());
            assert!(played.took < Duration::from_secs(1), "{place} took {:?}", played.took);
            let observed = comparable(stage.world(), began);
            assert_eq!(observed.trusted_access, after.trusted_access, "{place}");
            let registered = |world: &World| {
                let accounts = world.delegated_administrators.values();
                accounts.flatten().count()
            };
            assert_eq!(registered(&observed), registered(after), "{place}");
            assert_eq!(observed.trails.len(), after.trails.len(), "{place}");
        });
    }
    let mut table = Table::new(["Delete in every state of the organization", "requests"]);
    table.row("trusted access and administrators", &[deletes.len()]);
    table.print();
}
