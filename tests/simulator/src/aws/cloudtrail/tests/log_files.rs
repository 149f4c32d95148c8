//! What becomes of logs, as `GetTrailStatus` and the bucket show it.

use serde_json::{Value, json};

use crate::aws::{
    Delivery, Trail, World, log_file,
    samples::{BUCKET, MEMBER_ACCOUNT, ORGANIZATION_ID, REGION},
    tests::{NOW, done, management, ready},
};

fn status(world: &mut World) -> Value {
    done(
        world,
        &management(),
        "GetTrailStatus",
        json!({ "Name": "OrgTrail" }),
    )
}

fn keys(world: &World) -> Vec<&str> {
    let objects = world.objects.get(BUCKET);
    objects
        .iter()
        .flat_map(|objects| objects.keys.iter().map(String::as_str))
        .collect()
}

#[test]
fn log_files_arrive_when_they_are_due_and_where_the_trail_delivers() {
    let delivery = Delivery::of_log_files(&[MEMBER_ACCOUNT], &[REGION]).after(2);
    let trail = Trail {
        s3_key_prefix: Some("audit".to_owned()),
        ..Trail::organization("OrgTrail").with_delivery(delivery)
    };
    let mut world = ready().with_trail(trail);
    for _ in 0..2 {
        assert_eq!(status(&mut world).get("LatestDeliveryTime"), None);
        assert_eq!(keys(&world), Vec::<&str>::new());
    }
    assert_eq!(status(&mut world)["LatestDeliveryTime"], NOW);
    let key = log_file(Some("audit"), Some(ORGANIZATION_ID), MEMBER_ACCOUNT, REGION);
    assert_eq!(keys(&world), [key]);
}

#[test]
fn a_refusal_shows_until_a_delivery_succeeds() {
    let trail = Trail::organization("OrgTrail")
        .with_delivery(Delivery::refused("AccessDenied"))
        .with_delivery(Delivery::of_log_files(&[MEMBER_ACCOUNT], &[REGION]).after(1));
    let mut world = ready().with_trail(trail);
    let refused = status(&mut world);
    assert_eq!(refused["LatestDeliveryError"], "AccessDenied");
    assert_eq!(refused.get("LatestDeliveryTime"), None);
    let delivered = status(&mut world);
    assert_eq!(delivered.get("LatestDeliveryError"), None);
    assert_eq!(delivered["LatestDeliveryTime"], NOW);
}

#[test]
fn nothing_is_delivered_without_logging_and_nothing_to_a_bucket_that_is_gone() {
    let delivery = Delivery::of_log_files(&[MEMBER_ACCOUNT], &[REGION]);
    let mut trail = Trail::organization("OrgTrail").with_delivery(delivery);
    trail.is_logging = false;
    let mut world = ready().with_trail(trail);
    assert_eq!(status(&mut world).get("LatestDeliveryTime"), None);
    world.buckets.clear();
    world.trails[0].is_logging = true;
    assert_eq!(status(&mut world)["LatestDeliveryError"], "NoSuchBucket");
    assert_eq!(keys(&world), Vec::<&str>::new());
}

#[test]
fn an_accounts_own_trail_delivers_without_the_organization_in_the_key() {
    let trail = Trail::organization("OrgTrail").not_organization();
    let delivery = Delivery::of_log_files(&["111111111111"], &[REGION]);
    let mut world = ready().with_trail(trail.with_delivery(delivery));
    status(&mut world);
    assert_eq!(keys(&world), [log_file(None, None, "111111111111", REGION)]);
}
