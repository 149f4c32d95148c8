//! The requests in `events/` have CloudFormation's format: `aws_lambda_events` can parse them, and
//! the function serves them.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest as Request;
use serde_json::Value;
use simulator::{cloudformation::addressed_to, lambda::Outcome};

mod support;

use support::{REGION, Scene, Transport, deliver_all};

const TRANSPORT: Transport = Transport::Plain;

/// The events, in the order in which a stack sends them.
const EVENTS: [(&str, &str); 12] = [
    ("org-trusted-access.create", include_str!("../events/org-trusted-access.create.json")),
    ("org-trusted-access.update", include_str!("../events/org-trusted-access.update.json")),
    (
        "org-delegated-administrator.create",
        include_str!("../events/org-delegated-administrator.create.json"),
    ),
    (
        "org-delegated-administrator.update",
        include_str!("../events/org-delegated-administrator.update.json"),
    ),
    ("org-trail.create", include_str!("../events/org-trail.create.json")),
    ("org-trail.update", include_str!("../events/org-trail.update.json")),
    ("org-trail-delivery.create", include_str!("../events/org-trail-delivery.create.json")),
    ("org-trail-delivery.update", include_str!("../events/org-trail-delivery.update.json")),
    ("org-trail-delivery.delete", include_str!("../events/org-trail-delivery.delete.json")),
    ("org-trail.delete", include_str!("../events/org-trail.delete.json")),
    (
        "org-delegated-administrator.delete",
        include_str!("../events/org-delegated-administrator.delete.json"),
    ),
    ("org-trusted-access.delete", include_str!("../events/org-trusted-access.delete.json")),
];

fn parsed(event: &str) -> Value {
    serde_json::from_str(event).expect("an event is JSON")
}

#[test]
fn every_event_has_the_format_of_cloudformation() {
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
        assert_eq!(name, format!("{}.{kind}", in_kebab_case(&resource_type)));
    }
}

/// `org-trail` for `Custom::OrgTrail`.
fn in_kebab_case(resource_type: &str) -> String {
    let name = resource_type.trim_start_matches("Custom::");
    let hyphenated = name.chars().map(|letter| match letter {
        'A'..='Z' => format!("-{}", letter.to_ascii_lowercase()),
        _ => letter.to_string(),
    });
    hyphenated.collect::<String>().trim_start_matches('-').to_owned()
}

/// The function does not process a request whose response URL was signed too long ago.
#[test]
fn no_event_is_ever_too_old() {
    for (name, text) in EVENTS {
        let event = parsed(text);
        let url = event["ResponseURL"].as_str().expect("a URL");
        assert!(url.starts_with("http://127.0.0.1:9777/") && !url.contains('?'), "{name}: {url}");
    }
}

/// `cargo lambda deploy` reads Cargo.toml, and a stack has the environment of its template.
#[test]
fn no_deployment_has_the_local_environment() {
    let deployed = [
        include_str!("../Cargo.toml"),
        include_str!("../template.yaml"),
        include_str!("../examples/inception-pipeline/aws_seed.yml"),
    ];
    let local = include_str!("../events/local.env").lines().filter_map(|line| line.split_once('='));
    let mut names: Vec<&str> = local.map(|(name, _)| name).collect();
    assert!(names.contains(&"ALLOW_HTTP_RESPONSE_URL"), "{names:?}");
    names.extend(["local.env", "env_file", "[workspace.metadata.lambda.deploy]"]);
    for name in names {
        assert!(deployed.iter().all(|text| !text.contains(name)), "{name}");
    }
}

/// The properties also contain the service token and the timeout.
#[test]
fn all_scalars_are_strings_as_in_cloudformation() {
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
async fn the_events_create_update_and_delete_a_stack() {
    let scene = Scene::of(support::ready()).await;
    scene.aws.world(|world| world.trusted_access.clear());
    for (name, text) in EVENTS {
        if name == "org-trail-delivery.create" {
            scene.aws.world(|world| deliver_all(world, &[REGION, "us-east-1"]));
        }
        let event = addressed_to(parsed(text), &scene.endpoint.origin());
        let outcome = scene.invoke(&event).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{name}: {outcome:?}");
        let response = scene.endpoint.only_response_to(&event);
        assert!(response.is_success(), "{name}: {}", response.reason());
        if let Some(id) = event["PhysicalResourceId"].as_str() {
            assert_eq!(response.physical_id(), id, "{name}");
        }
    }
    assert_eq!(scene.trail_names(), Vec::<String>::new());
    assert!(!scene.trusts(support::CLOUDTRAIL));
    assert!(!scene.administers("222222222222", support::CLOUDTRAIL));
}
