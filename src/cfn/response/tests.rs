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

fn failed(id: &str, reason: &str) -> Response {
    Response::failed(&echo(), id, reason).fitting()
}

fn reason_of(reason: &str) -> String {
    let body: Value = serde_json::from_str(&failed("id", reason).to_json()).expect("JSON");
    body["Reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn success_has_ids_and_data_without_nulls() {
    let data = Attributes::from([("B", "2".to_owned()), ("A", String::new())]);
    let body = Response::success(&echo(), "id", data).fitting().to_json();
    assert_eq!(
        body,
        r#"{"Status":"SUCCESS","PhysicalResourceId":"id","StackId":"arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid","RequestId":"request \"quoted\" \\ ü","LogicalResourceId":"Trail","Data":{"A":"","B":"2"}}"#
    );
}

#[test]
fn missing_ids_are_left_out() {
    let body = Response::failed(&Echo::default(), "", "why").fitting();
    assert_eq!(
        body.to_json(),
        r#"{"Status":"FAILED","Reason":"why","PhysicalResourceId":"not-created/unknown"}"#
    );
}

#[test]
fn only_a_body_over_the_limit_is_cut() {
    let empty = Response::failed(&echo(), "id", "x").to_json().len() - 1;
    let exact = "x".repeat(MAX_RESPONSE_BYTES - empty);
    assert_eq!(reason_of(&exact), exact);
    let over = reason_of(&format!("{exact}x"));
    assert!(over.ends_with(CUT) && over.len() == exact.len(), "{over}");
}

#[test]
fn a_cut_reason_uses_all_room() {
    for reason in ["\"", "\\", "ü", "日"].map(|c| c.repeat(5_000)) {
        let length = failed("id", &reason).to_json().len();
        assert!((MAX_RESPONSE_BYTES - 3..=MAX_RESPONSE_BYTES).contains(&length));
    }
}

/// Cut data would be wrong, and another ID would lose what was created.
#[test]
fn too_much_data_fails_with_the_id() {
    let data = Attributes::from([("Long", "x".repeat(MAX_RESPONSE_BYTES))]);
    let response = Response::success(&echo(), "real-id", data);
    assert!(response.is_success());
    let response = response.fitting();
    assert!(response.to_json().len() <= MAX_RESPONSE_BYTES);
    assert!(!response.is_success() && response.physical_id() == "real-id");
    assert!(response.reason().expect("a reason").contains("4096"));
}

#[test]
fn a_reason_is_one_readable_line() {
    let reason = "first\nsecond\t\u{1b}[31mred\0\u{202e}tfel \u{200b}end  ";
    assert_eq!(reason_of(reason), "first second [31mred tfel end");
    for empty in ["", " \n\t", "\u{200b}"] {
        assert_eq!(reason_of(empty), NO_REASON);
    }
}

#[test]
fn not_created_ids_are_recognized() {
    assert_eq!(not_created("Trail"), "not-created/Trail");
    assert!(is_not_created("not-created/Trail"));
    for id in ["audit-Trail-1A2B", "", "x/not-created/Trail"] {
        assert!(!is_not_created(id), "{id}");
    }
}

#[test]
fn a_long_id_is_shortened_and_distinct() {
    for long in ["ü".repeat(600), "x".repeat(2_000)] {
        let id = |end: &str| failed(&format!("{long}{end}"), "why").physical_resource_id;
        assert!((MAX_ID - 1..=MAX_ID).contains(&id("a").len()));
        assert!(id("a").starts_with(&long[..1_000]) && id("a") != id("b"));
    }
}

#[test]
fn an_escaped_id_leaves_room_for_the_rest() {
    for control in ["\u{0}", "\n", "\u{1f}"] {
        let (one, other) = (control.repeat(1_023), control.repeat(1_024));
        let response = failed(&one, "why");
        assert!(response.to_json().len() <= MAX_RESPONSE_BYTES);
        assert!(response.physical_id().starts_with(&one[..300]));
        assert_ne!(response.physical_id(), failed(&other, "why").physical_id());
        assert_eq!(response.reason(), Some("why"));
    }
    for unchanged in ["\"".repeat(MAX_ID), "\\".repeat(MAX_ID)] {
        assert_eq!(failed(&unchanged, "why").physical_id(), unchanged);
    }
}

proptest! {
    #[test]
    fn every_response_is_valid_and_bounded(
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

#[test]
fn an_excerpt_is_readable_and_has_its_room() {
    assert_eq!(excerpt("short", 100), "short");
    assert_eq!(excerpt("two\nlines", 100), "two lines");
    let long = "\"quoted\" ".repeat(100);
    let cut = excerpt(&long, 100);
    assert!(cut.ends_with(CUT) && cut.starts_with("\"quoted\""), "{cut}");
    assert!((90..=100).contains(&escaped_length(&cut)), "{cut}");
}
