//! What AWS and CloudFormation said to a request, written down by one process and said again in
//! another.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
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

/// A connector that writes down what passes.
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

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (recorder, index) = (self.clone(), self.exchanges().len());
        self.exchanges().push(Exchange {
            uri: request.uri().to_owned(),
            target: target(&request).to_owned(),
            ..Exchange::default()
        });
        let answering = self.wire.call(request);
        HttpConnectorFuture::new(async move {
            let response = answering.await?;
            let exchange = &mut recorder.exchanges()[index];
            exchange.status = response.status().as_u16();
            let headers = response.headers().iter();
            exchange.headers = headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let body = response.body().bytes().expect("nothing is streamed");
            exchange.body = String::from_utf8(body.to_owned()).expect("JSON or XML");
            Ok(response)
        })
    }
}

/// A connector that says again what was written down. It allocates what any would: the answer.
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

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut next = lock(&self.next);
        let exchange = self.exchanges.get(*next);
        let exchange = exchange.expect("there is one call more than there was before");
        *next += 1;
        assert_eq!(
            (request.uri(), target(request)),
            (exchange.uri.as_str(), exchange.target.as_str()),
            "the calls are others than they were before"
        );
        let status = exchange.status.try_into().expect("it was one");
        let body = SdkBody::from(exchange.body.as_bytes());
        let mut response = HttpResponse::new(status, body);
        for (name, value) in &exchange.headers {
            response.headers_mut().append(name.as_str(), value.as_str());
        }
        response
    }
}

/// One that stays in other hands as well.
#[derive(Debug, Clone)]
pub struct SharedReplay(pub Arc<Replay>);

impl HttpConnector for SharedReplay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.0.answer(&request)))
    }
}

/// The operation that a request asks for, in the services whose operations are headers.
fn target(request: &HttpRequest) -> &str {
    request.headers().get("x-amz-target").unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
