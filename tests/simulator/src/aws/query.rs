//! awsQuery, which STS speaks: forms in, XML out.

use serde_json::{Map, Value, json};

use super::{Answer, ServiceError, xml};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The operation of a form, and its other parameters as text; `None` where it names no operation.
pub(super) fn read_form(body: &[u8]) -> Option<(String, Value)> {
    let mut parameters = parameters(std::str::from_utf8(body).ok()?);
    parameters.remove("Version");
    let operation = parameters.remove("Action")?.as_str()?.to_owned();
    Some((operation, Value::Object(parameters)))
}

/// The parameters of a form or of a query, as text.
pub(super) fn parameters(text: &str) -> Map<String, Value> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), Value::String(decoded(value))))
        .collect()
}

/// The body of an answer, and its status.
pub(super) fn document(operation: &str, answer: Answer, request_id: &str) -> (u16, String) {
    let (status, root, content) = match answer {
        Ok(output) => {
            let content = json!({
                format!("{operation}Result"): output,
                "ResponseMetadata": { "RequestId": request_id },
            });
            (200, format!("{operation}Response"), content)
        }
        Err(error) => (
            error.status,
            "ErrorResponse".to_owned(),
            described(&error, request_id),
        ),
    };
    let attributes = format!(" xmlns=\"{NAMESPACE}\"");
    (status, xml::document(&root, &attributes, &content))
}

fn described(error: &ServiceError, request_id: &str) -> Value {
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    json!({
        "Error": { "Type": fault, "Code": error.code, "Message": error.message },
        "RequestId": request_id,
    })
}

/// Text as it was before it was put into a form.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| first == b'%');
        let digits = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        bytes.push(byte.unwrap_or(if first == b'+' { b' ' } else { first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_into_an_operation_and_its_parameters() {
        let form =
            b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx\
                     &RoleSessionName=a+b%2Bc%25&Odd=100%";
        let (operation, input) = read_form(form).expect("a form");
        assert_eq!(operation, "AssumeRole");
        let expected = json!({ "RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "a b+c%", "Odd": "100%" });
        assert_eq!(input, expected);
        assert_eq!(read_form(b"Version=2011-06-15"), None);
        assert_eq!(read_form(b"\xff"), None);
    }

    #[test]
    fn an_answer_and_an_error_are_documents() {
        let (status, body) = document("AssumeRole", Ok(json!({ "Name": "a<b&c" })), "id-1");
        assert_eq!(status, 200);
        assert_eq!(
            body,
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <AssumeRoleResult><Name>a&lt;b&amp;c</Name></AssumeRoleResult>\
             <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></AssumeRoleResponse>"
        );
        let error = ServiceError {
            status: 403,
            ..ServiceError::new("AccessDenied", "no")
        };
        let (status, body) = document("AssumeRole", Err(error), "id-2");
        assert_eq!(status, 403);
        assert!(body.starts_with("<ErrorResponse xmlns="), "{body}");
        assert!(body.contains("<Type>Sender</Type>"), "{body}");
        assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
        assert!(body.contains("<RequestId>id-2</RequestId>"), "{body}");
    }
}
