//! The delivery gate, over organizations of growing size.

use serde_json::json;
use simulator::{
    aws::{Bucket, CLOUDTRAIL, Objects, OrganizationLogs, Timestamp, Trail, World, samples},
    cloudformation::{Event, ResourceType::OrgTrailDelivery, ResponseUrl},
};

use super::{Course, Expected, Scene};

/// The largest organization that AWS allows has 50,000.
const ACCOUNTS: &[usize] = &[10, 100, 1_000, 10_000, 50_000];
const REGION: &str = "eu-west-1";
const ELSEWHERE: &str = "us-east-1";

pub fn courses() -> Vec<Course> {
    let course = |name, scene| Course::new(name, "accounts", ACCOUNTS, scene);
    vec![
        course("gate, All, all delivered", all_delivered),
        course("gate, All, none delivered in the Region", none_delivered),
        course("gate, a list, all delivered", list_delivered),
        course("gate, First", first_delivered),
    ]
}

/// An organization whose accounts have all delivered, in one Region.
fn delivered(accounts: usize, region: &str) -> World {
    let trail = Trail {
        latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)),
        ..Trail::organization("org-trail").in_region(REGION)
    };
    let logs = OrganizationLogs::new(samples::ORGANIZATION_ID, &[region]);
    World::organization()
        .with_accounts_up_to(accounts)
        .with_trusted_access(CLOUDTRAIL)
        .with_trail(trail)
        .with_bucket(samples::BUCKET, Bucket::open(REGION))
        .with_objects(samples::BUCKET, Objects::of_organization(logs))
}

fn all_delivered(accounts: usize, url: &ResponseUrl) -> Scene {
    Scene::new(
        delivered(accounts, REGION),
        Event::create(OrgTrailDelivery, url).property("Accounts", "All"),
        Expected::Attribute("AccountsDelivering", accounts.to_string()),
    )
}

fn first_delivered(accounts: usize, url: &ResponseUrl) -> Scene {
    Scene::new(
        delivered(accounts, REGION),
        Event::create(OrgTrailDelivery, url).property("Accounts", "First"),
        Expected::Attribute("AccountsDelivering", "1".to_owned()),
    )
}

fn list_delivered(accounts: usize, url: &ResponseUrl) -> Scene {
    let world = delivered(accounts, REGION);
    let listed: Vec<&String> = world.accounts.keys().collect();
    let event = Event::create(OrgTrailDelivery, url).property("Accounts", json!(listed));
    Scene::new(
        world,
        event,
        Expected::Attribute("AccountsDelivering", accounts.to_string()),
    )
}

/// An Update that looks once: every account has a folder, and none has logs of the Region.
fn none_delivered(accounts: usize, url: &ResponseUrl) -> Scene {
    let event = Event::update(OrgTrailDelivery, url)
        .property("Accounts", "All")
        .old_property("Accounts", "All");
    Scene::new(
        delivered(accounts, ELSEWHERE),
        event,
        Expected::Attribute("AccountsMissing", accounts.to_string()),
    )
}
