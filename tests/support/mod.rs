//! The scene that the tests of the whole function play in: the real binary under an emulated
//! Lambda, CloudFormation's response endpoint, and an AWS to act on. Every scene is a test's own.

#![allow(dead_code, unused_imports, reason = "every test binary needs its own part of this")]

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use simulator::{
    aws::{Aws, Bucket, Policy, Timestamp, Trail, World},
    cloudformation::{
        ACCOUNT, Answer, Event, ResourceType, ResponseEndpoint, ResponseUrl, STACK_ID,
    },
    lambda::{Configuration, Function, Invocation, Outcome, Payload},
    tls::Authority,
};

pub use ResourceType::{OrgDelegatedAdministrator, OrgTrail, OrgTrailDelivery, OrgTrustedAccess};

/// The physical id of the trail that [`ResourceType::properties`] describe.
pub const TRAIL_ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org-trail";

/// What a Create that made nothing answers.
pub const SENTINEL: &str = "not-created/Trail";

/// The service that trusted access is about unless a template says otherwise.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// Where the function and all that a trail leans on is.
pub const REGION: &str = "eu-west-1";

/// The log bucket.
pub const BUCKET: &str = "org-logs-example";

/// A key in the bucket's Region.
pub const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// Its alias, as another account has to give it.
pub const KEY_ALIAS: &str = "arn:aws:kms:eu-west-1:222222222222:alias/org-logs";

/// A topic in the management account.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:111111111111:org-logs";

/// A log group in the management account, as templates give it.
pub const LOG_GROUP: &str = "arn:aws:logs:eu-west-1:111111111111:log-group:org-logs";

/// The role that writes to it.
pub const LOG_ROLE: &str = "arn:aws:iam::111111111111:role/OrgTrailToCloudWatchLogs";

/// What a function has for a request that nothing keeps waiting.
pub const AMPLE: Duration = Duration::from_secs(20);

/// What a function has for a request that it is expected to wait out.
pub const BRIEF: Duration = Duration::from_secs(4);

/// How the function reaches AWS and CloudFormation. Every test binary says at its root, as
/// `TRANSPORT`, which of the two its scenes have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Over http, as with local emulators.
    Plain,
    /// Over TLS with an authority that the function is told to trust, as in Lambda.
    Tls,
}

/// The authority of this test binary, and the file that tells functions to trust it.
static AUTHORITY: LazyLock<(Authority, PathBuf)> = LazyLock::new(|| {
    let authority = Authority::new();
    let file = format!("authority-{}.pem", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    std::fs::write(&path, authority.pem()).expect("the folder for tests can be written");
    (authority, path)
});

/// The real binary, an AWS, and CloudFormation's ear.
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

    /// A Delete of what Create made.
    pub fn delete(&self, resource_type: ResourceType) -> Event {
        Event::delete(resource_type, &self.endpoint.url())
    }

    /// Sends a request to a function with ample time; see [`Self::send_within`].
    pub async fn send(&self, event: &Event) -> Answer {
        self.send_within(AMPLE, event).await
    }

    /// Sends a request to a function with `timeout` and gives its answer: the only one, well
    /// formed, after which the invocation is a success for Lambda.
    pub async fn send_within(&self, timeout: Duration, event: &Event) -> Answer {
        let before = self.endpoint.answers_at(url_of(event)).len();
        assert_eq!(before, 0, "a URL is answered once; readdress the event to send it again");
        self.send_again(timeout, event).await
    }

    /// Sends a request whose URL may have been answered before, as after a repeated delivery, and
    /// gives the answer to this delivery.
    pub async fn send_again(&self, timeout: Duration, event: &Event) -> Answer {
        let before = self.endpoint.answers_at(url_of(event)).len();
        let outcome = self.function.invoke(event, self.invocation(timeout)).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
        let answers = self.endpoint.answers_at(url_of(event)).split_off(before);
        let [answer] = answers.as_slice() else { panic!("not exactly one answer: {answers:#?}") };
        answer.assert_well_formed(event.value());
        answer.clone()
    }

    /// Sends a request that must succeed.
    pub async fn succeed(&self, event: &Event) -> Answer {
        let answer = self.send(event).await;
        assert!(answer.is_success(), "{}", answer.reason());
        answer
    }

    /// Sends a request that must fail.
    pub async fn fail(&self, event: &Event) -> Answer {
        let answer = self.send(event).await;
        assert!(!answer.is_success(), "{}", answer.json());
        answer
    }

    /// Sends a request that must fail, for a reason that the function first waits to pass.
    pub async fn fail_soon(&self, event: &Event) -> Answer {
        let answer = self.send_within(BRIEF, event).await;
        assert!(!answer.is_success(), "{}", answer.json());
        answer
    }

    /// Invokes the function with anything at all.
    pub async fn invoke(&self, event: impl Into<Payload>) -> Outcome {
        self.function.invoke(event, self.invocation(AMPLE)).await
    }

    /// An invocation of a function that lives in the account that its own credentials speak for.
    pub fn invocation(&self, timeout: Duration) -> Invocation {
        let account = self.aws.world(|world| world.default_account.clone());
        let mut invocation = Invocation::lasting(timeout);
        invocation.function_arn = invocation.function_arn.replace(ACCOUNT, &account);
        invocation
    }

    /// The trail with this ARN, as AWS has it now.
    pub fn trail(&self, arn: &str) -> Option<Trail> {
        self.aws.world(|world| world.trail(arn).cloned())
    }

    /// The trail that Create makes of the base properties.
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

    /// The names of the calls so far that could have changed something.
    pub fn mutations(&self) -> Vec<String> {
        self.aws.mutating_calls().into_iter().map(|call| call.operation).collect()
    }

    /// Whether trusted access for `principal` is on.
    pub fn trusts(&self, principal: &str) -> bool {
        self.aws.world(|world| world.trusted_access.contains_key(principal))
    }

    /// Whether `account` is registered as the delegated administrator of `principal`.
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

/// A function that calls `aws` and may answer over this binary's transport.
pub fn configuration(aws: &Aws) -> Configuration {
    let configuration =
        Configuration::new(env!("CARGO_BIN_EXE_bootstrap")).variable("AWS_ENDPOINT_URL", aws.url());
    match crate::TRANSPORT {
        Transport::Plain => configuration.variable("ALLOW_HTTP_RESPONSE_URL", "true"),
        Transport::Tls => configuration.variable("SSL_CERT_FILE", AUTHORITY.1.to_string_lossy()),
    }
}

/// An organization with trusted access for CloudTrail, where everything that a trail can lean on
/// is in the trail's Region and lets CloudTrail in.
pub fn ready() -> World {
    let mut world = World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_bucket(BUCKET, Bucket::open(REGION));
    for key in &mut world.keys {
        REGION.clone_into(&mut key.region);
    }
    for topic in &mut world.topics {
        REGION.clone_into(&mut topic.region);
        topic.policy = Policy::AllowsEverything;
    }
    for group in &mut world.log_groups {
        REGION.clone_into(&mut group.region);
    }
    for role in &mut world.roles {
        role.permissions = Policy::AllowsEverything;
    }
    world
}

/// The trail that Create makes, before anybody owns it; it has been logging for years.
pub fn nobodys() -> Trail {
    let started = Some(Timestamp::from_seconds(1.6e9));
    let trail = Trail::organization("org-trail").in_region(REGION);
    Trail { start_logging_time: started, ..trail }
}

/// The trail that Create makes, as ours.
pub fn ours() -> Trail {
    owned_by(&stack_tag(), nobodys())
}

/// The trail as ours, taken over.
pub fn adopted() -> Trail {
    ours().with_tag("OrgTrail/Adopted", "true")
}

/// The trail of another stack that uses OrgTrail too.
pub fn somebody_elses() -> Trail {
    owned_by("other-stack/8d1f0a20-c85d-11f0-a1b2-0a58a9feac02", nobodys())
}

/// The value of `OrgTrail/Stack` on what the stack of all events owns.
pub fn stack_tag() -> String {
    let (_, name_and_uuid) = STACK_ID.split_once("stack/").expect("a stack id names a stack");
    name_and_uuid.to_owned()
}

fn owned_by(stack: &str, trail: Trail) -> Trail {
    trail.with_tag("OrgTrail/Stack", stack).with_tag("OrgTrail/LogicalId", "Trail")
}

/// The base properties of a trail with these on top.
pub fn trail_properties(more: Value) -> Value {
    let mut properties = OrgTrail.properties();
    if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
        properties.extend(more);
    }
    properties
}

/// A response URL that is as old as `age`.
pub fn old_url(endpoint: &ResponseEndpoint, age: Duration) -> ResponseUrl {
    ResponseUrl::issued_ago(&endpoint.origin(), age)
}

/// Panics unless `text` has every one of `parts` in it.
#[track_caller]
pub fn assert_mentions(text: &str, parts: &[&str]) {
    let missing: Vec<_> = parts.iter().filter(|part| !text.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in: {text}");
}

/// Panics unless two trails are the same but for when they started and stopped logging.
#[track_caller]
pub fn assert_same(seen: Trail, expected: Trail, when: &str) {
    let timeless = |trail| Trail { start_logging_time: None, stop_logging_time: None, ..trail };
    assert_eq!(timeless(seen), timeless(expected), "{when}");
}

/// The log lines of a level, of those that are JSON.
pub fn lines_of_level(log: &str, level: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["level"] == level)
        .collect()
}

fn url_of(event: &Event) -> &str {
    event.text("ResponseURL").expect("the event has a response URL")
}
