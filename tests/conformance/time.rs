//! Cases 50 to 54: deadlines, and requests that CloudFormation no longer waits for.

use std::time::{Duration, Instant};

use simulator::{
    aws::Fault,
    cloudformation::ResponseUrl,
    lambda::{Invocation, Outcome},
};

use crate::support::{OrgTrail, SENTINEL, Scene, TRAIL_ARN, assert_mentions, old_url, ours, ready};

const FIVE_MINUTES: Duration = Duration::from_mins(5);

#[tokio::test]
async fn case_50_hanging_request_fails_once_before_the_deadline() {
    let scene = Scene::ready().await;
    scene.aws.inject("*", 1.., Fault::Hang);
    let timeout = Duration::from_secs(1);
    let events = [scene.create(OrgTrail), scene.update(OrgTrail), scene.delete(OrgTrail)];
    for event in &events {
        let started = Instant::now();
        let response = scene.send_within(timeout, event).await;
        assert!(started.elapsed() < timeout, "{:?}", started.elapsed());
        assert!(!response.is_success());
        assert_mentions(response.reason(), &["time"]);
    }
    assert_eq!(scene.endpoint.responses()[1].physical_id(), TRAIL_ARN);
    assert_eq!(scene.endpoint.responses()[2].physical_id(), TRAIL_ARN);
    // The function serves the next request, and submits no late response.
    let next = scene.delete(OrgTrail).with("PhysicalResourceId", SENTINEL);
    scene.succeed(&next).await;
    for event in &events {
        scene.endpoint.only_response_to(event.value());
    }
}

#[tokio::test]
async fn case_52_implausible_deadline_is_ignored() {
    let scene = Scene::ready().await;
    for deadline_ms in [600_000, 0, 1_700_000_000_000] {
        let event = scene.create(OrgTrail);
        let invocation = Invocation::default().announcing_deadline_ms(deadline_ms);
        let outcome = scene.function.invoke(&event, invocation).await;
        assert!(matches!(outcome, Outcome::Ok(_)), "{deadline_ms}: {outcome:?}");
        let response = scene.endpoint.only_response_to(event.value());
        assert!(response.is_success(), "{deadline_ms}: {}", response.reason());
    }
}

#[tokio::test]
async fn case_53_service_timeout_below_the_function_timeout_applies() {
    let scene = Scene::ready().await;
    scene.aws.inject("*", 1.., Fault::Hang);
    let url = old_url(&scene.endpoint, Duration::from_secs(58));
    let event = scene.create(OrgTrail).response_url(&url).with("ServiceTimeout", "60");
    let started = Instant::now();
    let response = scene.send_within(FIVE_MINUTES, &event).await;
    assert!(!response.is_success());
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// An expired Delete still removes the trail.
#[tokio::test]
async fn case_54_expired_request_changes_nothing() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let before = format!("{:?}", scene.org_trail());
    let origin = scene.endpoint.origin();
    let urls = [
        ResponseUrl::issued_ago(&origin, 2 * FIVE_MINUTES),
        ResponseUrl::signed_the_older_way(&origin, 2 * FIVE_MINUTES),
    ];
    for url in urls {
        let create = scene.create(OrgTrail).property("S3KeyPrefix", "late").response_url(&url);
        scene.fail(&create).await;
        let url = ResponseUrl::issued_ago(&origin, 2 * FIVE_MINUTES);
        let update = scene.update(OrgTrail).property("S3KeyPrefix", "late").response_url(&url);
        assert_eq!(scene.fail(&update).await.physical_id(), TRAIL_ARN);
    }
    assert_eq!(scene.mutations(), Vec::<String>::new());
    assert_eq!(format!("{:?}", scene.org_trail()), before);
    let url = ResponseUrl::issued_ago(&origin, 2 * FIVE_MINUTES);
    scene.succeed(&scene.delete(OrgTrail).response_url(&url)).await;
    assert_eq!(scene.trail_names(), Vec::<String>::new(), "a late Delete still cleans up");
    assert_mentions(&scene.function.stop().await, &["stopped waiting"]);
}
