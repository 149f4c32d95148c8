//! Each rule, kept and broken.

use serde_json::{Value, json};

use crate::aws::{
    AccountStatus, CLOUDTRAIL, Caller, Trail, World,
    samples::{
        MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, ORGANIZATION_ID, OTHER_MEMBER_ACCOUNT, SECURITY_ACCOUNT,
    },
    tests::{NOW, check, lake, management, member, ready, security, stranger},
};

const ENABLE: &str = "EnableAWSServiceAccess";
const DISABLE: &str = "DisableAWSServiceAccess";
const LIST_ACCESS: &str = "ListAWSServiceAccessForOrganization";
const REGISTER: &str = "RegisterDelegatedAdministrator";
const DEREGISTER: &str = "DeregisterDelegatedAdministrator";
const GUARDDUTY: &str = "guardduty.amazonaws.com";

fn cloudtrail() -> Value {
    json!({ "ServicePrincipal": CLOUDTRAIL })
}

fn delegate(account: &str) -> Value {
    json!({ "AccountId": account, "ServicePrincipal": CLOUDTRAIL })
}

/// Checks the reasons of refusals to the management account; of `InvalidInputException` if the
/// input alone decides.
#[track_caller]
fn check_reason(world: World, operation: &str, input: Value, code: &str, reason: &str) {
    let error = world.clone().call(&management(), operation, &input).expect_err(operation);
    assert_eq!((&*error.code, error.reason.as_deref()), (code, Some(reason)), "{input}");
}

#[track_caller]
fn check_invalid(operation: &str, input: Value, reason: &str) {
    check_reason(ready(), operation, input, "InvalidInputException", reason);
}

#[track_caller]
fn check_violated(world: World, operation: &str, input: Value, reason: &str) {
    check_reason(world, operation, input, "ConstraintViolationException", reason);
}

#[test]
fn every_account_may_describe_the_organization() {
    for caller in [management(), member()] {
        let answer = ready().done(caller, "DescribeOrganization", json!({}));
        assert_eq!(answer["Organization"]["Id"], ORGANIZATION_ID);
        assert_eq!(answer["Organization"]["MasterAccountId"], MANAGEMENT_ACCOUNT);
        assert_eq!(answer["Organization"]["FeatureSet"], "ALL");
    }
    let code = "AWSOrganizationsNotInUseException";
    check(ready, stranger, "DescribeOrganization", [(json!({}), code)]);
}

#[test]
fn changes_are_for_the_management_account() {
    #[rustfmt::skip]
    let calls = [
        (ENABLE, cloudtrail()),
        (DISABLE, cloudtrail()),
        (REGISTER, delegate(MEMBER_ACCOUNT)),
        (DEREGISTER, delegate(MEMBER_ACCOUNT)),
    ];
    for (operation, input) in calls {
        let world = || ready().with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT);
        let denied = [(input.clone(), "AccessDeniedException")];
        check(world, member, operation, denied.clone());
        check(world, security, operation, denied.clone());
        check(|| ready().denying("organizations:*"), management, operation, denied);
        let alone = || ready().without_organization();
        check(alone, management, operation, [(input, "AWSOrganizationsNotInUseException")]);
    }
}

#[test]
fn lists_are_for_delegates_of_any_service() {
    let world = || ready().with_delegated_administrator(GUARDDUTY, SECURITY_ACCOUNT);
    let callers: [(fn() -> Caller, _); 3] =
        [(management, ""), (security, ""), (member, "AccessDeniedException")];
    for operation in ["ListAccounts", LIST_ACCESS, "ListDelegatedAdministrators"] {
        for (caller, code) in callers {
            check(world, caller, operation, [(json!({}), code)]);
        }
    }
}

#[test]
fn trusted_access_is_enabled_once() {
    let mut world = ready();
    world.trusted_access.clear();
    world.done(management(), ENABLE, cloudtrail());
    world.now = world.now.later_by(60);
    world.done(management(), ENABLE, cloudtrail());
    let listed = world.done(management(), LIST_ACCESS, json!({}));
    let expected = json!([{ "ServicePrincipal": CLOUDTRAIL, "DateEnabled": NOW }]);
    assert_eq!(listed["EnabledServicePrincipals"], expected);
    // Enabling does not make the service-linked role.
    assert!(world.service_linked_roles.is_empty());
}

#[test]
fn enabled_access_is_listed_later() {
    let mut world = ready().with_propagation(|p| p.trusted_access_listing = 2);
    world.trusted_access.clear();
    world.done(management(), ENABLE, cloudtrail());
    for count in [0, 0, 1] {
        let listed = world.done(management(), LIST_ACCESS, json!({}));
        assert_eq!(listed["EnabledServicePrincipals"].as_array().map(Vec::len), Some(count));
    }
}

#[test]
fn trusted_access_has_conditions() {
    for operation in [ENABLE, DISABLE] {
        let typo = json!({ "ServicePrincipal": "cloudtrial.amazonaws.com" });
        check_invalid(operation, typo, "UNRECOGNIZED_SERVICE_PRINCIPAL");
        check_invalid(operation, json!({}), "INVALID_PATTERN");
        check_invalid(operation, json!({ "ServicePrincipal": "a b" }), "INVALID_PATTERN");
        let features = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE";
        check_violated(ready().consolidated_billing(), operation, cloudtrail(), features);
    }
}

fn with_everything() -> World {
    ready()
        .with_trail(Trail::organization("OrgTrail"))
        .with_service_linked_role(CLOUDTRAIL)
        .with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT)
        .with_trusted_access(GUARDDUTY)
        .with_event_data_store(lake())
}

#[test]
fn disabling_destroys_what_enabling_does_not_repair() {
    let mut world = with_everything();
    let copy = json!({ "Name": world.trails[0].arn() });
    world.done(member(), "GetTrail", copy.clone());
    world.done(management(), DISABLE, json!({ "ServicePrincipal": GUARDDUTY }));
    assert!(world.trails[0].is_organization_trail);
    for operation in [DISABLE, ENABLE, DISABLE] {
        world.done(management(), operation, cloudtrail());
        assert!(!world.trails[0].is_organization_trail);
        assert!(!world.event_data_stores[0].organization_enabled);
        assert!(world.service_linked_roles.contains(CLOUDTRAIL));
        let gone = world.refused(member(), "GetTrail", copy.clone());
        assert_eq!(gone, "TrailNotFoundException");
    }
    // Disabling what is disabled has no effect.
    world.trails[0].is_organization_trail = true;
    world.done(management(), DISABLE, cloudtrail());
    assert!(world.trails[0].is_organization_trail);
}

#[test]
fn a_delegate_is_registered_listed_and_deregistered() {
    let mut world = ready();
    let input = delegate(SECURITY_ACCOUNT);
    world.done(management(), REGISTER, input.clone());
    assert!(world.service_linked_roles.is_empty());
    let mut listed = |of: Value| {
        let answer = world.done(management(), "ListDelegatedAdministrators", of);
        answer["DelegatedAdministrators"].as_array().expect("a list").clone()
    };
    let [only] = listed(cloudtrail()).try_into().expect("one delegate");
    assert_eq!(
        (&only["Id"], &only["DelegationEnabledDate"]),
        (&json!(SECURITY_ACCOUNT), &json!(NOW))
    );
    let arn = "arn:aws:organizations::111111111111:account/o-exampleorg1/222222222222";
    assert_eq!(only["Arn"], arn);
    assert_eq!(listed(json!({})).len(), 1);
    assert!(listed(json!({ "ServicePrincipal": GUARDDUTY })).is_empty());
    let again = world.refused(management(), REGISTER, input.clone());
    assert_eq!(again, "AccountAlreadyRegisteredException");
    world.done(management(), DEREGISTER, input.clone());
    let gone = world.refused(management(), DEREGISTER, input);
    assert_eq!(gone, "AccountNotRegisteredException");
}

#[test]
fn registering_has_conditions() {
    let mut closed = ready();
    closed.accounts.get_mut(MEMBER_ACCOUNT).expect("a member").status = AccountStatus::Suspended;
    let full = [SECURITY_ACCOUNT, OTHER_MEMBER_ACCOUNT, "555555555555"]
        .iter()
        .fold(ready(), |world, id| world.with_delegated_administrator(CLOUDTRAIL, id));
    #[rustfmt::skip]
    let cases = [
        (ready(), MANAGEMENT_ACCOUNT, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"),
        (World::organization(), MEMBER_ACCOUNT, "SERVICE_ACCESS_NOT_ENABLED"),
        (closed, MEMBER_ACCOUNT, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"),
        (full, MEMBER_ACCOUNT, "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"),
    ];
    for (world, account, reason) in cases {
        check_violated(world, REGISTER, delegate(account), reason);
    }
    check_invalid(REGISTER, delegate("12"), "INVALID_PATTERN");
    let outside = [(delegate("999999999999"), "AccountNotFoundException")];
    check(ready, management, REGISTER, outside);
}

#[test]
fn lists_come_in_pages() {
    let mut world = ready().with_page_size(3);
    let first = world.done(management(), "ListAccounts", json!({}));
    assert_eq!(first["Accounts"].as_array().map(Vec::len), Some(3));
    let next = json!({ "NextToken": first["NextToken"] });
    let second = world.done(management(), "ListAccounts", next);
    assert_eq!(second["Accounts"][0]["Id"], OTHER_MEMBER_ACCOUNT);
    assert_eq!(second.get("NextToken"), None);
    check_invalid("ListAccounts", json!({ "NextToken": "unknown-token" }), "INVALID_NEXT_TOKEN");
}
