//! The requests in `events/` are what CloudFormation sends: the crate that models its events reads
//! them, and the function takes them.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest as Request;
use serde_json::Value;
use simulator::{cloudformation::addressed_to, lambda::Outcome};

mod support;

use support::Scene;

/// In the order in which a stack would send them.
const EVENTS: [(&str, &str); 6] = [
    (
        "org-trusted-access.create",
        include_str!("../events/org-trusted-access.create.json"),
    ),
    (
        "org-trusted-access.update",
        include_str!("../events/org-trusted-access.update.json"),
    ),
    (
        "org-trail.create",
        include_str!("../events/org-trail.create.json"),
    ),
    (
        "org-trail.update",
        include_str!("../events/org-trail.update.json"),
    ),
    (
        "org-trail.delete",
        include_str!("../events/org-trail.delete.json"),
    ),
    (
        "org-trusted-access.delete",
        include_str!("../events/org-trusted-access.delete.json"),
    ),
];

fn parsed(event: &str) -> Value {
    serde_json::from_str(event).expect("an event is JSON")
}

#[test]
fn every_event_is_one_that_cloudformation_could_send() {
    for (name, text) in EVENTS {
        let request: Request = serde_json::from_str(text).unwrap_or_else(|error| {
            panic!("{name}: {error}");
        });
        let (kind, resource_type) = match request {
            Request::Create(request) => ("create", request.resource_type),
            Request::Update(request) => ("update", request.resource_type),
            Request::Delete(request) => ("delete", request.resource_type),
            other => panic!("{name}: {other:?}"),
        };
        assert!(name.ends_with(kind), "{name} is a {kind}");
        let expected = resource_type
            .replace("Custom::OrgTr", "org-tr")
            .replace("Access", "-access");
        assert!(
            name.starts_with(&expected.to_lowercase()),
            "{name} is about a {resource_type}"
        );
    }
}

#[test]
fn every_scalar_in_the_properties_is_a_string_and_the_service_token_is_among_them() {
    fn scalars_are_strings(value: &Value) -> bool {
        match value {
            Value::String(_) => true,
            Value::Array(items) => items.iter().all(scalars_are_strings),
            Value::Object(fields) => fields.values().all(scalars_are_strings),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    for (name, text) in EVENTS {
        let event = parsed(text);
        assert!(scalars_are_strings(&event), "{name}");
        for properties in ["ResourceProperties", "OldResourceProperties"] {
            let Some(properties) = event.get(properties) else {
                continue;
            };
            for field in ["ServiceToken", "ServiceTimeout"] {
                assert_eq!(properties[field], event[field], "{name}");
            }
        }
    }
}

#[tokio::test]
async fn the_events_in_order_are_the_life_of_a_stack() {
    let scene = Scene::of(support::ready()).await;
    scene.aws.world(|world| world.trusted_access.clear());
    for (name, text) in EVENTS {
        let event = addressed_to(parsed(text), &scene.endpoint.origin());
        let outcome = scene.invoke(&event).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{name}: {outcome:?}");
        let answer = scene.endpoint.only_answer_to(&event);
        assert!(answer.is_success(), "{name}: {}", answer.reason());
        if let Some(id) = event["PhysicalResourceId"].as_str() {
            assert_eq!(answer.physical_id(), id, "{name}");
        }
    }
    assert_eq!(scene.trail_names(), Vec::<String>::new());
    assert!(!scene.trusts(support::CLOUDTRAIL));
}
