//! Cases 62 to 70: the content of a response at its limits.
//!
//! The request ID is copied into the body, so its length determines the length of the body.

use serde_json::{Map, Value};
use simulator::{
    aws::Fault,
    cloudformation::{Event, MAX_BODY_BYTES, MAX_PHYSICAL_ID_BYTES, Response},
};

use crate::support::{AMPLE, OrgTrail, OrgTrustedAccess, Scene, TRAIL_ARN, assert_mentions};

/// A request that fails because of an unknown property.
fn refused(scene: &Scene) -> Event {
    scene.create(OrgTrail).property("Zebra", "1")
}

/// The response to `event` with a request ID of `length` bytes.
async fn with_request_id_of(scene: &Scene, event: Event, length: usize) -> Response {
    let event = event.with("RequestId", "r".repeat(length)).response_url(&scene.endpoint.url());
    scene.send(&event).await
}

#[tokio::test]
async fn case_62_body_of_the_maximum_size_is_unchanged() {
    let scene = Scene::ready().await;
    let short = with_request_id_of(&scene, refused(&scene), 1).await;
    let filling = MAX_BODY_BYTES - short.body.len() + 1;
    let full = with_request_id_of(&scene, refused(&scene), filling).await;
    assert_eq!(full.body.len(), MAX_BODY_BYTES);
    assert_eq!(full.reason(), short.reason());
}

/// The reason ends with an ellipsis, and the log contains the full reason.
#[tokio::test]
async fn case_63_long_reason_is_cut_between_characters() {
    let scene = Scene::ready().await;
    let short = with_request_id_of(&scene, refused(&scene), 1).await;
    let filling = MAX_BODY_BYTES - short.body.len() + 2;
    let cut = with_request_id_of(&scene, refused(&scene), filling).await;
    assert!(cut.body.len() <= MAX_BODY_BYTES);
    assert_ne!(cut.reason(), short.reason());
    assert_cut(cut.reason());

    for stuff in ["ü", "\"", "\\", "日本", "🦀", "e\u{301}"] {
        let unknown = (0..600).map(|n| (format!("{stuff}{n}{stuff}"), "1".into()));
        let event = scene.create(OrgTrail).properties(unknown.collect::<Map<_, _>>().into());
        let response = scene.fail(&event).await;
        assert!(response.body.len() > MAX_BODY_BYTES / 2, "{} bytes", response.body.len());
        assert_cut(response.reason());
    }

    let whole = serde_json::to_string(short.reason()).expect("a string");
    let log = scene.function.stop().await;
    assert_eq!(
        log.matches(&whole).count(),
        2,
        "the log contains the full reason of both requests: {log}"
    );
}

/// Asserts that a reason shows that it is incomplete.
#[track_caller]
fn assert_cut(reason: &str) {
    assert!(reason.contains('…') || reason.contains("..."), "no ellipsis in: {reason}");
}

#[tokio::test]
async fn case_64_long_attributes_fail_with_the_real_id() {
    let scene = Scene::ready().await;
    let short = with_request_id_of(&scene, scene.create(OrgTrail), 1).await;
    assert!(short.is_success(), "{}", short.reason());
    let filling = MAX_BODY_BYTES - short.body.len() + 1;
    let full = with_request_id_of(&scene, scene.create(OrgTrail), filling).await;
    assert!(full.is_success(), "{}", full.reason());
    assert_eq!(full.body.len(), MAX_BODY_BYTES);
    for event in [scene.create(OrgTrail), scene.update(OrgTrail)] {
        let response = with_request_id_of(&scene, event, filling + 1).await;
        assert!(!response.is_success());
        assert_eq!(response.physical_id(), TRAIL_ARN);
        assert_mentions(response.reason(), &["4096"]);
    }
}

#[tokio::test]
async fn case_65_a_reason_is_never_empty() {
    for message in ["", " ", "\n\t", "\u{200b}\u{1b}"] {
        let scene = Scene::ready().await;
        scene.aws.inject("*", 1.., Fault::error("InvalidTrailNameException", message));
        // `fail` also checks that the reason is not blank.
        let response = scene.fail(&scene.create(OrgTrail)).await;
        assert_mentions(response.reason(), &["InvalidTrailNameException"]);
    }
}

#[tokio::test]
async fn case_66_a_reason_is_one_readable_line() {
    let scene = Scene::ready().await;
    let message = "one\u{1b}[31m two\0 three\r\nfour\u{2028}five \u{202e}six\u{2066} \u{85}seven";
    scene.aws.inject("CreateTrail", 1, Fault::error("InvalidTrailNameException", message));
    // `fail` also checks that the reason contains no control characters.
    let response = scene.fail(&scene.create(OrgTrail)).await;
    let words = ["one", "two", "three", "four", "five", "six", "seven"];
    assert_mentions(response.reason(), &words);
    assert!(!response.reason().contains(['\u{2028}', '\u{2029}']), "{:?}", response.reason());
}

#[tokio::test]
async fn case_67_id_is_neither_empty_nor_too_long() {
    let scene = Scene::ready().await;
    let long = "L".repeat(1100);
    let event = refused(&scene).with("LogicalResourceId", long.as_str());
    let first = scene.fail(&event).await;
    let event = refused(&scene).with("LogicalResourceId", format!("{long}2"));
    let second = scene.fail(&event).await;
    assert_ne!(first.physical_id(), second.physical_id(), "the shortened IDs differ");
    for id in ["", &"i".repeat(MAX_PHYSICAL_ID_BYTES + 1), &"ü".repeat(1000)] {
        scene
            .fail(&scene.update(OrgTrail).property("Zebra", "1").with("PhysicalResourceId", id))
            .await;
        let event = scene.delete(OrgTrustedAccess).with("PhysicalResourceId", id);
        scene.send(&event).await;
    }
}

#[tokio::test]
async fn case_68_ids_are_returned_unchanged() {
    let scene = Scene::ready().await;
    let odd = "arn:aws:\"quoted\"\\back\u{8}slash/\u{1F980}\u{7f}ü\u{2028}";
    let event = scene
        .update(OrgTrail)
        .property("Zebra", "1")
        .with("StackId", odd)
        .with("RequestId", odd)
        .with("LogicalResourceId", odd)
        .with("PhysicalResourceId", odd);
    assert_eq!(scene.fail(&event).await.physical_id(), odd);
}

#[tokio::test]
async fn case_69_attributes_are_strings_in_stable_order() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let event = scene.update(OrgTrail);
    let first = scene.succeed(&event).await;
    let data = first.json()["Data"].as_object().expect("there are attributes");
    assert!(data.values().all(Value::is_string), "{data:?}");
    for _ in 0..3 {
        assert_eq!(scene.send_again(AMPLE, &event).await.body, first.body);
    }
}

#[tokio::test]
async fn case_70_response_never_contains_no_echo() {
    let scene = Scene::ready().await;
    for resource_type in [OrgTrustedAccess, OrgTrail] {
        let events = [
            scene.create(resource_type),
            scene.update(resource_type),
            scene.update(resource_type).property("Zebra", "1"),
            scene.delete(resource_type),
        ];
        for event in events {
            assert_eq!(scene.send(&event).await.json().get("NoEcho"), None);
        }
    }
}
