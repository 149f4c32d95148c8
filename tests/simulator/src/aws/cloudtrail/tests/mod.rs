//! Each rule, kept and broken.

mod delivery;
mod organization;
mod reads;
mod selectors;
mod tags;
mod trails;

use serde_json::{Value, json};

use crate::aws::{
    CLOUDTRAIL, Trail, World,
    samples::{BUCKET, SECURITY_ACCOUNT},
    tests::{ready, with},
};

/// The trail that most of these tests are about.
const TRAIL: &str = "OrgTrail";
const TRAIL_ARN: &str = "arn:aws:cloudtrail:us-east-1:111111111111:trail/OrgTrail";

/// A request for the trail, with `more` members.
fn request(more: Value) -> Value {
    let base = json!({
        "Name": TRAIL,
        "S3BucketName": BUCKET,
        "IsOrganizationTrail": true,
        "IsMultiRegionTrail": true,
    });
    with(base, more)
}

/// A world where the trail is there already.
fn with_trail() -> World {
    ready().with_trail(Trail::organization(TRAIL)).with_service_linked_role(CLOUDTRAIL)
}

/// The same with a delegated administrator.
fn delegated() -> World {
    with_trail().with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT)
}

/// The same with a trail of one account.
fn account_level() -> World {
    delegated().with(|world| world.trails[0].is_organization_trail = false)
}
