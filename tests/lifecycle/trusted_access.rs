//! `Custom::OrgTrustedAccess`: a switch that others lean on.

use futures_util::future::join_all;
use serde_json::json;
use simulator::{
    aws::{EventDataStore, Fault, Trail, World},
    cloudformation::{ResponseUrl, Stack},
};

use crate::support::{
    AMPLE, BRIEF, CLOUDTRAIL, OrgTrustedAccess, REGION, SENTINEL, Scene, assert_mentions, old_url,
    unowned,
};

const ENABLED: &str = "trusted-access/cloudtrail.amazonaws.com/enabled";
const PREEXISTING: &str = "trusted-access/cloudtrail.amazonaws.com/preexisting";

/// An organization in which this resource switched trusted access on.
fn switched_on() -> World {
    World::organization().with_trusted_access(CLOUDTRAIL)
}

#[tokio::test]
async fn create_enables_trusted_access_and_returns_that_id() {
    let scene = Scene::of(World::organization()).await;
    let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(answer.physical_id(), ENABLED);
    assert!(scene.trusts(CLOUDTRAIL));
    let attributes = [
        ("ServicePrincipal", CLOUDTRAIL),
        ("OrganizationId", "o-exampleorg1"),
        ("ManagementAccountId", "111111111111"),
        ("Preexisting", "false"),
    ];
    for (name, value) in attributes {
        assert_eq!(answer.attribute(name), Some(value), "{name}");
    }
    let date = answer.attribute("DateEnabled").unwrap_or_default();
    assert!(date.starts_with("20") && date.contains('T'), "an ISO 8601 time, not {date}");
    assert_eq!(scene.mutations(), ["EnableAWSServiceAccess"]);
}

/// The ID says that trusted access was enabled before.
#[tokio::test]
async fn create_keeps_trusted_access_that_is_enabled() {
    let scene = Scene::of(switched_on()).await;
    let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(answer.physical_id(), PREEXISTING);
    assert_eq!(answer.attribute("Preexisting"), Some("true"));
    assert_eq!(answer.attribute("DateEnabled"), Some("2020-01-01T00:00:00Z"));
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_repeated_create_returns_the_same_id() {
    let scene = Scene::of(World::organization()).await;
    let event = scene.create(OrgTrustedAccess);
    let first = scene.succeed(&event).await;
    let repeated = scene.send_again(AMPLE, &event).await;
    assert_eq!(repeated.json(), first.json());
    // A request that came later found it switched on.
    let mut later = scene.aws.world(|world| world.trusted_access.clone());
    later.insert(CLOUDTRAIL.to_owned(), simulator::aws::Timestamp::from_seconds(1.6e9));
    scene.aws.world(|world| world.trusted_access = later);
    let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(answer.physical_id(), PREEXISTING);
}

#[tokio::test]
async fn either_kind_of_url_identifies_a_repeated_create() {
    let scene = Scene::of(World::organization()).await;
    let older = ResponseUrl::signed_the_older_way(&scene.endpoint.origin(), BRIEF);
    for url in [old_url(&scene.endpoint, BRIEF), older] {
        scene.aws.world(|world| world.trusted_access.clear());
        scene.succeed(&scene.create(OrgTrustedAccess)).await;
        let answer = scene.succeed(&scene.create(OrgTrustedAccess).answered_at(&url)).await;
        assert_eq!(answer.physical_id(), ENABLED);
    }
}

#[tokio::test]
async fn any_service_principal_on_any_page_works() {
    let mut world = World::organization().with_page_size(2);
    for service in ["a", "b", "c", "sso"] {
        world = world.with_trusted_access(&format!("{service}.amazonaws.com"));
    }
    let scene = Scene::of(world).await;
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", "sso.amazonaws.com");
    let answer = scene.succeed(&event).await;
    assert_eq!(answer.physical_id(), "trusted-access/sso.amazonaws.com/preexisting");
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", "config.amazonaws.com");
    let answer = scene.succeed(&event).await;
    assert_eq!(answer.physical_id(), "trusted-access/config.amazonaws.com/enabled");
}

#[tokio::test]
async fn services_with_own_operations_are_refused() {
    let services = [
        ("ram.amazonaws.com", "EnableSharingWithAwsOrganization", "aws ram"),
        ("servicecatalog.amazonaws.com", "EnableAWSOrganizationsAccess", "aws servicecatalog"),
        (
            "stacksets.cloudformation.amazonaws.com",
            "ActivateOrganizationsAccess",
            "aws cloudformation activate-organizations-access",
        ),
        (
            "member.org.stacksets.cloudformation.amazonaws.com",
            "ActivateOrganizationsAccess",
            "aws cloudformation activate-organizations-access",
        ),
        ("health.amazonaws.com", "EnableHealthServiceAccessForOrganization", "aws health"),
        ("ipam.amazonaws.com", "EnableIpamOrganizationAdminAccount", "aws ec2"),
        ("license-manager.amazonaws.com", "UpdateServiceSettings", "aws license-manager"),
        (
            "license-manager.member-account.amazonaws.com",
            "UpdateServiceSettings",
            "aws license-manager",
        ),
    ];
    for (service, operation, command) in services {
        let scene = Scene::of(World::organization()).await;
        let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", service);
        let answer = scene.fail(&event).await;
        assert_eq!(answer.physical_id(), SENTINEL);
        assert_mentions(answer.reason(), &[service, operation, command]);
        assert_eq!(scene.mutations(), Vec::<String>::new());
        scene.aws.world(|world| *world = World::organization().with_trusted_access(service));
        let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", service);
        let answer = scene.succeed(&event).await;
        assert_eq!(answer.physical_id(), format!("trusted-access/{service}/preexisting"));
    }
}

/// IAM's operations for root access require that trusted access is enabled first.
#[tokio::test]
async fn trusted_access_for_iam_is_enabled() {
    let scene = Scene::of(World::organization()).await;
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", "iam.amazonaws.com");
    assert_eq!(
        scene.succeed(&event).await.physical_id(),
        "trusted-access/iam.amazonaws.com/enabled"
    );
}

#[tokio::test]
async fn update_enables_again_and_keeps_the_id() {
    for id in [ENABLED, PREEXISTING] {
        let scene = Scene::of(World::organization()).await;
        let event = scene.update(OrgTrustedAccess).with("PhysicalResourceId", id);
        let answer = scene.succeed(&event).await;
        assert_eq!(answer.physical_id(), id);
        assert_eq!(answer.attribute_names().len(), 5);
        assert!(scene.trusts(CLOUDTRAIL));
        scene.aws.forget_calls();
        let event = scene
            .update(OrgTrustedAccess)
            .with("PhysicalResourceId", id)
            .property("DeleteBehavior", "Disable");
        assert_eq!(scene.succeed(&event).await.physical_id(), id);
        assert_eq!(scene.mutations(), Vec::<String>::new());
    }
}

/// The Delete of the old resource leaves trusted access of the first service enabled.
#[tokio::test]
async fn another_service_replaces_and_keeps_the_first() {
    let scene = Scene::of(World::organization()).await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrustedAccess, AMPLE);
    stack.create(&scene.function, json!({})).await;
    stack.update(&scene.function, json!({ "ServicePrincipal": "sso.amazonaws.com" })).await;
    assert_eq!(stack.requests(), ["Create", "Update", "Delete"]);
    assert!(scene.trusts(CLOUDTRAIL) && scene.trusts("sso.amazonaws.com"));
}

/// The default is to keep trusted access. Delete never disables what was enabled before Create.
#[tokio::test]
async fn delete_keeps_by_default_and_what_existed_before() {
    let cases = [(ENABLED, None), (ENABLED, Some("Keep")), (PREEXISTING, Some("Disable"))];
    for (id, behavior) in cases {
        let scene = Scene::of(switched_on()).await;
        let mut event = scene.delete(OrgTrustedAccess).with("PhysicalResourceId", id);
        if let Some(behavior) = behavior {
            event = event.property("DeleteBehavior", behavior);
        }
        assert_eq!(scene.succeed(&event).await.physical_id(), id);
        assert!(scene.trusts(CLOUDTRAIL), "{id} {behavior:?}");
        assert_eq!(scene.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn delete_disables_on_request_also_when_repeated() {
    let scene = Scene::of(switched_on()).await;
    for _ in 0..2 {
        let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
        assert_eq!(scene.succeed(&event).await.physical_id(), ENABLED);
        assert!(!scene.trusts(CLOUDTRAIL));
    }
}

fn event_data_store(organization_enabled: bool) -> EventDataStore {
    EventDataStore {
        account: "111111111111".to_owned(),
        region: "ap-southeast-2".to_owned(),
        id: "11111111-2222-3333-4444-555555555555".to_owned(),
        name: "org-lake".to_owned(),
        organization_enabled,
        status: "ENABLED".to_owned(),
    }
}

#[tokio::test]
async fn delete_names_dependents_and_refuses_to_disable() {
    let elsewhere = Trail {
        is_multi_region_trail: false,
        ..Trail::organization("control-tower").in_region("ap-southeast-2")
    };
    let dependents = [
        (switched_on().with_trail(unowned()), "org-trail"),
        (switched_on().with_trail(elsewhere), "control-tower"),
        (switched_on().with_event_data_store(event_data_store(true)), "eventdatastore/11111111"),
        (switched_on().with_delegated_administrator(CLOUDTRAIL, "222222222222"), "222222222222"),
    ];
    for (world, name) in dependents {
        let scene = Scene::of(world).await;
        let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
        let answer = scene.fail(&event).await;
        assert_eq!(answer.physical_id(), ENABLED);
        assert_mentions(answer.reason(), &[name, CLOUDTRAIL]);
        assert!(scene.trusts(CLOUDTRAIL), "{name}");
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{name}");
        let keep = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Keep");
        scene.succeed(&keep).await;
    }
}

#[tokio::test]
async fn a_dependent_on_the_last_page_is_found() {
    let account_trails = ["a-trail", "b-trail", "c-trail"]
        .map(|name| Trail::organization(name).in_region(REGION).not_organization());
    let world = account_trails.into_iter().fold(switched_on().with_page_size(1), World::with_trail);
    let scene = Scene::of(world.with_trail(unowned())).await;
    let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
    let answer = scene.fail(&event).await;
    assert_mentions(answer.reason(), &["org-trail"]);
    assert!(!answer.reason().contains("a-trail"), "{}", answer.reason());
    assert!(scene.trusts(CLOUDTRAIL));
}

#[tokio::test]
async fn independent_resources_do_not_prevent_disabling() {
    let world = switched_on()
        .with_trail(unowned().not_organization())
        .with_event_data_store(event_data_store(false))
        .with_delegated_administrator("sso.amazonaws.com", "222222222222");
    let scene = Scene::of(world).await;
    let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
    scene.succeed(&event).await;
    assert!(!scene.trusts(CLOUDTRAIL));
}

#[tokio::test]
async fn an_event_data_store_pending_deletion_is_ignored() {
    let pending =
        EventDataStore { status: "PENDING_DELETION".to_owned(), ..event_data_store(true) };
    let scene = Scene::of(switched_on().with_event_data_store(pending)).await;
    let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
    scene.succeed(&event).await;
    assert!(!scene.trusts(CLOUDTRAIL));
}

#[tokio::test]
async fn regions_without_event_data_stores_are_ignored() {
    let without = switched_on().not_offering(&["ListEventDataStores", "GetEventDataStore"]);
    let mut disabled = switched_on();
    disabled.disabled_regions.insert("ap-southeast-2".to_owned());
    for world in [without, disabled] {
        let scene = Scene::of(world).await;
        let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
        scene.succeed(&event).await;
        assert!(!scene.trusts(CLOUDTRAIL));
    }
}

#[tokio::test]
async fn the_region_of_a_failed_look_is_named() {
    let trail = Trail::organization("elsewhere").in_region("ap-southeast-2");
    for (action, region) in
        [("cloudtrail:GetTrail", "ap-southeast-2"), ("cloudtrail:ListTrails", REGION)]
    {
        let world = switched_on().with_trail(trail.clone()).denying(action);
        let scene = Scene::of(world).await;
        let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
        let answer = scene.send_within(BRIEF, &event).await;
        let start = format!("trusted access with {CLOUDTRAIL} in {region} failed");
        assert_mentions(answer.reason(), &[&start, action]);
        assert!(scene.trusts(CLOUDTRAIL), "{action}");
    }
}

#[tokio::test]
async fn delete_succeeds_after_the_organization_was_deleted() {
    for service in [CLOUDTRAIL, "sso.amazonaws.com"] {
        let scene = Scene::of(switched_on().without_organization()).await;
        let delete = scene
            .delete(OrgTrustedAccess)
            .with("PhysicalResourceId", format!("trusted-access/{service}/enabled"))
            .property("ServicePrincipal", service)
            .property("DeleteBehavior", "Disable");
        let answer = scene.send_within(BRIEF, &delete).await;
        assert!(answer.is_success(), "{service}: {}", answer.reason());
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{service}");
    }
}

#[tokio::test]
async fn other_services_depend_only_on_delegated_administrators() {
    let sso = "sso.amazonaws.com";
    let id = format!("trusted-access/{sso}/enabled");
    let world = switched_on().with_trusted_access(sso).with_trail(unowned());
    let delete = |scene: &Scene| {
        scene
            .delete(OrgTrustedAccess)
            .with("PhysicalResourceId", id.as_str())
            .property("ServicePrincipal", sso)
            .property("DeleteBehavior", "Disable")
    };
    let scene = Scene::of(world.clone()).await;
    scene.succeed(&delete(&scene)).await;
    assert!(!scene.trusts(sso) && scene.trusts(CLOUDTRAIL));
    let scene = Scene::of(world.with_delegated_administrator(sso, "333333333333")).await;
    let answer = scene.fail(&delete(&scene)).await;
    assert_mentions(answer.reason(), &["333333333333", sso]);
    assert!(scene.trusts(sso));
}

#[tokio::test]
async fn nothing_is_disabled_if_dependents_cannot_be_read() {
    let looks = ["ListDelegatedAdministrators", "ListTrails", "ListEventDataStores"];
    join_all(looks.map(async |operation| {
        let scene = Scene::of(switched_on()).await;
        let denied = Fault::error("AccessDeniedException", "not allowed");
        scene.aws.inject(operation, 1.., denied);
        let event = scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
        let answer = scene.send_within(BRIEF, &event).await;
        assert!(!answer.is_success(), "{operation}");
        assert_mentions(answer.reason(), &[operation]);
        assert!(scene.trusts(CLOUDTRAIL), "{operation}");
    }))
    .await;
}

/// It succeeds even if the function cannot read the dependents.
#[tokio::test]
async fn delete_of_disabled_access_ignores_dependents() {
    for action in ["cloudtrail:ListTrails", "organizations:ListDelegatedAdministrators"] {
        let scene = Scene::of(World::organization().denying(action)).await;
        let delete = scene
            .delete(OrgTrustedAccess)
            .with("PhysicalResourceId", ENABLED)
            .property("DeleteBehavior", "Disable");
        scene.succeed(&delete).await;
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{action}");
    }
}

#[tokio::test]
async fn concurrent_changes_to_the_organization_are_waited_out() {
    let codes = ["ConcurrentModificationException", "TooManyRequestsException", "ServiceException"];
    join_all(codes.map(async |code| {
        let scene = Scene::of(World::organization()).await;
        scene.aws.inject("EnableAWSServiceAccess", 1, Fault::error(code, "try again"));
        let answer = scene.succeed(&scene.create(OrgTrustedAccess)).await;
        assert_eq!(answer.physical_id(), ENABLED, "{code}");
    }))
    .await;
}

#[tokio::test]
async fn bad_properties_are_refused_together() {
    let scene = Scene::of(World::organization()).await;
    let event = scene
        .create(OrgTrustedAccess)
        .property("ServicePrincipal", "not a principal")
        .property("DeleteBehavior", "disable it");
    let answer = scene.fail(&event).await;
    assert_eq!(answer.physical_id(), SENTINEL);
    assert_mentions(answer.reason(), &["ServicePrincipal", "DeleteBehavior", "Keep", "Disable"]);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn each_refusal_has_a_cure() {
    let mut member = World::organization();
    member.default_account = "333333333333".to_owned();
    let surroundings = [
        (World::organization().without_organization(), "organization"),
        (World::organization().consolidated_billing(), "all features"),
        (
            World::organization().denying("organizations:EnableAWSServiceAccess"),
            "organizations:EnableAWSServiceAccess",
        ),
        (member, "management account"),
    ];
    for (world, mentioned) in surroundings {
        let scene = Scene::of(world).await;
        let answer = scene.send_within(BRIEF, &scene.create(OrgTrustedAccess)).await;
        assert!(!answer.is_success(), "{mentioned}");
        assert_eq!(answer.physical_id(), SENTINEL);
        assert_mentions(answer.reason(), &[mentioned]);
    }
}
