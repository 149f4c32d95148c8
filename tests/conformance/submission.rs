//! Cases 55 to 61: the submission of the response, its retries and its failures.

use std::time::{Duration, Instant};

use simulator::{
    cloudformation::{Event, Reaction, Response, ResponseEndpoint, ResponseUrl},
    lambda::{Invocation, Outcome},
};
use tokio::net::TcpSocket;

use crate::support::{OrgTrail, SENTINEL, Scene, assert_mentions, lines_of_level};

/// Sufficient for a few attempts.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A request that makes no call to AWS.
fn request(url: &ResponseUrl) -> Event {
    Event::delete(OrgTrail, url).with("PhysicalResourceId", SENTINEL)
}

/// Sends the request, and asserts that the invocation ends with an error before the timeout.
async fn assert_undelivered(scene: &Scene, event: &Event) {
    let started = Instant::now();
    let outcome = scene.function.invoke(event, Invocation::lasting(TIMEOUT)).await;
    assert!(matches!(outcome, Outcome::Err { .. }), "{outcome:?}");
    assert!(started.elapsed() < TIMEOUT, "{:?}", started.elapsed());
}

/// Asserts that all attempts submitted the same response.
#[track_caller]
fn assert_same(responses: &[Response], event: &Event) {
    for response in responses {
        response.assert_well_formed(event.value());
        assert_eq!(response.body, responses[0].body);
    }
}

#[tokio::test]
async fn case_55_expired_url_is_not_retried() {
    let scene = Scene::ready().await;
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    scene.endpoint.always_react(Reaction::Body(403, expired.to_owned()));
    let event = request(&scene.endpoint.url());
    assert_undelivered(&scene, &event).await;
    assert_eq!(scene.endpoint.responses().len(), 1);
    let log = scene.function.stop().await;
    let errors = lines_of_level(&log, "ERROR");
    assert!(errors.iter().any(|line| line.to_string().contains("403")), "{log}");
}

#[tokio::test]
async fn case_56_server_error_is_retried() {
    let scene = Scene::ready().await;
    scene.endpoint.react([Reaction::Status(500), Reaction::Status(500)]);
    let event = request(&scene.endpoint.url());
    let outcome = scene.invoke(&event).await;
    assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
    let responses = scene.endpoint.responses();
    assert_eq!(responses.len(), 3);
    assert_same(&responses, &event);
    assert!(responses[0].is_success());
}

/// Lambda invokes the function again, which then submits the response.
#[tokio::test]
async fn case_57_permanent_server_error_ends_as_lambda_error() {
    let scene = Scene::ready().await;
    scene.endpoint.always_react(Reaction::Status(503));
    let event = request(&scene.endpoint.url());
    assert_undelivered(&scene, &event).await;
    let responses = scene.endpoint.responses();
    assert!((2..=20).contains(&responses.len()), "{} attempts", responses.len());
    assert_same(&responses, &event);
    scene.endpoint.always_react(Reaction::Status(200));
    assert!(scene.send_again(TIMEOUT, &event).await.is_success());
}

#[tokio::test]
async fn case_58_connection_failures_are_retried_with_same_bytes() {
    let scene = Scene::ready().await;
    scene.endpoint.react([Reaction::Reset, Reaction::Reset]);
    let event = request(&scene.endpoint.url());
    let outcome = scene.invoke(&event).await;
    assert!(matches!(outcome, Outcome::Ok(_)), "{outcome:?}");
    assert_eq!(scene.endpoint.responses().len(), 3);
    assert_same(&scene.endpoint.responses(), &event);

    // The socket is bound but does not listen: connections are refused, and the port stays reserved.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let closed = socket.local_addr().expect("bound");
    let origin = scene.endpoint.origin();
    let (scheme, address) = origin.split_once("://").expect("an origin");
    let refused = ResponseUrl::new(&format!("{scheme}://{closed}"));
    assert_undelivered(&scene, &request(&refused)).await;

    let other_scheme = if scheme == "http" { "https" } else { "http" };
    let misunderstood = ResponseUrl::new(&format!("{other_scheme}://{address}"));
    assert_undelivered(&scene, &request(&misunderstood)).await;
    assert_eq!(scene.endpoint.responses().len(), 3);
}

/// The other host receives no request, because the URL contains a signature.
#[tokio::test]
async fn case_59_redirect_is_not_followed() {
    for status in [301, 302, 307, 308] {
        let scene = Scene::ready().await;
        let other = ResponseEndpoint::start().await.expect("the other host listens");
        scene.endpoint.always_react(Reaction::Redirect(status, other.url().to_string()));
        assert_undelivered(&scene, &request(&scene.endpoint.url())).await;
        assert_eq!(other.responses().len(), 0);
    }
}

#[tokio::test]
async fn case_60_any_2xx_status_is_a_success() {
    let scene = Scene::ready().await;
    let odd = [
        Reaction::Body(200, "<html>\0not what you expected".to_owned()),
        Reaction::Status(204),
        Reaction::Body(200, "x".repeat(100_000)),
    ];
    for reaction in odd {
        scene.endpoint.react([reaction]);
        scene.succeed(&request(&scene.endpoint.url())).await;
    }
}

#[tokio::test]
async fn case_61_request_target_matches_the_url_exactly() {
    let scene = Scene::ready().await;
    let origin = scene.endpoint.origin();
    let older = ResponseUrl::signed_the_older_way(&origin, Duration::ZERO);
    assert_mentions(older.as_str(), &["%3A", "%7C", "%2B"]);
    scene.succeed(&request(&older)).await;
    scene.succeed(&request(&scene.endpoint.url())).await;
    for target in ["/a+b%3a%7c%7C?Signature=%2B+%2f/~&x", "/arn:aws%7CTrail?Signature=a=b;c"] {
        let url = format!("{origin}{target}");
        let event = request(&older).with("ResponseURL", url);
        scene.succeed(&event).await;
    }
}
