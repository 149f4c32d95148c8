//! Requests that only the management account can serve fail, and the reason contains the solution.

use futures_util::future::join_all;
use simulator::{
    aws::{AssumableRole, Trail, World},
    cloudformation::{Event, Response},
};

use crate::{
    CLOUDTRAIL, MANAGEMENT, MEMBER, SECURITY, Way, here,
    support::{
        BRIEF, GENERATED, OrgDelegatedAdministrator, OrgTrail, OrgTrustedAccess, SENTINEL, Scene,
        TRAIL_ARN, assert_mentions, ours, ready, unowned,
    },
};

/// A service other than CloudTrail, without a delegated administrator.
const SSO: &str = "sso.amazonaws.com";

/// Asserts that the request failed, and that the reason contains the ID of the management account and
/// the variable for a role in it.
#[track_caller]
fn assert_says_where(response: &Response) {
    assert!(!response.is_success(), "{}", response.json());
    let expected = ["management account", MANAGEMENT, "MANAGEMENT_ROLE_ARN"];
    assert_mentions(response.reason(), &expected);
}

/// Sends a request that must fail without an effect, from the delegated administrator.
async fn refused(scene: &Scene, event: Event) -> Response {
    let configured = |world: &mut World| {
        let trails = world.trails.clone();
        (trails, world.trusted_access.clone(), world.delegated_administrators.clone())
    };
    let before = scene.aws.world(configured);
    let response = scene.fail_soon(&here(scene, event)).await;
    assert_says_where(&response);
    assert_eq!(scene.aws.world(configured), before);
    response
}

#[tokio::test]
async fn delegated_administrator_cannot_change_trusted_access() {
    let way = Way::DelegatedAdministrator;
    let scene = way.scene_in(way.world().with_trusted_access(SSO)).await;
    let off = scene.create(OrgTrustedAccess).property("ServicePrincipal", "config.amazonaws.com");
    let response = refused(&scene, off).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &["config.amazonaws.com", "delegated administrator"]);

    let id = "trusted-access/sso.amazonaws.com/enabled";
    let disable = scene
        .delete(OrgTrustedAccess)
        .with("PhysicalResourceId", id)
        .property("ServicePrincipal", SSO)
        .property("DeleteBehavior", "Disable");
    let response = refused(&scene, disable).await;
    assert_eq!(response.physical_id(), id);
    assert_mentions(response.reason(), &[SSO, "delegated administrator"]);
}

#[tokio::test]
async fn delegated_administrator_finds_trusted_access_enabled() {
    let scene = Way::DelegatedAdministrator.scene().await;
    let event = here(&scene, scene.create(OrgTrustedAccess));
    let response = scene.succeed(&event).await;
    let id = "trusted-access/cloudtrail.amazonaws.com/preexisting";
    assert_eq!(response.physical_id(), id);
}

#[tokio::test]
async fn delegated_administrator_cannot_register_administrators() {
    let scene = Way::DelegatedAdministrator.scene().await;
    let register = scene.create(OrgDelegatedAdministrator).property("AccountId", MEMBER);
    let response = refused(&scene, register).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &[MEMBER, "delegated administrator"]);

    let response = refused(&scene, scene.delete(OrgDelegatedAdministrator)).await;
    assert_eq!(response.physical_id(), OrgDelegatedAdministrator.physical_id());
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
}

#[tokio::test]
async fn delegated_administrator_cannot_convert_a_trail() {
    let way = Way::DelegatedAdministrator;
    let world = |trail: Trail| way.world().with_trail(trail.not_organization());
    let scene = way.scene_in(world(unowned())).await;
    let adopt = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
    let response = refused(&scene, adopt).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &[TRAIL_ARN, "delegated administrator"]);

    let scene = way.scene_in(world(ours())).await;
    let response = refused(&scene, scene.update(OrgTrail)).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_mentions(response.reason(), &[TRAIL_ARN, "delegated administrator"]);
}

/// The resource's own trail, with a difference that an Update must correct.
fn drifted() -> Trail {
    Trail { s3_key_prefix: Some("elsewhere".to_owned()), ..ours() }
}

/// Sends requests of every type to functions that `start` starts, and asserts that all fail with
/// advice.
async fn assert_nothing_can_be_done(start: impl AsyncFn() -> Scene) {
    let types = [OrgTrail, OrgTrustedAccess, OrgDelegatedAdministrator];
    join_all(types.map(async |resource_type| {
        let scene = start().await;
        let id = resource_type.physical_id();
        let remove = scene.delete(resource_type);
        let requests = [
            (scene.create(resource_type), SENTINEL),
            (scene.update(resource_type), id),
            (remove.property("DeleteBehavior", "Disable"), id),
        ];
        for (event, id) in requests {
            let response = refused(&scene, event).await;
            assert_eq!(response.physical_id(), id);
        }
    }))
    .await;
}

#[tokio::test]
async fn member_account_receives_advice() {
    assert_nothing_can_be_done(async || {
        Scene::of(ready().with_trail(drifted()).called_by(MEMBER)).await
    })
    .await;
}

#[tokio::test]
async fn role_in_a_member_account_receives_advice() {
    let role = "arn:aws:iam::333333333333:role/OrgTrail";
    assert_nothing_can_be_done(async || {
        let world = ready()
            .with_trail(drifted())
            .with_assumable_role(AssumableRole::new(role).trusting(SECURITY));
        Scene::configured(world.called_by(SECURITY), |configuration| {
            configuration.variable("MANAGEMENT_ROLE_ARN", role)
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn account_outside_an_organization_receives_advice() {
    let scene = Scene::of(ready().called_by("999999999999")).await;
    let event = here(&scene, scene.create(OrgTrail));
    let response = scene.fail_soon(&event).await;
    assert_mentions(response.reason(), &["organization", "NotInUse"]);
    // A Delete with an ID that CloudFormation generated finds no trail.
    let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
    let response = scene.send_within(BRIEF, &here(&scene, event)).await;
    assert!(response.is_success(), "{}", response.reason());
}
