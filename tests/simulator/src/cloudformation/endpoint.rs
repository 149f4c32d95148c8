//! The endpoint that responses are PUT to, as S3 serves it, over HTTP or in process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::{sync::watch, time::sleep};

use super::{response::Response, response_url::ResponseUrl};
use crate::{
    http::{Reply, Server, WholeRequest, listen},
    tls::Authority,
};

/// The endpoint's reaction to a PUT. S3 stores the body if it returns 200.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Returns this status without a body; 200 is what S3 does.
    Status(u16),
    /// Returns this status with a body.
    Body(u16, String),
    /// Sends the client to another URL.
    Redirect(u16, String),
    /// Returns 200 this much later.
    Delay(Duration),
    /// Closes the connection after it read the request, and stores nothing.
    Reset,
    /// Stores the body and closes the connection.
    LostReply,
    /// Never responds, and stores nothing.
    Hang,
}

impl Reaction {
    fn stores(&self) -> bool {
        match self {
            Self::Status(status) | Self::Body(status, _) => (200..300).contains(status),
            Self::Delay(_) | Self::LostReply => true,
            Self::Redirect(..) | Self::Reset | Self::Hang => false,
        }
    }

    async fn reply(self) -> Reply {
        let response = hyper::Response::builder();
        let (response, body) = match self {
            Self::Status(status) => (response.status(status), Bytes::new()),
            Self::Body(status, body) => (response.status(status), Bytes::from(body)),
            Self::Redirect(status, url) => {
                (response.status(status).header("location", url), Bytes::new())
            }
            Self::Delay(delay) => {
                sleep(delay).await;
                (response, Bytes::new())
            }
            Self::Reset | Self::LostReply => return Reply::Reset,
            Self::Hang => return Reply::Hang,
        };
        Reply::Send(response.body(body).expect("a scripted reaction is a valid response"))
    }
}

/// The reactions to the next requests, and the one to all that follow.
struct Script {
    queue: VecDeque<Reaction>,
    afterwards: Reaction,
}

/// Returns response URLs and records what is sent to them. Clones are handles on the same endpoint.
#[derive(Clone)]
pub struct ResponseEndpoint {
    /// `None` in process.
    server: Option<Arc<Server>>,
    script: Arc<Mutex<Script>>,
    responses: Arc<watch::Sender<Vec<Response>>>,
}

impl ResponseEndpoint {
    /// Listens on a free port and accepts every response until a test scripts another reaction.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> std::io::Result<Self> {
        Self::listen(0, None).await
    }

    /// Listens on a free port over TLS.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start_over_tls(authority: &Authority) -> std::io::Result<Self> {
        Self::listen(0, Some(authority)).await
    }

    pub(super) async fn listen(port: u16, tls: Option<&Authority>) -> std::io::Result<Self> {
        let mut endpoint = Self::in_process();
        let serving = endpoint.clone();
        let handler = move |request| {
            let endpoint = serving.clone();
            async move { endpoint.respond(request).await }
        };
        endpoint.server = Some(Arc::new(listen(port, tls, handler).await?));
        Ok(endpoint)
    }

    /// An endpoint that only [`ResponseEndpoint::respond`] serves.
    #[must_use]
    pub fn in_process() -> Self {
        let script = Script { queue: VecDeque::new(), afterwards: Reaction::Status(200) };
        Self { server: None, script: Arc::new(Mutex::new(script)), responses: Arc::default() }
    }

    /// Records a request, and then reacts to it: a client that receives no reply has sent it all the
    /// same.
    pub async fn respond(&self, request: WholeRequest) -> Reply {
        let reaction = {
            let mut script = lock(&self.script);
            let next = script.queue.pop_front();
            next.unwrap_or_else(|| script.afterwards.clone())
        };
        let mut response = Response::received(request);
        response.stored = reaction.stores();
        self.responses.send_modify(|responses| responses.push(response));
        reaction.reply().await
    }

    /// `http://127.0.0.1:<port>`, or `https:` over TLS; in process the bucket's.
    pub fn origin(&self) -> String {
        let bucket = "https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com";
        self.server.as_deref().map_or_else(|| bucket.to_owned(), Server::url)
    }

    /// A response URL issued now; no two are the same.
    pub fn url(&self) -> ResponseUrl {
        ResponseUrl::new(&self.origin())
    }

    /// Scripts the reactions to the next requests; after them every request is accepted again.
    pub fn react(&self, reactions: impl IntoIterator<Item = Reaction>) {
        lock(&self.script).queue.extend(reactions);
    }

    /// Reacts in one way from now on.
    pub fn always_react(&self, reaction: Reaction) {
        lock(&self.script).afterwards = reaction;
    }

    /// Everything that was received, in order.
    pub fn responses(&self) -> Vec<Response> {
        self.responses.borrow().clone()
    }

    /// The responses that were received for one URL, in order.
    pub fn responses_at(&self, url: &str) -> Vec<Response> {
        let origin = self.origin();
        let target = url.strip_prefix(&origin).unwrap_or(url);
        self.responses().into_iter().filter(|response| response.target == target).collect()
    }

    /// Waits until `count` requests were received.
    ///
    /// # Panics
    /// Never: the recorder lives as long as the server.
    pub async fn received(&self, count: usize) -> Vec<Response> {
        let mut responses = self.responses.subscribe();
        let received = responses.wait_for(|responses| responses.len() >= count).await;
        received.expect("the recorder lives as long as the server").clone()
    }

    /// The one response to `event`, which must be well formed.
    ///
    /// # Panics
    /// Unless exactly one request was sent to the event's URL and all is well with it.
    #[track_caller]
    pub fn only_response_to(&self, event: &Value) -> Response {
        let url = event["ResponseURL"].as_str().expect("the event has a response URL");
        let mut responses = self.responses_at(url);
        assert_eq!(responses.len(), 1, "not exactly one response: {responses:#?}");
        let response = responses.remove(0);
        response.assert_well_formed(event);
        response
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
