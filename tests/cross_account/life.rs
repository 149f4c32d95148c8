//! The lifecycle of a trail, which is the same with all three kinds of access.

use serde_json::json;
use simulator::{
    aws::{Fault, Trail},
    cloudformation::{Event, Response},
};

use crate::{
    CLOUDTRAIL, MANAGEMENT, SECURITY, Way, here,
    support::{
        GENERATED, OrgDelegatedAdministrator, OrgTrail, OrgTrustedAccess, SENTINEL, Scene,
        TRAIL_ARN, assert_mentions, owned_by_another_stack, stack_tag, unowned,
    },
    work,
};

/// Sends a request from the function's own account that must succeed.
async fn succeed(way: Way, scene: &Scene, event: Event) -> Response {
    let response = scene.send(&here(scene, event)).await;
    assert!(response.is_success(), "{way:?}: {}", response.reason());
    response
}

/// Asserts that the expected account made every call to CloudTrail and Organizations.
#[track_caller]
fn assert_called_as(way: Way, scene: &Scene) {
    let calls = work(scene);
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call.account, way.caller(), "{way:?}: {}", call.operation);
        let assumed = scene.aws.world(|world| world.role_sessions.contains_key(&call.access_key));
        assert_eq!(assumed, way == Way::Role, "{way:?}: {}", call.operation);
    }
}

#[tokio::test]
async fn create_creates_a_trail_of_the_management_account() {
    for way in Way::ALL {
        let scene = way.scene().await;
        let created = succeed(way, &scene, scene.create(OrgTrail)).await;
        assert_eq!(created.physical_id(), TRAIL_ARN, "{way:?}");
        assert_eq!(created.attribute("ManagementAccountId"), Some(MANAGEMENT));
        let trail = scene.org_trail();
        assert!(trail.is_organization_trail && trail.is_logging, "{way:?}");
        assert_eq!(trail.tags["OrgTrail/Stack"], stack_tag(), "{way:?}");
        assert_called_as(way, &scene);

        let repeated = succeed(way, &scene, scene.create(OrgTrail)).await;
        assert_eq!(repeated.json()["Data"], created.json()["Data"], "{way:?}");
    }
}

#[tokio::test]
async fn update_changes_only_what_differs() {
    for way in Way::ALL {
        let scene = way.scene().await;
        succeed(way, &scene, scene.create(OrgTrail)).await;
        scene.aws.forget_calls();
        let unchanged = succeed(way, &scene, scene.update(OrgTrail)).await;
        assert_eq!(unchanged.physical_id(), TRAIL_ARN);
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{way:?}");

        let change = scene
            .update(OrgTrail)
            .property("S3KeyPrefix", "organization")
            .property("EventSelectors", json!([{ "ReadWriteType": "WriteOnly" }]))
            .property("Tags", json!([{ "Key": "team", "Value": "security" }]))
            .property("IsLogging", "false");
        let changed = succeed(way, &scene, change).await;
        assert_eq!(changed.physical_id(), TRAIL_ARN);
        let trail = scene.org_trail();
        assert_eq!(trail.s3_key_prefix.as_deref(), Some("organization"));
        assert_eq!(trail.tags["team"], "security");
        assert!(!trail.is_logging, "{way:?}");
        assert_called_as(way, &scene);
    }
}

#[tokio::test]
async fn update_recreates_a_missing_trail() {
    for way in Way::ALL {
        let scene = way.scene().await;
        let response = succeed(way, &scene, scene.update(OrgTrail)).await;
        assert_eq!(response.physical_id(), TRAIL_ARN, "{way:?}");
        assert!(scene.org_trail().is_logging, "{way:?}");
    }
}

#[tokio::test]
async fn rename_creates_a_trail_and_keeps_the_old() {
    for way in Way::ALL {
        let scene = way.scene().await;
        succeed(way, &scene, scene.create(OrgTrail)).await;
        let rename = scene.update(OrgTrail).property("TrailName", "renamed");
        let renamed = succeed(way, &scene, rename).await;
        assert_eq!(renamed.physical_id(), TRAIL_ARN.replace("org-trail", "renamed"));
        assert_eq!(scene.trail_names(), ["org-trail", "renamed"], "{way:?}");
        succeed(way, &scene, scene.delete(OrgTrail)).await;
        assert_eq!(scene.trail_names(), ["renamed"], "{way:?}");
    }
}

#[tokio::test]
async fn delete_succeeds_twice() {
    for way in Way::ALL {
        let scene = way.scene().await;
        succeed(way, &scene, scene.create(OrgTrail)).await;
        for _ in 0..2 {
            let response = succeed(way, &scene, scene.delete(OrgTrail)).await;
            assert_eq!(response.physical_id(), TRAIL_ARN);
            assert_eq!(scene.trail_names(), Vec::<String>::new(), "{way:?}");
        }
        assert_called_as(way, &scene);
    }
}

#[tokio::test]
async fn delete_with_generated_id_removes_trail_by_name() {
    for way in Way::ALL {
        let scene = way.scene().await;
        succeed(way, &scene, scene.create(OrgTrail)).await;
        let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
        let response = succeed(way, &scene, event).await;
        assert_eq!(response.physical_id(), GENERATED);
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{way:?}");
    }
}

#[tokio::test]
async fn create_canceled_while_it_runs_leaves_no_trail() {
    for way in Way::ALL {
        let scene = way.scene().await;
        let other = match way {
            Way::Role => crate::with_role(crate::support::configuration(&scene.aws))
                .start()
                .await
                .expect("the bootstrap starts"),
            Way::ManagementAccount | Way::DelegatedAdministrator => scene.another_function().await,
        };
        let create = here(&scene, scene.create(OrgTrail));
        let event = scene.delete(OrgTrail).with("PhysicalResourceId", GENERATED);
        let delete = here(&scene, event);
        let invocation = scene.invocation(crate::support::AMPLE);
        let cancel = async {
            scene.called("CreateTrail").await;
            other.invoke(&delete, invocation).await
        };
        tokio::join!(scene.send(&create), cancel);
        let response = scene.endpoint.only_response_to(delete.value());
        assert!(response.is_success(), "{way:?}: {}", response.reason());
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{way:?}");
    }
}

#[tokio::test]
async fn trail_of_another_owner_is_unchanged() {
    for way in Way::ALL {
        let scene = way.scene_in(way.world().with_trail(owned_by_another_stack())).await;
        let event = here(&scene, scene.create(OrgTrail));
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL, "{way:?}");
        assert_mentions(response.reason(), &["other-stack", "ExistingTrail"]);
        for id in [TRAIL_ARN, GENERATED] {
            let event = scene.delete(OrgTrail).with("PhysicalResourceId", id);
            succeed(way, &scene, event).await;
        }
        let untouched: Vec<Trail> = scene.aws.world(|world| world.trails.clone());
        assert_eq!(untouched, [owned_by_another_stack()], "{way:?}");
    }
}

#[tokio::test]
async fn a_trail_is_adopted_and_released() {
    for way in Way::ALL {
        let scene = way.scene_in(way.world().with_trail(unowned())).await;
        let adopt = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
        let adopted = succeed(way, &scene, adopt).await;
        assert_eq!(adopted.attribute("Adopted"), Some("true"), "{way:?}");
        succeed(way, &scene, scene.delete(OrgTrail)).await;
        let released = scene.org_trail();
        assert!(released.is_logging && released.tags.is_empty(), "{way:?}");
    }
}

#[tokio::test]
async fn failed_create_cleans_up() {
    for way in Way::ALL {
        let scene = way.scene().await;
        let refused = Fault::error("OperationNotPermittedException", "not here");
        scene.aws.inject("StartLogging", 1.., refused);
        let event = here(&scene, scene.create(OrgTrail));
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL, "{way:?}");
        assert_eq!(scene.trail_names(), Vec::<String>::new(), "{way:?}");
    }
}

#[tokio::test]
async fn role_manages_trusted_access_and_administrators() {
    let way = Way::Role;
    let mut world = way.world();
    world.trusted_access.clear();
    let scene = way.scene_in(world).await;
    let id = "trusted-access/cloudtrail.amazonaws.com/enabled";
    let response = succeed(way, &scene, scene.create(OrgTrustedAccess)).await;
    assert_eq!(response.physical_id(), id);
    assert!(scene.trusts(CLOUDTRAIL));

    // The account of the function itself.
    succeed(way, &scene, scene.create(OrgDelegatedAdministrator)).await;
    assert!(scene.administers(SECURITY, CLOUDTRAIL));
    succeed(way, &scene, scene.create(OrgTrail)).await;
    let disable = || scene.delete(OrgTrustedAccess).property("DeleteBehavior", "Disable");
    let response = scene.fail(&here(&scene, disable())).await;
    assert_mentions(response.reason(), &[TRAIL_ARN, SECURITY]);

    succeed(way, &scene, scene.delete(OrgTrail)).await;
    succeed(way, &scene, scene.delete(OrgDelegatedAdministrator)).await;
    assert!(!scene.administers(SECURITY, CLOUDTRAIL));
    succeed(way, &scene, disable()).await;
    assert!(!scene.trusts(CLOUDTRAIL));
    assert_called_as(way, &scene);
}
