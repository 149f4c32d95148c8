//! Cases 72 to 75: independence of requests, and an environment that is not valid.

use serde_json::json;
use simulator::{
    aws::{AssumableRole, World},
    cloudformation::ACCOUNT,
    lambda::{Invocation, Outcome},
};

use crate::support::{
    AMPLE, BRIEF, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, TRAIL_ARN, Transport,
    assert_mentions, ready,
};

/// The reason contains the name of the missing variable.
#[tokio::test]
async fn missing_credentials_fail_each_request() {
    let scene = Scene::configured(ready(), |configuration| {
        configuration
            .without_variable("AWS_ACCESS_KEY_ID")
            .without_variable("AWS_SECRET_ACCESS_KEY")
            .without_variable("AWS_SESSION_TOKEN")
    });
    let scene = scene.await;
    for event in [scene.create(OrgTrail), scene.create(OrgTrustedAccess)] {
        let response = scene.send_within(BRIEF, &event).await;
        assert!(!response.is_success());
        assert_mentions(response.reason(), &["credentials", "AWS_ACCESS_KEY_ID"]);
    }
}

/// The AWS SDK panics if a header cannot contain the token (aws-runtime 1.10.2).
#[tokio::test]
async fn invalid_session_token_fails_each_request() {
    let scene = Scene::with_variables(ready(), &[("AWS_SESSION_TOKEN", "line\nbreak")]).await;
    for event in [scene.create(OrgTrail), scene.create(OrgTrustedAccess)] {
        let response = scene.send_within(BRIEF, &event).await;
        assert!(!response.is_success());
        assert!(!response.reason().contains("break"), "{}", response.reason());
    }
}

#[tokio::test]
async fn invalid_environment_does_not_prevent_a_response() {
    for (variable, value) in [
        ("AWS_REGION", "somewhere over the rainbow"),
        ("AWS_ENDPOINT_URL", "::no url::"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
        ("HTTPS_PROXY", "no proxy either"),
    ] {
        let scene = Scene::with_variables(World::organization(), &[(variable, value)]).await;
        let delete = scene.delete(OrgTrail).with("PhysicalResourceId", SENTINEL);
        if crate::TRANSPORT == Transport::Plain || variable != "SSL_CERT_FILE" {
            scene.succeed(&delete).await;
        }
    }
}

/// The next request succeeds as soon as the role exists.
#[tokio::test]
async fn case_72_each_request_assumes_a_missing_role_again() {
    let role = "arn:aws:iam::111111111111:role/OrgTrail";
    let scene = Scene::with_variables(ready(), &[("MANAGEMENT_ROLE_ARN", role)]).await;
    for event in [scene.create(OrgTrail), scene.create(OrgTrustedAccess)] {
        let response = scene.send_within(BRIEF, &event).await;
        assert!(!response.is_success());
        assert_mentions(response.reason(), &["could not be assumed", role]);
    }
    scene.aws.world(|world| {
        let trusted = AssumableRole::new(role).trusting(ACCOUNT);
        *world = std::mem::take(world).with_assumable_role(trusted);
    });
    assert_eq!(scene.succeed(&scene.create(OrgTrail)).await.physical_id(), TRAIL_ARN);
}

#[tokio::test]
async fn case_73_responses_contain_nothing_of_earlier_requests() {
    let scene = Scene::ready().await;
    let first = scene
        .create(OrgTrail)
        .with("StackId", "arn:aws:cloudformation:eu-west-1:111111111111:stack/first/1")
        .with("RequestId", "first-request")
        .with("LogicalResourceId", "FirstTrail");
    scene.succeed(&first).await;
    let malformed = [
        scene.create(OrgTrail).without("StackId").without("RequestId").without("LogicalResourceId"),
        scene.create(OrgTrail).with("RequestType", 5),
        scene.create(OrgTrail).without("ResourceProperties"),
    ];
    for event in malformed {
        let response = scene.fail(&event).await;
        let body = String::from_utf8_lossy(&response.body).to_lowercase();
        assert!(!body.contains("first"), "{body}");
    }
    let sent = scene.endpoint.responses().len();
    assert!(matches!(scene.invoke(json!({})).await, Outcome::Err { .. }));
    assert_eq!(scene.endpoint.responses().len(), sent);
}

#[tokio::test]
async fn case_74_response_to_a_retry_uses_new_url() {
    let scene = Scene::ready().await;
    let event = scene.create(OrgTrail);
    let first = scene.succeed(&event).await;
    let retried = event.response_url(&scene.endpoint.url());
    assert_eq!(scene.succeed(&retried).await.json(), first.json());
}

#[tokio::test]
async fn case_75_concurrent_requests_are_independent() {
    let scene =
        Scene::with_variables(World::organization(), &[("AWS_LAMBDA_MAX_CONCURRENCY", "8")]).await;
    let services = ["account", "backup", "config", "fms", "guardduty", "iam", "ssm", "sso"];
    let events = services.map(|service| {
        scene
            .create(OrgTrustedAccess)
            .property("ServicePrincipal", format!("{service}.amazonaws.com"))
            .with("LogicalResourceId", format!("{service}Access"))
            .with("StackId", format!("arn:aws:cloudformation:stack/{service}/1"))
    });
    let outcomes = events.iter().map(|event| {
        let invocation = Invocation::lasting(AMPLE);
        scene.function.invoke(event, invocation)
    });
    for outcome in futures_util::future::join_all(outcomes).await {
        assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
    }
    for (service, event) in services.iter().zip(&events) {
        let response = scene.endpoint.only_response_to(event.value());
        let id = format!("trusted-access/{service}.amazonaws.com/enabled");
        assert_eq!(response.physical_id(), id);
    }
}
