//! The HTTP client, which calls AWS and submits the response to CloudFormation.
//!
//! `main` builds one client. A second one would load the root certificates again and could not
//! share connections.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::cfn::submit::{NoStatus, Put};

/// The timeout for opening a connection: name resolution, TCP and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The time that an unused connection stays open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Builds the client, with rustls, the root certificates of the machine, and proxies from
/// `HTTPS_PROXY` and `NO_PROXY`.
///
/// Cannot fail: without root certificates, the first connection fails.
pub fn client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // A redirect would send the signature in the URL to another host, as would a referrer.
        .redirect(Policy::none())
        .referer(false)
        .build();
    client.unwrap_or_else(|error| unreachable!("only an invalid TLS configuration fails: {error}"))
}

fn tls() -> ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "root certificate not loaded");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap_or_else(|_| unreachable!("ring supports all default protocol versions"))
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Adapts the client to the AWS SDK.
pub fn for_sdk(client: reqwest::Client) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(SdkConnector(client));
    SharedHttpClient::new(http_client_fn(move |_, _| connector.clone()))
}

/// Ignores the SDK's timeouts, because [`crate::aws::call`] limits every attempt.
#[derive(Debug)]
struct SdkConnector(reqwest::Client);

impl HttpConnector for SdkConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(exchange(self.0.clone(), request))
    }
}

async fn exchange(
    client: reqwest::Client,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap));
    let response = client.execute(request.map_err(connector_error)?).await;
    let response = http::Response::from(response.map_err(connector_error)?);
    HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// Classifies an error for the SDK, without the URL that reqwest appends.
fn connector_error(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else if error.is_connect() {
        ConnectorError::io(error.into()).never_connected()
    } else {
        ConnectorError::io(error.into())
    }
}

impl Put for reqwest::Client {
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        // No Content-Type: a version 2 signature in the URL covers an absent header.
        let request = reqwest::Client::put(self, url).body(body);
        Box::pin(async move {
            // The error itself is dropped, because it contains the URL.
            match request.send().await {
                Ok(response) => Ok(response.status().as_u16()),
                Err(error) if error.is_builder() => Err(NoStatus::NotRequestable),
                Err(error) if error.is_timeout() => Err(NoStatus::TimedOut),
                Err(_) => Err(NoStatus::NoConnection),
            }
        })
    }
}
