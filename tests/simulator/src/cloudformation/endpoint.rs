//! The endpoint that responses are PUT to, as S3 serves it.

use std::{
    collections::VecDeque,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::{Response, body::Bytes};
use serde_json::Value;
use tokio::sync::watch;

use super::{answer::Answer, response_url::ResponseUrl};
use crate::{
    http::{Reply, Server, WholeRequest, listen},
    tls::Authority,
};

/// The endpoint's reaction to a PUT.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answers this status without a body; 200 is what S3 does.
    Status(u16),
    /// Answers this status with a body.
    Body(u16, String),
    /// Sends the client to another URL.
    Redirect(u16, String),
    /// Closes the connection after it read the request.
    Reset,
    /// Never answers.
    Hang,
}

impl Reaction {
    fn reply(self) -> Reply {
        let response = Response::builder();
        let (response, body) = match self {
            Self::Status(status) => (response.status(status), Bytes::new()),
            Self::Body(status, body) => (response.status(status), Bytes::from(body)),
            Self::Redirect(status, url) => {
                (response.status(status).header("location", url), Bytes::new())
            }
            Self::Reset => return Reply::Reset,
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

/// Hands out response URLs and records what is sent to them.
pub struct ResponseEndpoint {
    server: Server,
    script: Arc<Mutex<Script>>,
    answers: Arc<watch::Sender<Vec<Answer>>>,
}

impl ResponseEndpoint {
    /// Listens on a free port and accepts every answer until a test scripts another reaction.
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
        let script = Script { queue: VecDeque::new(), afterwards: Reaction::Status(200) };
        let script = Arc::new(Mutex::new(script));
        let answers = Arc::<watch::Sender<Vec<Answer>>>::default();
        let (reacting, recording) = (Arc::clone(&script), Arc::clone(&answers));
        let handler = move |request: WholeRequest| {
            // Recorded before the reaction: a client that is never answered has sent all the same.
            recording.send_modify(|answers| answers.push(Answer::received(request)));
            let mut script = lock(&reacting);
            let next = script.queue.pop_front();
            ready(next.unwrap_or_else(|| script.afterwards.clone()).reply())
        };
        Ok(Self { server: listen(port, tls, handler).await?, script, answers })
    }

    /// `http://127.0.0.1:<port>`, or `https:` over TLS.
    pub fn origin(&self) -> String {
        self.server.url()
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
    pub fn answers(&self) -> Vec<Answer> {
        self.answers.borrow().clone()
    }

    /// The answers that were received for one URL, in order.
    pub fn answers_at(&self, url: &str) -> Vec<Answer> {
        let origin = self.origin();
        let target = url.strip_prefix(&origin).unwrap_or(url);
        self.answers().into_iter().filter(|answer| answer.target == target).collect()
    }

    /// Waits until `count` requests were received.
    ///
    /// # Panics
    /// Never: the recorder lives as long as the server.
    pub async fn received(&self, count: usize) -> Vec<Answer> {
        let mut answers = self.answers.subscribe();
        let received = answers.wait_for(|answers| answers.len() >= count).await;
        received.expect("the recorder lives as long as the server").clone()
    }

    /// The one answer to `event`, which must be well formed.
    ///
    /// # Panics
    /// Unless exactly one request was sent to the event's URL and all is well with it.
    #[track_caller]
    pub fn only_answer_to(&self, event: &Value) -> Answer {
        let url = event["ResponseURL"].as_str().expect("the event has a response URL");
        let mut answers = self.answers_at(url);
        assert_eq!(answers.len(), 1, "not exactly one answer: {answers:#?}");
        let answer = answers.remove(0);
        answer.assert_well_formed(event);
        answer
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    /// Sends raw bytes, which no client library can change.
    async fn put(endpoint: &ResponseEndpoint, target: &str) -> String {
        let mut stream = TcpStream::connect(endpoint.server.address()).await.unwrap();
        let headers = "host: x\r\nconnection: close\r\ncontent-length: 2";
        let request = format!("PUT {target} HTTP/1.1\r\n{headers}\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn a_request_target_is_recorded_byte_for_byte() {
        let endpoint = ResponseEndpoint::start().await.unwrap();
        let url = ResponseUrl::signed_the_older_way(&endpoint.origin(), Duration::ZERO);
        put(&endpoint, &url.as_str()[endpoint.origin().len()..]).await;
        put(&endpoint, "/other+key?x=%2b").await;
        assert_eq!(endpoint.answers_at(url.as_str()).len(), 1);
        assert_eq!(endpoint.answers()[1].target, "/other+key?x=%2b");
    }

    #[tokio::test]
    async fn reactions_follow_the_script() {
        let endpoint = ResponseEndpoint::start().await.unwrap();
        endpoint.react([Reaction::Status(500), Reaction::Reset]);
        endpoint.react([Reaction::Redirect(307, "http://127.0.0.2/".to_owned())]);
        assert!(put(&endpoint, "/").await.starts_with("HTTP/1.1 500"));
        assert_eq!(put(&endpoint, "/").await, "");
        assert!(put(&endpoint, "/").await.contains("location: http://127.0.0.2/"));
        assert!(put(&endpoint, "/").await.starts_with("HTTP/1.1 200"));
        endpoint.always_react(Reaction::Body(403, "<Error/>".to_owned()));
        assert!(put(&endpoint, "/").await.ends_with("<Error/>"));
        assert_eq!(endpoint.received(5).await.len(), 5);
    }
}
