//! Requests and responses: awsJson1.1, for STS awsQuery, for S3 REST with XML.

use form_urlencoded::parse;
use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Map, Value, json};

use super::{OperationResult, Service, ServiceError, error::refuse, sts::Credentials};
use crate::http::WholeRequest;

/// The query parameters of a listing and the members of the operation's input that they are.
const LISTING_PARAMETERS: [(&str, &str); 6] = [
    ("prefix", "Prefix"),
    ("delimiter", "Delimiter"),
    ("max-keys", "MaxKeys"),
    ("continuation-token", "ContinuationToken"),
    ("start-after", "StartAfter"),
    ("x-id", "x-id"),
];

/// A request as the services' clients send it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) credentials: Credentials,
    pub(super) region: String,
    pub(super) input: Value,
}

impl Request {
    /// Reads a request; the error is what AWS returns before any service reads it.
    pub(super) fn read(request: &WholeRequest) -> Result<Self, ServiceError> {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let operation = match (text("x-amz-target"), text("content-type")) {
            (Some(target), _) => read_target(target),
            (None, Some(form)) if form.starts_with("application/x-www-form-urlencoded") => {
                read_form(request.body())
            }
            (None, _) => read_listing(request),
        };
        let Some((service, operation, input)) = operation else {
            let message = "the request names no operation of CloudTrail, Organizations, STS or S3";
            return refuse("UnknownOperationException", message);
        };
        // Signature Version 4 has: Credential=<key>/<date>/<region>/<service>/aws4_request,
        let scope = text("authorization").and_then(|text| text.split_once("Credential="));
        let scope: Vec<&str> = scope.map_or("", |(_, scope)| scope).split('/').collect();
        let [access_key, _date, region, signed_for, ..] = scope[..] else {
            let message = "Missing Authentication Token";
            let error = ServiceError::new("MissingAuthenticationTokenException", message);
            return Err(error.with_status(403));
        };
        if signed_for != service.name() {
            let message = "Credential should be scoped to correct service.";
            return refuse("InvalidSignatureException", message);
        }
        let input = match input {
            Some(input) => input,
            None => serde_json::from_slice(request.body())
                .or_else(|error| refuse("SerializationException", error.to_string()))?,
        };
        let credentials = Credentials {
            access_key: access_key.to_owned(),
            session_token: text("x-amz-security-token").map(str::to_owned),
        };
        Ok(Self { service, operation, credentials, region: region.to_owned(), input })
    }
}

/// The service, the operation, and the input unless it is JSON in the body.
type Asked = Option<(Service, String, Option<Value>)>;

/// SDKs send CloudTrail's target with and without the model's namespace before it.
fn read_target(target: &str) -> Asked {
    let (prefix, operation) = target.rsplit_once('.')?;
    let service = match prefix.rsplit('.').next()? {
        "CloudTrail_20131101" => Service::CloudTrail,
        "AWSOrganizationsV20161128" => Service::Organizations,
        _ => return None,
    };
    Some((service, operation.to_owned(), None))
}

fn read_form(body: &[u8]) -> Asked {
    let mut parameters = parameters(body);
    parameters.remove("Version");
    let operation = parameters.remove("Action")?.as_str()?.to_owned();
    Some((Service::Sts, operation, Some(Value::Object(parameters))))
}

/// Reads a GET of `/<bucket>`.
fn read_listing(request: &WholeRequest) -> Asked {
    let bucket = request.uri().path().trim_matches('/');
    if request.method() != Method::GET || bucket.is_empty() || bucket.contains('/') {
        return None;
    }
    let mut parameters = parameters(request.uri().query()?.as_bytes());
    if parameters.remove("list-type")? != "2" {
        return None;
    }
    let mut input = Map::from_iter([("Bucket".to_owned(), json!(bucket))]);
    for (parameter, member) in LISTING_PARAMETERS {
        if let Some(value) = parameters.remove(parameter) {
            input.insert(member.to_owned(), value);
        }
    }
    // A parameter that is not understood must not be ignored: the response would be to another
    // request.
    let input = parameters.is_empty().then_some(Value::Object(input))?;
    Some((Service::S3, "ListObjectsV2".to_owned(), Some(input)))
}

fn parameters(form: &[u8]) -> Map<String, Value> {
    parse(form)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

/// The response that contains the result of an operation.
pub(super) fn respond(
    service: Service,
    operation: &str,
    result: OperationResult,
    request_id: &str,
) -> Response<Bytes> {
    let (status, region) = match &result {
        Ok(_) => (200, None),
        Err(error) => (error.status, error.bucket_region.clone()),
    };
    let (content_type, id_header, body) = match service {
        Service::CloudTrail | Service::Organizations => {
            let body = result.unwrap_or_else(|error| {
                let ServiceError { code, message, reason, .. } = error;
                super::without_nulls(
                    json!({ "__type": code, "Message": message, "Reason": reason }),
                )
            });
            ("application/x-amz-json-1.1", "x-amzn-requestid", body.to_string())
        }
        Service::Sts => ("text/xml", "x-amzn-requestid", in_query(operation, result, request_id)),
        Service::S3 => ("application/xml", "x-amz-request-id", in_rest(result, request_id)),
    };
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type)
        .header(id_header, request_id);
    if let Some(region) = region {
        response = response.header("x-amz-bucket-region", region);
    }
    response.body(Bytes::from(body)).expect("an result has a status and headers")
}

fn in_query(operation: &str, result: OperationResult, request_id: &str) -> String {
    let (root, content) = match result {
        Ok(output) => {
            let metadata = json!({ "RequestId": request_id });
            let result = format!("{operation}Result");
            let content = json!({ result: output, "ResponseMetadata": metadata });
            (format!("{operation}Response"), content)
        }
        Err(ServiceError { status, code, message, .. }) => {
            let fault = if status < 500 { "Sender" } else { "Receiver" };
            let error = json!({ "Type": fault, "Code": code, "Message": message });
            ("ErrorResponse".to_owned(), json!({ "Error": error, "RequestId": request_id }))
        }
    };
    document(&root, " xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"", &content)
}

fn in_rest(result: OperationResult, request_id: &str) -> String {
    match result {
        Ok(output) => {
            let namespace = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
            document("ListBucketResult", namespace, &output)
        }
        Err(ServiceError { code, message, .. }) => {
            let content = json!({ "Code": code, "Message": message, "RequestId": request_id });
            document("Error", "", &content)
        }
    }
}

/// XML: the members of objects become elements, those that are lists one element each.
fn document(root: &str, attributes: &str, content: &Value) -> String {
    let mut body = format!("<{root}{attributes}>");
    write_elements(&mut body, content);
    body + &format!("</{root}>")
}

fn write_elements(body: &mut String, content: &Value) {
    match content {
        Value::Object(members) => {
            for (name, member) in members {
                let elements =
                    member.as_array().map_or(std::slice::from_ref(member), Vec::as_slice);
                for element in elements {
                    body.push_str(&document(name, "", element));
                }
            }
        }
        Value::String(text) => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            body.push_str(&text);
        }
        other => body.push_str(&other.to_string()),
    }
}

/// A page of something that is not AWS, such as a proxy.
pub(super) fn garbage(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from("<html>temporarily something else</html>"));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
