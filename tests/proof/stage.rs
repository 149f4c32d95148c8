//! The real handler in process: an AWS and a response bucket behind its connector, no sockets, and
//! no clock but the paused one of Tokio, which jumps when everything waits. Two minutes of retries cost
//! nothing, and every run is the same run.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, identity::IdentityCache};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_types::sdk_config::TimeSource;
use orgtrail::{
    aws::{Aws as FunctionsAws, Roles, role::Role},
    handler::{Handler, Invocation, NoResponse},
    resource,
};
use serde_json::{Value, value::to_raw_value};
use simulator::{
    aws::{Aws, Clock as WorldsClock, Timestamp, World},
    cloudformation::{Event, Response, ResponseEndpoint},
};
use tokio::time::{Instant, timeout};
use tracing::instrument::WithSubscriber;

use crate::{
    captured_log::{CREDENTIALS, Log},
    requests::{FUNCTION_ARN, addressed},
    support::REGION,
    wire::Wire,
};

/// The timeout of a function for a request, unless a test sets another one.
pub const LASTING: Duration = Duration::from_secs(20);

/// When every run begins: 2026-11-23 12:00 UTC.
pub const EPOCH: u32 = 1_795_435_200;

/// Runs `work` with a paused clock and seeded jitter.
pub fn play<F: Future>(seed: u64, work: F) -> F::Output {
    runtime(seed).block_on(work)
}

/// A runtime with a paused clock. Seeds the jitter of this thread.
pub fn runtime(seed: u64) -> tokio::runtime::Runtime {
    fastrand::seed(seed);
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// The time of a run, for signatures, for the world, and for CloudFormation.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the clock at the time that every run begins at.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Milliseconds since 1970.
    pub fn milliseconds(self) -> i64 {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).expect("fits")
    }

    /// The time of the simulated AWS.
    pub fn timestamp(self) -> Timestamp {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_seconds(since.as_secs_f64())
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(EPOCH.into()) + self.start.elapsed()
    }
}

/// A world, a response bucket, and the function that stands between them.
#[derive(Clone)]
pub struct Stage {
    pub aws: Aws,
    pub endpoint: ResponseEndpoint,
    pub clock: Clock,
    /// The timeout of the function for each request.
    pub lasting: Duration,
    /// Where the function is.
    pub region: &'static str,
}

/// The result of one invocation.
#[derive(Debug)]
pub struct Played {
    /// The request, as it was sent.
    pub event: Event,
    /// The result that the function returned; `None` if Lambda had to end the invocation.
    pub outcome: Option<Result<(), NoResponse>>,
    /// The duration.
    pub took: Duration,
    /// The responses that reached the response bucket and were stored there.
    pub responses: Vec<Response>,
}

impl Played {
    /// The one response that there must be.
    #[track_caller]
    pub fn response(&self) -> &Response {
        match self.responses.as_slice() {
            [response] => response,
            responses => panic!("{} responses: {:?}", responses.len(), self.outcome),
        }
    }
}

impl Stage {
    /// A function in `world`. It assumes the roles of that world, if there are any.
    pub fn new(world: World, clock: Clock) -> Self {
        let mut world = world;
        world.clock = WorldsClock::Fixed;
        world.now = clock.timestamp();
        Self {
            aws: Aws::in_process(world),
            endpoint: ResponseEndpoint::in_process(),
            clock,
            lasting: LASTING,
            region: REGION,
        }
    }

    /// The same with a function in another Region.
    pub fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    /// The same with a function that has this for each request.
    pub fn lasting(mut self, lasting: Duration) -> Self {
        self.lasting = lasting;
        self
    }

    /// The same world and nothing else, for another course of events.
    pub fn copy(&self) -> Self {
        Self {
            aws: Aws::in_process(self.world()),
            endpoint: ResponseEndpoint::in_process(),
            ..self.clone()
        }
    }

    /// The world as it is.
    pub fn world(&self) -> World {
        self.aws.world(|world| world.clone())
    }

    /// The cold function, behind `wire`.
    pub fn handler(&self, wire: Wire) -> Handler {
        let connector = SharedHttpConnector::new(wire.clone());
        let [key_id, secret, token] = CREDENTIALS;
        let own = Credentials::new(key_id, secret, Some(token.to_owned()), None, "");
        let configuration = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.region))
            .endpoint_url(self.aws.url())
            .credentials_provider(SharedCredentialsProvider::new(own))
            .identity_cache(IdentityCache::lazy().build())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .time_source(self.clock)
            .build();
        let assumes = self.aws.world(|world| !world.assumable_roles.is_empty());
        let management = assumes.then(|| Role {
            variable: "MANAGEMENT_ROLE_ARN",
            arn: crate::states::MANAGEMENT_ROLE.to_owned(),
            external_id: Some(crate::states::EXTERNAL_ID.to_owned()),
        });
        let log_bucket = assumes.then(|| Role {
            variable: "LOG_BUCKET_ROLE_ARN",
            arn: crate::states::LOG_BUCKET_ROLE.to_owned(),
            external_id: None,
        });
        Handler {
            aws: FunctionsAws::new(&configuration).assuming(Roles { management, log_bucket }),
            http: Arc::new(wire),
            serve: resource::serve,
            plan: resource::plan,
            plan_only: false,
            allow_http_response_url: false,
        }
    }

    /// Sends a request, newly issued, to a cold function.
    pub async fn send(&self, event: &Event) -> Played {
        self.deliver(addressed(event, self.clock)).await
    }

    /// Delivers a request as it is.
    pub async fn deliver(&self, event: Event) -> Played {
        self.deliver_through(self.wire(), event).await
    }

    /// The way to this world.
    pub fn wire(&self) -> Wire {
        Wire::new(self.aws.clone(), self.endpoint.clone(), self.clock)
    }

    /// Lambda's description of an invocation that begins now.
    pub fn invocation(&self) -> Invocation {
        let lasting = i64::try_from(self.lasting.as_millis()).expect("fits");
        let account = self.aws.world(|world| world.default_account.clone());
        Invocation {
            request_id: "invocation".to_owned(),
            deadline: orgtrail::domain::timestamp::Timestamp::from_milliseconds(
                self.clock.milliseconds() + lasting,
            ),
            function_arn: FUNCTION_ARN.replace("111111111111", &account),
        }
    }

    /// The plan of a request, by a cold function.
    pub async fn plan(&self, event: &Event) -> Result<Value, NoResponse> {
        let event = event.clone().with("RequestType", "Plan").without("ResponseURL");
        let payload = to_raw_value(event.value()).expect("JSON");
        let handler = self.handler(self.wire());
        let log = Log::default();
        let planning = handler.handle(&payload, self.invocation());
        let plan = planning.with_subscriber(log.subscriber()).await?;
        log.assert_no_secrets(&event);
        Ok(serde_json::to_value(plan.expect("the response to a Plan")).expect("JSON"))
    }

    /// Delivers a request to a function behind a wire of its own.
    pub async fn deliver_through(&self, wire: Wire, event: Event) -> Played {
        let handler = self.handler(wire);
        let began = Instant::now();
        let payload = to_raw_value(event.value()).expect("JSON");
        let serving = handler.handle(&payload, self.invocation());
        let log = Log::default();
        let serving = serving.with_subscriber(log.subscriber());
        let outcome = timeout(self.lasting, serving).await.ok();
        let outcome = outcome.map(|result| result.map(|plan| assert!(plan.is_none())));
        log.assert_no_secrets(&event);
        let mut responses =
            self.endpoint.responses_at(event.text("ResponseURL").unwrap_or_default());
        responses.retain(|response| response.stored);
        Played { responses, took: began.elapsed(), outcome, event }
    }
}
