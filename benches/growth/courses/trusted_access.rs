//! Switching trusted access off, for which every event data store of every Region is looked at.

use orgtrail::core::{arn::Region, partition::Partition};
use simulator::{
    aws::{CLOUDTRAIL, EventDataStore, World, samples},
    cloudformation::{Event, ResourceType::OrgTrustedAccess, ResponseUrl},
};

use super::{Course, Expected, Scene};

/// CloudTrail allows 10 in a Region, and is in 34 Regions.
const STORES: &[usize] = &[34, 68, 170, 340];

pub fn courses() -> Vec<Course> {
    vec![Course::new(
        "trusted access, Delete with Disable",
        "event data stores",
        STORES,
        scene,
    )]
}

fn scene(stores: usize, url: &ResponseUrl) -> Scene {
    let region = Region::parse("us-east-1").expect("a Region code");
    let regions = Partition::of(&region).regions;
    let world = World::organization().with_trusted_access(CLOUDTRAIL);
    let world = (0..stores).fold(world, |world, number| {
        world.with_event_data_store(EventDataStore {
            account: samples::MANAGEMENT_ACCOUNT.to_owned(),
            region: regions[number % regions.len()].to_owned(),
            id: format!("1c2d3e4f-0000-4000-8000-{number:012}"),
            name: format!("events-{number}"),
            organization_enabled: false,
            status: "ENABLED".to_owned(),
        })
    });
    Scene::new(
        world,
        Event::delete(OrgTrustedAccess, url).property("DeleteBehavior", "Disable"),
        Expected::Success,
    )
}
