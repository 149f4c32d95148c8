//! Each rule, kept and broken.

use serde_json::{Value, json};

use crate::aws::{
    AccountStatus, CLOUDTRAIL, EventDataStore, ServiceError, Trail, World,
    samples::{
        MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, ORGANIZATION_ID, OTHER_MEMBER_ACCOUNT, SECURITY_ACCOUNT,
    },
    tests::{NOW, done, management, member, ready, refused, security, stranger},
};

fn cloudtrail() -> Value {
    json!({ "ServicePrincipal": CLOUDTRAIL })
}

fn delegate(account: &str) -> Value {
    json!({ "AccountId": account, "ServicePrincipal": CLOUDTRAIL })
}

/// Code and reason of a refusal.
fn reason(mut world: World, operation: &str, input: Value) -> (String, Option<String>) {
    let ServiceError { code, reason, .. } = world
        .call(&management(), operation, &input)
        .expect_err(operation);
    (code, reason)
}

fn because(code: &str, reason: &str) -> (String, Option<String>) {
    (code.to_owned(), Some(reason.to_owned()))
}

#[test]
fn every_account_of_the_organization_may_look_at_it() {
    for caller in [management(), member()] {
        let answer = done(&mut ready(), &caller, "DescribeOrganization", json!({}));
        assert_eq!(answer["Organization"]["Id"], ORGANIZATION_ID);
        assert_eq!(
            answer["Organization"]["MasterAccountId"],
            MANAGEMENT_ACCOUNT
        );
        assert_eq!(answer["Organization"]["FeatureSet"], "ALL");
    }
    let code = refused(&mut ready(), &stranger(), "DescribeOrganization", json!({}));
    assert_eq!(code, "AWSOrganizationsNotInUseException");
}

#[test]
fn what_is_only_for_the_management_account_is_refused_to_others() {
    let calls = [
        ("EnableAWSServiceAccess", cloudtrail()),
        ("DisableAWSServiceAccess", cloudtrail()),
        ("RegisterDelegatedAdministrator", delegate(MEMBER_ACCOUNT)),
        ("DeregisterDelegatedAdministrator", delegate(MEMBER_ACCOUNT)),
    ];
    for (operation, input) in calls {
        for caller in [member(), security()] {
            let mut world = ready().with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT);
            let code = refused(&mut world, &caller, operation, input.clone());
            assert_eq!(code, "AccessDeniedException", "{operation}");
        }
        let code = refused(
            &mut ready().without_organization(),
            &management(),
            operation,
            input,
        );
        assert_eq!(code, "AWSOrganizationsNotInUseException", "{operation}");
    }
}

#[test]
fn lists_are_for_the_management_account_and_delegates_of_any_service() {
    let lists = [
        "ListAccounts",
        "ListAWSServiceAccessForOrganization",
        "ListDelegatedAdministrators",
    ];
    for operation in lists {
        let mut world =
            ready().with_delegated_administrator("guardduty.amazonaws.com", SECURITY_ACCOUNT);
        done(&mut world, &management(), operation, json!({}));
        done(&mut world, &security(), operation, json!({}));
        let code = refused(&mut world, &member(), operation, json!({}));
        assert_eq!(code, "AccessDeniedException", "{operation}");
    }
}

#[test]
fn trusted_access_is_enabled_once_and_dated() {
    let mut world = World::organization().at(crate::aws::Timestamp::from_seconds(NOW));
    done(
        &mut world,
        &management(),
        "EnableAWSServiceAccess",
        cloudtrail(),
    );
    world.now = crate::aws::Timestamp::from_seconds(NOW + 60.0);
    done(
        &mut world,
        &management(),
        "EnableAWSServiceAccess",
        cloudtrail(),
    );
    let listed = done(
        &mut world,
        &management(),
        "ListAWSServiceAccessForOrganization",
        json!({}),
    );
    let expected = json!([{ "ServicePrincipal": CLOUDTRAIL, "DateEnabled": NOW }]);
    assert_eq!(listed["EnabledServicePrincipals"], expected);
    assert!(
        !world.service_linked_roles.contains(CLOUDTRAIL),
        "not made by enabling"
    );
}

#[test]
fn enabled_access_takes_some_listings_to_be_seen() {
    let mut world = ready().with_propagation(|p| p.trusted_access_listing = 2);
    world.trusted_access.clear();
    done(
        &mut world,
        &management(),
        "EnableAWSServiceAccess",
        cloudtrail(),
    );
    let mut seen = Vec::new();
    for _ in 0..3 {
        let operation = "ListAWSServiceAccessForOrganization";
        let listed = done(&mut world, &management(), operation, json!({}));
        seen.push(
            listed["EnabledServicePrincipals"]
                .as_array()
                .expect("a list")
                .len(),
        );
    }
    assert_eq!(seen, [0, 0, 1]);
}

#[test]
fn trusted_access_has_conditions() {
    for operation in ["EnableAWSServiceAccess", "DisableAWSServiceAccess"] {
        let typo = json!({ "ServicePrincipal": "cloudtrial.amazonaws.com" });
        let unknown = because("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL");
        assert_eq!(reason(ready(), operation, typo), unknown);
        let pattern = because("InvalidInputException", "INVALID_PATTERN");
        for malformed in [json!({}), json!({ "ServicePrincipal": "a b" })] {
            assert_eq!(reason(ready(), operation, malformed), pattern);
        }
        let billing = ready().consolidated_billing();
        let features = because(
            "ConstraintViolationException",
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        );
        assert_eq!(reason(billing, operation, cloudtrail()), features);
    }
}

fn with_everything() -> World {
    ready()
        .with_trail(Trail::organization("OrgTrail"))
        .with_service_linked_role(CLOUDTRAIL)
        .with_delegated_administrator(CLOUDTRAIL, SECURITY_ACCOUNT)
        .with_trusted_access("guardduty.amazonaws.com")
        .with_event_data_store(EventDataStore {
            account: MANAGEMENT_ACCOUNT.to_owned(),
            region: "us-east-1".to_owned(),
            id: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
            name: "lake".to_owned(),
            organization_enabled: true,
            status: "ENABLED".to_owned(),
        })
}

#[test]
fn disabling_destroys_and_enabling_does_not_repair() {
    let mut world = with_everything();
    let arn = world.trails[0].arn();
    done(&mut world, &member(), "GetTrail", json!({ "Name": arn }));
    done(
        &mut world,
        &management(),
        "DisableAWSServiceAccess",
        cloudtrail(),
    );
    for _ in 0..2 {
        assert!(!world.trails[0].is_organization_trail);
        assert!(!world.event_data_stores[0].organization_enabled);
        assert!(world.service_linked_roles.contains(CLOUDTRAIL));
        let copy = refused(&mut world, &member(), "GetTrail", json!({ "Name": arn }));
        assert_eq!(copy, "TrailNotFoundException");
        done(
            &mut world,
            &management(),
            "EnableAWSServiceAccess",
            cloudtrail(),
        );
    }
}

#[test]
fn disabling_another_service_or_what_is_off_destroys_nothing() {
    let mut world = with_everything();
    let guardduty = json!({ "ServicePrincipal": "guardduty.amazonaws.com" });
    done(
        &mut world,
        &management(),
        "DisableAWSServiceAccess",
        guardduty,
    );
    assert!(world.trails[0].is_organization_trail);
    let mut world = World::organization();
    done(
        &mut world,
        &management(),
        "DisableAWSServiceAccess",
        cloudtrail(),
    );
}

#[test]
fn disabling_may_be_refused_while_there_are_delegates() {
    let mut world = with_everything();
    world.disabling_needs_no_delegated_administrators = true;
    let refusal = because(
        "ConstraintViolationException",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
    );
    assert_eq!(
        reason(world.clone(), "DisableAWSServiceAccess", cloudtrail()),
        refusal
    );
    let input = delegate(SECURITY_ACCOUNT);
    done(
        &mut world,
        &management(),
        "DeregisterDelegatedAdministrator",
        input,
    );
    done(
        &mut world,
        &management(),
        "DisableAWSServiceAccess",
        cloudtrail(),
    );
}

#[test]
fn a_delegate_is_registered_without_roles_listed_and_deregistered() {
    let mut world = ready();
    let input = delegate(SECURITY_ACCOUNT);
    done(
        &mut world,
        &management(),
        "RegisterDelegatedAdministrator",
        input.clone(),
    );
    assert!(world.service_linked_roles.is_empty());
    let listed = done(
        &mut world,
        &management(),
        "ListDelegatedAdministrators",
        cloudtrail(),
    );
    let [only] = listed["DelegatedAdministrators"]
        .as_array()
        .expect("a list")
        .as_slice()
    else {
        panic!("one delegate: {listed}")
    };
    assert_eq!(only["Id"], SECURITY_ACCOUNT);
    let arn = "arn:aws:organizations::111111111111:account/o-exampleorg1/222222222222";
    assert_eq!(only["Arn"], arn);
    assert_eq!(only["DelegationEnabledDate"], NOW);
    let other = json!({ "ServicePrincipal": "guardduty.amazonaws.com" });
    let listed = done(
        &mut world,
        &management(),
        "ListDelegatedAdministrators",
        other,
    );
    assert_eq!(listed["DelegatedAdministrators"], json!([]));
    let operation = "RegisterDelegatedAdministrator";
    let again = refused(&mut world, &management(), operation, input.clone());
    assert_eq!(again, "AccountAlreadyRegisteredException");
    done(
        &mut world,
        &management(),
        "DeregisterDelegatedAdministrator",
        input.clone(),
    );
    let gone = refused(
        &mut world,
        &management(),
        "DeregisterDelegatedAdministrator",
        input,
    );
    assert_eq!(gone, "AccountNotRegisteredException");
}

#[test]
fn registering_has_conditions() {
    let violated = |reason: &str| because("ConstraintViolationException", reason);
    let operation = "RegisterDelegatedAdministrator";
    assert_eq!(
        reason(ready(), operation, delegate(MANAGEMENT_ACCOUNT)),
        violated("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    );
    assert_eq!(
        reason(World::organization(), operation, delegate(MEMBER_ACCOUNT)),
        violated("SERVICE_ACCESS_NOT_ENABLED")
    );
    let mut closed = ready();
    closed
        .accounts
        .get_mut(MEMBER_ACCOUNT)
        .expect("a member")
        .status = AccountStatus::Suspended;
    assert_eq!(
        reason(closed, operation, delegate(MEMBER_ACCOUNT)),
        violated("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    );
    let mut full = ready();
    for account in [SECURITY_ACCOUNT, OTHER_MEMBER_ACCOUNT, "555555555555"] {
        full = full.with_delegated_administrator(CLOUDTRAIL, account);
    }
    assert_eq!(
        reason(full, operation, delegate(MEMBER_ACCOUNT)),
        violated("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED")
    );
    let outside = refused(
        &mut ready(),
        &management(),
        operation,
        delegate("999999999999"),
    );
    assert_eq!(outside, "AccountNotFoundException");
    let malformed = because("InvalidInputException", "INVALID_PATTERN");
    assert_eq!(reason(ready(), operation, delegate("12")), malformed);
}

#[test]
fn lists_come_in_pages() {
    let mut world = ready().with_page_size(3);
    let first = done(&mut world, &management(), "ListAccounts", json!({}));
    assert_eq!(first["Accounts"].as_array().map(Vec::len), Some(3));
    let next = json!({ "NextToken": first["NextToken"] });
    let second = done(&mut world, &management(), "ListAccounts", next);
    assert_eq!(second["Accounts"][0]["Id"], OTHER_MEMBER_ACCOUNT);
    assert_eq!(second.get("NextToken"), None);
    let cases = [
        (json!({ "MaxResults": 21 }), "MAX_VALUE_EXCEEDED"),
        (json!({ "MaxResults": 0 }), "MIN_VALUE_EXCEEDED"),
        (json!({ "NextToken": "made up" }), "INVALID_NEXT_TOKEN"),
    ];
    for (input, why) in cases {
        let refusal = because("InvalidInputException", why);
        assert_eq!(reason(ready(), "ListAccounts", input), refusal);
    }
}

#[test]
fn a_caller_without_the_permission_is_denied() {
    for operation in ["DescribeOrganization", "EnableAWSServiceAccess"] {
        let mut world = ready().denying("organizations:*");
        let code = refused(&mut world, &management(), operation, cloudtrail());
        assert_eq!(code, "AccessDeniedException");
    }
}
