//! Where function and SDK differ, all of it in answers that AWS does not give.

use orgtrail::core::arn::TrailName;
use orgtrail::core::trail::step::TrailStep;
use orgtrail::core::trusted_access::TrustedAccessStep;
use orgtrail::transport::Response;
use serde_json::json;

use crate::calls::{Call, SERVICE};
use crate::errors::{ERROR_TYPE, sessions_refused};
use crate::wire::{Wire, answer};

const UNREADABLE: &str = "the answer could not be read";

struct Difference {
    reason: &'static str,
    call: Call,
    response: Response,
    function: &'static str,
    sdk: &'static str,
}

fn differences() -> Vec<Difference> {
    let find = || Call::Find(TrailName::parse("org").expect("a name"));
    let start = || Call::Step(TrailStep::StartLogging);
    let denied = [(ERROR_TYPE, "AccessDeniedException")];
    let since = json!({ "EnabledServicePrincipals": [
        { "ServicePrincipal": SERVICE, "DateEnabled": "2026-11-23T12:00:00Z" },
    ]});
    vec![
        Difference {
            reason: "an answer without a body is half of one, and no word for that there is no trail",
            call: find(),
            response: answer(200, &[], ""),
            function: UNREADABLE,
            sdk: "None",
        },
        Difference {
            reason: "what is said twice is not understood, rather than its second half",
            call: find(),
            response: answer(200, &[], r#"{"Trail":null,"Trail":null}"#),
            function: UNREADABLE,
            sdk: "None",
        },
        Difference {
            reason: "a time is a number in this protocol; the SDK of Organizations takes texts as well",
            call: Call::TrustedAccess(SERVICE),
            response: answer(200, &[], since.to_string()),
            function: UNREADABLE,
            sdk: "Some(\n    1795435200.0,\n)",
        },
        Difference {
            reason: "where there is nothing to be read the id of the request is what shows that it was AWS; \
                     the SDK of Organizations reads all the same",
            call: Call::Switch(TrustedAccessStep::Enable),
            response: answer(200, &[], "<html>"),
            function: "()",
            sdk: UNREADABLE,
        },
        Difference {
            reason: "what is said without a name is worth reading; the SDK drops it",
            call: start(),
            response: answer(400, &[], r#"{"message":"Which?"}"#),
            function: "HTTP status 400: Which?",
            sdk: "HTTP status 400",
        },
        Difference {
            reason: "a refusal is final whoever refuses; without a name the SDK of Organizations does \
                     not take it for one",
            call: Call::Organization,
            response: answer(403, &[], ""),
            function: "HTTP status 403",
            sdk: UNREADABLE,
        },
        Difference {
            reason: "the header has named the error, whatever the body is",
            call: start(),
            response: answer(400, &denied, "<html>"),
            function: "AccessDeniedException",
            sdk: "HTTP status 400",
        },
        Difference {
            reason: "of two messages the function has its favourite, and the SDK takes the last",
            call: start(),
            response: answer(400, &denied, r#"{"message":"one","Message":"two"}"#),
            function: "AccessDeniedException: one",
            sdk: "AccessDeniedException: two",
        },
    ]
}

#[test]
fn function_and_sdk_differ_where_that_is_known() {
    for difference in differences() {
        let wire = Wire::always(&difference.response);
        let understood = difference.call.understood(&wire);
        let understood = understood.map(|said| said.unwrap_or_else(|fault| fault.to_string()));
        let known = [difference.function, difference.sdk];
        assert_eq!(understood, known, "{}", difference.reason);
    }
}

#[test]
fn function_and_sdk_differ_on_sts_where_that_is_known() {
    let error = "<Error><Code>AccessDenied</Code><Message>No</Message></Error>";
    for (reason, body, function, sdk) in [
        (
            "S3 has no element around it, and one reader will do for both",
            error.to_owned(),
            "AccessDenied: No",
            "HTTP status 403",
        ),
        (
            "half an answer is none",
            format!("<ErrorResponse>{error}"),
            "HTTP status 403",
            "AccessDenied: No",
        ),
        (
            "what is said without a name is worth reading",
            "<ErrorResponse><Error><Message>Which?</Message></Error></ErrorResponse>".to_owned(),
            "HTTP status 403: Which?",
            "HTTP status 403",
        ),
    ] {
        let refused = sessions_refused(&answer(403, &[], body));
        let refused = refused.map(|(_, why)| why);
        assert_eq!(refused, [function, sdk], "{reason}");
    }
}
