//! Submits a response to CloudFormation: the PUT to the [`ResponseUrl`] and its retries.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

use super::response_url::ResponseUrl;

/// The most attempts to submit a response.
const ATTEMPTS: u32 = 6;
/// The longest time for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait after the first failed attempt. It doubles after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// An HTTP client: `crate::http`, or a test double.
pub trait Put: fmt::Debug + Send + Sync {
    /// Sends `body` to `url` in one PUT request and returns the status of the HTTP response.
    ///
    /// # Errors
    /// Why there is no HTTP response. Never contains the URL.
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>>;
}

/// Why a PUT has no HTTP response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStatus {
    /// The URL is not valid in an HTTP request.
    #[error("the response URL is not valid in an HTTP request")]
    NotRequestable,
    /// There was no connection, or it broke.
    #[error("the connection failed or was closed")]
    NoConnection,
    /// The attempt timed out.
    #[error("the request timed out")]
    TimedOut,
}

/// A response was not submitted. Never contains the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the response was not submitted to CloudFormation: {why} (attempts: {attempts})")]
pub struct Unsubmitted {
    why: Why,
    attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("the response URL returned HTTP status 403; it has expired or was changed")]
    Expired,
    #[error("the response URL returned HTTP status {0}")]
    Status(u16),
    #[error(transparent)]
    NoStatus(#[from] NoStatus),
}

impl Why {
    /// True if another attempt may succeed. A redirect is not followed, because that would send the
    /// signature to another host.
    fn is_transient(self) -> bool {
        match self {
            Self::Status(status) => status == 429 || status >= 500,
            Self::NoStatus(NoStatus::NoConnection | NoStatus::TimedOut) => true,
            Self::NoStatus(NoStatus::NotRequestable) | Self::Expired => false,
        }
    }
}

/// Sends `body` to `url` in a PUT request, and repeats it after transient failures until `until`.
///
/// Repeating is safe: CloudFormation reads one object, and every attempt writes the same one.
///
/// # Errors
/// [`Unsubmitted`] if no attempt succeeded.
pub async fn submit(
    http: &dyn Put,
    url: &ResponseUrl,
    body: String,
    until: Instant,
) -> Result<(), Unsubmitted> {
    let body = Bytes::from(body);
    let mut wait = FIRST_WAIT;
    let mut attempts = 1;
    loop {
        let deadline = until.min(Instant::now() + ATTEMPT_TIMEOUT);
        let Err(why) = timeout_at(deadline, put(http, url, body.clone()))
            .await
            .unwrap_or(Err(NoStatus::TimedOut.into()))
        else {
            return Ok(());
        };
        tracing::warn!(attempt = attempts, error = %why, "failed to submit the response");
        let pause = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !why.is_transient() || attempts == ATTEMPTS || Instant::now() + pause >= until {
            return Err(Unsubmitted { why, attempts });
        }
        sleep(pause).await;
        wait *= 2;
        attempts += 1;
    }
}

async fn put(http: &dyn Put, url: &ResponseUrl, body: Bytes) -> Result<(), Why> {
    match http.put(url.reveal(), body).await? {
        200..=299 => Ok(()),
        403 => Err(Why::Expired),
        status => Err(Why::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const URL: &str = "https://example.com/a%7Cb?X-Amz-Signature=s3cr3t";
    const BODY: &str = r#"{"Status":"SUCCESS"}"#;
    const AMPLE: Duration = Duration::from_mins(2);

    #[derive(Debug, Clone, Copy)]
    enum Reaction {
        Status(u16),
        Reset,
        Hang,
    }
    use Reaction::{Hang, Reset, Status};

    /// Has a reaction to each attempt, the last one to all further attempts, and records the requests.
    #[derive(Debug)]
    struct Endpoint {
        reactions: Mutex<Vec<Reaction>>,
        requests: Mutex<Vec<(String, String)>>,
    }

    impl Put for Endpoint {
        fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
            let body = String::from_utf8(body.to_vec()).expect("UTF-8");
            let mut requests = self.requests.lock().expect("no panic");
            requests.push((url.to_owned(), body));
            let mut reactions = self.reactions.lock().expect("no panic");
            let reaction = match reactions.len() {
                1 => reactions[0],
                _ => reactions.remove(0),
            };
            Box::pin(async move {
                match reaction {
                    Status(status) => Ok(status),
                    Reset => Err(NoStatus::NoConnection),
                    Hang => std::future::pending().await,
                }
            })
        }
    }

    /// The result of submitting, the number of attempts and the time that they took.
    async fn submitted(
        reactions: &[Reaction],
        left: Duration,
    ) -> (Result<(), String>, usize, Duration) {
        let endpoint =
            Endpoint { reactions: Mutex::new(reactions.to_owned()), requests: Mutex::default() };
        let url = ResponseUrl::parse(URL, false).expect("a URL");
        let started = Instant::now();
        let result = submit(&endpoint, &url, BODY.to_owned(), started + left).await;
        let requests = endpoint.requests.into_inner().expect("no panic");
        let expected = (URL.to_owned(), BODY.to_owned());
        assert!(requests.iter().all(|request| *request == expected));
        let result = result.map_err(|problem| problem.to_string());
        (result, requests.len(), started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn each_2xx_status_is_success() {
        for status in [200, 204, 299] {
            let submitted = submitted(&[Status(status)], AMPLE).await;
            assert_eq!(submitted, (Ok(()), 1, Duration::ZERO));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn transient_failures_are_retried() {
        for failure in [Status(500), Status(503), Status(429), Reset, Hang] {
            let (result, attempts, _) = submitted(&[failure, failure, Status(200)], AMPLE).await;
            assert_eq!((result, attempts), (Ok(()), 3), "{failure:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn permanent_failures_are_reported_without_the_url() {
        for status in [403, 301, 404, 499] {
            let (result, attempts, _) = submitted(&[Status(status)], AMPLE).await;
            let problem = result.expect_err("not submitted");
            let status = format!("HTTP status {status}");
            assert!(attempts == 1 && problem.contains(&status), "{problem}");
            assert_eq!(problem.contains("expired"), status.ends_with("403"));
            assert!(!problem.contains("example.com"), "{problem}");
        }
    }

    /// Five waits double from 0.2 seconds. Jitter shortens each of them to a half at the most.
    #[tokio::test(start_paused = true)]
    async fn attempts_are_limited_and_back_off() {
        let waits = Duration::from_millis(3_100)..=Duration::from_millis(6_200);
        for seed in 0..20 {
            fastrand::seed(seed);
            let (result, attempts, elapsed) = submitted(&[Reset], AMPLE).await;
            let problem = result.expect_err("not submitted");
            let end = "the connection failed or was closed (attempts: 6)";
            assert!(problem.ends_with(end), "{problem}");
            assert!(attempts == 6 && waits.contains(&elapsed), "{elapsed:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_has_a_timeout() {
        let (result, attempts, elapsed) = submitted(&[Hang], AMPLE).await;
        assert!(result.expect_err("not submitted").contains("timed out"));
        let times = Duration::from_millis(33_100)..=Duration::from_millis(36_200);
        assert!(attempts == 6 && times.contains(&elapsed), "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_at_the_deadline() {
        let left = Duration::from_secs(1);
        for (reaction, at_least) in [(Status(500), 2), (Hang, 1)] {
            let (result, attempts, elapsed) = submitted(&[reaction], left).await;
            assert!(result.is_err() && elapsed <= left, "{elapsed:?}");
            assert!((at_least..6).contains(&attempts), "{attempts}");
        }
    }
}
