//! The protocol conformance suite once more, as the function has it in Lambda: over TLS, to AWS and
//! to CloudFormation.

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
async fn a_server_that_no_trusted_authority_vouches_for_hears_nothing() {
    let scene = Scene::ready().await;
    let stranger = ResponseEndpoint::start_over_tls(&Authority::new()).await;
    let stranger = stranger.expect("it listens");
    let event = Event::delete(OrgTrail, &stranger.url()).with("PhysicalResourceId", SENTINEL);
    let invocation = Invocation::lasting(Duration::from_secs(5));
    let outcome = scene.function.invoke(&event, invocation).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    assert_eq!(stranger.answers().len(), 0);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_no_certificate() {
    let scene = Scene::ready().await;
    let url = scene.endpoint.url().to_string().replace("127.0.0.1", "localhost");
    let event = Event::delete(OrgTrail, &scene.endpoint.url())
        .with("PhysicalResourceId", SENTINEL)
        .with("ResponseURL", url);
    let invocation = Invocation::lasting(Duration::from_secs(5));
    let outcome = scene.function.invoke(&event, invocation).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    assert_eq!(scene.endpoint.answers().len(), 0);
}
