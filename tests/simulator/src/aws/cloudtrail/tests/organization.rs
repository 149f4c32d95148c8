//! The organization's part in a trail: its prerequisites, and the accounts that may change it.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, account_level, delegated, request, with_trail};
use crate::aws::{
    CLOUDTRAIL, Trail, World,
    samples::{MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT},
    tests::{check, elsewhere, management, member, ready, security, stranger, with},
};

const NOT_MANAGEMENT: &str = "NotOrganizationMasterAccountException";
const NO_TRUSTED_ACCESS: &str = "CloudTrailAccessNotEnabledException";
const NO_PERMISSION: &str = "InsufficientDependencyServiceAccessPermissionException";
const NO_ROLE: &str = "NoManagementAccountSLRExistsException";

#[test]
fn an_organization_trail_needs_permissions() {
    let denying = |action: &'static str| move || ready().denying(action);
    let request = || request(json!({}));
    check(denying("organizations:*"), management, "CreateTrail", [(request(), NO_PERMISSION)]);
    check(denying("iam:GetRole"), management, "CreateTrail", [(request(), NO_PERMISSION)]);
    // A role that exists is not made again.
    let role = denying("iam:CreateServiceLinkedRole");
    let world = || role().with_service_linked_role(CLOUDTRAIL);
    check(world, management, "CreateTrail", [(request(), "")]);
    check(role, management, "CreateTrail", [(request(), NO_PERMISSION)]);
    let tagged = with(request(), json!({ "TagsList": [{ "Key": "a", "Value": "b" }] }));
    let cases = [(tagged, "AccessDeniedException"), (request(), "")];
    check(denying("cloudtrail:AddTags"), management, "CreateTrail", cases);
}

#[test]
fn trusted_access_takes_effect_later() {
    let mut world = World::organization().with_propagation(|p| p.trusted_access = 2);
    let create = |world: &mut World| world.refused(management(), "CreateTrail", request(json!({})));
    // Checks before it is enabled do not count.
    assert_eq!(create(&mut world), NO_TRUSTED_ACCESS);
    let mut world = world.with_trusted_access(CLOUDTRAIL);
    assert_eq!(create(&mut world), NO_TRUSTED_ACCESS);
    assert_eq!(create(&mut world), NO_TRUSTED_ACCESS);
    world.done(management(), "CreateTrail", request(json!({})));
}

#[test]
fn only_the_management_account_converts() {
    let to = |organization: bool| json!({ "Name": TRAIL_ARN, "IsOrganizationTrail": organization });
    let own_trail = || {
        let trail = Trail::organization("own").not_organization();
        delegated().with_trail(Trail { account: SECURITY_ACCOUNT.to_owned(), ..trail })
    };
    let own = json!({ "Name": "own", "IsOrganizationTrail": true });
    let no_trusted_access = || account_level().with(|world| world.trusted_access.clear());
    check(delegated, management, "UpdateTrail", [(to(false), "")]);
    check(account_level, management, "UpdateTrail", [(to(true), "")]);
    check(delegated, security, "UpdateTrail", [(to(false), NOT_MANAGEMENT)]);
    check(account_level, security, "UpdateTrail", [(to(true), NOT_MANAGEMENT)]);
    check(no_trusted_access, management, "UpdateTrail", [(to(true), NO_TRUSTED_ACCESS)]);
    check(own_trail, security, "UpdateTrail", [(own, NOT_MANAGEMENT)]);
}

#[test]
fn a_delegates_trail_is_the_management_accounts() {
    let mut world = delegated().with(|world| world.trails.clear());
    let result = world.done(security(), "CreateTrail", request(json!({})));
    assert_eq!(result["TrailARN"], TRAIL_ARN);
    let error = world.call(&security(), "CreateTrail", &request(json!({}))).expect_err("taken");
    assert_eq!(error.code, "TrailAlreadyExistsException");
    assert!(error.message.contains(MANAGEMENT_ACCOUNT), "{error}");
    for (operation, input) in changes(TRAIL_ARN) {
        world.done(security(), operation, input);
    }
    assert!(world.trails.is_empty());
    let without_role = || delegated().with(|world| world.service_linked_roles.clear());
    #[rustfmt::skip]
    let calls = [
        ("CreateTrail", request(json!({ "Name": "Other" })), NO_ROLE),
        ("DeleteTrail", json!({ "Name": TRAIL_ARN }), NO_ROLE),
        ("GetEventSelectors", json!({ "TrailName": TRAIL_ARN }), NO_ROLE),
        ("ListTags", json!({ "ResourceIdList": [TRAIL_ARN] }), NO_ROLE),
        ("ListEventDataStores", json!({}), NO_ROLE),
        ("GetTrail", json!({ "Name": TRAIL_ARN }), ""),
    ];
    for (operation, input, code) in calls {
        check(without_role, security, operation, [(input, code)]);
    }
}

/// Every operation that changes the trail, naming it by `reference`.
#[rustfmt::skip]
fn changes(reference: &str) -> [(&'static str, Value); 9] {
    let tags = json!({ "ResourceId": reference, "TagsList": [{ "Key": "Team", "Value": "a" }] });
    let of_trail = |member: &str, value: Value| json!({ "TrailName": reference, member: value });
    [
        ("AddTags", tags.clone()),
        ("RemoveTags", tags),
        ("UpdateTrail", json!({ "Name": reference, "EnableLogFileValidation": true })),
        ("StopLogging", json!({ "Name": reference })),
        ("StartLogging", json!({ "Name": reference })),
        ("PutEventSelectors", of_trail("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]))),
        ("PutInsightSelectors", of_trail("InsightSelectors", json!([]))),
        ("PutEventConfiguration", of_trail("AggregationConfigurations", json!([]))),
        ("DeleteTrail", json!({ "Name": reference })),
    ]
}

#[test]
fn changes_are_refused_to_all_others() {
    let outside = "CloudTrailARNInvalidException";
    for (operation, input) in changes(TRAIL_ARN) {
        check(account_level, security, operation, [(input.clone(), NOT_MANAGEMENT)]);
        check(with_trail, member, operation, [(input.clone(), NOT_MANAGEMENT)]);
        check(with_trail, stranger, operation, [(input.clone(), outside)]);
        let tags = operation.ends_with("Tags");
        let not_at_home = if tags { outside } else { "InvalidHomeRegionException" };
        check(with_trail, elsewhere, operation, [(input, not_at_home)]);
    }
    for (operation, input) in changes(TRAIL) {
        let tags = operation.ends_with("Tags");
        let code = if tags { outside } else { "TrailNotFoundException" };
        check(delegated, security, operation, [(input, code)]);
    }
    let by_name = [(json!({ "Name": TRAIL }), "InvalidHomeRegionException")];
    check(with_trail, elsewhere, "StopLogging", by_name);
}

#[test]
fn a_member_reads_its_copy() {
    let by_arn = |code: &'static str| [(json!({ "Name": TRAIL_ARN }), code)];
    check(with_trail, member, "GetTrail", by_arn(""));
    check(with_trail, member, "GetTrailStatus", by_arn(""));
    check(with_trail, stranger, "GetTrail", by_arn("CloudTrailARNInvalidException"));
    check(account_level, member, "GetTrail", by_arn("TrailNotFoundException"));
    check(account_level, security, "GetTrail", by_arn("TrailNotFoundException"));
    let by_name = json!({ "Name": TRAIL });
    check(delegated, security, "GetTrail", [(by_name, "TrailNotFoundException")]);
}
