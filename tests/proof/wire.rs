//! The way from the function to AWS and to CloudFormation: the responses come from the same process.

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;
use orgtrail::cfn::submit::{NoStatus, Put};
use simulator::{
    aws::Aws,
    cloudformation::ResponseEndpoint,
    http::{Bytes, Reply, WholeRequest},
};

use crate::stage::Clock;

/// A gate that decides when a call takes effect.
pub trait Gate: Send + Sync {
    /// Is back when the call may take effect.
    fn pass(&self, call: &str) -> BoxFuture<'static, ()>;
}

/// AWS and the response bucket, without a network.
#[derive(Clone)]
pub struct Wire {
    aws: Aws,
    endpoint: ResponseEndpoint,
    clock: Clock,
    gate: Option<Arc<dyn Gate>>,
}

impl Wire {
    /// A wire that ends at these.
    pub fn new(aws: Aws, endpoint: ResponseEndpoint, clock: Clock) -> Self {
        Self { aws, endpoint, clock, gate: None }
    }

    /// The same, with a gate before AWS.
    pub fn gated(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    async fn respond(self, request: WholeRequest) -> Reply {
        if let Some(gate) = &self.gate {
            gate.pass(&describe(&request)).await;
        }
        let now = self.clock.timestamp();
        self.aws.world(|world| world.now = now);
        self.aws.respond(&request).await
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            match wire.respond(whole(request)).await {
                Reply::Send(response) => {
                    let response = response.map(|body| SdkBody::from(body.to_vec()));
                    Ok(HttpResponse::try_from(response).expect("a response"))
                }
                Reply::Reset => Err(ConnectorError::io("the connection was reset".into())),
                Reply::Hang => std::future::pending().await,
            }
        })
    }
}

impl Put for Wire {
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        let request = http::Request::put(url)
            .header("content-length", body.len())
            .body(body)
            .expect("a request");
        Box::pin(async {
            match self.endpoint.respond(request).await {
                Reply::Send(response) => Ok(response.status().as_u16()),
                Reply::Reset => Err(NoStatus::NoConnection),
                Reply::Hang => std::future::pending().await,
            }
        })
    }
}

/// The operation that a request asks for, and its input.
fn describe(request: &WholeRequest) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next());
    let input = String::from_utf8_lossy(request.body());
    // STS has it in a form, and of S3 there is only one call without a target.
    let action = input.split('&').find_map(|field| field.strip_prefix("Action="));
    let operation = operation.or(action).unwrap_or("ListObjectsV2");
    format!("{operation} {input}")
}

/// The request as it would be on the wire: hyper adds the length.
fn whole(request: HttpRequest) -> WholeRequest {
    let request = request.try_into_http1x().expect("a request");
    let mut request = request.map(|body| {
        let bytes = body.bytes().expect("nothing is streamed");
        Bytes::copy_from_slice(bytes)
    });
    let length = request.body().len();
    if length > 0 {
        let headers = request.headers_mut();
        headers.insert("content-length", length.into());
    }
    request
}
