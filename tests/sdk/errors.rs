//! What is understood of an error.

use aws_sdk_organizations::operation::enable_aws_service_access::EnableAWSServiceAccessError;
use orgtrail::core::fault::Cause;
use orgtrail::core::trail::step::TrailStep;
use orgtrail::core::trusted_access::TrustedAccessStep;
use orgtrail::transport::Response;

use crate::calls::{Call, SERVICE};
use crate::oracle::Sdk;
use crate::ours::Function;
use crate::scene::{configuration, role, run};
use crate::wire::{Wire, answer};

/// The header that names an error.
pub const ERROR_TYPE: &str = "x-amzn-errortype";

const SWITCH: Call = Call::Switch(TrustedAccessStep::Enable);

/// Why there is no session where STS answers with `response`: the code, and all of it.
pub fn sessions_refused(response: &Response) -> [(Option<String>, String); 2] {
    let (wire, configuration) = (Wire::always(response), configuration());
    let function = Function::new(&configuration, &wire).assuming(&role(None));
    let ours = function.make(&Call::Organization).expect_err("no session");
    let theirs = Sdk::new(&configuration, &wire).assume(&role(None));
    let theirs = theirs.expect_err("no session").cause;
    let Cause::RoleNotAssumed { why, code } = ours.cause else {
        panic!("{ours:?}");
    };
    let (_, why) = why
        .split_once("could not be assumed: ")
        .expect("the reason");
    let (why, _) = why.split_once(". Its trust policy").expect("the advice");
    let all = theirs.to_string();
    let theirs = match theirs {
        Cause::Refused { code, .. } => (Some(code), all),
        _ => (None, all),
    };
    [(code, why.to_owned()), theirs]
}

fn compare(call: &Call, response: &Response) {
    let [ours, theirs] = call.understood(&Wire::always(response));
    assert!(ours.is_err(), "{call:?}: {response:?}");
    assert_eq!(ours, theirs, "{call:?}: {response:?}");
}

#[test]
fn an_error_is_named_alike() {
    let bodies = [
        r#"{"__type":"TrailNotFoundException","message":"Unknown trail"}"#,
        r#"{"__type":"com.amazonaws.cloudtrail#TrailNotFoundException","Message":"No \"\u00fc\""}"#,
        r#"{"__type":"com.amazonaws.organizations#AccessDeniedException"}"#,
        r#"{"__type":"AWSOrganizationsNotInUseException:http://internal/coral/","message":null}"#,
        r#"{"__type":"a#ConcurrentModificationException:http://internal/#b","Message":"Again"}"#,
        r#"{"code":"ThrottlingException","__type":"Other","message":"Rate exceeded"}"#,
        r#"{"code":"OfTomorrow","errorMessage":"What?","More":{"message":["no"]}}"#,
        r#"{"code":7,"__type":"SomethingException","message":7,"Message":"Seven"}"#,
        r#"{"__type":" ","message":"Blank"}"#,
        r#"{"__type":"","message":"Empty"}"#,
    ];
    let types = [
        None,
        Some("TrailNotFoundException"),
        Some("AccessDeniedException:http://internal.amazon.com/coral/com.amazon.coral.service/"),
        Some("com.amazonaws.organizations#ConcurrentModificationException"),
        Some("OfTomorrow:"),
    ];
    for call in [
        Call::Step(TrailStep::StartLogging),
        Call::Organization,
        SWITCH,
    ] {
        for error_type in types {
            let header = error_type.map(|code| (ERROR_TYPE, code));
            // Without either there is no name at all.
            let nameless = error_type.map_or(&[][..], |_| &["", "{}", r#"{"message":"Which?"}"#]);
            for body in bodies.iter().chain(nameless) {
                for status in [400, 403, 500, 503] {
                    compare(&call, &answer(status, header.as_slice(), *body));
                }
            }
        }
    }
}

#[test]
fn an_error_without_a_name_has_only_its_status() {
    for status in [302, 404, 502] {
        for body in ["", "{}", "<html>", "{", "[]", "null", "{} {}"] {
            let response = answer(status, &[], body);
            compare(&Call::Step(TrailStep::StartLogging), &response);
        }
    }
}

#[test]
fn a_request_has_the_same_id() {
    for name in ["x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"] {
        let response = http::Response::builder().status(400).header(name, "id");
        let body = r#"{"__type":"AccessDeniedException","RequestId":"another"}"#;
        compare(&SWITCH, &response.body(body.into()).expect("a response"));
    }
}

#[test]
fn the_reason_is_the_one_that_the_sdk_gives() {
    let body =
        r#"{"__type":"ConstraintViolationException","Message":"No.","Reason":"OF_TOMORROW"}"#;
    let wire = Wire::always(&answer(400, &[], body));
    let ours = Function::new(&configuration(), &wire).make(&SWITCH);
    let client = Sdk::new(&configuration(), &wire).organizations;
    let request = client.enable_aws_service_access();
    let theirs = run(request.service_principal(SERVICE).send());
    match theirs.expect_err("an error").into_service_error() {
        EnableAWSServiceAccessError::ConstraintViolationException(theirs) => {
            let reason = theirs.reason().expect("a reason").as_str();
            let message = theirs.message().expect("a message");
            let expected = format!("{message} (Reason: {reason})");
            assert_eq!(ours.expect_err("an error").message(), expected);
        }
        theirs => panic!("{theirs:?}"),
    }
}

#[test]
fn an_error_of_sts_is_named_alike() {
    for error in [
        "<Code>AccessDenied</Code><Message>User: a is not &lt;authorized&gt;</Message>",
        "\n  <Type>Sender</Type>\n  <Code>AccessDenied</Code>\n",
        "<Code>RegionDisabledException</Code><Message/>",
        "<Message>\u{fc}\n &quot;&#x41;&quot;</Message><Code>ExpiredTokenException</Code>\
         <More><Code>no</Code></More>",
        "<Code>OfTomorrow</Code><Message>What?</Message>",
        "<Code> </Code><Message>Blank</Message>",
        "",
    ] {
        let body = format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <Error>{error}</Error><RequestId>id</RequestId></ErrorResponse>"
        );
        let [ours, theirs] = sessions_refused(&answer(403, &[], body));
        assert_eq!(ours, theirs, "{error}");
    }
    for body in [
        "",
        "{}",
        "<html>",
        "<html></html>",
        "<ErrorResponse></ErrorResponse>",
    ] {
        for status in [302, 404, 502] {
            let [ours, theirs] = sessions_refused(&answer(status, &[], body));
            assert_eq!(ours, theirs, "{status}: {body}");
        }
    }
}
