//! Cases 9 to 17: the formats of properties, and the fields beside them.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::lambda::Invocation;

use crate::support::{
    OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN, assert_mentions, lines_of_level,
};

#[tokio::test]
async fn case_09_reason_lists_all_missing_properties() {
    let scene = Scene::ready().await;
    let event =
        scene.create(OrgTrail).without_property("TrailName").without_property("S3BucketName");
    let response = scene.fail(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &["TrailName", "S3BucketName"]);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_10_reason_suggests_names_for_unknown_properties() {
    let scene = Scene::ready().await;
    let event = scene
        .create(OrgTrail)
        .property("S3Bucketname", "org-logs-example")
        .property("Zebra", "1")
        .property("EventSelectors", json!([{ "ReadWritetype": "All" }]));
    let response = scene.fail(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
    let expected = [
        "unknown property S3Bucketname (did you mean S3BucketName?)",
        "unknown property Zebra",
        "ReadWritetype (did you mean ReadWriteType?)",
    ];
    assert_mentions(response.reason(), &expected);
    assert!(!response.reason().contains("Zebra (did you mean"), "{}", response.reason());

    let event = scene.create(OrgTrustedAccess).property("DeleteBehaviour", "Disable");
    let response = scene.fail(&event).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &["DeleteBehaviour (did you mean DeleteBehavior?)"]);
}

/// Updates `IsLogging` to `value`, and returns true if the trail then logs.
async fn logging_after(scene: &Scene, value: Value) -> bool {
    scene.succeed(&scene.update(OrgTrail).property("IsLogging", value)).await;
    scene.org_trail().is_logging
}

#[tokio::test]
async fn case_11_booleans_may_be_strings() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    assert!(!logging_after(&scene, json!("false")).await);
    assert!(logging_after(&scene, json!(true)).await);
    assert!(!logging_after(&scene, json!(false)).await);
    assert!(logging_after(&scene, json!("true")).await);
}

/// Other strings and numbers are rejected.
#[tokio::test]
async fn case_12_booleans_are_case_insensitive() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    assert!(!logging_after(&scene, json!("FALSE")).await);
    assert!(logging_after(&scene, json!("True")).await);
    assert!(!logging_after(&scene, json!(false)).await);
    // An empty string means the default.
    assert!(logging_after(&scene, json!("")).await);
    scene.aws.forget_calls();
    for value in [json!("yes"), json!("1"), json!(1), json!(["true"])] {
        let event = scene.update(OrgTrail).property("IsLogging", value.clone());
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), TRAIL_ARN, "{value}");
        assert_mentions(response.reason(), &["IsLogging", "true", "false"]);
    }
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

/// The warnings about `ServiceTimeout` for requests with these values.
///
/// `ServiceTimeout` is the only number in a request. An invalid number does not fail the request,
/// because the function then uses the default.
async fn warnings_about_service_timeout(values: &[Value]) -> Vec<Value> {
    let scene = Scene::ready().await;
    for value in values {
        let event = scene.create(OrgTrail).with("ServiceTimeout", value.clone());
        scene.succeed(&event).await;
    }
    let log = scene.function.stop().await;
    let mut warnings = lines_of_level(&log, "WARN");
    warnings.retain(|line| line.to_string().contains("ServiceTimeout"));
    warnings
}

#[tokio::test]
async fn case_13_numbers_may_be_strings_of_whole_numbers() {
    let good = warnings_about_service_timeout(&[json!("14"), json!(14)]).await;
    assert_eq!(good, Vec::<Value>::new());
    let odd = [json!("1.5"), json!("-1"), json!("1e3"), json!("٣")];
    let warnings = warnings_about_service_timeout(&odd).await;
    assert_eq!(warnings.len(), odd.len(), "{warnings:#?}");
}

#[tokio::test]
async fn case_14_lists_and_scalars_are_not_interchangeable() {
    let scene = Scene::ready().await;
    let confused = [
        ("TrailName", json!(["org-trail"])),
        ("S3BucketName", json!({ "Name": "org-logs-example" })),
        ("Tags", json!("team=security")),
        ("Tags", json!({ "Key": "team", "Value": "security" })),
        ("EventSelectors", json!("All")),
        ("InsightSelectors", json!(["ApiCallRateInsight"])),
    ];
    for (name, value) in confused {
        let response = scene.fail(&scene.create(OrgTrail).property(name, value)).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &[name]);
    }
    let event = scene.create(OrgTrustedAccess).property("ServicePrincipal", json!(["sso"]));
    assert_mentions(scene.fail(&event).await.reason(), &["ServicePrincipal"]);
    assert_eq!(scene.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_15_service_token_and_timeout_are_known_properties() {
    let scene = Scene::ready().await;
    let event = scene.create(OrgTrail).property("Zebra", "1");
    let properties = &event.value()["ResourceProperties"];
    assert!(properties["ServiceToken"].is_string() && properties["ServiceTimeout"].is_string());
    let response = scene.fail(&event).await;
    assert!(!response.reason().contains("Service"), "{}", response.reason());
    scene.succeed(&event.without_property("Zebra").response_url(&scene.endpoint.url())).await;
}

/// A value that is not a number from 1 to 3600 is ignored, with a warning.
#[tokio::test]
async fn case_16_service_timeout_limits_the_request() {
    let nonsense = [json!("abc"), json!("0"), json!("9999"), json!([30])];
    let warnings = warnings_about_service_timeout(&nonsense).await;
    assert_eq!(warnings.len(), nonsense.len(), "{warnings:#?}");
    let good = warnings_about_service_timeout(&[json!("30"), json!("3600")]).await;
    assert_eq!(good, Vec::<Value>::new());

    let scene = Scene::ready().await;
    scene.aws.inject("*", 1.., simulator::aws::Fault::Hang);
    let event = scene.create(OrgTrail).with("ServiceTimeout", "3");
    let started = std::time::Instant::now();
    let invocation = Invocation::lasting(Duration::from_mins(1));
    scene.function.invoke(&event, invocation).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(!scene.endpoint.only_response_to(event.value()).is_success());
}

#[tokio::test]
async fn case_17_unknown_request_fields_are_ignored() {
    let scene = Scene::ready().await;
    let event = scene
        .create(OrgTrail)
        .with("ClientRequestToken", "token")
        .with("NewInThisYear", json!({ "a": [null] }));
    assert_eq!(scene.succeed(&event).await.physical_id(), TRAIL_ARN);
}
