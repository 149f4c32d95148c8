//! `Custom::OrgDelegatedAdministrator`: a registration, which has nothing to write an owner on.

mod cures;
mod interruptions;

use serde_json::{Value, json};
use simulator::{
    aws::{Timestamp, World},
    cloudformation::{Event, Stack},
};

use crate::support::{
    AMPLE, BRIEF, CLOUDTRAIL, OrgDelegatedAdministrator, SENTINEL, Scene, assert_attributes,
    assert_mentions, ready,
};

/// The account of the base properties.
const SECURITY: &str = "222222222222";
/// Another one.
const WORKLOAD: &str = "333333333333";
/// A service that has no operations of its own for this.
const SSO: &str = "sso.amazonaws.com";

const REGISTERED: &str = "delegated-administrator/cloudtrail.amazonaws.com/222222222222/registered";
const PREEXISTING: &str =
    "delegated-administrator/cloudtrail.amazonaws.com/222222222222/preexisting";
const INVENTED: &str = "organization-logging-Administrator-1A2B3C4D5E6F";

/// An organization whose security account administers CloudTrail, since long ago.
fn registered() -> World {
    ready().with_delegated_administrator(CLOUDTRAIL, SECURITY)
}

fn create(scene: &Scene) -> Event {
    scene.create(OrgDelegatedAdministrator)
}

fn update(scene: &Scene) -> Event {
    scene.update(OrgDelegatedAdministrator)
}

fn delete(scene: &Scene) -> Event {
    scene.delete(OrgDelegatedAdministrator)
}

/// The ID of a registration that the resource made.
fn id(service: &str, account: &str) -> String {
    format!("delegated-administrator/{service}/{account}/registered")
}

#[tokio::test]
async fn create_registers_with_cloudtrail_and_returns_that_id() {
    let scene = Scene::of(ready()).await;
    let response = scene.succeed(&create(&scene)).await;
    assert_eq!(response.physical_id(), REGISTERED);
    let arn = "arn:aws:organizations::111111111111:account/o-exampleorg1/222222222222";
    let attributes =
        [("AccountArn", arn), ("AccountId", SECURITY), ("ServicePrincipal", CLOUDTRAIL)];
    assert_eq!(response.attribute_names(), attributes.map(|(name, _)| name));
    assert_attributes(&response, &attributes);
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
    assert_eq!(scene.mutations(), ["RegisterOrganizationDelegatedAdmin"]);
    // The operation of Organizations would not have created them.
    let roles = scene.aws.world(|world| world.service_linked_roles.clone());
    assert!(roles.contains(CLOUDTRAIL), "{roles:?}");
}

#[tokio::test]
async fn create_registers_with_organizations_for_other_services() {
    let scene = Scene::of(ready().with_trusted_access(SSO)).await;
    let event = create(&scene).property("ServicePrincipal", SSO);
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), id(SSO, SECURITY));
    assert_eq!(response.attribute("ServicePrincipal"), Some(SSO));
    assert!(scene.administers(SECURITY, SSO) && !scene.administers(SECURITY, CLOUDTRAIL));
    assert_eq!(scene.mutations(), ["RegisterDelegatedAdministrator"]);
}

/// The ID says that the account was registered before.
#[tokio::test]
async fn create_keeps_an_existing_registration() {
    let scene = Scene::of(registered()).await;
    let response = scene.succeed(&create(&scene)).await;
    assert_eq!(response.physical_id(), PREEXISTING);
    assert_eq!(response.attribute_names().len(), 3);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_account_on_a_later_page_is_found() {
    let world = registered().with_delegated_administrator(CLOUDTRAIL, WORKLOAD).with_page_size(1);
    let scene = Scene::of(world).await;
    let event = create(&scene).property("AccountId", WORKLOAD);
    let response = scene.succeed(&event).await;
    let preexisting = PREEXISTING.replace(SECURITY, WORKLOAD);
    assert_eq!(response.physical_id(), preexisting);
}

#[tokio::test]
async fn a_repeated_create_returns_the_same_id() {
    let scene = Scene::of(ready()).await;
    let event = create(&scene);
    let first = scene.succeed(&event).await;
    let repeated = scene.send_again(AMPLE, &event).await;
    assert_eq!(repeated.json(), first.json());
    assert_eq!(scene.mutations().len(), 1);
    // A request that came later found it registered.
    scene.aws.world(|world| {
        let accounts = world.delegated_administrators.get_mut(CLOUDTRAIL);
        let long_ago = Timestamp::from_seconds(1.6e9);
        accounts.expect("one").insert(SECURITY.to_owned(), long_ago);
    });
    assert_eq!(scene.succeed(&create(&scene)).await.physical_id(), PREEXISTING);
}

#[tokio::test]
async fn an_update_that_changes_nothing_makes_no_change() {
    for id in [REGISTERED, PREEXISTING] {
        let scene = Scene::of(registered()).await;
        let event =
            update(&scene).with("PhysicalResourceId", id).property("ServicePrincipal", CLOUDTRAIL);
        let response = scene.succeed(&event).await;
        assert_eq!(response.physical_id(), id);
        assert_eq!(response.attribute_names().len(), 3);
        assert_eq!(scene.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn update_registers_again_and_keeps_the_id() {
    for id in [REGISTERED, PREEXISTING] {
        let scene = Scene::of(ready()).await;
        let event = update(&scene).with("PhysicalResourceId", id);
        assert_eq!(scene.succeed(&event).await.physical_id(), id);
        assert!(scene.administers(SECURITY, CLOUDTRAIL));
    }
}

/// The Delete of the old resource deregisters the first one.
#[tokio::test]
async fn another_account_or_service_replaces_the_registration() {
    let changes = [
        (json!({ "AccountId": WORKLOAD }), CLOUDTRAIL, WORKLOAD),
        (json!({ "AccountId": SECURITY, "ServicePrincipal": SSO }), SSO, SECURITY),
    ];
    for (change, service, account) in changes {
        let scene = Scene::of(ready().with_trusted_access(SSO)).await;
        let mut stack = Stack::new(&scene.endpoint, OrgDelegatedAdministrator, AMPLE);
        let properties = OrgDelegatedAdministrator.properties();
        stack.create(&scene.function, properties).await;
        let exchange = stack.update(&scene.function, change.clone()).await;
        assert!(exchange.is_success(), "{change}: {}", exchange.reason());
        assert_eq!(stack.requests, ["Create", "Update", "Delete"]);
        let new = stack.resource.as_ref().expect("the new registration");
        assert_eq!(new.physical_id, id(service, account));
        assert!(scene.administers(account, service), "{change}");
        assert!(!scene.administers(SECURITY, CLOUDTRAIL), "{change}");
        assert!(stack.delete(&scene.function).await.is_success(), "{change}");
        assert!(!scene.administers(account, service), "{change}");
    }
}

#[tokio::test]
async fn a_failed_replacement_returns_the_old_id() {
    let scene = Scene::of(registered()).await;
    let event = update(&scene).property("AccountId", "999999999999");
    let response = scene.fail_soon(&event).await;
    assert_eq!(response.physical_id(), REGISTERED);
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
}

/// The Create failed, or the ID is one that CloudFormation generated.
#[tokio::test]
async fn an_update_without_a_known_registration_registers() {
    for known in [SENTINEL, INVENTED] {
        let scene = Scene::of(ready()).await;
        let event = update(&scene).with("PhysicalResourceId", known);
        assert_eq!(scene.succeed(&event).await.physical_id(), REGISTERED);
        assert!(scene.administers(SECURITY, CLOUDTRAIL));
        // The Delete of the old ID.
        let event = delete(&scene).with("PhysicalResourceId", known);
        scene.succeed(&event).await;
        assert!(scene.administers(SECURITY, CLOUDTRAIL), "{known}");
    }
}

#[tokio::test]
async fn delete_deregisters_with_the_service_that_registered() {
    let cases = [
        (CLOUDTRAIL, "DeregisterOrganizationDelegatedAdmin"),
        (SSO, "DeregisterDelegatedAdministrator"),
    ];
    for (service, operation) in cases {
        let world = ready()
            .with_trusted_access(service)
            .with_delegated_administrator(service, SECURITY)
            .with_delegated_administrator(service, WORKLOAD);
        let scene = Scene::of(world).await;
        let event = delete(&scene)
            .with("PhysicalResourceId", id(service, SECURITY))
            .property("ServicePrincipal", service);
        scene.succeed(&event).await;
        assert!(!scene.administers(SECURITY, service), "{service}");
        assert!(scene.administers(WORKLOAD, service), "{service}");
        assert_eq!(scene.mutations(), [operation]);
    }
}

#[tokio::test]
async fn delete_leaves_alone_what_it_did_not_register() {
    let untouched = [PREEXISTING, SENTINEL, INVENTED, "delegated-administrator/", "x"];
    for id in untouched {
        let scene = Scene::of(registered()).await;
        let event = delete(&scene).with("PhysicalResourceId", id);
        assert_eq!(scene.succeed(&event).await.physical_id(), id);
        assert!(scene.administers(SECURITY, CLOUDTRAIL), "{id}");
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{id}");
    }
}

#[tokio::test]
async fn deleting_what_is_gone_only_looks() {
    let off = ready().with(|world| world.trusted_access.clear());
    for world in [ready(), off, ready().without_organization()] {
        for service in [CLOUDTRAIL, SSO] {
            let scene = Scene::of(world.clone()).await;
            let event = delete(&scene).with("PhysicalResourceId", id(service, SECURITY));
            let response = scene.send_within(BRIEF, &event).await;
            assert!(response.is_success(), "{service}: {}", response.reason());
            assert_eq!(scene.aws.operations(), ["ListDelegatedAdministrators"], "{service}");
        }
    }
}

/// CloudTrail refuses its own operation without trusted access.
#[tokio::test]
async fn delete_deregisters_with_organizations_without_trusted_access() {
    let scene = Scene::of(registered().with(|world| world.trusted_access.clear())).await;
    let response = scene.send_within(BRIEF, &delete(&scene)).await;
    assert!(response.is_success(), "{}", response.reason());
    assert!(!scene.administers(SECURITY, CLOUDTRAIL));
    let calls = ["DeregisterOrganizationDelegatedAdmin", "DeregisterDelegatedAdministrator"];
    assert_eq!(scene.mutations(), calls);
}

#[tokio::test]
async fn delete_uses_the_id_and_not_the_properties() {
    let spoilt =
        [json!({ "AccountId": WORKLOAD }), json!({ "AccountId": [], "Zebra": "1" }), json!({})];
    for properties in spoilt {
        let world = registered().with_delegated_administrator(CLOUDTRAIL, WORKLOAD);
        let scene = Scene::of(world).await;
        let event = delete(&scene).properties(properties.clone());
        scene.succeed(&event).await;
        assert!(!scene.administers(SECURITY, CLOUDTRAIL), "{properties}");
        assert!(scene.administers(WORKLOAD, CLOUDTRAIL), "{properties}");
    }
}

/// Why a Create with these properties fails, before any call.
async fn problem(scene: &Scene, properties: Value) -> String {
    let response = scene.fail(&create(scene).properties(properties)).await;
    assert_eq!(response.physical_id(), SENTINEL);
    response.reason().to_owned()
}

#[tokio::test]
async fn an_account_id_is_required() {
    let scene = Scene::of(ready()).await;
    for properties in [json!({}), json!({ "AccountId": [SECURITY] })] {
        assert_mentions(&problem(&scene, properties).await, &["AccountId"]);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn one_message_lists_all_problems_of_the_properties() {
    let scene = Scene::of(ready()).await;
    let properties = json!({
        "AccountId": "2222",
        "ServicePrincipal": "cloud trail",
        "AcountId": SECURITY,
        "Zebra": "1",
    });
    let reason = problem(&scene, properties).await;
    let expected = ["12 digits", "ServicePrincipal", "AcountId (did you mean AccountId?)", "Zebra"];
    assert_mentions(&reason, &expected);
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}
