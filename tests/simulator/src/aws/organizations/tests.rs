//! Each rule, kept and broken.

use serde_json::{Value, json};

use crate::aws::{
    CLOUDTRAIL, Trail, World,
    samples::SECURITY_ACCOUNT,
    tests::{NOW, lake, management, member, ready},
};

const ENABLE: &str = "EnableAWSServiceAccess";
const DISABLE: &str = "DisableAWSServiceAccess";
const LIST_ACCESS: &str = "ListAWSServiceAccessForOrganization";
const GUARDDUTY: &str = "guardduty.amazonaws.com";

fn cloudtrail() -> Value {
    json!({ "ServicePrincipal": CLOUDTRAIL })
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
fn unknown_services_and_tokens_are_refused() {
    let typo = json!({ "ServicePrincipal": "cloudtrial.amazonaws.com" });
    #[rustfmt::skip]
    let cases = [
        (ENABLE, typo.clone(), "UNRECOGNIZED_SERVICE_PRINCIPAL"),
        (DISABLE, typo, "UNRECOGNIZED_SERVICE_PRINCIPAL"),
        ("ListAccounts", json!({ "NextToken": "unknown-token" }), "INVALID_NEXT_TOKEN"),
    ];
    for (operation, input, reason) in cases {
        let error = ready().call(&management(), operation, &input).expect_err(operation);
        let expected = ("InvalidInputException", Some(reason));
        assert_eq!((&*error.code, error.reason.as_deref()), expected, "{input}");
    }
}
