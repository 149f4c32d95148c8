//! Cases 18 to 26 and 76: invalid requests, and requests in an SNS message.

use serde_json::{Value, json};
use simulator::{
    cloudformation::{Event, ResponseEndpoint},
    lambda::Outcome,
};

use crate::support::{
    CLOUDTRAIL, OrgTrail, SENTINEL, Scene, TRAIL_ARN, assert_mentions, ours, ready,
};

/// Asserts that the function made no call to AWS.
#[track_caller]
fn assert_no_calls(scene: &Scene) {
    assert_eq!(scene.aws.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn case_18_unknown_request_type_fails_without_a_call() {
    let scene = Scene::ready().await;
    for request_type in [json!("Read"), json!("create"), Value::Null, json!(5), json!(["Create"])] {
        let event = scene.create(OrgTrail).with("RequestType", request_type.clone());
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL, "{request_type}");
        assert_mentions(response.reason(), &["RequestType", "Create", "Update", "Delete"]);
        let event = scene.update(OrgTrail).with("RequestType", request_type.clone());
        assert_eq!(scene.fail(&event).await.physical_id(), TRAIL_ARN, "{request_type}");
    }
    let response = scene.fail(&scene.create(OrgTrail).without("RequestType")).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_no_calls(&scene);
}

#[tokio::test]
async fn case_19_unknown_resource_type_fails_and_lists_the_types() {
    let scene = Scene::ready().await;
    for resource_type in [json!("Custom::OrgTrial"), json!("AWS::CloudTrail::Trail"), json!(7)] {
        let event = scene.create(OrgTrail).with("ResourceType", resource_type);
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &["Custom::OrgTrail", "Custom::OrgTrustedAccess"]);
    }
    let response = scene.fail(&scene.update(OrgTrail).without("ResourceType")).await;
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert_no_calls(&scene);
}

#[tokio::test]
async fn case_20_general_resource_type_fails_and_lists_the_types() {
    let scene = Scene::ready().await;
    let general = "AWS::CloudFormation::CustomResource";
    let response = scene.fail(&scene.create(OrgTrail).with("ResourceType", general)).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_mentions(response.reason(), &[general, "Custom::OrgTrail", "Custom::OrgTrustedAccess"]);
    assert_no_calls(&scene);
}

/// Asserts that the invocation ends with an error, that CloudFormation receives no response, and
/// that neither the error nor the log contains the secret.
async fn assert_no_response_is_possible(scene: Scene, event: &Event, secret: &str) {
    let outcome = scene.invoke(event).await;
    let Outcome::Err { error_type, error_message } = outcome else { panic!("{outcome:?}") };
    assert!(!format!("{error_type} {error_message}").contains(secret), "{error_message}");
    assert_eq!(scene.endpoint.responses().len(), 0);
    assert_no_calls(&scene);
    let log = scene.function.stop().await;
    assert!(!log.contains(secret), "{log}");
    assert_mentions(&log, &["ResponseURL"]);
}

#[tokio::test]
async fn case_21_invalid_response_url_is_an_error() {
    let secret = "0123456789abcdef0123456789abcdef";
    let unusable = [
        json!(format!("ftp://example.com/?X-Amz-Signature={secret}")),
        json!(format!("not a url {secret}")),
        json!(format!("https://?X-Amz-Signature={secret}")),
        json!([format!("https://example.com/?X-Amz-Signature={secret}")]),
        Value::Null,
    ];
    for url in unusable {
        let scene = Scene::ready().await;
        let event = scene.create(OrgTrail).with("ResponseURL", url);
        assert_no_response_is_possible(scene, &event, secret).await;
    }
    let scene = Scene::ready().await;
    let event = scene.create(OrgTrail).without("ResponseURL");
    assert_no_response_is_possible(scene, &event, secret).await;
}

#[tokio::test]
async fn case_22_plain_http_response_url_is_rejected_in_production() {
    for value in [None, Some("false"), Some("1"), Some("")] {
        let scene = Scene::configured(ready(), |configuration| match value {
            None => configuration.without_variable("ALLOW_HTTP_RESPONSE_URL"),
            Some(value) => configuration.variable("ALLOW_HTTP_RESPONSE_URL", value),
        });
        let scene = scene.await;
        let plain = ResponseEndpoint::start().await.expect("it listens");
        let event = Event::create(OrgTrail, &plain.url());
        let signature = event.text("ResponseURL").and_then(|url| url.rsplit_once('='));
        let signature = signature.expect("the URL ends with its signature").1.to_owned();
        assert_no_response_is_possible(scene, &event, &signature).await;
        assert_eq!(plain.responses().len(), 0);
    }
}

#[tokio::test]
async fn case_23_request_with_missing_ids_fails_without_calls() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    scene.aws.forget_calls();
    for missing in ["StackId", "RequestId", "LogicalResourceId"] {
        for event in [scene.create(OrgTrail), scene.update(OrgTrail), scene.delete(OrgTrail)] {
            // `fail` also checks that the response contains no ID of an earlier request.
            let response = scene.fail(&event.without(missing)).await;
            assert_mentions(response.reason(), &[missing]);
        }
        let event = scene.create(OrgTrail).with(missing, json!({ "not": "a string" }));
        assert_mentions(scene.fail(&event).await.reason(), &[missing]);
    }
    assert_no_calls(&scene);
}

#[tokio::test]
async fn case_24_properties_must_be_a_map_except_in_delete() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    for properties in [Value::Null, json!("x"), json!([])] {
        let event = scene.create(OrgTrail).with("ResourceProperties", properties.clone());
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL, "{properties}");
        let event = scene.update(OrgTrail).with("ResourceProperties", properties.clone());
        assert_eq!(scene.fail(&event).await.physical_id(), TRAIL_ARN, "{properties}");
        let event = scene
            .delete(OrgTrail)
            .with("ResourceProperties", properties)
            .with("PhysicalResourceId", SENTINEL);
        scene.succeed(&event).await;
    }
    let response = scene.fail(&scene.create(OrgTrail).without("ResourceProperties")).await;
    assert_eq!(response.physical_id(), SENTINEL);
    assert_eq!(scene.mutations(), Vec::<String>::new());
    scene.succeed(&scene.delete(OrgTrail).without("ResourceProperties")).await;
    assert_eq!(scene.trail_names(), Vec::<String>::new());
}

#[tokio::test]
async fn case_25_event_without_a_request_is_an_error() {
    let scene = Scene::ready().await;
    for event in ["[]", "\"x\"", "null", "{}", "7", "not JSON", ""] {
        let outcome = scene.invoke(event).await;
        let Outcome::Err { error_type, error_message } = outcome else { panic!("{outcome:?}") };
        assert!(!format!("{error_type} {error_message}").contains("panic"), "{error_message}");
    }
    assert_eq!(scene.endpoint.responses().len(), 0);
    assert_no_calls(&scene);
    scene.succeed(&scene.create(OrgTrail)).await;
    assert!(!scene.function.stop().await.contains("panicked"));
}

#[tokio::test]
async fn case_26_request_in_an_sns_message_is_served() {
    let scene = Scene::ready().await;
    let request = scene.create(OrgTrail);
    let envelope = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:111111111111:orgtrail:5f0c1c70",
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": "arn:aws:sns:eu-west-1:111111111111:orgtrail",
            "Subject": "AWS CloudFormation custom resource request",
            "Message": request.value().to_string(),
            "Timestamp": "2026-11-23T12:00:00.000Z",
        },
    }]});
    let outcome = scene.invoke(&envelope).await;
    assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
    let response = scene.endpoint.only_response_to(request.value());
    assert_eq!(response.physical_id(), TRAIL_ARN);
    assert!(scene.trusts(CLOUDTRAIL));
}

#[tokio::test]
async fn case_76_deeply_nested_properties_receive_a_response() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let nested = |event: Event| {
        let event = event.with("ResourceProperties", "deep").value().to_string();
        event.replace("\"deep\"", &format!(r#"{{"TrailName": {deep}}}"#))
    };
    for (event, status, id) in [
        (scene.create(OrgTrail), "FAILED", SENTINEL),
        (scene.update(OrgTrail), "FAILED", TRAIL_ARN),
        (scene.delete(OrgTrail).with("PhysicalResourceId", SENTINEL), "SUCCESS", SENTINEL),
    ] {
        let url = event.text("ResponseURL").expect("the event has a response URL").to_owned();
        let outcome = scene.invoke(nested(event).as_str()).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
        let responses = scene.endpoint.responses_at(&url);
        let [response] = responses.as_slice() else {
            panic!("not exactly one response: {responses:#?}")
        };
        assert_eq!(response.json()["Status"], status);
        assert_eq!(response.physical_id(), id);
    }
    assert_no_calls(&scene);
}
