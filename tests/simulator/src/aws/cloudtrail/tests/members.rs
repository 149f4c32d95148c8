//! What other accounts than the owner can do to a trail, and how they have to name it.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, delegated, with_trail};
use crate::aws::tests::{done, member, refused, security, stranger};

/// Every operation that changes the trail, naming it by `reference`.
fn changes(reference: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "UpdateTrail",
            json!({ "Name": reference, "EnableLogFileValidation": true }),
        ),
        ("StopLogging", json!({ "Name": reference })),
        ("StartLogging", json!({ "Name": reference })),
        (
            "PutEventSelectors",
            json!({ "TrailName": reference, "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }),
        ),
        (
            "PutInsightSelectors",
            json!({ "TrailName": reference, "InsightSelectors": [] }),
        ),
        (
            "PutEventConfiguration",
            json!({ "TrailName": reference, "AggregationConfigurations": [] }),
        ),
        ("DeleteTrail", json!({ "Name": reference })),
    ]
}

fn tagging() -> [(&'static str, Value); 2] {
    let tags = json!([{ "Key": "Team", "Value": "security" }]);
    [
        (
            "AddTags",
            json!({ "ResourceId": TRAIL_ARN, "TagsList": tags }),
        ),
        (
            "RemoveTags",
            json!({ "ResourceId": TRAIL_ARN, "TagsList": tags }),
        ),
    ]
}

#[test]
fn a_delegate_manages_the_trail_by_arn() {
    let mut world = delegated();
    for (operation, input) in tagging().into_iter().chain(changes(TRAIL_ARN)) {
        done(&mut world, &security(), operation, input);
    }
    assert!(world.trails.is_empty());
}

#[test]
fn a_delegate_leaves_the_management_accounts_own_trails_alone() {
    let mut world = delegated();
    world.trails[0].is_organization_trail = false;
    for (operation, input) in tagging().into_iter().chain(changes(TRAIL_ARN)) {
        let code = refused(&mut world, &security(), operation, input);
        assert_eq!(code, "NotOrganizationMasterAccountException", "{operation}");
    }
    let code = refused(
        &mut world,
        &security(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
    assert_eq!(code, "TrailNotFoundException");
}

#[test]
fn a_delegate_does_not_find_the_trail_by_name() {
    for (operation, input) in changes(TRAIL) {
        let code = refused(&mut delegated(), &security(), operation, input);
        assert_eq!(code, "TrailNotFoundException", "{operation}");
    }
    let code = refused(
        &mut delegated(),
        &security(),
        "GetTrail",
        json!({ "Name": TRAIL }),
    );
    assert_eq!(code, "TrailNotFoundException");
}

#[test]
fn a_member_sees_its_copy_and_changes_nothing() {
    let mut world = with_trail();
    for (operation, input) in tagging().into_iter().chain(changes(TRAIL_ARN)) {
        let code = refused(&mut world, &member(), operation, input);
        assert_eq!(code, "NotOrganizationMasterAccountException", "{operation}");
    }
    let shown = done(
        &mut world,
        &member(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
    assert_eq!(shown["Trail"]["IsOrganizationTrail"], true);
    done(
        &mut world,
        &member(),
        "GetTrailStatus",
        json!({ "Name": TRAIL_ARN }),
    );
    world.trails[0].is_organization_trail = false;
    let gone = refused(
        &mut world,
        &member(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
    assert_eq!(gone, "TrailNotFoundException");
}

#[test]
fn an_account_outside_the_organization_has_no_use_for_the_arn() {
    for operation in ["GetTrail", "DeleteTrail"] {
        let input = json!({ "Name": TRAIL_ARN });
        let code = refused(&mut with_trail(), &stranger(), operation, input);
        assert_eq!(code, "CloudTrailARNInvalidException", "{operation}");
    }
}
