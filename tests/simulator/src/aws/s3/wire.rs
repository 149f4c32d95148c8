//! REST with XML, which S3 speaks.

use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Map, Value, json};

use crate::{
    aws::{Answer, ServiceError, query, xml},
    http::WholeRequest,
};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Query parameters and the members of the operation's input that they are.
const PARAMETERS: [(&str, &str); 7] = [
    ("prefix", "Prefix"),
    ("delimiter", "Delimiter"),
    ("max-keys", "MaxKeys"),
    ("continuation-token", "ContinuationToken"),
    ("start-after", "StartAfter"),
    ("fetch-owner", "FetchOwner"),
    ("x-id", "x-id"),
];

/// The operation that a request to `/<bucket>` asks for and its input; `None` where that is none
/// that there is here.
pub(in crate::aws) fn read(request: &WholeRequest) -> Option<(String, Value)> {
    let bucket = request.uri().path().trim_matches('/');
    if request.method() != Method::GET || bucket.is_empty() || bucket.contains('/') {
        return None;
    }
    let mut parameters = query::parameters(request.uri().query()?);
    if parameters.remove("list-type")? != "2" {
        return None;
    }
    let mut input = Map::from_iter([("Bucket".to_owned(), json!(bucket))]);
    for (parameter, member) in PARAMETERS {
        if let Some(value) = parameters.remove(parameter) {
            input.insert(member.to_owned(), value);
        }
    }
    if let Some(owner) = request.headers().get("x-amz-expected-bucket-owner") {
        let owner = owner.to_str().ok()?;
        input.insert("ExpectedBucketOwner".to_owned(), json!(owner));
    }
    // What is not understood must not be passed over: the answer would be to another question.
    parameters
        .is_empty()
        .then(|| ("ListObjectsV2".to_owned(), Value::Object(input)))
}

/// The response that carries an answer.
pub(in crate::aws) fn respond(answer: Answer, request_id: &str) -> Response<Bytes> {
    let (status, region, body) = match answer {
        Ok(output) => {
            let attributes = format!(" xmlns=\"{NAMESPACE}\"");
            let body = xml::document("ListBucketResult", &attributes, &output);
            (200, None, body)
        }
        Err(error) => {
            let body = xml::document("Error", "", &described(&error, request_id));
            (error.status, error.bucket_region, body)
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let named = [
        ("x-amz-request-id", Some(request_id)),
        ("x-amz-bucket-region", region.as_deref()),
    ];
    for (name, value) in named {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    response
}

fn described(error: &ServiceError, request_id: &str) -> Value {
    json!({
        "Code": error.code,
        "Message": error.message,
        "RequestId": request_id,
    })
}
