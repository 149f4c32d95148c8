//! Submitting: the PUT of an answer, and nothing else. Sees bytes and a [`ResponseUrl`].

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

use super::response_url::ResponseUrl;

/// The most attempts at one answer.
const ATTEMPTS: u32 = 6;
/// The longest that one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait after the first failed attempt; doubled after each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What the PUT is made with: `crate::http`, and in tests whatever stands for the network.
pub trait Put: fmt::Debug + Send + Sync {
    /// PUTs `body` to `url` once and returns the status of the response, whatever it is.
    ///
    /// # Errors
    /// Why there was no response. Never contains the URL.
    fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>>;
}

/// Why there is no response to a PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStatus {
    /// No request can be made of the URL.
    #[error("the response URL cannot be requested")]
    NotRequestable,
    /// There was no connection, or it broke.
    #[error("no connection, or it was closed")]
    NoConnection,
    /// There was no response in time.
    #[error("no answer in time")]
    TimedOut,
}

/// An answer did not arrive. Never says where it should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer to CloudFormation could not be delivered: {why}, after {attempts} attempts")]
pub struct Unsubmitted {
    why: Why,
    attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("the response URL was refused with status 403, so it has expired or was changed")]
    Expired,
    #[error("the response URL answered with status {0}")]
    Status(u16),
    #[error(transparent)]
    NoStatus(#[from] NoStatus),
}

impl Why {
    /// Whether the same bytes may be taken at the next attempt. A redirect is not followed: it
    /// would hand the signature to another host.
    fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status == 429 || status >= 500,
            Self::NoStatus(NoStatus::NoConnection | NoStatus::TimedOut) => true,
            Self::NoStatus(NoStatus::NotRequestable) | Self::Expired => false,
        }
    }
}

/// PUTs `body` to `url`, again and again while that can help, until it is taken or `until`.
///
/// Repeating is safe: CloudFormation reads one object, and every attempt writes the same.
///
/// # Errors
/// [`Unsubmitted`] when it was not taken.
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
        tracing::warn!(attempt = attempts, %why, "submitting the answer failed");
        let pause = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !why.may_pass() || attempts == ATTEMPTS || Instant::now() + pause >= until {
            return Err(Unsubmitted { why, attempts });
        }
        sleep(pause).await;
        wait *= 2;
        attempts += 1;
    }
}

/// One attempt.
async fn put(http: &dyn Put, url: &ResponseUrl, body: Bytes) -> Result<(), Why> {
    match http.put(url.reveal(), body).await? {
        200..=299 => Ok(()),
        403 => Err(Why::Expired),
        status => Err(Why::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const URL: &str = "https://example.com/a%7Cb?X-Amz-Signature=s3cr3t";
    const BODY: &str = r#"{"Status":"SUCCESS"}"#;

    #[derive(Debug, Clone, Copy)]
    enum Reaction {
        Status(u16),
        Reset,
        Hang,
    }
    use Reaction::{Hang, Reset, Status};

    /// Reacts to each attempt in turn, the last reaction for ever, and remembers what came.
    #[derive(Debug, Clone)]
    struct Endpoint {
        reactions: Arc<Mutex<Vec<Reaction>>>,
        requests: Arc<Mutex<Vec<(String, String)>>>,
    }

    impl Put for Endpoint {
        fn put<'a>(&'a self, url: &'a str, body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
            let body = String::from_utf8(body.to_vec()).expect("UTF-8");
            let came = (url.to_owned(), body);
            self.requests.lock().expect("no panic").push(came);
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

    /// What came of submitting, after how many attempts, and how long it took.
    async fn submitted(
        reactions: &[Reaction],
        left: Duration,
    ) -> (Result<(), String>, usize, Duration) {
        let endpoint = Endpoint {
            reactions: Arc::new(Mutex::new(reactions.to_owned())),
            requests: Arc::default(),
        };
        let url = ResponseUrl::parse(URL, false).expect("a URL");
        let started = Instant::now();
        let result = submit(&endpoint, &url, BODY.to_owned(), started + left).await;
        let requests = endpoint.requests.lock().expect("no panic");
        assert!(
            requests
                .iter()
                .all(|came| *came == (URL.to_owned(), BODY.to_owned()))
        );
        let result = result.map_err(|problem| problem.to_string());
        (result, requests.len(), started.elapsed())
    }

    const AMPLE: Duration = Duration::from_mins(2);

    #[tokio::test(start_paused = true)]
    async fn any_success_is_one() {
        for status in [200, 204, 299] {
            assert_eq!(
                submitted(&[Status(status)], AMPLE).await,
                (Ok(()), 1, Duration::ZERO)
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_again_with_the_same_bytes() {
        for glitch in [Status(500), Status(503), Status(429), Reset, Hang] {
            let (result, attempts, _) = submitted(&[glitch, glitch, Status(200)], AMPLE).await;
            assert_eq!((result, attempts), (Ok(()), 3), "{glitch:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_not_repeated_and_says_why_but_not_where() {
        for (status, why) in [
            (403, "refused with status 403, so it has expired"),
            (301, "answered with status 301"),
            (404, "answered with status 404"),
            (499, "answered with status 499"),
        ] {
            let (result, attempts, _) = submitted(&[Status(status)], AMPLE).await;
            let problem = result.expect_err("not taken");
            assert!(attempts == 1 && problem.contains(why), "{problem}");
            assert!(!problem.contains("example.com"), "{problem}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_few_wait_longer_each_time_and_say_how_many_they_were() {
        // Five waits that double from 0.2 seconds, each shortened by chance to a half at the most.
        let waits = Duration::from_millis(3_100)..=Duration::from_millis(6_200);
        for seed in 0..20 {
            fastrand::seed(seed);
            let (result, attempts, elapsed) = submitted(&[Reset], AMPLE).await;
            let problem = result.expect_err("not taken");
            assert!(
                problem.ends_with("no connection, or it was closed, after 6 attempts"),
                "{problem}"
            );
            assert!(
                attempts == 6 && waits.contains(&elapsed),
                "{attempts} in {elapsed:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_attempt_does_not_take_all_the_time() {
        let (result, attempts, elapsed) = submitted(&[Hang], AMPLE).await;
        assert!(result.is_err_and(|problem| problem.contains("no answer in time")));
        let times = Duration::from_millis(33_100)..=Duration::from_millis(36_200);
        assert!(
            attempts == 6 && times.contains(&elapsed),
            "{attempts} in {elapsed:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_with_the_time_that_there_is() {
        for reaction in [Status(500), Hang] {
            let left = Duration::from_secs(1);
            let (result, attempts, elapsed) = submitted(&[reaction], left).await;
            assert!(
                result.is_err() && attempts < 6 && elapsed <= left,
                "{elapsed:?}"
            );
        }
        let (_, attempts, _) = submitted(&[Status(500)], Duration::from_secs(1)).await;
        assert!(attempts > 1, "there was time for another");
    }
}
