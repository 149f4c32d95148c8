//! The response URL: the request uses the same bytes, and the URL is never printed.

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use orgtrail::cfn::response_url::{ResponseUrl, UrlProblem};
use orgtrail::cfn::submit::{NoStatus, Put, submit};
use tokio::time::Instant;

/// Takes a string as a response URL, with HTTP allowed and not allowed.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let strict = ResponseUrl::parse(text, false);
    let lax = ResponseUrl::parse(text, true);
    match (&strict, &lax) {
        (Ok(_), Ok(_)) => assert!(has_scheme(text, "https"), "{text}"),
        (Err(UrlProblem::NotEncrypted), Ok(_)) => assert!(has_scheme(text, "http"), "{text}"),
        (Err(strict), Err(lax)) => assert_eq!(strict, lax, "{text}"),
        other => panic!("{other:?} for {text}"),
    }
    if let Ok(url) = lax {
        assert_eq!(format!("{url:?}"), "ResponseUrl(redacted)");
        assert_eq!(submitted_to(&url), [text]);
        check_request(text);
        let _ = url.issued_at();
    }
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    let (found, _) = text.split_once("://").unwrap_or_default();
    found.eq_ignore_ascii_case(scheme)
}

/// The HTTP client requests a presigned URL byte for byte, except for a fragment, which is never sent.
fn check_request(text: &str) {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(orgtrail::http::client);
    let request = CLIENT.put(text).build();
    let (text, _fragment) = text.split_once('#').unwrap_or((text, ""));
    let (_scheme, text) = text.split_once("://").expect("an absolute URL");
    let target_at = text.find(['/', '?']).unwrap_or(text.len());
    let (host, target) = text.split_at(target_at);
    if !is_plain_host(host) || !is_plain_target(target) {
        return;
    }
    let request = request.unwrap_or_else(|problem| panic!("{problem} for {text}"));
    let url = request.url();
    assert_eq!(url.host_str(), Some(host));
    let query = url.query().map(|query| format!("?{query}"));
    let requested = url.path().to_owned() + &query.unwrap_or_default();
    assert!(requested == target || requested == format!("/{target}"), "{requested} for {text}");
}

/// True if a URL has a host like S3's. The client changes some others: it converts them to lowercase,
/// or parses a last label with digits as a number.
fn is_plain_host(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase();
    let is_plain = |byte: u8| is_letter(byte) || matches!(byte, b'0'..=b'9' | b'-' | b'.');
    let (_, last) = host.rsplit_once('.').unwrap_or(("", host));
    let has_letters = !last.is_empty() && last.bytes().all(is_letter);
    host.bytes().all(is_plain) && has_letters && !host.contains("xn--")
}

/// True if a path with a query has only characters of a presigned URL. The client escapes some others,
/// and removes segments of dots.
fn is_plain_target(target: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%/?&=+:,;@!$()*|".contains(&byte);
    let (path, _query) = target.split_once('?').unwrap_or((target, ""));
    let is_of_dots = |segment: &str| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(&*dots, "." | "..")
    };
    target.bytes().all(is_plain) && !path.split('/').any(is_of_dots)
}

/// Records the URLs that responses are submitted to.
#[derive(Debug, Default)]
struct Endpoint(Mutex<Vec<String>>);

impl Put for Endpoint {
    fn put<'a>(&'a self, url: &'a str, _body: Bytes) -> BoxFuture<'a, Result<u16, NoStatus>> {
        self.0.lock().expect("no panic").push(url.to_owned());
        Box::pin(ready(Ok(200)))
    }
}

fn submitted_to(url: &ResponseUrl) -> Vec<String> {
    let endpoint = Endpoint::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let until = Instant::now() + Duration::from_secs(1);
        let submitted = submit(&endpoint, url, "{}".to_owned(), until);
        submitted.await.expect("accepted");
    });
    endpoint.0.into_inner().expect("no panic")
}
