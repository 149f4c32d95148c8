//! Submitting: the PUT of an answer, and nothing else. Sees bytes and a [`ResponseUrl`].

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use tokio::time::{Instant, sleep, timeout_at};

use super::response_url::ResponseUrl;

/// The most attempts at one answer.
const ATTEMPTS: u32 = 6;
/// The longest that one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// The wait after the first failed attempt; doubled after each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// An answer did not arrive. Never says where it should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer to CloudFormation could not be delivered: {why}, after {attempts} attempts")]
pub struct Undelivered {
    why: Why,
    attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("the response URL was refused with status 403, so it has expired or was changed")]
    Expired,
    #[error("the response URL answered with status {0}")]
    Status(u16),
    #[error("no connection, or it was closed")]
    NoConnection,
    #[error("no answer in time")]
    TimedOut,
    #[error("the response URL cannot be requested")]
    NotRequestable,
}

impl Why {
    /// Whether the same bytes may be taken at the next attempt. A redirect is not followed: it
    /// would hand the signature to another host.
    fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status == 429 || status >= 500,
            Self::NoConnection | Self::TimedOut => true,
            Self::Expired | Self::NotRequestable => false,
        }
    }
}

/// PUTs `body` to `url`, again and again while that can help, until it is taken or `until`.
///
/// Repeating is safe: CloudFormation reads one object, and every attempt writes the same.
///
/// # Errors
/// [`Undelivered`] when it was not taken.
pub async fn submit(
    http: &SharedHttpConnector,
    url: &ResponseUrl,
    body: &str,
    until: Instant,
) -> Result<(), Undelivered> {
    let mut wait = FIRST_WAIT;
    let mut attempts = 1;
    loop {
        let deadline = until.min(Instant::now() + ATTEMPT);
        let Err(why) = timeout_at(deadline, put(http, url, body))
            .await
            .unwrap_or(Err(Why::TimedOut))
        else {
            return Ok(());
        };
        tracing::warn!(attempt = attempts, %why, "submitting the answer failed");
        let pause = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !why.may_pass() || attempts == ATTEMPTS || Instant::now() + pause >= until {
            return Err(Undelivered { why, attempts });
        }
        sleep(pause).await;
        wait *= 2;
        attempts += 1;
    }
}

/// One attempt. No Content-Type: URLs with a version 2 signature sign it, and sign it as absent.
async fn put(http: &SharedHttpConnector, url: &ResponseUrl, body: &str) -> Result<(), Why> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("PUT").map_err(|_| Why::NotRequestable)?;
    request
        .set_uri(url.reveal())
        .map_err(|_| Why::NotRequestable)?;
    // The connector's error is dropped unread: it may repeat the URL.
    let response = http.call(request).await.map_err(|_| Why::NoConnection)?;
    match response.status().as_u16() {
        200..=299 => Ok(()),
        403 => Err(Why::Expired),
        status => Err(Why::Status(status)),
    }
}
