//! Where answers go: S3, as far as a presigned PUT can tell.

use std::{
    collections::VecDeque,
    future::{Ready, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::{Response, body::Bytes};
use serde_json::Value;
use tokio::sync::watch;

use super::{answer::Answer, response_url::ResponseUrl};
use crate::{
    http::{Reply, Server, WholeRequest, listen, listen_over_tls},
    tls::Authority,
};

/// What the endpoint does with a PUT.
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
        let response = match &self {
            Self::Status(status) | Self::Body(status, _) => Response::builder().status(*status),
            Self::Redirect(status, url) => {
                Response::builder().status(*status).header("location", url)
            }
            Self::Reset => return Reply::Reset,
            Self::Hang => return Reply::Hang,
        };
        let body = if let Self::Body(_, body) = self {
            Bytes::from(body)
        } else {
            Bytes::new()
        };
        Reply::Send(
            response
                .body(body)
                .expect("a scripted reaction must be a valid response"),
        )
    }
}

struct Script {
    queue: VecDeque<Reaction>,
    afterwards: Reaction,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            afterwards: Reaction::Status(200),
        }
    }
}

/// What hears the answers and reacts to them; clones are handles on the same one.
#[derive(Clone, Default)]
struct Ear {
    script: Arc<Mutex<Script>>,
    answers: Arc<watch::Sender<Vec<Answer>>>,
}

impl Ear {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handler(
        &self,
    ) -> impl Fn(WholeRequest) -> Ready<Reply> + Clone + Send + Sync + 'static + use<> {
        let ear = self.clone();
        move |request| {
            // Recorded before the reaction: a client that is never answered has sent all the same.
            ear.answers
                .send_modify(|answers| answers.push(Answer::received(request)));
            let mut script = ear.script();
            let next = script.queue.pop_front();
            let reaction = next.unwrap_or_else(|| script.afterwards.clone());
            ready(reaction.reply())
        }
    }
}

/// Hands out response URLs and records what is sent to them.
pub struct ResponseEndpoint {
    server: Server,
    ear: Ear,
}

impl ResponseEndpoint {
    /// Listens on a free port and accepts every answer until told otherwise.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_on(0).await
    }

    /// The same on a port of the caller's choice.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_on(port: u16) -> std::io::Result<Self> {
        let ear = Ear::default();
        let server = listen(port, ear.handler()).await?;
        Ok(Self { server, ear })
    }

    /// Listens on a free port over TLS.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start_over_tls(authority: &Authority) -> std::io::Result<Self> {
        let ear = Ear::default();
        let server = listen_over_tls(authority, ear.handler()).await?;
        Ok(Self { server, ear })
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
        self.ear.script().queue.extend(reactions);
    }

    /// Reacts in one way from now on.
    pub fn always_react(&self, reaction: Reaction) {
        self.ear.script().afterwards = reaction;
    }

    /// Everything that was received, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.ear.answers.borrow().clone()
    }

    /// What was received for one URL, in order.
    pub fn answers_at(&self, url: &str) -> Vec<Answer> {
        let origin = self.origin();
        let target = url.strip_prefix(&origin).unwrap_or(url);
        self.ear
            .answers
            .borrow()
            .iter()
            .filter(|answer| answer.target == target)
            .cloned()
            .collect()
    }

    /// Waits until `count` requests were received.
    pub async fn received(&self, count: usize) -> Vec<Answer> {
        let mut answers = self.ear.answers.subscribe();
        let received = answers.wait_for(|answers| answers.len() >= count).await;
        received
            .expect("the recorder lives as long as the server")
            .clone()
    }

    /// The one answer to `event`, which must be well formed.
    ///
    /// # Panics
    /// Unless exactly one request was sent to the event's URL and all is well with it.
    #[track_caller]
    pub fn only_answer_to(&self, event: &Value) -> Answer {
        let url = event["ResponseURL"]
            .as_str()
            .expect("the event has a response URL");
        let mut answers = self.answers_at(url);
        assert_eq!(answers.len(), 1, "not exactly one answer: {answers:#?}");
        let answer = answers.remove(0);
        answer.assert_well_formed(event);
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    /// Sends raw bytes, so that nothing between here and the wire can mend them.
    async fn put(endpoint: &ResponseEndpoint, target: &str) -> String {
        let mut stream = TcpStream::connect(endpoint.server.address()).await.unwrap();
        let request = format!(
            "PUT {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn a_request_target_is_recorded_byte_for_byte() {
        let endpoint = ResponseEndpoint::start().await.unwrap();
        let url = ResponseUrl::signed_the_older_way(&endpoint.origin(), Duration::ZERO);
        put(&endpoint, url.target()).await;
        put(&endpoint, "/other+key?x=%2b").await;
        assert_eq!(endpoint.answers_at(url.as_str()).len(), 1);
        assert_eq!(endpoint.answers()[1].target, "/other+key?x=%2b");
    }

    #[tokio::test]
    async fn reactions_follow_the_script_and_every_request_is_recorded() {
        let endpoint = ResponseEndpoint::start().await.unwrap();
        endpoint.react([Reaction::Status(500), Reaction::Reset]);
        endpoint.react([Reaction::Redirect(307, "http://127.0.0.2/".to_owned())]);
        assert!(put(&endpoint, "/").await.starts_with("HTTP/1.1 500"));
        assert_eq!(put(&endpoint, "/").await, "");
        assert!(
            put(&endpoint, "/")
                .await
                .contains("location: http://127.0.0.2/")
        );
        assert!(put(&endpoint, "/").await.starts_with("HTTP/1.1 200"));
        endpoint.always_react(Reaction::Body(403, "<Error/>".to_owned()));
        assert!(put(&endpoint, "/").await.ends_with("<Error/>"));
        assert_eq!(endpoint.received(5).await.len(), 5);
    }
}
