//! The protocol conformance suite over TLS to AWS and CloudFormation, as in Lambda.

mod support;

#[path = "conformance/create.rs"]
mod create;
#[path = "conformance/delete.rs"]
mod delete;
#[path = "conformance/envelope.rs"]
mod envelope;
#[path = "conformance/properties.rs"]
mod properties;
#[path = "conformance/response.rs"]
mod response;
#[path = "conformance/submission.rs"]
mod submission;
#[path = "conformance/time.rs"]
mod time;
#[path = "conformance/update.rs"]
mod update;
#[path = "conformance/warm.rs"]
mod warm;

use std::time::Duration;

use simulator::{
    cloudformation::{Event, ResponseEndpoint},
    lambda::{Invocation, Outcome},
    tls::Authority,
};

use support::{OrgTrail, SENTINEL, Scene, Transport};

const TRANSPORT: Transport = Transport::Tls;

#[tokio::test]
async fn untrusted_certificate_authority_is_rejected() {
    let scene = Scene::ready().await;
    let untrusted = ResponseEndpoint::start_over_tls(&Authority::new()).await;
    let untrusted = untrusted.expect("it listens");
    let event = Event::delete(OrgTrail, &untrusted.url()).with("PhysicalResourceId", SENTINEL);
    let invocation = Invocation::lasting(Duration::from_secs(5));
    let outcome = scene.function.invoke(&event, invocation).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    assert_eq!(untrusted.responses().len(), 0);
}

#[tokio::test]
async fn certificate_of_another_host_is_rejected() {
    let scene = Scene::ready().await;
    let url = scene.endpoint.url().to_string().replace("127.0.0.1", "localhost");
    let event = Event::delete(OrgTrail, &scene.endpoint.url())
        .with("PhysicalResourceId", SENTINEL)
        .with("ResponseURL", url);
    let invocation = Invocation::lasting(Duration::from_secs(5));
    let outcome = scene.function.invoke(&event, invocation).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    assert_eq!(scene.endpoint.responses().len(), 0);
}
