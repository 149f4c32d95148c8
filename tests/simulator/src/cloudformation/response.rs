//! A response, as it arrived at the response URL, and what is wrong with it.

use std::time::Instant;

use hyper::{HeaderMap, Method, body::Bytes};
use serde_json::Value;

use crate::http::WholeRequest;

/// The maximum size of a body that CloudFormation accepts.
pub const MAX_BODY_BYTES: usize = 4096;

/// The maximum size of a physical ID that CloudFormation accepts.
pub const MAX_PHYSICAL_ID_BYTES: usize = 1024;

/// The fields that are copied from the request.
const COPIED: [&str; 3] = ["StackId", "RequestId", "LogicalResourceId"];

/// The fields that the function may send. `NoEcho` is documented too, and not used.
const KNOWN: [&str; 7] =
    ["Status", "Reason", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId", "Data"];

/// One request that the response endpoint received.
#[derive(Clone, Debug)]
pub struct Response {
    /// The method; PUT, if all is well.
    pub method: Method,
    /// The request target, byte for byte.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When it had come in whole.
    pub arrived: Instant,
    /// True if the endpoint stored the body, so that CloudFormation reads it.
    pub stored: bool,
    json: Value,
}

impl Response {
    /// The response in a request to a response URL.
    pub fn received(request: WholeRequest) -> Self {
        let json = serde_json::from_slice(request.body()).unwrap_or_default();
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let (method, headers) = (parts.method, parts.headers);
        Self { method, target, headers, body, arrived: Instant::now(), stored: true, json }
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// True if the status is SUCCESS.
    pub fn is_success(&self) -> bool {
        self.json["Status"] == "SUCCESS"
    }

    /// The reason of the failure; empty if the response has none.
    pub fn reason(&self) -> &str {
        self.json["Reason"].as_str().unwrap_or_default()
    }

    /// The value that `Ref` returns; empty if the response has none.
    pub fn physical_id(&self) -> &str {
        self.json["PhysicalResourceId"].as_str().unwrap_or_default()
    }

    /// The value that `Fn::GetAtt` returns, if the response has the attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.json["Data"][name].as_str()
    }

    /// The names of the attributes, sorted.
    pub fn attribute_names(&self) -> Vec<&str> {
        let data = self.json["Data"].as_object();
        data.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// Checks that the response is one that CloudFormation takes, for this request.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_well_formed(&self, event: &Value) {
        let faults = self.faults(Some(event));
        assert!(faults.is_empty(), "{faults:#?}\nin {}", String::from_utf8_lossy(&self.body));
    }

    /// The problems of the response; empty if it is valid. Without the request, the fields that are
    /// copied from it are not compared.
    pub fn faults(&self, event: Option<&Value>) -> Vec<String> {
        let mut faults = self.transport_faults();
        let Value::Object(fields) = &self.json else {
            faults.push("the body is not a JSON object".to_owned());
            return faults;
        };
        for (name, value) in fields {
            if !KNOWN.contains(&name.as_str()) {
                faults.push(format!("there is a field {name}"));
            }
            if contains_null(value) {
                faults.push(format!("there is a null in {name}"));
            }
        }
        for field in COPIED {
            let sent = self.json[field].as_str().unwrap_or_default();
            match event.map(|event| &event[field]) {
                // A field that the request lacks cannot be copied, and must not be invented either.
                Some(wanted) if sent != wanted.as_str().unwrap_or_default() => {
                    faults.push(format!("{field} is {sent:?}, not {wanted} as in the request"));
                }
                None if sent.is_empty() => faults.push(format!("{field} is missing")),
                _ => {}
            }
        }
        let id = self.physical_id();
        if id.is_empty() || id.len() > MAX_PHYSICAL_ID_BYTES {
            faults.push(format!("PhysicalResourceId has {} bytes", id.len()));
        }
        let (status, reason) = (&self.json["Status"], self.reason());
        if status != "SUCCESS" && status != "FAILED" {
            faults.push(format!("Status is {status}"));
        }
        if (fields.contains_key("Reason") || status == "FAILED") && reason.trim().is_empty() {
            faults.push("Reason is missing or empty".to_owned());
        }
        if let Some(character) = reason.chars().find(|&c| is_unreadable(c)) {
            faults.push(format!("Reason has a {character:?} in it"));
        }
        match &fields.get("Data") {
            None => {}
            Some(Value::Object(data)) => {
                let other = data.iter().filter(|(_, value)| !value.is_string());
                faults.extend(other.map(|(name, value)| format!("Data.{name} is {value}")));
            }
            Some(other) => faults.push(format!("Data is {other}")),
        }
        faults
    }

    fn transport_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.method != Method::PUT {
            faults.push(format!("the method is {}, not PUT", self.method));
        }
        for header in ["content-type", "transfer-encoding", "referer"] {
            if self.headers.contains_key(header) {
                faults.push(format!("there is a {header} header"));
            }
        }
        let lengths: Vec<_> = self.headers.get_all("content-length").iter().collect();
        let body = self.body.len();
        if !matches!(lengths[..], [length] if *length == *body.to_string()) {
            faults.push(format!("Content-Length is {lengths:?} for a body of {body} bytes"));
        }
        if body > MAX_BODY_BYTES {
            faults.push(format!("the body has {body} bytes, more than {MAX_BODY_BYTES}"));
        }
        faults
    }
}

fn contains_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(contains_null),
        Value::Object(fields) => fields.values().any(contains_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Control characters make a stack's events unreadable, and bidirectional overrides make them lie.
fn is_unreadable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use serde_json::json;

    use super::*;

    fn request() -> Value {
        json!({ "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Trail" })
    }

    /// A good response with one other field.
    fn response(field: &str, value: &Value) -> Response {
        let mut body = json!({
            "Status": "FAILED", "Reason": "no such bucket", "PhysicalResourceId": "id",
            "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Trail",
            "Data": { "Arn": "arn" }
        });
        body[field] = value.clone();
        let body = body.to_string();
        let request = Request::put("/").header("content-length", body.len());
        Response::received(request.body(Bytes::from(body)).unwrap())
    }

    #[test]
    fn every_fault_in_a_body_is_found() {
        #[rustfmt::skip]
        let cases = [
            ("Status", json!("FAILURE"), "Status is"),
            ("Reason", json!(""), "Reason is missing"),
            ("Reason", json!("a\u{1b}b"), "Reason has a"),
            ("Reason", json!("a\u{202e}b"), "Reason has a"),
            ("Reason", Value::Null, "null in Reason"),
            ("Reason", json!("ü".repeat(2000)), "more than 4096"),
            ("PhysicalResourceId", json!(""), "PhysicalResourceId has 0 bytes"),
            ("PhysicalResourceId", json!("x".repeat(1025)), "PhysicalResourceId has 1025 bytes"),
            ("StackId", json!("another"), "StackId is"),
            ("RequestId", json!(5), "RequestId is"),
            ("NoEcho", json!(false), "a field NoEcho"),
            ("Data", json!({ "IsLogging": true }), "Data.IsLogging is true"),
            ("Data", json!({ "Arn": null }), "null in Data"),
            ("Data", json!([]), "Data is []"),
        ];
        for (field, value, fault) in cases {
            let faults = response(field, &value).faults(Some(&request())).join("\n");
            assert!(faults.contains(fault), "{fault}: {faults}");
        }
        let good = response("Status", &json!("SUCCESS"));
        assert_eq!(good.faults(Some(&request())), Vec::<String>::new());
        // An ID that the request lacks must not be invented.
        let lacking = json!({ "RequestId": "request", "LogicalResourceId": "Trail" });
        assert!(good.faults(Some(&lacking)).join("\n").contains("StackId"));
    }

    #[test]
    fn every_fault_in_the_request_is_found() {
        let mut response = response("Status", &json!("SUCCESS"));
        response.method = Method::POST;
        response.headers.insert("content-type", "application/json".parse().unwrap());
        response.headers.insert("content-length", 1.into());
        let faults = response.faults(Some(&request())).join("\n");
        for fault in ["POST", "content-type", "Content-Length"] {
            assert!(faults.contains(fault), "{fault}: {faults}");
        }
    }
}
