//! The protocol of CloudTrail and Organizations: JSON there and back, the operation in a header
//! (Smithy, "AWS JSON 1.1 protocol").

use bytes::Bytes;
use futures_util::stream::Stream;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::{Patience, call, pages};
use super::client::{Answered, Client, Failed, failed, request, request_id};
use crate::core::fault::{Cause, Fault};
use crate::core::operation::{Operation, Service};
use crate::transport::Response;

/// What goes into an operation.
pub(super) type Input = Map<String, Value>;

/// The input with these fields. One without a value is left out: not every service takes null for
/// nothing.
pub(super) fn input<const FIELDS: usize>(fields: [(&str, Value); FIELDS]) -> Input {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    given
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

impl Client {
    /// Calls an operation until it succeeds, fails for good, or patience ends, and reads its output.
    ///
    /// # Errors
    /// The last thing that AWS said.
    pub(super) async fn ask<O: DeserializeOwned + Send>(
        &self,
        operation: Operation,
        input: &Input,
        patience: Patience,
    ) -> Result<O, Fault> {
        let input = write(operation, input)?;
        call(operation, patience, async || {
            let Answered { value, request_id } = self.attempt(operation, input.clone()).await?;
            // serde takes a list for an object as well: its entries for the members in their order.
            let is_object = value.trim_ascii_start().starts_with(b"{");
            match serde_json::from_slice(&value) {
                Ok(value) if is_object => Ok(Answered { value, request_id }),
                // Another's page, or half of AWS's.
                Ok(_) | Err(_) => Err(Failed {
                    cause: Cause::Unreadable,
                    request_id,
                }),
            }
        })
        .await
    }

    /// The same for an operation without an output.
    ///
    /// # Errors
    /// The last thing that AWS said.
    pub(super) async fn tell(
        &self,
        operation: Operation,
        input: &Input,
        patience: Patience,
    ) -> Result<(), Fault> {
        let input = write(operation, input)?;
        call(operation, patience, async || {
            let answered = self.attempt(operation, input.clone()).await?;
            Ok(Answered {
                value: (),
                request_id: answered.request_id,
            })
        })
        .await
    }

    /// The entries of a listing, page by page; `read` gives a page's entries and the next one's token.
    pub(super) fn list<O: DeserializeOwned + Send, T>(
        self,
        operation: Operation,
        input: Input,
        patience: Patience,
        read: impl Fn(O) -> (Vec<T>, Option<String>) + Clone,
    ) -> impl Stream<Item = Result<Vec<T>, Fault>> {
        pages(move |token| {
            let (client, mut input, read) = (self.clone(), input.clone(), read.clone());
            async move {
                if let Some(token) = token {
                    input.insert("NextToken".to_owned(), token.into());
                }
                Ok(read(client.ask(operation, &input, patience).await?))
            }
        })
    }

    /// Calls an operation once.
    ///
    /// # Errors
    /// What AWS said, or why it said nothing.
    pub(super) async fn attempt(
        &self,
        operation: Operation,
        input: Bytes,
    ) -> Result<Answered<Bytes>, Failed> {
        let endpoint = self.endpoint()?;
        let builder = http::Request::post(format!("{}/", endpoint.url))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", target(operation));
        let response = self
            .send(request(builder, input)?, &endpoint.region)
            .await?;
        if response.status().is_success() {
            let request_id = request_id(response.headers());
            let value = response.into_body();
            Ok(Answered { value, request_id })
        } else {
            Err(refused(&response))
        }
    }
}

fn write(operation: Operation, input: &Input) -> Result<Bytes, Fault> {
    let input = serde_json::to_vec(input).map_err(|problem| Fault {
        operation,
        cause: Cause::NotSent(problem.to_string()),
        request_id: None,
    });
    input.map(Bytes::from)
}

/// The operation with the version of its service's API.
fn target(operation: Operation) -> String {
    let api = match operation.service() {
        Service::CloudTrail => "CloudTrail_20131101",
        Service::Organizations => "AWSOrganizationsV20161128",
        // These speak other protocols.
        Service::S3 | Service::Sts => "",
    };
    format!("{api}.{operation}")
}

fn refused(response: &Response) -> Failed {
    let body: Map<String, Value> = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| body.get(name)?.as_str();
    let code = response.headers().get("x-amzn-errortype");
    let code = code.and_then(|code| code.to_str().ok());
    let code = code.or_else(|| text("code")).or_else(|| text("__type"));
    let message = ["message", "Message", "errorMessage"]
        .into_iter()
        .find_map(text);
    let message = message.unwrap_or_default();
    // What Organizations adds to ConstraintViolation and InvalidInput, and what says more than both.
    let message = match text("Reason") {
        Some(reason) => format!("{message} (Reason: {reason})"),
        None => message.to_owned(),
    };
    failed(response, code.map(bare), message)
}

/// An error's code without the namespace before it and the URL after it.
fn bare(code: &str) -> String {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    let code = code.split_once('#').map_or(code, |(_, code)| code);
    code.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, error_type: Option<&str>, body: &str) -> Cause {
        let mut response = http::Response::builder().status(status);
        if let Some(code) = error_type {
            response = response.header("x-amzn-errortype", code);
        }
        let response = response.body(Bytes::copy_from_slice(body.as_bytes()));
        refused(&response.expect("a response")).cause
    }

    fn with(code: &str, message: &str, status: u16) -> Cause {
        Cause::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            status,
        }
    }

    #[test]
    fn an_error_is_named_by_a_header_or_by_the_body() {
        let named = with("TrailNotFoundException", "Unknown", 400);
        for body in [
            r#"{"__type":"TrailNotFoundException","message":"Unknown"}"#,
            r#"{"__type":"com.amazonaws.cloudtrail#TrailNotFoundException","Message":"Unknown"}"#,
            r#"{"code":"TrailNotFoundException:http://x/","errorMessage":"Unknown"}"#,
        ] {
            assert_eq!(said(400, None, body), named, "{body}");
        }
        let body = r#"{"__type":"Other","message":"Unknown"}"#;
        let header = Some("TrailNotFoundException:http://internal.amazon.com/coral/");
        assert_eq!(said(400, header, body), named);
        assert_eq!(
            said(400, header, ""),
            with("TrailNotFoundException", "", 400)
        );
    }

    #[test]
    fn a_reason_is_part_of_the_message() {
        let body = r#"{"__type":"ConstraintViolationException","Message":"No","Reason":"WHY"}"#;
        let named = with("ConstraintViolationException", "No (Reason: WHY)", 400);
        assert_eq!(said(400, None, body), named);
    }

    #[test]
    fn what_is_not_awss_has_only_its_status() {
        for body in [
            "<html>",
            "",
            "[]",
            r#"{"__type":7,"message":null}"#,
            r#"{"code":" "}"#,
        ] {
            assert_eq!(said(502, None, body), with("HTTP status 502", "", 502));
            assert_eq!(said(302, None, body), Cause::Unreadable);
        }
    }
}
