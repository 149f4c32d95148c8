//! The way to AWS, for both: what is sent is kept, and answered as a test says.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use orgtrail::core::operation::Operation;
use orgtrail::transport::{NoResponse, Request, Response, Transport};
use percent_encoding::percent_decode_str;

/// More than any test sends: whoever does not find the last page fails, rather than to ask for ever.
const MOST: usize = 100;

/// A wire.
#[derive(Clone)]
pub struct Wire {
    answer: Arc<dyn Fn(&Request) -> Response + Send + Sync>,
    sent: Arc<Mutex<Vec<Request>>>,
}

impl Wire {
    /// One on which requests are answered like this.
    pub fn new(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            sent: Arc::default(),
        }
    }

    /// One on which every request is answered with the same.
    pub fn always(response: &Response) -> Self {
        let response = response.clone();
        Self::new(move |_| response.clone())
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Request> {
        self.sent.lock().expect("no test failed here").clone()
    }

    fn take(&self, request: Request) -> Response {
        let response = (self.answer)(&request);
        let mut sent = self.sent.lock().expect("no test failed here");
        assert!(sent.len() < MOST, "there is no end to the requests");
        sent.push(request);
        response
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        ready(Ok(self.take(request))).boxed()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().expect("a request");
        let request = request.map(|body| {
            let bytes = body.bytes().expect("nothing is streamed");
            Bytes::copy_from_slice(bytes)
        });
        let response = self.take(request).map(SdkBody::from);
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).expect("a response")))
    }
}

/// AWS's answer.
pub fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Response {
    let mut response = http::Response::builder()
        .status(status)
        .header("x-amzn-requestid", "request-id");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).expect("a response")
}

/// The text of a header.
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().expect("a text"))
}

/// What is asked for.
pub fn operation(request: &Request) -> Operation {
    let target = header(request, "x-amz-target");
    let target = target.and_then(|target| target.rsplit('.').next());
    let action = || form(request).into_iter().find(|(name, _)| name == "Action");
    let name = match target {
        Some(name) => name.to_owned(),
        None => action().map_or("ListObjectsV2".to_owned(), |(_, name)| name),
    };
    let mut all = Operation::ALL.iter();
    let operation = all.find(|operation| operation.name() == name);
    *operation.unwrap_or_else(|| panic!("{name} is no operation"))
}

/// The fields of a form.
pub fn form(request: &Request) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let text = percent_decode_str(&text).decode_utf8();
        text.expect("UTF-8").into_owned()
    };
    let body = str::from_utf8(request.body()).expect("UTF-8");
    let fields = body.split('&').filter_map(|field| field.split_once('='));
    fields
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
