//! The reason of a registration that AWS refuses.

use futures_util::future::join_all;
use simulator::aws::{AccountStatus, Fault, World};

use super::*;

/// Registers `account` for `service` in a world that does not let it, and gives the Reason.
async fn reason(world: World, account: &str, service: &str) -> String {
    let scene = Scene::of(world).await;
    let event = create(&scene).property("AccountId", account).property("ServicePrincipal", service);
    let response = scene.fail_soon(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert!(!scene.administers(account, service));
    let start: String = response.reason().chars().take(200).collect();
    assert_mentions(&start, &[account]);
    response.reason().to_owned()
}

/// With trusted access for both services.
fn trusting() -> World {
    ready().with_trusted_access(SSO)
}

#[tokio::test]
async fn cloudtrail_has_three_administrators_already() {
    let mut world = trusting().with_account("555555555555", AccountStatus::Active);
    for account in [WORKLOAD, "444444444444", "555555555555"] {
        world = world.with_delegated_administrator(CLOUDTRAIL, account);
    }
    let reason = reason(world, SECURITY, CLOUDTRAIL).await;
    let expected = ["three", "DelegatedAdminAccountLimitExceeded", CLOUDTRAIL];
    assert_mentions(&reason, &expected);
}

#[tokio::test]
async fn the_management_account_cannot_be_delegated_to() {
    for service in [CLOUDTRAIL, SSO] {
        let reason = reason(trusting(), "111111111111", service).await;
        assert_mentions(&reason, &["management account", "AccountId"]);
    }
}

#[tokio::test]
async fn the_account_is_not_in_the_organization() {
    for service in [CLOUDTRAIL, SSO] {
        let reason = reason(trusting(), "999999999999", service).await;
        assert_mentions(&reason, &["organization", "AccountNotFound", "AccountId"]);
    }
}

#[tokio::test]
async fn the_account_is_closed() {
    let world = trusting().with_account(SECURITY, AccountStatus::Suspended);
    let reason = reason(world, SECURITY, SSO).await;
    assert_mentions(&reason, &["suspended"]);
}

/// The reason does not name the management account, so it does not wait for DescribeOrganization.
#[tokio::test]
async fn there_is_no_route_to_aws() {
    let scene = Scene::of(trusting()).await;
    scene.aws.inject("*", 1.., Fault::Reset);
    let response = scene.fail_soon(&create(&scene)).await;
    assert_mentions(response.reason(), &["no response from organizations", "VPC", "NAT gateway"]);
    assert!(!scene.aws.operations().contains(&"DescribeOrganization".to_owned()));
}

#[tokio::test]
async fn trusted_access_is_off() {
    for service in [CLOUDTRAIL, SSO] {
        let reason = reason(World::organization(), SECURITY, service).await;
        let expected = ["trusted access", service, "Custom::OrgTrustedAccess"];
        assert_mentions(&reason, &expected);
    }
}

#[tokio::test]
async fn the_organization_is_missing_or_lacks_all_features() {
    for service in [CLOUDTRAIL, SSO] {
        let none = reason(trusting().without_organization(), SECURITY, service).await;
        assert_mentions(&none, &["organization", "NotInUse"]);
        let billing = reason(trusting().consolidated_billing(), SECURITY, service).await;
        assert_mentions(&billing, &["all features"]);
    }
}

#[tokio::test]
async fn an_iam_permission_is_missing() {
    let needed = [
        (CLOUDTRAIL, "cloudtrail:RegisterOrganizationDelegatedAdmin"),
        (CLOUDTRAIL, "organizations:ListDelegatedAdministrators"),
        (CLOUDTRAIL, "organizations:RegisterDelegatedAdministrator"),
        (CLOUDTRAIL, "organizations:ListAWSServiceAccessForOrganization"),
        (CLOUDTRAIL, "iam:CreateServiceLinkedRole"),
        (SSO, "organizations:RegisterDelegatedAdministrator"),
    ];
    join_all(needed.map(async |(service, action)| {
        let reason = reason(trusting().denying(action), SECURITY, service).await;
        assert_mentions(&reason, &[action]);
    }))
    .await;
}

#[tokio::test]
async fn another_account_is_referred_to_the_management_account() {
    let delegated = trusting()
        .with_delegated_administrator(CLOUDTRAIL, WORKLOAD)
        .with_service_linked_role(CLOUDTRAIL);
    for world in [trusting(), delegated] {
        let world = world.called_by(WORKLOAD);
        join_all([CLOUDTRAIL, SSO].map(async |service| {
            let reason = reason(world.clone(), SECURITY, service).await;
            assert_mentions(&reason, &["management account", "MANAGEMENT_ROLE_ARN"]);
        }))
        .await;
    }
}
