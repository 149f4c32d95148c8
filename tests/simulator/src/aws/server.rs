//! The handle on a served world.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Call, Caller, Clock, Fault, Occurrences, S3, ServiceError, Timestamp, World,
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
    inside: Arc<Inside>,
    /// `None` in process.
    server: Option<Arc<Server>>,
}

/// What the handle and the connections share.
struct Inside {
    state: Mutex<State>,
    buckets: Option<S3>,
}

struct State {
    world: World,
    schedule: Schedule,
    calls: Vec<Call>,
    answered: u64,
    latency: Duration,
}

impl Aws {
    /// Serves a world on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(world: World) -> io::Result<Self> {
        Self::start_at(0, world, None).await
    }

    /// Serves a world on `port`, with the buckets of an S3 in place of the world's own.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_at(port: u16, world: World, buckets: Option<S3>) -> io::Result<Self> {
        let inside = Inside::new(world, buckets);
        let server = http::listen(port, inside.handler()).await?;
        Ok(Self {
            inside,
            server: Some(Arc::new(server)),
        })
    }

    /// Serves a world on a free port over TLS.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_over_tls(world: World, authority: &Authority) -> io::Result<Self> {
        let inside = Inside::new(world, None);
        let server = http::listen_over_tls(authority, inside.handler()).await?;
        Ok(Self {
            inside,
            server: Some(Arc::new(server)),
        })
    }

    /// A world that nobody but [`Aws::answer`] serves: without sockets, and so without their time.
    #[must_use]
    pub fn in_process(world: World) -> Self {
        Self {
            inside: Inside::new(world, None),
            server: None,
        }
    }

    /// The endpoint of all services; in process one where nothing listens.
    #[must_use]
    pub fn url(&self) -> String {
        let server = self.server.as_deref();
        server.map_or_else(|| "http://127.0.0.1".to_owned(), Server::url)
    }

    /// What a request gets that would reach the endpoint.
    pub async fn answer(&self, request: &WholeRequest) -> Reply {
        self.inside.answer(request).await
    }

    /// Looks at the world, or changes it, between two calls.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.inside.lock().world)
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.inside.lock().calls.clone()
    }

    /// The names of the operations of [`Aws::calls`].
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.calls()
            .into_iter()
            .map(|call| call.operation)
            .collect()
    }

    /// Those of [`Aws::calls`] whose operations can change something.
    pub fn mutating_calls(&self) -> Vec<Call> {
        self.calls().into_iter().filter(Call::is_mutating).collect()
    }

    /// Lets every call take this long from now on, as the way to AWS does; at first it is nothing.
    pub fn set_latency(&self, latency: Duration) {
        self.inside.lock().latency = latency;
    }

    /// Empties the log of calls.
    pub fn forget_calls(&self) {
        self.inside.lock().calls.clear();
    }

    /// Lets something happen to calls of an operation (`*`: of any), counted from now: `1` is the
    /// next one, `2..=3` the two after it, `1..` all of them.
    pub fn inject(&self, operation: &str, occurrences: impl Into<Occurrences>, fault: Fault) {
        self.inside
            .lock()
            .schedule
            .inject(operation, occurrences.into(), fault);
    }

    /// Changes the world just before the `occurrence`-th call of an operation from now, whatever
    /// else was in between: how races are made to happen.
    pub fn before(
        &self,
        operation: &str,
        occurrence: u32,
        change: impl FnOnce(&mut World) + Send + 'static,
    ) {
        self.inside
            .lock()
            .schedule
            .before(operation, occurrence, Box::new(change));
    }
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Inside {
    fn new(world: World, buckets: Option<S3>) -> Arc<Self> {
        let state = State {
            world,
            schedule: Schedule::default(),
            calls: Vec::new(),
            answered: 0,
            latency: Duration::ZERO,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            buckets,
        })
    }

    /// What answers the requests of a server.
    fn handler(
        self: &Arc<Self>,
    ) -> impl Fn(WholeRequest) -> Pin<Box<dyn Future<Output = Reply> + Send>>
    + Clone
    + Send
    + Sync
    + 'static {
        let inside = Arc::clone(self);
        move |request| {
            let inside = Arc::clone(&inside);
            Box::pin(async move { inside.answer(&request).await })
        }
    }

    /// A test that failed while it held the world must not fail the others' answers as well.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: &WholeRequest) -> Reply {
        let began = Instant::now();
        let latency = self.lock().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let request = match Request::read(request) {
            Ok(request) => request,
            Err(error) => return Reply::Send(wire::respond_in_json(Err(error), "unreadable")),
        };
        if let Err(error) = self.look_at_bucket(&request).await {
            let error = ServiceError {
                status: 500,
                ..ServiceError::new("InternalFailure", error.to_string())
            };
            return Reply::Send(wire::respond_in_json(Err(error), "bucket"));
        }
        self.lock().carry_out(request, began)
    }

    /// Hands the world the bucket that a call is about as it is where the buckets are.
    async fn look_at_bucket(&self, request: &Request) -> io::Result<()> {
        let Some(s3) = &self.buckets else {
            return Ok(());
        };
        let named = self
            .lock()
            .world
            .bucket_behind(&request.operation, &request.input);
        let Some(name) = named else { return Ok(()) };
        let owner = self.lock().world.management_account().to_owned();
        let bucket = s3.bucket(&name, &owner).await?;
        let buckets = &mut self.lock().world.buckets;
        match bucket {
            Some(bucket) => buckets.insert(name, bucket),
            None => buckets.remove(&name),
        };
        Ok(())
    }
}

impl State {
    fn carry_out(&mut self, request: Request, began: Instant) -> Reply {
        let Request {
            service,
            operation,
            credentials,
            region,
            input,
        } = request;
        self.schedule.change(&operation, &mut self.world);
        if self.world.clock == Clock::System {
            self.world.now = Timestamp::system();
        }
        let admitted = self.world.account_of(&credentials);
        let caller = Caller {
            account: admitted.clone().unwrap_or_default(),
            region,
        };
        self.answered += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.answered);
        let fault = self.schedule.fault(&operation);
        let mut carry_out = || {
            if let Err(rejection) = &admitted {
                return Err(rejection.error(service));
            }
            self.world.call_to(service, &caller, &operation, &input)
        };
        let (result, reply) = match &fault {
            None => {
                let answer = carry_out();
                (
                    Some(answer.clone()),
                    Reply::Send(wire::respond(service, &operation, answer, &request_id)),
                )
            }
            Some(Fault::LostResponse) => (Some(carry_out()), Reply::Reset),
            Some(fault) => (None, fault.reply(service, &operation, &request_id)),
        };
        let Caller { account, region } = caller;
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
