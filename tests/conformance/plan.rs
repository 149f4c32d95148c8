//! Cases 77 and 78: Plan requests, which the function serves by the result of the invocation; and a
//! function that serves nothing else.

use serde_json::{Value, json};
use simulator::{
    aws::{Fault, samples::ORGANIZATION_ID},
    cloudformation::Event,
    lambda::{Outcome, Payload},
};

use crate::support::{
    BUCKET, CLOUDTRAIL, OrgDelegatedAdministrator, OrgTrail, OrgTrailDelivery, OrgTrustedAccess,
    SENTINEL, Scene, TRAIL_ARN, assert_mentions, ours, owned_by_another_stack, ready,
};

/// The Plan of a request.
fn plan_of(event: Event) -> Event {
    event.with("RequestType", "Plan").without("ResponseURL").without("RequestId")
}

/// Sends a Plan that has a result, and asserts that nothing changed and nothing was sent.
async fn planned(scene: &Scene, event: Event) -> Value {
    let outcome = scene.invoke(&plan_of(event)).await;
    let Outcome::Ok(plan) = outcome else { panic!("{outcome:?}") };
    assert_only_read(scene);
    plan
}

/// Sends a Plan that has none, and gives the error.
async fn unplanned(scene: &Scene, event: impl Into<Payload>) -> String {
    let outcome = scene.invoke(event).await;
    let Outcome::Err { error_type, error_message } = outcome else { panic!("{outcome:?}") };
    assert_only_read(scene);
    format!("{error_type}: {error_message}")
}

#[track_caller]
fn assert_only_read(scene: &Scene) {
    assert_eq!(scene.mutations(), Vec::<String>::new());
    assert_eq!(scene.endpoint.responses().len(), 0);
}

fn in_sync() -> Value {
    json!({ "InSync": true, "Steps": [], "Refused": "", "Problems": [] })
}

fn operations(plan: &Value) -> Vec<&str> {
    let steps = plan["Steps"].as_array().expect("a list").iter();
    steps.map(|step| step["Operation"].as_str().expect("an operation")).collect()
}

#[tokio::test]
async fn case_77_a_plan_with_a_response_url_fails() {
    let scene = Scene::ready().await;
    let create = scene.create(OrgTrail).with("RequestType", "Plan");
    let update = scene.update(OrgTrail).with("RequestType", "Plan");
    let invalid = create.clone().with("ResourceProperties", Value::Null);
    for event in [create.clone(), update, invalid] {
        let error = unplanned(&scene, &event).await;
        assert_mentions(&error, &["InvalidEvent", "ResponseURL"]);
        let url = event.text("ResponseURL").expect("a URL");
        assert!(!error.contains(url), "{error}");
    }
    unplanned(&scene, &create.with("ResponseURL", Value::Null)).await;
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_78_a_plan_is_the_result_of_the_invocation() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    for (event, expected) in [
        (scene.update(OrgTrail), in_sync()),
        (scene.update(OrgTrustedAccess), in_sync()),
        (
            scene.create(OrgDelegatedAdministrator),
            json!({
                "InSync": false,
                "Steps": [{
                    "Operation": "RegisterOrganizationDelegatedAdmin",
                    "Resource": "222222222222",
                }],
                "Refused": "",
                "Problems": [],
            }),
        ),
        (
            scene.update(OrgTrail).property("S3KeyPrefix", "audit").property("IsLogging", "false"),
            json!({
                "InSync": false,
                "Steps": [
                    {
                        "Operation": "UpdateTrail",
                        "Resource": TRAIL_ARN,
                        "Changes": [{ "Name": "S3KeyPrefix", "Old": "", "New": "audit" }],
                    },
                    {
                        "Operation": "StopLogging",
                        "Resource": TRAIL_ARN,
                        "Changes": [{ "Name": "IsLogging", "Old": "true", "New": "false" }],
                    },
                ],
                "Refused": "",
                "Problems": [],
            }),
        ),
    ] {
        assert_eq!(planned(&scene, event).await, expected);
    }
}

#[tokio::test]
async fn a_gate_waits_or_is_refused() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let plan = planned(&scene, scene.create(OrgTrailDelivery)).await;
    let location = format!("s3://{BUCKET}/AWSLogs/{ORGANIZATION_ID}/");
    assert_eq!(
        plan["Steps"],
        json!([{
            "Operation": "ListObjectsV2",
            "Resource": location,
            "Changes": [{ "Name": "AccountsMissing", "Old": "1", "New": "0" }],
        }])
    );
    let report = scene.create(OrgTrailDelivery).property("Mode", "Report");
    assert_eq!(planned(&scene, report).await, in_sync());
    scene.aws.world(|world| world.trails[0].is_logging = false);
    let plan = planned(&scene, scene.create(OrgTrailDelivery)).await;
    assert_mentions(plan["Refused"].as_str().expect("a string"), &["does not log"]);
}

#[tokio::test]
async fn a_replacement_has_the_old_id() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let plan = planned(&scene, scene.update(OrgTrail).property("TrailName", "renamed")).await;
    assert_eq!(operations(&plan), ["CreateTrail", "StartLogging"]);
    assert_eq!(plan["Steps"][0]["Replaces"], TRAIL_ARN);
    assert_eq!(plan["Steps"][0]["Resource"], TRAIL_ARN.replace("org-trail", "renamed"));
    assert_eq!(plan["Steps"][1].get("Replaces"), None);
    // AWS has the replacement already.
    let event = scene.update(OrgTrustedAccess);
    let event = event.with("PhysicalResourceId", "trusted-access/sso.amazonaws.com/enabled");
    let plan = planned(&scene, event).await;
    assert_eq!(
        (&plan["InSync"], &plan["Steps"]),
        (
            &json!(false),
            &json!([{
                "Operation": "ListAWSServiceAccessForOrganization",
                "Resource": CLOUDTRAIL,
                "Replaces": "trusted-access/sso.amazonaws.com/enabled",
            }])
        )
    );
}

#[tokio::test]
async fn a_refusal_and_problems_are_in_the_plan() {
    let scene = Scene::of(ready().with_trail(owned_by_another_stack())).await;
    let plan = planned(&scene, scene.create(OrgTrail)).await;
    assert_eq!((&plan["InSync"], &plan["Steps"]), (&json!(false), &json!([])));
    assert_mentions(plan["Refused"].as_str().expect("a string"), &["other-stack", "Adopt"]);
    let adopting = scene.create(OrgTrail).property("ExistingTrail", "Adopt");
    assert_eq!(operations(&planned(&scene, adopting).await), ["AddTags"]);

    scene.aws.forget_calls();
    let invalid = scene.create(OrgTrail).property("S3Bucketname", "x").property("IsLogging", "y");
    let plan = planned(&scene, invalid).await;
    let problems = plan["Problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!((&plan["Refused"], &plan["Steps"]), (&json!(""), &json!([])));
    let plan = planned(&scene, scene.create(OrgTrail).with("ResourceType", "Custom::Other")).await;
    assert_mentions(plan["Refused"].as_str().expect("a string"), &["Custom::OrgTrail"]);
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_unreadable_plan_and_failed_reads_are_errors() {
    let scene = Scene::ready().await;
    let plan = || plan_of(scene.create(OrgTrail));
    for (event, mentioned) in [
        (plan().without("ResourceType"), "ResourceType"),
        (plan().without("ResourceProperties"), "ResourceProperties"),
        (plan().with("ResourceProperties", json!([])), "ResourceProperties"),
        (plan().without("StackId"), "StackId"),
        (plan().without("LogicalResourceId"), "LogicalResourceId"),
        (plan().with("PhysicalResourceId", json!({})), "PhysicalResourceId"),
    ] {
        assert_mentions(&unplanned(&scene, &event).await, &["InvalidEvent", mentioned]);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
    let denied = Fault::error("AccessDenied", "not authorized to perform: cloudtrail:GetTrail");
    scene.aws.inject("GetTrail", 1.., denied);
    let error = unplanned(&scene, &plan()).await;
    assert_mentions(&error, &["NoPlan", "GetTrail", "AccessDenied"]);
}

#[tokio::test]
async fn a_plan_only_function_serves_no_other_request() {
    let scene = Scene::with_variables(ready().with_trail(ours()), &[("PLAN_ONLY", "true")]).await;
    assert_eq!(planned(&scene, scene.update(OrgTrail)).await, in_sync());
    scene.aws.forget_calls();
    for (event, id) in [
        (scene.create(OrgTrail), SENTINEL),
        (scene.update(OrgTrail), TRAIL_ARN),
        (scene.delete(OrgTrail), TRAIL_ARN),
        (scene.create(OrgTrail).with("RequestType", "Read"), SENTINEL),
    ] {
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), id);
        assert_mentions(response.reason(), &["PLAN_ONLY", "ServiceToken"]);
    }
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn without_plan_only_requests_are_served() {
    for value in ["false", "", "1"] {
        let scene = Scene::with_variables(ready(), &[("PLAN_ONLY", value)]).await;
        scene.succeed(&scene.create(OrgTrail)).await;
    }
}
