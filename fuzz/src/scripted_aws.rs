//! AWS behind the SDK's HTTP client, with the responses of a script.
//!
//! The responses of a script are separated by lines with `%%`. A response starts with its operation and
//! a status (or `reset`, or `hang`). Headers, a blank line and a body follow:
//!
//! ```text
//! GetTrail 400
//! x-amzn-requestid: 8e2b5f1c
//!
//! {"__type": "TrailNotFoundException", "message": "Unknown trail"}
//! ```
//!
//! The responses of an operation are used in their order, and the last one is repeated. An operation
//! without responses gets an empty one with status 200.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use aws_types::sdk_config::TimeSource;
use orgtrail::aws::role::Role;
use orgtrail::aws::{Aws, Roles};

/// The function's credentials, which no response may contain.
pub(crate) const SECRET_KEY: &str = "secret-access-key-of-the-function";
pub(crate) const SESSION_TOKEN: &str = "session-token-of-the-function";

/// The time of every call, since 1970: a second after the date in the response URLs of the corpus.
pub(crate) const NOW: Duration = Duration::from_secs(1_795_435_201);

/// The duration of a call. Without it, an endless list would not reach its deadline.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(500);

/// The parts of a script.
pub(crate) fn parts(script: &str) -> impl Iterator<Item = &str> {
    script.split("\n%%\n")
}

/// A response of AWS.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    operation: String,
    result: Result<u16, Failure>,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Debug, Clone, Copy)]
enum Failure {
    Reset,
    Hang,
}

impl Response {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let (operation, result) = lines.next()?.split_once(' ')?;
        let result = match result {
            "reset" => Err(Failure::Reset),
            "hang" => Err(Failure::Hang),
            status => Ok(status.parse().ok().filter(|status| (100..1_000).contains(status))?),
        };
        let body = match operation {
            // The SDK panics on credentials that are not valid in a header (aws-runtime 1.10.2), and
            // libFuzzer reports every panic, although the function catches this one.
            ASSUME_ROLE => body.replace(char::is_control, " ").replace("&#", ""),
            _ => body.to_owned(),
        };
        let headers = lines.filter_map(|line| line.split_once(": "));
        Some(Self {
            operation: operation.to_owned(),
            result,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body,
        })
    }

    fn empty(operation: &str) -> Self {
        let body = match operation {
            LIST_OBJECTS => "<ListBucketResult/>",
            _ => "{}",
        };
        Self {
            operation: operation.to_owned(),
            result: Ok(200),
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    async fn send(self) -> Result<HttpResponse, ConnectorError> {
        tokio::time::sleep(ROUND_TRIP).await;
        match self.result {
            Ok(status) => {
                let status = status.try_into().expect("checked");
                let mut response = HttpResponse::new(status, SdkBody::from(self.body));
                for (name, value) in self.headers {
                    // HTTP does not permit an invalid header.
                    let _ = response.headers_mut().try_append(name, value);
                }
                Ok(response)
            }
            Err(Failure::Reset) => Err(ConnectorError::io("reset".into())),
            Err(Failure::Hang) => std::future::pending().await,
        }
    }
}

/// A call that the function made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) response_body: String,
}

/// AWS, and a record of the calls to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScriptedAws(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    responses: HashMap<String, Vec<Response>>,
    calls: Vec<Call>,
}

impl ScriptedAws {
    pub(crate) fn new(script: impl IntoIterator<Item = Response>) -> Self {
        let mut responses = HashMap::<_, Vec<_>>::new();
        for response in script {
            let operation = response.operation.clone();
            responses.entry(operation).or_default().push(response);
        }
        let calls = Vec::new();
        Self(Arc::new(Mutex::new(State { responses, calls })))
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The function's access to it: with roles if the script has a response to AssumeRole.
    pub(crate) fn client(&self) -> Aws {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new(
            "AKIAEXAMPLE",
            SECRET_KEY,
            Some(SESSION_TOKEN.to_owned()),
            None,
            "fuzzing",
        );
        let configuration = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::lazy().build())
            .time_source(Clock)
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let aws = Aws::new(&configuration);
        if !self.state().responses.contains_key(ASSUME_ROLE) {
            return aws;
        }
        let role = |variable, external_id| {
            Some(Role {
                variable,
                arn: "arn:aws:iam::111111111111:role/orgtrail".to_owned(),
                external_id,
            })
        };
        aws.assuming(Roles {
            management: role("MANAGEMENT_ROLE_ARN", Some("external-id".to_owned())),
            log_bucket: role("LOG_BUCKET_ROLE_ARN", None),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    fn next(&self, operation: &str) -> Response {
        match self.state().responses.get_mut(operation) {
            Some(responses) if responses.len() > 1 => responses.remove(0),
            Some(responses) => responses[0].clone(),
            None => Response::empty(operation),
        }
    }
}

#[derive(Debug)]
struct Clock;

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
    }
}

impl HttpConnector for ScriptedAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        let response = self.next(&operation);
        self.state().calls.push(Call { operation, response_body: response.body.clone() });
        HttpConnectorFuture::new(response.send())
    }
}

const ASSUME_ROLE: &str = "AssumeRole";
const LIST_OBJECTS: &str = "ListObjectsV2";

fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.rsplit_once('.'));
    match (target, request.method()) {
        (Some((_, operation)), _) => operation.to_owned(),
        (None, "POST") => ASSUME_ROLE.to_owned(),
        (None, "GET") => LIST_OBJECTS.to_owned(),
        (None, method) => panic!("a {method} of no known operation"),
    }
}
