//! The handle on a served world.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Call, Caller, Clock, Fault, Occurrences, Service, Timestamp, World,
    faults::Schedule,
    wire::{self, Request},
};
use crate::{
    http::{self, Reply, Server, WholeRequest},
    tls::Authority,
};

/// A world that is served over HTTP, or in process: clones are handles on the same one, and the
/// server listens until the last of them is dropped.
#[derive(Clone)]
pub struct Aws {
    state: Arc<Mutex<State>>,
    /// `None` in process.
    server: Option<Arc<Server>>,
}

/// The state that the handles and the connections share.
struct State {
    world: World,
    schedule: Schedule,
    calls: Vec<Call>,
    requests: u64,
    latency: Duration,
}

impl Aws {
    /// Serves a world on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(world: World) -> io::Result<Self> {
        Self::serve(0, None, world).await
    }

    /// Serves a world on `port`.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_at(port: u16, world: World) -> io::Result<Self> {
        Self::serve(port, None, world).await
    }

    /// Serves a world on a free port over TLS.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_over_tls(world: World, authority: &Authority) -> io::Result<Self> {
        Self::serve(0, Some(authority), world).await
    }

    async fn serve(port: u16, tls: Option<&Authority>, world: World) -> io::Result<Self> {
        let mut aws = Self::in_process(world);
        let serving = aws.clone();
        let handler = move |request| {
            let aws = serving.clone();
            async move { aws.respond(&request).await }
        };
        let server = http::listen(port, tls, handler).await?;
        aws.server = Some(Arc::new(server));
        Ok(aws)
    }

    /// A world that only [`Aws::respond`] serves: without sockets, and so without their time.
    #[must_use]
    pub fn in_process(world: World) -> Self {
        let state = State {
            world,
            schedule: Schedule::default(),
            calls: Vec::new(),
            requests: 0,
            latency: Duration::ZERO,
        };
        Self { state: Arc::new(Mutex::new(state)), server: None }
    }

    /// A test that failed while it held the world must not fail the others' calls as well.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The endpoint of all services; in process one where nothing listens.
    #[must_use]
    pub fn url(&self) -> String {
        let server = self.server.as_deref();
        server.map_or_else(|| "http://127.0.0.1".to_owned(), Server::url)
    }

    /// Looks at the world, or changes it, between two calls.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.lock().world)
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The names of the operations of [`Aws::calls`].
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.operation).collect()
    }

    /// Those of [`Aws::calls`] whose operations can change something.
    pub fn mutating_calls(&self) -> Vec<Call> {
        self.calls().into_iter().filter(Call::is_mutating).collect()
    }

    /// Lets every call take this long from now on, as the way to AWS does; at first it is nothing.
    pub fn set_latency(&self, latency: Duration) {
        self.lock().latency = latency;
    }

    /// Empties the log of calls.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// Lets something happen to calls of an operation (`*`: of any), counted from now: `1` is the
    /// next one, `2..=3` the two after it, `1..` all of them.
    pub fn inject(&self, operation: &str, occurrences: impl Into<Occurrences>, fault: Fault) {
        self.lock().schedule.inject(operation, occurrences.into(), fault);
    }

    /// Changes the world just before a call of an operation: the next one if `occurrence` is 1, and
    /// the one after it if it is 2. Other calls may come in between. This is how tests cause races.
    pub fn before(
        &self,
        operation: &str,
        occurrence: u32,
        change: impl FnOnce(&mut World) + Send + 'static,
    ) {
        self.lock().schedule.before(operation, occurrence, Box::new(change));
    }

    /// The reply to a request that would reach the endpoint.
    pub async fn respond(&self, request: &WholeRequest) -> Reply {
        let began = Instant::now();
        let latency = self.lock().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match Request::read(request) {
            Ok(request) => self.lock().carry_out(request, began),
            Err(error) => {
                Reply::Send(wire::respond(Service::CloudTrail, "", Err(error), "not-a-call"))
            }
        }
    }
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").field("server", &self.server).finish_non_exhaustive()
    }
}

impl State {
    fn carry_out(&mut self, request: Request, began: Instant) -> Reply {
        let Request { service, operation, credentials, region, input } = request;
        self.schedule.change(&operation, &mut self.world);
        if self.world.clock == Clock::System {
            self.world.now = Timestamp::system();
        }
        let admitted = self.world.account_of(&credentials);
        let caller = match &admitted {
            Ok(account) => self.world.caller(&credentials, account, &region),
            Err(_) => Caller::new("", &region),
        };
        self.requests += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.requests);
        let fault = self.schedule.fault(&operation);
        let mut carry_out = || {
            if let Err(rejection) = &admitted {
                return Err(rejection.error(service));
            }
            self.world.call_to(service, &caller, &operation, &input)
        };
        let (result, reply) = match &fault {
            None => {
                let result = carry_out();
                let response = wire::respond(service, &operation, result.clone(), &request_id);
                (Some(result), Reply::Send(response))
            }
            Some(Fault::LostResponse) => (Some(carry_out()), Reply::Reset),
            Some(fault) => (None, fault.reply(service, &operation, &request_id)),
        };
        let Caller { account, region, .. } = caller;
        self.calls.push(Call {
            account,
            access_key: credentials.access_key,
            region,
            service,
            operation,
            input,
            request_id,
            fault,
            result,
            began,
            ended: Instant::now(),
        });
        reply
    }
}
