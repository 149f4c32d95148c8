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

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{SharedTimeSource, TimeSource};
use orgtrail::aws::Aws;

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
        // The SDK panics over credentials that no header can hold (aws-runtime 1.10.2, auth.rs). STS
        // gives out none, and the function would answer as to any panic.
        let body = match operation {
            "AssumeRole" => body.replace(char::is_control, " ").replace("&#", ""),
            _ => body.to_owned(),
        };
        let headers = lines.filter_map(|line| line.split_once(": "));
        Some(Self {
            operation: operation.to_owned(),
            result,
            from_aws,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body,
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

    async fn give(self) -> Result<HttpResponse, ConnectorError> {
        match self.result {
            Ok(status) => {
                let status = status.try_into().expect("checked");
                let mut response = HttpResponse::new(status, SdkBody::from(self.body));
                if self.from_aws {
                    for name in ["x-amzn-requestid", "x-amz-request-id"] {
                        response.headers_mut().insert(name, "request-at-aws");
                    }
                }
                for (name, value) in self.headers {
                    // What is no header cannot come.
                    let _ = response.headers_mut().try_append(name, value);
                }
                Ok(response)
            }
            Err(Failure::Reset) => Err(ConnectorError::io("reset".into())),
            Err(Failure::Hang) => std::future::pending().await,
        }
    }
}

/// A second after the date in the response URLs of the corpus.
#[derive(Debug)]
struct Clock;

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
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

    pub(crate) fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// The way to it, for the function.
    pub(crate) fn client(&self) -> Aws {
        let connector = self.connector();
        let credentials = Credentials::new(
            "AKIAEXAMPLE",
            SECRET_KEY,
            Some(SESSION_TOKEN.to_owned()),
            None,
            "fuzzing",
        );
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .time_source(SharedTimeSource::new(Clock))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        Aws::new(config, self.connector())
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

impl HttpConnector for ScriptedAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        let answer = self.next(&operation);
        self.state().calls.push(Call {
            operation,
            uri: request.uri().to_owned(),
            body: request.body().bytes().unwrap_or_default().to_owned(),
            said: answer.body.clone(),
        });
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(ROUND_TRIP).await;
            answer.give().await
        })
    }
}

fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target");
    match (
        request.method(),
        target.and_then(|target| target.rsplit_once('.')),
    ) {
        (_, Some((_, operation))) => operation.to_owned(),
        ("GET", None) => "ListObjectsV2".to_owned(),
        ("POST", None) => "AssumeRole".to_owned(),
        (method, None) => method.to_owned(),
    }
}
