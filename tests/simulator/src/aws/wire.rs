//! What the requests say, and how the answers look: awsJson1.1, for STS awsQuery, for S3 REST.

use hyper::{Response, StatusCode, body::Bytes, header};
use serde_json::{Value, json};

use super::{Answer, Service, ServiceError, query, s3, sts::Credentials};
use crate::http::WholeRequest;

const JSON: &str = "application/x-amz-json-1.1";

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
    /// Reads a request; the error is what AWS' front door answers to what is none.
    pub(super) fn read(request: &WholeRequest) -> Result<Self, ServiceError> {
        let text = |name: &str| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let (service, operation, input) = match text("content-type") {
            Some(form) if form.starts_with("application/x-www-form-urlencoded") => {
                let form = query::read_form(request.body());
                form.map(|(operation, input)| (Service::Sts, operation, Ok(input)))
            }
            None if text("x-amz-target").is_none() => {
                s3::read(request).map(|(operation, input)| (Service::S3, operation, Ok(input)))
            }
            _ => read_target(text("x-amz-target").unwrap_or_default())
                .map(|(service, operation)| (service, operation, read_json(request.body()))),
        }
        .ok_or_else(|| {
            let message = "no operation of CloudTrail, Organizations, STS or S3 is asked for";
            ServiceError::new("UnknownOperationException", message)
        })?;
        let scope = text("authorization")
            .and_then(CredentialScope::read)
            .ok_or_else(|| {
                let message = "Missing Authentication Token";
                ServiceError {
                    status: 403,
                    ..ServiceError::new("MissingAuthenticationTokenException", message)
                }
            })?;
        if scope.service != service.name() {
            let message = "Credential should be scoped to correct service.";
            return Err(ServiceError::new("InvalidSignatureException", message));
        }
        let credentials = Credentials {
            access_key: scope.access_key,
            session_token: text("x-amz-security-token").map(str::to_owned),
        };
        Ok(Self {
            service,
            operation,
            credentials,
            region: scope.region,
            input: input?,
        })
    }
}

fn read_json(body: &[u8]) -> Answer {
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::new("SerializationException", error.to_string()))
}

/// The response that carries an operation's answer.
pub(super) fn respond(
    service: Service,
    operation: &str,
    answer: Answer,
    request_id: &str,
) -> Response<Bytes> {
    match service {
        Service::CloudTrail | Service::Organizations => respond_in_json(answer, request_id),
        Service::Sts => {
            let (status, body) = query::document(operation, answer, request_id);
            response(status, "text/xml", request_id, body)
        }
        Service::S3 => s3::respond(answer, request_id),
    }
}

/// The same for what cannot be told to be for a service that does not speak JSON.
pub(super) fn respond_in_json(answer: Answer, request_id: &str) -> Response<Bytes> {
    let (status, body) = match answer {
        Ok(output) => (200, output),
        Err(ServiceError {
            status,
            code,
            message,
            reason,
            bucket_region: _,
        }) => {
            let mut body = json!({ "__type": code, "Message": message });
            if let Some(reason) = reason {
                body["Reason"] = json!(reason);
            }
            (status, body)
        }
    };
    response(status, JSON, request_id, body.to_string())
}

/// A page of something that is not AWS, such as a proxy.
pub(super) fn garbage(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from("<html>temporarily something else</html>"));
    *response.status_mut() = status;
    let html = header::HeaderValue::from_static("text/html");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}

fn response(
    status: u16,
    content_type: &'static str,
    request_id: &str,
    body: String,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    if let Ok(request_id) = header::HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", request_id);
    }
    response
}

/// SDKs send CloudTrail's target with and without the model's namespace before it.
fn read_target(target: &str) -> Option<(Service, String)> {
    let (prefix, operation) = target.rsplit_once('.')?;
    let service = match prefix.rsplit('.').next()? {
        "CloudTrail_20131101" => Service::CloudTrail,
        "AWSOrganizationsV20161128" => Service::Organizations,
        _ => return None,
    };
    Some((service, operation.to_owned()))
}

/// What a Signature Version 4 header says about the caller: `<key>/<date>/<region>/<service>/...`.
struct CredentialScope {
    access_key: String,
    region: String,
    service: String,
}

impl CredentialScope {
    fn read(authorization: &str) -> Option<Self> {
        let (_, credential) = authorization.split_once("Credential=")?;
        let mut parts = credential.split(',').next()?.trim().split('/');
        let (access_key, _date) = (parts.next()?, parts.next()?);
        let (region, service) = (parts.next()?, parts.next()?);
        Some(Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 \
        Credential=AKIDEXAMPLE/20261123/eu-west-1/cloudtrail/aws4_request, \
        SignedHeaders=host, Signature=0";

    fn request(target: &str, authorization: Option<&str>, body: &'static str) -> WholeRequest {
        let mut builder = hyper::Request::builder().header("X-Amz-Target", target);
        if let Some(authorization) = authorization {
            builder = builder.header("Authorization", authorization);
        }
        builder
            .body(Bytes::from_static(body.as_bytes()))
            .expect("a request")
    }

    #[test]
    fn the_caller_and_the_operation_are_read_from_the_headers() {
        let short = "CloudTrail_20131101.GetTrail";
        let long = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.GetTrail";
        for target in [short, long] {
            let request = request(target, Some(AUTHORIZATION), r#"{"Name":"x"}"#);
            let request = Request::read(&request).expect("a request");
            assert_eq!(request.operation, "GetTrail");
            assert_eq!(request.service, Service::CloudTrail);
            assert_eq!(request.region, "eu-west-1");
            assert_eq!(request.credentials.access_key, "AKIDEXAMPLE");
            assert_eq!(request.input, json!({ "Name": "x" }));
        }
    }

    #[test]
    fn what_is_no_proper_request_is_refused() {
        let target = "CloudTrail_20131101.GetTrail";
        let organizations = "AWSOrganizationsV20161128.ListAccounts";
        let refused = [
            (
                request("S3.GetObject", Some(AUTHORIZATION), "{}"),
                "UnknownOperationException",
            ),
            (
                request(target, None, "{}"),
                "MissingAuthenticationTokenException",
            ),
            (
                request(organizations, Some(AUTHORIZATION), "{}"),
                "InvalidSignatureException",
            ),
            (
                request(target, Some(AUTHORIZATION), "{"),
                "SerializationException",
            ),
        ];
        for (request, code) in refused {
            assert_eq!(Request::read(&request).expect_err(code).code, code);
        }
    }

    #[test]
    fn an_error_carries_its_type_message_and_reason() {
        let error = ServiceError::new("InvalidInputException", "no").because("INVALID_PATTERN");
        let response = respond(Service::CloudTrail, "GetTrail", Err(error), "id-1");
        assert_eq!(response.status(), 400);
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        let expected = json!({ "__type": "InvalidInputException", "Message": "no", "Reason": "INVALID_PATTERN" });
        assert_eq!(body, expected);
    }
}
