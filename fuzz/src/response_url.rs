//! The response URL: kept byte for byte, requested as it is, never printed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use orgtrail::cfn::response_url::{ResponseUrl, UrlProblem};
use orgtrail::cfn::submit::submit;
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
        assert_eq!(requested(&url), [text]);
        let _ = url.issued_at();
    }
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    let (found, _) = text.split_once("://").unwrap_or_default();
    found.eq_ignore_ascii_case(scheme)
}

/// Remembers what was requested.
#[derive(Debug, Clone, Default)]
struct Endpoint(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Endpoint {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().to_owned();
        self.0.lock().expect("no panic").push(uri);
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

fn requested(url: &ResponseUrl) -> Vec<String> {
    let endpoint = Endpoint::default();
    let http = SharedHttpConnector::new(endpoint.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(async {
        let until = Instant::now() + Duration::from_secs(1);
        submit(&http, url, "{}", until).await.expect("requestable");
    });
    endpoint.0.lock().expect("no panic").clone()
}
