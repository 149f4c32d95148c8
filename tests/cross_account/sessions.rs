//! The sessions of the role: their names, and how long the function uses them.

use simulator::{
    aws::{AssumableRole, Call, Fault, Timestamp},
    cloudformation::{ACCOUNT, Event},
};

use crate::{
    EXTERNAL_ID, MANAGEMENT, ROLE, SECURITY, Way, assumptions, here, in_stack,
    support::{OrgTrail, OrgTrustedAccess, Scene, assert_mentions, ready},
    work,
};

/// The session names of the calls to STS so far.
fn names(scene: &Scene) -> Vec<String> {
    let name = |input: serde_json::Value| input["RoleSessionName"].as_str().map(str::to_owned);
    let calls = assumptions(scene).into_iter();
    calls.filter_map(|call| name(call.input)).collect()
}

/// The session names behind the calls to the other services so far, each once.
fn names_at_work(scene: &Scene) -> Vec<String> {
    let sessions = scene.aws.world(|world| world.role_sessions.clone());
    let of_call = |call: Call| Some(sessions.get(&call.access_key)?.name.clone());
    let mut names: Vec<String> = work(scene).into_iter().filter_map(of_call).collect();
    names.dedup();
    names
}

/// The calls to STS also contain the external ID.
#[tokio::test]
async fn session_name_contains_the_stack_name() {
    let scene = Way::Role.scene().await;
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
    let [assumption] = assumptions(&scene).try_into().expect("one call");
    assert_eq!(assumption.account, SECURITY);
    assert_eq!(assumption.input["RoleArn"], ROLE);
    assert_eq!(assumption.input["ExternalId"], EXTERNAL_ID);
    assert_eq!(names(&scene), ["orgtrail-organization-logging"]);
    assert_eq!(names_at_work(&scene), ["orgtrail-organization-logging"]);
}

#[tokio::test]
async fn session_name_matches_the_rules_of_sts() {
    let scene = Way::Role.scene().await;
    let long = format!("A{}", "b".repeat(127));
    for stack in [long.as_str(), "Größe: 1/2 & <more>", "x"] {
        let event = in_stack(stack, &scene, scene.update(OrgTrustedAccess));
        scene.succeed(&event).await;
    }
    let names = names(&scene);
    assert_eq!(names.len(), 3);
    for name in &names {
        assert!(name.starts_with("orgtrail-") && name.len() <= 64, "{name}");
    }
    assert_eq!(names[0], format!("orgtrail-A{}", "b".repeat(54)));
    assert!(names[1].starts_with("orgtrail-Gr"), "{}", names[1]);
    assert_eq!(names[2], "orgtrail-x");
}

/// Another stack has its own session.
#[tokio::test]
async fn requests_of_one_stack_share_a_session() {
    let scene = Way::Role.scene().await;
    let request = |stack: &str, event: Event| in_stack(stack, &scene, event);
    scene.succeed(&request("audit", scene.create(OrgTrail))).await;
    scene.succeed(&request("audit", scene.update(OrgTrail))).await;
    scene.succeed(&request("audit", scene.create(OrgTrustedAccess))).await;
    assert_eq!(names(&scene), ["orgtrail-audit"]);

    scene.aws.forget_calls();
    scene.succeed(&request("audit-2", scene.create(OrgTrustedAccess))).await;
    assert_eq!(names(&scene), ["orgtrail-audit-2"]);
    assert_eq!(names_at_work(&scene), ["orgtrail-audit-2"]);

    scene.aws.forget_calls();
    scene.succeed(&request("audit", scene.update(OrgTrail))).await;
    assert_eq!(names_at_work(&scene), ["orgtrail-audit"]);
}

#[tokio::test]
async fn credentials_are_refreshed_before_they_expire() {
    // A session lasts one hour. The simulated clock is almost one hour late, so the function's clock
    // shows that the session expires in a few seconds.
    let almost_over = Timestamp::system().seconds() - 3_595.0;
    let world = Way::Role.world().at(Timestamp::from_seconds(almost_over));
    let scene = Way::Role.scene_in(world).await;
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
    let sessions = scene.aws.world(|world| {
        world.now = world.now.later_by(10);
        world.role_sessions.clone()
    });
    scene.aws.forget_calls();
    scene.succeed(&here(&scene, scene.update(OrgTrail))).await;
    assert!(!assumptions(&scene).is_empty());
    for call in work(&scene) {
        assert_eq!(call.account, MANAGEMENT, "{}", call.operation);
        assert!(!sessions.contains_key(&call.access_key), "{}", call.operation);
    }
}

/// AWS rejects the session before the time at which its credentials expire, for example because the
/// function's clock is slow.
#[tokio::test]
async fn an_expired_session_is_renewed_and_used() {
    let scene = Way::Role.scene().await;
    scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
    let sessions = scene.aws.world(|world| {
        for session in world.role_sessions.values_mut() {
            session.expiration = Timestamp::from_seconds(1.6e9);
        }
        world.role_sessions.clone()
    });
    scene.aws.forget_calls();
    let change = scene.update(OrgTrail).property("S3KeyPrefix", "organization");
    scene.succeed(&here(&scene, change)).await;
    assert_eq!(assumptions(&scene).len(), 1);
    let repeated = work(&scene).into_iter().filter(|call| !sessions.contains_key(&call.access_key));
    assert!(repeated.count() > 0);
    assert_eq!(scene.org_trail().s3_key_prefix.as_deref(), Some("organization"));
}

#[tokio::test]
async fn a_session_is_renewed_once_for_each_call() {
    let scene = Way::Role.scene().await;
    let expired = Fault::error("ExpiredTokenException", "The security token is expired");
    scene.aws.inject("CreateTrail", 1.., expired);
    let response = scene.fail_soon(&here(&scene, scene.create(OrgTrail))).await;
    assert_mentions(response.reason(), &["ExpiredTokenException", "expired", "Deploy again"]);
    assert_eq!(scene.aws.operations().iter().filter(|name| *name == "CreateTrail").count(), 2);
}

#[tokio::test]
async fn unset_external_id_is_not_sent() {
    let role = AssumableRole::new(ROLE).trusting(SECURITY);
    for external_id in [None, Some("")] {
        let world = ready().with_assumable_role(role.clone()).called_by(SECURITY);
        let scene = Scene::configured(world, |configuration| {
            let configuration = configuration.variable("MANAGEMENT_ROLE_ARN", ROLE);
            match external_id {
                Some(text) => configuration.variable("MANAGEMENT_ROLE_EXTERNAL_ID", text),
                None => configuration,
            }
        });
        let scene = scene.await;
        scene.succeed(&here(&scene, scene.create(OrgTrail))).await;
        let [assumption] = assumptions(&scene).try_into().expect("one call");
        assert_eq!(assumption.input.get("ExternalId"), None);
    }
}

#[tokio::test]
async fn empty_variable_means_no_role() {
    let scene = Scene::configured(ready(), |configuration| {
        configuration
            .variable("MANAGEMENT_ROLE_ARN", "")
            .variable("MANAGEMENT_ROLE_EXTERNAL_ID", "")
    });
    let scene = scene.await;
    scene.succeed(&scene.create(OrgTrail)).await;
    assert!(assumptions(&scene).is_empty());
    assert_eq!(work(&scene)[0].account, MANAGEMENT);
}

#[tokio::test]
async fn role_of_another_partition_is_assumed_there() {
    let arn = ROLE.replace("arn:aws:", "arn:aws-cn:");
    let mut world = ready().called_by(SECURITY);
    world = world.with_assumable_role(AssumableRole::new(&arn).trusting(SECURITY));
    let scene = Scene::configured(world, |configuration| {
        configuration.region("cn-north-1").variable("MANAGEMENT_ROLE_ARN", arn.as_str())
    });
    let scene = scene.await;
    scene.succeed(&scene.create(OrgTrustedAccess)).await;
    let [assumption] = assumptions(&scene).try_into().expect("one call");
    assert_eq!(assumption.region, "cn-north-1");
    assert!(work(&scene).iter().all(|call| call.account == ACCOUNT));
}
