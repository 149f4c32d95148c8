//! Case 71: the function logs no secrets, even at level TRACE and in failed requests.

use serde_json::{Value, json};
use simulator::{
    aws::{AssumableRole, Fault, World},
    cloudformation::{ACCOUNT, Event, Reaction, ResponseUrl},
    lambda::{Invocation, Payload},
};

mod support;

use support::{
    BRIEF, OrgTrail, OrgTrustedAccess, SENTINEL, Scene, Transport, configuration, ready,
};

const TRANSPORT: Transport = Transport::Plain;

/// A scene whose function logs at level TRACE, and the secrets that its log must not contain.
struct SecretScan {
    scene: Scene,
    secrets: Vec<String>,
}

impl SecretScan {
    async fn start(world: World, more: &[(&str, &str)]) -> Self {
        let scene = Scene::configured(world, |configuration| {
            let talkative = configuration
                .variable("AWS_LAMBDA_LOG_LEVEL", "TRACE")
                .variable("RUST_LOG", "trace")
                .variable("RUST_BACKTRACE", "full");
            more.iter().fold(talkative, |configuration, (name, value)| {
                configuration.variable(name, *value)
            })
        });
        let scene = scene.await;
        let secrets = configuration(&scene.aws).secrets().map(str::to_owned).collect();
        Self { scene, secrets }
    }

    fn url(&mut self) -> ResponseUrl {
        self.remember(self.scene.endpoint.url())
    }

    fn remember(&mut self, url: ResponseUrl) -> ResponseUrl {
        self.secrets.extend(url.secrets().map(str::to_owned));
        url
    }

    async fn send(&self, event: impl Into<Payload>) {
        self.scene.function.invoke(event, Invocation::lasting(BRIEF)).await;
    }

    /// Stops the function and asserts that neither its log nor the responses contain a secret.
    async fn assert_no_secrets(self) {
        let log = self.scene.function.stop().await;
        assert!(log.lines().count() > 4, "a log to search: {log}");
        for secret in &self.secrets {
            let leak = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(leak, None, "a secret ({secret}) is in the log");
        }
        for response in self.scene.endpoint.responses() {
            let body = String::from_utf8_lossy(&response.body).into_owned();
            let leak = self.secrets.iter().find(|secret| body.contains(secret.as_str()));
            assert_eq!(leak, None, "a secret is in an response: {body}");
        }
    }
}

#[tokio::test]
async fn lifecycle_logs_no_secrets() {
    let mut scan = SecretScan::start(ready(), &[]).await;
    for resource_type in [OrgTrustedAccess, OrgTrail] {
        let urls = [scan.url(), scan.url()];
        scan.send(&Event::create(resource_type, &urls[0])).await;
        scan.send(&Event::update(resource_type, &urls[1])).await;
    }
    let url = scan.url();
    scan.send(&Event::update(OrgTrail, &url).property("S3KeyPrefix", "organization")).await;
    let url = scan.url();
    scan.send(&Event::delete(OrgTrail, &url)).await;
    assert_eq!(scan.scene.endpoint.responses().len(), 6);
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn plans_contain_and_log_no_secrets() {
    let mut scan = SecretScan::start(ready(), &[]).await;
    let url = scan.url();
    let with_url = Event::create(OrgTrail, &url).with("RequestType", "Plan");
    let plan = || with_url.clone().without("ResponseURL");
    let denied = plan().property("TrailName", "denied");
    for (event, fault) in [
        (with_url.clone(), None),
        (plan(), None),
        (plan().property("Zebra", "1"), None),
        (plan().without("StackId"), None),
        (denied, Some(Fault::error("AccessDenied", "no"))),
    ] {
        if let Some(fault) = fault {
            scan.scene.aws.inject("GetTrail", 1.., fault);
        }
        let outcome = scan.scene.function.invoke(&event, Invocation::lasting(BRIEF)).await;
        let outcome = format!("{outcome:?}");
        let leak = scan.secrets.iter().find(|secret| outcome.contains(secret.as_str()));
        assert_eq!(leak, None, "a secret is in the outcome: {outcome}");
    }
    assert_eq!(scan.scene.endpoint.responses().len(), 0);
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn failed_requests_log_no_secrets() {
    let mut scan = SecretScan::start(ready(), &[]).await;
    let url = scan.url();
    let create = Event::create(OrgTrail, &url);
    let invalid = [
        create.clone().property("Zebra", "1"),
        create.clone().with("RequestType", "Read"),
        create.clone().with("ResourceType", "Custom::Other"),
        create.clone().without("StackId"),
        create.clone().with("ResourceProperties", Value::Null),
        create.clone().with("PhysicalResourceId", json!({ "ResponseURL": url.as_str() })),
        Event::update(OrgTrail, &url).without("PhysicalResourceId"),
        Event::delete(OrgTrail, &url).with("PhysicalResourceId", SENTINEL),
    ];
    for event in &invalid {
        scan.send(event).await;
    }
    scan.scene.aws.inject("CreateTrail", 1, Fault::Throttle);
    scan.scene.aws.inject("CreateTrail", 2, Fault::Reset);
    scan.scene.aws.inject("CreateTrail", 3, Fault::Garbage);
    scan.scene.aws.inject("CreateTrail", 4, Fault::error("InvalidTrailNameException", "no"));
    scan.send(&create).await;
    scan.scene.aws.inject("*", 1.., Fault::Hang);
    scan.send(&create).await;
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn invalid_events_log_no_secrets() {
    let mut scan = SecretScan::start(ready(), &[]).await;
    let url = scan.url();
    let create = Event::create(OrgTrail, &url);
    let text = create.value().to_string();
    let payloads = [
        json!([create.value()]).to_string(),
        json!({ "Records": [{ "Sns": { "Message": &text } }] }).to_string(),
        json!({ "Records": [{ "Sns": { "Message": &text[..text.len() / 2] } }] }).to_string(),
        json!({ "Records": [{ "body": &text }] }).to_string(),
        text[..text.len() - 1].to_owned(),
        format!("{text}{text}"),
        json!(url.as_str()).to_string(),
    ];
    for payload in &payloads {
        scan.send(payload.as_str()).await;
    }
    let mut not_utf8 = text.into_bytes();
    not_utf8.push(0xff);
    scan.send(not_utf8).await;
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn failed_submissions_log_no_secrets() {
    let mut scan = SecretScan::start(ready(), &[]).await;
    let echo = scan.url();
    let reactions = [
        Reaction::Status(403),
        Reaction::Body(403, format!("<Error><Resource>{echo}</Resource></Error>")),
        Reaction::Status(500),
        Reaction::Reset,
        Reaction::Redirect(307, echo.to_string()),
        Reaction::Hang,
    ];
    for reaction in reactions {
        scan.scene.endpoint.always_react(reaction);
        let url = scan.url();
        scan.send(&Event::delete(OrgTrail, &url).with("PhysicalResourceId", SENTINEL)).await;
    }
    for origin in ["https://127.0.0.1:1", "http://no-such-host.invalid", "ftp://127.0.0.1"] {
        let url = scan.remember(ResponseUrl::new(origin));
        scan.send(&Event::create(OrgTrail, &url).property("Zebra", "1")).await;
    }
    let url = scan.remember(ResponseUrl::new("https://user:hunter2hunter2@127.0.0.1:1"));
    scan.secrets.push("hunter2hunter2".to_owned());
    scan.send(&Event::create(OrgTrail, &url).property("Zebra", "1")).await;
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn assumed_role_credentials_are_not_logged() {
    let arn = "arn:aws:iam::111111111111:role/OrgTrail";
    let external_id = "externalIdThatOnlyTheTwoAccountsKnow";
    let role = AssumableRole::new(arn).trusting(ACCOUNT).demanding(external_id);
    let world = ready().with_assumable_role(role);
    let variables = [("MANAGEMENT_ROLE_ARN", arn), ("MANAGEMENT_ROLE_EXTERNAL_ID", external_id)];
    let mut scan = SecretScan::start(world, &variables).await;
    // Responses that the function cannot parse or does not receive contain credentials too.
    scan.scene.aws.inject("AssumeRole", 1, Fault::Garbage);
    scan.scene.aws.inject("AssumeRole", 2, Fault::LostResponse);
    for _ in 0..3 {
        let url = scan.url();
        scan.send(&Event::create(OrgTrail, &url)).await;
    }
    assert_eq!(scan.scene.trail_names(), ["org-trail"]);
    let sessions = scan.scene.aws.world(|world| world.role_sessions.clone());
    assert!(!sessions.is_empty(), "the role was assumed");
    for (access_key, session) in sessions {
        let secrets = [access_key, session.secret_access_key, session.session_token];
        scan.secrets.extend(secrets);
    }
    scan.secrets.push(external_id.to_owned());
    scan.assert_no_secrets().await;
}

#[tokio::test]
async fn failed_role_assumptions_log_no_secrets() {
    let external_id = "externalIdThatOnlyTheTwoAccountsKnow";
    let variables = [
        ("MANAGEMENT_ROLE_ARN", "arn:aws:iam::111111111111:role/Missing"),
        ("MANAGEMENT_ROLE_EXTERNAL_ID", external_id),
    ];
    let mut scan = SecretScan::start(ready(), &variables).await;
    scan.secrets.push(external_id.to_owned());
    for _ in 0..3 {
        let url = scan.url();
        scan.send(&Event::create(OrgTrail, &url)).await;
    }
    assert_eq!(scan.scene.endpoint.responses().len(), 3);
    scan.assert_no_secrets().await;
}
