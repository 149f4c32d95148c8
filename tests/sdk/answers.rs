//! What is understood of an answer.

use std::collections::BTreeSet;

use bytes::Bytes;
use orgtrail::core::operation::Operation;
use orgtrail::core::owner::Tags;
use orgtrail::core::trail::step::{Change, TrailStep};
use serde_json::Value;

use crate::calls::{Call, SERVICE, full, looks, switches};
use crate::ours::Function;
use crate::samples::{reply, samples};
use crate::scene::configuration;
use crate::variants::variants;
use crate::wire::{Wire, answer, operation};

/// Compares what both understand where `asked` is answered with `body`. Gives whether it was anything.
fn compare(call: &Call, asked: Operation, body: &str) -> bool {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let said = body.clone();
    let wire = Wire::new(move |request| {
        if operation(request) == asked {
            answer(200, &[], said.clone())
        } else {
            reply(request)
        }
    });
    let [ours, theirs] = call.understood(&wire);
    assert_eq!(ours, theirs, "{call:?}: {asked} answers {body:?}");
    ours.is_ok()
}

/// The calls whose answers are read.
fn calls() -> impl Iterator<Item = Call> {
    let create = TrailStep::Create {
        configuration: full(),
        tags: Tags::new(),
    };
    let changes = [create, TrailStep::Update(Change::default())];
    looks().into_iter().chain(changes.map(Call::Step))
}

/// What a call asks for whose answer is read.
fn asked(call: &Call) -> BTreeSet<Operation> {
    let wire = Wire::new(reply);
    let made = Function::new(&configuration(), &wire).make(call);
    assert!(made.is_ok(), "{call:?}: {made:?}");
    wire.sent().iter().map(operation).collect()
}

#[test]
fn an_answer_is_understood_alike_whatever_it_says() {
    let mut read = BTreeSet::new();
    for call in calls() {
        for operation in asked(&call) {
            for sample in samples(operation) {
                read.insert(operation);
                assert!(compare(&call, operation, &sample.to_string()), "{sample}");
                for variant in variants(&sample) {
                    compare(&call, operation, &variant.to_string());
                }
            }
            compare(&call, operation, "{}");
        }
    }
    let all = Operation::ALL.iter().copied();
    let readable = all.filter(|operation| !samples(*operation).is_empty());
    assert_eq!(read, readable.collect());
}

#[test]
fn a_listing_ends_alike_however_that_is_said() {
    // What is no listing has no more pages whatever it says.
    for call in calls() {
        for operation in asked(&call) {
            for sample in samples(operation) {
                for end in [Value::Null, "".into()] {
                    let mut page = sample.clone();
                    page["NextToken"] = end;
                    assert!(compare(&call, operation, &page.to_string()), "{page}");
                }
            }
        }
    }
}

#[test]
fn a_time_is_understood_alike_however_it_is_written() {
    let times = [
        (
            Call::Observe,
            Operation::GetTrailStatus,
            "/StartLoggingTime",
        ),
        (
            Call::Status,
            Operation::GetTrailStatus,
            "/LatestDeliveryTime",
        ),
        (
            Call::TrustedAccess(SERVICE),
            Operation::ListAWSServiceAccessForOrganization,
            "/EnabledServicePrincipals/1/DateEnabled",
        ),
        (
            Call::Administrators,
            Operation::ListDelegatedAdministrators,
            "/DelegatedAdministrators/0/DelegationEnabledDate",
        ),
    ];
    for (call, operation, place) in times {
        let sample = &samples(operation)[0];
        for time in [
            "0",
            "1.5",
            "-1.5",
            "-1",
            "1795435200.999",
            "1795435200.000000001",
            "1.7954352E9",
            "1795435200.9999999",
            "253402300799.999",
            "null",
            "true",
            "[]",
            "\"noon\"",
        ] {
            let mut marked = sample.clone();
            *marked.pointer_mut(place).expect("a time") = "TIME".into();
            compare(
                &call,
                operation,
                &marked.to_string().replace("\"TIME\"", time),
            );
        }
    }
}

#[test]
fn what_is_no_answer_is_understood_by_neither() {
    for (call, operation, bodies) in [
        (
            Call::Observe,
            Operation::GetTrail,
            &[
                "<html>",
                "{",
                "{}}",
                "null",
                "\"\"",
                r#"{"Trail":7}"#,
                r#"{"Trail":""}"#,
                r#"{"Trail":[]}"#,
                r#"{"Trail":{"TrailARN":7}}"#,
                r#"{"Trail":{"TrailARN":"none"}}"#,
                r#"{"Trail":{"IsOrganizationTrail":"true"}}"#,
                r#"{"Trail":{"S3KeyPrefix":"\ud83d"}}"#,
                r#"{"Trail":{"S3KeyPrefix":"org"}"#,
            ][..],
        ),
        (
            Call::Observe,
            Operation::GetEventSelectors,
            &[
                r#"{"EventSelectors":[null]}"#,
                r#"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Equals":[null]}]}]}"#,
            ],
        ),
        (
            Call::Trails,
            Operation::ListTrails,
            &[r#"{"Trails":[null]}"#, r#"{"Trails":{}}"#],
        ),
        (
            Call::Accounts,
            Operation::ListAccounts,
            &[r#"{"Accounts":[null]}"#, r#"{"Accounts":[{"Id":7}]}"#],
        ),
    ] {
        for body in bodies {
            assert!(!compare(&call, operation, body), "{body}");
        }
    }
}

#[test]
fn a_text_is_understood_alike_however_it_is_written() {
    let prefix = r#""S3KeyPrefix":"\u00e9 \ud83d\ude00 \n\t\b\f\r \/ \\ \" \u0000 ü""#;
    let arn = r#""Trail\u0041RN":"arn:aws:cloudtrail:eu-west-1:111111111111:trail\/org""#;
    let body = format!(" {{ \"Trail\" :\n{{{prefix},\t{arn} }} }}\r\n");
    assert!(compare(&Call::Observe, Operation::GetTrail, &body));
}

#[test]
fn an_answer_that_says_nothing_is_understood_by_both() {
    for call in switches() {
        for operation in asked(&call) {
            for body in ["", "{}", r#"{"OfTomorrow":[null]}"#] {
                assert!(compare(&call, operation, body), "{body}");
            }
        }
    }
}
