//! The response URL: kept byte for byte, requested as it is, never printed.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use http::uri::{Authority, PathAndQuery, Uri};
use orgtrail::cfn::response_url::{ResponseUrl, UrlProblem};
use orgtrail::cfn::submit::submit;
use orgtrail::transport::{NoResponse, Request, Response, Transport};
use tokio::time::Instant;

/// Takes a text for a response URL, with http allowed and not.
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
        let requested = requested(&url);
        assert!(
            matches!(&requested[..], [uri] if is_of(uri, text)),
            "{text}"
        );
        let _ = url.issued_at();
    }
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    let (found, _) = text.split_once("://").unwrap_or_default();
    found.eq_ignore_ascii_case(scheme)
}

/// Whether a request to `uri` asks for what the text says, byte for byte, but for a fragment, which is
/// never sent.
fn is_of(uri: &Uri, text: &str) -> bool {
    let (text, _fragment) = text.split_once('#').unwrap_or((text, ""));
    let host = uri.authority().map(Authority::as_str);
    let target = uri.path_and_query().map(PathAndQuery::as_str);
    let (Some((_, text)), Some(host), Some(target)) = (text.split_once("://"), host, target) else {
        return false;
    };
    text.strip_prefix(host)
        .is_some_and(|asked| asked == target || format!("/{asked}") == target)
}

/// Remembers what was requested.
#[derive(Debug, Default)]
struct Endpoint(Mutex<Vec<Uri>>);

impl Transport for Endpoint {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        let uri = request.uri().clone();
        self.0.lock().expect("no panic").push(uri);
        Box::pin(ready(Ok(Response::default())))
    }
}

fn requested(url: &ResponseUrl) -> Vec<Uri> {
    let endpoint = Endpoint::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(async {
        let until = Instant::now() + Duration::from_secs(1);
        let submitted = submit(&endpoint, url, "{}".to_owned(), until);
        submitted.await.expect("requestable");
    });
    endpoint.0.into_inner().expect("no panic")
}
