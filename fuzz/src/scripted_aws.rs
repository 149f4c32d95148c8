//! An AWS that says what a text tells it to.
//!
//! A script is made of answers, divided by lines with `%%`. An answer begins with the operation that
//! it is for and a status (or `reset`, or `hang`); after that come headers, a blank line and a body:
//!
//! ```text
//! GetTrail 400
//! x-amzn-errortype: TrailNotFoundException
//!
//! {"message": "Unknown trail"}
//! ```
//!
//! A line `not from AWS` among the headers makes it a proxy's answer, without an id of the request.
//! An operation's answers are given in their order, the last one for ever; an operation without one
//! is answered with nothing in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use http::header::{HeaderName, HeaderValue};
use orgtrail::aws::Aws;
use orgtrail::aws::clock::Clock;
use orgtrail::aws::credentials::Credentials;
use orgtrail::aws::environment::Configuration;
use orgtrail::core::arn::Region;
use orgtrail::transport::{NoResponse, Request, Response, SharedTransport, Transport};

/// What must never be in an answer.
pub(crate) const SECRET_KEY: &str = "secret-access-key-of-the-function";
pub(crate) const SESSION_TOKEN: &str = "session-token-of-the-function";

/// The time at the beginning, since 1970.
pub(crate) const NOW: Duration = Duration::from_secs(1_795_435_201);

/// How long a call takes: a listing without an end then ends with the time that there is.
const ROUND_TRIP: Duration = Duration::from_millis(500);

/// The parts of a script.
pub(crate) fn parts(script: &str) -> impl Iterator<Item = &str> {
    script.split("\n%%\n")
}

/// Among the headers: this is a proxy's page.
const NOT_FROM_AWS: &str = "not from AWS";

/// What AWS says to a call.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) operation: String,
    result: Result<u16, Failure>,
    headers: Vec<(String, String)>,
    /// Whether it bears an id of the request, as all that comes from AWS does.
    from_aws: bool,
    body: String,
}

#[derive(Debug, Clone, Copy)]
enum Failure {
    Reset,
    Hang,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let (operation, result) = lines.next()?.split_once(' ')?;
        let result = match result {
            "reset" => Err(Failure::Reset),
            "hang" => Err(Failure::Hang),
            status => Ok(status
                .parse()
                .ok()
                .filter(|status| (100..1_000).contains(status))?),
        };
        let from_aws = lines.clone().all(|line| line != NOT_FROM_AWS);
        let headers = lines.filter_map(|line| line.split_once(": "));
        Some(Self {
            operation: operation.to_owned(),
            result,
            from_aws,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        })
    }

    fn nothing(operation: &str) -> Self {
        let body = match operation {
            "ListObjectsV2" => "<ListBucketResult/>",
            _ => "{}",
        };
        Self {
            operation: operation.to_owned(),
            result: Ok(200),
            headers: Vec::new(),
            from_aws: true,
            body: body.to_owned(),
        }
    }

    async fn give(self) -> Result<Response, NoResponse> {
        match self.result {
            Ok(status) => {
                let mut response = Response::new(self.body.into());
                *response.status_mut() = status.try_into().expect("checked");
                let headers = response.headers_mut();
                if self.from_aws {
                    for name in ["x-amzn-requestid", "x-amz-request-id"] {
                        headers.insert(name, HeaderValue::from_static("request-at-aws"));
                    }
                }
                for (name, value) in self.headers {
                    // What is no header cannot come.
                    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                        headers.append(name, value);
                    }
                }
                Ok(response)
            }
            Err(Failure::Reset) => Err(NoResponse::Disconnected("reset".to_owned())),
            Err(Failure::Hang) => std::future::pending().await,
        }
    }
}

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) uri: String,
    pub(crate) body: Vec<u8>,
    /// The body of what was said to it.
    pub(crate) said: String,
}

/// AWS, and the endpoint for the answer: whatever is PUT is taken, as the operation `PUT`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScriptedAws(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, Vec<Answer>>,
    calls: Vec<Call>,
}

impl ScriptedAws {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let aws = Self::default();
        for answer in answers {
            let operation = answer.operation.clone();
            aws.state()
                .answers
                .entry(operation)
                .or_default()
                .push(answer);
        }
        aws
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub(crate) fn transport(&self) -> SharedTransport {
        Arc::new(self.clone())
    }

    /// The way to it, for the function.
    pub(crate) fn client(&self) -> Aws {
        let configuration = Configuration {
            region: Region::parse("eu-west-1").ok(),
            credentials: Some(Credentials {
                key_id: "AKIAEXAMPLE".to_owned(),
                secret: SECRET_KEY.to_owned(),
                session_token: Some(SESSION_TOKEN.to_owned()),
            }),
            // A second after the date in the response URLs of the corpus.
            clock: Clock::new(|| SystemTime::UNIX_EPOCH + NOW),
            ..Configuration::from_environment(|_| None)
        };
        Aws::new(configuration, self.transport())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    fn next(&self, operation: &str) -> Answer {
        let mut state = self.state();
        match state.answers.get_mut(operation) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Answer::nothing(operation),
        }
    }
}

impl Transport for ScriptedAws {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        let operation = operation(&request);
        let answer = self.next(&operation);
        self.state().calls.push(Call {
            operation,
            uri: request.uri().to_string(),
            body: request.body().to_vec(),
            said: answer.body.clone(),
        });
        Box::pin(async move {
            tokio::time::sleep(ROUND_TRIP).await;
            answer.give().await
        })
    }
}

fn operation(request: &Request) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok()?.rsplit_once('.'));
    match (request.method().as_str(), target) {
        (_, Some((_, operation))) => operation.to_owned(),
        ("GET", None) => "ListObjectsV2".to_owned(),
        ("POST", None) => "AssumeRole".to_owned(),
        (method, None) => method.to_owned(),
    }
}
