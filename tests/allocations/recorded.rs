//! What AWS and CloudFormation said to a request, written down by one process and said again in
//! another.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use http::header::{HeaderName, HeaderValue};
use orgtrail::transport::{NoResponse, Request, Response, Transport};
use serde::{Deserialize, Serialize};

use crate::{
    flows::Flow,
    requests::addressed,
    stage::{Clock, Stage, Way, play},
    wire::Wire,
};

/// A request, and all that was said to the function because of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Script {
    /// The request as Lambda delivers it.
    pub event: String,
    /// In the order of the calls.
    pub exchanges: Vec<Exchange>,
}

/// One call and its answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Exchange {
    uri: String,
    target: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Plays a flow against the simulator.
pub fn record(flow: &Flow) -> String {
    let script = play(0, async {
        let clock = Clock::start();
        let stage = Stage::new(flow.world.clone(), clock, Way::Own);
        if let Some(before) = &flow.before {
            let played = stage.send(before).await;
            assert!(played.answer().is_success(), "{}", flow.name);
        }
        let recorder = Recorder::new(stage.wire());
        let event = addressed(&flow.event, clock);
        let played = stage.deliver_through(recorder.clone(), event).await;
        let answer = played.answer();
        assert_eq!(
            answer.is_success(),
            flow.succeeds,
            "{}: {}",
            flow.name,
            answer.json()
        );
        Script {
            event: played.event.value().to_string(),
            exchanges: recorder.exchanges().clone(),
        }
    });
    serde_json::to_string(&script).expect("texts and numbers")
}

/// A transport that writes down what passes.
#[derive(Clone)]
struct Recorder {
    wire: Wire,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    fn new(wire: Wire) -> Self {
        let exchanges = Arc::default();
        Self { wire, exchanges }
    }

    fn exchanges(&self) -> MutexGuard<'_, Vec<Exchange>> {
        lock(&self.exchanges)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        let index = self.exchanges().len();
        self.exchanges().push(Exchange {
            uri: request.uri().to_string(),
            target: target(&request).to_owned(),
            ..Exchange::default()
        });
        Box::pin(async move {
            let response = self.wire.send(request).await?;
            let exchange = &mut self.exchanges()[index];
            exchange.status = response.status().as_u16();
            let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
            let headers = response.headers().iter();
            exchange.headers = headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect();
            exchange.body = String::from_utf8(response.body().to_vec()).expect("JSON or XML");
            Ok(response)
        })
    }
}

/// A transport that says again what was written down. It allocates what any would: the answer.
#[derive(Debug)]
pub struct Replay {
    exchanges: &'static [Exchange],
    next: Mutex<usize>,
}

impl Replay {
    /// Says these, in their order.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self {
            // For ever, so that headers can be handed out without a copy of our making.
            exchanges: exchanges.leak(),
            next: Mutex::new(0),
        }
    }

    /// How many answers were not asked for.
    pub fn left(&self) -> usize {
        self.exchanges.len() - *lock(&self.next)
    }

    fn answer(&self, request: &Request) -> Response {
        let mut next = lock(&self.next);
        let exchange = self.exchanges.get(*next);
        let exchange = exchange.expect("there is one call more than there was before");
        *next += 1;
        assert!(
            *request.uri() == *exchange.uri && target(request) == exchange.target,
            "the calls are others than they were before"
        );
        let mut response = Response::new(Bytes::copy_from_slice(exchange.body.as_bytes()));
        *response.status_mut() = exchange.status.try_into().expect("it was one");
        for (name, value) in &exchange.headers {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::from_static(value);
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// One that stays in other hands as well.
#[derive(Debug, Clone)]
pub struct SharedReplay(pub Arc<Replay>);

impl Transport for SharedReplay {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        Box::pin(ready(Ok(self.0.answer(&request))))
    }
}

/// The operation that a request asks for, in the services whose operations are headers.
fn target(request: &Request) -> &str {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    target.unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
