//! `Custom::OrgTrustedAccess`: a switch that others lean on.

use futures_util::future::join_all;
use simulator::{
    aws::{EventDataStore, Fault, Trail, World},
    cloudformation::{Event, ResponseUrl},
};

use crate::support::{
    AMPLE, BRIEF, CLOUDTRAIL, OrgTrustedAccess, REGION, SENTINEL, Scene, assert_attributes,
    assert_mentions, old_url, unowned,
};

const ENABLED: &str = "trusted-access/cloudtrail.amazonaws.com/enabled";
const PREEXISTING: &str = "trusted-access/cloudtrail.amazonaws.com/preexisting";

/// An organization in which this resource switched trusted access on.
fn switched_on() -> World {
    World::organization().with_trusted_access(CLOUDTRAIL)
}

/// A Delete that disables trusted access.
fn disable(scene: &Scene) -> Event {
    scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable")
}

#[tokio::test]
async fn create_enables_trusted_access_and_returns_that_id() {
    let scene = Scene::of(World::organization()).await;
    let response = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.physical_id(), ENABLED);
    assert!(scene.trusts(CLOUDTRAIL));
    let attributes = [
        ("ServicePrincipal", CLOUDTRAIL),
        ("OrganizationId", "o-exampleorg1"),
        ("ManagementAccountId", "111111111111"),
        ("Preexisting", "false"),
    ];
    assert_attributes(&response, &attributes);
    let date = response.attribute("DateEnabled").unwrap_or_default();
    assert!(date.starts_with("20") && date.contains('T'), "an ISO 8601 time, not {date}");
    assert_eq!(scene.mutations(), ["EnableAWSServiceAccess"]);
}

/// The ID says that trusted access was enabled before.
#[tokio::test]
async fn create_keeps_trusted_access_that_is_enabled() {
    let scene = Scene::of(switched_on()).await;
    let response = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.physical_id(), PREEXISTING);
    assert_eq!(response.attribute("Preexisting"), Some("true"));
    assert_eq!(response.attribute("DateEnabled"), Some("2020-01-01T00:00:00Z"));
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
    let response = scene.succeed(&scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.physical_id(), PREEXISTING);
}

#[tokio::test]
async fn either_kind_of_url_identifies_a_repeated_create() {
    let scene = Scene::of(World::organization()).await;
    let older = ResponseUrl::signed_the_older_way(&scene.endpoint.origin(), BRIEF);
    for url in [old_url(&scene.endpoint, BRIEF), older] {
        scene.aws.world(|world| world.trusted_access.clear());
        scene.succeed(&scene.create(OrgTrustedAccess)).await;
        let response = scene.succeed(&scene.create(OrgTrustedAccess).response_url(&url)).await;
        assert_eq!(response.physical_id(), ENABLED);
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
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), "trusted-access/sso.amazonaws.com/preexisting");
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", "config.amazonaws.com");
    let response = scene.succeed(&event).await;
    assert_eq!(response.physical_id(), "trusted-access/config.amazonaws.com/enabled");
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
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &[service, operation, command]);
        assert_eq!(scene.mutations(), Vec::<String>::new());
        scene.aws.world(|world| *world = World::organization().with_trusted_access(service));
        let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", service);
        let response = scene.succeed(&event).await;
        assert_eq!(response.physical_id(), format!("trusted-access/{service}/preexisting"));
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
        let response = scene.succeed(&event).await;
        assert_eq!(response.physical_id(), id);
        assert_eq!(response.attribute_names().len(), 5);
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
        assert_eq!(scene.succeed(&disable(&scene)).await.physical_id(), ENABLED);
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
        let response = scene.fail(&disable(&scene)).await;
        assert_eq!(response.physical_id(), ENABLED);
        assert_mentions(response.reason(), &[name, CLOUDTRAIL]);
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
    let response = scene.fail(&disable(&scene)).await;
    assert_mentions(response.reason(), &["org-trail"]);
    assert!(!response.reason().contains("a-trail"), "{}", response.reason());
    assert!(scene.trusts(CLOUDTRAIL));
}

#[tokio::test]
async fn delete_disables_without_dependents() {
    let pending =
        EventDataStore { status: "PENDING_DELETION".to_owned(), ..event_data_store(true) };
    let independent = switched_on()
        .with_trail(unowned().not_organization())
        .with_event_data_store(event_data_store(false))
        .with_delegated_administrator("sso.amazonaws.com", "222222222222");
    let worlds = [
        independent,
        switched_on().with_event_data_store(pending),
        // Regions without event data stores, and a Region that is not enabled.
        switched_on().not_offering(&["ListEventDataStores", "GetEventDataStore"]),
        switched_on().with(|world| world.disabled_regions.insert("ap-southeast-2".to_owned())),
    ];
    for world in worlds {
        let scene = Scene::of(world).await;
        scene.succeed(&disable(&scene)).await;
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
        let response = scene.send_within(BRIEF, &disable(&scene)).await;
        let start = format!("trusted access with {CLOUDTRAIL} in {region} failed");
        assert_mentions(response.reason(), &[&start, action]);
        assert!(scene.trusts(CLOUDTRAIL), "{action}");
    }
}

#[tokio::test]
async fn other_services_depend_only_on_delegated_administrators() {
    let sso = "sso.amazonaws.com";
    let id = format!("trusted-access/{sso}/enabled");
    let world = switched_on().with_trusted_access(sso).with_trail(unowned());
    let delete = |scene: &Scene| {
        disable(scene).with("PhysicalResourceId", id.as_str()).property("ServicePrincipal", sso)
    };
    let scene = Scene::of(world.clone()).await;
    scene.succeed(&delete(&scene)).await;
    assert!(!scene.trusts(sso) && scene.trusts(CLOUDTRAIL));
    let scene = Scene::of(world.with_delegated_administrator(sso, "333333333333")).await;
    let response = scene.fail(&delete(&scene)).await;
    assert_mentions(response.reason(), &["333333333333", sso]);
    assert!(scene.trusts(sso));
}

#[tokio::test]
async fn nothing_is_disabled_if_dependents_cannot_be_read() {
    let looks = ["ListDelegatedAdministrators", "ListTrails", "ListEventDataStores"];
    join_all(looks.map(async |operation| {
        let scene = Scene::of(switched_on()).await;
        let denied = Fault::error("AccessDeniedException", "not allowed");
        scene.aws.inject(operation, 1.., denied);
        let response = scene.send_within(BRIEF, &disable(&scene)).await;
        assert!(!response.is_success(), "{operation}");
        assert_mentions(response.reason(), &[operation]);
        assert!(scene.trusts(CLOUDTRAIL), "{operation}");
    }))
    .await;
}

/// It succeeds even if the function cannot read the dependents.
#[tokio::test]
async fn delete_of_disabled_access_ignores_dependents() {
    for action in ["cloudtrail:ListTrails", "organizations:ListDelegatedAdministrators"] {
        let scene = Scene::of(World::organization().denying(action)).await;
        scene.succeed(&disable(&scene).with("PhysicalResourceId", ENABLED)).await;
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{action}");
    }
}

#[tokio::test]
async fn bad_properties_are_refused_together() {
    let scene = Scene::of(World::organization()).await;
    let event = scene
        .create(OrgTrustedAccess)
        .property("ServicePrincipal", "not a principal")
        .property("DeleteBehavior", "disable it");
    let response = scene.fail(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &["ServicePrincipal", "DeleteBehavior", "Keep", "Disable"]);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn each_refusal_has_a_cure() {
    let member = World::organization().called_by("333333333333");
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
        let response = scene.send_within(BRIEF, &scene.create(OrgTrustedAccess)).await;
        assert!(!response.is_success(), "{mentioned}");
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &[mentioned]);
    }
}
