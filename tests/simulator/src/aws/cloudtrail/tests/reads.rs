//! Finding and reading trails and event data stores.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, delegated, elsewhere, request, with_trail};
use crate::aws::{
    Caller, EventDataStore, Timestamp, Trail,
    samples::MANAGEMENT_ACCOUNT,
    tests::{done, management, member, ready, refused, security},
};

#[test]
fn a_trail_is_read_by_name_at_home_and_by_arn_wherever_it_is() {
    let mut world = with_trail();
    for reference in [TRAIL, TRAIL_ARN] {
        let shown = done(
            &mut world,
            &management(),
            "GetTrail",
            json!({ "Name": reference }),
        );
        assert_eq!(shown["Trail"]["HomeRegion"], "us-east-1");
    }
    done(
        &mut world,
        &elsewhere(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
    let by_name = refused(
        &mut world,
        &elsewhere(),
        "GetTrail",
        json!({ "Name": TRAIL }),
    );
    assert_eq!(by_name, "TrailNotFoundException");
    world.trails[0].is_multi_region_trail = false;
    let by_arn = refused(
        &mut world,
        &elsewhere(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
    assert_eq!(by_arn, "TrailNotFoundException");
}

#[test]
fn what_is_neither_name_nor_trail_arn_is_refused() {
    let cases = [
        ("a", "InvalidTrailNameException"),
        (
            "arn:aws:cloudtrail:us-east-1:111111111111:channel/x",
            "CloudTrailARNInvalidException",
        ),
        ("arn:aws:s3:::bucket", "CloudTrailARNInvalidException"),
        (
            "arn:aws-cn:cloudtrail:us-east-1:111111111111:trail/abc",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws:cloudtrail:cn-north-1:111111111111:trail/abc",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws:cloudtrail:us-east-1:999999999999:trail/abc",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws:cloudtrail:us-east-1:111111111111:trail/abc",
            "TrailNotFoundException",
        ),
        ("Nothing", "TrailNotFoundException"),
    ];
    for (reference, code) in cases {
        let input = json!({ "Name": reference });
        assert_eq!(
            refused(&mut with_trail(), &management(), "GetTrail", input),
            code
        );
    }
}

#[test]
fn a_new_trail_takes_some_reads_to_be_seen() {
    let mut world = ready().with_propagation(|p| p.new_trail = 2);
    done(&mut world, &management(), "CreateTrail", request(json!({})));
    let named = json!({ "Name": TRAIL });
    let first = refused(&mut world, &management(), "GetTrail", named.clone());
    assert_eq!(first, "TrailNotFoundException");
    let tags = json!({ "ResourceIdList": [TRAIL_ARN] });
    let second = refused(&mut world, &management(), "ListTags", tags);
    assert_eq!(second, "ResourceNotFoundException");
    done(&mut world, &management(), "GetTrail", named);
}

fn described(answer: &Value) -> Vec<&str> {
    let trails = answer["trailList"].as_array().expect("a list");
    trails
        .iter()
        .map(|trail| trail["Name"].as_str().expect("a name"))
        .collect()
}

#[test]
fn describe_leaves_out_what_is_not_there() {
    let mut world = with_trail();
    let input = json!({ "trailNameList": [TRAIL, "Nothing"] });
    let answer = done(&mut world, &management(), "DescribeTrails", input);
    assert_eq!(described(&answer), [TRAIL]);
    let answer = done(
        &mut world,
        &elsewhere(),
        "DescribeTrails",
        json!({ "trailNameList": [TRAIL] }),
    );
    assert!(described(&answer).is_empty());
}

#[test]
fn describe_shows_shadows_unless_told_not_to() {
    let local = Trail {
        is_multi_region_trail: false,
        ..Trail::organization("local")
    };
    let mut world = with_trail().with_trail(local.in_region("eu-west-1"));
    let show = |world: &mut _, caller: &Caller, input| done(world, caller, "DescribeTrails", input);
    let all = show(&mut world, &elsewhere(), json!({}));
    assert_eq!(described(&all), [TRAIL, "local"]);
    let no_shadows = json!({ "includeShadowTrails": false });
    let own = show(&mut world, &elsewhere(), no_shadows.clone());
    assert_eq!(described(&own), ["local"]);
    let copies = show(&mut world, &member(), json!({}));
    assert_eq!(described(&copies), [TRAIL]);
    assert!(described(&show(&mut world, &member(), no_shadows)).is_empty());
}

#[test]
fn lists_come_in_pages() {
    let mut world = with_trail().with_page_size(1);
    world
        .trails
        .push(Trail::organization("Second").in_region("eu-west-1"));
    let first = done(&mut world, &management(), "ListTrails", json!({}));
    assert_eq!(first["Trails"][0]["TrailARN"], TRAIL_ARN);
    let next = json!({ "NextToken": first["NextToken"] });
    let second = done(&mut world, &management(), "ListTrails", next);
    assert_eq!(second["Trails"][0]["HomeRegion"], "eu-west-1");
    assert_eq!(second.get("NextToken"), None);
    let made_up = json!({ "NextToken": "made up" });
    assert_eq!(
        refused(&mut world, &management(), "ListTrails", made_up),
        "InvalidTokenException"
    );
}

#[test]
fn a_delegate_lists_the_organizations_trails() {
    let listed = done(&mut delegated(), &security(), "ListTrails", json!({}));
    assert_eq!(listed["Trails"][0]["TrailARN"], TRAIL_ARN);
}

#[test]
fn the_status_tells_of_deliveries_and_their_failures() {
    let mut world = with_trail();
    world.trails[0].latest_delivery_time = Some(Timestamp::from_seconds(1_600_000_000.0));
    world.trails[0].latest_delivery_error = Some("AccessDenied".to_owned());
    let status = done(
        &mut world,
        &management(),
        "GetTrailStatus",
        json!({ "Name": TRAIL }),
    );
    assert_eq!(status["LatestDeliveryTime"], 1_600_000_000.0);
    assert_eq!(status["LatestDeliveryError"], "AccessDenied");
    assert_eq!(status.get("LatestNotificationError"), None);
}

#[test]
fn event_data_stores_are_listed_where_they_are() {
    let store = EventDataStore {
        account: MANAGEMENT_ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        id: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
        name: "lake".to_owned(),
        organization_enabled: true,
        status: "ENABLED".to_owned(),
    };
    let mut world = delegated().with_event_data_store(store.clone());
    for caller in [management(), security()] {
        let listed = done(&mut world, &caller, "ListEventDataStores", json!({}));
        assert_eq!(
            listed["EventDataStores"][0]["EventDataStoreArn"],
            store.arn()
        );
        let by_arn = json!({ "EventDataStore": store.arn() });
        let shown = done(&mut world, &caller, "GetEventDataStore", by_arn);
        assert_eq!(shown["OrganizationEnabled"], true);
    }
    let elsewhere = done(&mut world, &elsewhere(), "ListEventDataStores", json!({}));
    assert_eq!(elsewhere["EventDataStores"], json!([]));
    let missing = json!({ "EventDataStore": "nothing" });
    let code = refused(&mut world, &management(), "GetEventDataStore", missing);
    assert_eq!(code, "EventDataStoreNotFoundException");
}
