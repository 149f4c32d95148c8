//! The Lambda Runtime API, seen from the service: it hands out events and takes results.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hyper::{Method, Response, StatusCode, body::Bytes};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

use crate::http::{Reply, Server, WholeRequest, listen};

/// The event of an invocation, as bytes: Lambda passes on whatever it was given.
#[derive(Clone, Debug)]
pub struct Payload(Bytes);

impl From<&Value> for Payload {
    fn from(event: &Value) -> Self {
        Self(event.to_string().into())
    }
}

impl From<Value> for Payload {
    fn from(event: Value) -> Self {
        Self::from(&event)
    }
}

impl From<&str> for Payload {
    fn from(event: &str) -> Self {
        Self(Bytes::copy_from_slice(event.as_bytes()))
    }
}

impl From<Vec<u8>> for Payload {
    fn from(event: Vec<u8>) -> Self {
        Self(event.into())
    }
}

/// The facts about an invocation that Lambda sends with its event.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// `lambda-runtime-aws-request-id`.
    pub request_id: String,
    /// `lambda-runtime-invoked-function-arn`.
    pub function_arn: String,
    /// The timeout of the function; the process is killed after it.
    pub timeout: Duration,
    /// `lambda-runtime-deadline-ms` where it is to differ from now + `timeout`, as cargo-lambda's
    /// does, which sends a duration.
    pub deadline_ms: Option<u64>,
}

impl Default for Invocation {
    fn default() -> Self {
        Self {
            request_id: crate::cloudformation::unique_uuid(),
            function_arn: "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail".to_owned(),
            timeout: Duration::from_mins(1),
            deadline_ms: None,
        }
    }
}

impl Invocation {
    /// An invocation of a function whose `Timeout` is `timeout`.
    pub fn lasting(timeout: Duration) -> Self {
        Self { timeout, ..Self::default() }
    }

    /// The same with another value for `lambda-runtime-deadline-ms`.
    #[must_use]
    pub fn announcing_deadline_ms(self, deadline_ms: u64) -> Self {
        Self { deadline_ms: Some(deadline_ms), ..self }
    }

    fn announced_deadline_ms(&self) -> u64 {
        self.deadline_ms.unwrap_or_else(|| {
            let deadline = SystemTime::now() + self.timeout;
            let since_epoch = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

/// The end of an invocation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function returned this.
    Ok(Value),
    /// The function returned an error; an asynchronous invocation is retried after it.
    Err {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        error_message: String,
    },
    /// The process ended (with this status) before it returned anything.
    Exited(String),
    /// The function was killed because its time was up.
    TimedOut,
}

impl Outcome {
    fn from_error_body(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        Self::Err { error_type: text("errorType"), error_message: text("errorMessage") }
    }
}

struct Queued {
    event: Payload,
    invocation: Invocation,
    finished: oneshot::Sender<Outcome>,
}

struct Shared {
    /// Behind an async mutex because several workers of one function may poll at the same time.
    queue: AsyncMutex<mpsc::UnboundedReceiver<Queued>>,
    running: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    init_error: Mutex<Option<Outcome>>,
    /// When the function asked for an event, each time.
    asked: watch::Sender<Vec<Instant>>,
}

/// An emulator of the Runtime API for one execution environment.
pub struct RuntimeApi {
    server: Server,
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Queued>,
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> std::io::Result<Self> {
        let (queue, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: AsyncMutex::new(receiver),
            running: Mutex::default(),
            init_error: Mutex::default(),
            asked: watch::Sender::default(),
        });
        let serving = Arc::clone(&shared);
        let server = listen(0, None, move |request| handle(Arc::clone(&serving), request)).await?;
        Ok(Self { server, shared, queue })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`: host and port without a scheme.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Waits until the function has asked for an event `times` times, and says when that was: the
    /// first time its init is over, each later time an invocation.
    ///
    /// # Panics
    /// Never: the sender lives as long as the server.
    pub async fn asked(&self, times: usize) -> Instant {
        let mut asked = self.shared.asked.subscribe();
        let asked = asked.wait_for(|asked| asked.len() >= times).await;
        asked.expect("the sender lives as long as the server")[times - 1]
    }

    /// Queues `event` at once; the future ends when the function has returned for it.
    pub fn invoke<P: Into<Payload>>(
        &self,
        event: P,
        invocation: Invocation,
    ) -> impl Future<Output = Outcome> + use<P> {
        let (finished, outcome) = oneshot::channel();
        let event = event.into();
        // Neither fails: both receivers live longer.
        if let Some(failed) = lock(&self.shared.init_error).clone() {
            let _ = finished.send(failed);
        } else {
            let _ = self.queue.send(Queued { event, invocation, finished });
        }
        async move {
            outcome
                .await
                .unwrap_or_else(|_| Outcome::Exited("the runtime API was closed".to_owned()))
        }
    }
}

async fn handle(shared: Arc<Shared>, request: WholeRequest) -> Reply {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else {
        return status(StatusCode::NOT_FOUND);
    };
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&shared).await,
        (&Method::POST, ["invocation", id, "response"]) => {
            match serde_json::from_slice(request.body()) {
                Ok(value) => finish(&shared, id, Outcome::Ok(value)),
                Err(_) => status(StatusCode::BAD_REQUEST),
            }
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            finish(&shared, id, Outcome::from_error_body(request.body()))
        }
        (&Method::POST, ["init", "error"]) => {
            fail_init(&shared, Outcome::from_error_body(request.body())).await
        }
        _ => status(StatusCode::NOT_FOUND),
    }
}

async fn next(shared: &Shared) -> Reply {
    shared.asked.send_modify(|asked| asked.push(Instant::now()));
    let Some(queued) = shared.queue.lock().await.recv().await else {
        return Reply::Hang;
    };
    let Invocation { request_id, function_arn, .. } = &queued.invocation;
    let trace = "Root=1-6922f3c0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0";
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", request_id)
        .header("lambda-runtime-deadline-ms", queued.invocation.announced_deadline_ms())
        .header("lambda-runtime-invoked-function-arn", function_arn)
        .header("lambda-runtime-trace-id", trace)
        .body(queued.event.0)
        .expect("an invocation's request ID and function ARN must be header values");
    lock(&shared.running).insert(queued.invocation.request_id, queued.finished);
    Reply::Send(response)
}

/// The first result of an invocation counts; Lambda refuses another.
fn finish(shared: &Shared, request_id: &str, outcome: Outcome) -> Reply {
    match lock(&shared.running).remove(request_id) {
        Some(finished) => {
            let _ = finished.send(outcome);
            status(StatusCode::ACCEPTED)
        }
        None => status(StatusCode::BAD_REQUEST),
    }
}

async fn fail_init(shared: &Shared, outcome: Outcome) -> Reply {
    *lock(&shared.init_error) = Some(outcome.clone());
    let mut queue = shared.queue.lock().await;
    while let Ok(queued) = queue.try_recv() {
        let _ = queued.finished.send(outcome.clone());
    }
    status(StatusCode::ACCEPTED)
}

fn status(status: StatusCode) -> Reply {
    let body = json!({ "status": status.canonical_reason() }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    Reply::Send(response)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper::Request;
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    use super::*;

    async fn call(api: &RuntimeApi, method: Method, path: &str, body: &str) -> StatusCode {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}/2018-06-01/runtime/{path}", api.address()))
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        client.request(request).await.unwrap().status()
    }

    fn invocation(id: &str) -> Invocation {
        Invocation { request_id: id.to_owned(), ..Invocation::default() }
    }

    #[tokio::test]
    async fn a_second_result_is_refused() {
        let api = RuntimeApi::start().await.unwrap();
        let outcome = api.invoke("{}", invocation("one"));
        call(&api, Method::GET, "invocation/next", "").await;
        let post = || call(&api, Method::POST, "invocation/one/response", "true");
        assert_eq!(post().await, StatusCode::ACCEPTED);
        assert_eq!(post().await, StatusCode::BAD_REQUEST);
        assert_eq!(outcome.await, Outcome::Ok(Value::Bool(true)));
    }

    #[tokio::test]
    async fn an_init_error_ends_every_invocation() {
        let api = RuntimeApi::start().await.unwrap();
        let waiting = api.invoke("{}", Invocation::default());
        call(&api, Method::POST, "init/error", r#"{"errorType":"Init","errorMessage":"no"}"#).await;
        assert!(matches!(waiting.await, Outcome::Err { .. }));
        let later = api.invoke("{}", Invocation::default()).await;
        assert!(matches!(later, Outcome::Err { .. }));
    }
}
