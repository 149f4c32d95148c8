//! The scene of the tests of the whole function: the real binary under a simulated Lambda,
//! CloudFormation's response endpoint, and a simulated AWS. Each test has its own scene.

#![allow(dead_code, unused_imports, reason = "every test binary needs its own part of this")]

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    aws::{Aws, Bucket, Delivery, Timestamp, Trail, World},
    cloudformation::{
        ACCOUNT, Event, ResourceType, Response, ResponseEndpoint, ResponseUrl, STACK_ID,
    },
    lambda::{Configuration, Function, Invocation, Outcome, Payload},
    tls::Authority,
};

pub use ResourceType::{OrgDelegatedAdministrator, OrgTrail, OrgTrailDelivery, OrgTrustedAccess};

/// The physical ID of the trail that [`ResourceType::properties`] describe.
pub const TRAIL_ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail";

/// The physical ID in the response to a Create that created nothing.
pub const SENTINEL: &str = "not-created/Trail";

/// The default service of trusted access.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// The Region of the function and of everything that the trail uses.
pub const REGION: &str = "eu-west-1";

/// The log bucket.
pub const BUCKET: &str = "org-logs-example";

/// A key in the bucket's Region.
pub const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// The alias of the key, as another account must specify it.
pub const KEY_ALIAS: &str = "arn:aws:kms:eu-west-1:222222222222:alias/org-logs";

/// A topic in the management account.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:111111111111:org-logs";

/// A log group in the management account, in the format of a template.
pub const LOG_GROUP: &str = "arn:aws:logs:eu-west-1:111111111111:log-group:org-logs";

/// The role that writes to the log group.
pub const LOG_ROLE: &str = "arn:aws:iam::111111111111:role/OrgTrailToCloudWatchLogs";

/// A physical ID that CloudFormation generates for a Create that it canceled.
pub const GENERATED: &str = "organization-logging-Trail-1A2B3C4D5E6F";

/// The physical ID of a delivery gate for the trail.
pub const GATE: &str = "delivery/arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail";

/// The accounts of the organization.
pub const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "444444444444"];

/// The timeout for a request that finishes without waiting.
pub const AMPLE: Duration = Duration::from_secs(20);

/// The timeout for a request that retries until time runs out.
pub const BRIEF: Duration = Duration::from_secs(4);

/// The transport from the function to AWS and CloudFormation. Every test binary sets it in the
/// constant `TRANSPORT` of its root module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Over HTTP, as with local emulators.
    Plain,
    /// Over TLS, as in Lambda. `SSL_CERT_FILE` contains the certificate authority.
    Tls,
}

/// The certificate authority of this test binary, and its file.
static AUTHORITY: LazyLock<(Authority, PathBuf)> = LazyLock::new(|| {
    let authority = Authority::new();
    let file = format!("authority-{}.pem", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    std::fs::write(&path, authority.pem()).expect("the folder for tests can be written");
    (authority, path)
});

/// The real binary, a simulated AWS, and the endpoint that receives the responses.
pub struct Scene {
    pub aws: Aws,
    pub endpoint: ResponseEndpoint,
    pub function: Function,
}

impl Scene {
    /// An organization where `Custom::OrgTrail` with its base properties can be created.
    pub async fn ready() -> Self {
        Self::of(ready()).await
    }

    /// The same function in another world.
    pub async fn of(world: World) -> Self {
        Self::configured(world, |configuration| configuration).await
    }

    /// Another world and another configuration.
    pub async fn configured(
        world: World,
        configure: impl FnOnce(Configuration) -> Configuration,
    ) -> Self {
        let (aws, endpoint) = match crate::TRANSPORT {
            Transport::Plain => (Aws::start(world).await, ResponseEndpoint::start().await),
            Transport::Tls => (
                Aws::start_over_tls(world, &AUTHORITY.0).await,
                ResponseEndpoint::start_over_tls(&AUTHORITY.0).await,
            ),
        };
        let aws = aws.expect("the simulated AWS listens");
        let endpoint = endpoint.expect("the response endpoint listens");
        let configuration = configure(configuration(&aws));
        let function = configuration.start().await.expect("the bootstrap starts");
        Self { aws, endpoint, function }
    }

    /// Another world and variables of the function's environment.
    pub async fn with_variables(world: World, variables: &[(&str, &str)]) -> Self {
        Self::configured(world, |configuration| {
            variables.iter().fold(configuration, |configuration, (name, value)| {
                configuration.variable(name, *value)
            })
        })
        .await
    }

    /// Another execution environment of the same function, cold.
    pub async fn another_function(&self) -> Function {
        configuration(&self.aws).start().await.expect("the bootstrap starts")
    }

    /// A Create with the base properties.
    pub fn create(&self, resource_type: ResourceType) -> Event {
        Event::create(resource_type, &self.endpoint.url())
    }

    /// An Update that changes nothing.
    pub fn update(&self, resource_type: ResourceType) -> Event {
        Event::update(resource_type, &self.endpoint.url())
    }

    /// A Delete of what Create created.
    pub fn delete(&self, resource_type: ResourceType) -> Event {
        Event::delete(resource_type, &self.endpoint.url())
    }

    /// Sends a request to a function with ample time; see [`Self::send_within`].
    pub async fn send(&self, event: &Event) -> Response {
        self.send_within(AMPLE, event).await
    }

    /// Sends a request to a function with `timeout` and returns the response. Asserts that it is the
    /// only one and well formed, and that the invocation succeeds.
    pub async fn send_within(&self, timeout: Duration, event: &Event) -> Response {
        let before = self.endpoint.responses_at(url_of(event)).len();
        assert_eq!(before, 0, "a response URL is for one request; give the event another URL");
        self.send_again(timeout, event).await
    }

    /// Sends a request that the function may have received before, as Lambda does in a retry, and
    /// returns the response of this invocation.
    pub async fn send_again(&self, timeout: Duration, event: &Event) -> Response {
        let before = self.endpoint.responses_at(url_of(event)).len();
        let outcome = self.function.invoke(event, self.invocation(timeout)).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
        let responses = self.endpoint.responses_at(url_of(event)).split_off(before);
        let [response] = responses.as_slice() else {
            panic!("not exactly one response: {responses:#?}")
        };
        response.assert_well_formed(event.value());
        response.clone()
    }

    /// Sends a request that must succeed.
    pub async fn succeed(&self, event: &Event) -> Response {
        let response = self.send(event).await;
        assert!(response.is_success(), "{}", response.reason());
        response
    }

    /// Sends a request that must fail.
    pub async fn fail(&self, event: &Event) -> Response {
        let response = self.send(event).await;
        assert!(!response.is_success(), "{}", response.json());
        response
    }

    /// Sends a request that must fail after the function retried until time ran out.
    pub async fn fail_soon(&self, event: &Event) -> Response {
        let response = self.send_within(BRIEF, event).await;
        assert!(!response.is_success(), "{}", response.json());
        response
    }

    /// Invokes the function with any payload.
    pub async fn invoke(&self, event: impl Into<Payload>) -> Outcome {
        self.function.invoke(event, self.invocation(AMPLE)).await
    }

    /// An invocation of a function in the account of its own credentials.
    pub fn invocation(&self, timeout: Duration) -> Invocation {
        let account = self.aws.world(|world| world.default_account.clone());
        let mut invocation = Invocation::lasting(timeout);
        invocation.function_arn = invocation.function_arn.replace(ACCOUNT, &account);
        invocation
    }

    /// The current state of the trail with this ARN.
    pub fn trail(&self, arn: &str) -> Option<Trail> {
        self.aws.world(|world| world.trail(arn).cloned())
    }

    /// The trail that Create creates from the base properties.
    pub fn org_trail(&self) -> Trail {
        self.trail(TRAIL_ARN).expect("the trail exists")
    }

    /// The names of all trails, sorted.
    pub fn trail_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.aws.world(|world| world.trails.iter().map(|trail| trail.name.clone()).collect());
        names.sort();
        names
    }

    /// The names of the mutating calls so far.
    pub fn mutations(&self) -> Vec<String> {
        self.aws.mutating_calls().into_iter().map(|call| call.operation).collect()
    }

    /// True if trusted access for `principal` is enabled.
    pub fn trusts(&self, principal: &str) -> bool {
        self.aws.world(|world| world.trusted_access.contains_key(principal))
    }

    /// True if `account` is registered as the delegated administrator of `principal`.
    pub fn administers(&self, account: &str, principal: &str) -> bool {
        self.aws.world(|world| {
            let administrators = world.delegated_administrators.get(principal);
            administrators.is_some_and(|accounts| accounts.contains_key(account))
        })
    }

    /// Waits until the function made its first call of `operation`.
    pub async fn called(&self, operation: &str) {
        let called = async {
            while !self.aws.operations().iter().any(|called| called == operation) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let called = tokio::time::timeout(AMPLE, called).await;
        called.unwrap_or_else(|_| panic!("{operation} was never called"));
    }
}

/// The configuration of a function that calls `aws` over this binary's transport.
pub fn configuration(aws: &Aws) -> Configuration {
    let configuration =
        Configuration::new(env!("CARGO_BIN_EXE_bootstrap")).variable("AWS_ENDPOINT_URL", aws.url());
    match crate::TRANSPORT {
        Transport::Plain => configuration.variable("ALLOW_HTTP_RESPONSE_URL", "true"),
        Transport::Tls => configuration.variable("SSL_CERT_FILE", AUTHORITY.1.to_string_lossy()),
    }
}

/// An organization with trusted access for CloudTrail. Everything that a trail can use is in the
/// trail's Region and permits CloudTrail.
pub fn ready() -> World {
    World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_bucket(BUCKET, Bucket::open(REGION))
        .with(|world| {
            REGION.clone_into(&mut world.keys[0].region);
            REGION.clone_into(&mut world.topics[0].region);
            REGION.clone_into(&mut world.log_groups[0].region);
        })
}

/// A trail with the name and settings of the base properties, without an owner. It has been logging
/// for years.
pub fn unowned() -> Trail {
    let started = Some(Timestamp::from_seconds(1.6e9));
    let trail = Trail::organization("org-trail").in_region(REGION);
    Trail { start_logging_time: started, ..trail }
}

/// The same trail with the tags of the resource.
pub fn ours() -> Trail {
    owned_by(&stack_tag(), unowned())
}

/// The same trail, adopted by the resource.
pub fn adopted() -> Trail {
    ours().with_tag("OrgTrail/Adopted", "true")
}

/// The same trail with the tags of another stack.
pub fn owned_by_another_stack() -> Trail {
    owned_by("other-stack/8d1f0a20-c85d-11f0-a1b2-0a58a9feac02", unowned())
}

/// Lets each trail deliver a log file of each account in these Regions.
pub fn deliver_all(world: &mut World, regions: &[&str]) {
    let accounts: Vec<&str> = world.accounts.keys().map(String::as_str).collect();
    let logs = Delivery::of_log_files(&accounts, regions);
    world.trails.iter_mut().for_each(|trail| trail.deliveries.push(logs.clone()));
}

/// The value of the tag `OrgTrail/Stack` for the stack of the events.
pub fn stack_tag() -> String {
    let (_, name_and_uuid) =
        STACK_ID.split_once("stack/").expect("a stack ID contains the name of the stack");
    name_and_uuid.to_owned()
}

fn owned_by(stack: &str, trail: Trail) -> Trail {
    trail.with_tag("OrgTrail/Stack", stack).with_tag("OrgTrail/LogicalId", "Trail")
}

/// The base properties of a trail, with these added or replaced.
pub fn trail_properties(more: Value) -> Value {
    merged(OrgTrail.properties(), more)
}

/// `properties` with `more` added or in their place.
pub fn merged(mut properties: Value, more: Value) -> Value {
    if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
        properties.extend(more);
    }
    properties
}

/// The properties of a gate that waits for these accounts.
pub fn waiting_for(accounts: impl Into<Value>) -> Value {
    json!({ "TrailArn": TRAIL_ARN, "Accounts": accounts.into() })
}

/// The properties of a report on these accounts.
pub fn report_on(accounts: impl Into<Value>) -> Value {
    merged(waiting_for(accounts), json!({ "Mode": "Report" }))
}

/// The same properties with `ExistingTrail: Adopt`.
pub fn adopting(properties: Value) -> Value {
    merged(properties, json!({ "ExistingTrail": "Adopt" }))
}

/// A response URL that CloudFormation issued `age` ago.
pub fn old_url(endpoint: &ResponseEndpoint, age: Duration) -> ResponseUrl {
    ResponseUrl::issued_ago(&endpoint.origin(), age)
}

/// Asserts that `text` contains all `parts`.
#[track_caller]
pub fn assert_mentions(text: &str, parts: &[&str]) {
    let missing: Vec<_> = parts.iter().filter(|part| !text.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in: {text}");
}

/// Asserts that a response has these attributes.
#[track_caller]
pub fn assert_attributes(response: &Response, attributes: &[(&str, &str)]) {
    for (name, value) in attributes {
        assert_eq!(response.attribute(name), Some(*value), "{name}");
    }
}

/// Asserts that two trails are equal, except for the times when they started and stopped logging.
#[track_caller]
pub fn assert_same(observed: Trail, expected: Trail, when: &str) {
    let timeless = |trail| Trail { start_logging_time: None, stop_logging_time: None, ..trail };
    assert_eq!(timeless(observed), timeless(expected), "{when}");
}

/// The JSON lines of the log with this level.
pub fn lines_of_level(log: &str, level: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["level"] == level)
        .collect()
}

fn url_of(event: &Event) -> &str {
    event.text("ResponseURL").expect("the event has a response URL")
}
