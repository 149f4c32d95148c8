//! Registrations and their undoing while calls fail, responses are lost and others interfere.

use simulator::aws::Fault;

use super::*;
use crate::support::BRIEF;

const REGISTER: &str = "RegisterOrganizationDelegatedAdmin";
const DEREGISTER: &str = "DeregisterOrganizationDelegatedAdmin";
const LIST: &str = "ListDelegatedAdministrators";

#[tokio::test]
async fn a_failed_create_returns_or_undoes_its_registration() {
    let denied = Fault::error("AccessDeniedException", "not allowed");
    // The first look is before the registration.
    let after = 2..=u32::MAX;
    let interruptions = [
        vec![(REGISTER, 1..=u32::MAX, Fault::Hang)],
        vec![(LIST, after.clone(), Fault::Hang)],
        vec![(LIST, after.clone(), denied)],
        vec![
            (REGISTER, 1..=1, Fault::LostResponse),
            (REGISTER, after.clone(), Fault::Hang),
            (LIST, after, Fault::Hang),
        ],
    ];
    for faults in interruptions {
        let scene = Scene::of(ready()).await;
        for (operation, occurrences, fault) in faults.clone() {
            scene.aws.inject(operation, occurrences, fault);
        }
        let response = scene.fail_soon(&create(&scene)).await;
        let left = scene.administers(SECURITY, CLOUDTRAIL);
        let named = response.physical_id() == REGISTERED;
        assert!(named || !left, "{faults:?}: {}", response.json());
    }
}

#[tokio::test]
async fn a_concurrent_registration_is_preexisting() {
    let scene = Scene::of(ready()).await;
    scene.aws.before(REGISTER, 1, |world| {
        *world = world.clone().with_delegated_administrator(CLOUDTRAIL, SECURITY);
    });
    assert_eq!(scene.succeed(&create(&scene)).await.physical_id(), PREEXISTING);
}

#[tokio::test]
async fn a_concurrent_deregistration_is_no_error() {
    let scene = Scene::of(registered()).await;
    scene.aws.before(DEREGISTER, 1, |world| {
        world.delegated_administrators.clear();
    });
    scene.succeed(&delete(&scene)).await;
}

#[tokio::test]
async fn create_waits_for_newly_enabled_trusted_access() {
    let scene = Scene::of(ready().with_propagation(|p| p.trusted_access = 2)).await;
    scene.succeed(&create(&scene)).await;
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
}

#[tokio::test]
async fn a_refused_delete_returns_its_id_and_cure() {
    let action = "cloudtrail:DeregisterOrganizationDelegatedAdmin";
    let scene = Scene::of(registered().denying(action)).await;
    let response = scene.send_within(BRIEF, &delete(&scene)).await;
    assert!(!response.is_success());
    assert_eq!(response.physical_id(), REGISTERED);
    assert_mentions(response.reason(), &[action, SECURITY, CLOUDTRAIL]);
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
}
