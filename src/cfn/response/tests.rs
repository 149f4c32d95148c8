use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn echo() -> Echo {
    Echo {
        stack_id: Some("arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid".into()),
        request_id: Some("request \"quoted\" \\ ü".into()),
        logical_resource_id: Some("Trail".into()),
    }
}

fn reason_of(response: Response) -> String {
    let body: Value = serde_json::from_str(&response.fitting().to_json()).expect("JSON");
    body["Reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn success_has_the_ids_the_data_and_nothing_that_is_null() {
    let data = Attributes::from([("B", "2".to_owned()), ("A", String::new())]);
    let body = Response::success(&echo(), "id", data).fitting().to_json();
    assert_eq!(
        body,
        r#"{"Status":"SUCCESS","PhysicalResourceId":"id","StackId":"arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid","RequestId":"request \"quoted\" \\ ü","LogicalResourceId":"Trail","Data":{"A":"","B":"2"}}"#
    );
}

#[test]
fn ids_that_did_not_come_are_left_out() {
    let echo = Echo::default();
    let body = Response::failed(&echo, "", "why").fitting().to_json();
    assert_eq!(
        body,
        r#"{"Status":"FAILED","Reason":"why","PhysicalResourceId":"not-created/unknown"}"#
    );
}

#[test]
fn a_body_of_exactly_the_limit_is_sent_as_it_is_and_one_byte_more_is_cut() {
    let empty = Response::failed(&echo(), "id", "x").to_json().len() - 1;
    let exact = "x".repeat(MAX_RESPONSE_BYTES - empty);
    assert_eq!(reason_of(Response::failed(&echo(), "id", &exact)), exact);
    let over = reason_of(Response::failed(&echo(), "id", &format!("{exact}x")));
    assert!(
        over.ends_with(CUT) && over.len() == exact.len(),
        "{}",
        over.len()
    );
}

#[test]
fn a_reason_that_is_cut_keeps_all_that_there_is_room_for_also_of_what_json_escapes() {
    for reason in ["\"", "\\", "ü", "日"].map(|text| text.repeat(5_000)) {
        let body = Response::failed(&echo(), "id", &reason).fitting().to_json();
        assert!(
            (MAX_RESPONSE_BYTES - 3..=MAX_RESPONSE_BYTES).contains(&body.len()),
            "{body}"
        );
    }
}

#[test]
fn data_that_does_not_fit_fails_with_the_real_id_rather_than_being_cut() {
    let data = Attributes::from([("Long", "x".repeat(MAX_RESPONSE_BYTES))]);
    let response = Response::success(&echo(), "real-id", data);
    assert!(response.is_success());
    let response = response.fitting();
    assert!(response.to_json().len() <= MAX_RESPONSE_BYTES);
    assert!(!response.is_success() && response.physical_id() == "real-id");
    assert!(
        response
            .reason()
            .is_some_and(|reason| reason.contains("4096"))
    );
}

#[test]
fn a_reason_is_one_readable_line() {
    let reason = "first\nsecond\t\u{1b}[31mred\0\u{202e}tfel \u{200b}end  ";
    assert_eq!(
        reason_of(Response::failed(&echo(), "id", reason)),
        "first second [31mred tfel end"
    );
    for nothing in ["", " \n\t", "\u{200b}"] {
        assert_eq!(
            reason_of(Response::failed(&echo(), "id", nothing)),
            NO_REASON
        );
    }
}

#[test]
fn the_id_of_what_was_not_created_is_told_from_others() {
    assert_eq!(not_created("Trail"), "not-created/Trail");
    assert!(is_not_created("not-created/Trail"));
    for id in ["audit-Trail-1A2B", "", "x/not-created/Trail"] {
        assert!(!is_not_created(id), "{id}");
    }
}

#[test]
fn a_longer_id_than_cloudformation_takes_is_shortened_and_stays_distinct() {
    for long in ["ü".repeat(600), "x".repeat(2_000)] {
        let id = |end: &str| {
            let id = format!("{long}{end}");
            let response = Response::success(&echo(), &id, Attributes::new());
            response.physical_id().to_owned()
        };
        assert!((MAX_ID - 1..=MAX_ID).contains(&id("a").len()));
        assert!(id("a").starts_with(&long[..1_000]) && id("a") != id("b"));
    }
}

#[test]
fn an_id_of_control_characters_leaves_room_for_the_rest_and_one_of_quotes_stays() {
    let answer = |id: &str| Response::failed(&echo(), id, "why").fitting();
    for control in ['\u{0}', '\n', '\u{1f}'] {
        let (one, other) = (
            control.to_string().repeat(1_023),
            control.to_string().repeat(1_024),
        );
        assert!(
            answer(&one).to_json().len() <= MAX_RESPONSE_BYTES,
            "{control:?}"
        );
        assert!(answer(&one).physical_id().starts_with(&one[..300]));
        assert_ne!(answer(&one).physical_id(), answer(&other).physical_id());
        assert_eq!(answer(&one).reason(), Some("why"));
    }
    for quotes in ["\"".repeat(MAX_ID), "\\".repeat(MAX_ID)] {
        assert_eq!(answer(&quotes).physical_id(), quotes);
    }
}

proptest! {
    #[test]
    fn every_answer_is_valid_bounded_and_says_why(
        reason in ".{0,5000}",
        id in ".{0,1500}",
        logical_id in proptest::option::of(".{0,300}"),
    ) {
        let echo = Echo { logical_resource_id: logical_id.clone(), ..echo() };
        let body = Response::failed(&echo, &id, &reason).fitting().to_json();
        prop_assert!(body.len() <= MAX_RESPONSE_BYTES);
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let reason = body["Reason"].as_str().expect("a reason");
        prop_assert!(!reason.is_empty() && !reason.contains(char::is_control));
        let id = body["PhysicalResourceId"].as_str().expect("an id");
        prop_assert!(!id.is_empty() && id.len() <= MAX_ID);
        prop_assert_eq!(body["LogicalResourceId"].as_str(), logical_id.as_deref());
    }
}
