//! What an organization trail needs of its organization, and who may make one.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, delegated, request, with_trail};
use crate::aws::{
    CLOUDTRAIL, CLOUDTRAIL_EVENT_CONTEXT, Caller, Trail, World,
    samples::{MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, OTHER_MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
    tests::{done, management, member, ready, refused, security, stranger},
};

fn create(world: &mut World, caller: &Caller) -> String {
    refused(world, caller, "CreateTrail", request(json!({})))
}

#[test]
fn an_organization_trail_needs_the_organization_and_its_consent() {
    let cases = [
        (
            ready().without_organization(),
            "OrganizationsNotInUseException",
        ),
        (
            ready().consolidated_billing(),
            "OrganizationNotInAllFeaturesModeException",
        ),
        (World::organization(), "CloudTrailAccessNotEnabledException"),
    ];
    for (mut world, code) in cases {
        assert_eq!(create(&mut world, &management()), code);
        let alone = request(json!({ "IsOrganizationTrail": false }));
        done(&mut world, &management(), "CreateTrail", alone);
    }
}

#[test]
fn only_the_management_account_or_its_delegate_makes_one() {
    let mut world = ready();
    let code = "NotOrganizationMasterAccountException";
    assert_eq!(create(&mut world, &member()), code);
    assert_eq!(create(&mut world, &security()), code);
    assert_eq!(
        create(&mut world, &stranger()),
        "OrganizationsNotInUseException"
    );
    done(&mut world, &management(), "CreateTrail", request(json!({})));
}

#[test]
fn the_first_one_makes_the_service_linked_role() {
    let mut world = ready();
    assert!(!world.service_linked_roles.contains(CLOUDTRAIL));
    done(&mut world, &management(), "CreateTrail", request(json!({})));
    assert!(world.service_linked_roles.contains(CLOUDTRAIL));
}

#[test]
fn a_caller_without_the_permissions_behind_it_is_refused() {
    let insufficient = "InsufficientDependencyServiceAccessPermissionException";
    for action in [
        "organizations:*",
        "iam:GetRole",
        "iam:CreateServiceLinkedRole",
    ] {
        assert_eq!(
            create(&mut ready().denying(action), &management()),
            insufficient,
            "{action}"
        );
    }
    // The role that is there already need not be made.
    let world = ready().denying("iam:CreateServiceLinkedRole");
    let mut world = world.with_service_linked_role(CLOUDTRAIL);
    done(&mut world, &management(), "CreateTrail", request(json!({})));
}

#[test]
fn a_caller_without_the_permission_itself_is_told_so_by_iam() {
    let mut world = ready().denying("cloudtrail:Create*");
    let error = world
        .call(&management(), "CreateTrail", &request(json!({})))
        .expect_err("refused");
    assert_eq!(
        (error.status, error.code.as_str()),
        (400, "AccessDeniedException")
    );
    let said = "is not authorized to perform: cloudtrail:CreateTrail on resource: ";
    assert!(
        error.message.contains(&format!("{said}{TRAIL_ARN}")),
        "{}",
        error.message
    );
    let tagged = request(json!({ "TagsList": [{ "Key": "a", "Value": "b" }] }));
    let mut world = ready().denying("cloudtrail:AddTags");
    assert_eq!(
        refused(&mut world, &management(), "CreateTrail", tagged),
        "AccessDeniedException"
    );
    done(&mut world, &management(), "CreateTrail", request(json!({})));
}

#[test]
fn trusted_access_takes_some_attempts_to_be_seen() {
    let mut world = ready().with_propagation(|p| p.trusted_access = 2);
    for _ in 0..2 {
        assert_eq!(
            create(&mut world, &management()),
            "CloudTrailAccessNotEnabledException"
        );
    }
    done(&mut world, &management(), "CreateTrail", request(json!({})));
}

#[test]
fn looks_at_trusted_access_that_is_off_do_not_count() {
    let mut world = World::organization().with_propagation(|p| p.trusted_access = 1);
    assert_eq!(
        create(&mut world, &management()),
        "CloudTrailAccessNotEnabledException"
    );
    assert_eq!(world.propagation.trusted_access, 1);
}

#[test]
fn the_management_account_converts_in_both_directions() {
    let mut world = with_trail();
    let to = |organization: bool| json!({ "Name": TRAIL, "IsOrganizationTrail": organization });
    done(&mut world, &management(), "UpdateTrail", to(false));
    assert!(!world.trails[0].is_organization_trail);
    done(&mut world, &management(), "UpdateTrail", to(true));
    assert!(world.trails[0].is_organization_trail);
    world.trusted_access.clear();
    world.trails[0].is_organization_trail = false;
    let code = refused(&mut world, &management(), "UpdateTrail", to(true));
    assert_eq!(code, "CloudTrailAccessNotEnabledException");
}

#[test]
fn a_delegate_does_not_convert() {
    let code = "NotOrganizationMasterAccountException";
    let to = |organization: bool| json!({ "Name": TRAIL_ARN, "IsOrganizationTrail": organization });
    assert_eq!(
        refused(&mut delegated(), &security(), "UpdateTrail", to(false)),
        code
    );
    let mut world = delegated();
    world.trails[0].is_organization_trail = false;
    assert_eq!(
        refused(&mut world, &security(), "UpdateTrail", to(true)),
        code
    );
    let own = Trail {
        account: SECURITY_ACCOUNT.to_owned(),
        ..Trail::organization("own")
    };
    let mut world = delegated().with_trail(own.not_organization());
    let to_organization = json!({ "Name": "own", "IsOrganizationTrail": true });
    assert_eq!(
        refused(&mut world, &security(), "UpdateTrail", to_organization),
        code
    );
}

#[test]
fn a_delegates_trail_belongs_to_the_management_account() {
    let mut world = delegated();
    world.trails.clear();
    let answer = done(&mut world, &security(), "CreateTrail", request(json!({})));
    assert_eq!(answer["TrailARN"], TRAIL_ARN);
    let error = world
        .call(&security(), "CreateTrail", &request(json!({})))
        .expect_err("taken");
    assert_eq!(error.code, "TrailAlreadyExistsException");
    assert!(
        error.message.contains(MANAGEMENT_ACCOUNT),
        "{}",
        error.message
    );
}

#[test]
fn a_delegate_registered_through_organizations_misses_the_role() {
    let mut world = ready().with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT);
    let code = "NoManagementAccountSLRExistsException";
    assert_eq!(create(&mut world, &security()), code);
    world.trails.push(Trail::organization(TRAIL));
    let calls = [
        ("DeleteTrail", json!({ "Name": TRAIL_ARN })),
        ("DescribeTrails", json!({})),
        ("GetEventSelectors", json!({ "TrailName": TRAIL_ARN })),
        ("ListTags", json!({ "ResourceIdList": [TRAIL_ARN] })),
        ("ListEventDataStores", json!({})),
    ];
    for (operation, input) in calls {
        assert_eq!(
            refused(&mut world, &security(), operation, input),
            code,
            "{operation}"
        );
    }
    done(
        &mut world,
        &security(),
        "GetTrail",
        json!({ "Name": TRAIL_ARN }),
    );
}

fn register(account: &str) -> Value {
    json!({ "MemberAccountId": account })
}

#[test]
fn registering_through_cloudtrail_makes_both_roles() {
    let mut world = ready();
    let operation = "RegisterOrganizationDelegatedAdmin";
    done(
        &mut world,
        &management(),
        operation,
        register(SECURITY_ACCOUNT),
    );
    assert!(world.is_delegated_administrator(SECURITY_ACCOUNT));
    assert!(world.service_linked_roles.contains(CLOUDTRAIL));
    assert!(
        world
            .service_linked_roles
            .contains(CLOUDTRAIL_EVENT_CONTEXT)
    );
    let again = refused(
        &mut world,
        &management(),
        operation,
        register(SECURITY_ACCOUNT),
    );
    assert_eq!(again, "AccountRegisteredException");
}

#[test]
fn registering_through_cloudtrail_has_its_conditions() {
    let member_is = register(MEMBER_ACCOUNT);
    let cases = [
        (
            ready(),
            member(),
            member_is.clone(),
            "NotOrganizationManagementAccountException",
        ),
        (
            ready(),
            management(),
            register("12345"),
            "InvalidParameterException",
        ),
        (
            ready(),
            management(),
            register("999999999999"),
            "AccountNotFoundException",
        ),
        (
            ready(),
            management(),
            register(MANAGEMENT_ACCOUNT),
            "CannotDelegateManagementAccountException",
        ),
        (
            World::organization(),
            management(),
            member_is.clone(),
            "CloudTrailAccessNotEnabledException",
        ),
        (
            ready().consolidated_billing(),
            management(),
            member_is.clone(),
            "OrganizationNotInAllFeaturesModeException",
        ),
        (
            ready().without_organization(),
            management(),
            member_is.clone(),
            "OrganizationsNotInUseException",
        ),
        (
            ready().denying("iam:CreateServiceLinkedRole"),
            management(),
            member_is.clone(),
            "InsufficientIAMAccessPermissionException",
        ),
        (
            ready().denying("organizations:RegisterDelegatedAdministrator"),
            management(),
            member_is,
            "InsufficientDependencyServiceAccessPermissionException",
        ),
    ];
    for (mut world, caller, input, code) in cases {
        let operation = "RegisterOrganizationDelegatedAdmin";
        assert_eq!(refused(&mut world, &caller, operation, input), code);
    }
}

#[test]
fn there_are_three_delegates_at_most() {
    let mut world = ready();
    let mut fifth = world.accounts[MEMBER_ACCOUNT].clone();
    fifth.name = "Fifth".to_owned();
    world.accounts.insert("555555555555".to_owned(), fifth);
    let operation = "RegisterOrganizationDelegatedAdmin";
    for account in [SECURITY_ACCOUNT, MEMBER_ACCOUNT, OTHER_MEMBER_ACCOUNT] {
        done(&mut world, &management(), operation, register(account));
    }
    let code = refused(
        &mut world,
        &management(),
        operation,
        register("555555555555"),
    );
    assert_eq!(code, "DelegatedAdminAccountLimitExceededException");
}

#[test]
fn deregistering_leaves_the_trails() {
    let mut world = delegated();
    let operation = "DeregisterOrganizationDelegatedAdmin";
    let input = json!({ "DelegatedAdminAccountId": SECURITY_ACCOUNT });
    done(&mut world, &management(), operation, input.clone());
    assert!(!world.is_delegated_administrator(SECURITY_ACCOUNT));
    assert_eq!(world.trails.len(), 1);
    let again = refused(&mut world, &management(), operation, input.clone());
    assert_eq!(again, "AccountNotRegisteredException");
    let by_member = refused(
        &mut world,
        &Caller::new(MEMBER_ACCOUNT, REGION),
        operation,
        input,
    );
    assert_eq!(by_member, "NotOrganizationManagementAccountException");
}
