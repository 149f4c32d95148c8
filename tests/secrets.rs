//! Case 71: nothing secret is ever logged, at the most talkative level, on any path.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    aws::{AssumableRole, Fault, World},
    cloudformation::{ACCOUNT, Event, Reaction, ResponseUrl},
    lambda::{Invocation, Payload},
};

mod support;

use support::{OrgTrail, OrgTrustedAccess, SENTINEL, Scene, Transport, configuration, ready};

const TRANSPORT: Transport = Transport::Plain;

/// A scene whose function says all it can, and what it must not say.
struct Eavesdropping {
    scene: Scene,
    secrets: Vec<String>,
}

impl Eavesdropping {
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
        let timeout = Duration::from_secs(1);
        self.scene.function.invoke(event, Invocation::lasting(timeout)).await;
    }

    /// Stops the function and asserts that it said much, but nothing secret.
    async fn assert_discreet(self) {
        let log = self.scene.function.stop().await;
        assert!(log.lines().count() > 4, "a log to search: {log}");
        for secret in &self.secrets {
            let leak = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(leak, None, "a secret ({secret}) is in the log");
        }
        for answer in self.scene.endpoint.answers() {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let leak = self.secrets.iter().find(|secret| body.contains(secret.as_str()));
            assert_eq!(leak, None, "a secret is in an answer: {body}");
        }
    }
}

#[tokio::test]
async fn a_whole_lifecycle_logs_nothing_secret() {
    let mut ears = Eavesdropping::start(ready(), &[]).await;
    for resource_type in [OrgTrustedAccess, OrgTrail] {
        let url = ears.url();
        ears.send(&Event::create(resource_type, &url)).await;
        let url = ears.url();
        ears.send(&Event::update(resource_type, &url)).await;
    }
    let url = ears.url();
    ears.send(&Event::update(OrgTrail, &url).property("S3KeyPrefix", "organization")).await;
    let url = ears.url();
    ears.send(&Event::delete(OrgTrail, &url)).await;
    assert_eq!(ears.scene.endpoint.answers().len(), 6);
    ears.assert_discreet().await;
}

#[tokio::test]
async fn requests_that_fail_log_nothing_secret() {
    let mut ears = Eavesdropping::start(ready(), &[]).await;
    let url = ears.url();
    let create = Event::create(OrgTrail, &url);
    let spoilt = [
        create.clone().property("Zebra", "1"),
        create.clone().with("RequestType", "Read"),
        create.clone().with("ResourceType", "Custom::Other"),
        create.clone().without("StackId"),
        create.clone().with("ResourceProperties", Value::Null),
        create.clone().with("PhysicalResourceId", json!({ "ResponseURL": url.as_str() })),
        Event::update(OrgTrail, &url).without("PhysicalResourceId"),
        Event::delete(OrgTrail, &url).with("PhysicalResourceId", SENTINEL),
    ];
    for event in &spoilt {
        ears.send(event).await;
    }
    ears.scene.aws.inject("CreateTrail", 1, Fault::Throttle);
    ears.scene.aws.inject("CreateTrail", 2, Fault::Reset);
    ears.scene.aws.inject("CreateTrail", 3, Fault::Garbage);
    ears.scene.aws.inject("CreateTrail", 4, Fault::error("InvalidTrailNameException", "no"));
    ears.send(&create).await;
    ears.scene.aws.inject("*", 1.., Fault::Hang);
    ears.send(&create).await;
    ears.assert_discreet().await;
}

#[tokio::test]
async fn events_that_are_no_requests_log_nothing_secret() {
    let mut ears = Eavesdropping::start(ready(), &[]).await;
    let url = ears.url();
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
        ears.send(payload.as_str()).await;
    }
    let mut not_utf8 = text.into_bytes();
    not_utf8.push(0xff);
    ears.send(not_utf8).await;
    ears.assert_discreet().await;
}

#[tokio::test]
async fn answers_that_cannot_be_sent_log_nothing_secret() {
    let mut ears = Eavesdropping::start(ready(), &[]).await;
    let echo = ears.url();
    let reactions = [
        Reaction::Status(403),
        Reaction::Body(403, format!("<Error><Resource>{echo}</Resource></Error>")),
        Reaction::Status(500),
        Reaction::Reset,
        Reaction::Redirect(307, echo.to_string()),
        Reaction::Hang,
    ];
    for reaction in reactions {
        ears.scene.endpoint.always_react(reaction);
        let url = ears.url();
        ears.send(&Event::delete(OrgTrail, &url).with("PhysicalResourceId", SENTINEL)).await;
    }
    for origin in ["https://127.0.0.1:1", "http://no-such-host.invalid", "ftp://127.0.0.1"] {
        let url = ears.remember(ResponseUrl::new(origin));
        ears.send(&Event::create(OrgTrail, &url).property("Zebra", "1")).await;
    }
    let url = ears.remember(ResponseUrl::new("https://user:hunter2hunter2@127.0.0.1:1"));
    ears.secrets.push("hunter2hunter2".to_owned());
    ears.send(&Event::create(OrgTrail, &url).property("Zebra", "1")).await;
    ears.assert_discreet().await;
}

#[tokio::test]
async fn the_credentials_of_an_assumed_role_are_logged_no_more_than_the_functions_own() {
    let arn = "arn:aws:iam::111111111111:role/OrgTrail";
    let external_id = "externalIdThatOnlyTheTwoAccountsKnow";
    let role = AssumableRole::new(arn).trusting(ACCOUNT).demanding(external_id);
    let world = ready().with_assumable_role(role);
    let variables = [("MANAGEMENT_ROLE_ARN", arn), ("MANAGEMENT_ROLE_EXTERNAL_ID", external_id)];
    let mut ears = Eavesdropping::start(world, &variables).await;
    // An answer that cannot be read, and one that is lost, are about the credentials too.
    ears.scene.aws.inject("AssumeRole", 1, Fault::Garbage);
    ears.scene.aws.inject("AssumeRole", 2, Fault::LostResponse);
    for _ in 0..3 {
        let url = ears.url();
        ears.send(&Event::create(OrgTrail, &url)).await;
    }
    assert_eq!(ears.scene.trail_names(), ["org-trail"]);
    let sessions = ears.scene.aws.world(|world| world.role_sessions.clone());
    assert!(!sessions.is_empty(), "the role was assumed");
    for (access_key, session) in sessions {
        let secrets = [access_key, session.secret_access_key, session.session_token];
        ears.secrets.extend(secrets);
    }
    ears.secrets.push(external_id.to_owned());
    ears.assert_discreet().await;
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_logs_nothing_secret() {
    let external_id = "externalIdThatOnlyTheTwoAccountsKnow";
    let variables = [
        ("MANAGEMENT_ROLE_ARN", "arn:aws:iam::111111111111:role/Missing"),
        ("MANAGEMENT_ROLE_EXTERNAL_ID", external_id),
    ];
    let mut ears = Eavesdropping::start(ready(), &variables).await;
    ears.secrets.push(external_id.to_owned());
    for _ in 0..3 {
        let url = ears.url();
        ears.send(&Event::create(OrgTrail, &url)).await;
    }
    assert_eq!(ears.scene.endpoint.answers().len(), 3);
    ears.assert_discreet().await;
}
