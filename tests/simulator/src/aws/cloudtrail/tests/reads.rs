//! Finding and reading trails, and the deliveries that a read shows.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, request, with_trail};
use crate::aws::{
    Delivery, Trail, World, log_file,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, ORGANIZATION_ID, REGION},
    tests::{NOW, check, elsewhere, management, ready},
};

#[test]
fn a_trail_is_found_by_name_or_arn() {
    let named = |reference: &str| json!({ "Name": reference });
    let (absent, invalid) = ("TrailNotFoundException", "CloudTrailARNInvalidException");
    #[rustfmt::skip]
    let cases = [
        (named(TRAIL), ""),
        (named(TRAIL_ARN), ""),
        (named("arn:aws:cloudtrail:us-east-1:111111111111:channel/x"), invalid),
        (named("arn:aws:s3:::bucket"), invalid),
        (named("arn:aws:cloudtrail"), invalid),
        (named("arn:aws-cn:cloudtrail:us-east-1:111111111111:trail/abc"), invalid),
        (named("arn:aws:cloudtrail:cn-north-1:111111111111:trail/abc"), invalid),
        (named("arn:aws:cloudtrail:us-east-1:999999999999:trail/abc"), invalid),
        (named("arn:aws:cloudtrail:us-east-1:111111111111:trail/abc"), absent),
        (named("Nothing"), absent),
    ];
    check(with_trail, management, "GetTrail", cases);
    // A copy in another Region has no name.
    let cases = [(named(TRAIL), absent), (named(TRAIL_ARN), "")];
    check(with_trail, elsewhere, "GetTrail", cases);
    let single = || {
        let mut world = with_trail();
        world.trails[0].is_multi_region_trail = false;
        world
    };
    check(single, elsewhere, "GetTrail", [(named(TRAIL_ARN), absent)]);
    let shown = with_trail().done(management(), "GetTrail", named(TRAIL));
    assert_eq!(shown["Trail"]["HomeRegion"], "us-east-1");
}

#[test]
fn a_new_trail_is_seen_later() {
    let mut world = ready().with_propagation(|p| p.new_trail = 2);
    world.done(management(), "CreateTrail", request(json!({})));
    let named = json!({ "Name": TRAIL });
    let first = world.refused(management(), "GetTrail", named.clone());
    assert_eq!(first, "TrailNotFoundException");
    let tags = json!({ "ResourceIdList": [TRAIL_ARN] });
    assert_eq!(world.refused(management(), "ListTags", tags), "ResourceNotFoundException");
    world.done(management(), "GetTrail", named);
}

fn status(world: &mut World) -> Value {
    world.done(management(), "GetTrailStatus", json!({ "Name": TRAIL }))
}

fn keys(world: &World) -> Vec<&String> {
    world.objects.get(BUCKET).map(|objects| objects.keys.iter().collect()).unwrap_or_default()
}

#[test]
fn log_files_arrive_when_due() {
    let delivery = Delivery::of_log_files(&[MEMBER_ACCOUNT], &[REGION]).after(2);
    let trail = Trail::organization(TRAIL).with_delivery(delivery);
    let trail = Trail { s3_key_prefix: Some("audit".to_owned()), ..trail };
    let mut world = ready().with_trail(trail);
    for _ in 0..2 {
        assert_eq!(status(&mut world).get("LatestDeliveryTime"), None);
        assert!(keys(&world).is_empty());
    }
    assert_eq!(status(&mut world)["LatestDeliveryTime"], NOW);
    let key = log_file(Some("audit"), Some(ORGANIZATION_ID), MEMBER_ACCOUNT, REGION, world.now);
    assert_eq!(keys(&world), [&key]);
}

#[test]
fn an_accounts_own_logs_have_no_organization() {
    let delivery = Delivery::of_log_files(&[MANAGEMENT_ACCOUNT], &[REGION]);
    let trail = Trail::organization(TRAIL).not_organization().with_delivery(delivery);
    let mut world = ready().with_trail(trail);
    status(&mut world);
    assert_eq!(keys(&world), [&log_file(None, None, MANAGEMENT_ACCOUNT, REGION, world.now)]);
}
