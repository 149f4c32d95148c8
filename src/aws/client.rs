//! A service of AWS in a Region: a request to it is signed and sent, and its answer looked at.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderValue, USER_AGENT};

use super::credentials::Caller;
use super::endpoint::Endpoint;
use super::environment::Configuration;
use super::signature::{Scope, sign};
use crate::core::arn::Region;
use crate::core::fault::Cause;
use crate::core::operation::Service;
use crate::transport::{NoResponse, Request, Response, SharedTransport};

/// How the function introduces itself: CloudTrail records it as `userAgent`.
const USER: HeaderValue = HeaderValue::from_static(concat!("orgtrail/", env!("CARGO_PKG_VERSION")));

/// What calls a service.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) service: Service,
    pub(super) region: Option<Region>,
    pub(super) caller: Caller,
    /// The Region and the credentials in it are the function's own.
    pub(super) configuration: Arc<Configuration>,
    pub(super) transport: SharedTransport,
}

/// What AWS answered a request with that it carried out.
#[derive(Debug)]
pub(super) struct Answered<T> {
    pub(super) value: T,
    /// AWS's id of the request.
    pub(super) request_id: Option<String>,
}

/// Why a request was not carried out.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) cause: Cause,
    /// AWS's id of the request.
    pub(super) request_id: Option<String>,
}

impl From<Cause> for Failed {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            request_id: None,
        }
    }
}

impl Client {
    /// Where the service is.
    ///
    /// # Errors
    /// What is missing for it, or contradicts itself.
    pub(super) fn endpoint(&self) -> Result<Endpoint, Cause> {
        let endpoints = &self.configuration.endpoints;
        let endpoint = endpoints.find(self.service, self.region()?);
        endpoint.map_err(Cause::NotSent)
    }

    /// Where a bucket is.
    ///
    /// # Errors
    /// As [`Self::endpoint`].
    pub(super) fn bucket(&self, name: &str) -> Result<Endpoint, Cause> {
        let endpoints = &self.configuration.endpoints;
        let endpoint = endpoints.of_bucket(name, self.region()?);
        endpoint.map_err(Cause::NotSent)
    }

    /// The time that signatures bear.
    pub(super) fn now(&self) -> SystemTime {
        self.configuration.clock.now()
    }

    fn region(&self) -> Result<&Region, Cause> {
        self.region.as_ref().ok_or_else(|| {
            Cause::NotSent(
                "there is no Region: Lambda sets AWS_REGION in the function's environment, and \
                 elsewhere a code such as eu-west-1 is to be set there"
                    .to_owned(),
            )
        })
    }

    /// Signs a request for a Region, sends it, and gives what came back, whatever its status.
    ///
    /// # Errors
    /// Why nothing came back.
    pub(super) async fn send(
        &self,
        mut request: Request,
        region: &Region,
    ) -> Result<Response, Cause> {
        let credentials = self.caller.credentials().await?;
        let scope = Scope {
            service: self.service,
            region,
        };
        sign(&mut request, scope, &credentials, self.now()).map_err(Cause::NotSent)?;
        // Not signed: whoever forwards requests may add to it.
        request.headers_mut().insert(USER_AGENT, USER);
        let response = self.transport.send(request).await;
        response.map_err(|problem| match problem {
            NoResponse::Unsendable(why) => Cause::NotSent(why),
            NoResponse::TimedOut(_) => Cause::TimedOut,
            NoResponse::Disconnected(how) => Cause::Unreachable(how),
        })
    }
}

/// A request to a URL with a body.
///
/// # Errors
/// When the URL is none, of which a part comes from the environment.
pub(super) fn request(
    builder: http::request::Builder,
    body: impl Into<Bytes>,
) -> Result<Request, Cause> {
    let request = builder.body(body.into());
    request.map_err(|problem| Cause::NotSent(problem.to_string()))
}

/// A response that says that the request was not carried out, or that nobody can say.
///
/// `code` and `message` are what AWS said, if it was AWS.
pub(super) fn failed(response: &Response, code: Option<String>, message: String) -> Failed {
    let status = response.status().as_u16();
    // Where AWS gives an empty one, it gives none.
    let cause = match code.filter(|code| !code.trim().is_empty()) {
        Some(code) => Cause::Refused {
            code,
            message,
            status,
        },
        None if status < 400 => Cause::Unreadable,
        None => Cause::Refused {
            code: format!("HTTP status {status}"),
            message,
            status,
        },
    };
    Failed {
        cause,
        request_id: request_id(response.headers()),
    }
}

/// AWS's id of a request. S3 has a name of its own for it.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-amzn-requestid");
    let id = id.or_else(|| headers.get("x-amz-request-id"))?;
    Some(id.to_str().ok()?.to_owned())
}
