//! The flows whose allocations are counted.

use serde_json::{Value, json};
use simulator::{
    aws::{CLOUDTRAIL, Objects, OrganizationLogs, Timestamp, Trail, World, samples},
    cloudformation::{Event, ResourceType},
};

use crate::{
    requests::request,
    support::{
        BUCKET, OrgTrail, OrgTrailDelivery, OrgTrustedAccess, REGION, TRAIL_ARN, ours,
        trail_properties,
    },
    worlds::{base, everything, plain, without_dependents},
};

/// A request in a world.
pub struct Flow {
    /// What it is called in the table.
    pub name: &'static str,
    /// AWS as it is before.
    pub world: World,
    /// What is played first and not counted.
    pub before: Option<Event>,
    /// The request.
    pub event: Event,
    /// Whether it is answered with SUCCESS.
    pub succeeds: bool,
}

/// A gate over as many accounts as one page of the bucket's folders has, and how many these are.
pub const SOME: (&str, usize) = ("delivery gate: Create, all of 1000 accounts", 1000);
/// One over several pages of them.
pub const MANY: (&str, usize) = ("delivery gate: Create, all of 4000 accounts", 4000);

/// All of them.
pub fn all() -> Vec<Flow> {
    vec![
        create("trusted access: Create", OrgTrustedAccess, off(), json!({})),
        create("trail: Create", OrgTrail, plain(), base()),
        create(
            "trail: Create, with everything",
            OrgTrail,
            plain(),
            everything(),
        ),
        update("trail: Update, nothing changed", base()),
        update(
            "trail: Update, nothing changed, with everything",
            everything(),
        ),
        delete(),
        gate("delivery gate: Create, all of 50 accounts", 50),
        gate("delivery gate: Create, all of 200 accounts", 200),
        gate(SOME.0, SOME.1),
        gate(MANY.0, MANY.1),
        Flow {
            succeeds: false,
            ..create(
                "trail: Create, refused for its properties",
                OrgTrail,
                plain(),
                trail_properties(json!({ "S3Bucketname": "logs", "IsLogging": "yes" })),
            )
        },
    ]
}

fn create(
    name: &'static str,
    resource_type: ResourceType,
    world: World,
    properties: Value,
) -> Flow {
    Flow {
        name,
        world,
        before: None,
        event: request("Create", resource_type).properties(properties),
        succeeds: true,
    }
}

/// An Update of what a Create with the same properties has just made.
fn update(name: &'static str, properties: Value) -> Flow {
    let event = request("Update", OrgTrail)
        .old_properties(properties.clone())
        .properties(properties.clone());
    Flow {
        before: Some(request("Create", OrgTrail).properties(properties)),
        event: event.with("PhysicalResourceId", TRAIL_ARN),
        ..create("", OrgTrail, plain(), json!({})).named(name)
    }
}

fn delete() -> Flow {
    let world = plain().with_trail(ours());
    Flow {
        event: request("Delete", OrgTrail).properties(base()),
        ..create("trail: Delete", OrgTrail, world, json!({}))
    }
}

/// A gate that is open.
fn gate(name: &'static str, accounts: usize) -> Flow {
    let trail = Trail {
        latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)),
        ..ours()
    };
    let logs = OrganizationLogs::new(samples::ORGANIZATION_ID, &[REGION]);
    let world = plain()
        .with_accounts_up_to(accounts)
        .with_trail(trail)
        .with_objects(BUCKET, Objects::of_organization(logs));
    let properties = json!({ "TrailArn": TRAIL_ARN, "Accounts": "All" });
    create(name, OrgTrailDelivery, world, properties)
}

/// A world without trusted access for CloudTrail.
fn off() -> World {
    let mut world = without_dependents();
    world.trusted_access.remove(CLOUDTRAIL);
    world
}

impl Flow {
    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}
