//! The bucket that answers go to, as a presigned PUT sees it, in process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use simulator::{
    cloudformation::Answer,
    http::{Bytes, Reply, WholeRequest},
};
use tokio::time::sleep;

/// The reaction to one PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Stored, and answered with this status.
    Stored(u16),
    /// Not stored, and answered with this status.
    Refused(u16),
    /// Not stored; the client is sent elsewhere with this status.
    Redirected(u16),
    /// Stored, and then the connection is closed.
    StoredAndLost,
    /// The connection is closed before anything is stored.
    Reset,
    /// Never answered, nor stored.
    Hung,
    /// Stored, and answered with 200 this much later.
    Slow(Duration),
}

/// One PUT that arrived.
#[derive(Debug, Clone)]
pub struct Put {
    /// The request.
    pub answer: Answer,
    /// True if it was stored, and so read by CloudFormation.
    pub stored: bool,
}

/// The bucket; clones are handles on the same one.
#[derive(Clone)]
pub struct Responses {
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    puts: Vec<Put>,
    script: VecDeque<Reaction>,
    afterwards: Reaction,
}

impl Responses {
    /// Where it is.
    pub const HOST: &str = "cloudformation-custom-resource-response-euwest1.s3.amazonaws.com";

    /// A bucket that stores everything.
    pub fn new() -> Self {
        Self {
            inside: Arc::new(Mutex::new(Inside {
                puts: Vec::new(),
                script: VecDeque::new(),
                afterwards: Reaction::Stored(200),
            })),
        }
    }

    /// Reacts to the next PUTs like this, and in one way to all that follow.
    pub fn react(&self, next: &[Reaction], afterwards: Reaction) {
        let mut inside = self.lock();
        inside.script = next.iter().copied().collect();
        inside.afterwards = afterwards;
    }

    /// Everything that arrived.
    pub fn puts(&self) -> Vec<Put> {
        self.lock().puts.clone()
    }

    /// The answers that were stored at a URL.
    pub fn stored_at(&self, url: &str) -> Vec<Answer> {
        let at = |answer: &Answer| url.ends_with(&answer.target);
        let puts = self.puts().into_iter();
        puts.filter(|put| put.stored && at(&put.answer)).map(|put| put.answer).collect()
    }

    /// The reply to a PUT.
    pub async fn answer(&self, request: WholeRequest) -> Reply {
        let reaction = {
            let mut inside = self.lock();
            let next = inside.script.pop_front();
            let reaction = next.unwrap_or(inside.afterwards);
            let stored = matches!(
                reaction,
                Reaction::Stored(_) | Reaction::StoredAndLost | Reaction::Slow(_)
            );
            let answer = Answer::received(request);
            inside.puts.push(Put { answer, stored });
            reaction
        };
        match reaction {
            Reaction::Stored(status) | Reaction::Refused(status) => Reply::Send(response(status)),
            Reaction::Redirected(status) => {
                let mut response = response(status);
                let elsewhere = http::HeaderValue::from_static("https://elsewhere.example.com/");
                response.headers_mut().insert("location", elsewhere);
                Reply::Send(response)
            }
            Reaction::StoredAndLost | Reaction::Reset => Reply::Reset,
            Reaction::Hung => Reply::Hang,
            Reaction::Slow(wait) => {
                sleep(wait).await;
                Reply::Send(response(200))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn response(status: u16) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = status.try_into().expect("a status");
    response
}
